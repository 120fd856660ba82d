//! `cargo xtask manifests`: what every manifest of the workspace has to say, so that no crate is
//! published without it.

use std::fs;

use anyhow::bail;
use serde_json::Value;

use crate::command::cargo;
use crate::workspace::{Member, members};

/// What a manifest takes from the workspace, so that it is said once.
const INHERITED: [&str; 4] = ["version", "edition", "rust-version", "license"];
/// What crates.io and docs.rs show of a crate.
const SHOWN: [&str; 7] =
    ["description", "license", "repository", "readme", "documentation", "keywords", "categories"];
/// Crates that talk over a network; what runs at build time has none of them.
const NETWORK: [&str; 6] = ["curl", "hyper", "mio", "reqwest", "socket2", "ureq"];

pub fn run() -> anyhow::Result<()> {
    let members = members()?;
    let mut findings = Vec::new();
    for member in &members {
        let mut wrong = inherited(&member.manifest()?);
        if member.published() {
            wrong.extend(requirements(member));
            wrong.extend(shown(member));
            wrong.extend(documentation(member));
            wrong.extend(build_script(member)?);
        }
        findings.extend(wrong.into_iter().map(|what| format!("{}: {what}", member.name)));
    }
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("{} things are missing in manifests", findings.len());
    }
    let published = members.iter().filter(|member| member.published()).count();
    println!("{} manifests, {published} of crates that are published: in order", members.len());
    Ok(())
}

fn inherited(manifest: &str) -> Vec<String> {
    let mut findings = Vec::new();
    for key in INHERITED {
        if !manifest.lines().any(|line| line == format!("{key}.workspace = true")) {
            findings.push(format!("`{key}.workspace = true` is missing"));
        }
    }
    // Without this, `unsafe_code = "forbid"` says nothing about the crate.
    let lints = manifest.split_once("\n[lints]\n").map(|(_, rest)| rest);
    if !lints.is_some_and(|rest| rest.starts_with("workspace = true\n")) {
        findings.push("`[lints] workspace = true` is missing".to_owned());
    }
    findings
}

/// What those who use the crate have to have at least is named in full, since that is what
/// `cargo xtask package` tries.
fn requirements(member: &Member) -> Vec<String> {
    let mut findings = Vec::new();
    let dependencies = member.package["dependencies"].as_array().into_iter().flatten();
    for dependency in dependencies.filter(|dependency| dependency["kind"] != "dev") {
        let name = dependency["name"].as_str().unwrap_or_default();
        let requirement = dependency["req"].as_str().unwrap_or_default();
        if dependency["path"].is_null() {
            if requirement.trim_start_matches(['^', '=']).split('.').count() != 3 {
                findings.push(format!(
                    "the requirement {name} {requirement} does not name the least version in full"
                ));
            }
        } else if requirement == "*" {
            findings.push(format!("{name} is required by path only, which is not published"));
        }
    }
    findings
}

fn shown(member: &Member) -> Vec<String> {
    let absent = |value: &Value| match value {
        Value::Array(list) => list.is_empty(),
        value => value.as_str().is_none_or(str::is_empty),
    };
    let missing = SHOWN.iter().filter(|key| absent(&member.package[**key]));
    let mut findings: Vec<String> = missing.map(|key| format!("no `{key}`")).collect();
    let readme = member.package["readme"].as_str().unwrap_or("README.md");
    for file in [readme, "LICENSE-APACHE", "LICENSE-MIT"] {
        if !member.folder.join(file).is_file() {
            findings.push(format!("there is no {file}"));
        }
    }
    let page = format!("https://docs.rs/{}", member.name);
    if member.package["documentation"] != page.as_str() {
        findings.push(format!("`documentation` is not {page}"));
    }
    // What crates.io refuses, and only when it is too late.
    let keywords = member.package["keywords"].as_array().map_or(0, Vec::len);
    let categories = member.package["categories"].as_array().map_or(0, Vec::len);
    if keywords > 5 || categories > 5 {
        findings.push("crates.io takes five keywords and five categories".to_owned());
    }
    findings
}

/// docs.rs builds every feature, or those that are named, and says which item wants which.
fn documentation(member: &Member) -> Vec<String> {
    let mut findings = Vec::new();
    let settings = &member.package["metadata"]["docs"]["rs"];
    let chosen = settings["all-features"] == true || settings["features"].is_array();
    if !chosen && !member.features().is_empty() {
        findings.push("`[package.metadata.docs.rs]` chooses no features".to_owned());
    }
    if settings["rustdoc-args"] != serde_json::json!(["--cfg", "docsrs"]) {
        findings.push("`[package.metadata.docs.rs]` has no `--cfg docsrs`".to_owned());
    }
    let source = fs::read_to_string(member.folder.join("src/lib.rs")).unwrap_or_default();
    if !source.contains("#![cfg_attr(docsrs, feature(doc_cfg))]") {
        findings.push("src/lib.rs has no `#![cfg_attr(docsrs, feature(doc_cfg))]`".to_owned());
    }
    findings
}

/// docs.rs and many companies build without a network.
fn build_script(member: &Member) -> anyhow::Result<Vec<String>> {
    let dependencies = member.package["dependencies"].as_array().into_iter().flatten();
    let of_build = dependencies.filter(|dependency| dependency["kind"] == "build");
    let mut findings = Vec::new();
    for name in of_build.filter_map(|dependency| dependency["name"].as_str()) {
        let arguments = ["tree", "--package", name, "--edges", "normal,build", "--prefix", "none"];
        let tree = cargo(arguments).output()?;
        let crates = tree.lines().filter_map(|line| line.split_whitespace().next());
        for found in crates.filter(|found| NETWORK.contains(found)) {
            findings.push(format!("its build script can reach a network, by {found} of {name}"));
        }
    }
    findings.dedup();
    Ok(findings)
}

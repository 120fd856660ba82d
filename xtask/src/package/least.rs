//! Each crate with the least versions that its manifest allows: what is tested with the versions of
//! Cargo.lock may use something that these did not have yet.

use std::fs;
use std::path::Path;

use anyhow::Context;

use super::{PROFILE, patch};
use crate::command::{cargo, target_directory};
use crate::features;
use crate::workspace::Member;

/// Checks the unpacked crates as a workspace of their own, with all features but those that bring
/// DataFusion.
pub fn check(members: &[Member], folder: &Path) -> anyhow::Result<()> {
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    let mut manifest = format!("[workspace]\nresolver = \"3\"\nmembers = {names:?}\n");
    manifest.push_str(PROFILE);
    manifest.push_str(&patch(members, ""));
    fs::write(folder.join("Cargo.toml"), manifest)?;
    // Dependencies of dependencies stay what they are, as far as the least versions let them.
    fs::copy("Cargo.lock", folder.join("Cargo.lock"))?;
    for name in &names {
        let path = folder.join(name).join("Cargo.toml");
        let text = fs::read_to_string(&path)?;
        fs::write(&path, least(&text))?;
    }
    let chosen: Vec<String> = members
        .iter()
        .flat_map(|member| features::light(member).map(|name| format!("{}/{name}", member.name)))
        .collect();
    cargo(["check", "--workspace", "--features", &chosen.join(",")])
        .env("CARGO_TARGET_DIR", &target_directory().to_string_lossy())
        .current_dir(folder)
        .run()
        .context("the crates do not compile with the least versions of their manifests")?;
    println!("{} crates compile from their archives, with the least versions", names.len());
    Ok(())
}

/// A manifest as cargo writes it into an archive, a table a dependency, with `=` before every
/// version but those of our crates. What only tests want is left out.
fn least(manifest: &str) -> String {
    let mut table = "";
    let mut out = String::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            table = line;
        }
        if table.contains("dev-dependencies.") {
            continue;
        }
        let ours = table.contains("dependencies.dli-");
        match line.strip_prefix("version = \"") {
            Some(version) if table.contains("dependencies.") && !ours => {
                out.push_str(&format!("version = \"={version}"));
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

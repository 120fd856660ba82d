//! `cargo xtask reproducible`: whoever generates code from the same description gets the same
//! bytes, wherever and whenever.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::command::{self, cargo};

/// The crates whose build scripts generate from the description.
const GENERATED: [&str; 4] = ["dli-api", "dli-cli", "dli-emulator", "dli-ext"];

/// What a user's machine may have otherwise.
const ELSEWHERE: [[(&str, &str); 4]; 2] = [
    [("TZ", "UTC"), ("LC_ALL", "C"), ("HOME", "/"), ("CARGO_TARGET_DIR", "/nowhere")],
    [
        ("TZ", "Pacific/Kiritimati"),
        ("LC_ALL", "zh_CN.UTF-8"),
        ("HOME", "/tmp"),
        ("CARGO_TARGET_DIR", "elsewhere"),
    ],
];

pub fn run() -> anyhow::Result<()> {
    let scripts = build_scripts()?;
    let families = dli_spec::Description::load("openapi")?;
    let families = families.families();
    let mut runs = Vec::new();
    for environment in &ELSEWHERE {
        let folder = tempfile::tempdir()?;
        for (name, script) in &scripts {
            let out = folder.path().join(name);
            fs::create_dir(&out)?;
            let mut program = command::new(script).current_dir(&out);
            for family in &families {
                program = program.env(&format!("CARGO_FEATURE_{}", family.to_uppercase()), "1");
            }
            with(program, environment).env("OUT_DIR", &out.to_string_lossy()).output()?;
        }
        let copy = tempfile::tempdir()?;
        copy_description(&copy.path().join("openapi"))?;
        let bundle = folder.path().join("dli.yaml");
        let program = command::new(std::env::current_exe()?).current_dir(copy.path());
        with(program, environment).args(["bundle", "-o", &bundle.to_string_lossy()]).output()?;
        let mut files = BTreeMap::new();
        collect(folder.path(), folder.path(), &mut files)?;
        runs.push(files);
    }
    let names = |at: usize| runs[at].keys().collect::<Vec<_>>();
    ensure!(names(0) == names(1), "{:?} the first time, {:?} the second", names(0), names(1));
    let differing: Vec<&PathBuf> =
        runs[0].iter().filter(|(name, bytes)| runs[1][*name] != **bytes).map(|(n, _)| n).collect();
    ensure!(differing.is_empty(), "not the same bytes the second time: {differing:?}");
    for wanted in ["dli-api/generated.rs", "dli-ext/handles.rs", "dli.yaml"] {
        ensure!(runs[0].contains_key(Path::new(wanted)), "{wanted} was not generated");
    }
    let size: usize = runs[0].values().map(Vec::len).sum();
    println!("{} generated files, {size} bytes, the same twice", runs[0].len());
    Ok(())
}

/// Builds the build scripts and says where they are.
fn build_scripts() -> anyhow::Result<BTreeMap<String, PathBuf>> {
    let packages = GENERATED.iter().flat_map(|name| ["--package", name]);
    let program = cargo(["check", "--quiet", "--message-format", "json"]).args(packages);
    let mut found = BTreeMap::new();
    for line in program.output()?.lines() {
        let message: Value = serde_json::from_str(line)?;
        let kind = &message["target"]["kind"][0];
        let folder = Path::new(message["manifest_path"].as_str().unwrap_or_default()).parent();
        let name = folder.and_then(|folder| folder.file_name()?.to_str()).unwrap_or_default();
        if kind == "custom-build" && GENERATED.contains(&name) {
            let script = message["filenames"][0].as_str().context("a build script is no file")?;
            found.insert(name.to_owned(), PathBuf::from(script));
        }
    }
    ensure!(found.len() == GENERATED.len(), "cargo built the build scripts of {found:?} only");
    Ok(found)
}

fn with(mut program: command::Program, environment: &[(&str, &str)]) -> command::Program {
    for (name, value) in environment {
        program = program.env(name, value);
    }
    program
}

fn copy_description(copy: &Path) -> anyhow::Result<()> {
    fs::create_dir(copy)?;
    for entry in fs::read_dir("openapi")? {
        let entry = entry?;
        fs::copy(entry.path(), copy.join(entry.file_name()))?;
    }
    Ok(())
}

fn collect(
    root: &Path,
    folder: &Path,
    files: &mut BTreeMap<PathBuf, Vec<u8>>,
) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            files.insert(path.strip_prefix(root)?.to_owned(), fs::read(&path)?);
        }
    }
    Ok(())
}

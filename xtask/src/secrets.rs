//! `cargo xtask search-secrets`: runs the tests of the crates that handle secrets with all their
//! output, and searches it for every secret that the tests use.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{bail, ensure};

use crate::command::cargo;

/// The crates whose tests give secrets to the client.
const CRATES: [&str; 2] = ["dli-ext", "dli-sign"];

pub fn run() -> anyhow::Result<()> {
    let mut secrets = BTreeSet::new();
    for name in CRATES {
        collect(Path::new("crates").join(name).join("tests").as_path(), &mut secrets)?;
    }
    ensure!(
        !secrets.is_empty(),
        "no secret was found in the tests; the search would prove nothing"
    );
    let packages = CRATES.iter().flat_map(|name| ["--package", name]);
    let program = cargo(["test", "--all-features", "--lib", "--tests"]).args(packages);
    let output = program.args(["--", "--nocapture"]).env("RUST_LOG", "trace").all_output()?;
    let shown: Vec<&String> =
        secrets.iter().filter(|secret| output.contains(secret.as_str())).collect();
    println!("{} secrets of the tests, {} bytes of their output", secrets.len(), output.len());
    if !shown.is_empty() {
        bail!("the output of the tests shows {shown:?}");
    }
    Ok(())
}

/// Words in quotes that call themselves a secret, a password or a token of somebody.
fn collect(folder: &Path, secrets: &mut BTreeSet<String>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, secrets)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)?;
            secrets.extend(text.split('"').filter(|word| is_secret(word)).map(str::to_owned));
        }
    }
    Ok(())
}

fn is_secret(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let named =
        ["secret", "password", "iam-token", "env-token"].iter().any(|name| word.contains(name));
    named && word.contains('-') && word.chars().all(plain) && !word.starts_with("x-")
}

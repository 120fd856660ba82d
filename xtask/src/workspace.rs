//! The crates of the workspace as cargo sees them.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::Value;

use crate::command::cargo;

/// A crate of the workspace.
pub struct Member {
    pub name: String,
    /// Where its manifest is.
    pub folder: PathBuf,
    /// What `cargo metadata` says of it.
    pub package: Value,
}

impl Member {
    /// Whether it goes to crates.io.
    pub fn published(&self) -> bool {
        self.package["publish"].is_null()
    }

    /// Its features, without `default`.
    pub fn features(&self) -> Vec<&str> {
        let features = self.package["features"].as_object().into_iter().flatten();
        features.map(|(name, _)| name.as_str()).filter(|name| *name != "default").collect()
    }

    /// The features that a feature turns on in the same crate, itself included.
    pub fn implied<'a>(&'a self, feature: &'a str) -> Vec<&'a str> {
        let mut found = vec![feature];
        let mut at = 0;
        while let Some(name) = found.get(at) {
            let listed = self.package["features"][*name].as_array().into_iter().flatten();
            for other in listed.filter_map(Value::as_str) {
                let ours = !other.contains(['/', ':']);
                if ours && !found.contains(&other) {
                    found.push(other);
                }
            }
            at += 1;
        }
        found
    }

    pub fn manifest(&self) -> anyhow::Result<String> {
        let path = self.folder.join("Cargo.toml");
        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }
}

/// All crates of the workspace.
pub fn members() -> anyhow::Result<Vec<Member>> {
    let text = cargo(["metadata", "--format-version", "1", "--no-deps"]).output()?;
    let metadata: Value = serde_json::from_str(&text)?;
    let packages = metadata["packages"].as_array().context("cargo names no packages")?;
    let member = |package: &Value| {
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        Member {
            name: package["name"].as_str().unwrap_or_default().to_owned(),
            folder: Path::new(manifest).parent().unwrap_or(Path::new("")).to_owned(),
            package: package.clone(),
        }
    };
    Ok(packages.iter().map(member).collect())
}

/// Those that go to crates.io.
pub fn published() -> anyhow::Result<Vec<Member>> {
    Ok(members()?.into_iter().filter(Member::published).collect())
}

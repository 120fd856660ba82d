//! `cargo xtask regen`: from the edited description to reviewed snapshots.

use std::path::PathBuf;

use anyhow::{Context, bail};
use dli_spec::Description;

use crate::{command, lint};

#[derive(clap::Args)]
pub struct Arguments {
    /// Change nothing; fail when anything is stale.
    #[arg(long)]
    check: bool,
}

/// Where cargo features name the families.
const MANIFESTS: [&str; 2] = ["crates/dli-api/Cargo.toml", "crates/dli-ext/Cargo.toml"];

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    lint::run(&lint::Arguments { openapi: PathBuf::from("openapi") })?;
    let description = Description::load("openapi")?;
    check_features(&description)?;
    // Snapshots are written by the very test that guards them.
    let update = if arguments.check { "no" } else { "always" };
    command::cargo(["test", "--quiet", "--package", "dli-codegen", "--test", "surface"])
        .env("INSTA_UPDATE", update)
        .run()
        .context("the snapshots are stale; run `cargo xtask regen` and review the difference")?;
    if !arguments.check {
        command::new("git")
            .args(["status", "--short", "--", "openapi", "crates/dli-codegen/tests"])
            .run()?;
        println!("Review the difference with `git diff crates/dli-codegen/tests/surface`.");
    }
    Ok(())
}

fn check_features(description: &Description) -> anyhow::Result<()> {
    for manifest in MANIFESTS {
        let Ok(text) = std::fs::read_to_string(manifest) else { continue };
        for family in description.families() {
            let listed = text.lines().any(|line| line.starts_with(&format!("{family} = ")));
            if !listed || !text.contains(&format!("    \"{family}\",")) {
                bail!("{manifest}: add the feature `{family}` and list it in `all-families`");
            }
        }
    }
    Ok(())
}

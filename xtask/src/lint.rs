//! `cargo xtask lint`: the rules of the description.

use std::path::PathBuf;

use anyhow::bail;
use dli_spec::{Description, lint};

#[derive(clap::Args)]
pub struct Arguments {
    /// The folder that holds dli.yaml.
    #[arg(long, default_value = "openapi")]
    pub openapi: PathBuf,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let description = Description::load(&arguments.openapi)?;
    let findings = lint::lint(&description);
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("{} places break the rules of the description", findings.len());
    }
    let operations = description.bundle_all()?.operations().len();
    println!(
        "{} families, {operations} operations, {} rulings: in order",
        description.families().len(),
        description.rulings().len()
    );
    Ok(())
}

//! `cargo xtask bundle`: the description as one file, for people of other languages.

use std::path::PathBuf;

use anyhow::Context;
use dli_spec::Description;

#[derive(clap::Args)]
pub struct Arguments {
    /// The file to write; `.json` writes JSON, anything else YAML.
    #[arg(short, long)]
    output: PathBuf,
    /// Only these families.
    #[arg(long = "family")]
    families: Vec<String>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let description = Description::load("openapi")?;
    let bundle = if arguments.families.is_empty() {
        description.bundle_all()?
    } else {
        let families: Vec<&str> = arguments.families.iter().map(String::as_str).collect();
        description.bundle(&families)?
    };
    let json = arguments.output.extension().is_some_and(|extension| extension == "json");
    let text = if json {
        serde_json::to_string_pretty(bundle.document())?
    } else {
        serde_saphyr::to_string(bundle.document())?
    };
    std::fs::write(&arguments.output, text)
        .with_context(|| format!("cannot write {}", arguments.output.display()))?;
    println!("{}: {} operations", arguments.output.display(), bundle.operations().len());
    Ok(())
}

//! Puts the description into its compact form: reading YAML would be a part of every start.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let description = dli_spec::Description::embedded()?;
    for file in description.files() {
        println!("cargo::rerun-if-changed={}", file.display());
        if let Some(folder) = file.parent() {
            println!("cargo::rerun-if-changed={}", folder.display());
        }
    }
    let out = std::env::var("OUT_DIR")?;
    let compact = description.bundle_all()?.to_compact();
    std::fs::write(Path::new(&out).join("description.json"), compact)?;
    Ok(())
}

//! Puts the description into its compact form, which the library embeds.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let description = dli_spec::Description::embedded()?;
    for file in description.files() {
        println!("cargo::rerun-if-changed={}", file.display());
        // A file that is added or removed changes its folder.
        if let Some(folder) = file.parent() {
            println!("cargo::rerun-if-changed={}", folder.display());
        }
    }
    let out = std::env::var("OUT_DIR")?;
    std::fs::write(
        Path::new(&out).join("description.json"),
        description.bundle_all()?.to_compact(),
    )?;
    Ok(())
}

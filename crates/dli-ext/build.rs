//! Generates the handles of the enabled families from the description.

use std::{env, error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let description = dli_spec::Description::embedded()?;
    println!("cargo::rerun-if-changed=build.rs");
    for file in description.files() {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    let families: Vec<&str> = description
        .families()
        .into_iter()
        .filter(|family| env::var_os(format!("CARGO_FEATURE_{}", family.to_uppercase())).is_some())
        .collect();
    let source = dli_codegen::handle_source(&description.bundle(&families)?)?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("handles.rs"), source)?;
    Ok(())
}

//! What the build scripts of `dli-api` and `dli-ext` have in common.

use std::path::PathBuf;
use std::{env, fs};

use dli_spec::{Bundle, Description};

use crate::Error;

/// Generates code for the families whose cargo features are on, into a file of `OUT_DIR`. To be
/// called from a build script; cargo runs it again when the description changes.
///
/// ```no_run
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     dli_codegen::build_script("generated.rs", dli_codegen::api_source)
/// }
/// ```
///
/// # Errors
/// When the description cannot be read, no code can be generated or the file cannot be written.
pub fn build_script(
    file: &str,
    generate: impl Fn(&Bundle) -> Result<String, Error>,
) -> Result<(), Box<dyn std::error::Error>> {
    let description = Description::embedded()?;
    println!("cargo::rerun-if-changed=build.rs");
    for file in description.files() {
        println!("cargo::rerun-if-changed={}", file.display());
    }
    let enabled =
        |family: &&str| env::var_os(format!("CARGO_FEATURE_{}", family.to_uppercase())).is_some();
    let families: Vec<&str> = description.families().into_iter().filter(enabled).collect();
    let source = generate(&description.bundle(&families)?)?;
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join(file), source)?;
    Ok(())
}

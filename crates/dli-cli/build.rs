//! Puts the description into one compact document a family, so that a call reads only the
//! family it is about, and lists the operations.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, error::Error, fs};

/// What is of no use to the command line, or known from elsewhere.
const LEFT_OUT: [&str; 6] = ["info", "servers", "security", "tags", "x-error-codes", "x-regions"];

fn main() -> Result<(), Box<dyn Error>> {
    let description = dli_spec::Description::embedded()?;
    println!("cargo::rerun-if-changed=build.rs");
    for file in description.files() {
        println!("cargo::rerun-if-changed={}", file.display());
        if let Some(folder) = file.parent() {
            println!("cargo::rerun-if-changed={}", folder.display());
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let mut families = String::new();
    let mut operations = Vec::new();
    for (index, family) in description.families().into_iter().enumerate() {
        let bundle = description.bundle(&[family])?;
        let mut document = bundle.document().clone();
        if let Some(document) = document.as_object_mut() {
            LEFT_OUT.iter().for_each(|key| {
                document.remove(*key);
            });
        }
        fs::write(out.join(format!("{family}.json")), document.to_string())?;
        // Without a path of this machine, so that the file is the same on every one.
        writeln!(
            families,
            "Family {{ name: {family:?}, \
             document: include_str!(concat!(env!(\"OUT_DIR\"), \"/{family}.json\")) }},"
        )?;
        for operation in bundle.operations() {
            operations.push(format!(
                "Entry {{ id: {:?}, family: {index}, method: {:?}, path: {:?}, summary: {:?}, \
                 deprecated: {}, successor: {:?} }},",
                operation.id,
                operation.method,
                operation.path,
                operation.summary,
                operation.deprecated,
                operation.successor,
            ));
        }
    }
    operations.sort();
    let source = format!(
        "pub static FAMILIES: &[Family] = &[\n{families}];\n\
         pub static OPERATIONS: &[Entry] = &[\n{}\n];\n",
        operations.join("\n")
    );
    fs::write(out.join("description.rs"), source)?;
    Ok(())
}

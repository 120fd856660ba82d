#![cfg_attr(docsrs, feature(doc_cfg))]
//! Turns the description into Rust.
//!
//! `bindings` runs progenitor and makes what it wrote forgiving; `open_enums`, `table` and
//! `handles` write what progenitor has no notion of; `surface` prints what of all this a
//! reviewer wants to see change. Build scripts call [`api_source`] and [`handle_source`].
//!
//! ```
//! let description = dli_spec::Description::embedded()?;
//! let bundle = description.bundle(&["datasource_connections"])?;
//! let source = dli_codegen::api_source(&bundle)?;
//! assert!(source.contains("pub async fn list_datasource_connections"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bindings;
mod build_script;
mod handles;
mod lower;
mod names;
mod open_enums;
mod requests;
mod surface;
mod table;

pub use build_script::build_script;
pub use surface::{family_surface, operation_surface, shared_surface};

use dli_spec::Bundle;
use proc_macro2::TokenStream;

/// Why no code could be generated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The lowered description is not what the generator takes.
    #[error("the lowered description is not an OpenAPI document: {0}")]
    Lower(#[from] serde_json::Error),
    /// The generator refused the description.
    #[error("progenitor refused the description: {0}")]
    Generate(#[from] progenitor_impl::Error),
    /// The generated tokens are not Rust.
    #[error("the generated code does not parse: {0}")]
    Parse(#[from] syn::Error),
    /// A function that progenitor wrote is not of the shape that we know.
    #[error("progenitor writes its functions in another way than we know: {0}; see requests.rs")]
    Shape(String),
}

/// The source of `dli-api`: types, open enumerations, client functions, operation table.
///
/// # Errors
/// When the description cannot be lowered or progenitor refuses it.
pub fn api_source(bundle: &Bundle) -> Result<String, Error> {
    let lowered = lower::lower(bundle)?;
    let mut tokens = bindings::generate(&lowered)?;
    tokens.extend(open_enums::generate(&lowered.enumerations));
    tokens.extend(table::generate(bundle));
    format(tokens)
}

/// The description as progenitor is given it: what an OpenAPI generator without knowledge of this
/// project can take, for comparing with one.
///
/// ```
/// let description = dli_spec::Description::embedded()?;
/// let document = dli_codegen::lowered_document(&description.bundle(&["quotas"])?)?;
/// assert_eq!(document["openapi"], "3.0.3");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When the description cannot be lowered.
pub fn lowered_document(bundle: &Bundle) -> Result<serde_json::Value, Error> {
    Ok(serde_json::to_value(lower::lower(bundle)?.document)?)
}

/// The source of the handles of `dli-ext`: a struct a family, a method an operation.
///
/// # Errors
/// When the generated code does not parse, which would be a defect of this crate.
pub fn handle_source(bundle: &Bundle) -> Result<String, Error> {
    format(handles::generate(bundle))
}

fn format(tokens: TokenStream) -> Result<String, Error> {
    Ok(prettyplease::unparse(&syn::parse2(tokens)?))
}

#![cfg_attr(docsrs, feature(doc_cfg))]
//! The OpenAPI description of Data Lake Insight (DLI) as a library.
//!
//! The YAML files in `openapi/` are the only place where the API is described. This crate
//! carries them and answers what the rest of the workspace asks of them:
//!
//! - [`Description`] reads and bundles them (feature `authoring`);
//! - [`lint`] holds them to the project's rules (feature `authoring`);
//! - [`Bundle`] is one self-contained document, whole or of some families, with its
//!   [`Operation`]s and schemas; its compact form needs no YAML parser to be read;
//! - [`json_schema`] turns OpenAPI 3.0 schemas into JSON Schema for validators.
//!
//! ```
//! use dli_spec::Description;
//!
//! let description = Description::embedded()?;
//! let bundle = description.bundle(&["datasource_connections"])?;
//! let show = bundle.operation("show_datasource_connection").expect("described");
//! assert_eq!(show.method, "GET");
//! assert!(show.idempotent);
//! # Ok::<(), dli_spec::Error>(())
//! ```

mod bundle;
#[cfg(feature = "authoring")]
mod description;
mod error;
pub mod json_schema;
#[cfg(feature = "authoring")]
pub mod lint;
mod operation;
#[cfg(feature = "authoring")]
mod rulings;

pub use bundle::{Bundle, referenced_name};
#[cfg(feature = "authoring")]
pub use description::Description;
pub use error::Error;
pub use operation::{Location, Operation, Paging, PagingStyle, Parameter};
#[cfg(feature = "authoring")]
pub use rulings::Ruling;

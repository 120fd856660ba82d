#![cfg_attr(docsrs, feature(doc_cfg))]
// Without some families what only they use lies idle.
#![cfg_attr(not(feature = "all-families"), allow(dead_code, unused_imports, unused_macros))]
// The error type is the generator's; every generated function returns it.
#![allow(clippy::result_large_err)]
#![doc = include_str!("../README.md")]
//!
//! # What is here
//!
//! - [`Client`]: one function an operation, generated from the description;
//! - [`types`]: what these functions send and return;
//! - [`Transport`]: how a request gets to the service; [`TokenTransport`] is a minimal one;
//! - [`Operation`] and [`OPERATIONS`]: what is known of each operation at run time;
//! - [`lenient`]: how answers are decoded.

#[cfg(feature = "codecs")]
pub mod codecs;
pub mod lenient;
mod open_enum;
mod operation;
mod path;
mod secret;
mod token;
mod transport;

#[cfg(feature = "codecs")]
pub use generated::CODECS;
#[doc(inline)]
pub use generated::{Client, DOCUMENTED_ERRORS, OPERATIONS, REGIONS, types};
pub use operation::{
    DocumentedError, Location, Operation, Outcome, Paging, PagingStyle, Parameter, Region,
};
pub use progenitor_client::{ClientInfo, Error, ResponseValue};
pub use secret::Secret;
pub use token::TokenTransport;
pub use transport::{
    Answer, AnswerFuture, SharedTransport, Transport, TransportError, TransportFuture,
    transport_error,
};

/// What the build script generated from `openapi/`.
#[allow(clippy::all, missing_docs, rustdoc::all, unused_imports, unused_variables)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
}
use generated::open_enums;

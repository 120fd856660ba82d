#![cfg_attr(docsrs, feature(doc_cfg))]
// Without some families what only they use lies idle.
#![cfg_attr(not(feature = "all-families"), allow(dead_code))]
#![doc = include_str!("../README.md")]
//!
//! # What is here
//!
//! - [`Dli`]: the client; a handle a family ([`handles`]), a method an operation;
//! - [`Builder`] and [`Config`]: where it goes, who it is, how it behaves;
//! - [`CallOptions`]: the same for one call;
//! - [`Reply`] and [`Error`]: what comes back;
//! - `Dli::sql`: a statement in, rows out ([`sql`]);
//! - [`paging`]: lists as streams; [`wait`]: long work as a future or a stream of states;
//! - [`types`]: what is sent and received.

#[cfg(feature = "blocking")]
pub mod blocking;
mod client;
pub mod config;
mod error;
pub mod paging;
mod reply;
mod request;
#[cfg(feature = "sql_jobs")]
pub mod sql;
#[cfg(feature = "test-util")]
pub mod test_util;
mod transport;
pub mod wait;

pub use client::Dli;
pub use config::{Builder, Config};
#[doc(inline)]
pub use dli_api::{self as api, Operation, Secret, types};
pub use dli_sign::{self as sign, Credential, IamToken};
pub use error::{Error, ErrorCode, ErrorKind};
pub use reply::Reply;
pub use request::Request;
pub use transport::{CallOptions, RetryBudget, RetryPolicy};

/// The handles: a struct a family, a method an operation. Generated from the description.
#[allow(clippy::all, rustdoc::all, missing_docs, unused_imports, unused_variables)]
pub mod handles {
    use dli_api::types;
    include!(concat!(env!("OUT_DIR"), "/handles.rs"));
}

/// The example in the README of the project compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct ProjectReadme;

#![cfg_attr(docsrs, feature(doc_cfg))]
//! A stand-in for Huawei Cloud's Data Lake Insight (DLI) on your own machine.
//!
//! It answers the operations of the service over HTTP: signatures are verified, requests are
//! held against the description, state is kept in SQLite, what takes time goes through its
//! states. Nothing is made up: what cannot be done here says so.
//!
//! ```
//! use dli_emulator::Emulator;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), dli_emulator::StartError> {
//! let emulator = Emulator::start().await?; // a port of its own on 127.0.0.1, state in memory
//! let (url, project) = (emulator.url(), emulator.project_id());
//! let (access_key, secret_key) = (emulator.access_key(), emulator.secret_key());
//! # let _ = (url, project, access_key, secret_key);
//! # Ok(())
//! # }
//! ```
//!
//! [`Emulator::builder`] keeps the state in a folder, knows several projects and access keys,
//! sets how long changes of state take, and lets things go wrong ([`Fault`]). The program
//! `dli-emulator` does the same for other languages. With the feature `sql` the SQL of jobs runs
//! (`Builder::sql`); without it results are scripted. A browser at the URL shows what exists.

mod auth;
mod call;
mod control;
mod description;
mod emulator;
mod engine;
mod error;
mod families;
mod faults;
mod host;
mod iam;
mod listener;
mod log;
mod net;
mod page;
mod record;
mod router;
mod seed;
mod server;
mod settings;
mod snapshot;
#[cfg(feature = "sql")]
mod sql;
mod store;
mod validate;
mod view;

pub use emulator::{
    Builder, DEFAULT_ACCESS_KEY, DEFAULT_PROJECT_ID, DEFAULT_REGION, DEFAULT_SECRET_KEY, Emulator,
    StartError,
};
pub use engine::{SqlEngine, SqlFailure, SqlFuture, SqlRows, SqlStatement, SqlTransfer};
pub use faults::{Fault, FaultKind, FaultParseError};
pub use settings::{AccessKey, Project};
#[cfg(feature = "sql")]
pub use sql::Sql;
pub use store::StoreError;

/// Whether the emulator answers an operation of the description.
///
/// ```
/// assert!(dli_emulator::answers("create_queue"));
/// assert!(!dli_emulator::answers("make_coffee"));
/// ```
pub fn answers(operation_id: &str) -> bool {
    families::handler(operation_id).is_some()
}

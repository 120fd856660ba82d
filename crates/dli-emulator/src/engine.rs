//! Where an SQL engine is plugged in. Without one, results are scripted.

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

/// What an engine answers later.
pub type SqlFuture<T> = Pin<Box<dyn Future<Output = Result<T, SqlFailure>> + Send>>;

/// Runs the SQL of jobs. The emulator keeps jobs, states and results; an engine computes them.
///
/// A statement that a script of the seed file or of `/_emulator/sql-scripts` fits is answered
/// from the script, also when there is an engine.
pub trait SqlEngine: Send + Sync + 'static {
    /// Parses and analyses a statement without running it, and tells its type (`QUERY`, `DDL` …)
    /// if it knows better than the first word of the statement does.
    fn check(&self, statement: SqlStatement) -> SqlFuture<Option<String>>;

    /// Runs a statement to its end. The future is dropped when the job is cancelled.
    fn run(&self, statement: SqlStatement) -> SqlFuture<SqlRows>;
}

/// A statement with what it was submitted with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqlStatement {
    /// Project; databases and tables of different projects have nothing in common.
    pub project: String,
    /// Id of the job; empty for a check.
    pub job_id: String,
    /// The SQL itself.
    pub text: String,
    /// Database to look for tables in that are named without one; empty if none was given.
    pub database: String,
    /// Settings, each written `key=value`.
    pub settings: Vec<String>,
}

/// The result of a statement.
#[derive(Debug, Clone, Default)]
pub struct SqlRows {
    /// Name and type of each column, as the service writes types.
    pub columns: Vec<(String, String)>,
    /// The rows, each with one value a column.
    pub rows: Vec<Vec<Value>>,
    /// Number of all rows, if `rows` are only the first ones.
    pub row_count: Option<u64>,
    /// Where the whole result was written, if it was.
    pub result_path: Option<String>,
}

/// Why a statement did not run.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct SqlFailure {
    /// A documented code, `DLI.0004` for what does not parse for instance.
    pub code: String,
    /// What is wrong, and where in the statement.
    pub message: String,
}

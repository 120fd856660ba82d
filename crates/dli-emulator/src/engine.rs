//! Where an SQL engine is plugged in. Without one, results are scripted.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use crate::auth::Caller;
use crate::server::Service;

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

    /// Moves rows between a table, or a result, and a folder. Unless an engine says otherwise it
    /// cannot.
    fn transfer(&self, statement: SqlStatement, transfer: SqlTransfer) -> SqlFuture<SqlRows> {
        let _ = (statement, transfer);
        Box::pin(async {
            Err(SqlFailure {
                code: "DLI.0007".to_owned(),
                message: "The emulator's SQL engine neither exports nor imports; script a result."
                    .to_owned(),
            })
        })
    }

    /// Told when a table of the service's own storage is gone. Its data were kept under this id.
    fn dropped(&self, project: &str, storage: &str) {
        let _ = (project, storage);
    }
}

/// A statement with what it was submitted with.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqlStatement {
    /// Project; databases and tables of different projects have nothing in common.
    pub project: String,
    /// Id of the job; empty for a check, and for a query that is no job and whose whole result
    /// nobody reads later.
    pub job_id: String,
    /// The SQL itself.
    pub text: String,
    /// Database to look for tables in that are named without one; empty if none was given.
    pub database: String,
    /// Settings, each written `key=value`.
    pub settings: Vec<String>,
    /// What the engine that comes with the emulator needs besides.
    #[cfg_attr(not(feature = "sql"), expect(dead_code, reason = "only that engine reads it"))]
    pub(crate) context: Option<Context>,
}

/// The emulator behind a statement, and who submitted it.
#[derive(Clone)]
#[cfg_attr(not(feature = "sql"), expect(dead_code, reason = "only the engine reads it"))]
pub(crate) struct Context {
    pub service: Arc<Service>,
    pub caller: Caller,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

#[cfg(feature = "sql")]
impl SqlStatement {
    pub(crate) fn context(&self) -> Result<&Context, SqlFailure> {
        self.context.as_ref().ok_or_else(|| SqlFailure {
            code: "DLI.0999".to_owned(),
            message: "The statement belongs to no emulator.".to_owned(),
        })
    }
}

/// Rows to be moved. `request` is the body of the request that asked for it: path, format and
/// the options of the format.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SqlTransfer {
    /// A table into a folder.
    ExportTable {
        /// Database of the table.
        database: String,
        /// The table.
        table: String,
        /// Body of the request.
        request: Value,
    },
    /// The result of a job into a folder.
    ExportResult {
        /// Name and type of each column.
        columns: Vec<(String, String)>,
        /// Where the whole result was written, if it was.
        result_path: Option<String>,
        /// Body of the request.
        request: Value,
    },
    /// A folder into a table.
    ImportTable {
        /// Database of the table.
        database: String,
        /// The table.
        table: String,
        /// Body of the request.
        request: Value,
    },
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
    /// Bytes that were read.
    pub input_size: Option<u64>,
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

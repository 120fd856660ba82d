//! The engine that comes with the feature `sql`: DataFusion, told to do as Spark does.
//!
//! A statement is parsed in the service's dialect, its query rewritten to what DataFusion plans as
//! Spark would, and run in a session of its own with bounds of memory and time, on threads of its
//! own. Databases, tables and partitions are those of the API's own operations.

mod catalog;
mod define;
mod dialect;
mod failure;
mod formats;
mod functions;
mod options;
mod parse;
mod partitions;
mod query;
mod rewrite;
mod rows;
mod session;
mod show;
mod statement;
mod storage;
mod tokens;
mod transfer;
mod types;
mod write;

use std::collections::HashSet;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::StreamExt as _;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

pub use options::Sql;

use crate::engine::{SqlEngine, SqlFailure, SqlFuture, SqlRows, SqlStatement, SqlTransfer};
use catalog::Catalog;
use failure::{execution, limit};
use formats::Writer;
use query::{Job, Planned};
use session::Session;
use statement::Statement;
use storage::Storage;

/// The service shows so many rows of a result and no more.
const SHOWN: usize = 1000;

/// Runs statements.
pub(crate) struct Engine {
    shared: Arc<Shared>,
    /// Threads of its own, so that no query holds up the server; taken when the engine goes.
    runtime: Option<Runtime>,
    /// The folders, if nobody said where they are to be.
    _temporary: Option<tempfile::TempDir>,
}

struct Shared {
    storage: Arc<Storage>,
    options: Sql,
    spill: PathBuf,
}

impl Engine {
    /// Opens the folders; below `folder`, or in a temporary place.
    pub fn open(options: Sql, folder: Option<&Path>) -> std::io::Result<Self> {
        let temporary = if folder.is_none() { Some(tempfile::tempdir()?) } else { None };
        let base = match (folder, &temporary) {
            (Some(folder), _) => folder.to_owned(),
            (None, Some(temporary)) => temporary.path().to_owned(),
            (None, None) => return Err(std::io::ErrorKind::NotFound.into()),
        };
        let buckets = options.buckets.clone().unwrap_or_else(|| base.join("buckets"));
        let spill = base.join("spill");
        // What an earlier process could not hold in memory is of no use to this one.
        let _ = std::fs::remove_dir_all(&spill);
        std::fs::create_dir_all(&spill)?;
        let storage = Arc::new(Storage::open(buckets, base.join("warehouse"))?);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(options.threads)
            .thread_name("dli-emulator-sql")
            .enable_all()
            .build()?;
        let shared = Arc::new(Shared { storage, options, spill });
        Ok(Self { shared, runtime: Some(runtime), _temporary: temporary })
    }

    /// The folder that holds the buckets.
    pub fn buckets(&self) -> PathBuf {
        self.shared.storage.buckets()
    }

    /// Removes what dropped tables left in the warehouse, given the tables there are.
    pub fn sweep(&self, known: &[(String, String)]) {
        let storage = &self.shared.storage;
        let known: HashSet<PathBuf> =
            known.iter().map(|(project, table)| storage.of_table(project, table)).collect();
        for folder in storage.tables().into_iter().filter(|folder| !known.contains(folder)) {
            storage.remove(&folder);
        }
    }

    fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, SqlFailure>> + Send + 'static,
    ) -> SqlFuture<T> {
        let Some(runtime) = &self.runtime else {
            return Box::pin(async { Err(execution("The emulator is shutting down.")) });
        };
        let most = self.shared.options.time_limit;
        let task = Task(runtime.spawn(async move {
            tokio::time::timeout(most, work).await.unwrap_or_else(|_| {
                Err(SqlFailure {
                    code: "DLI.0019".to_owned(),
                    message: format!("The job ran longer than {} seconds.", most.as_secs()),
                })
            })
        }));
        Box::pin(task)
    }
}

/// A task that ends when nobody waits for it any more.
struct Task<T>(JoinHandle<Result<T, SqlFailure>>);

impl<T> Future for Task<T> {
    type Output = Result<T, SqlFailure>;

    fn poll(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        std::pin::Pin::new(&mut self.0).poll(context).map(|ended| match ended {
            Ok(result) => result,
            Err(error) => Err(execution(format!("The SQL engine failed: {error}"))),
        })
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl SqlEngine for Engine {
    fn check(&self, statement: SqlStatement) -> SqlFuture<Option<String>> {
        let shared = Arc::clone(&self.shared);
        self.spawn(async move { shared.check(statement).await.map(|()| None) })
    }

    fn run(&self, statement: SqlStatement) -> SqlFuture<SqlRows> {
        let shared = Arc::clone(&self.shared);
        self.spawn(async move { shared.run(statement).await })
    }

    fn transfer(&self, statement: SqlStatement, transfer: SqlTransfer) -> SqlFuture<SqlRows> {
        let shared = Arc::clone(&self.shared);
        self.spawn(async move {
            let statement = Arc::new(statement);
            let job = shared.job(&statement)?;
            job.transfer(transfer, &statement).await
        })
    }

    fn dropped(&self, project: &str, storage: &str) {
        let storage_folder = self.shared.storage.of_table(project, storage);
        self.shared.storage.remove(&storage_folder);
    }
}

impl Shared {
    fn job(&self, statement: &Arc<SqlStatement>) -> Result<Job, SqlFailure> {
        let Sql { memory_limit, threads, .. } = self.options;
        let session = Session::new(memory_limit, &self.spill, threads)
            .map_err(|error| failure::of_engine(error, &self.storage))?;
        let catalog = Catalog::new(Arc::clone(statement));
        Ok(Job { catalog, storage: Arc::clone(&self.storage), session })
    }

    async fn check(&self, statement: SqlStatement) -> Result<(), SqlFailure> {
        let statement = Arc::new(statement);
        match parse::parse(&statement.text)? {
            Statement::Query(source) | Statement::Explain(source) => {
                self.job(&statement)?.plan(&source).await.map(drop)
            }
            Statement::Insert { table, source, .. } => {
                let job = self.job(&statement)?;
                job.catalog.require(&job.storage, &table).await?;
                job.plan(&source).await.map(drop)
            }
            Statement::Use(database) => Err(define::use_is_refused(&database)),
            _ => Ok(()),
        }
    }

    async fn run(&self, statement: SqlStatement) -> Result<SqlRows, SqlFailure> {
        let statement = Arc::new(statement);
        let parsed = parse::parse(&statement.text)?;
        let job = self.job(&statement)?;
        let nothing = |()| SqlRows::default();
        let written = |rows: u64| SqlRows { row_count: Some(rows), ..SqlRows::default() };
        match parsed {
            Statement::Query(source) => {
                let planned = job.plan(&source).await?;
                self.results(&job, planned, &statement.job_id).await
            }
            Statement::Explain(source) => {
                let planned = job.plan(&source).await?;
                let optimized = job.session.state().optimize(&planned.plan);
                let text = optimized.map_err(|error| job.fail(error))?.display_indent().to_string();
                let columns = vec![("plan".to_owned(), "string".to_owned())];
                let rows = vec![vec![job.storage.hide(&text).into()]];
                Ok(SqlRows { columns, rows, ..SqlRows::default() })
            }
            Statement::Insert { table, overwrite, partition, columns, source } => {
                let table = job.catalog.require(&job.storage, &table).await?;
                let planned = job.plan(&source).await?;
                job.insert(&table, overwrite, &partition, &columns, planned, &statement)
                    .await
                    .map(written)
            }
            Statement::CreateDatabase { name, if_not_exists, comment } => {
                job.create_database(&name, if_not_exists, &comment).await.map(nothing)
            }
            Statement::DropDatabase { name, if_exists, cascade } => {
                job.drop_database(&name, if_exists, cascade).await.map(nothing)
            }
            Statement::Use(database) => Err(define::use_is_refused(&database)),
            Statement::CreateTable(new) => {
                let rows = job.create_table(*new).await?;
                Ok(SqlRows { row_count: rows, ..SqlRows::default() })
            }
            Statement::CreateTableLike { name, like, if_not_exists } => {
                job.create_table_like(&name, &like, if_not_exists).await.map(nothing)
            }
            Statement::CreateView { name, or_replace, if_not_exists, columns, comment, source } => {
                job.create_view(&name, or_replace, if_not_exists, &columns, &comment, &source)
                    .await
                    .map(nothing)
            }
            Statement::Drop { name, if_exists, view } => {
                job.drop_table(&name, if_exists, view).await.map(nothing)
            }
            Statement::Alter { table, change } => job.alter(&table, change).await.map(nothing),
            Statement::Truncate { table, partition } => {
                let table = job.catalog.require(&job.storage, &table).await?;
                job.truncate(&table, &partition).await.map(nothing)
            }
            Statement::Repair(table) => job.repair(&table).await.map(nothing),
            Statement::Show(show) => job.show(show).await,
            Statement::DescribeTable { table, extended } => {
                job.describe_table(&table, extended).await
            }
            Statement::DescribeDatabase(name) => job.describe_database(&name).await,
        }
    }

    /// Runs a query: the first rows for the answer, and all of a job's into the job bucket.
    async fn results(&self, job: &Job, planned: Planned, id: &str) -> Result<SqlRows, SqlFailure> {
        let fail = |error| job.fail(error);
        let mut kept = if id.is_empty() { None } else { Some(self.keep(job, &planned, id)?) };
        let mut result = SqlRows {
            columns: planned.types(),
            input_size: Some(planned.input_bytes),
            ..SqlRows::default()
        };
        let (mut count, mut bytes) = (0_u64, 0_u64);
        let mut stream = job.stream(planned.plan).await?;
        while let Some(batch) = stream.next().await {
            let batch = query::shown(&batch.map_err(fail)?, &planned.columns).map_err(fail)?;
            if result.rows.len() < SHOWN {
                let more = rows::of_batch(&batch, SHOWN - result.rows.len()).map_err(fail)?;
                result.rows.extend(more);
            }
            if let Some(kept) = &mut kept {
                kept.writer.write(&batch).map_err(fail)?;
            }
            count += batch.num_rows() as u64;
            bytes += batch.get_array_memory_size() as u64;
            if bytes > self.options.result_limit {
                return Err(limit(format!(
                    "The result is larger than {} MiB, as much as a job may have.",
                    self.options.result_limit >> 20
                )));
            }
        }
        if let Some(kept) = kept {
            kept.writer.finish().map_err(fail)?;
            kept.unfinished.keep();
            result.result_path = Some(kept.path);
        }
        result.row_count = Some(count);
        Ok(result)
    }

    /// Begins the result of a job in the job bucket.
    fn keep(&self, job: &Job, planned: &Planned, id: &str) -> Result<Kept, SqlFailure> {
        let path = format!("obs://{}/dli/jobs/{id}/result", self.options.job_bucket);
        let folder = self.storage.of_url(&path)?;
        let schema = types::schema(&planned.columns);
        let options = [("empty_lines".to_owned(), "true".to_owned())].into();
        let writer = Writer::create(catalog::Format::Csv, &folder, &schema, &options)
            .map_err(|error| job.fail(error))?;
        let unfinished = Unfinished(Some((Arc::clone(&self.storage), folder)));
        Ok(Kept { writer, unfinished, path })
    }
}

/// A result in the job bucket, as it is written.
struct Kept {
    writer: Writer,
    unfinished: Unfinished,
    path: String,
}

/// A result that is being written; dropped before its end it is removed.
struct Unfinished(Option<(Arc<Storage>, PathBuf)>);

impl Unfinished {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some((storage, folder)) = self.0.take() {
            storage.remove(&folder);
        }
    }
}

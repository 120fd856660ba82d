//! SQL: a statement in, rows out.
//!
//! ```no_run
//! use futures_util::StreamExt;
//!
//! #[derive(serde::Deserialize)]
//! struct City {
//!     name: String,
//!     people: i64,
//! }
//!
//! # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
//! let results = dli.sql("select name, people from cities").queue("q").database("db").run().await?;
//! let mut cities = results.rows::<City>();
//! while let Some(city) = cities.next().await {
//!     let City { name, people } = city?;
//!     println!("{name}: {people}");
//! }
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "arrow")]
mod batches;
#[cfg(feature = "obs")]
mod bucket;
mod columns;
#[cfg_attr(not(feature = "obs"), allow(dead_code))]
mod csv;
mod job;
mod results;
mod row;

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use dli_api::types::{
    CheckSqlRequest, CheckSqlResponse, CreateSqlJobRequest, EngineType, ShowSqlJobStatusResponse,
    SqlJobMode, Tag,
};
use futures_util::StreamExt;

#[cfg(feature = "obs")]
pub use bucket::Storage;
pub use columns::{Column, ColumnType};
pub use job::SqlJob;
pub use results::Results;
pub use row::Row;

use crate::wait::State;
use crate::{Dli, Error, ErrorKind, Reply};

type OnProgress = Box<dyn FnMut(&State<ShowSqlJobStatusResponse>) + Send>;

/// A statement that has not been sent, made by [`Dli::sql`].
///
/// ```no_run
/// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
/// let job = dli.sql("insert into t values (1)").queue("q").submit().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a statement does nothing until it is run or submitted"]
pub struct Sql {
    dli: Dli,
    text: String,
    queue: Option<String>,
    database: Option<String>,
    catalog: Option<String>,
    engine: Option<EngineType>,
    conf: Vec<String>,
    tags: Vec<Tag>,
    deadline: Option<Duration>,
    cancel_on_drop: bool,
    on_progress: Option<OnProgress>,
}

impl Dli {
    /// A statement to run, see [`sql`](crate::sql).
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let results = dli.sql("show tables").queue("q").database("db").run().await?;
    /// println!("{:?}", results.columns());
    /// # Ok(())
    /// # }
    /// ```
    pub fn sql(&self, statement: impl Into<String>) -> Sql {
        Sql {
            dli: self.clone(),
            text: statement.into(),
            queue: None,
            database: None,
            catalog: None,
            engine: None,
            conf: Vec::new(),
            tags: Vec::new(),
            deadline: None,
            cancel_on_drop: false,
            on_progress: None,
        }
    }

    /// A job that was submitted before, here or elsewhere.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let results = dli.sql_job("8ecb0777…").results().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn sql_job(&self, job_id: impl Into<String>) -> SqlJob {
        SqlJob::attach(self.clone(), job_id.into())
    }
}

impl Sql {
    /// The queue to run on; the service's default queue unless set.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.sql("select 1").queue("q").run().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn queue(mut self, name: impl Into<String>) -> Self {
        self.queue = Some(name.into());
        self
    }

    /// The database that names without one belong to.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.sql("select 1").database("db").run().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn database(mut self, name: impl Into<String>) -> Self {
        self.database = Some(name.into());
        self
    }

    /// The catalog that names without one belong to.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.sql("select 1").catalog("dli").run().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn catalog(mut self, name: impl Into<String>) -> Self {
        self.catalog = Some(name.into());
        self
    }

    /// The engine, where the queue has more than one.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.sql("select 1").engine("spark").run().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn engine(mut self, engine: impl Into<EngineType>) -> Self {
        self.engine = Some(engine.into());
        self
    }

    /// A setting, `spark.sql.shuffle.partitions` for instance.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.sql("select 1").conf("spark.sql.shuffle.partitions", 8).run().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn conf(mut self, key: impl fmt::Display, value: impl fmt::Display) -> Self {
        self.conf.push(format!("{key}={value}"));
        self
    }

    /// A tag of the job.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.sql("select 1").tag("team", "sales").run().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.push(Tag::builder().key(key.into()).value(value.into()).build());
        self
    }

    /// How long [`Sql::run`] waits for the end; 30 minutes unless set. The job runs on after it.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.sql("select 1").deadline(std::time::Duration::from_secs(600)).run().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Whether dropping the future of [`Sql::run`] before its end cancels the job. It does not
    /// unless asked to.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.sql("select 1").cancel_on_drop(true).run().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn cancel_on_drop(mut self, cancel: bool) -> Self {
        self.cancel_on_drop = cancel;
        self
    }

    /// Is told each state that [`Sql::run`] sees, with the progress where the service tells it.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let results = dli
    ///     .sql("select count(*) from t")
    ///     .on_progress(|state| println!("{} {:?}", state.name, state.progress))
    ///     .run()
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_progress(
        mut self,
        tell: impl FnMut(&State<ShowSqlJobStatusResponse>) + Send + 'static,
    ) -> Self {
        self.on_progress = Some(Box::new(tell));
        self
    }

    /// Has the statement checked, and not run.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// println!("{:?}", dli.sql("select 1").check().await?.job_type);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the service finds it wrong ([`Error::is_invalid_request`]), and like any call.
    pub async fn check(self) -> Result<Reply<CheckSqlResponse>, Error> {
        let body = CheckSqlRequest::builder().sql(self.text).maybe_currentdb(self.database).build();
        self.dli.sql_jobs().check_sql(&body).await
    }

    /// The plan by which the statement would be run.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// println!("{}", dli.sql("select 1").queue("q").explain().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Like [`Sql::run`].
    pub async fn explain(mut self) -> Result<String, Error> {
        self.text = format!("EXPLAIN {}", self.text);
        let mut rows = self.run().await?.raw_rows();
        let mut plan = String::new();
        while let Some(row) = rows.next().await {
            for value in row?.values() {
                plan.push_str(value.as_str().unwrap_or_default());
            }
            plan.push('\n');
        }
        Ok(plan)
    }

    /// Submits the statement and does not wait for it.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// println!("{}", dli.sql("select 1").queue("q").submit().await?.id());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Like any call. A submission is never sent twice, since it might run twice.
    pub async fn submit(self) -> Result<SqlJob, Error> {
        let body = CreateSqlJobRequest::builder()
            .sql(self.text)
            .maybe_queue_name(self.queue.clone())
            .maybe_currentdb(self.database)
            .maybe_current_catalog(self.catalog)
            .maybe_engine_type(self.engine)
            .maybe_conf((!self.conf.is_empty()).then_some(self.conf))
            .maybe_tags((!self.tags.is_empty()).then_some(self.tags))
            .build();
        let reply = self.dli.sql_jobs().create(&body).await?;
        let Some(job_id) = reply.job_id.clone().filter(|id| !id.is_empty()) else {
            return Err(Error::new(
                ErrorKind::Undecodable,
                "the service took the statement and gave no job id",
            )
            .of("create_sql_job")
            .after(reply.attempts()));
        };
        let ended = reply.job_mode.as_ref().map(SqlJobMode::normalized) == Some(SqlJobMode::Sync);
        Ok(SqlJob::submitted(self.dli, job_id, self.queue, ended.then_some(reply)))
    }

    /// Submits the statement, waits for its end and gives its results.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// println!("{:?} rows", dli.sql("select 1").queue("q").run().await?.row_count());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the statement fails or is cancelled ([`ErrorKind::Wait`]), when the deadline passes
    /// ([`Error::is_timeout`]), when the results cannot all be had ([`ErrorKind::Results`]), and
    /// like any call.
    pub async fn run(mut self) -> Result<Results, Error> {
        let (deadline, cancel) = (self.deadline, self.cancel_on_drop);
        let mut tell = self.on_progress.take();
        let job = self.submit().await?;
        let guard = job::CancelOnDrop::new(&job, cancel);
        if !job.has_ended() {
            let mut wait = job.wait();
            if let Some(deadline) = deadline {
                wait = wait.deadline(deadline);
            }
            let mut states = wait.states();
            while let Some(state) = states.next().await {
                let state = state?;
                if let Some(tell) = &mut tell {
                    tell(&state);
                }
            }
        }
        guard.disarm();
        job.results().await
    }
}

impl fmt::Debug for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The statement may hold what others must not read.
        f.debug_struct("Sql")
            .field("queue", &self.queue)
            .field("database", &self.database)
            .finish_non_exhaustive()
    }
}

/// The bytes of a binary value.
pub(crate) fn decode_binary(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    base64::engine::general_purpose::STANDARD.decode(text)
}

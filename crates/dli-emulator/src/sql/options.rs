//! What an engine may use, and where its data lie.

use std::path::PathBuf;
use std::time::Duration;

/// SQL that runs: options of the engine that comes with the feature `sql`.
///
/// ```
/// use std::time::Duration;
///
/// use dli_emulator::{Emulator, Sql};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), dli_emulator::StartError> {
/// let sql = Sql::new().job_bucket("results").time_limit(Duration::from_secs(60));
/// let emulator = Emulator::builder().sql(sql).start().await?;
/// assert!(emulator.buckets().is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "options do nothing until they are given to `Builder::sql`"]
pub struct Sql {
    pub(super) buckets: Option<PathBuf>,
    pub(super) job_bucket: String,
    pub(super) memory_limit: usize,
    pub(super) time_limit: Duration,
    pub(super) result_limit: u64,
    pub(super) threads: usize,
}

impl Default for Sql {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            buckets: None,
            job_bucket: "dli-jobs".to_owned(),
            memory_limit: 512 << 20,
            time_limit: Duration::from_secs(600),
            result_limit: 1 << 30,
            threads,
        }
    }
}

impl Sql {
    /// The usual: buckets below the data folder of the emulator (or in a temporary place), results
    /// in the bucket `dli-jobs`, 512 MiB and ten minutes a job, as many threads as there are cores.
    ///
    /// ```
    /// let sql = dli_emulator::Sql::new();
    /// # let _ = sql;
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The folder in which `obs://bucket/…` is the folder `bucket`.
    ///
    /// ```
    /// let sql = dli_emulator::Sql::new().buckets("/srv/buckets");
    /// # let _ = sql;
    /// ```
    pub fn buckets(mut self, folder: impl Into<PathBuf>) -> Self {
        self.buckets = Some(folder.into());
        self
    }

    /// The bucket that whole results are written to, as CSV.
    ///
    /// ```
    /// let sql = dli_emulator::Sql::new().job_bucket("results");
    /// # let _ = sql;
    /// ```
    pub fn job_bucket(mut self, name: impl Into<String>) -> Self {
        self.job_bucket = name.into();
        self
    }

    /// Memory of one job, in bytes. Sorts, joins and aggregates go to the disk beyond it; what
    /// cannot, fails.
    ///
    /// ```
    /// let sql = dli_emulator::Sql::new().memory_limit(64 << 20);
    /// # let _ = sql;
    /// ```
    pub fn memory_limit(mut self, bytes: usize) -> Self {
        self.memory_limit = bytes;
        self
    }

    /// How long one job may run.
    ///
    /// ```
    /// let sql = dli_emulator::Sql::new().time_limit(std::time::Duration::from_secs(5));
    /// # let _ = sql;
    /// ```
    pub fn time_limit(mut self, time: Duration) -> Self {
        self.time_limit = time;
        self
    }

    /// How large one result may be in memory's terms, in bytes (1 GiB).
    ///
    /// ```
    /// let sql = dli_emulator::Sql::new().result_limit(16 << 20);
    /// # let _ = sql;
    /// ```
    pub fn result_limit(mut self, bytes: u64) -> Self {
        self.result_limit = bytes;
        self
    }

    /// Threads for all jobs together.
    ///
    /// ```
    /// let sql = dli_emulator::Sql::new().threads(1);
    /// # let _ = sql;
    /// ```
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }
}

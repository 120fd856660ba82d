//! A SQL job that was submitted.

use std::fmt;
use std::sync::Arc;

use dli_api::types::{ShowSqlJobStatusResponse, SqlDataFormat, SqlJobSubmission};

use super::Results;
use crate::wait::Waiter;
use crate::{Dli, Error, Reply};

/// A job that was submitted; made by [`Sql::submit`](super::Sql::submit) or
/// [`Dli::sql_job`](crate::Dli::sql_job). Dropping it does nothing to the job.
///
/// ```no_run
/// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
/// let job = dli.sql("insert into t select * from s").queue("q").submit().await?;
/// println!("submitted {}", job.id());
/// // Here or elsewhere, later:
/// dli.sql_job(job.id()).wait().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqlJob {
    pub(super) dli: Dli,
    id: String,
    pub(super) queue: Option<String>,
    /// The answer to the submission, where the job had ended by then.
    pub(super) ended: Option<Arc<Reply<SqlJobSubmission>>>,
}

impl SqlJob {
    pub(super) fn attach(dli: Dli, id: String) -> Self {
        Self { dli, id, queue: None, ended: None }
    }

    pub(super) fn submitted(
        dli: Dli,
        id: String,
        queue: Option<String>,
        ended: Option<Reply<SqlJobSubmission>>,
    ) -> Self {
        Self { dli, id, queue, ended: ended.map(Arc::new) }
    }

    /// Its id.
    ///
    /// ```no_run
    /// # async fn example(job: dli_ext::sql::SqlJob) -> Result<(), dli_ext::Error> {
    /// println!("{}", job.id());
    /// # Ok(())
    /// # }
    /// ```
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether the submission was answered with the end of the job.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Its state now.
    ///
    /// ```no_run
    /// # async fn example(job: dli_ext::sql::SqlJob) -> Result<(), dli_ext::Error> {
    /// println!("{:?}", job.status().await?.status);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Like any call.
    pub async fn status(&self) -> Result<Reply<ShowSqlJobStatusResponse>, Error> {
        self.dli.sql_jobs().show_sql_job_status(&self.id).await
    }

    /// Waits for its end.
    ///
    /// ```no_run
    /// # async fn example(job: dli_ext::sql::SqlJob) -> Result<(), dli_ext::Error> {
    /// job.wait().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait(&self) -> Waiter<ShowSqlJobStatusResponse> {
        self.dli.sql_jobs().wait_until_finished(&self.id)
    }

    /// Cancels it. The service does so in its own time: see
    /// [`SqlJobs::wait_until_ended`](crate::handles::SqlJobs::wait_until_ended).
    ///
    /// ```no_run
    /// # async fn example(job: dli_ext::sql::SqlJob) -> Result<(), dli_ext::Error> {
    /// job.cancel().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Like any call.
    pub async fn cancel(&self) -> Result<(), Error> {
        self.dli.sql_jobs().cancel(&self.id).await.map(drop)
    }

    /// Its results, once it is finished.
    ///
    /// ```no_run
    /// # async fn example(job: dli_ext::sql::SqlJob) -> Result<(), dli_ext::Error> {
    /// println!("{:?}", job.results().await?.row_count());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the results cannot all be had ([`ErrorKind::Results`](crate::ErrorKind::Results)),
    /// and like any call.
    pub async fn results(&self) -> Result<Results, Error> {
        Results::of(self).await
    }

    /// Has the whole result written to a folder in OBS, and gives the job that does so.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let query = dli.sql("select * from t").queue("q").submit().await?;
    /// query.wait().await?;
    /// let export = query.export("obs://bucket/folder", "csv").await?;
    /// export.wait().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Like any call.
    pub async fn export(
        &self,
        folder: impl Into<String>,
        format: impl Into<SqlDataFormat>,
    ) -> Result<SqlJob, Error> {
        let body = dli_api::types::ExportSqlJobResultRequest::builder()
            .data_path(folder.into())
            .data_type(format.into())
            .maybe_queue_name(self.queue.clone())
            .build();
        let reply = self.dli.sql_jobs().export_sql_job_result(&self.id, &body).await?;
        let id = reply.into_inner().job_id.unwrap_or_default();
        Ok(Self { dli: self.dli.clone(), id, queue: self.queue.clone(), ended: None })
    }
}

impl fmt::Debug for SqlJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlJob").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Cancels the job when it is dropped before it is disarmed.
pub(super) struct CancelOnDrop(Option<SqlJob>);

impl CancelOnDrop {
    pub fn new(job: &SqlJob, armed: bool) -> Self {
        Self(armed.then(|| job.clone()))
    }

    pub fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        let Some(job) = self.0.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => {
                runtime.spawn(async move {
                    if let Err(error) = job.cancel().await {
                        tracing::warn!(job = job.id, %error, "the job was not cancelled");
                    }
                });
            }
            Err(_) => tracing::warn!(job = job.id, "the job is not cancelled: no runtime"),
        }
    }
}

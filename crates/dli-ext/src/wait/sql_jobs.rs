//! SQL jobs: LAUNCHING → RUNNING or SCALING → FINISHED, FAILED or CANCELLED.

use dli_api::types::{ShowSqlJobStatusResponse, SqlJobStatus};

use super::{Look, Meaning, Waiter, gone};
use crate::handles::SqlJobs;

const SHOW: &str = "show_sql_job_status";

impl SqlJobs {
    /// Waits until the job is `FINISHED`; `FAILED` and `CANCELLED` are errors. While it runs,
    /// each state tells the progress where the service does.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let job = dli.sql_jobs().wait_until_finished("8ecb0777…").await?;
    /// println!("{:?} rows", job.result_count);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_finished(
        &self,
        job_id: impl Into<String>,
    ) -> Waiter<ShowSqlJobStatusResponse> {
        let id = job_id.into();
        Waiter::of(SHOW, format!("SQL job {id}"), self, id, |handle, id| async move {
            let job = handle.show_sql_job_status(&id).await?.into_inner();
            let status = job.status.as_ref().map(SqlJobStatus::normalized);
            let mut look = Look::new(
                status.as_ref().map_or("unknown", |status| status.as_str()).to_owned(),
                match &status {
                    Some(SqlJobStatus::Finished) => Meaning::Done,
                    Some(SqlJobStatus::Failed) => Meaning::failed(said(&job)),
                    Some(SqlJobStatus::Cancelled) => Meaning::failed("it was cancelled"),
                    _ => Meaning::Pending,
                },
                job,
            );
            look.progress = match status {
                Some(SqlJobStatus::Finished) => Some(1.0),
                Some(SqlJobStatus::Running) => handle.progress(&id).await,
                _ => None,
            };
            Ok(look)
        })
        .interval(std::time::Duration::from_millis(300))
        .longest_interval(std::time::Duration::from_secs(5))
    }

    /// Waits until a job that was cancelled has ended, one way or another.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.sql_jobs().cancel("8ecb0777…").await?;
    /// dli.sql_jobs().wait_until_ended("8ecb0777…").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_ended(
        &self,
        job_id: impl Into<String>,
    ) -> Waiter<Option<ShowSqlJobStatusResponse>> {
        let id = job_id.into();
        Waiter::of(SHOW, format!("SQL job {id}"), self, id, |handle, id| async move {
            let found = handle.show_sql_job_status(&id).await;
            gone(found.map(|job| {
                let job = job.into_inner();
                let status = job.status.as_ref().map(SqlJobStatus::normalized);
                let ended = matches!(
                    status,
                    Some(SqlJobStatus::Finished | SqlJobStatus::Failed | SqlJobStatus::Cancelled)
                );
                let name = status.as_ref().map_or("unknown", |status| status.as_str()).to_owned();
                Look::new(name, Meaning::done_if(ended), job)
            }))
        })
    }

    /// How far the job is. Queues that are busy or old do not tell; that is no reason to fail.
    async fn progress(&self, id: &str) -> Option<f64> {
        self.show_sql_job_progress(id).await.ok()?.progress
    }
}

pub(crate) fn said(job: &ShowSqlJobStatusResponse) -> String {
    let texts = [job.message.as_deref(), job.detail.as_deref()];
    let said = texts.into_iter().flatten().find(|text| !text.trim().is_empty());
    said.unwrap_or("the service does not say why").to_owned()
}

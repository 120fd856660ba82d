//! Flink jobs: job_init or job_submitting → job_running → job_finish; stopping leads back to
//! job_init or to job_cancel_success.

use dli_api::types::{FlinkJob, FlinkJobStatus};

use super::{Look, Meaning, Waiter};
use crate::handles::FlinkJobs;

const SHOW: &str = "show_flink_job";

impl FlinkJobs {
    /// Waits until the job runs, or has finished. A failed submission, an exception at run time
    /// and a stop for arrears are errors.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.flink_jobs().wait_until_running(131).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_running(&self, job_id: i64) -> Waiter<FlinkJob> {
        self.watch(job_id, |status, job| match status {
            FlinkJobStatus::JobRunning | FlinkJobStatus::JobFinish => Meaning::Done,
            FlinkJobStatus::JobCancelSuccess => Meaning::failed("it was stopped"),
            other => failure(other, job),
        })
    }

    /// Waits until the job has finished by itself.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.flink_jobs().wait_until_finished(131).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_finished(&self, job_id: i64) -> Waiter<FlinkJob> {
        self.watch(job_id, |status, job| match status {
            FlinkJobStatus::JobFinish => Meaning::Done,
            FlinkJobStatus::JobCancelSuccess => Meaning::failed("it was stopped"),
            other => failure(other, job),
        })
    }

    /// Waits until the job is stopped: `job_init`, `job_cancel_success`, or `job_finish`.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.flink_jobs().wait_until_stopped(131).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_stopped(&self, job_id: i64) -> Waiter<FlinkJob> {
        self.watch(job_id, |status, job| match status {
            FlinkJobStatus::JobInit
            | FlinkJobStatus::JobCancelSuccess
            | FlinkJobStatus::JobFinish
            | FlinkJobStatus::JobSubmitFail
            | FlinkJobStatus::JobRunningException
            | FlinkJobStatus::JobArrearageStopped => Meaning::Done,
            FlinkJobStatus::JobCancelFail => Meaning::failed(said(job)),
            _ => Meaning::Pending,
        })
    }

    fn watch(
        &self,
        job_id: i64,
        meaning: fn(&FlinkJobStatus, &FlinkJob) -> Meaning,
    ) -> Waiter<FlinkJob> {
        Waiter::of(
            SHOW,
            format!("Flink job {job_id}"),
            self,
            job_id,
            move |handle, id| async move {
                let job = handle.show(id).await?.into_inner().job_detail.unwrap_or_default();
                let status = job.status.as_ref().map(FlinkJobStatus::normalized);
                let meaning =
                    status.as_ref().map_or(Meaning::Pending, |status| meaning(status, &job));
                let name = status.as_ref().map_or("unknown", |status| status.as_str()).to_owned();
                Ok(Look::new(name, meaning, job))
            },
        )
    }
}

fn failure(status: &FlinkJobStatus, job: &FlinkJob) -> Meaning {
    match status {
        FlinkJobStatus::JobSubmitFail
        | FlinkJobStatus::JobRunningException
        | FlinkJobStatus::JobArrearageStopped => Meaning::failed(said(job)),
        _ => Meaning::Pending,
    }
}

fn said(job: &FlinkJob) -> &str {
    let said = job.status_desc.as_deref().filter(|said| !said.is_empty());
    said.unwrap_or("the service does not say why")
}

//! Spark batches: starting → running → success or dead; recovering leads back to running.

use dli_api::types::{SparkJob, SparkJobState};

use super::{Look, Meaning, Waiter, gone};
use crate::handles::SparkJobs;

const SHOW: &str = "show_spark_job";

impl SparkJobs {
    /// Waits until the batch runs, or has run well. `dead` is an error that holds the end of
    /// its log.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.spark_jobs().wait_until_running("b1").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_running(&self, batch_id: impl Into<String>) -> Waiter<SparkJob> {
        self.watch(batch_id.into(), |state, job| match state {
            SparkJobState::Running | SparkJobState::Success => Meaning::Done,
            SparkJobState::Dead => dead(job),
            _ => Meaning::Pending,
        })
    }

    /// Waits until the batch ends with `success`. `dead` is an error that holds the end of its
    /// log.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let batch = dli.spark_jobs().wait_until_finished("b1").await?;
    /// println!("{:?} ms", batch.duration);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_finished(&self, batch_id: impl Into<String>) -> Waiter<SparkJob> {
        self.watch(batch_id.into(), |state, job| match state {
            SparkJobState::Success => Meaning::Done,
            SparkJobState::Dead => dead(job),
            _ => Meaning::Pending,
        })
    }

    /// Waits until a batch that was cancelled is `dead`, has ended otherwise, or is gone.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.spark_jobs().cancel("b1").await?;
    /// dli.spark_jobs().wait_until_stopped("b1").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_stopped(&self, batch_id: impl Into<String>) -> Waiter<Option<SparkJob>> {
        let id = batch_id.into();
        Waiter::of(SHOW, format!("Spark batch {id}"), self, id, |handle, id| async move {
            let found = handle.show(&id).await;
            gone(found.map(|job| {
                look(job.into_inner(), |state, _| {
                    Meaning::done_if(matches!(state, SparkJobState::Dead | SparkJobState::Success))
                })
            }))
        })
    }

    fn watch(
        &self,
        id: String,
        meaning: fn(&SparkJobState, &SparkJob) -> Meaning,
    ) -> Waiter<SparkJob> {
        Waiter::of(SHOW, format!("Spark batch {id}"), self, id, move |handle, id| async move {
            Ok(look(handle.show(&id).await?.into_inner(), meaning))
        })
    }
}

fn look(job: SparkJob, meaning: fn(&SparkJobState, &SparkJob) -> Meaning) -> Look<SparkJob> {
    let state = job.state.as_ref().map(SparkJobState::normalized);
    let meaning = state.as_ref().map_or(Meaning::Pending, |state| meaning(state, &job));
    let name = state.as_ref().map_or("unknown", |state| state.as_str()).to_owned();
    Look::new(name, meaning, job)
}

fn dead(job: &SparkJob) -> Meaning {
    let log = job.log.as_deref().unwrap_or_default();
    match log.last_chunk::<3>().map_or(log, |end| end.as_slice()) {
        [] => {
            Meaning::failed("it failed or was cancelled; SparkJobs::show_spark_job_log has its log")
        }
        end => Meaning::failed(format!("its log ends with: {}", end.join(" | "))),
    }
}

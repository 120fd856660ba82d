//! Jobs that an engine runs, from the commit of the job to its end.

use std::sync::Arc;

use serde_json::{Value, json};

use super::submit::submission;
use super::{KIND, is_over};
use crate::auth::Caller;
use crate::call::Later;
use crate::engine::{Context, SqlEngine, SqlFailure, SqlRows, SqlStatement, SqlTransfer};
use crate::error::{ApiError, ApiResult};
use crate::server::Service;
use crate::store::{Object, Objects};

/// A statement before the emulator it belongs to is at hand.
pub(super) struct Submitted {
    pub project: String,
    pub job_id: String,
    pub text: String,
    pub database: String,
    pub settings: Vec<String>,
    pub caller: Caller,
}

impl Submitted {
    pub fn of(self, service: &Arc<Service>) -> SqlStatement {
        SqlStatement {
            project: self.project,
            job_id: self.job_id,
            text: self.text,
            database: self.database,
            settings: self.settings,
            context: Some(Context { service: Arc::clone(service), caller: self.caller }),
        }
    }
}

/// Runs a statement once its job is committed. A synchronous job is waited for.
pub(super) fn run_later(
    engine: Arc<dyn SqlEngine>,
    statement: Submitted,
    transfer: Option<SqlTransfer>,
    sync: bool,
) -> Later {
    Box::new(move |service| {
        Box::pin(async move {
            let statement = statement.of(&service);
            let (project, id) = (statement.project.clone(), statement.job_id.clone());
            let key = id.clone();
            let running = Arc::clone(&service);
            let task = tokio::spawn(async move {
                let outcome = match transfer {
                    Some(transfer) => engine.transfer(statement, transfer).await,
                    None => engine.run(statement).await,
                };
                let ended_id = id.clone();
                let ended =
                    running.store.run(move |objects| end(objects, &project, &id, outcome)).await;
                running.running().remove(&ended_id);
                ended
            });
            if sync {
                let ended = task.await.map_err(|error| {
                    ApiError::internal(format!("The SQL engine failed: {error}"))
                })?;
                return Ok(ended?.map(|job| submission(&job)));
            }
            service.running().insert(key, task.abort_handle());
            Ok(None)
        })
    })
}

/// Writes how a job ended, unless it was cancelled or deleted before.
fn end(
    objects: &Objects<'_>,
    project: &str,
    id: &str,
    outcome: Result<SqlRows, SqlFailure>,
) -> ApiResult<Option<Object>> {
    let now = jiff::Timestamp::now().as_millisecond();
    let Some(mut job) = objects.get(project, KIND, "", id)?.filter(|job| !is_over(job, now)) else {
        return Ok(None);
    };
    match outcome {
        Ok(result) => {
            // What writes rows has none to show.
            if !result.columns.is_empty() || job.text("job_mode") == "sync" {
                let schema = result.columns.into_iter().map(|(name, kind)| json!({ name: kind }));
                job.set("schema", schema.collect::<Vec<Value>>());
                job.set("row_count", result.row_count.unwrap_or(result.rows.len() as u64));
                job.set("rows", result.rows.into_iter().map(Value::from).collect::<Vec<Value>>());
            }
            if let Some(bytes) = result.input_size {
                job.set("input_size", bytes);
            }
            if let Some(path) = result.result_path {
                job.set("result_path", path);
            }
            job.timeline.change(now, "FINISHED");
        }
        Err(failure) => {
            job.set("failure", format!("{}: {}", failure.code, failure.message));
            job.timeline.change(now, "FAILED");
        }
    }
    job.updated = now;
    objects.update(&job)?;
    Ok(Some(job))
}

/// Ends the jobs that an engine was running when the emulator was stopped.
pub(crate) fn end_orphans(objects: &Objects<'_>) -> ApiResult<()> {
    let now = jiff::Timestamp::now().as_millisecond();
    for (_, mut job) in objects.list_everywhere(KIND)? {
        if job.timeline.last() == "RUNNING" {
            job.set("failure", "The emulator was stopped while this job ran.");
            job.timeline.change(now, "FAILED");
            objects.update(&job)?;
        }
    }
    Ok(())
}

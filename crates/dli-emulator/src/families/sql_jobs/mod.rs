//! SQL jobs. Without an engine their results are scripted; without a script they fail.

mod cancel;
mod check;
mod engine;
mod finished;
mod list;
mod preview;
mod script;
mod show;
mod statement;
mod submit;
mod transfer;

use super::{Table, databases, obs, queues, tables};
use crate::call::Call;
use crate::error::{ApiError, ApiResult};
use crate::store::Object;

pub(super) use cancel::cancel_all;
pub(crate) use engine::end_orphans;
pub(super) use finished::{Finished, insert_finished, insert_with_rows};
pub(super) use preview::{query_for_answer, query_later};
pub(super) use script::find_script;
pub(super) use transfer::import_upload;

pub(super) const TABLE: Table = &[
    ("create_sql_job", submit::submit),
    ("create_queue_sql_job", submit::submit),
    ("list_sql_jobs", list::list),
    ("show_sql_job_status", show::status),
    ("show_sql_job_detail", show::detail),
    ("show_sql_job_progress", show::progress),
    ("show_sql_job_result", show::result),
    ("show_queue_sql_job_result", show::result),
    ("preview_sql_job_result", show::result),
    ("cancel_sql_job", cancel::cancel),
    ("cancel_queue_sql_job", cancel::cancel),
    ("check_sql", check::check),
    ("export_sql_job_result", transfer::export_result),
    ("export_table", transfer::export_table),
    ("import_table", transfer::import_table),
];

pub(crate) const KIND: &str = "sql_job";
/// What scripts results; below no parent, in one project or in all (project ``).
pub(crate) const SCRIPT: &str = "sql_script";
const WHAT: &str = "SQL job";
/// The service shows so many rows of a result and no more.
const ROWS_SHOWN: usize = 1000;

const NO_ENGINE: &str = "This emulator has no SQL engine and ran nothing. Script a result for this statement \
     (POST /_emulator/sql-scripts, or `sql_scripts` in the seed file).";

/// Whether a job has finished well on a queue.
pub(super) fn any_finished(call: &Call<'_>, queue: &str) -> ApiResult<bool> {
    let done = |job: &Object| {
        job.text("queue_name") == queue && job.timeline.state(call.now) == "FINISHED"
    };
    Ok(call.list(KIND)?.iter().any(done))
}

/// Whether a job has come to its end.
pub(super) fn is_over(job: &Object, now: i64) -> bool {
    matches!(job.timeline.state(now), "FINISHED" | "FAILED" | "CANCELLED")
}

fn duration(call: &Call<'_>, job: &Object) -> i64 {
    let end = if is_over(job, call.now) { job.timeline.since(call.now) } else { call.now };
    (end - job.created).max(0)
}

fn of_path(call: &Call<'_>) -> ApiResult<Object> {
    let id = call.path("job_id");
    let job = call.require(KIND, WHAT, id)?;
    match call.query("queue_name") {
        Some(queue) if !queue.eq_ignore_ascii_case(job.text("queue_name")) => {
            Err(ApiError::not_found(WHAT, id))
        }
        _ => Ok(job),
    }
}

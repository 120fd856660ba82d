//! Submitting a statement, and starting a job of any kind.

use std::sync::Arc;

use serde_json::{Value, json};

use super::engine::{Submitted, run_later};
use super::script::find_script;
use super::statement::kind_of;
use super::{KIND, NO_ENGINE, ROWS_SHOWN, databases, queues};
use crate::call::{Call, new_id};
use crate::engine::SqlTransfer;
use crate::error::{ApiError, ApiResult};
use crate::store::{Object, Timeline};

/// What a job is to do, and what it was asked with.
pub(super) struct Order {
    pub statement: String,
    pub queue: String,
    pub kind: Option<&'static str>,
    /// Rows to be moved, instead of a statement to be run.
    pub transfer: Option<SqlTransfer>,
    /// More fields of the document.
    pub fields: Value,
}

pub(super) fn submit(call: &Call<'_>) -> ApiResult {
    let statement = call.text("sql");
    if statement.trim().trim_end_matches(';').is_empty() {
        return Err(ApiError::invalid("The field `sql` of the body is empty."));
    }
    let queue = call.query("queue_name").unwrap_or_else(|| call.text("queue_name"));
    let database = call.text("currentdb");
    if !database.is_empty() {
        databases::require(call, database)?;
    }
    let mut conf = call.texts("conf").into_iter();
    if let Some(setting) = conf.find(|setting| !setting.contains('=')) {
        return Err(ApiError::invalid(format!(
            "The field `conf` holds `{setting}`, which is not written key=value."
        )));
    }
    let mut fields = json!({ "conf": call.texts("conf"), "currentdb": database });
    for field in ["tags", "engine_type"] {
        if !call.body[field].is_null() {
            fields[field] = call.body[field].clone();
        }
    }
    let queue = queues::of_job(call, queue)?;
    let job = start(
        call,
        Order { statement: statement.to_owned(), queue, kind: None, transfer: None, fields },
    )?;
    Ok(submission(&job))
}

/// What a submission is answered with; that of a synchronous job holds its result.
pub(super) fn submission(job: &Object) -> Value {
    let sync = job.text("job_mode") == "sync";
    let failed = sync && job.timeline.last() == "FAILED";
    let mut answer = json!({
        "is_success": !failed,
        "message": if failed { job.text("failure") } else { "" },
        "job_id": job.id,
        "job_type": job.get("job_type"),
        "job_mode": job.get("job_mode"),
        "schema": [],
        "rows": [],
    });
    if sync && !failed {
        let rows = job.get("rows").as_array().map_or(&[][..], Vec::as_slice);
        answer["schema"] = job.doc.get("schema").cloned().unwrap_or_else(|| json!([]));
        answer["rows"] = rows.iter().take(ROWS_SHOWN).cloned().collect();
    }
    answer
}

/// Stores a job with what its script, if there is one, says about its end.
pub(super) fn start(call: &Call<'_>, order: Order) -> ApiResult<Object> {
    let script = find_script(call, &order.statement)?;
    let scripted = script.as_ref();
    let kind = scripted
        .and_then(|script| script["job_type"].as_str())
        .or(order.kind)
        .unwrap_or_else(|| kind_of(&order.statement));
    let asynchronous = order.fields["conf"]
        .as_array()
        .is_some_and(|conf| conf.iter().any(|entry| entry == "dli.sql.sqlasync.enabled=true"));
    let sync = kind == "DCL" || (kind == "DDL" && !asynchronous);
    let for_engine = order.kind.is_none() || order.transfer.is_some();
    let engine = call.settings.engine.as_ref().filter(|_| scripted.is_none() && for_engine);
    let failure = match (&call.failure, scripted) {
        (Some(reason), _) => Some(reason.clone()),
        (None, Some(script)) => script["fails"].as_str().map(str::to_owned),
        (None, None) if engine.is_some() => None,
        (None, None) => Some(NO_ENGINE.to_owned()),
    };
    let engine = engine.filter(|_| failure.is_none());
    let end = if failure.is_some() { "FAILED" } else { "FINISHED" };
    let timeline = match sync {
        _ if engine.is_some() => Timeline::starting(call.now, "LAUNCHING").then(0, "RUNNING"),
        true => Timeline::starting(call.now, end),
        false => {
            let delay = scripted
                .and_then(|script| script["delay_ms"].as_i64())
                .unwrap_or_else(|| call.delay());
            Timeline::starting(call.now, "LAUNCHING")
                .then(delay / 2, "RUNNING")
                .then(delay - delay / 2, end)
        }
    };
    let mut doc = order.fields;
    doc["statement"] = json!(order.statement);
    doc["queue_name"] = json!(order.queue);
    doc["job_type"] = json!(kind);
    doc["job_mode"] = json!(if sync { "sync" } else { "async" });
    doc["owner"] = json!(call.caller.user);
    if let Some(failure) = failure {
        doc["failure"] = json!(failure);
    } else if let Some(script) = scripted {
        for field in ["schema", "rows"] {
            doc[field] = script.get(field).cloned().unwrap_or_else(|| json!([]));
        }
    }
    let mut job = Object::new(new_id(), "", call.now, doc).with_timeline(timeline);
    call.insert(KIND, &mut job)?;
    if let Some(engine) = engine {
        let statement = Submitted {
            project: call.project.to_owned(),
            job_id: job.id.clone(),
            text: order.statement,
            database: call.text("currentdb").to_owned(),
            settings: call.texts("conf").into_iter().map(str::to_owned).collect(),
            caller: call.caller.clone(),
        };
        call.afterwards(run_later(Arc::clone(engine), statement, order.transfer, sync));
    }
    Ok(job)
}

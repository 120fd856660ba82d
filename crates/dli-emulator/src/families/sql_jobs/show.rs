//! One job: its status, its details, how far it is, its result.

use serde_json::{Value, json};

use super::{ROWS_SHOWN, duration, of_path};
use crate::call::Call;
use crate::error::{ApiError, ApiResult};
use crate::store::Object;

pub(super) fn status(call: &Call<'_>) -> ApiResult {
    let job = of_path(call)?;
    let mut view = view(call, &job);
    view["is_success"] = json!(true);
    view["job_mode"] = job.get("job_mode").clone();
    let conf = job.get("conf").as_array().map_or(&[][..], Vec::as_slice);
    if !conf.is_empty() {
        view["user_conf"] = json!(Value::from(conf).to_string());
    }
    Ok(view)
}

pub(super) fn view(call: &Call<'_>, job: &Object) -> Value {
    let state = job.timeline.state(call.now);
    let finished = state == "FINISHED";
    let rows = row_count(job);
    let schema = if finished { job.doc.get("schema") } else { None };
    let mut view = json!({
        "job_id": job.id,
        "job_type": job.get("job_type"),
        "queue_name": job.get("queue_name"),
        "owner": job.get("owner"),
        "start_time": job.created,
        "duration": duration(call, job),
        "status": state,
        "input_size": job.get("input_size").as_u64().unwrap_or(0),
        "result_count": if finished { rows } else { 0 },
        "detail": schema.map(Value::to_string).unwrap_or_default(),
        "statement": job.get("statement"),
        "message": call.failure_of(job, "FAILED"),
    });
    for field in ["tags", "database_name", "table_name", "result_path"] {
        if let Some(value) = job.doc.get(field) {
            view[field] = value.clone();
        }
    }
    view
}

pub(super) fn detail(call: &Call<'_>) -> ApiResult {
    let job = of_path(call)?;
    let mut view = json!({
        "is_success": true,
        "message": call.failure_of(&job, "FAILED"),
        "job_id": job.id,
        "owner": job.get("owner"),
        "start_time": job.created,
        "duration": duration(call, &job),
    });
    for field in [
        "export_mode",
        "data_path",
        "data_type",
        "database_name",
        "table_name",
        "with_column_header",
        "delimiter",
        "quote_char",
        "escape_char",
        "date_format",
        "timestamp_format",
        "compress",
        "tags",
    ] {
        if let Some(value) = job.doc.get(field) {
            view[field] = value.clone();
        }
    }
    Ok(view)
}

pub(super) fn progress(call: &Call<'_>) -> ApiResult {
    let job = of_path(call)?;
    let state = job.timeline.state(call.now);
    let progress = match state {
        "FINISHED" => 1.0,
        "FAILED" | "CANCELLED" => 0.0,
        // How far an engine has come, nobody knows.
        "RUNNING" if job.timeline.last() == "RUNNING" => 0.0,
        _ => job.timeline.progress(call.now),
    };
    Ok(json!({
        "is_success": true,
        "message": call.failure_of(&job, "FAILED"),
        "job_id": job.id,
        "status": state,
        "progress": progress,
        "sub_jobs": [],
    }))
}

pub(super) fn result(call: &Call<'_>) -> ApiResult {
    let job = of_path(call)?;
    let state = job.timeline.state(call.now);
    if state != "FINISHED" {
        let reason = call.failure_of(&job, "FAILED");
        return Err(ApiError::unusable(format!(
            "The SQL job `{}` is {state} and has no result. {reason}",
            job.id
        )));
    }
    if job.get("schema").is_null() {
        let kind = job.text("job_type");
        return Err(ApiError::unsupported(format!(
            "The SQL job `{}` is of type {kind} and has no rows to show.",
            job.id
        )));
    }
    let mut rows = job.get("rows").as_array().cloned().unwrap_or_default();
    let count = row_count(&job);
    rows.truncate(ROWS_SHOWN);
    Ok(json!({
        "is_success": true,
        "message": "",
        "job_id": job.id,
        "job_type": job.get("job_type"),
        "row_count": count,
        "input_size": job.get("input_size").as_u64().unwrap_or(0),
        "schema": job.get("schema"),
        "rows": call.page(rows),
    }))
}

fn row_count(job: &Object) -> usize {
    let kept = job.get("rows").as_array().map_or(0, Vec::len);
    job.get("row_count").as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(kept)
}

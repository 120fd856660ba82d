//! One job: its status, its details, how far it is, its result.

use serde_json::{Value, json};

use super::{ROWS_SHOWN, duration, of_path};
use crate::call::Call;
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) fn status(call: &Call<'_>) -> ApiResult {
    let job = of_path(call)?;
    let view = view(call, &job).with("is_success", true).with("job_mode", job.get("job_mode"));
    let conf = job.get("conf");
    call.write(&match conf.as_array() {
        Some(settings) if !settings.is_empty() => view.with("user_conf", conf.to_string()),
        _ => view,
    })
}

pub(super) fn view<'o>(call: &Call<'_>, job: &'o Object) -> View<'o> {
    let state = job.timeline.state(call.now);
    let finished = state == "FINISHED";
    let rows = row_count(job);
    let schema = if finished { job.doc.get("schema") } else { None };
    let view = view! {
        "job_id": &job.id,
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
    };
    view.with_those_of(&job.doc, ["tags", "database_name", "table_name", "result_path"])
}

pub(super) fn detail(call: &Call<'_>) -> ApiResult {
    let job = of_path(call)?;
    let view = view! {
        "is_success": true,
        "message": call.failure_of(&job, "FAILED"),
        "job_id": &job.id,
        "owner": job.get("owner"),
        "start_time": job.created,
        "duration": duration(call, &job),
    };
    let optional = [
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
    ];
    call.write(&view.with_those_of(&job.doc, optional))
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
    let rows = job.get("rows").as_array().into_iter().flatten();
    let rows: Vec<&Value> = rows.take(ROWS_SHOWN).collect();
    call.write(&view! {
        "is_success": true,
        "message": "",
        "job_id": &job.id,
        "job_type": job.get("job_type"),
        "row_count": row_count(&job),
        "input_size": job.get("input_size").as_u64().unwrap_or(0),
        "schema": job.get("schema"),
        "rows": View::list(call.page(rows)),
    })
}

fn row_count(job: &Object) -> usize {
    let kept = job.get("rows").as_array().map_or(0, Vec::len);
    job.get("row_count").as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(kept)
}

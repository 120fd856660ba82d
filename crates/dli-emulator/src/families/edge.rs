//! What edge nodes report. Reports are kept; the state of a known Flink job follows them.

use serde_json::json;

use super::{Table, flink_jobs};
use crate::call::{Call, done};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;

pub(super) const TABLE: Table = &[
    ("create_ief_message_channel", channel),
    ("update_flink_job_status_report", report),
    ("run_ief_job_action_call_back", keep),
    ("create_ief_system_events", keep),
];

const MESSAGE: &str = "edge_message";

fn channel(call: &Call<'_>) -> ApiResult {
    if call.text("node_id").trim().is_empty() {
        return Err(ApiError::invalid("The field `node_id` of the body is empty."));
    }
    keep(call)
}

fn report(call: &Call<'_>) -> ApiResult {
    for report in call.body["jobs"].as_array().into_iter().flatten() {
        let Some(id) = report["job_id"].as_i64() else { continue };
        let id = id.to_string();
        let mut job =
            call.find(flink_jobs::KIND, &id)?.ok_or_else(|| ApiError::no_flink_job(&id))?;
        job.timeline.change(call.now, report["status"].as_str().unwrap_or_default());
        call.update(&mut job)?;
    }
    keep(call)
}

/// Keeps the message as it came.
fn keep(call: &Call<'_>) -> ApiResult {
    let doc = json!({ "operation": call.operation.id, "body": call.body });
    call.insert_numbered(MESSAGE, &mut Object::new("", "", call.now, doc))?;
    Ok(done())
}

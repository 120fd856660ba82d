//! Uploads: data in parts, that a job then imports.

use serde_json::json;

use super::{Table, databases, queues, sql_jobs, tables};
use crate::call::{Call, new_id};
use crate::error::{ApiError, ApiResult};
use crate::store::{Object, Timeline};

pub(super) const TABLE: Table = &[
    ("create_upload_job", create),
    ("check_upload_job_authentication", authenticate),
    ("commit_upload_job", commit),
];

const KIND: &str = "upload_job";
const WHAT: &str = "upload job";

fn create(call: &Call<'_>) -> ApiResult {
    let database = databases::require(call, call.text("db_name"))?;
    let table = tables::require(call, &database.id, call.text("table_name"))?;
    let mut doc = call.body.clone();
    doc["queue_name"] = json!(queues::of_job(call, call.text("queue_name"))?);
    doc["db_name"] = json!(database.name);
    doc["table_name"] = json!(table.name);
    let id = new_id();
    let upload = new_id().replace('-', "");
    let mut job =
        Object::new(&id, "", call.now, doc).with_timeline(Timeline::starting(call.now, "OPEN"));
    call.insert(KIND, &mut job)?;
    Ok(json!({
        "is_success": true,
        "message": "The emulator has no OBS; the parts of this upload go nowhere.",
        "job_id": id,
        "upload_id": upload,
        "bucket_name": "dli-emulator",
        "object_name": format!("uploads/{id}"),
    }))
}

fn open(call: &Call<'_>) -> ApiResult<Object> {
    let job = call.require(KIND, WHAT, call.text("job_id"))?;
    match job.timeline.state(call.now) {
        "OPEN" => Ok(job),
        _ => Err(ApiError::unusable(format!("The upload job `{}` was committed already.", job.id))),
    }
}

fn authenticate(call: &Call<'_>) -> ApiResult {
    open(call)?;
    Ok(json!({ "is_success": true, "message": "", "mask": [] }))
}

fn commit(call: &Call<'_>) -> ApiResult {
    let mut job = open(call)?;
    job.timeline.change(call.now, "COMMITTED");
    call.update(&mut job)?;
    let import = sql_jobs::import_upload(call, &job)?;
    Ok(json!({ "is_success": true, "message": "", "job_id": import }))
}

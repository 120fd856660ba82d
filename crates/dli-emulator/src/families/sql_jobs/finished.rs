//! Jobs for what the emulator has done already.

use serde_json::{Value, json};

use super::KIND;
use crate::call::{Call, new_id};
use crate::error::ApiResult;
use crate::store::{Object, Timeline};

/// A job for something the emulator has done already.
pub(in crate::families) struct Finished<'a> {
    pub queue: &'a str,
    pub kind: &'static str,
    pub statement: &'a str,
}

pub(in crate::families) fn insert_finished(
    call: &Call<'_>,
    job: &Finished<'_>,
) -> ApiResult<String> {
    insert_with_rows(call, job, &Value::Null, &Value::Null)
}

pub(in crate::families) fn insert_with_rows(
    call: &Call<'_>,
    job: &Finished<'_>,
    schema: &Value,
    rows: &Value,
) -> ApiResult<String> {
    let doc = json!({
        "statement": job.statement,
        "queue_name": job.queue,
        "job_type": job.kind,
        "job_mode": "async",
        "owner": call.caller.user,
        "schema": schema,
        "rows": rows,
    });
    let mut object = Object::new(new_id(), "", call.now, doc)
        .with_timeline(Timeline::starting(call.now, "FINISHED"));
    call.insert(KIND, &mut object)?;
    Ok(object.id.clone())
}

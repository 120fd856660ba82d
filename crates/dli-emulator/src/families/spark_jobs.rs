//! Spark batch jobs. They go through their states; nothing is run, and their log says so.

use serde_json::{Value, json};

use super::{Table, queues};
use crate::call::{Call, new_id};
use crate::error::{ApiError, ApiResult};
use crate::store::{Object, Timeline};
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_spark_job", create),
    ("list_spark_jobs", list),
    ("show_spark_job", show),
    ("show_spark_job_status", status),
    ("show_spark_job_log", log),
    ("cancel_spark_job", cancel),
];

pub(super) const KIND: &str = "spark_job";
const WHAT: &str = "Spark job";

fn create(call: &Call<'_>) -> ApiResult {
    let named =
        [call.text("queue"), call.text("cluster_name")].into_iter().find(|name| !name.is_empty());
    let queue = queues::of_job(call, named.unwrap_or_default())?;
    let id = new_id();
    let end = if call.failure.is_some() { "dead" } else { "success" };
    let timeline = Timeline::starting(call.now, "starting")
        .then(call.delay(), "running")
        .then(call.delay(), end);
    let doc = json!({ "request": call.body, "queue": queue, "owner": call.caller.user });
    let mut job = Object::new(&id, call.text("name"), call.now, doc).with_timeline(timeline);
    call.note_failure(&mut job);
    call.insert(KIND, &mut job)?;
    call.write(&view(call, &job))
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut jobs = call.list(KIND)?;
    let queue = call.query("queue_name").or(call.query("cluster_name")).map(str::to_lowercase);
    jobs.retain(|job| {
        call.query("job_name").is_none_or(|name| name == job.name)
            && call.query("job-id").is_none_or(|id| id == job.id)
            && queue.as_ref().is_none_or(|queue| queue == job.text("queue"))
            && call.query("state").is_none_or(|state| state == job.timeline.state(call.now))
            && call.query("owner").is_none_or(|owner| owner == job.text("owner"))
            && call.query_int("start").is_none_or(|start| job.created >= start)
            && call.query_int("end").is_none_or(|end| job.created <= end)
    });
    match call.query("order").unwrap_or("CREATE_TIME_DESC") {
        "CREATE_TIME_ASC" => {}
        "DURATION_ASC" => jobs.sort_by_key(|job| duration(call, job)),
        "DURATION_DESC" => jobs.sort_by_key(|job| -duration(call, job)),
        _ => jobs.reverse(),
    }
    let total = jobs.len();
    let page = call.page(jobs);
    call.write(&view! {
        "from": call.query_int("from").unwrap_or(0),
        "total": total,
        "sessions": View::list(page.iter().map(|job| view(call, job))),
    })
}

fn show(call: &Call<'_>) -> ApiResult {
    call.write(&view(call, &of_path(call)?))
}

fn status(call: &Call<'_>) -> ApiResult {
    let job = of_path(call)?;
    Ok(json!({ "id": job.id, "state": job.timeline.state(call.now) }))
}

fn log(call: &Call<'_>) -> ApiResult {
    let job = of_path(call)?;
    let lines = lines(call, &job);
    let total = lines.len();
    let from = call.query_int("from").unwrap_or(0).max(0);
    let log = super::lines_from(call, lines);
    Ok(json!({ "id": job.id, "from": from, "total": total, "log": log }))
}

fn cancel(call: &Call<'_>) -> ApiResult {
    let mut job = of_path(call)?;
    let state = job.timeline.state(call.now);
    if is_over(&job, call.now) {
        return Err(ApiError::unusable(format!(
            "The Spark job `{}` is {state} and cannot be cancelled.",
            job.id
        )));
    }
    job.timeline.change(call.now, "dead");
    job.set("cancelled", true);
    call.update(&mut job)?;
    Ok(json!({ "msg": "deleted" }))
}

fn of_path(call: &Call<'_>) -> ApiResult<Object> {
    call.require(KIND, WHAT, call.path("batch_id"))
}

pub(super) fn is_over(job: &Object, now: i64) -> bool {
    matches!(job.timeline.state(now), "dead" | "success")
}

fn duration(call: &Call<'_>, job: &Object) -> i64 {
    let end = if is_over(job, call.now) { job.timeline.since(call.now) } else { call.now };
    (end - job.created).max(0)
}

/// The log as it stands: which state began when, and that nothing was run.
fn lines(call: &Call<'_>, job: &Object) -> Vec<String> {
    let request = job.get("request");
    let text = |field: &str| request[field].as_str().unwrap_or_default();
    let mut lines = vec![
        format!("dli-emulator: {} of {} was kept and is not run.", text("className"), text("file")),
        "dli-emulator: this job only goes through its states; there is no Spark here.".to_owned(),
    ];
    for state in ["starting", "running", "success", "dead"] {
        if let Some(at) = job.timeline.when(state).filter(|at| *at <= call.now)
            && let Ok(at) = jiff::Timestamp::from_millisecond(at)
        {
            lines.push(format!("dli-emulator: {at:.3} {state}"));
        }
    }
    if job.timeline.state(call.now) == "dead" {
        lines.push(match job.get("cancelled") {
            Value::Bool(true) => "dli-emulator: cancelled.".to_owned(),
            _ => format!("dli-emulator: failed: {}", job.text("failure")),
        });
    }
    lines
}

fn view<'o>(call: &Call<'_>, job: &'o Object) -> View<'o> {
    let request = job.get("request");
    let mut log = lines(call, job);
    log.drain(..log.len().saturating_sub(10));
    let view = view! {
        "id": &job.id,
        "appId": "",
        "name": &job.name,
        "owner": job.get("owner"),
        "proxyUser": "",
        "state": job.timeline.state(call.now),
        "kind": "spark",
        "log": View::list(log),
        "cluster_name": job.get("queue"),
        "queue": job.get("queue"),
        "req_body": request.to_string(),
        "create_time": job.created,
        "update_time": job.timeline.since(call.now),
        "duration": duration(call, job),
    };
    let given =
        ["sc_type", "image", "feature", "spark_version"].map(|field| (field, &request[field]));
    let given = given.into_iter().filter(|(_, value)| !value.is_null());
    given.fold(view, |view, (field, value)| view.with(field, value))
}

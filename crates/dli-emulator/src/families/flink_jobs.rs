//! Flink jobs. They go through their states; nothing is run.

use serde_json::{Value, json};

use super::{Table, flink_templates, obs, queues};
use crate::call::{Call, done};
use crate::description::DESCRIPTION;
use crate::error::{ApiError, ApiResult};
use crate::settings::uuid_of;
use crate::store::{Object, Timeline};
use crate::validate::must_be_showable;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_flink_sql_job", create_sql),
    ("create_flink_jar_job", create_jar),
    ("create_stream_job", create_stream),
    ("update_flink_sql_job", update),
    ("update_flink_jar_job", update),
    ("list_flink_jobs", list),
    ("show_flink_job", show),
    ("delete_flink_job", delete),
    ("batch_run_flink_jobs", run),
    ("batch_stop_flink_jobs", stop),
    ("batch_delete_flink_jobs", delete_many),
    ("show_flink_metric", metrics),
    ("show_flink_job_execution_graph", execution_graph),
    ("create_flink_sql_job_graph", stream_graph),
    ("list_flink_job_apig_sinks", apig_sinks),
    ("execute_flink_job_savepoint", savepoint),
    ("import_flink_job_savepoint", import_savepoint),
    ("export_flink_jobs", export),
    ("import_flink_jobs", import),
    ("register_bucket", register_bucket),
];

pub(super) const KIND: &str = "flink_job";
const BUCKET: &str = "obs_bucket";
const ARCHIVE: &str = "flink_archive";
const NOT_RUN: &str =
    "The emulator keeps this job and takes it through its states; it runs no Flink.";
/// What a job holds besides its settings.
const OWN_FIELDS: [&str; 12] = [
    "desc",
    "queue_name",
    "sql_body",
    "run_mode",
    "job_type",
    "main_class",
    "entrypoint_args",
    "edge_group_ids",
    "feature",
    "flink_version",
    "image",
    "savepoint_path",
];

fn create_sql(call: &Call<'_>) -> ApiResult {
    let mut doc = call.body.clone();
    if doc["sql_body"].is_null()
        && let Some(template) = doc["template_id"].as_i64()
    {
        doc["sql_body"] = flink_templates::require(call, template)?.get("sql_body").clone();
    }
    if doc["job_type"].is_null() {
        doc["job_type"] = json!("flink_sql_job");
    }
    insert(call, doc, Timeline::starting(call.now, "job_init"))
}

fn create_jar(call: &Call<'_>) -> ApiResult {
    let mut doc = call.body.clone();
    doc["job_type"] = json!("flink_jar_job");
    insert(call, doc, Timeline::starting(call.now, "job_init"))
}

fn insert(call: &Call<'_>, doc: Value, timeline: Timeline) -> ApiResult {
    let job = store(call, doc, timeline)?;
    Ok(json!({
        "is_success": true,
        "message": "",
        "job": { "job_id": job.seq, "status_name": job.timeline.state(call.now), "status_desc": "" },
    }))
}

fn store(call: &Call<'_>, mut doc: Value, timeline: Timeline) -> ApiResult<Object> {
    let name = doc["name"].as_str().unwrap_or_default().to_owned();
    if name.trim().is_empty() {
        return Err(ApiError::invalid("The field `name` of the body is empty."));
    }
    call.must_be_new(KIND, "Flink job", &name)?;
    if let Some(queue) = doc["queue_name"].as_str() {
        doc["queue_name"] = json!(queues::of_job(call, queue)?);
    }
    doc["user_name"] = json!(call.caller.user);
    let mut job = Object::new("", &name, call.now, doc).with_timeline(timeline);
    must_be_showable(&DESCRIPTION.bundle, "FlinkJob", &view(call, &job, true).into())?;
    call.insert_numbered(KIND, &mut job)?;
    Ok(job)
}

fn create_stream(call: &Call<'_>) -> ApiResult {
    let transaction = call.text("transaction_id");
    // The caller chooses the id of the transaction so that a repetition does not submit twice.
    let before = call.list(KIND)?.into_iter().find(|job| job.text("transaction_id") == transaction);
    let job = match before {
        Some(job) => job,
        None => {
            let (sql, jar) = (&call.body["flink_sql_parameter"], &call.body["flink_jar_parameter"]);
            let kind = match call.text("job_type") {
                "" if jar.is_object() => "flink_jar_job",
                "" => "flink_opensource_sql_job",
                kind => kind,
            };
            let needed = if kind == "flink_jar_job" {
                ("flink_jar_parameter", jar)
            } else {
                ("flink_sql_parameter", sql)
            };
            if needed.1.is_null() {
                return Err(ApiError::invalid(format!(
                    "A job of type {kind} needs the field `{}`.",
                    needed.0
                )));
            }
            let environment = &call.body["environment_config"];
            let runtime = &call.body["runtime_config"]["flink_runtime_config"];
            let mut doc = json!({
                "name": format!("stream_{transaction}"),
                "desc": call.text("description"),
                "job_type": kind,
                "transaction_id": transaction,
                "request": call.body,
            });
            for (field, value) in [
                ("queue_name", &environment["queue_name"]),
                ("execution_agency_urn", &environment["execution_agency_urn"]),
                ("feature", &environment["image_feature"]),
                ("image", &environment["image_uri"]),
                ("flink_version", &runtime["version"]),
                ("resource_config", &runtime["resource_config"]),
                ("sql_body", &sql["sql_body"]),
                ("entrypoint", &jar["main_jar"]),
                ("main_class", &jar["main_class"]),
                ("entrypoint_args", &jar["main_args"]),
                ("dependency_jars", &jar["dependency_jars"]),
                ("dependency_files", &jar["dependency_files"]),
                ("tags", &call.body["tags"]),
            ] {
                if !value.is_null() {
                    doc[field] = value.clone();
                }
            }
            let mut job = store(call, doc, submitting(call))?;
            job.set("started", call.now);
            call.note_failure(&mut job);
            call.update(&mut job)?;
            job
        }
    };
    let state = job.timeline.state(call.now);
    let reason = call.failure_of(&job, "job_submit_fail");
    Ok(json!({
        "is_success": true,
        "message": "",
        "job": { "stream_id": job.seq, "status_name": state, "status_desc": reason },
    }))
}

fn submitting(call: &Call<'_>) -> Timeline {
    call.settle("job_submitting", "job_running", "job_submit_fail")
}

fn update(call: &Call<'_>) -> ApiResult {
    let mut job = of_path(call)?;
    call.rename(KIND, "Flink job", &mut job, call.body["name"].as_str())?;
    call.overwrite(&mut job);
    if let Some(queue) = call.body["queue_name"].as_str() {
        job.set("queue_name", queues::of_job(call, queue)?);
    }
    must_be_showable(&DESCRIPTION.bundle, "FlinkJob", &view(call, &job, true).into())?;
    call.update(&mut job)?;
    Ok(json!({ "is_success": true, "message": "", "job": { "update_time": call.now } }))
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut jobs = call.list(KIND)?;
    let text = |name: &str| call.query(name);
    jobs.retain(|job| {
        text("name").is_none_or(|name| job.name.contains(name))
            && text("user_name").is_none_or(|user| user == job.text("user_name"))
            && text("queue_name")
                .is_none_or(|queue| queue.eq_ignore_ascii_case(job.text("queue_name")))
            && text("status").is_none_or(|state| state == job.timeline.state(call.now))
            && text("job_type").is_none_or(|kind| kind == job.text("job_type"))
            && text("tags").is_none_or(|filter| call.has_tags(job, filter))
            && call.query_int("root_job_id").is_none()
    });
    if text("order") != Some("asc") {
        jobs.reverse();
    }
    let total = jobs.len();
    let detailed = call.query_flag("show_detail") == Some(true);
    let page = call.page(jobs);
    let views = page.iter().map(|job| view(call, job, detailed));
    call.write(&view! {
        "is_success": true,
        "message": "",
        "job_list": view! { "total_count": total, "jobs": View::list(views) },
    })
}

fn show(call: &Call<'_>) -> ApiResult {
    let job = of_path(call)?;
    let detail = view(call, &job, true);
    call.write(&view! { "is_success": true, "message": "", "job_detail": detail })
}

fn view<'o>(call: &'o Call<'_>, job: &'o Object, detailed: bool) -> View<'o> {
    let state = job.timeline.state(call.now);
    let started = job.get("started").as_i64();
    let view = view! {
        "job_id": job.seq,
        "name": &job.name,
        "job_type": job.get("job_type"),
        "status": state,
        "status_desc": match call.failure_of(job, "job_submit_fail") {
            "" if job.doc.contains_key("started") => NOT_RUN,
            reason => reason,
        },
        "create_time": job.created,
        "start_time": started.unwrap_or(0),
        "has_savepoint": !job.text("savepoint_path").is_empty(),
    };
    if !detailed {
        return view
            .with("user_name", job.get("user_name"))
            .with("desc", job.text("desc"))
            .with("duration", started.map_or(0, |at| (call.now - at).max(0)))
            .with("root_id", -1_i64);
    }
    view.with_those_of(&job.doc, OWN_FIELDS)
        .with("user_id", uuid_of(&["user", job.text("user_name")]))
        .with("project_id", call.project)
        .with("update_time", job.updated)
        .with("job_config", config(job))
}

/// The settings of a job, as they were given.
fn config(job: &Object) -> View<'_> {
    const FIELDS: [&str; 31] = [
        "checkpoint_enabled",
        "checkpoint_interval",
        "checkpoint_path",
        "log_enabled",
        "obs_bucket",
        "smn_topic",
        "edge_group_ids",
        "cu_number",
        "manager_cu_number",
        "parallel_number",
        "tm_cus",
        "tm_slot_num",
        "resource_config_version",
        "resource_config",
        "restart_when_exception",
        "resume_checkpoint",
        "resume_max_num",
        "idle_state_retention",
        "udf_jar_url",
        "dirty_data_strategy",
        "entrypoint",
        "dependency_jars",
        "dependency_files",
        "feature",
        "flink_version",
        "image",
        "runtime_config",
        "flink_log_config",
        "execution_agency_urn",
        "operator_config",
        "static_estimator_config",
    ];
    let config = View::Object(Vec::new()).with_those_of(&job.doc, FIELDS);
    match job.get("checkpoint_mode").as_i64() {
        Some(2) => config.with("checkpoint_mode", "at_least_once"),
        Some(_) => config.with("checkpoint_mode", "exactly_once"),
        None => config,
    }
}

fn delete(call: &Call<'_>) -> ApiResult {
    call.delete(&of_path(call)?)?;
    Ok(done())
}

/// Does something to each job of the body; the answer tells for each how it went.
fn each(call: &Call<'_>, act: impl Fn(Object) -> ApiResult<()>) -> ApiResult {
    let ids = call.body["job_ids"].as_array().map_or(&[][..], Vec::as_slice);
    if ids.is_empty() {
        return Err(ApiError::invalid("The field `job_ids` of the body names no job."));
    }
    let outcomes = ids.iter().map(|id| {
        let outcome = by_id(call, id.as_i64().unwrap_or_default()).and_then(&act);
        match outcome {
            Ok(()) => Ok(json!({ "is_success": true, "message": "" })),
            // What is wrong with one job is told in its entry; the emulator's own faults are not.
            Err(error) if error.status < 500 => Ok(json!({
                "is_success": false,
                "message": error.message,
                "error_code": error.code,
                "error_msg": error.message,
            })),
            Err(error) => Err(error),
        }
    });
    outcomes.collect::<ApiResult<Vec<Value>>>().map(Value::Array)
}

fn run(call: &Call<'_>) -> ApiResult {
    each(call, |mut job| {
        let state = job.timeline.state(call.now);
        if is_active(state) {
            return Err(ApiError::unusable(format!(
                "The Flink job `{}` is {state} already.",
                job.id
            )));
        }
        if call.body["resume_savepoint"] == json!(true) && job.text("savepoint_path").is_empty() {
            return Err(ApiError::unusable(format!(
                "The Flink job `{}` has no savepoint to continue from.",
                job.id
            )));
        }
        job.timeline = submitting(call);
        job.set("started", call.now);
        call.note_failure(&mut job);
        call.update(&mut job)
    })
}

fn stop(call: &Call<'_>) -> ApiResult {
    each(call, |mut job| {
        let state = job.timeline.state(call.now);
        if !is_active(state) || state == "job_canceling" {
            return Err(ApiError::unusable(format!(
                "The Flink job `{}` is {state} and cannot be stopped.",
                job.id
            )));
        }
        if call.body["trigger_savepoint"] == json!(true) && job.text("savepoint_path").is_empty() {
            job.set("savepoint_path", format!("dli-emulator/savepoints/{}", job.id));
        }
        job.timeline = call.settle("job_canceling", "job_cancel_success", "job_cancel_fail");
        call.update(&mut job)
    })
}

fn delete_many(call: &Call<'_>) -> ApiResult {
    each(call, |job| call.delete(&job))
}

/// Whether a job in this state takes up its queue.
pub(super) fn is_active(state: &str) -> bool {
    matches!(
        state,
        "job_submitting"
            | "job_running"
            | "job_running_exception"
            | "job_downloading"
            | "job_idle"
            | "job_canceling"
            | "job_savepointing"
    )
}

fn metrics(call: &Call<'_>) -> ApiResult {
    let ids = call.body["job_ids"].as_array().map_or(&[][..], Vec::as_slice);
    let of_job = |id: &Value| {
        let job = by_id(call, id.as_i64().unwrap_or_default())?;
        // Nothing is run, so nothing is read or written.
        let metrics =
            json!({ "sources": [], "sinks": [], "total_read_rate": 0.0, "total_write_rate": 0.0 });
        Ok(json!({ "job_id": job.seq, "metrics": metrics }))
    };
    let jobs = ids.iter().map(of_job).collect::<ApiResult<Vec<Value>>>()?;
    Ok(json!({ "is_success": true, "message": NOT_RUN, "metrics": { "jobs": jobs } }))
}

fn execution_graph(call: &Call<'_>) -> ApiResult {
    let job = of_path(call)?;
    let Some(started) = job.get("started").as_i64() else {
        return Err(ApiError::unusable(format!(
            "The Flink job `{}` was never started and has no execution plan.",
            job.id
        )));
    };
    let state = match job.timeline.state(call.now) {
        "job_submitting" => "INITIALIZING",
        "job_canceling" => "CANCELLING",
        "job_cancel_success" => "CANCELED",
        "job_submit_fail" | "job_cancel_fail" => "FAILED",
        "job_finish" => "FINISHED",
        _ => "RUNNING",
    };
    let over = matches!(state, "CANCELED" | "FAILED" | "FINISHED");
    let end = if over { job.timeline.since(call.now) } else { -1 };
    let jid = uuid_of(&["flink", call.project, &job.id]);
    Ok(json!({
        "is_success": true,
        "message": NOT_RUN,
        "execute_graph": {
            "jid": jid,
            "name": job.name,
            "isStoppable": false,
            "state": state,
            "start-time": started,
            "end-time": end,
            "duration": if over { end - started } else { call.now - started },
            "now": call.now,
            "timestamps": {},
            "vertices": [],
            "status-counts": {},
            "plan": { "jid": jid, "name": job.name, "nodes": [] },
        },
    }))
}

fn stream_graph(call: &Call<'_>) -> ApiResult {
    of_path(call)?;
    Ok(json!({
        "is_success": true,
        "message": "The emulator does not read Flink SQL; the graph it knows has no nodes.",
        "error_code": "",
        "stream_graph": json!({ "nodes": [] }).to_string(),
    }))
}

fn apig_sinks(call: &Call<'_>) -> ApiResult {
    let id = call.path_number("job_id");
    let job = call.find(KIND, &id.to_string())?;
    let running = job.as_ref().is_some_and(|job| {
        job.timeline.state(call.now) == "job_running" && job.text("job_type") != "flink_jar_job"
    });
    if !running {
        let message = format!("There is no SQL job `{id}` in this project, or it does not run.");
        return Err(ApiError::new(400, "DLI.11098", message));
    }
    Ok(json!({ "is_success": true, "message": NOT_RUN, "apig_sinks": { "sinks": [] } }))
}

fn savepoint(call: &Call<'_>) -> ApiResult {
    let mut job = of_path(call)?;
    let state = job.timeline.state(call.now);
    if state != "job_running" {
        return Err(ApiError::unusable(format!(
            "The Flink job `{}` is {state}, not job_running.",
            job.id
        )));
    }
    job.timeline =
        Timeline::starting(call.now, "job_savepointing").then(call.delay(), "job_running");
    job.set("savepoint_path", call.text("savepoint_path"));
    call.update(&mut job)?;
    Ok(done())
}

fn import_savepoint(call: &Call<'_>) -> ApiResult {
    let mut job = of_path(call)?;
    if call.body["job_id"].as_i64() != Some(job.seq) {
        return Err(ApiError::invalid(
            "The field `job_id` of the body is not the job of the path.",
        ));
    }
    if is_active(job.timeline.state(call.now)) {
        return Err(ApiError::unusable(format!(
            "The Flink job `{}` is running; stop it first.",
            job.id
        )));
    }
    obs::folder("savepoint_path", call.text("savepoint_path"))?;
    job.set("savepoint_path", call.text("savepoint_path"));
    call.update(&mut job)?;
    Ok(done())
}

fn export(call: &Call<'_>) -> ApiResult {
    let selected = call.body["is_selected"] == json!(true);
    let jobs = if selected {
        let ids = call.body["job_selected"].as_array().filter(|ids| !ids.is_empty());
        let ids = ids.ok_or_else(|| {
            ApiError::invalid("With `is_selected` the field `job_selected` must name jobs.")
        })?;
        ids.iter()
            .map(|id| by_id(call, id.as_i64().unwrap_or_default()))
            .collect::<ApiResult<Vec<_>>>()?
    } else {
        call.list(KIND)?
    };
    let kept =
        jobs.into_iter().map(|job| json!({ "id": job.seq, "name": job.name, "doc": job.doc }));
    let folder = call.text("obs_dir").trim_end_matches('/');
    let mut archive = Object::new("", "", call.now, json!({ "jobs": kept.collect::<Vec<_>>() }));
    let number = call.insert_numbered(ARCHIVE, &mut archive)?;
    archive.name = format!("{folder}/flink_jobs_{number}.zip");
    call.update(&mut archive)?;
    Ok(json!({
        "is_success": true,
        "message": "The emulator has no OBS; it keeps the archive itself, for imports from this path.",
        "zip_file": [archive.name],
    }))
}

fn import(call: &Call<'_>) -> ApiResult {
    let path = call.text("zip_file").trim_end_matches('/');
    let mut archives = call.list(ARCHIVE)?;
    archives.retain(|archive| {
        archive.name == path
            || archive.name.rsplit_once('/').is_some_and(|(folder, _)| folder == path)
    });
    if archives.is_empty() {
        return Err(ApiError::new(
            400,
            "DLI.0002",
            format!(
                "There is no archive at `{path}`. The emulator has no OBS and knows only the archives it exported itself."
            ),
        ));
    }
    let cover = call.body["is_cover"] == json!(true);
    let mut mapping = Vec::new();
    for archive in archives {
        for kept in archive.get("jobs").as_array().into_iter().flatten() {
            let name = kept["name"].as_str().unwrap_or_default();
            let doc = kept["doc"].as_object().cloned().unwrap_or_default();
            let before = call.objects.by_name(call.project, KIND, "", name)?;
            let (id, remark) = match before {
                Some(mut job) if cover => {
                    job.doc = doc;
                    call.update(&mut job)?;
                    (job.seq, "overwritten")
                }
                Some(_) => (-1, "left out: there is a job of this name already"),
                None => {
                    let mut job = Object::new("", name, call.now, Value::Object(doc))
                        .with_timeline(Timeline::starting(call.now, "job_init"));
                    job.doc.shift_remove("started");
                    (call.insert_numbered(KIND, &mut job)?, "imported")
                }
            };
            mapping.push(json!({ "old_job_id": kept["id"], "new_job_id": id, "remark": remark }));
        }
    }
    Ok(json!({ "is_success": true, "message": "", "job_mapping": mapping }))
}

fn register_bucket(call: &Call<'_>) -> ApiResult {
    for bucket in call.texts("obs_buckets") {
        if bucket.is_empty() || bucket.contains('/') {
            return Err(ApiError::invalid(format!("`{bucket}` is no name of an OBS bucket.")));
        }
        if call.find(BUCKET, bucket)?.is_some() {
            let message = format!("The OBS bucket `{bucket}` is authorised already.");
            return Err(ApiError::new(400, "DLI.0006", message));
        }
        call.insert(BUCKET, &mut Object::new(bucket, bucket, call.now, json!({})))?;
    }
    Ok(done())
}

fn of_path(call: &Call<'_>) -> ApiResult<Object> {
    by_id(call, call.path_number("job_id"))
}

/// A job that has to be there.
fn by_id(call: &Call<'_>, id: i64) -> ApiResult<Object> {
    let id = id.to_string();
    call.find(KIND, &id)?.ok_or_else(|| ApiError::no_flink_job(&id))
}

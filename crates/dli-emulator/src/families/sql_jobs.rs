//! SQL jobs. Without an engine their results are scripted; without a script they fail.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Table, databases, obs, queues, tables};
use crate::auth::Caller;
use crate::call::{Call, Later, done, new_id};
use crate::engine::{Context, SqlEngine, SqlFailure, SqlRows, SqlStatement, SqlTransfer};
use crate::error::{ApiError, ApiResult};
use crate::server::Service;
use crate::store::{Object, Objects, Timeline};

pub(super) const TABLE: Table = &[
    ("create_sql_job", submit),
    ("create_queue_sql_job", submit),
    ("list_sql_jobs", list),
    ("show_sql_job_status", status),
    ("show_sql_job_detail", detail),
    ("show_sql_job_progress", progress),
    ("show_sql_job_result", result),
    ("show_queue_sql_job_result", result),
    ("preview_sql_job_result", result),
    ("cancel_sql_job", cancel),
    ("cancel_queue_sql_job", cancel),
    ("check_sql", check),
    ("export_sql_job_result", export_result),
    ("export_table", export_table),
    ("import_table", import_table),
];

pub(crate) const KIND: &str = "sql_job";
/// What scripts results; below no parent, in one project or in all (project ``).
pub(crate) const SCRIPT: &str = "sql_script";
const WHAT: &str = "SQL job";
/// The service shows so many rows of a result and no more.
const ROWS_SHOWN: usize = 1000;

const NO_ENGINE: &str = "This emulator has no SQL engine and ran nothing. Script a result for this statement \
     (POST /_emulator/sql-scripts, or `sql_scripts` in the seed file).";

/// What a job is to do, and what it was asked with.
struct Order {
    statement: String,
    queue: String,
    kind: Option<&'static str>,
    /// Rows to be moved, instead of a statement to be run.
    transfer: Option<SqlTransfer>,
    /// More fields of the document.
    fields: Value,
}

fn submit(call: &Call<'_>) -> ApiResult {
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
fn submission(job: &Object) -> Value {
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
fn start(call: &Call<'_>, order: Order) -> ApiResult<Object> {
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

/// A statement before the emulator it belongs to is at hand.
struct Submitted {
    project: String,
    job_id: String,
    text: String,
    database: String,
    settings: Vec<String>,
    caller: Caller,
}

impl Submitted {
    fn of(self, service: &Arc<Service>) -> SqlStatement {
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
fn run_later(
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

/// The type of a statement, by its first word.
fn kind_of(statement: &str) -> &'static str {
    let word = first_word(statement).to_ascii_uppercase();
    match word.as_str() {
        "SELECT" | "WITH" | "VALUES" | "EXPLAIN" => "QUERY",
        "INSERT" => "INSERT",
        "UPDATE" | "MERGE" => "UPDATE",
        "DELETE" => "DELETE",
        "LOAD" => "IMPORT",
        "GRANT" | "REVOKE" => "DCL",
        _ => "DDL",
    }
}

/// The first word of a statement, after comments and brackets.
fn first_word(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, rest)| rest).trim_start();
        } else if let Some(inner) = rest.strip_prefix('(') {
            rest = inner.trim_start();
        } else {
            break;
        }
    }
    rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}

/// The script for a statement: one of the same text (blanks, case and a semicolon at the end do
/// not count), or one whose `contains` is in it. The latest wins.
pub(super) fn find_script(call: &Call<'_>, statement: &str) -> ApiResult<Option<Value>> {
    let plain = plain(statement);
    let mut scripts = call.objects.list("", SCRIPT, "")?;
    scripts.extend(call.objects.list(call.project, SCRIPT, "")?);
    let fits = |script: &Object| match script.get("sql").as_str() {
        Some(sql) => self::plain(sql) == plain,
        None => {
            script.get("contains").as_str().is_some_and(|part| plain.contains(&self::plain(part)))
        }
    };
    Ok(scripts.into_iter().rev().find(fits).map(|script| Value::Object(script.doc)))
}

fn plain(statement: &str) -> String {
    let words: Vec<&str> = statement.trim().trim_end_matches(';').split_whitespace().collect();
    words.join(" ").to_lowercase()
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut jobs = call.list(KIND)?;
    let text = |name: &str| call.query(name);
    let pattern = text("sql_pattern").map(str::to_lowercase);
    let types = call.query_list("job_types");
    let same = |wanted: Option<&str>, field: &str, job: &Object| {
        wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(job.text(field)))
    };
    jobs.retain(|job| {
        let kind = job.text("job_type");
        call.query_int("start").is_none_or(|start| job.created >= start)
            && call.query_int("end").is_none_or(|end| job.created <= end)
            && text("job-type").is_none_or(|wanted| wanted == "ALL" || wanted == kind)
            && types
                .as_ref()
                .is_none_or(|types| types.iter().any(|wanted| *wanted == "ALL" || *wanted == kind))
            && text("job-status").is_none_or(|wanted| wanted == job.timeline.state(call.now))
            && text("job-id").is_none_or(|id| id == job.id)
            && same(text("db_name"), "database_name", job)
            && same(text("table_name"), "table_name", job)
            && same(text("queue_name"), "queue_name", job)
            && same(text("owner"), "owner", job)
            && text("engine-type")
                .is_none_or(|wanted| wanted == job.get("engine_type").as_str().unwrap_or("spark"))
            && pattern
                .as_ref()
                .is_none_or(|part| job.text("statement").to_lowercase().contains(part))
            && text("tags").is_none_or(|filter| call.has_tags_like(job, filter))
    });
    match text("order").unwrap_or("start_time_desc") {
        "start_time_asc" => {}
        "duration_asc" => jobs.sort_by_key(|job| duration(call, job)),
        "duration_desc" => jobs.sort_by_key(|job| -duration(call, job)),
        _ => jobs.reverse(),
    }
    let count = jobs.len();
    let views = call.page(jobs).into_iter().map(|job| {
        let mut view = view(call, &job);
        if is_over(&job, call.now) {
            view["end_time"] = json!(job.created + duration(call, &job));
        }
        view
    });
    Ok(
        json!({ "is_success": true, "message": "", "job_count": count, "jobs": views.collect::<Vec<_>>() }),
    )
}

fn status(call: &Call<'_>) -> ApiResult {
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

fn view(call: &Call<'_>, job: &Object) -> Value {
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

fn detail(call: &Call<'_>) -> ApiResult {
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

fn progress(call: &Call<'_>) -> ApiResult {
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

fn result(call: &Call<'_>) -> ApiResult {
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

fn cancel(call: &Call<'_>) -> ApiResult {
    let mut job = of_path(call)?;
    let state = job.timeline.state(call.now);
    if is_over(&job, call.now) {
        return Err(ApiError::unusable(format!(
            "The SQL job `{}` is {state} and cannot be cancelled.",
            job.id
        )));
    }
    job.timeline.change(call.now, "CANCELLED");
    call.update(&mut job)?;
    abort_later(call, &job.id);
    Ok(done())
}

/// Has the engine stop, if it is running this job.
fn abort_later(call: &Call<'_>, id: &str) {
    let id = id.to_owned();
    call.afterwards(Box::new(move |service| {
        Box::pin(async move {
            if let Some(task) = service.running().remove(&id) {
                task.abort();
            }
            Ok(None)
        })
    }));
}

fn check(call: &Call<'_>) -> ApiResult {
    let database = call.text("currentdb");
    if !database.is_empty() {
        databases::require(call, database)?;
    }
    let statement = call.text("sql");
    match find_script(call, statement)? {
        Some(script) => {
            if let Some(reason) = script["fails"].as_str() {
                return Err(ApiError::new(400, "DLI.0005", reason));
            }
            let kind = script["job_type"].as_str().unwrap_or_else(|| kind_of(statement));
            Ok(json!({ "is_success": true, "message": "", "job_type": kind }))
        }
        None => match &call.settings.engine {
            Some(engine) => {
                let engine = Arc::clone(engine);
                let statement = Submitted {
                    project: call.project.to_owned(),
                    job_id: String::new(),
                    text: statement.to_owned(),
                    database: database.to_owned(),
                    settings: Vec::new(),
                    caller: call.caller.clone(),
                };
                call.afterwards(Box::new(move |service| {
                    Box::pin(async move {
                        let statement = statement.of(&service);
                        let checked = engine.check(statement.clone());
                        let refused =
                            |failure: SqlFailure| ApiError::new(400, failure.code, failure.message);
                        let kind = checked.await.map_err(refused)?;
                        let kind = kind.unwrap_or_else(|| kind_of(&statement.text).to_owned());
                        Ok(Some(json!({ "is_success": true, "message": "", "job_type": kind })))
                    })
                }));
                Ok(Value::Null)
            }
            None => Err(ApiError::unsupported(NO_ENGINE)),
        },
    }
}

fn export_result(call: &Call<'_>) -> ApiResult {
    let source = of_path(call)?;
    if source.text("job_type") != "QUERY" {
        return Err(ApiError::unsupported(format!(
            "The SQL job `{}` is not of type QUERY and has nothing to export.",
            source.id
        )));
    }
    if source.timeline.state(call.now) != "FINISHED" {
        return Err(ApiError::unusable(format!(
            "The SQL job `{}` has not finished and has nothing to export yet.",
            source.id
        )));
    }
    let path = call.text("data_path");
    obs::folder("data_path", path)?;
    let schema = source.get("schema").as_array().map_or(&[][..], Vec::as_slice);
    let columns = schema.iter().filter_map(Value::as_object).flatten();
    let columns = columns
        .map(|(name, ty)| (name.clone(), ty.as_str().unwrap_or_default().to_owned()))
        .collect();
    let result_path = source.get("result_path").as_str().map(str::to_owned);
    let transfer = SqlTransfer::ExportResult { columns, result_path, request: call.body.clone() };
    receipt(call, "EXPORT", format!("EXPORT RESULT {} TO {path}", source.id), transfer)
}

fn export_table(call: &Call<'_>) -> ApiResult {
    let path = call.text("data_path");
    obs::folder("data_path", path)?;
    let table = named_table(call)?;
    let statement = format!("EXPORT TABLE {}.{} TO {path}", table.parent, table.name);
    let request = call.body.clone();
    let transfer = SqlTransfer::ExportTable { database: table.parent, table: table.name, request };
    receipt(call, "EXPORT", statement, transfer)
}

fn import_table(call: &Call<'_>) -> ApiResult {
    let path = call.text("data_path");
    obs::folder("data_path", path)?;
    let table = named_table(call)?;
    let statement = format!("IMPORT TABLE {}.{} FROM {path}", table.parent, table.name);
    let request = call.body.clone();
    let transfer = SqlTransfer::ImportTable { database: table.parent, table: table.name, request };
    receipt(call, "IMPORT", statement, transfer)
}

fn named_table(call: &Call<'_>) -> ApiResult<Object> {
    let database = databases::require(call, call.text("database_name"))?;
    tables::require(call, &database.id, call.text("table_name"))
}

/// Starts a job that moves data and answers with its id.
fn receipt(
    call: &Call<'_>,
    kind: &'static str,
    statement: String,
    transfer: SqlTransfer,
) -> ApiResult {
    let queue = queues::of_job(call, call.text("queue_name"))?;
    let fields = call.body.clone();
    let order = Order { statement, queue, kind: Some(kind), transfer: Some(transfer), fields };
    let job = start(call, order)?;
    Ok(
        json!({ "is_success": true, "message": "", "job_id": job.id, "job_mode": job.get("job_mode") }),
    )
}

/// The import that ends an upload.
pub(super) fn import_upload(call: &Call<'_>, upload: &Object) -> ApiResult<String> {
    let (database, table) = (upload.text("db_name"), upload.text("table_name"));
    let statement = format!("IMPORT TABLE {database}.{table} FROM UPLOAD {}", upload.id);
    let fields = json!({ "database_name": database, "table_name": table, "data_type": upload.get("data_type") });
    let queue = upload.text("queue_name").to_owned();
    Ok(start(call, Order { statement, queue, kind: Some("IMPORT"), transfer: None, fields })?.id)
}

/// A query that is not of this request: the preview of a table. `None` without an engine.
pub(super) fn query_later(call: &Call<'_>, statement: &str) -> ApiResult<Option<String>> {
    if call.settings.engine.is_none() {
        return Ok(None);
    }
    let order = Order {
        statement: statement.to_owned(),
        queue: queues::BUILT_IN.to_owned(),
        kind: None,
        transfer: None,
        fields: json!({ "conf": [], "currentdb": "" }),
    };
    Ok(Some(start(call, order)?.id))
}

/// Runs a query for an answer, and puts its columns and rows into it.
pub(super) fn query_for_answer(call: &Call<'_>, statement: String, answer: Value) -> bool {
    let Some(engine) = call.settings.engine.clone() else { return false };
    let statement = Submitted {
        project: call.project.to_owned(),
        job_id: String::new(),
        text: statement,
        database: String::new(),
        settings: Vec::new(),
        caller: call.caller.clone(),
    };
    call.afterwards(Box::new(move |service| {
        Box::pin(async move {
            let ran = engine.run(statement.of(&service)).await;
            let result =
                ran.map_err(|failure| ApiError::new(400, failure.code, failure.message))?;
            let mut answer = answer;
            answer["schema"] =
                result.columns.into_iter().map(|(name, kind)| json!({ name: kind })).collect();
            answer["rows"] = result.rows.into_iter().map(Value::from).collect();
            Ok(Some(answer))
        })
    }));
    true
}

/// A job for something the emulator has done already.
pub(super) struct Finished<'a> {
    pub queue: &'a str,
    pub kind: &'static str,
    pub statement: &'a str,
}

pub(super) fn insert_finished(call: &Call<'_>, job: &Finished<'_>) -> ApiResult<String> {
    insert_with_rows(call, job, &Value::Null, &Value::Null)
}

pub(super) fn insert_with_rows(
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
    Ok(object.id)
}

/// Cancels what runs on a queue.
pub(super) fn cancel_all(call: &Call<'_>, queue: &str) -> ApiResult<()> {
    for mut job in call.list(KIND)? {
        if job.text("queue_name") == queue && !is_over(&job, call.now) {
            job.timeline.change(call.now, "CANCELLED");
            call.update(&mut job)?;
            abort_later(call, &job.id);
        }
    }
    Ok(())
}

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

fn row_count(job: &Object) -> usize {
    let kept = job.get("rows").as_array().map_or(0, Vec::len);
    job.get("row_count").as_u64().and_then(|count| usize::try_from(count).ok()).unwrap_or(kept)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_tells_the_type_of_a_statement() {
        for (statement, kind) in [
            ("select 1", "QUERY"),
            ("  -- a comment\n/* another */ (WITH a AS (SELECT 1) SELECT * FROM a)", "QUERY"),
            ("insert into t values (1)", "INSERT"),
            ("CREATE TABLE t (a int)", "DDL"),
            ("grant SELECT_TABLE on tables.t to user u", "DCL"),
            ("", "DDL"),
        ] {
            assert_eq!(kind_of(statement), kind, "{statement}");
        }
    }

    #[test]
    fn blanks_case_and_a_semicolon_do_not_count_in_scripts() {
        assert_eq!(plain("SELECT  *\nFROM t ;"), plain("select * from t"));
    }
}

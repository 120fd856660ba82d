//! Spark sessions and the statements in them. Nothing is run, and their output says so.

use serde_json::{Value, json};

use super::{Table, queues};
use crate::call::{Call, new_id};
use crate::error::{ApiError, ApiResult};
use crate::store::{Object, Timeline};
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_session", create),
    ("list_sessions", list),
    ("show_session", show),
    ("show_session_state", show),
    ("show_session_log", log),
    ("cancel_session", cancel),
    ("create_statement", create_statement),
    ("list_statements", list_statements),
    ("show_statement", show_statement),
    ("cancel_statement", cancel_statement),
];

const KIND: &str = "session";
const WHAT: &str = "session";
const STATEMENT: &str = "statement";

fn create(call: &Call<'_>) -> ApiResult {
    let named =
        [call.text("queue"), call.text("cluster_name")].into_iter().find(|name| !name.is_empty());
    let queue = queues::of_job(call, named.unwrap_or_default())?;
    let end = if call.failure.is_some() { "error" } else { "idle" };
    let timeline = Timeline::starting(call.now, "starting").then(call.delay(), end);
    let doc = json!({ "request": call.body, "queue": queue, "owner": call.caller.user });
    let mut session =
        Object::new(new_id(), call.text("name"), call.now, doc).with_timeline(timeline);
    call.note_failure(&mut session);
    call.insert(KIND, &mut session)?;
    call.write(&view(call, &session))
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut sessions = call.list(KIND)?;
    let queue = call.query("queue").or(call.query("cluster_name")).map(str::to_lowercase);
    sessions.retain(|session| queue.as_ref().is_none_or(|queue| queue == session.text("queue")));
    let total = sessions.len();
    let page = call.page(sessions);
    call.write(&view! {
        "from": call.query_int("from").unwrap_or(0),
        "total": total,
        "sessions": View::list(page.iter().map(|session| view(call, session))),
    })
}

fn show(call: &Call<'_>) -> ApiResult {
    call.write(&view(call, &of_path(call)?))
}

fn log(call: &Call<'_>) -> ApiResult {
    let session = of_path(call)?;
    let lines = lines(call, &session);
    let total = lines.len();
    let from = call.query_int("from").unwrap_or(0).max(0);
    let log = super::lines_from(call, lines);
    Ok(json!({ "id": session.id, "from": from, "total": total, "log": log }))
}

fn cancel(call: &Call<'_>) -> ApiResult {
    let mut session = of_path(call)?;
    must_live(call, &session)?;
    session.timeline.change(call.now, "dead");
    call.update(&mut session)?;
    Ok(json!({ "msg": "deleted" }))
}

fn create_statement(call: &Call<'_>) -> ApiResult {
    let session = of_path(call)?;
    must_live(call, &session)?;
    let end = if call.failure.is_some() { "error" } else { "available" };
    let timeline = Timeline::starting(call.now, "waiting")
        .then(call.delay(), "running")
        .then(call.delay(), end);
    let number = call.objects.count(call.project, STATEMENT, &session.id)?;
    let mut statement =
        Object::new(number.to_string(), "", call.now, json!({ "code": call.text("code") }))
            .below(&session.id)
            .with_timeline(timeline);
    call.note_failure(&mut statement);
    call.insert(STATEMENT, &mut statement)?;
    call.write(&statement_view(call, &statement))
}

fn list_statements(call: &Call<'_>) -> ApiResult {
    let session = of_path(call)?;
    let statements = call.objects.list(call.project, STATEMENT, &session.id)?;
    let views = statements.iter().map(|statement| statement_view(call, statement));
    call.write(&view! {
        "total_statements": statements.len(),
        "statements": View::list(views),
    })
}

fn show_statement(call: &Call<'_>) -> ApiResult {
    call.write(&statement_view(call, &statement(call)?))
}

fn cancel_statement(call: &Call<'_>) -> ApiResult {
    let mut statement = statement(call)?;
    let state = statement.timeline.state(call.now);
    if !matches!(state, "waiting" | "running") {
        return Err(ApiError::unusable(format!(
            "The statement {} is {state} and cannot be cancelled.",
            statement.id
        )));
    }
    statement.timeline.change(call.now, "cancelled");
    call.update(&mut statement)?;
    Ok(json!({ "msg": "canceled" }))
}

fn statement(call: &Call<'_>) -> ApiResult<Object> {
    let session = of_path(call)?;
    let id = call.path_number("statement_id").to_string();
    let found = call.objects.get(call.project, STATEMENT, &session.id, &id)?;
    found.ok_or_else(|| ApiError::not_found("statement in this session", &id))
}

fn of_path(call: &Call<'_>) -> ApiResult<Object> {
    call.require(KIND, WHAT, call.path("session_id"))
}

fn must_live(call: &Call<'_>, session: &Object) -> ApiResult<()> {
    match session.timeline.state(call.now) {
        state @ ("dead" | "error" | "success") => {
            Err(ApiError::unusable(format!("The session `{}` is {state}.", session.id)))
        }
        _ => Ok(()),
    }
}

fn lines(call: &Call<'_>, session: &Object) -> Vec<String> {
    let mut lines = vec![
        "dli-emulator: this session only goes through its states; there is no Spark here."
            .to_owned(),
    ];
    let failure = call.failure_of(session, "error");
    if !failure.is_empty() {
        lines.push(format!("dli-emulator: failed: {failure}"));
    }
    lines
}

fn view<'o>(call: &Call<'_>, session: &'o Object) -> View<'o> {
    let view = view! {
        "id": &session.id,
        "appId": "",
        "name": &session.name,
        "owner": session.get("owner"),
        "proxyUser": "",
        "kind": "spark",
        "log": View::list(lines(call, session)),
        "state": session.timeline.state(call.now),
        "cluster_name": session.get("queue"),
        "queue": session.get("queue"),
        "create_time": session.created,
        "update_time": session.timeline.since(call.now),
    };
    match &session.get("request")["sc_type"] {
        Value::Null => view,
        size => view.with("sc_type", size),
    }
}

fn statement_view<'o>(call: &Call<'_>, statement: &'o Object) -> View<'o> {
    let state = statement.timeline.state(call.now);
    let number: i64 = statement.id.parse().unwrap_or_default();
    let view = view! {
        "id": number,
        "code": statement.get("code"),
        "state": state,
        "progress": statement.timeline.progress(call.now),
    };
    let (status, text) = match state {
        "available" => ("ok", "dli-emulator: the code was not run; there is no Spark here."),
        "error" => ("error", statement.text("failure")),
        _ => return view,
    };
    let output = view! {
        "status": status,
        "execution_count": number,
        "data": view! { "text/plain": text },
    };
    view.with("output", output)
}

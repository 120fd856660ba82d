//! Who may do what with which object. Permissions are kept and listed, not enforced.

use serde_json::{Value, json};

use super::{Table, databases, queues, tables};
use crate::call::{Call, done};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("run_authorization_action", authorize),
    ("run_data_authorization_action", authorize),
    ("register_authorized_queue", authorize_queue),
    ("list_authorization_privileges", list_of_object),
    ("list_database_users", list_of_database),
    ("list_table_users", list_of_table),
    ("list_table_privileges", list_of_user),
    ("list_queue_users", list_of_queue),
];

/// Grants are below the object they are on; their id is who they are for.
const KIND: &str = "grant";

fn authorize(call: &Call<'_>) -> ApiResult {
    let (user, project) = (call.text("user_name"), call.text("projectId"));
    let subject = match (user, project) {
        ("", "") => {
            return Err(ApiError::invalid("The body must hold `user_name` or `projectId`."));
        }
        ("", project) => format!("project:{project}"),
        (user, _) => format!("user:{user}"),
    };
    for grant in call.body["privileges"].as_array().into_iter().flatten() {
        let object = grant["object"].as_str().unwrap_or_default();
        check_object(call, object)?;
        let names = grant["privileges"].as_array().map_or(&[][..], Vec::as_slice);
        apply(call, object, &subject, names)?;
    }
    Ok(done())
}

fn authorize_queue(call: &Call<'_>) -> ApiResult {
    let queue = queues::require(call, call.text("queue_name"))?;
    let names = call.body["privileges"].as_array().map_or(&[][..], Vec::as_slice);
    apply(
        call,
        &format!("queues.{}", queue.name),
        &format!("user:{}", call.text("user_name")),
        names,
    )?;
    Ok(done())
}

/// Grants, revokes, or sets what a user may do with an object.
fn apply(call: &Call<'_>, object: &str, subject: &str, names: &[Value]) -> ApiResult<()> {
    let object = object.to_lowercase();
    let found = call.objects.get(call.project, KIND, &object, subject)?;
    let mut held: Vec<Value> = found
        .as_ref()
        .and_then(|grant| grant.get("privileges").as_array())
        .cloned()
        .unwrap_or_default();
    let same = |a: &Value, b: &Value| {
        a.as_str().zip(b.as_str()).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    match call.text("action") {
        "grant" => {
            for name in names {
                if !held.iter().any(|known| same(known, name)) {
                    held.push(name.clone());
                }
            }
        }
        "revoke" => held.retain(|known| !names.iter().any(|name| same(known, name))),
        _ => held = names.to_vec(),
    }
    match (found, held.is_empty()) {
        (Some(grant), true) => call.delete(&grant),
        (Some(mut grant), false) => {
            grant.set("privileges", held);
            call.update(&mut grant)
        }
        (None, true) => Ok(()),
        (None, false) => {
            let name = subject.split_once(':').map_or(subject, |(_, name)| name);
            let mut grant =
                Object::new(subject, name, call.now, json!({ "privileges": held })).below(&object);
            call.insert(KIND, &mut grant)
        }
    }
}

/// The kinds of objects that grants are on, by the first word of their name.
const PREFIXES: [(&str, &str); 10] = [
    ("databases.", "database"),
    ("queues.", "queue"),
    ("jobs.flink.", "flink"),
    ("groups.", "group"),
    ("resources.", "resource"),
    ("elasticresourcepools.", "elasticresourcepool"),
    ("elastic_resource_pools.", "elasticresourcepool"),
    ("edsconnections.", "datasourceauth"),
    ("datasourceauth.", "datasourceauth"),
    ("variables.", "variable"),
];

fn check_object(call: &Call<'_>, object: &str) -> ApiResult<()> {
    let known = PREFIXES.iter().find(|(prefix, _)| {
        object.to_lowercase().strip_prefix(prefix).is_some_and(|rest| !rest.is_empty())
    });
    if known.is_none() {
        return Err(ApiError::invalid(format!(
            "`{object}` names no object; write for instance databases.db1.tables.t1, queues.q1 or jobs.flink.1."
        )));
    }
    // What holds for a database has to be about one that exists.
    let mut parts = object.split('.');
    if parts.next() == Some("databases")
        && let Some(database) = parts.next()
    {
        databases::require(call, database)?;
    }
    Ok(())
}

fn kind_of(object: &str) -> &'static str {
    let parts = object.split('.').count();
    match PREFIXES.iter().find(|(prefix, _)| object.starts_with(prefix)) {
        Some((_, "database")) if parts >= 6 => "column",
        Some((_, "database")) if parts >= 4 => "table",
        Some((_, kind)) => kind,
        None => "resource",
    }
}

fn grants_on(call: &Call<'_>, object: &str) -> ApiResult<Vec<Object>> {
    call.objects.list(call.project, KIND, &object.to_lowercase())
}

/// What grants on an enhanced connection are on.
pub(super) fn object_of_connection(id: &str) -> String {
    format!("edsconnections.{id}")
}

/// The grants on an enhanced connection that projects have.
pub(super) fn of_projects(call: &Call<'_>, connection: &str) -> ApiResult<Vec<Object>> {
    let mut grants = grants_on(call, &object_of_connection(connection))?;
    grants.retain(|grant| grant.id.starts_with("project:"));
    Ok(grants)
}

fn list_of_object(call: &Call<'_>) -> ApiResult {
    let object = call.query("object").unwrap_or_default();
    check_object(call, object)?;
    let object = object.to_lowercase();
    let grants = grants_on(call, &object)?;
    let count = grants.len();
    let page = call.page(grants);
    let views = page.iter().map(|grant| {
        view! {
            "object": &object,
            "is_admin": false,
            "user_name": &grant.name,
            "privileges": grant.get("privileges"),
        }
    });
    let name = match object.strip_prefix("jobs.flink.") {
        Some(job) => job,
        None => object.split_once('.').map_or(object.as_str(), |(_, name)| name),
    };
    call.write(&view! {
        "is_success": true,
        "message": "",
        "object_name": name,
        "object_type": kind_of(&object),
        "privileges": View::list(views),
        "count": count,
    })
}

/// The owner first, who may do everything, then those who were granted something.
fn users<'o>(owner: &'o str, grants: &'o [Object]) -> Vec<View<'o>> {
    let all = View::list(["ALL"]);
    let mut views = vec![view! { "is_admin": true, "user_name": owner, "privileges": all }];
    views.extend(grants.iter().map(|grant| {
        view! {
            "is_admin": false,
            "user_name": &grant.name,
            "privileges": grant.get("privileges"),
        }
    }));
    views
}

fn list_of_database(call: &Call<'_>) -> ApiResult {
    let database = databases::require(call, call.path("database_name"))?;
    let grants = grants_on(call, &format!("databases.{}", database.name))?;
    call.write(&view! {
        "is_success": true,
        "message": "",
        "database_name": &database.name,
        "privileges": users(database.text("owner"), &grants),
    })
}

fn list_of_queue(call: &Call<'_>) -> ApiResult {
    let queue = queues::require(call, call.path("queue_name"))?;
    let grants = grants_on(call, &format!("queues.{}", queue.name))?;
    let views = users(queue.text("owner"), &grants);
    call.write(&view! {
        "is_success": true,
        "message": "",
        "queue_name": &queue.name,
        "count": views.len(),
        "privileges": call.page(views),
    })
}

/// The grants on a table and on its columns, with the object each is on.
fn on_table(call: &Call<'_>) -> ApiResult<(Object, Vec<Object>)> {
    let database = databases::require(call, call.path("database_name"))?;
    let table = tables::require(call, &database.name, call.path("table_name"))?;
    let object = format!("databases.{}.tables.{}", database.name, table.name);
    let columns = format!("{object}.columns.");
    let mut grants = call.objects.list_all(call.project, KIND)?;
    grants.retain(|grant| grant.parent == object || grant.parent.starts_with(&columns));
    Ok((table, grants))
}

fn list_of_table(call: &Call<'_>) -> ApiResult {
    let (table, grants) = on_table(call)?;
    let object = format!("databases.{}.tables.{}", table.parent, table.name);
    let mut views = vec![view! {
        "is_admin": true,
        "object": object,
        "privileges": View::list(["ALL"]),
        "user_name": table.get("owner"),
    }];
    views.extend(grants.iter().map(|grant| {
        view! {
            "is_admin": false,
            "object": &grant.parent,
            "privileges": grant.get("privileges"),
            "user_name": &grant.name,
        }
    }));
    call.write(&view! { "is_success": true, "message": "", "privileges": views })
}

fn list_of_user(call: &Call<'_>) -> ApiResult {
    let user = call.path("user_name");
    let (_, grants) = on_table(call)?;
    let own = grants.iter().filter(|grant| grant.name == user);
    let views =
        own.map(|grant| view! { "object": &grant.parent, "privileges": grant.get("privileges") });
    call.write(&view! {
        "is_success": true,
        "message": "",
        "user_name": user,
        "privileges": View::list(views),
    })
}

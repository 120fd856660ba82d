//! Databases. With an engine, SQL sees and makes the same ones.

use serde_json::json;

use super::{Table, sql_jobs, tables};
use crate::call::{Call, done, new_id};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_database", create),
    ("list_databases", list),
    ("delete_database", delete),
    ("update_database_owner", update_owner),
];

pub(crate) const KIND: &str = "database";
const WHAT: &str = "database";
/// The database every project has. It is only stored once something is in it.
pub(crate) const BUILT_IN: &str = "default";

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("database_name").to_lowercase();
    if name == BUILT_IN {
        return Err(ApiError::exists(WHAT, &name));
    }
    call.must_be_new(KIND, WHAT, &name)?;
    call.settings.check_quota("database", call.objects.count(call.project, KIND, "")?)?;
    let mut doc = call.body.clone();
    doc["owner"] = json!(call.caller.user);
    doc["resource_id"] = json!(new_id());
    call.insert(KIND, &mut Object::new(&name, &name, call.now, doc))?;
    Ok(done())
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut databases = call.list(KIND)?;
    let keyword = call.query("keyword").map(str::to_lowercase);
    databases.retain(|database| {
        keyword.as_ref().is_none_or(|part| database.name.contains(part))
            && call.query("tags").is_none_or(|filter| call.has_tags_like(database, filter))
    });
    let count = databases.len();
    let page = call.page(databases);
    let views: Vec<View<'_>> =
        page.iter().map(|database| view(call, database)).collect::<ApiResult<_>>()?;
    call.write(&view! {
        "is_success": true,
        "message": "",
        "database_count": count,
        "databases": views,
    })
}

fn view<'o>(call: &Call<'_>, database: &'o Object) -> ApiResult<View<'o>> {
    let tables = call.objects.count(call.project, tables::KIND, &database.id)?;
    let view = view! { "database_name": &database.name, "table_number": tables };
    let optional = ["owner", "description", "enterprise_project_id", "resource_id"];
    Ok(view.with_those_of(&database.doc, optional))
}

fn delete(call: &Call<'_>) -> ApiResult {
    let database = require(call, call.path("database_name"))?;
    if database.name == BUILT_IN {
        return Err(ApiError::unsupported(
            "The database `default` is built in and cannot be deleted.",
        ));
    }
    let tables = call.objects.list(call.project, tables::KIND, &database.id)?;
    if let Some(table) = tables.first()
        && call.query_flag("cascade") != Some(true)
    {
        return Err(ApiError::unusable(format!(
            "The database `{}` still has tables, `{}` among them; `cascade` deletes them along with it.",
            database.name, table.name
        )));
    }
    for table in &tables {
        tables::remove(call, table)?;
    }
    call.delete(&database)?;
    let mut answer = done();
    if call.query_flag("async") == Some(true) {
        let statement = format!("DROP DATABASE {}", database.name);
        let job = sql_jobs::Finished {
            queue: super::queues::BUILT_IN,
            kind: "DDL",
            statement: &statement,
        };
        answer["job_id"] = json!(sql_jobs::insert_finished(call, &job)?);
        answer["job_type"] = json!("DDL");
        answer["job_mode"] = json!("async");
    } else {
        answer["job_mode"] = json!("sync");
    }
    Ok(answer)
}

fn update_owner(call: &Call<'_>) -> ApiResult {
    let mut database = require(call, call.path("database_name"))?;
    database.set("owner", call.text("new_owner"));
    call.update(&mut database)?;
    Ok(done())
}

/// A database that has to be there. The built-in one always is; reading it does not store it.
pub(super) fn require(call: &Call<'_>, name: &str) -> ApiResult<Object> {
    let name = name.to_lowercase();
    if let Some(found) = call.find(KIND, &name)? {
        return Ok(found);
    }
    if name != BUILT_IN {
        return Err(ApiError::not_found(WHAT, &name));
    }
    let doc = json!({ "owner": call.settings.user, "description": "" });
    let mut database = Object::new(BUILT_IN, BUILT_IN, call.now, doc);
    if call.operation.method != "GET" {
        call.insert(KIND, &mut database)?;
    }
    Ok(database)
}

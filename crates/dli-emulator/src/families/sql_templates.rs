//! SQL statements kept under names.

use serde_json::json;

use super::Table;
use crate::call::{Call, done, new_id};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_sql_job_template", create),
    ("list_sql_job_templates", list),
    ("update_sql_job_template", update),
    ("batch_delete_sql_job_templates", delete),
    ("list_sql_sample_templates", samples),
];

const KIND: &str = "sql_template";
const WHAT: &str = "SQL template";

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("sql_name");
    if name.trim().is_empty() {
        return Err(ApiError::invalid("The field `sql_name` of the body is empty."));
    }
    call.must_be_new(KIND, WHAT, name)?;
    let id = new_id();
    let mut doc = call.body.clone();
    doc["owner"] = json!(call.caller.user);
    call.insert(KIND, &mut Object::new(&id, name, call.now, doc))?;
    Ok(json!({ "is_success": true, "message": "", "sql_id": id, "group": call.text("group") }))
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut templates = call.list(KIND)?;
    templates
        .retain(|template| call.query("keyword").is_none_or(|part| template.name.contains(part)));
    let views = templates.iter().map(|template| {
        view! {
            "sql_id": &template.id,
            "sql_name": &template.name,
            "sql": template.get("sql"),
            "description": template.text("description"),
            "group": template.text("group"),
            "owner": template.get("owner"),
        }
    });
    call.write(&view! {
        "is_success": true,
        "message": "",
        "sql_count": templates.len(),
        "sqls": View::list(views),
    })
}

fn update(call: &Call<'_>) -> ApiResult {
    let mut template = call.require(KIND, WHAT, call.path("sql_id"))?;
    call.rename(KIND, WHAT, &mut template, call.body["sql_name"].as_str())?;
    call.overwrite(&mut template);
    call.update(&mut template)?;
    Ok(done())
}

fn delete(call: &Call<'_>) -> ApiResult {
    for id in call.texts("sql_ids") {
        call.delete(&call.require(KIND, WHAT, id)?)?;
    }
    Ok(done())
}

/// The service brings samples along; the emulator has none.
fn samples(_call: &Call<'_>) -> ApiResult {
    Ok(json!({ "is_success": true, "message": "", "sqlCount": 0, "sqls": [] }))
}

//! Templates of Flink SQL jobs.

use serde_json::json;

use super::Table;
use crate::call::{Call, done};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_flink_sql_job_template", create),
    ("list_flink_sql_job_templates", list),
    ("update_flink_sql_job_template", update),
    ("delete_flink_sql_job_template", delete),
];

const KIND: &str = "flink_template";
const WHAT: &str = "Flink job template";

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("name");
    if name.trim().is_empty() {
        return Err(ApiError::invalid("The field `name` of the body is empty."));
    }
    call.must_be_new(KIND, WHAT, name)?;
    call.settings.check_quota("flink_template", call.objects.count(call.project, KIND, "")?)?;
    let mut template = Object::new("", name, call.now, call.body.clone());
    let id = call.insert_numbered(KIND, &mut template)?;
    let mut created = json!({
        "template_id": id,
        "name": name,
        "desc": template.text("desc"),
        "create_time": call.now,
    });
    if let Some(kind) = template.doc.get("job_type") {
        created["job_type"] = kind.clone();
    }
    Ok(json!({ "is_success": true, "message": "", "template": created }))
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut templates = call.list(KIND)?;
    templates.retain(|template| {
        call.query("name").is_none_or(|part| template.name.contains(part))
            && call.query("tags").is_none_or(|filter| call.has_tags(template, filter))
    });
    if call.query("order") != Some("asc") {
        templates.reverse();
    }
    let total = templates.len();
    let page = call.page(templates);
    let views = page.iter().map(|template| {
        let view = view! {
            "template_id": template.seq,
            "name": &template.name,
            "desc": template.text("desc"),
            "create_time": template.created,
            "update_time": template.updated,
            "sql_body": template.text("sql_body"),
        };
        view.with_those_of(&template.doc, ["job_type"])
    });
    call.write(&view! {
        "is_success": true,
        "message": "",
        "template_list": view! { "total_count": total, "templates": View::list(views) },
    })
}

fn update(call: &Call<'_>) -> ApiResult {
    let mut template = require(call, call.path_number("template_id"))?;
    call.rename(KIND, WHAT, &mut template, call.body["name"].as_str())?;
    call.overwrite(&mut template);
    call.update(&mut template)?;
    Ok(done())
}

fn delete(call: &Call<'_>) -> ApiResult {
    let template = require(call, call.path_number("template_id"))?;
    call.delete(&template)?;
    Ok(json!({ "is_success": true, "message": "", "template": { "template_id": template.seq } }))
}

/// A template that has to be there.
pub(super) fn require(call: &Call<'_>, id: i64) -> ApiResult<Object> {
    call.require(KIND, WHAT, &id.to_string())
}

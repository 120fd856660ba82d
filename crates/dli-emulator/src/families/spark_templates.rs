//! Bodies of Spark jobs (and SQL statements) kept under names.

use serde_json::{Value, json};

use super::Table;
use crate::call::{Call, done, new_id};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_spark_job_template", create),
    ("list_spark_job_templates", list),
    ("show_spark_job_template", show),
    ("update_spark_job_template", update),
];

const KIND: &str = "spark_template";
const WHAT: &str = "template";

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("name");
    if name.trim().is_empty() {
        return Err(ApiError::invalid("The field `name` of the body is empty."));
    }
    call.must_be_new(KIND, WHAT, name)?;
    check_body(call.text("type"), call.text("body"))?;
    let id = new_id();
    let mut doc = call.body.clone();
    doc["owner"] = json!(call.caller.user);
    call.insert(KIND, &mut Object::new(&id, name, call.now, doc))?;
    Ok(json!({ "id": id }))
}

fn list(call: &Call<'_>) -> ApiResult {
    let wanted = call.query("type").unwrap_or("spark");
    let mut templates = call.list(KIND)?;
    templates.retain(|template| {
        template.text("type").eq_ignore_ascii_case(wanted)
            && call.query("keyword").is_none_or(|part| template.name.contains(part))
    });
    let page = call.page(templates);
    call.write(&view! {
        "is_success": true,
        "message": "",
        "count": page.len(),
        "templates": View::list(page.iter().map(view)),
    })
}

fn show(call: &Call<'_>) -> ApiResult {
    call.write(&view(&call.require(KIND, WHAT, call.path("template_id"))?))
}

fn update(call: &Call<'_>) -> ApiResult {
    let mut template = call.require(KIND, WHAT, call.path("template_id"))?;
    call.rename(KIND, WHAT, &mut template, Some(call.text("name")))?;
    check_body(template.text("type"), call.text("body"))?;
    call.overwrite(&mut template);
    call.update(&mut template)?;
    Ok(done())
}

/// The body of a Spark template is a JSON object in a text.
fn check_body(kind: &str, body: &str) -> ApiResult<()> {
    if kind != "SPARK" {
        return Ok(());
    }
    match serde_json::from_str::<Value>(body) {
        Ok(Value::Object(_)) => Ok(()),
        Ok(_) => Err(ApiError::invalid("The field `body` is not the text of a JSON object.")),
        Err(error) => Err(ApiError::invalid(format!(
            "The field `body` is not the text of a JSON object: {error}."
        ))),
    }
}

fn view(template: &Object) -> View<'_> {
    let view = view! {
        "id": &template.id,
        "name": &template.name,
        "type": template.get("type"),
        "owner": template.get("owner"),
    };
    let view = view.with_those_of(&template.doc, ["group", "description", "language"]);
    // Only a Spark body is an object; a statement has no place in an answer of this shape.
    match serde_json::from_str(template.text("body")) {
        Ok(body @ Value::Object(_)) => view.with("body", body),
        _ => view,
    }
}

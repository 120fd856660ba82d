//! Global variables.

use serde_json::json;

use super::Table;
use crate::call::{Call, done};
use crate::error::{ApiError, ApiResult};
use crate::settings::uuid_of;
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_global_variable", create),
    ("list_global_variables", list),
    ("update_global_variable", update),
    ("delete_global_variable", delete),
];

const KIND: &str = "global_variable";
const WHAT: &str = "global variable";

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("var_name");
    if call.find(KIND, name)?.is_some() {
        // The code the documentation gives for this case.
        let message = format!("There is a global variable `{name}` in this project already.");
        return Err(ApiError::new(400, "DLI.0999", message));
    }
    let mut doc = call.body.clone();
    doc["user_name"] = json!(call.caller.user);
    call.insert(KIND, &mut Object::new(name, name, call.now, doc))?;
    Ok(done())
}

fn list(call: &Call<'_>) -> ApiResult {
    let variables = call.list(KIND)?;
    let count = variables.len();
    let page = call.page(variables);
    let views = page.iter().map(|variable| {
        view! {
            "id": variable.seq,
            "var_name": &variable.name,
            "var_value": variable.get("var_value"),
            "project_id": call.project,
            "user_id": uuid_of(&["user", variable.text("user_name")]),
            "user_name": variable.get("user_name"),
            "is_sensitive": variable.get("is_sensitive") == &json!(true),
            "create_time": variable.created,
            "update_time": variable.updated,
        }
    });
    call.write(&view! {
        "is_success": true,
        "message": "",
        "count": count,
        "global_vars": View::list(views),
    })
}

fn update(call: &Call<'_>) -> ApiResult {
    let name = call.path("var_name");
    let mut variable = call.require(KIND, WHAT, name)?;
    if call.body["var_name"].as_str().is_some_and(|given| given != name) {
        return Err(ApiError::invalid(
            "The field `var_name` of the body is not the variable of the path.",
        ));
    }
    if let Some(value) = call.body["var_value"].as_str() {
        variable.set("var_value", value);
    }
    call.update(&mut variable)?;
    Ok(done())
}

fn delete(call: &Call<'_>) -> ApiResult {
    let variable = call.require(KIND, WHAT, call.path("var_name"))?;
    if variable.text("user_name") != call.caller.user {
        let message = format!(
            "Only the user who created the global variable `{}` may delete it.",
            variable.name
        );
        return Err(ApiError::new(400, "DLI.0016", message));
    }
    call.delete(&variable)?;
    Ok(done())
}

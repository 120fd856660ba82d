//! Credentials for datasources, kept under names. Secrets are taken but never shown.

use serde_json::{Value, json};

use super::Table;
use crate::call::{Call, done};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_auth_info", create),
    ("create_job_auth_info", create),
    ("list_auth_info", list),
    ("list_job_auth_infos", list),
    ("update_auth_info", update),
    ("update_job_auth_info", update),
    ("delete_auth_info", delete),
    ("delete_job_auth_info", delete),
];

const KIND: &str = "datasource_auth";
const WHAT: &str = "datasource authentication";
/// What is shown; everything else a request holds is a secret.
const SHOWN: [&str; 7] = [
    "user_name",
    "certificate_location",
    "krb5_conf",
    "keytab",
    "truststore_location",
    "keystore_location",
    "datasource_type",
];

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("auth_info_name");
    if name.trim().is_empty() {
        return Err(ApiError::invalid("The field `auth_info_name` of the body is empty."));
    }
    call.must_be_new(KIND, WHAT, name)?;
    let mut doc = shown(&call.body);
    doc["owner"] = json!(call.caller.user);
    call.insert(KIND, &mut Object::new(name, name, call.now, doc))?;
    Ok(done())
}

/// The fields that are no secrets. Secrets are of no use here, so they are not stored.
fn shown(body: &Value) -> Value {
    let mut kept = json!({});
    for field in SHOWN {
        if !body[field].is_null() {
            kept[field] = body[field].clone();
        }
    }
    kept
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut infos = call.list(KIND)?;
    infos.retain(|info| call.query("auth_info_name").is_none_or(|name| name == info.name));
    let count = infos.len();
    let page = call.page(infos);
    let views = page.iter().map(|info| {
        View::Document(&info.doc, Vec::new())
            .with("auth_info_name", &info.name)
            .with("create_time", info.created)
            .with("update_time", info.updated)
    });
    call.write(&view! {
        "is_success": true,
        "message": "",
        "auth_infos": View::list(views),
        "count": count,
    })
}

fn update(call: &Call<'_>) -> ApiResult {
    let mut info = call.require(KIND, WHAT, call.text("auth_info_name"))?;
    if let Value::Object(changes) = shown(&call.body) {
        info.doc.extend(changes);
    }
    call.update(&mut info)?;
    Ok(done())
}

fn delete(call: &Call<'_>) -> ApiResult {
    call.delete(&call.require(KIND, WHAT, call.path("auth_info_name"))?)?;
    Ok(done())
}

//! The roles that the user has granted to the service.

use serde_json::json;

use super::Table;
use crate::call::{Call, done};
use crate::error::ApiResult;
use crate::store::Object;

pub(super) const TABLE: Table = &[("show_dli_agency", show), ("create_dli_agency", create)];

const KIND: &str = "agency";

fn show(call: &Call<'_>) -> ApiResult {
    let roles = call.find(KIND, KIND)?.map(|agency| agency.get("roles").clone());
    Ok(json!({
        "is_success": true,
        "message": "",
        "version": "v2",
        "current_roles": roles.unwrap_or_else(|| json!([])),
    }))
}

fn create(call: &Call<'_>) -> ApiResult {
    let roles = call.body["roles"].clone();
    match call.find(KIND, KIND)? {
        Some(mut agency) => {
            agency.set("roles", roles);
            call.update(&mut agency)?;
        }
        None => {
            call.insert(KIND, &mut Object::new(KIND, "", call.now, json!({ "roles": roles })))?
        }
    }
    Ok(done())
}

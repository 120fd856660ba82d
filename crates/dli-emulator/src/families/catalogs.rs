//! Catalogs of other services that are known under a name.

use serde_json::{Value, json};

use super::Table;
use crate::call::{Call, done};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;

pub(super) const TABLE: Table =
    &[("run_catalog_action", action), ("list_catalogs", list), ("show_catalog", show)];

const KIND: &str = "catalog";
const WHAT: &str = "catalog";

fn action(call: &Call<'_>) -> ApiResult {
    let name = call.text("name");
    if call.text("action") == "unbind" {
        call.delete(&call.require(KIND, WHAT, name)?)?;
        return Ok(done());
    }
    call.must_be_new(KIND, WHAT, name)?;
    let parameter = |key: &str| call.body["parameters"][key].as_str().unwrap_or_default();
    if !parameter("type").eq_ignore_ascii_case("lakeformation") {
        return Err(ApiError::unsupported(
            "Only catalogs of LakeFormation can be bound: `parameters.type` has to be `lakeformation`.",
        ));
    }
    if parameter("externalCatalog").is_empty() {
        return Err(ApiError::invalid(
            "The field `parameters.externalCatalog` of the body has to name the catalog to bind.",
        ));
    }
    let mut catalog = Object::new(name, name, call.now, call.body.clone())
        .with_timeline(call.settle("CREATING", "ACTIVE", "FAILED"));
    call.insert(KIND, &mut catalog)?;
    Ok(done())
}

fn list(call: &Call<'_>) -> ApiResult {
    let catalogs = call.list(KIND)?;
    let total = catalogs.len();
    let views: Vec<Value> = call.page(catalogs).iter().map(|catalog| view(call, catalog)).collect();
    Ok(json!({ "is_success": true, "catalogs": views, "total_count": total }))
}

fn show(call: &Call<'_>) -> ApiResult {
    let mut view = view(call, &call.require(KIND, WHAT, call.path("catalog_name"))?);
    view["is_success"] = json!(true);
    Ok(view)
}

fn view(call: &Call<'_>, catalog: &Object) -> Value {
    json!({
        "name": catalog.name,
        "status": catalog.timeline.state(call.now),
        "description": catalog.text("description"),
        "create_time": catalog.created,
        "parameters": catalog.get("parameters"),
    })
}

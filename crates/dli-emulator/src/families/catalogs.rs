//! Catalogs of other services that are known under a name.

use super::Table;
use crate::call::{Call, done};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

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
    let page = call.page(catalogs);
    call.write(&view! {
        "is_success": true,
        "catalogs": View::list(page.iter().map(|catalog| view(call, catalog))),
        "total_count": total,
    })
}

fn show(call: &Call<'_>) -> ApiResult {
    let catalog = call.require(KIND, WHAT, call.path("catalog_name"))?;
    call.write(&view(call, &catalog).with("is_success", true))
}

fn view<'o>(call: &Call<'_>, catalog: &'o Object) -> View<'o> {
    view! {
        "name": &catalog.name,
        "status": catalog.timeline.state(call.now),
        "description": catalog.text("description"),
        "create_time": catalog.created,
        "parameters": catalog.get("parameters"),
    }
}

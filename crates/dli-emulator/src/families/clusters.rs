//! Clusters, which queues have replaced.

use serde_json::{Value, json};

use super::Table;
use crate::call::Call;
use crate::error::{ApiError, ApiResult};
use crate::net;
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_cluster", create),
    ("list_clusters", list),
    ("show_cluster", show),
    ("delete_cluster", delete),
];

const KIND: &str = "cluster";
const WHAT: &str = "cluster";

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("cluster_name").to_lowercase();
    call.must_be_new(KIND, WHAT, &name)?;
    for field in ["cidr_in_vpc", "cidr_in_mgntsubnet", "cidr_in_subnet"] {
        if !call.text(field).is_empty() {
            net::cidr(call.text(field))?;
        }
    }
    let mut doc = call.body.clone();
    doc["owner"] = json!(call.caller.user);
    let mut cluster = Object::new(&name, &name, call.now, doc).with_timeline(call.settle(
        "CREATING",
        "AVAILABLE",
        "SUSPENDED",
    ));
    call.insert(KIND, &mut cluster)?;
    Ok(Value::Null)
}

fn list(call: &Call<'_>) -> ApiResult {
    let clusters = call.list(KIND)?;
    let views = clusters.iter().map(|cluster| view(call, cluster));
    call.write(&view! { "clusters": View::list(views) })
}

fn show(call: &Call<'_>) -> ApiResult {
    call.write(&view(call, &of_path(call)?))
}

fn delete(call: &Call<'_>) -> ApiResult {
    let cluster = of_path(call)?;
    if cluster.timeline.state(call.now) == "CREATING" {
        return Err(ApiError::unusable(format!(
            "The cluster `{}` is still being created.",
            cluster.name
        )));
    }
    call.delete(&cluster)?;
    Ok(Value::Null)
}

fn of_path(call: &Call<'_>) -> ApiResult<Object> {
    call.require(KIND, WHAT, &call.path("cluster_name").to_lowercase())
}

fn view<'o>(call: &Call<'_>, cluster: &'o Object) -> View<'o> {
    view! {
        "cluster_name": &cluster.name,
        "description": cluster.text("description"),
        "cu_count": cluster.get("cu_count"),
        "owner": cluster.get("owner"),
        "status": cluster.timeline.state(call.now),
        "resource_mode": 1_i64,
        "create_time": cluster.created,
    }
}

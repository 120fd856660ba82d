//! Basic datasource connections: they connect all queues of the project with a peer service.

use serde_json::{Value, json};

use super::Table;
use crate::call::{Call, done, new_id};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_datasource_connection", create),
    ("list_datasource_connections", list),
    ("show_datasource_connection", show),
    ("delete_datasource_connection", delete),
];

const KIND: &str = "datasource_connection";
const WHAT: &str = "datasource connection";

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("name");
    if name.trim().is_empty() {
        return Err(ApiError::invalid("The field `name` of the body must not be empty."));
    }
    super::require_free_name(call, KIND, WHAT, name)?;
    let id = new_id();
    let mut doc = call.body.clone();
    let queues = call.objects.list(call.project, "queue", "")?;
    let bound = queues
        .iter()
        .filter(|queue| queue.name != "default")
        .map(|queue| json!({ "name": queue.name, "uuid": queue.id, "peer_id": new_id() }));
    doc["queues"] = bound.collect();
    if let Some(reason) = &call.failure {
        doc["failure"] = json!(reason);
    }
    let mut connection = Object::new(&id, name, call.now, doc)
        .with_timeline(call.settle("CREATING", "ACTIVE", "FAILED"));
    call.insert(KIND, &mut connection)?;
    Ok(json!({ "is_success": true, "message": "", "connection_id": id }))
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut connections = call.list(KIND)?;
    if let Some(filter) = call.query("tags") {
        connections.retain(|connection| call.has_tags(connection, filter));
    }
    let count = connections.len();
    let page = call.page(connections);
    call.write(&view! {
        "is_success": true,
        "message": "",
        "count": count,
        "connections": View::list(page.iter().map(|connection| view(call, connection))),
    })
}

fn show(call: &Call<'_>) -> ApiResult {
    let connection = call.require(KIND, WHAT, call.path("connection_id"))?;
    call.write(&view(call, &connection).succeeded())
}

fn delete(call: &Call<'_>) -> ApiResult {
    let id = call.path("connection_id");
    let mut connection = call.require(KIND, WHAT, id)?;
    match connection.timeline.state(call.now) {
        "CREATING" => {
            return Err(ApiError::unusable(format!(
                "The datasource connection `{id}` is still being created and cannot be deleted yet."
            )));
        }
        "DELETED" => return Err(ApiError::not_found(WHAT, id)),
        _ => connection.timeline.change(call.now, "DELETED"),
    }
    call.update(&mut connection)?;
    Ok(done())
}

fn view<'o>(call: &Call<'_>, connection: &'o Object) -> View<'o> {
    let state = connection.timeline.state(call.now);
    let since = connection.timeline.since(call.now);
    let failure = connection.text("failure");
    let queues = connection.get("queues").as_array().map_or(&[][..], Vec::as_slice);
    let of_queue = |queue: &'o Value| {
        view! {
            "name": &queue["name"],
            "uuid": &queue["uuid"],
            "peer_id": &queue["peer_id"],
            "status": state,
            "err_msg": if state == "FAILED" { failure } else { "" },
            "update_time": since,
        }
    };
    view! {
        "connection_id": &connection.id,
        "name": &connection.name,
        "service": connection.get("service"),
        "destination": connection.get("url"),
        "connection_url": connection.get("url"),
        "state": state,
        "process": connection.timeline.progress(call.now),
        "create_time": connection.created,
        "cluster_name": "",
        "available_queue_info": View::list(queues.iter().map(of_queue)),
        "queue_list": View::list(queues.iter().map(|queue| &queue["name"])),
    }
}

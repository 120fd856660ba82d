//! Enhanced datasource connections, with their queues, pools, hosts, routes and privileges.

use serde_json::{Value, json};

use super::{Table, permissions};
use crate::call::{Call, done, new_id};
use crate::error::{ApiError, ApiResult};
use crate::net;
use crate::store::{Object, Timeline};
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_enhanced_connection", create),
    ("list_enhanced_connections", list),
    ("show_enhanced_connection", show),
    ("update_enhanced_connection", update_hosts),
    ("delete_enhanced_connection", delete),
    ("associate_queue_to_enhanced_connection", associate),
    ("disassociate_queue_from_enhanced_connection", disassociate),
    ("show_enhanced_connection_privilege", privileges),
    ("create_enhanced_connection_routes", create_route),
    ("create_route_to_enhanced_connection", create_route),
    ("delete_enhanced_connection_routes", delete_route),
    ("delete_route_from_enhanced_connection", delete_route),
];

const KIND: &str = "enhanced_connection";
const WHAT: &str = "enhanced datasource connection";
/// Fields of request and document that hold what is bound.
const BOUND: [&str; 2] = ["queues", "elastic_resource_pools"];

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("name");
    super::require_free_name(call, KIND, WHAT, name)?;
    check_hosts(&call.body["hosts"])?;
    let id = new_id();
    let mut doc = call.body.clone();
    for field in BOUND {
        doc[field] = bind(call, field, &[])?.into();
    }
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
    // Deleted connections are only listed for those who ask for them.
    let wanted = call.query("status").map(str::to_uppercase);
    connections.retain(|connection| {
        let state = connection.timeline.state(call.now);
        wanted.as_ref().map_or(state != "DELETED", |wanted| wanted == state)
            && call.query("name").is_none_or(|name| name == connection.name)
            && call.query("tags").is_none_or(|filter| call.has_tags(connection, filter))
    });
    let page = call.page(connections);
    let views = page.iter().map(|connection| view(call, connection).with("isPrivis", true));
    call.write(&view! {
        "is_success": true,
        "message": "",
        "count": page.len(),
        "connections": View::list(views),
    })
}

fn show(call: &Call<'_>) -> ApiResult {
    let connection = call.require(KIND, WHAT, call.path("connection_id"))?;
    call.write(&view(call, &connection).succeeded())
}

fn update_hosts(call: &Call<'_>) -> ApiResult {
    let mut connection = alive(call)?;
    check_hosts(&call.body["hosts"])?;
    connection.set("hosts", call.body["hosts"].clone());
    call.update(&mut connection)?;
    Ok(done())
}

fn delete(call: &Call<'_>) -> ApiResult {
    let mut connection = alive(call)?;
    if connection.timeline.state(call.now) == "CREATING" {
        return Err(ApiError::unusable(format!(
            "The enhanced datasource connection `{}` is still being created and cannot be deleted yet.",
            connection.id
        )));
    }
    connection.timeline.change(call.now, "DELETED");
    call.update(&mut connection)?;
    Ok(done())
}

fn associate(call: &Call<'_>) -> ApiResult {
    let mut connection = alive(call)?;
    let state = connection.timeline.state(call.now);
    if state != "ACTIVE" {
        return Err(ApiError::unusable(format!(
            "The enhanced datasource connection `{}` is {state}; only an ACTIVE one can be bound.",
            connection.id
        )));
    }
    named_any(call)?;
    for field in BOUND {
        let mut bound = connection.get(field).as_array().cloned().unwrap_or_default();
        bound.extend(bind(call, field, &bound)?);
        connection.set(field, bound);
    }
    call.update(&mut connection)?;
    Ok(done())
}

fn disassociate(call: &Call<'_>) -> ApiResult {
    let mut connection = alive(call)?;
    named_any(call)?;
    for field in BOUND {
        let mut bound = connection.get(field).as_array().cloned().unwrap_or_default();
        for name in call.texts(field) {
            let before = bound.len();
            bound.retain(|entry| !same_name(entry, name));
            if bound.len() == before {
                return Err(ApiError::new(
                    400,
                    "DLI.0002",
                    format!(
                        "`{name}` is not bound to the enhanced datasource connection `{}`.",
                        connection.id
                    ),
                ));
            }
        }
        connection.set(field, bound);
    }
    call.update(&mut connection)?;
    Ok(done())
}

fn privileges(call: &Call<'_>) -> ApiResult {
    let connection = alive(call)?;
    let object = permissions::object_of_connection(&connection.id);
    let grants = permissions::of_projects(call, &connection.id)?;
    let views = grants.iter().map(|grant| {
        view! {
            "object": &object,
            "applicant_project_id": &grant.name,
            "privileges": grant.get("privileges"),
        }
    });
    call.write(&view! {
        "is_success": true,
        "message": "",
        "connection_id": &connection.id,
        "privileges": View::list(views),
    })
}

fn create_route(call: &Call<'_>) -> ApiResult {
    let mut connection = alive(call)?;
    let (name, cidr) = (call.text("name"), call.text("cidr"));
    net::cidr(cidr)?;
    let mut routes = connection.get("routes").as_array().cloned().unwrap_or_default();
    if routes.iter().any(|route| route["name"] == name) {
        return Err(ApiError::exists("route", name));
    }
    routes.push(json!({ "name": name, "cidr": cidr, "create_time": call.now }));
    connection.set("routes", routes);
    call.update(&mut connection)?;
    Ok(done())
}

fn delete_route(call: &Call<'_>) -> ApiResult {
    let mut connection = alive(call)?;
    let name = call.path("name");
    let mut routes = connection.get("routes").as_array().cloned().unwrap_or_default();
    let before = routes.len();
    routes.retain(|route| route["name"] != name);
    if routes.len() == before {
        return Err(ApiError::not_found("route", name));
    }
    connection.set("routes", routes);
    call.update(&mut connection)?;
    Ok(done())
}

/// The connection of the path, unless it was deleted.
fn alive(call: &Call<'_>) -> ApiResult<Object> {
    let id = call.path("connection_id");
    let connection = call.require(KIND, WHAT, id)?;
    match connection.timeline.state(call.now) {
        "DELETED" => Err(ApiError::not_found(WHAT, id)),
        _ => Ok(connection),
    }
}

fn named_any(call: &Call<'_>) -> ApiResult<()> {
    if BOUND.iter().all(|field| call.texts(field).is_empty()) {
        return Err(ApiError::invalid(
            "The body must name at least one queue (`queues`) or elastic resource pool (`elastic_resource_pools`).",
        ));
    }
    Ok(())
}

/// New entries for the queues or pools that the body names.
fn bind(call: &Call<'_>, field: &str, bound: &[Value]) -> ApiResult<Vec<Value>> {
    let kind = field.trim_end_matches('s');
    let mut entries: Vec<Value> = Vec::new();
    for name in call.texts(field) {
        let name = name.to_lowercase();
        if field == "queues" && name == "default" {
            return Err(ApiError::unsupported(
                "The queue `default` cannot take part in a datasource connection.",
            ));
        }
        if bound.iter().chain(&entries).any(|entry| same_name(entry, &name)) {
            return Err(ApiError::exists("binding of", &name));
        }
        let known = call.objects.by_name(call.project, kind, "", &name)?;
        entries.push(json!({
            "name": name,
            "peer_id": new_id(),
            "uuid": known.map(|known| known.id.clone()),
            "timeline": call.settle("CREATING", "ACTIVE", "FAILED"),
            "err_msg": call.failure,
        }));
    }
    Ok(entries)
}

fn same_name(entry: &Value, name: &str) -> bool {
    entry["name"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(name))
}

fn check_hosts(hosts: &Value) -> ApiResult<()> {
    for (index, host) in hosts.as_array().into_iter().flatten().enumerate() {
        if let Some(ip) = host["ip"].as_str()
            && ip.parse::<std::net::IpAddr>().is_err()
        {
            return Err(ApiError::invalid(format!(
                "The field `hosts[{index}].ip` of the body is not valid: `{ip}` is no IP address."
            )));
        }
    }
    Ok(())
}

fn view<'o>(call: &Call<'_>, connection: &'o Object) -> View<'o> {
    let entries = |field: &str| {
        let bound = connection.get(field).as_array().into_iter().flatten();
        View::list(bound.map(|entry| binding(call, entry, field)))
    };
    view! {
        "id": &connection.id,
        "name": &connection.name,
        "status": connection.timeline.state(call.now),
        "available_queue_info": entries("queues"),
        "elastic_resource_pools": entries("elastic_resource_pools"),
        "dest_vpc_id": connection.get("dest_vpc_id"),
        "dest_network_id": connection.get("dest_network_id"),
        "create_time": connection.created,
        "hosts": connection.doc.get("hosts").map_or(View::List(Vec::new()), View::from),
    }
}

fn binding<'o>(call: &Call<'_>, entry: &'o Value, field: &str) -> View<'o> {
    let timeline = Timeline::within(&entry["timeline"]);
    let state = timeline.state(call.now);
    let failed = state == "FAILED";
    let view = view! {
        "name": &entry["name"],
        "peer_id": &entry["peer_id"],
        "status": state.to_owned(),
        "err_msg": if failed { entry["err_msg"].as_str().unwrap_or_default() } else { "" },
        "update_time": timeline.since(call.now),
    };
    if field == "queues" && !entry["uuid"].is_null() {
        view.with("uuid", &entry["uuid"])
    } else {
        view
    }
}

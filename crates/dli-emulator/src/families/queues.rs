//! Queues: their size, plans, properties, network, and tests of what they reach.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use super::{Table, elastic_resource_pools, sql_jobs};
use crate::call::{Call, done, new_id};
use crate::error::{ApiError, ApiResult};
use crate::net;
use crate::store::{Object, Timeline};
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_queue", create),
    ("list_queues", list),
    ("show_queue", show),
    ("delete_queue", delete),
    ("update_queue_cidr", update_cidr),
    ("run_queue_action", action),
    ("create_connectivity_task", test_connectivity),
    ("show_connectivity_task", show_connectivity),
    ("list_queue_plans", list_plans),
    ("create_queue_plan", create_plan),
    ("update_queue_plan", update_plan),
    ("delete_queue_plan", delete_plan),
    ("batch_delete_queue_plans", delete_plans),
    ("list_queue_properties", list_properties),
    ("create_queue_property", set_properties),
    ("update_queue_property", set_properties),
    ("delete_queue_property", delete_properties),
];

pub(super) const KIND: &str = "queue";
const WHAT: &str = "queue";
const PLAN: &str = "queue_plan";
const TEST: &str = "connectivity_test";
/// The queue every project has; it is not made, listed or deleted.
pub(super) const BUILT_IN: &str = "default";
/// A queue cannot be made smaller than this.
const LEAST_CU: i64 = 16;

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("queue_name").to_lowercase();
    if name == BUILT_IN {
        return Err(ApiError::exists(WHAT, &name));
    }
    call.must_be_new(KIND, WHAT, &name)?;
    call.settings.check_quota("queue", call.objects.count(call.project, KIND, "")?)?;
    if call.text("queue_type") == "all" {
        return Err(ApiError::invalid(
            "The field `queue_type` of the body is not valid: `all` is for filters only.",
        ));
    }
    let cidr = call.text("cidr_in_vpc");
    if !cidr.is_empty() {
        check_cidr(cidr)?;
    }
    let pool = call.text("elastic_resource_pool_name").to_owned();
    if !pool.is_empty() {
        elastic_resource_pools::require_available(call, &pool)?;
    }
    let mut doc = call.body.clone();
    doc["cu_spec"] = doc["cu_count"].clone();
    if doc["queue_type"].is_null() {
        doc["queue_type"] = json!("sql");
    }
    doc["owner"] = json!(call.caller.user);
    let mut queue = Object::new(&name, &name, call.now, doc)
        .with_timeline(Timeline::starting(call.now, "AVAILABLE"));
    queue.set("resource_id", new_id());
    if !pool.is_empty() {
        let default = elastic_resource_pools::default_policy(queue.get("cu_count"));
        queue.set("queue_scaling_policies", json!([default]));
    }
    call.insert(KIND, &mut queue)?;
    Ok(json!({ "is_success": true, "message": "", "queue_name": name }))
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut queues = call.list(KIND)?;
    let wanted = call.query("queue_type").unwrap_or("sql");
    queues.retain(|queue| {
        (wanted == "all" || queue.text("queue_type") == wanted)
            && call.query("tags").is_none_or(|filter| call.has_tags(queue, filter))
    });
    let size = |queue: &Object| cu_count(call, queue);
    match call.query("order").unwrap_or("queue_name_asc") {
        "queue_name_desc" => queues.sort_by(|a, b| b.name.cmp(&a.name)),
        "cu_asc" => queues.sort_by_key(size),
        "cu_desc" => queues.sort_by_key(|queue| -size(queue)),
        _ => queues.sort_by(|a, b| a.name.cmp(&b.name)),
    }
    let page = call.page(queues);
    let views = page.iter().map(|queue| in_list(call, queue));
    call.write(&view! { "is_success": true, "message": "", "queues": View::list(views) })
}

fn show(call: &Call<'_>) -> ApiResult {
    let queue = require(call, call.path("queue_name"))?;
    let view = common_view(&queue)
        .succeeded()
        .with("queueName", &queue.name)
        .with("queueType", queue.get("queue_type"))
        .with("cuCount", cu_count(call, &queue))
        .with("chargingMode", queue.get("charging_mode"))
        .with("resource_type", "container");
    call.write(&view)
}

fn delete(call: &Call<'_>) -> ApiResult {
    let queue = require(call, call.path("queue_name"))?;
    refuse_busy(call, &queue.name, "deleted")?;
    call.objects.delete_below(call.project, PLAN, &queue.name)?;
    call.delete(&queue)?;
    Ok(done())
}

fn update_cidr(call: &Call<'_>) -> ApiResult {
    let mut queue = require(call, call.path("queue_name"))?;
    let cidr = call.text("cidr_in_vpc");
    check_cidr(cidr)?;
    refuse_busy(call, &queue.name, "moved to another network")?;
    if !connections_of(call, &queue)?.is_empty() {
        return Err(ApiError::unusable(format!(
            "The queue `{}` is bound to an enhanced datasource connection and cannot be moved to another network.",
            queue.name
        )));
    }
    queue.set("cidr_in_vpc", cidr);
    call.update(&mut queue)?;
    Ok(done())
}

fn action(call: &Call<'_>) -> ApiResult {
    let mut queue = require(call, call.path("queue_name"))?;
    let force = call.body["force"] == json!(true);
    match call.text("action") {
        "restart" => {
            if !sql_jobs::any_finished(call, &queue.name)? {
                return Err(ApiError::unsupported(format!(
                    "The queue `{}` has not run an SQL job with success yet, and cannot be restarted before.",
                    queue.name
                )));
            }
            if force {
                sql_jobs::cancel_all(call, &queue.name)?;
            } else {
                refuse_busy(call, &queue.name, "restarted without `force`")?;
            }
            let restarting =
                Timeline::starting(call.now, "RESTARTING").then(call.delay(), "RESTARTED");
            queue.set("restart", serde_json::to_value(restarting).unwrap_or_default());
            call.update(&mut queue)?;
            let mut answer = done();
            if force {
                let job =
                    sql_jobs::Finished { queue: &queue.name, kind: "RESTART_QUEUE", statement: "" };
                answer["job_id"] = json!(sql_jobs::insert_finished(call, &job)?);
            }
            Ok(answer)
        }
        action => {
            let Some(step) = call.body["cu_count"].as_i64().filter(|count| *count > 0) else {
                return Err(ApiError::invalid(
                    "The field `cu_count` of the body must say how many CUs to add or take away.",
                ));
            };
            if !queue.text("elastic_resource_pool_name").is_empty() {
                return Err(ApiError::unsupported(format!(
                    "The queue `{}` is in an elastic resource pool; its size is set by its scaling policies there.",
                    queue.name
                )));
            }
            let now = cu_count(call, &queue);
            let target = if action == "scale_out" { now.saturating_add(step) } else { now - step };
            scale(call, &mut queue, target)?;
            Ok(
                json!({ "is_success": true, "message": "", "queue_name": queue.name, "result": true }),
            )
        }
    }
}

/// Starts to give a queue another size.
fn scale(call: &Call<'_>, queue: &mut Object, target: i64) -> ApiResult<()> {
    if queue.timeline.state(call.now) == "SCALING" {
        return Err(ApiError::unusable(format!(
            "The queue `{}` is being scaled; try again when that is done.",
            queue.name
        )));
    }
    let limit = call.settings.quota_of("cu");
    if target < LEAST_CU || target > limit {
        return Err(ApiError::limit(format!(
            "A queue has {LEAST_CU} to {limit} CUs; {target} were asked for."
        )));
    }
    let before = cu_count(call, queue);
    queue.set("cu_before", before);
    queue.set("cu_count", if call.failure.is_some() { before } else { target });
    queue.timeline = call.settle("SCALING", "AVAILABLE", "AVAILABLE");
    call.update(queue)
}

/// CUs the queue has at present.
fn cu_count(call: &Call<'_>, queue: &Object) -> i64 {
    let field = if queue.timeline.state(call.now) == "SCALING" { "cu_before" } else { "cu_count" };
    queue.get(field).as_i64().unwrap_or_default()
}

fn in_list<'o>(call: &Call<'_>, queue: &'o Object) -> View<'o> {
    let restart = Timeline::within(queue.get("restart"));
    let optional =
        ["queue_type", "engine", "charging_mode", "cidr_in_vpc", "platform", "feature", "labels"];
    common_view(queue)
        .with("queue_name", &queue.name)
        .with("cu_count", cu_count(call, queue))
        .with("is_restarting", restart.state(call.now) == "RESTARTING")
        .with("queue_resource_type", "container")
        .with_those_of(&queue.doc, optional)
}

/// The fields that the list and a single queue spell alike.
fn common_view(queue: &Object) -> View<'_> {
    let optional = [
        "description",
        "owner",
        "resource_id",
        "resource_mode",
        "enterprise_project_id",
        "cu_spec",
        "elastic_resource_pool_name",
    ];
    let view = view! { "queue_id": queue.seq, "create_time": queue.created };
    view.with_those_of(&queue.doc, optional)
}

/// A queue that has to be there; upper and lower case are the same.
pub(super) fn require(call: &Call<'_>, name: &str) -> ApiResult<Object> {
    call.require(KIND, WHAT, &name.to_lowercase())
}

/// The queue a job names, or the built-in one when it names none.
pub(super) fn of_job(call: &Call<'_>, name: &str) -> ApiResult<String> {
    let name = name.to_lowercase();
    if name.is_empty() || name == BUILT_IN {
        return Ok(BUILT_IN.to_owned());
    }
    require(call, &name).map(|queue| queue.name.clone())
}

fn refuse_busy(call: &Call<'_>, queue: &str, what: &str) -> ApiResult<()> {
    let jobs = super::running_on(call, queue)?;
    match jobs.first() {
        None => Ok(()),
        Some(job) => Err(ApiError::unusable(format!(
            "The queue `{queue}` is in use by {} job(s), {job} among them, and cannot be {what}.",
            jobs.len()
        ))),
    }
}

/// A queue's network lies in a private range and has 8 to 24 bits.
fn check_cidr(text: &str) -> ApiResult<()> {
    let (address, length) = net::cidr(text)?;
    let private = [
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
    ];
    if (8..=24).contains(&length)
        && private.iter().any(|range| length >= range.1 && net::holds(*range, address))
    {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "`{text}` is not a valid CIDR for a queue; it has to lie in 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, with a prefix of 8 to 24 bits."
    )))
}

/// The active enhanced connections a queue is bound to, directly or by its pool.
fn connections_of(call: &Call<'_>, queue: &Object) -> ApiResult<Vec<Object>> {
    let pool = queue.text("elastic_resource_pool_name");
    let bound = |connection: &Object, field: &str, name: &str| {
        let entries = connection.get(field).as_array().map_or(&[][..], Vec::as_slice);
        !name.is_empty() && entries.iter().any(|entry| entry["name"] == name)
    };
    let mut connections = call.list("enhanced_connection")?;
    connections.retain(|connection| {
        connection.timeline.state(call.now) == "ACTIVE"
            && (bound(connection, "queues", &queue.name)
                || bound(connection, "elastic_resource_pools", pool))
    });
    Ok(connections)
}

fn test_connectivity(call: &Call<'_>) -> ApiResult {
    let queue = require(call, call.path("queue_name"))?;
    let address = call.text("address");
    let (host, port) = address.rsplit_once(':').unwrap_or((address, ""));
    if host.is_empty() || port.parse::<u16>().is_err() {
        return Err(ApiError::invalid(format!(
            "`{address}` is no address; write host:port, as in 192.168.0.1:2181."
        )));
    }
    // No packet is sent. What a queue can reach is what its connections have hosts and routes for.
    let reaches = |connection: &Object| {
        let any = |field: &str, test: &dyn Fn(&Value) -> bool| {
            connection.get(field).as_array().is_some_and(|entries| entries.iter().any(test))
        };
        let routed = |entry: &Value| {
            let network = entry["cidr"].as_str().and_then(|cidr| net::cidr(cidr).ok());
            network.is_some_and(|network| {
                host.parse().is_ok_and(|address| net::holds(network, address))
            })
        };
        any("hosts", &|entry| entry["name"] == host || entry["ip"] == host)
            || any("routes", &routed)
    };
    let reached = connections_of(call, &queue)?.iter().any(reaches);
    let outcome = if reached && call.failure.is_none() { "REACHABLE" } else { "UNREACHABLE" };
    let mut test = Object::new("", address, call.now, json!({ "address": address }))
        .below(&queue.name)
        .with_timeline(Timeline::starting(call.now, "TESTING").then(call.delay(), outcome));
    let id = call.insert_numbered(TEST, &mut test)?;
    Ok(json!({ "is_success": true, "message": "", "task_id": id }))
}

fn show_connectivity(call: &Call<'_>) -> ApiResult {
    let queue = require(call, call.path("queue_name"))?;
    let id = call.path("task_id");
    let test = call.objects.get(call.project, TEST, &queue.name, id)?;
    let test = test.ok_or_else(|| ApiError::not_found("connectivity test", id))?;
    let outcome = test.timeline.state(call.now);
    let message = match outcome {
        "REACHABLE" => "",
        "UNREACHABLE" => {
            "No active enhanced connection of the queue has a host or a route for this address; the emulator sends no packets."
        }
        _ => "The test is under way.",
    };
    Ok(json!({ "is_success": true, "message": message, "connectivity": outcome }))
}

fn list_plans(call: &Call<'_>) -> ApiResult {
    let mut plans = Vec::new();
    for name in call.path("queue_name").split(',') {
        let queue = require(call, name)?;
        plans.extend(call.objects.list(call.project, PLAN, &queue.name)?);
    }
    let views = plans.iter().map(|plan| View::Document(&plan.doc, Vec::new()).with("id", plan.seq));
    call.write(&view! { "is_success": true, "message": "", "plans": View::list(views) })
}

fn plan_of(call: &Call<'_>) -> ApiResult<Value> {
    let mut plan = call.body.clone();
    if let (Some(begin), Some(end)) =
        (plan["valid_date_begin"].as_i64(), plan["valid_date_end"].as_i64())
        && begin >= end
    {
        return Err(ApiError::invalid(
            "The plan would never be carried out: `valid_date_end` is not after `valid_date_begin`.",
        ));
    }
    if plan["valid_date_end"].as_i64().is_some_and(|end| end < call.now) {
        return Err(ApiError::invalid(
            "The plan would never be carried out: `valid_date_end` has passed.",
        ));
    }
    if plan["activate"].is_null() {
        plan["activate"] = json!(true);
    }
    Ok(plan)
}

fn refuse_plan_of_same_name(call: &Call<'_>, queue: &str, own: i64) -> ApiResult<()> {
    let name = call.text("plan_name");
    match call.objects.by_name(call.project, PLAN, queue, name)? {
        Some(other) if other.seq != own => Err(ApiError::exists("plan of this queue", name)),
        _ => Ok(()),
    }
}

fn create_plan(call: &Call<'_>) -> ApiResult {
    let queue = require(call, call.path("queue_name"))?;
    refuse_plan_of_same_name(call, &queue.name, 0)?;
    let mut plan =
        Object::new("", call.text("plan_name"), call.now, plan_of(call)?).below(&queue.name);
    call.insert_numbered(PLAN, &mut plan)?;
    Ok(done())
}

fn plan(call: &Call<'_>, queue: &str, id: &str) -> ApiResult<Object> {
    let found = call.objects.get(call.project, PLAN, queue, id)?;
    found.ok_or_else(|| ApiError::not_found("plan of this queue", id))
}

fn update_plan(call: &Call<'_>) -> ApiResult {
    let queue = require(call, call.path("queue_name"))?;
    let mut answer = done();
    for id in call.path("plan_id").split(',') {
        let mut plan = plan(call, &queue.name, id.trim())?;
        refuse_plan_of_same_name(call, &queue.name, plan.seq)?;
        plan.name = call.text("plan_name").to_owned();
        plan.doc = plan_of(call)?.as_object().cloned().unwrap_or_default();
        call.update(&mut plan)?;
        answer["plan_id"] = json!(plan.seq);
    }
    answer["queue_name"] = json!(queue.name);
    Ok(answer)
}

fn delete_plan(call: &Call<'_>) -> ApiResult {
    let queue = require(call, call.path("queue_name"))?;
    call.delete(&plan(call, &queue.name, &call.path_number("plan_id").to_string())?)?;
    Ok(done())
}

fn delete_plans(call: &Call<'_>) -> ApiResult {
    let queue = require(call, call.path("queue_name"))?;
    for id in call.body["plan_ids"].as_array().into_iter().flatten() {
        call.delete(&plan(call, &queue.name, &id.to_string())?)?;
    }
    Ok(done())
}

fn list_properties(call: &Call<'_>) -> ApiResult {
    let queue = require(call, call.path("queue_name"))?;
    let properties: Vec<(&String, &Value)> =
        queue.get("properties").as_object().into_iter().flatten().collect();
    let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let page = call.page(properties).into_iter();
    let views = page.map(|(key, value)| view! { "key": key, "value": as_text(value) });
    call.write(&view! { "is_success": true, "message": "", "properties": View::list(views) })
}

fn set_properties(call: &Call<'_>) -> ApiResult {
    let mut queue = require(call, call.path("queue_name"))?;
    let given = call.body["properties"].as_object().filter(|given| !given.is_empty());
    let Some(given) = given else {
        return Err(ApiError::invalid(
            "The field `properties` of the body must hold at least one property.",
        ));
    };
    if let Some(cidr) = given.get("network.cidrInVpc").and_then(Value::as_str) {
        check_cidr(cidr)?;
        queue.set("cidr_in_vpc", cidr);
    }
    let mut properties = queue.get("properties").as_object().cloned().unwrap_or_default();
    properties.extend(given.clone());
    queue.set("properties", properties);
    call.update(&mut queue)?;
    Ok(done())
}

fn delete_properties(call: &Call<'_>) -> ApiResult {
    let mut queue = require(call, call.path("queue_name"))?;
    let mut properties = queue.get("properties").as_object().cloned().unwrap_or_default();
    for key in call.texts("keys") {
        if properties.shift_remove(key).is_none() {
            return Err(ApiError::not_found("property of this queue", key));
        }
    }
    queue.set("properties", properties);
    call.update(&mut queue)?;
    Ok(done())
}

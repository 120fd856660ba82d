//! Elastic resource pools, their queues and how they were scaled.

use serde_json::{Value, json};

use super::{Table, queues};
use crate::call::{Call, done, new_id};
use crate::error::{ApiError, ApiResult};
use crate::net;
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_elastic_resource_pool", create),
    ("list_elastic_resource_pools", list),
    ("update_elastic_resource_pool", update),
    ("delete_elastic_resource_pool", delete),
    ("list_elastic_resource_pool_queues", list_queues),
    ("associate_queue_to_elastic_resource_pool", associate),
    ("update_elastic_resource_pool_queue", set_policies),
    ("list_elastic_resource_pool_scale_records", scale_records),
    ("create_period_elastic_resource_pool_order", order),
    ("create_period_elastic_resource_pool_spec_change_order", order_change),
];

pub(super) const KIND: &str = "elastic_resource_pool";
const WHAT: &str = "elastic resource pool";
const RECORD: &str = "elastic_resource_pool_scaling";
const DAY: i64 = 24 * 3600 * 1000;

fn create(call: &Call<'_>) -> ApiResult {
    let name = insert(call)?;
    Ok(json!({ "is_success": true, "message": "", "elastic_resource_pool_name": name }))
}

fn order(call: &Call<'_>) -> ApiResult {
    insert(call)?;
    Ok(json!({ "is_success": true, "message": "", "order_id": new_id() }))
}

fn insert(call: &Call<'_>) -> ApiResult<String> {
    let name = call.text("elastic_resource_pool_name").to_lowercase();
    call.must_be_new(KIND, WHAT, &name)?;
    call.settings
        .check_quota("elastic_resource_pool", call.objects.count(call.project, KIND, "")?)?;
    let mut doc = call.body.clone();
    check_size(&doc)?;
    match doc["cidr_in_vpc"].as_str() {
        Some(cidr) => drop(net::cidr(cidr)?),
        None => doc["cidr_in_vpc"] = json!("172.16.0.0/12"),
    }
    if doc["charging_mode"].is_null() {
        doc["charging_mode"] = json!(1);
    }
    doc["current_cu"] = doc["min_cu"].clone();
    doc["owner"] = json!(call.caller.user);
    doc["resource_id"] = json!(new_id());
    let mut pool = Object::new(&name, &name, call.now, doc).with_timeline(call.settle(
        "CREATING",
        "AVAILABLE",
        "FAILED",
    ));
    call.note_failure(&mut pool);
    call.insert(KIND, &mut pool)?;
    Ok(name)
}

/// The standard edition begins at 64 CUs, the basic one has 16 to 64.
fn check_size(pool: &Value) -> ApiResult<()> {
    let (min, max) = (pool["min_cu"].as_i64().unwrap_or(0), pool["max_cu"].as_i64().unwrap_or(0));
    if min > max {
        return Err(ApiError::invalid(format!(
            "The field `min_cu` ({min}) must not be greater than `max_cu` ({max})."
        )));
    }
    let basic = pool["label"]["spec"] == "basic";
    if basic && max > 64 {
        return Err(ApiError::invalid(
            "An elastic resource pool of the basic edition has 16 to 64 CUs.",
        ));
    }
    if !basic && min < 64 {
        return Err(ApiError::invalid(
            "An elastic resource pool of the standard edition has at least 64 CUs; the label `spec` = `basic` asks for the basic edition.",
        ));
    }
    Ok(())
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut pools = call.list(KIND)?;
    let part = call.query("name").map(str::to_lowercase);
    pools.retain(|pool| {
        part.as_ref().is_none_or(|part| pool.name.contains(part))
            && call.query("status").is_none_or(|state| state == pool.timeline.state(call.now))
            && call.query("tags").is_none_or(|filter| call.has_tags(pool, filter))
    });
    let count = pools.len();
    let page = call.page(pools);
    let queues = call.list(queues::KIND)?;
    call.write(&view! {
        "is_success": true,
        "message": "",
        "count": count,
        "elastic_resource_pools": View::list(page.iter().map(|pool| view(call, pool, &queues))),
    })
}

/// A pool, with those of the project's queues that are in it.
fn view<'o>(call: &Call<'_>, pool: &'o Object, queues: &'o [Object]) -> View<'o> {
    let status = pool.timeline.state(call.now);
    let own = queues.iter().filter(|queue| is_in(queue, &pool.name));
    let current = match status {
        "CREATING" | "FAILED" => View::Int(0),
        "SCALING" => pool.get("origin_cu").into(),
        _ => pool.get("current_cu").into(),
    };
    let view = view! {
        "id": pool.seq,
        "elastic_resource_pool_name": &pool.name,
        "status": status,
        "fail_reason": call.failure_of(pool, "FAILED"),
        "current_cu": current.clone(),
        "actual_cu": current,
        "queues": View::list(own.map(|queue| &queue.name)),
        "create_time": pool.created,
        "update_time": pool.updated,
    };
    let optional = [
        "description",
        "owner",
        "min_cu",
        "max_cu",
        "charging_mode",
        "cidr_in_vpc",
        "resource_id",
        "prepay_cu",
        "enterprise_project_id",
        "label",
        "ipv6_enable",
    ];
    view.with_those_of(&pool.doc, optional)
}

fn update(call: &Call<'_>) -> ApiResult {
    let mut pool = of_path(call)?;
    must_be_available(call, &pool)?;
    let before = pool.get("current_cu").as_i64().unwrap_or_default();
    let sized = ["min_cu", "max_cu"].iter().any(|field| !call.body[*field].is_null());
    for field in ["description", "min_cu", "max_cu"] {
        if !call.body[field].is_null() {
            pool.set(field, call.body[field].clone());
        }
    }
    check_size(&Value::Object(pool.doc.clone()))?;
    if sized {
        let (min, max) =
            (pool.get("min_cu").as_i64().unwrap_or(0), pool.get("max_cu").as_i64().unwrap_or(0));
        let target = before.clamp(min, max);
        if target != before {
            rescale(call, &mut pool, before, target)?;
        }
    }
    call.update(&mut pool)?;
    Ok(done())
}

/// Starts to give a pool another size, and writes the record of it.
fn rescale(call: &Call<'_>, pool: &mut Object, before: i64, target: i64) -> ApiResult<()> {
    let reached = if call.failure.is_some() { before } else { target };
    pool.set("origin_cu", before);
    pool.set("current_cu", reached);
    pool.timeline = call.settle("SCALING", "AVAILABLE", "AVAILABLE");
    let mut record = Object::new(
        "",
        "",
        call.now,
        json!({
            "max_cu": pool.get("max_cu"),
            "min_cu": pool.get("min_cu"),
            "origin_cu": before,
            "current_cu": reached,
            "target_cu": target,
            "record_time": call.now + call.delay(),
            "status": if call.failure.is_some() { "fail" } else { "success" },
            "fail_reason": call.failure.as_deref().unwrap_or_default(),
        }),
    )
    .below(&pool.name);
    call.insert_numbered(RECORD, &mut record)?;
    Ok(())
}

fn delete(call: &Call<'_>) -> ApiResult {
    let pool = of_path(call)?;
    if pool.timeline.state(call.now) == "CREATING" {
        return Err(ApiError::unusable(format!(
            "The elastic resource pool `{}` is still being created.",
            pool.name
        )));
    }
    if let Some(queue) = queues_of(call, &pool.name)?.first() {
        return Err(ApiError::unusable(format!(
            "The elastic resource pool `{}` still has queues, `{}` among them; delete them first.",
            pool.name, queue.name
        )));
    }
    call.objects.delete_below(call.project, RECORD, &pool.name)?;
    call.delete(&pool)?;
    Ok(done())
}

fn list_queues(call: &Call<'_>) -> ApiResult {
    let pool = of_path(call)?;
    let mut queues = queues_of(call, &pool.name)?;
    let wanted = call.query("queue_name").map(str::to_lowercase);
    queues.retain(|queue| wanted.as_ref().is_none_or(|name| *name == queue.name));
    let count = queues.len();
    let page = call.page(queues);
    let views = page.iter().map(|queue| {
        let view = view! {
            "queue_name": &queue.name,
            "queue_type": queue.get("queue_type"),
            "queue_scaling_policies": queue.get("queue_scaling_policies"),
            "owner": queue.get("owner"),
            "create_time": queue.created,
        };
        view.with_those_of(&queue.doc, ["enterprise_project_id", "engine"])
    });
    call.write(&view! {
        "is_success": true,
        "message": "",
        "queues": View::list(views),
        "count": count,
    })
}

fn associate(call: &Call<'_>) -> ApiResult {
    let pool = of_path(call)?;
    must_be_available(call, &pool)?;
    let mut queue = queues::require(call, call.text("queue_name"))?;
    let current = queue.text("elastic_resource_pool_name");
    if !current.is_empty() {
        let problem = format!(
            "The queue `{}` is in the elastic resource pool `{current}` already.",
            queue.name
        );
        return Err(ApiError::new(400, "DLI.0006", problem));
    }
    queue.set("elastic_resource_pool_name", pool.name.as_str());
    queue.set("queue_scaling_policies", json!([default_policy(queue.get("cu_count"))]));
    call.update(&mut queue)?;
    Ok(done())
}

/// The policy a queue has until it is given others: its own size, the whole day.
pub(super) fn default_policy(cu: &Value) -> Value {
    json!({
        "priority": 1,
        "impact_start_time": "00:00",
        "impact_stop_time": "24:00",
        "min_cu": cu,
        "max_cu": cu,
    })
}

fn set_policies(call: &Call<'_>) -> ApiResult {
    let pool = of_path(call)?;
    let mut queue = queues::require(call, call.path("queue_name"))?;
    if queue.text("elastic_resource_pool_name") != pool.name {
        return Err(ApiError::not_found("queue in this elastic resource pool", &queue.name));
    }
    let policies = call.body["queue_scaling_policies"].as_array().map_or(&[][..], Vec::as_slice);
    let mut spans: Vec<(u32, u32)> = Vec::new();
    for (index, policy) in policies.iter().enumerate() {
        let time = |field: &str| {
            let text = policy[field].as_str().unwrap_or_default();
            minutes(text).ok_or_else(|| {
                ApiError::invalid(format!("The field `queue_scaling_policies[{index}].{field}` is not a time of day such as 08:30."))
            })
        };
        let span = (time("impact_start_time")?, time("impact_stop_time")?);
        if span.0 >= span.1 {
            return Err(ApiError::invalid(format!("The policy {index} ends before it begins.")));
        }
        let (min, max) =
            (policy["min_cu"].as_i64().unwrap_or(0), policy["max_cu"].as_i64().unwrap_or(0));
        let most = pool.get("max_cu").as_i64().unwrap_or(0);
        if min < 0 || min > max || max > most {
            return Err(ApiError::invalid(format!(
                "The policy {index} asks for {min} to {max} CUs; the pool has at most {most}."
            )));
        }
        spans.push(span);
    }
    if spans.iter().filter(|span| **span == (0, 24 * 60)).count() != 1 {
        return Err(ApiError::invalid(
            "Exactly one policy has to hold the whole day, from 00:00 to 24:00.",
        ));
    }
    spans.retain(|span| *span != (0, 24 * 60));
    spans.sort_unstable();
    if spans.windows(2).any(|pair| pair[0].1 > pair[1].0) {
        return Err(ApiError::invalid("Two policies overlap."));
    }
    queue.set("queue_scaling_policies", policies);
    call.update(&mut queue)?;
    Ok(done())
}

fn minutes(text: &str) -> Option<u32> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 24 * 60).then_some(total)
}

fn scale_records(call: &Call<'_>) -> ApiResult {
    let pool = of_path(call)?;
    let (start, end) = (call.query_int("start_time"), call.query_int("end_time"));
    let (from, to) = match (start, end) {
        (None, None) => (call.now - 15 * DAY, call.now),
        (None, Some(end)) => (end.saturating_sub(7 * DAY), end),
        (Some(start), end) => (start, end.unwrap_or(call.now)),
    };
    if from > to || to > call.now.saturating_add(60_000) {
        return Err(ApiError::invalid(
            "`start_time` has to lie before `end_time`, and `end_time` not in the future.",
        ));
    }
    let mut records = call.objects.list(call.project, RECORD, &pool.name)?;
    records.retain(|record| {
        let at = record.get("record_time").as_i64().unwrap_or(0);
        at >= from
            && at <= to
            && call.query("status").is_none_or(|status| status == record.text("status"))
    });
    let page = call.page(records);
    let items = page.iter().map(|record| View::Document(&record.doc, Vec::new()));
    call.write(&view! { "count": page.len(), "items": View::list(items) })
}

fn order_change(call: &Call<'_>) -> ApiResult {
    let name = call.text("elastic_resource_pool_name").to_lowercase();
    let mut pool = call.require(KIND, WHAT, &name)?;
    must_be_available(call, &pool)?;
    if pool.get("charging_mode") != 2 {
        return Err(ApiError::unsupported(format!(
            "The elastic resource pool `{name}` is not paid in advance."
        )));
    }
    let target = call.body["target_cu"].as_i64().unwrap_or(0);
    let most = pool.get("max_cu").as_i64().unwrap_or(0);
    if target < 16 || target > most {
        return Err(ApiError::limit(format!(
            "`target_cu` has to be between 16 and the `max_cu` of the pool, {most}."
        )));
    }
    pool.set("prepay_cu", target);
    call.update(&mut pool)?;
    Ok(json!({ "is_success": true, "message": "", "order_id": new_id() }))
}

fn of_path(call: &Call<'_>) -> ApiResult<Object> {
    call.require(KIND, WHAT, &call.path("elastic_resource_pool_name").to_lowercase())
}

/// The pool of this name, which has to be usable.
pub(super) fn require_available(call: &Call<'_>, name: &str) -> ApiResult<()> {
    must_be_available(call, &call.require(KIND, WHAT, name)?)
}

fn must_be_available(call: &Call<'_>, pool: &Object) -> ApiResult<()> {
    match pool.timeline.state(call.now) {
        "AVAILABLE" => Ok(()),
        state => Err(ApiError::unusable(format!(
            "The elastic resource pool `{}` is {state}, not AVAILABLE.",
            pool.name
        ))),
    }
}

fn queues_of(call: &Call<'_>, pool: &str) -> ApiResult<Vec<Object>> {
    let mut queues = call.list(queues::KIND)?;
    queues.retain(|queue| is_in(queue, pool));
    Ok(queues)
}

fn is_in(queue: &Object, pool: &str) -> bool {
    queue.text("elastic_resource_pool_name") == pool
}

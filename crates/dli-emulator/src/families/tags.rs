//! Tags of queues, databases, pools, connections, package groups and Flink jobs.

use serde_json::{Value, json};

use super::{Table, databases, elastic_resource_pools, flink_jobs, queues, resources};
use crate::call::Call;
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("count_resources_by_tags", count),
    ("list_resources_by_tags", filter),
    ("list_resources_tags", keys),
    ("show_resource_tags", show),
    ("batch_create_resource_tags", add),
    ("batch_delete_resource_tags", remove),
];

/// A resource carries no more tags than this.
const MOST: usize = 20;

/// The kind of objects that a type of resources stands for.
fn kind(call: &Call<'_>) -> ApiResult<&'static str> {
    Ok(match call.path("resource_type") {
        "dli_queue" => queues::KIND,
        "dli_database" => databases::KIND,
        "dli_elastic_resource_pool" => elastic_resource_pools::KIND,
        "dli_enhanced_datasource" => "enhanced_connection",
        "dli_flink_job" => flink_jobs::KIND,
        "dli_package_resource" => resources::GROUP,
        other => {
            return Err(ApiError::invalid(format!(
                "`{other}` is no type of resources that can have tags."
            )));
        }
    })
}

fn all(call: &Call<'_>) -> ApiResult<Vec<Object>> {
    let mut objects = call.list(kind(call)?)?;
    objects.retain(|object| object.timeline.state(call.now) != "DELETED");
    Ok(objects)
}

/// The resource of the path, by its id, its resource id or its name.
fn of_path(call: &Call<'_>) -> ApiResult<Object> {
    let id = call.path("resource_id");
    let named =
        |object: &Object| object.id == id || object.text("resource_id") == id || object.name == id;
    let found = all(call)?.into_iter().find(named);
    found.ok_or_else(|| ApiError::not_found(call.path("resource_type"), id))
}

fn tags_of(object: &Object) -> &[Value] {
    object.get("tags").as_array().map_or(&[], Vec::as_slice)
}

fn matching(call: &Call<'_>) -> ApiResult<Vec<Object>> {
    let mut objects = all(call)?;
    let wanted = call.body["tags"].as_array().map_or(&[][..], Vec::as_slice);
    let fields = call.body["matches"].as_array().map_or(&[][..], Vec::as_slice);
    objects.retain(|object| {
        let tags = tags_of(object);
        let tagged = wanted.iter().all(|want| {
            let values = want["values"].as_array().map_or(&[][..], Vec::as_slice);
            tags.iter().any(|tag| {
                tag["key"] == want["key"] && (values.is_empty() || values.contains(&tag["value"]))
            })
        });
        let fits = fields.iter().all(|field| match field["key"].as_str() {
            Some("resource_name") => {
                field["value"].as_str().is_some_and(|part| object.name.contains(part))
            }
            Some("resource_id") => field["value"].as_str() == Some(&object.id),
            Some(key) => object.get(key) == &field["value"],
            None => false,
        });
        let bare = call.body["without_any_tag"] != json!(true) || tags.is_empty();
        tagged && fits && bare
    });
    Ok(objects)
}

fn count(call: &Call<'_>) -> ApiResult {
    Ok(json!({ "is_success": true, "message": "", "total_count": matching(call)?.len() }))
}

fn filter(call: &Call<'_>) -> ApiResult {
    let found = matching(call)?;
    let total = found.len();
    let page = call.page(found);
    let views = page.iter().map(|object| {
        view! {
            "resource_id": &object.id,
            "resource_name": &object.name,
            "resource_detail": Value::Null,
            "tags": View::list(tags_of(object)),
        }
    });
    call.write(&view! {
        "is_success": true,
        "message": "",
        "resources": View::list(views),
        "total_count": total,
    })
}

fn keys(call: &Call<'_>) -> ApiResult {
    let objects = all(call)?;
    let mut keys: Vec<(&Value, Vec<&Value>)> = Vec::new();
    for tag in objects.iter().flat_map(tags_of) {
        let (key, value) = (&tag["key"], &tag["value"]);
        match keys.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) if values.contains(&value) => {}
            Some((_, values)) => values.push(value),
            None => keys.push((key, vec![value])),
        }
    }
    let count = keys.len();
    let page = call.page(keys).into_iter();
    let tags = page.map(|(key, values)| view! { "key": key, "values": View::list(values) });
    call.write(&view! { "count": count, "tags": View::list(tags) })
}

fn show(call: &Call<'_>) -> ApiResult {
    let object = of_path(call)?;
    let tags: Vec<&Value> = tags_of(&object).iter().collect();
    call.write(&view! { "count": tags.len(), "tags": View::list(call.page(tags)) })
}

fn add(call: &Call<'_>) -> ApiResult {
    let mut object = of_path(call)?;
    let mut tags = tags_of(&object).to_vec();
    for tag in call.body["tags"].as_array().into_iter().flatten() {
        // A key is there once; adding it again gives it another value.
        tags.retain(|known| known["key"] != tag["key"]);
        tags.push(json!({ "key": tag["key"], "value": tag["value"] }));
    }
    if tags.len() > MOST {
        return Err(ApiError::limit(format!("A resource carries at most {MOST} tags.")));
    }
    object.set("tags", tags);
    call.update(&mut object)?;
    Ok(json!(""))
}

fn remove(call: &Call<'_>) -> ApiResult {
    let mut object = of_path(call)?;
    let mut tags = tags_of(&object).to_vec();
    for tag in call.body["tags"].as_array().into_iter().flatten() {
        let before = tags.len();
        tags.retain(|known| known["key"] != tag["key"]);
        if tags.len() == before {
            return Err(ApiError::not_found(
                "tag on this resource",
                tag["key"].as_str().unwrap_or_default(),
            ));
        }
    }
    object.set("tags", tags);
    call.update(&mut object)?;
    Ok(json!(""))
}

//! Rules that guard queues against harmful SQL. They are kept and listed, not applied.

use serde_json::{Value, json};

use super::{Table, queues};
use crate::call::{Call, done, new_id};
use crate::description::DESCRIPTION;
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_sql_job_defend_rule", create),
    ("list_sql_job_defend_rules", list),
    ("show_sql_job_defend_rule", show),
    ("update_sql_job_defend_rule", update),
    ("delete_sql_job_defend_rule", delete),
    ("list_sql_job_system_defend_rules", list_built_in),
    ("show_sql_job_system_defend_rule", show_built_in),
];

const KIND: &str = "sql_defend_rule";
const WHAT: &str = "SQL defend rule";

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("rule_name");
    call.must_be_new(KIND, WHAT, name)?;
    let doc = checked(call)?;
    call.insert(KIND, &mut Object::new(new_id(), name, call.now, doc))?;
    Ok(done())
}

fn update(call: &Call<'_>) -> ApiResult {
    let mut rule = of_path(call)?;
    call.rename(KIND, WHAT, &mut rule, Some(call.text("rule_name")))?;
    rule.doc = checked(call)?.as_object().cloned().unwrap_or_default();
    call.update(&mut rule)?;
    Ok(done())
}

/// The body, if its parts agree with one another.
fn checked(call: &Call<'_>) -> ApiResult<Value> {
    let (rule, category) = (call.text("rule_id"), call.text("category"));
    if category_of(rule) != category {
        return Err(ApiError::invalid(format!(
            "The rule `{rule}` is of the category `{}`, not `{category}`.",
            category_of(rule)
        )));
    }
    for queue in call.texts("queue_names") {
        queues::of_job(call, queue)?;
    }
    Ok(call.body.clone())
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut rules = call.list(KIND)?;
    rules.retain(|rule| {
        let queues = rule.get("queue_names").as_array().map_or(&[][..], Vec::as_slice);
        call.query("rule_name").is_none_or(|name| name == rule.name)
            && call.query("queue_name").is_none_or(|name| {
                queues
                    .iter()
                    .filter_map(Value::as_str)
                    .any(|queue| queue.eq_ignore_ascii_case(name))
            })
    });
    let total = rules.len();
    let page = call.page(rules);
    let views = page.iter().map(|rule| view(call, rule));
    call.write(&view! { "rules": View::list(views), "total_count": total })
}

fn show(call: &Call<'_>) -> ApiResult {
    call.write(&view(call, &of_path(call)?))
}

fn delete(call: &Call<'_>) -> ApiResult {
    call.delete(&of_path(call)?)?;
    Ok(done())
}

fn of_path(call: &Call<'_>) -> ApiResult<Object> {
    call.require(KIND, WHAT, call.path("rule_id"))
}

fn view<'o>(call: &'o Call<'_>, rule: &'o Object) -> View<'o> {
    let view = view! {
        "rule_uuid": &rule.id,
        "project_id": call.project,
        "rule_name": &rule.name,
        "create_time": rule.created,
        "update_time": rule.updated,
    };
    view.with_those_of(&rule.doc, ["rule_id", "category", "engine_rules", "queue_names"])
}

/// The built-in rules, by the ids the description has. What each does is not documented.
fn built_in() -> impl Iterator<Item = &'static str> {
    let schema = DESCRIPTION.bundle.schemas().get("SqlDefendRuleId").unwrap_or(&Value::Null);
    schema["x-extensible-enum"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn category_of(rule: &str) -> &str {
    rule.split('_').next().unwrap_or_default()
}

fn built_in_view(id: &str) -> Value {
    json!({ "rule_id": id, "category": category_of(id) })
}

fn list_built_in(_call: &Call<'_>) -> ApiResult {
    let rules: Vec<Value> = built_in().map(built_in_view).collect();
    Ok(json!({ "total_count": rules.len(), "rules": rules }))
}

fn show_built_in(call: &Call<'_>) -> ApiResult {
    let id = call.path("rule_id");
    match built_in().find(|known| *known == id) {
        Some(id) => Ok(built_in_view(id)),
        None => Err(ApiError::not_found("built-in SQL defend rule", id)),
    }
}

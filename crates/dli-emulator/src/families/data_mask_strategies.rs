//! Strategies that mask columns. They are kept and listed; nothing is masked here.

use serde_json::{Value, json};

use super::{Table, databases, tables};
use crate::call::{Call, done, new_id};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_data_mask_strategy", create),
    ("list_data_mask_strategies", list),
    ("delete_data_mask_strategy", delete),
    ("create_data_mask_strategy_user_auth", authorize),
];

const KIND: &str = "data_mask_strategy";
const WHAT: &str = "data mask strategy";

fn create(call: &Call<'_>) -> ApiResult {
    let name = call.text("name");
    call.must_be_new(KIND, WHAT, name)?;
    let database = databases::require(call, call.text("database_name"))?;
    let table = tables::require(call, &database.name, call.text("table_name"))?;
    let columns = table.get("columns").as_array().map_or(&[][..], Vec::as_slice);
    for rule in call.body["rules"].as_array().into_iter().flatten() {
        let wanted = rule["column_name"].as_str().unwrap_or_default();
        let known = |column: &Value| {
            column["column_name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
        };
        if !columns.iter().any(known) {
            return Err(ApiError::not_found("column in this table", wanted));
        }
    }
    let id = new_id();
    let mut doc = call.body.clone();
    doc["database_name"] = json!(database.name);
    doc["table_name"] = json!(table.name);
    call.insert(KIND, &mut Object::new(&id, name, call.now, doc))?;
    Ok(json!({ "name": name, "strategy_id": id }))
}

fn list(call: &Call<'_>) -> ApiResult {
    let mut strategies = call.list(KIND)?;
    let same = |wanted: Option<&str>, field: &str, strategy: &Object| {
        wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(strategy.text(field)))
    };
    strategies.retain(|strategy| {
        call.query("name").is_none_or(|name| name == strategy.name)
            && same(call.query("database_name"), "database_name", strategy)
            && same(call.query("table_name"), "table_name", strategy)
    });
    let page = call.page(strategies);
    let views = page.iter().map(|strategy| view(call, strategy));
    call.write(&view! { "strategies": View::list(views) })
}

fn view<'o>(call: &'o Call<'_>, strategy: &'o Object) -> View<'o> {
    let rules = strategy.get("rules").as_array().map_or(&[][..], Vec::as_slice);
    let rules = rules.iter().map(|rule| {
        view! {
            "column_name": &rule["column_name"],
            "rule_id": &rule["rule_id"],
            "create_time": strategy.created,
        }
    });
    view! {
        "strategy_id": &strategy.id,
        "name": &strategy.name,
        "project_id": call.project,
        "database_name": strategy.get("database_name"),
        "table_name": strategy.get("table_name"),
        "rules": View::list(rules),
        "create_time": strategy.created,
        "update_time": strategy.updated,
    }
}

fn delete(call: &Call<'_>) -> ApiResult {
    call.delete(&call.require(KIND, WHAT, call.path("strategy_id"))?)?;
    Ok(done())
}

fn authorize(call: &Call<'_>) -> ApiResult {
    for entry in call.body["white_list"].as_array().into_iter().flatten() {
        let mut strategy =
            call.require(KIND, WHAT, entry["strategy_id"].as_str().unwrap_or_default())?;
        strategy.set("user_ids", entry["user_ids"].clone());
        call.update(&mut strategy)?;
    }
    Ok(done())
}

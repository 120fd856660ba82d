//! How much a project may have, and how much of it is in use.

use serde_json::{Value, json};

use super::{Table, databases, elastic_resource_pools, queues, tables};
use crate::call::Call;
use crate::error::ApiResult;

pub(super) const TABLE: Table = &[("show_quota", show)];

fn show(call: &Call<'_>) -> ApiResult {
    let count = |kind: &str| call.objects.count(call.project, kind, "");
    let cu: i64 =
        call.list(queues::KIND)?.iter().filter_map(|queue| queue.get("cu_count").as_i64()).sum();
    let entry = |kind: &str, used: i64| {
        let quota = call.settings.quota_of(kind);
        json!({ "type": kind, "quota": quota, "used": used, "min": 0, "max": quota })
    };
    let tables =
        i64::try_from(call.objects.list_all(call.project, tables::KIND)?.len()).unwrap_or(i64::MAX);
    let entries: Vec<Value> = vec![
        entry("queue", count(queues::KIND)?),
        entry("cu", cu),
        entry("elastic_resource_pool", count(elastic_resource_pools::KIND)?),
        entry("database", count(databases::KIND)?),
        entry("table", tables),
        entry("flink_template", count("flink_template")?),
    ];
    Ok(json!({ "is_success": true, "quotas": { "resources": entries } }))
}

//! What answers each operation: one module a family, one table a module.

mod agencies;
mod catalogs;
mod clusters;
mod data_mask_strategies;
pub(crate) mod databases;
mod datasource_auth;
mod datasource_connections;
mod edge;
mod elastic_resource_pools;
mod enhanced_connections;
mod flink_jobs;
mod flink_templates;
mod global_variables;
mod obs;
mod permissions;
mod queues;
mod quotas;
mod resources;
mod sessions_statements;
mod spark_jobs;
mod spark_templates;
mod sql_defend_rules;
pub(crate) mod sql_jobs;
mod sql_templates;
pub(crate) mod tables;
mod tags;
mod uploads;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::call::{Call, Handler};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;

/// Operation ids with what answers them.
type Table = &'static [(&'static str, Handler)];

const TABLES: &[Table] = &[
    agencies::TABLE,
    catalogs::TABLE,
    clusters::TABLE,
    data_mask_strategies::TABLE,
    databases::TABLE,
    datasource_auth::TABLE,
    datasource_connections::TABLE,
    edge::TABLE,
    elastic_resource_pools::TABLE,
    enhanced_connections::TABLE,
    flink_jobs::TABLE,
    flink_templates::TABLE,
    global_variables::TABLE,
    permissions::TABLE,
    queues::TABLE,
    quotas::TABLE,
    resources::TABLE,
    sessions_statements::TABLE,
    spark_jobs::TABLE,
    spark_templates::TABLE,
    sql_defend_rules::TABLE,
    sql_jobs::TABLE,
    sql_templates::TABLE,
    tables::TABLE,
    tags::TABLE,
    uploads::TABLE,
];

static HANDLERS: LazyLock<HashMap<&str, Handler>> =
    LazyLock::new(|| TABLES.iter().copied().flatten().copied().collect());

/// What answers an operation.
pub(crate) fn handler(operation: &str) -> Option<Handler> {
    HANDLERS.get(operation).copied()
}

/// The jobs that take up a queue, by id.
fn running_on(call: &Call<'_>, queue: &str) -> ApiResult<Vec<String>> {
    let mut running = Vec::new();
    for (kind, field, is_over) in [
        (sql_jobs::KIND, "queue_name", sql_jobs::is_over as fn(&Object, i64) -> bool),
        (spark_jobs::KIND, "queue", spark_jobs::is_over),
        (flink_jobs::KIND, "queue_name", |job, now| {
            !flink_jobs::is_active(job.timeline.state(now))
        }),
    ] {
        let jobs = call.list(kind)?;
        let own =
            jobs.into_iter().filter(|job| job.text(field) == queue && !is_over(job, call.now));
        running.extend(own.map(|job| job.id.clone()));
    }
    Ok(running)
}

/// A name that no connection has. A deleted one gives its name free; only the latest one can still
/// have it.
fn require_free_name(call: &Call<'_>, kind: &str, what: &str, name: &str) -> ApiResult<()> {
    match call.objects.by_name(call.project, kind, "", name)? {
        Some(other) if other.timeline.state(call.now) != "DELETED" => {
            Err(ApiError::exists(what, name))
        }
        _ => Ok(()),
    }
}

/// The lines of a log that a request asks for: the last 100, or some from a line on.
fn lines_from(call: &Call<'_>, lines: Vec<String>) -> Vec<String> {
    let number = |name: &str| call.query_int(name).and_then(|number| usize::try_from(number).ok());
    let (from, size) = (number("from"), number("size"));
    let skip = from.unwrap_or_else(|| lines.len().saturating_sub(size.unwrap_or(100)));
    lines.into_iter().skip(skip).take(size.unwrap_or(usize::MAX)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::DESCRIPTION;

    #[test]
    fn every_operation_of_the_description_has_a_handler() {
        let missing: Vec<&str> = DESCRIPTION
            .bundle
            .operations()
            .iter()
            .map(|operation| operation.id.as_str())
            .filter(|id| handler(id).is_none())
            .collect();
        assert_eq!(missing, [""; 0]);
    }

    #[test]
    fn every_handler_answers_an_operation_of_the_description() {
        for id in HANDLERS.keys() {
            assert!(DESCRIPTION.bundle.operation(id).is_some(), "{id}");
        }
    }
}

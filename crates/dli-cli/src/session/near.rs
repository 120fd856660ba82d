//! Did you mean …? What is called alike, where a name is not known to the service.

use super::Session;
use crate::description::alike;
use crate::request::Request;

/// A parameter or a field of the body that names something, the operation that lists such
/// things, the field of their names, and a parameter that says where to look. What holds others
/// comes first.
const NAMED: &[(&str, &str, &str, Option<&str>)] = &[
    ("queue_name", "list_queues", "queue_name", None),
    ("queue", "list_queues", "queue_name", None),
    ("database_name", "list_databases", "database_name", None),
    ("currentdb", "list_databases", "database_name", None),
    ("table_name", "list_tables", "table_name", Some("database_name")),
    (
        "elastic_resource_pool_name",
        "list_elastic_resource_pools",
        "elastic_resource_pool_name",
        None,
    ),
    ("var_name", "list_global_variables", "var_name", None),
    ("resource_name", "list_job_resources", "resource_name", None),
];

/// More names than these are not looked through.
const MOST: usize = 1000;

impl Session {
    /// What a request, whose object does not exist, may have meant.
    pub(super) async fn near(&self, request: &Request) -> Option<String> {
        for (parameter, list, field, within) in NAMED {
            let body = request.body.as_ref().and_then(|body| body.get(parameter));
            let wanted = request.parameter(parameter).or(body).and_then(|value| value.as_str());
            let Some(wanted) = wanted else { continue };
            let mut listing = Request::of(list);
            if let Some(within) = within {
                listing = listing.maybe(within, request.parameter(within).cloned());
            }
            if *list == "list_queues" {
                listing = listing.set("queue_type", "all");
            }
            // Listing calls the service as this does; without a box it would be its own part.
            let items = Box::pin(self.list(listing, Some(MOST))).await.ok()?;
            let names: Vec<&str> = items.iter().filter_map(|item| item[*field].as_str()).collect();
            if !names.iter().any(|name| name.eq_ignore_ascii_case(wanted)) {
                let near = alike(&wanted.to_lowercase(), names.into_iter());
                return near.first().map(|near| (*near).to_owned());
            }
        }
        None
    }
}

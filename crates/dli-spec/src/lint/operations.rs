//! Rules for operations: ids, sources, idempotence, paging, parameters, statuses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::FileFindings;
use crate::description::{SHARED, object, stem};
use crate::{Description, Paging, PagingStyle};

pub(super) fn check(findings: &mut FileFindings<'_>, description: &Description, document: &Value) {
    for (path, item) in object(&document["paths"]) {
        for (method, operation) in object(item) {
            let at = operation["operationId"].as_str().unwrap_or(path).to_owned();
            let lookup = Lookup { description, document };
            check_head(findings, &at, operation);
            check_parameters(findings, &at, path, operation, &lookup);
            check_bodies(findings, &at, method, operation, &lookup);
            check_paging(findings, &at, operation, &lookup);
        }
    }
}

/// Follows references out of one file.
struct Lookup<'a> {
    description: &'a Description,
    document: &'a Value,
}

impl<'a> Lookup<'a> {
    fn follow(&self, value: &'a Value) -> &'a Value {
        let mut value = value;
        // References from dli.yaml to itself and from a family to dli.yaml: both end soon.
        for _ in 0..8 {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else { return value };
            let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
            let shared = &self.description.documents[SHARED];
            let home = if file == SHARED { shared } else { self.document };
            value =
                home.pointer(pointer).or_else(|| shared.pointer(pointer)).unwrap_or(&Value::Null);
        }
        value
    }
}

fn check_head(findings: &mut FileFindings<'_>, at: &str, operation: &Value) {
    let id = operation["operationId"].as_str().unwrap_or_default();
    let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if id.is_empty() || !id.chars().all(snake) {
        findings.add(at, "operationId: give one in snake_case");
    }
    let family = stem(findings.file).to_owned();
    if operation["tags"] != serde_json::json!([family]) {
        findings.add(at, format!("tags: write [{family}], the family this file describes"));
    }
    let summary = operation["summary"].as_str().unwrap_or_default();
    if !summary.ends_with('.') || summary.contains('\n') || summary.len() > 100 {
        findings.add(at, "summary: one short sentence with a full stop");
    }
    if operation["description"].as_str().is_none_or(|text| text.trim().len() < 20) {
        findings.add(at, "description: say what the operation does");
    }
    if !operation["x-idempotent"].is_boolean() {
        findings.add(at, "x-idempotent: say true or false");
    }
    let sources = operation["x-sources"].as_array().map_or(&[][..], Vec::as_slice);
    if sources.is_empty() {
        findings.add(at, "x-sources: name the pages it was read from");
    }
    for source in sources {
        let known = ["zh/", "en/", "seeds/", "explorer/", "sdk/"];
        if !source.as_str().is_some_and(|s| known.iter().any(|prefix| s.starts_with(prefix))) {
            findings
                .add(at, format!("x-sources: {source} is not below zh, en, seeds, explorer, sdk"));
        }
    }
}

fn check_parameters(
    findings: &mut FileFindings<'_>,
    at: &str,
    path: &str,
    operation: &Value,
    lookup: &Lookup<'_>,
) {
    let placeholders: BTreeSet<&str> =
        path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
    let mut in_path = BTreeSet::new();
    let mut rust_names = BTreeMap::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = lookup.follow(parameter);
        let name = parameter["name"].as_str().unwrap_or_default();
        if parameter["description"].as_str().is_none_or(str::is_empty) {
            findings.add(at, format!("parameter {name}: describe it"));
        }
        if let Some(other) = rust_names.insert(rust_name(name), name) {
            let message =
                format!("parameters {other} and {name} become one Rust name; use x-aliases");
            findings.add(at, message);
        }
        match parameter["in"].as_str() {
            Some("path") => {
                in_path.insert(name);
                if parameter["required"] != Value::Bool(true) {
                    findings.add(at, format!("parameter {name}: a path parameter is required"));
                }
            }
            Some("query" | "header") => {}
            _ => findings.add(at, format!("parameter {name}: in path, query or header")),
        }
        let schema = &parameter["schema"];
        if schema.get("$ref").is_none() && schema.get("type").is_none() {
            findings.add(at, format!("parameter {name}: give its type"));
        }
    }
    if placeholders != in_path {
        let message = format!("path has {placeholders:?}, the parameters are {in_path:?}");
        findings.add(at, message);
    }
}

fn check_bodies(
    findings: &mut FileFindings<'_>,
    at: &str,
    method: &str,
    operation: &Value,
    lookup: &Lookup<'_>,
) {
    let body = &operation["requestBody"];
    if body.is_object() {
        if !body["required"].is_boolean() {
            findings.add(at, "requestBody: say whether it is required");
        }
        if body["content"]["application/json"]["schema"].get("$ref").is_none() {
            findings.add(at, "requestBody: application/json with a $ref to a component");
        }
        if method == "get" {
            findings.add(at, "requestBody: a GET has none");
        }
    }
    let mut success = BTreeSet::new();
    let mut failure = BTreeSet::new();
    for (status, response) in object(&operation["responses"]) {
        let response = lookup.follow(response);
        let schema = response["content"]["application/json"]["schema"]["$ref"].as_str();
        match status.as_bytes() {
            [b'2', _, _] => success.insert(schema),
            [b'4' | b'5', _, _] => failure.insert(schema),
            _ => {
                findings
                    .add(at, format!("status {status}: write single statuses, 2xx, 4xx or 5xx"));
                continue;
            }
        };
    }
    if success.is_empty() {
        findings.add(at, "responses: which status means success?");
    }
    if success.len() > 1 {
        findings.add(at, "responses: all statuses of success share one schema, a superset");
    }
    if failure.len() != 1
        || failure.iter().any(|schema| *schema != Some("#/components/schemas/ErrorBody"))
    {
        findings
            .add(at, "responses: every status of failure is dli.yaml#/components/responses/Error");
    }
}

fn check_paging(findings: &mut FileFindings<'_>, at: &str, operation: &Value, lookup: &Lookup<'_>) {
    let paging = &operation["x-paging"];
    if paging == "none" {
        return;
    }
    let paging: Paging = match serde_json::from_value(paging.clone()) {
        Ok(paging) => paging,
        Err(error) => return findings.add(at, format!("x-paging: none, or a mapping: {error}")),
    };
    let names: Vec<&str> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|parameter| lookup.follow(parameter)["name"].as_str())
        .collect();
    let wanted: &[(&str, &Option<String>)] = match paging.style {
        PagingStyle::None | PagingStyle::Single => &[],
        PagingStyle::LimitOnly => &[("limit", &paging.limit)],
        _ => &[("offset", &paging.offset), ("limit", &paging.limit)],
    };
    for (role, name) in wanted {
        match name {
            None => findings.add(at, format!("x-paging: name the parameter for `{role}`")),
            Some(name) if paging.location.is_none() && !names.contains(&name.as_str()) => {
                findings.add(at, format!("x-paging: there is no parameter `{name}`"));
            }
            Some(_) => {}
        }
    }
    let body = object(&operation["responses"])
        .find(|(status, _)| status.starts_with('2'))
        .map(|(_, response)| &lookup.follow(response)["content"]["application/json"]["schema"]);
    for field in [&paging.items, &paging.total].into_iter().flatten() {
        let mut schema = body.map_or(&Value::Null, |schema| lookup.follow(schema));
        for part in field.split('.') {
            schema = lookup.follow(&schema["properties"][part]);
        }
        if schema.is_null() {
            findings.add(at, format!("x-paging: the answer has no field `{field}`"));
        }
        if paging.items.as_ref() == Some(field) && schema["type"] != "array" {
            findings.add(at, format!("x-paging: `{field}` is not an array"));
        }
    }
    if paging.items.is_none() {
        findings.add(at, "x-paging: name the field that holds the `items`");
    }
}

/// What a wire name becomes in Rust, roughly: words in lower case.
pub(super) fn rust_name(name: &str) -> String {
    let mut out = String::new();
    let mut previous_lower = false;
    for c in name.chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && previous_lower {
                out.push('_');
            }
            previous_lower = c.is_lowercase() || c.is_numeric();
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') {
            out.push('_');
            previous_lower = false;
        }
    }
    out
}

//! OpenAPI 3.0 schemas as JSON Schema (2020-12), for validators.
//!
//! OpenAPI 3.0 has its own dialect: `nullable`, a boolean `exclusiveMinimum`, open
//! enumerations as an extension. A validator of JSON Schema knows none of these, so they are
//! put into its words.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::Bundle;

/// Which way a message goes; the rules differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To the service: enumerations are closed, an optional field may be `null`.
    Request,
    /// From the service: enumerations are open and nothing is mandatory, since a server is
    /// not bound by a table.
    Response,
}

/// The JSON Schema of a component schema, with everything it refers to under `$defs`.
/// `None` when there is no such component.
///
/// ```
/// use dli_spec::{Description, json_schema::{self, Direction}};
///
/// let bundle = Description::embedded()?.bundle(&["datasource_connections"])?;
/// let schema = json_schema::of(&bundle, "Tag", Direction::Request).expect("a component");
/// assert_eq!(schema["$defs"]["Tag"]["required"], serde_json::json!(["key", "value"]));
/// # Ok::<(), dli_spec::Error>(())
/// ```
pub fn of(bundle: &Bundle, name: &str, direction: Direction) -> Option<Value> {
    bundle.schemas().get(name)?;
    let defs = definitions(bundle, [name.to_owned()], direction);
    Some(json!({ "$ref": format!("#/$defs/{name}"), "$defs": defs }))
}

/// The JSON Schema of a schema that stands by itself, as that of a parameter does.
pub fn for_schema(bundle: &Bundle, schema: &Value, direction: Direction) -> Value {
    let mut names = Vec::new();
    names_below(schema, &mut names);
    let mut lowered = lower(schema, direction);
    if !names.is_empty() {
        lowered["$defs"] = Value::Object(definitions(bundle, names, direction));
    }
    lowered
}

/// A JSON pointer, as a validator tells a place with one, in the words of people; empty for the
/// whole.
///
/// ```
/// use dli_spec::json_schema::place;
///
/// assert_eq!(place("/queues/0/name"), "queues[0].name");
/// assert_eq!(place("/a~1b"), "a/b");
/// assert_eq!(place(""), "");
/// ```
pub fn place(pointer: &str) -> String {
    let mut place = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            place.push_str(&format!("[{part}]"));
        } else {
            if !place.is_empty() {
                place.push('.');
            }
            place.push_str(&part);
        }
    }
    place
}

fn definitions(
    bundle: &Bundle,
    names: impl IntoIterator<Item = String>,
    direction: Direction,
) -> Map<String, Value> {
    let mut open: Vec<String> = names.into_iter().collect();
    let mut seen = BTreeSet::new();
    let mut defs = Map::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        if let Some(schema) = bundle.schemas().get(&name) {
            names_below(schema, &mut open);
            defs.insert(name, lower(schema, direction));
        }
    }
    defs
}

fn names_below(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(crate::bundle::referenced_name(value).map(str::to_owned));
            map.values().for_each(|value| names_below(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| names_below(value, found)),
        _ => {}
    }
}

/// Keywords that mean the same in both dialects.
const SHARED_KEYWORDS: [&str; 11] = [
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "multipleOf",
    "minProperties",
    "maxProperties",
    "description",
    "default",
];

fn lower(schema: &Value, direction: Direction) -> Value {
    if let Some(name) = crate::bundle::referenced_name(schema) {
        return json!({ "$ref": format!("#/$defs/{name}") });
    }
    let mut out = Map::new();
    for key in SHARED_KEYWORDS {
        if let Some(value) = schema.get(key) {
            out.insert(key.to_owned(), value.clone());
        }
    }
    bound(schema, &mut out, "minimum", "exclusiveMinimum");
    bound(schema, &mut out, "maximum", "exclusiveMaximum");
    if let Some(kind) = schema.get("type") {
        let nullable = schema["nullable"] == Value::Bool(true);
        let kind = if nullable { json!([kind, "null"]) } else { kind.clone() };
        out.insert("type".to_owned(), kind);
    }
    if direction == Direction::Request
        && schema["x-case-insensitive"] != Value::Bool(true)
        && let Some(values) = schema.get("x-extensible-enum")
    {
        out.insert("enum".to_owned(), values.clone());
    }
    if let Some(items) = schema.get("items") {
        out.insert("items".to_owned(), lower(items, direction));
    }
    match schema.get("additionalProperties") {
        Some(Value::Bool(flag)) => {
            out.insert("additionalProperties".to_owned(), Value::Bool(*flag));
        }
        Some(inner) => {
            out.insert("additionalProperties".to_owned(), lower(inner, direction));
        }
        None => {}
    }
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let properties = properties
            .iter()
            .map(|(name, property)| {
                let lowered = lower(property, direction);
                let optional =
                    direction == Direction::Response || !required.contains(&name.as_str());
                (name.clone(), if optional { or_null(lowered) } else { lowered })
            })
            .collect();
        out.insert("properties".to_owned(), Value::Object(properties));
    }
    if direction == Direction::Request && !required.is_empty() {
        out.insert("required".to_owned(), json!(required));
    }
    Value::Object(out)
}

/// `minimum` with the boolean `exclusiveMinimum` of OpenAPI 3.0.
fn bound(schema: &Value, out: &mut Map<String, Value>, inclusive: &str, exclusive: &str) {
    if let Some(limit) = schema.get(inclusive) {
        let strict = schema[exclusive] == Value::Bool(true);
        out.insert(if strict { exclusive } else { inclusive }.to_owned(), limit.clone());
    }
}

/// An optional field may be sent as `null`, which means that it is absent.
fn or_null(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

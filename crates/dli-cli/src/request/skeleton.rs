//! Bodies to fill in, and the list of a body's fields.

use std::fmt::Write as _;

use dli_spec::{Bundle, referenced_name};
use serde_json::{Map, Value, json};

use super::sentence;
use crate::description::Entry;
use crate::output::wrap;

/// Lines of a body in YAML are not longer than this, explanations at least.
const WIDTH: usize = 80;
/// Deeper than this, objects are left to the reader.
const DEEPEST: usize = 6;

/// A body in YAML: what is mandatory to be filled in, the rest commented out, each with its
/// meaning.
pub fn as_yaml(entry: &Entry) -> Option<String> {
    let operation = entry.operation();
    let name = operation.request.as_deref()?;
    let bundle = entry.bundle();
    let mut out = String::new();
    let _ = writeln!(out, "# {}: {}", entry.id, operation.summary);
    let _ = writeln!(out, "# Fill in, then: dli api {} --body @this-file", entry.id);
    object(bundle, &bundle.schemas()[name], 0, false, &mut out);
    Some(out)
}

fn object(bundle: &Bundle, schema: &Value, depth: usize, hidden: bool, out: &mut String) {
    let schema = bundle.resolve(schema);
    for (name, property, required) in properties(schema) {
        let resolved = bundle.resolve(property);
        let description = property["description"].as_str().or(resolved["description"].as_str());
        let indent = "  ".repeat(depth);
        let hide = hidden || !required;
        let mark = if hide { "# " } else { "" };
        let mut note = description.map(sentence).unwrap_or_default();
        let limits = limits(bundle, property);
        if !limits.is_empty() {
            let _ = write!(note, "{}{limits}", if note.is_empty() { "" } else { " · " });
        }
        if !note.is_empty() {
            for line in wrap(&note.replace('\n', " "), WIDTH - indent.len() - 2, false) {
                let _ = writeln!(out, "{indent}# {line}");
            }
        }
        let is_object = resolved["properties"].is_object();
        let items = bundle.resolve(&resolved["items"]);
        if depth < DEEPEST && is_object {
            let _ = writeln!(out, "{mark}{indent}{name}:");
            object(bundle, resolved, depth + 1, hide, out);
        } else if depth < DEEPEST && items["properties"].is_object() {
            let _ = writeln!(out, "{mark}{indent}{name}:");
            let _ = writeln!(out, "{mark}{indent}  -");
            object(bundle, items, depth + 2, hide, out);
        } else {
            let _ = writeln!(out, "{mark}{indent}{name}: {}", placeholder(bundle, resolved, 0));
        }
    }
}

/// A body in JSON with every field.
pub fn as_json(entry: &Entry) -> Option<Value> {
    let bundle = entry.bundle();
    let name = entry.operation().request.as_deref()?;
    Some(placeholder(bundle, &bundle.schemas()[name], 0))
}

fn placeholder(bundle: &Bundle, schema: &Value, depth: usize) -> Value {
    let schema = bundle.resolve(schema);
    if let Some(default) = schema.get("default") {
        return default.clone();
    }
    if let Some(first) = schema["x-extensible-enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("integer") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("number") => schema.get("minimum").cloned().unwrap_or(json!(0.0)),
        Some("boolean") => json!(false),
        Some("array") => {
            let items = &schema["items"];
            let nested = bundle.resolve(items)["properties"].is_object();
            match nested && depth < DEEPEST {
                true => json!([placeholder(bundle, items, depth + 1)]),
                false => json!([]),
            }
        }
        Some("object") if depth < DEEPEST => {
            let fields = properties(schema).into_iter();
            let fields = fields.map(|(name, property, _)| {
                (name.to_owned(), placeholder(bundle, property, depth + 1))
            });
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Some("object") => json!({}),
        _ => json!(""),
    }
}

/// The properties of an object, the mandatory ones first.
fn properties(schema: &Value) -> Vec<(&str, &Value, bool)> {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let mut properties: Vec<(&str, &Value, bool)> = properties
        .map(|(name, property)| (name.as_str(), property, required.contains(&name.as_str())))
        .collect();
    properties.sort_by_key(|(_, _, required)| !required);
    properties
}

/// Name, type, whether mandatory, and meaning of each field of a body.
pub fn fields(entry: &Entry) -> Vec<(String, String, bool, String)> {
    let bundle = entry.bundle();
    let Some(name) = entry.operation().request.as_deref() else { return Vec::new() };
    let schema = bundle.resolve(&bundle.schemas()[name]);
    let fields = properties(schema).into_iter().map(|(name, property, required)| {
        let resolved = bundle.resolve(property);
        let description = property["description"].as_str().or(resolved["description"].as_str());
        let mut meaning = description.map(sentence).unwrap_or_default();
        let limits = limits(bundle, property);
        if !limits.is_empty() {
            let _ = write!(meaning, " [{limits}]");
        }
        (name.to_owned(), kind(bundle, property), required, meaning)
    });
    fields.collect()
}

/// The type of a schema in a word.
pub fn kind(bundle: &Bundle, schema: &Value) -> String {
    let resolved = bundle.resolve(schema);
    match resolved["type"].as_str() {
        Some("array") => format!("list of {}", kind(bundle, &resolved["items"])),
        Some("object") => referenced_name(schema).unwrap_or("object").to_owned(),
        Some(kind) => kind.to_owned(),
        None => "anything".to_owned(),
    }
}

/// Limits, default, unit and known values of a schema.
pub fn limits(bundle: &Bundle, schema: &Value) -> String {
    let resolved = bundle.resolve(schema);
    let get = |key: &str| schema.get(key).or_else(|| resolved.get(key));
    let mut parts = Vec::new();
    let range = |low: &str, high: &str, what: &str| match (get(low), get(high)) {
        (Some(low), Some(high)) => Some(format!("{low} to {high}{what}")),
        (Some(low), None) => Some(format!("at least {low}{what}")),
        (None, Some(high)) => Some(format!("at most {high}{what}")),
        (None, None) => None,
    };
    parts.extend(range("minimum", "maximum", ""));
    parts.extend(range("minLength", "maxLength", " characters"));
    parts.extend(range("minItems", "maxItems", " items"));
    if let Some(multiple) = get("multipleOf") {
        parts.push(format!("a multiple of {multiple}"));
    }
    if let Some(unit) = get("x-unit").and_then(Value::as_str) {
        parts.push(format!("in {}", unit.replace('-', " ")));
    }
    if let Some(values) = get("x-extensible-enum").and_then(Value::as_array) {
        let values: Vec<String> = values
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        parts.push(format!("one of {}", values.join(", ")));
    }
    if let Some(default) = get("default") {
        parts.push(format!("default {default}"));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::OPERATIONS;
    use crate::request::body::parse;

    #[test]
    fn every_skeleton_is_a_document_with_all_mandatory_fields() {
        for entry in OPERATIONS {
            let Some(yaml) = as_yaml(entry) else { continue };
            let required = fields(entry).into_iter().filter(|(_, _, required, _)| *required);
            let required: Vec<String> = required.map(|(name, ..)| name).collect();
            if required.is_empty() {
                continue;
            }
            let body = parse(&yaml, entry.id).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
            for name in required {
                assert!(body.get(&name).is_some(), "{}: {name}\n{yaml}", entry.id);
            }
        }
    }
}

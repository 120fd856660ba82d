//! The description as progenitor can take it.
//!
//! Progenitor believes every word: an enumeration is closed, a mandatory field is there, a limit
//! makes a type of its own. The description says what the documentation says; here it is
//! lowered to what the wire does.

use std::collections::{BTreeMap, BTreeSet};

use dli_spec::{Bundle, Operation};
use openapiv3::OpenAPI;
use serde_json::{Map, Value, json};

use crate::Error;
use crate::names::{field_ident, type_ident};

/// Name of the component that stands for every secret text.
pub const SECRET: &str = "Secret";

/// What the other steps need to know.
pub struct Lowered {
    /// What progenitor takes.
    pub document: OpenAPI,
    /// The open enumerations, which progenitor only sees by name.
    pub enumerations: Vec<Enumeration>,
    /// Rust names of the types that are sent, which get builders.
    pub sent: BTreeSet<String>,
    /// Rust type and field to the other spellings it accepts.
    pub aliases: BTreeMap<(String, String), Vec<String>>,
    /// Rust type and field of numbers to the words that stand for their values.
    pub words: BTreeMap<(String, String), Vec<(String, i64)>>,
}

/// A string type with known values that accepts others.
pub struct Enumeration {
    pub name: String,
    pub description: String,
    pub values: Vec<(String, String)>,
}

pub fn lower(bundle: &Bundle) -> Result<Lowered, Error> {
    let sent = reachable(bundle, bundle.operations().iter().filter_map(|o| o.request.as_deref()));
    let answered =
        reachable(bundle, bundle.operations().iter().filter_map(|o| o.response.as_deref()));
    let mut schemas = Map::new();
    let mut enumerations = Vec::new();
    let mut aliases = BTreeMap::new();
    let mut words = BTreeMap::new();
    let mut secrets = false;
    for (name, schema) in bundle.schemas() {
        if is_open_enumeration(schema) {
            enumerations.push(enumeration(name, schema));
            schemas.insert(name.clone(), json!({ "type": "string" }));
            continue;
        }
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let key = (type_ident(name).to_string(), field_ident(field).to_string());
            let others: Vec<String> = strings(&property["x-aliases"]);
            if !others.is_empty() {
                aliases.insert(key.clone(), others);
            }
            if let Some(named) = property["x-enum-words"].as_object() {
                let named = named.iter().filter_map(|(word, n)| Some((word.clone(), n.as_i64()?)));
                words.insert(key, named.collect());
            }
            secrets |= property["format"] == "password";
        }
        // A server is not bound by a table, so what it sends is never mandatory.
        let strict = sent.contains(name) && !answered.contains(name);
        let mut lowered = lower_schema(schema, strict);
        if let Some(lowered) = lowered.as_object_mut() {
            lowered.remove("nullable");
        }
        schemas.insert(name.clone(), lowered);
    }
    if secrets {
        schemas.insert(SECRET.to_owned(), json!({ "type": "string" }));
    }
    let mut paths = Map::new();
    for operation in bundle.operations() {
        let path = paths.entry(&operation.path).or_insert_with(|| json!({}));
        path[operation.method.to_lowercase()] = lower_operation(bundle, operation);
    }
    let info = &bundle.document()["info"];
    let document = json!({
        "openapi": "3.0.3",
        "info": { "title": info["title"], "version": info["version"], "description": info["description"] },
        "paths": paths,
        "components": { "schemas": schemas },
    });
    Ok(Lowered {
        document: serde_json::from_value(document)?,
        enumerations,
        sent: sent.iter().map(|name| type_ident(name).to_string()).collect(),
        aliases,
        words,
    })
}

/// Whether a component is a string with known values.
pub fn is_open_enumeration(schema: &Value) -> bool {
    schema["type"] == "string" && schema.get("x-extensible-enum").is_some()
}

fn enumeration(name: &str, schema: &Value) -> Enumeration {
    let descriptions = &schema["x-enum-descriptions"];
    let values = strings(&schema["x-extensible-enum"])
        .into_iter()
        .map(|value| {
            let description = descriptions[&value].as_str().unwrap_or_default().to_owned();
            (value, description)
        })
        .collect();
    Enumeration {
        name: name.to_owned(),
        description: schema["description"].as_str().unwrap_or_default().to_owned(),
        values,
    }
}

fn lower_schema(schema: &Value, strict: bool) -> Value {
    if let Some(name) = dli_spec::referenced_name(schema) {
        return json!({ "$ref": format!("#/components/schemas/{name}") });
    }
    if schema["format"] == "password" {
        return json!({ "$ref": format!("#/components/schemas/{SECRET}") });
    }
    let mut out = Map::new();
    let description = describe(schema);
    if !description.is_empty() {
        out.insert("description".into(), Value::String(description));
    }
    for key in ["type", "format"] {
        if let Some(value) = schema.get(key) {
            out.insert(key.into(), value.clone());
        }
    }
    if let Some(items) = schema.get("items") {
        out.insert("items".into(), lower_schema(items, strict));
        // An absent list is not an empty one, and `null` is sent for it as well.
        out.insert("nullable".into(), Value::Bool(true));
    }
    if let Some(inner) = schema.get("additionalProperties") {
        let inner = if inner.is_object() { lower_schema(inner, strict) } else { inner.clone() };
        out.insert("additionalProperties".into(), inner);
        out.insert("nullable".into(), Value::Bool(true));
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let required: Vec<String> = if strict { strings(&schema["required"]) } else { Vec::new() };
        let properties: Map<String, Value> = properties
            .iter()
            .map(|(name, property)| {
                let mut lowered = lower_schema(property, strict);
                if required.contains(name)
                    && let Some(lowered) = lowered.as_object_mut()
                {
                    lowered.remove("nullable");
                }
                (name.clone(), lowered)
            })
            .collect();
        out.insert("properties".into(), Value::Object(properties));
        if !required.is_empty() {
            out.insert("required".into(), json!(required));
        }
    }
    Value::Object(out)
}

/// The description of a field with what its Rust type does not tell: unit, limits, values.
pub fn describe(schema: &Value) -> String {
    let mut text = schema["description"].as_str().unwrap_or_default().trim().to_owned();
    let facts = facts(schema);
    if !facts.is_empty() {
        text.push_str(&format!("\n\n{}.", facts.join("; ")));
    }
    text
}

/// Unit, limits and known values of a schema, as short phrases.
pub fn facts(schema: &Value) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(unit) = schema["x-unit"].as_str() {
        facts.push(match unit {
            "epoch-milliseconds" => "Unit: milliseconds since 1970-01-01 UTC".to_owned(),
            "epoch-seconds" => "Unit: seconds since 1970-01-01 UTC".to_owned(),
            "fraction" => "Unit: fraction, 0.0 to 1.0".to_owned(),
            unit => format!("Unit: {unit}"),
        });
    }
    let values = schema["x-extensible-enum"].as_array().into_iter().flatten();
    if schema["type"] != "string" {
        let known: Vec<String> = values
            .map(|value| match schema["x-enum-descriptions"][value.to_string()].as_str() {
                Some(meaning) => format!("{value} ({})", meaning.trim_end_matches('.')),
                None => value.to_string(),
            })
            .collect();
        if !known.is_empty() {
            facts.push(format!("Known values: {}", known.join(", ")));
        }
        if let Some(words) = schema["x-enum-words"].as_object() {
            let words: Vec<String> =
                words.iter().map(|(word, n)| format!("`{word}` is {n}")).collect();
            facts.push(format!("read from words as well: {}", words.join(", ")));
        }
    }
    let words = [
        ("minLength", "at least {} characters"),
        ("maxLength", "at most {} characters"),
        ("minimum", "at least {}"),
        ("maximum", "at most {}"),
        ("multipleOf", "a multiple of {}"),
        ("minItems", "at least {} items"),
        ("maxItems", "at most {} items"),
        ("pattern", "matches `{}`"),
        ("default", "default {}"),
    ];
    for (keyword, phrase) in words {
        match schema.get(keyword) {
            Some(Value::String(value)) => facts.push(phrase.replace("{}", value)),
            // The range of a fraction is in its unit.
            Some(limit)
                if schema["x-unit"] == "fraction"
                    && [("minimum", Some(0)), ("maximum", Some(1))]
                        .contains(&(keyword, limit.as_i64())) => {}
            Some(value) => facts.push(phrase.replace("{}", &value.to_string())),
            None => {}
        }
    }
    if schema["x-case-insensitive"] == true {
        facts.push("case does not matter".to_owned());
    }
    if let Some(first) = facts.first_mut()
        && let Some(c) = first.chars().next()
    {
        *first = c.to_uppercase().chain(first.chars().skip(1)).collect();
    }
    facts
}

fn lower_operation(bundle: &Bundle, operation: &Operation) -> Value {
    let parameters: Vec<Value> = operation
        .parameters
        .iter()
        .map(|parameter| {
            let mut schema = lower_schema(&parameter.schema, true);
            if let Some(schema) = schema.as_object_mut() {
                // A parameter that is not there is left out, never `null`.
                schema.remove("nullable");
            }
            json!({
                "name": parameter.name,
                "in": parameter.location,
                "required": parameter.required,
                "description": describe_parameter(bundle, &parameter.schema, &parameter.description),
                "schema": schema,
            })
        })
        .collect();
    let mut out = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": documentation(operation),
        "parameters": parameters,
        "responses": {
            "2XX": body(operation.response.as_deref(), "The operation was carried out."),
            "4XX": body(Some("ErrorBody"), "The request was refused."),
            "5XX": body(Some("ErrorBody"), "The service failed."),
        },
    });
    if let Some(request) = &operation.request {
        out["requestBody"] = body(Some(request), "");
        out["requestBody"]["required"] = Value::Bool(true);
    }
    out
}

fn describe_parameter(bundle: &Bundle, schema: &Value, description: &str) -> String {
    let facts = facts(bundle.resolve(schema));
    if facts.is_empty() {
        description.to_owned()
    } else {
        format!("{description} {}.", facts.join("; "))
    }
}

fn body(schema: Option<&str>, description: &str) -> Value {
    match schema {
        None => json!({ "description": description }),
        Some(name) => json!({
            "description": description,
            "content": { "application/json": { "schema": { "$ref": format!("#/components/schemas/{name}") } } },
        }),
    }
}

/// The rustdoc of an operation: what it does, how it fails, where it was read.
pub fn documentation(operation: &Operation) -> String {
    let mut text = operation.description.trim().to_owned();
    if operation.deprecated {
        let successor = match &operation.successor {
            Some(successor) => format!("use `{successor}`"),
            None => "the documentation names no successor".to_owned(),
        };
        text.push_str(&format!("\n\n*Deprecated by the service; {successor}.*"));
    }
    text.push_str(if operation.idempotent {
        "\n\nIdempotent: it may be sent again."
    } else {
        "\n\nNot idempotent: sending it again would do its work again."
    });
    let statuses: Vec<String> =
        operation.statuses.iter().filter(|status| **status >= 400).map(u16::to_string).collect();
    text.push_str(&format!(
        "\n\n# Errors\nStatus {} with an error code and a message; any error of the transport.",
        statuses.join(", ")
    ));
    let sources: Vec<String> =
        operation.sources.iter().map(|source| format!("`{source}`")).collect();
    text.push_str(&format!("\n\n# Source\n{}", sources.join(", ")));
    text
}

/// The components that can be reached from some of them.
fn reachable<'a>(bundle: &Bundle, roots: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut open: Vec<String> = roots.map(str::to_owned).collect();
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(schema) = bundle.schemas().get(&name)
            && seen.insert(name)
        {
            names_below(schema, &mut open);
        }
    }
    seen
}

fn names_below(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                found.extend(reference.rsplit('/').next().map(str::to_owned));
            }
            map.values().for_each(|value| names_below(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| names_below(value, found)),
        _ => {}
    }
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

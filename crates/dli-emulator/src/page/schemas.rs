//! The types of the description: fields with types, limits and meanings.

use std::collections::BTreeSet;

use dli_spec::{Operation, referenced_name};
use maud::{Markup, html};
use serde_json::Value;

use super::frame;
use super::text::prose;
use crate::description::DESCRIPTION;

pub(super) const COLUMNS: [&str; 3] = ["Name", "Type", "Meaning"];

/// The types that operations use below their bodies and answers, in alphabetical order.
pub(super) fn reached(operations: &[&Operation]) -> BTreeSet<&'static str> {
    let mut open: Vec<&str> = Vec::new();
    for operation in operations {
        open.extend(operation.request.as_deref());
        open.extend(operation.response.as_deref());
        open.extend(operation.parameters.iter().filter_map(|p| referenced_name(&p.schema)));
    }
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some((name, schema)) = DESCRIPTION.bundle.schemas().get_key_value(name) else {
            continue;
        };
        if seen.insert(name.as_str()) {
            references(schema, &mut open);
        }
    }
    seen
}

fn references<'s>(schema: &'s Value, found: &mut Vec<&'s str>) {
    match schema {
        Value::Object(map) => {
            found.extend(referenced_name(schema));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// One type.
pub(super) fn section(name: &str) -> Markup {
    let schema = DESCRIPTION.bundle.schemas().get(name).unwrap_or(&Value::Null);
    html! {
        h3 id={ "type-" (name) } { a href={ "#type-" (name) } { (name) } }
        p { (prose(schema["description"].as_str().unwrap_or_default())) }
        @if schema.get("properties").is_none() {
            p { (type_of(schema)) }
            (limits(schema, &[]))
        }
        (fields(name))
    }
}

/// The fields of a type.
pub(super) fn fields(name: &str) -> Markup {
    let schema = DESCRIPTION.bundle.schemas().get(name).unwrap_or(&Value::Null);
    let required = |field: &str| {
        schema["required"].as_array().is_some_and(|required| required.iter().any(|r| r == field))
    };
    let rows: Vec<Vec<Markup>> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(field, property)| {
            let aliases: Vec<String> = strings(&property["x-aliases"]);
            let description = property["description"].as_str().unwrap_or_default();
            row(field, property, required(field), description, &aliases)
        })
        .collect();
    html! { @if !rows.is_empty() { (frame::table(name, &COLUMNS, rows)) } }
}

/// One field or parameter.
pub(super) fn row(
    name: &str,
    schema: &Value,
    required: bool,
    description: &str,
    aliases: &[String],
) -> Vec<Markup> {
    // A field that says nothing itself means what its type says; values are seen where they are
    // wanted.
    let resolved = DESCRIPTION.bundle.resolve(schema);
    let description = match description {
        "" => resolved["description"].as_str().unwrap_or_default(),
        own => own,
    };
    let is_reference = referenced_name(schema).is_some();
    vec![
        html! { code.name { (name) } @if required { " " span.tag.required { "required" } } },
        type_of(schema),
        html! {
            (prose(description))
            (limits(schema, aliases))
            @if is_reference && resolved.get("properties").is_none() { (limits(resolved, &[])) }
        },
    ]
}

fn type_of(schema: &Value) -> Markup {
    if let Some(name) = referenced_name(schema) {
        return html! { a.type href={ "#type-" (name) } { (name) } };
    }
    let kind = schema["type"].as_str().unwrap_or("any");
    match (kind, schema.get("items"), schema.get("additionalProperties")) {
        ("array", Some(items), _) => html! { "list of " (type_of(items)) },
        ("object", _, Some(values)) if values.is_object() => html! { "map of " (type_of(values)) },
        _ => html! {
            (kind)
            @if let Some(format) = schema["format"].as_str() { span.muted { " (" (format) ")" } }
        },
    }
}

/// What a value has to keep to, and what else is known of it.
fn limits(schema: &Value, aliases: &[String]) -> Markup {
    let mut limits: Vec<Markup> = Vec::new();
    for (least, most, of) in [
        ("minLength", "maxLength", "characters"),
        ("minItems", "maxItems", "entries"),
        ("minimum", "maximum", ""),
    ] {
        let (least, most) = (schema.get(least), schema.get(most));
        match (least, most) {
            (Some(least), Some(most)) => {
                limits.push(html! { (json(least)) " to " (json(most)) " " (of) })
            }
            (Some(least), None) => limits.push(html! { "at least " (json(least)) " " (of) }),
            (None, Some(most)) => limits.push(html! { "at most " (json(most)) " " (of) }),
            (None, None) => {}
        }
    }
    let mut note = |key: &str, words: &str| {
        if let Some(value) = schema.get(key) {
            limits.push(html! { (words) " " code { (json(value)) } });
        }
    };
    note("pattern", "pattern");
    note("multipleOf", "a multiple of");
    note("default", "default");
    note("x-unit", "unit");
    if !aliases.is_empty() {
        limits.push(html! { "also spelt " code { (aliases.join(", ")) } });
    }
    for (key, words) in
        [("x-case-insensitive", "case does not matter"), ("deprecated", "deprecated")]
    {
        if schema[key] == Value::Bool(true) {
            limits.push(html! { (words) });
        }
    }
    if schema["format"] == "password" {
        limits.push(html! { "a secret" });
    }
    let values = schema["x-extensible-enum"].as_array();
    html! {
        @if !limits.is_empty() { ul.limits { @for limit in &limits { li { (limit) } } } }
        @if let Some(values) = values {
            ul.values {
                @for (index, value) in values.iter().enumerate() {
                    li { code { (json(value)) } (meaning(schema, index, value)) }
                }
            }
        }
    }
}

/// What a value of an enumeration means.
fn meaning(schema: &Value, index: usize, value: &Value) -> Markup {
    let meanings = &schema["x-enum-descriptions"];
    let meaning = meanings.get(index).or_else(|| meanings.get(json(value).as_str()));
    html! {
        @if let Some(meaning) = meaning.and_then(Value::as_str) { " " (prose(meaning)) }
    }
}

fn json(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

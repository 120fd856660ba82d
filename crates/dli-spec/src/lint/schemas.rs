//! Rules for schemas: names, descriptions, types, units, open enumerations.

use std::collections::BTreeMap;

use serde_json::Value;

use super::FileFindings;
use super::operations::rust_name;
use crate::description::object;

/// Units a number may have; a new one is added here on purpose.
const UNITS: [&str; 17] = [
    "epoch-milliseconds",
    "epoch-seconds",
    "milliseconds",
    "seconds",
    "minutes",
    "hours",
    "days",
    "months",
    "years",
    "fraction",
    "percent",
    "bytes",
    "KB",
    "MB",
    "GB",
    "CU",
    "rows",
];

pub(super) fn check(findings: &mut FileFindings<'_>, document: &Value) {
    for (name, schema) in object(&document["components"]["schemas"]) {
        check_name(findings, name);
        if schema["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
            findings.add(name, "describe it");
        }
        check_schema(findings, name, schema, Place::Component);
    }
    for (_, item) in object(&document["paths"]) {
        for (_, operation) in object(item) {
            let id = operation["operationId"].as_str().unwrap_or_default();
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let at = format!("{id} {}", parameter["name"].as_str().unwrap_or_default());
                if parameter.get("schema").is_some() {
                    check_schema(findings, &at, &parameter["schema"], Place::Inside);
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Component,
    Inside,
}

fn check_name(findings: &mut FileFindings<'_>, name: &str) {
    let camel = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric());
    if !camel {
        findings.add(name, "name components in PascalCase");
    }
    let numbered = name.ends_with(|c: char| c.is_ascii_digit());
    if numbered || name.starts_with("Inline") || name == "Object" {
        findings.add(name, "name it by what it is, in the field's terms");
    }
}

fn check_schema(findings: &mut FileFindings<'_>, at: &str, schema: &Value, place: Place) {
    if schema.get("$ref").is_some() {
        if schema.as_object().is_some_and(|map| map.len() > 1) {
            findings.add(at, "a $ref has no siblings in OpenAPI 3.0");
        }
        return;
    }
    if schema.get("enum").is_some() {
        findings.add(at, "no closed enumerations; use x-extensible-enum");
    }
    if crate::bundle::referenced_name(schema).is_some() {
        // An `allOf` of one reference: the way to give a reference an alias.
        return;
    }
    for keyword in ["allOf", "oneOf", "anyOf", "not"] {
        if schema.get(keyword).is_some() {
            findings.add(at, format!("{keyword}: write one plain schema, a superset"));
        }
    }
    check_enumeration(findings, at, schema, place);
    check_type(findings, at, schema, place);
    if let Some(unit) = schema.get("x-unit")
        && !unit.as_str().is_some_and(|unit| UNITS.contains(&unit))
    {
        findings.add(at, format!("x-unit: {unit} is not one of {UNITS:?}"));
    }
    check_properties(findings, at, schema);
    if schema.get("items").is_some() {
        check_schema(findings, &format!("{at}[]"), &schema["items"], Place::Inside);
    }
    if schema["additionalProperties"].is_object() {
        let at = format!("{at}{{}}");
        check_schema(findings, &at, &schema["additionalProperties"], Place::Inside);
    }
}

fn check_enumeration(findings: &mut FileFindings<'_>, at: &str, schema: &Value, place: Place) {
    let Some(values) = schema.get("x-extensible-enum") else { return };
    if schema["type"] == "string" && place == Place::Inside {
        findings.add(at, "make the enumeration a component, so that its type has a name");
    }
    let Some(values) = values.as_array().filter(|values| !values.is_empty()) else {
        return findings.add(at, "x-extensible-enum: list the known values");
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut seen = BTreeMap::new();
    for value in values {
        if seen.insert(rust_name(&text(value)), ()).is_some() {
            findings.add(at, format!("x-extensible-enum: {value} twice, but for case"));
        }
        if schema["type"] == "string" && !value.is_string() {
            findings.add(at, format!("x-extensible-enum: quote {value}"));
        }
    }
    for (value, _) in object(&schema["x-enum-descriptions"]) {
        if !values.iter().any(|known| text(known) == *value) {
            findings.add(at, format!("x-enum-descriptions: {value} is not in the enumeration"));
        }
    }
}

fn check_type(findings: &mut FileFindings<'_>, at: &str, schema: &Value, place: Place) {
    let format = schema["format"].as_str();
    match schema["type"].as_str() {
        Some("string") if matches!(format, None | Some("password")) => {}
        Some("string") => findings.add(at, "a string has no format here, or `password`"),
        Some("boolean") => {}
        Some("integer") if format == Some("int64") => {
            let last = at.rsplit(['.', ' ']).next().unwrap_or(at);
            if last.ends_with("_time") && schema.get("x-unit").is_none() {
                findings.add(at, "x-unit: in which unit is this time?");
            }
        }
        Some("integer") => findings.add(at, "format: int64"),
        Some("number") if format == Some("double") => {}
        Some("number") => findings.add(at, "format: double"),
        Some("array") if schema.get("items").is_some() => {}
        Some("array") => findings.add(at, "items: what does it hold?"),
        Some("object") => {
            let named = place == Place::Component || schema.get("properties").is_none();
            if !named {
                findings.add(at, "make the object a component, so that its type has a name");
            }
        }
        None if schema["description"].is_string() => {}
        other => findings
            .add(at, format!("type: {other:?} is not known; free JSON has only a description")),
    }
}

fn check_properties(findings: &mut FileFindings<'_>, at: &str, schema: &Value) {
    let mut names = BTreeMap::new();
    for (name, property) in object(&schema["properties"]) {
        let inner = format!("{at}.{name}");
        let described =
            property["description"].as_str().is_some_and(|text| !text.trim().is_empty());
        if crate::bundle::referenced_name(property).is_none() && !described {
            findings.add(&inner, "describe it");
        }
        let aliases = property["x-aliases"].as_array().into_iter().flatten();
        let spellings = aliases.filter_map(Value::as_str).chain([name.as_str()]);
        for spelling in spellings.collect::<std::collections::BTreeSet<_>>() {
            if let Some(other) = names.insert(spelling.to_owned(), name) {
                findings.add(&inner, format!("{other} has the spelling {spelling}, too"));
            }
        }
        check_schema(findings, &inner, property, Place::Inside);
    }
    let mut rust_names = BTreeMap::new();
    for (name, _) in object(&schema["properties"]) {
        if let Some(other) = rust_names.insert(rust_name(name), name) {
            let message =
                format!("{other} and {name} become one Rust name; use x-aliases and rule on it");
            findings.add(at, message);
        }
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if name.as_str().is_none_or(|name| schema["properties"].get(name).is_none()) {
            findings.add(at, format!("required: there is no property {name}"));
        }
    }
}

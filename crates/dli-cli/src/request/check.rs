//! Parameters and bodies held against the description, with errors for people.

use dli_spec::json_schema::{self, Direction};
use dli_spec::{Operation, Parameter};
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::{flag, sentence};
use crate::description::{Entry, alike};
use crate::error::{Failure, Result};

/// Holds one parameter against its schema.
pub fn parameter(entry: &Entry, parameter: &Parameter, value: &Value) -> Result<()> {
    let schema = json_schema::for_schema(entry.bundle(), &parameter.schema, Direction::Request);
    match validator(&schema, entry).validate(value) {
        Ok(()) => Ok(()),
        Err(error) => Err(Failure::usage(format!(
            "`--{}` {}, which {value} does not fit; it is: {}",
            flag(&parameter.name),
            demand(innermost(&error)),
            sentence(&parameter.description)
        ))),
    }
}

/// Holds a body against its schema. `unknown` gets the places of fields that nothing is known of.
pub fn body(
    entry: &Entry,
    operation: &Operation,
    body: &Value,
    unknown: &mut Vec<String>,
) -> Result<()> {
    let Some(name) = &operation.request else {
        return Err(Failure::usage(format!("{} takes no body; leave it out", entry.id)));
    };
    let bundle = entry.bundle();
    let Some(schema) = json_schema::of(bundle, name, Direction::Request) else { return Ok(()) };
    let mut body = body.clone();
    unknown_fields(entry, &bundle.schemas()[name], &mut body, "", unknown)?;
    let validator = validator(&schema, entry);
    let mut errors: Vec<(String, String)> = Vec::new();
    for error in validator.iter_errors(&body).take(5) {
        let inner = innermost(&error);
        let mut place = json_schema::place(inner.instance_path().as_str());
        if let Kind::Required { property } = inner.kind() {
            let missing = property.as_str().unwrap_or_default();
            place =
                if place.is_empty() { missing.to_owned() } else { format!("{place}.{missing}") };
        }
        errors.push((place, demand(inner)));
    }
    let Some(((place, demand), others)) = errors.split_first() else { return Ok(()) };
    let place =
        if place.is_empty() { "the body".to_owned() } else { format!("the field `{place}`") };
    let mut message = format!("the body of {} is not valid: {place} {demand}", entry.id);
    if !others.is_empty() {
        let others: Vec<String> =
            others.iter().map(|(place, demand)| format!("`{place}` {demand}")).collect();
        message.push_str(&format!(", {}", others.join(", ")));
    }
    let advice = format!("`dli api {} --skeleton` shows what it takes", entry.id);
    Err(Failure::usage(format!("{message}; {advice}")))
}

/// Other spellings that are accepted get the one of the description. A name that looks like a
/// slip is refused; one that looks like nothing known is let through and noted, since the service
/// may know more than its documentation.
fn unknown_fields(
    entry: &Entry,
    schema: &Value,
    body: &mut Value,
    place: &str,
    unknown: &mut Vec<String>,
) -> Result<()> {
    let bundle = entry.bundle();
    let schema = bundle.resolve(schema);
    match body {
        Value::Object(fields) => {
            let Some(properties) = schema["properties"].as_object() else { return Ok(()) };
            let open = schema.get("additionalProperties").is_some();
            let names: Vec<String> = fields.keys().cloned().collect();
            for name in names {
                let below = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                let alias_of = properties.iter().find(|(_, property)| {
                    let aliases = property["x-aliases"].as_array().into_iter().flatten();
                    aliases.clone().any(|alias| alias == name.as_str())
                });
                if let Some(property) = properties.get(&name) {
                    unknown_fields(entry, property, &mut fields[&name], &below, unknown)?;
                } else if let Some((known, _)) = alias_of {
                    if let Some(value) = fields.shift_remove(&name) {
                        fields.insert(known.clone(), value);
                    }
                } else if !open {
                    let near = alike(&name, properties.keys().map(String::as_str));
                    if let Some(near) = near.first() {
                        return Err(Failure::usage(format!(
                            "the body of {} has no field `{below}`; did you mean `{near}`? If the \
                             field is meant, send it with `--no-check`",
                            entry.id
                        )));
                    }
                    unknown.push(below);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                let place = format!("{place}[{index}]");
                unknown_fields(entry, &schema["items"], item, &place, unknown)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn validator(schema: &Value, entry: &Entry) -> Validator {
    // A test compiles the schemas of all operations.
    jsonschema::options()
        .offline()
        .build(schema)
        .unwrap_or_else(|error| panic!("a schema of {}: {error}", entry.id))
}

/// The cause behind `anyOf [schema, null]`, which stands for every optional field.
fn innermost<'e>(error: &'e ValidationError<'e>) -> &'e ValidationError<'e> {
    match error.kind() {
        Kind::AnyOf { context } => {
            context.iter().flatten().next().map_or(error, |inner| innermost(inner))
        }
        _ => error,
    }
}

/// What a schema demands, without the value, which may be a secret.
fn demand(error: &ValidationError<'_>) -> String {
    match error.kind() {
        Kind::Required { .. } => "is missing".to_owned(),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Kind::MinLength { limit: 1 } => "must not be empty".to_owned(),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::Pattern { pattern } => form(pattern),
        Kind::Enum { options } => {
            let options = options.as_array().into_iter().flatten();
            let options: Vec<String> = options.map(Value::to_string).collect();
            format!("must be one of {}", options.join(", "))
        }
        Kind::Type { kind: TypeKind::Single(kind) } => {
            format!("must be {}", article(&kind.to_string()))
        }
        _ => format!("does not fit the description ({})", error.masked()),
    }
}

/// The patterns of the description in words.
const FORMS: &[(&str, &str)] = &[
    ("^[A-Za-z0-9_]+$", "may have letters, digits and underscores only"),
    (
        "^(?!_)(?![0-9]+$)[A-Za-z0-9_]*$",
        "may have letters, digits and underscores only, must not begin with an underscore and \
         must not be a number",
    ),
    (
        "^(?!_)(?![0-9]+$)[A-Za-z0-9_]+$",
        "may have letters, digits and underscores only, must not begin with an underscore and \
         must not be a number",
    ),
    (
        "^([A-Za-z]|[0-9]+[A-Za-z_])[A-Za-z0-9_]*$",
        "may have letters, digits and underscores only, must not begin with an underscore and \
         must not be a number",
    ),
    (r"^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}/\d{1,2}$", "must be a network such as 192.168.0.0/24"),
    (
        "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        "must be an id such as 8b4a2f0e-9c3d-4a6b-8f21-0d5e7c9b1a34",
    ),
];

/// A pattern in words.
fn form(pattern: &str) -> String {
    match FORMS.iter().find(|(known, _)| *known == pattern) {
        Some((_, words)) => (*words).to_owned(),
        None => format!("must have the form {pattern}"),
    }
}

fn article(kind: &str) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let kind = match kind {
        "array" => "array (a list)",
        "string" => "text",
        "boolean" => "boolean (true or false)",
        kind => kind,
    };
    if kind == "text" { kind.to_owned() } else { format!("{article} {kind}") }
}

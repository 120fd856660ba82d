//! Reads API Explorer definitions: Swagger 2 in JSON, one operation a file.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::document::Line;
use crate::facts::{
    Direction, Example, FieldFact, FieldType, Limits, Location, OperationFacts, PageFacts,
    plain_number, short_digest,
};
use crate::page::rows::digest_of_words;

/// No real body is as deep.
const MAX_DEPTH: usize = 8;
/// No real operation has as many fields.
const MAX_FIELDS: usize = 5_000;

/// Reads a definition.
pub fn read(content: &str) -> PageFacts {
    let mut facts = PageFacts::default();
    let root: Value = match serde_json::from_str(content.trim_start_matches('\u{feff}')) {
        Ok(root) => root,
        Err(error) => {
            facts.failures.push(format!("not JSON: {error}"));
            return facts;
        }
    };
    let Some(paths) = root.get("paths").and_then(Value::as_object) else {
        facts.failures.push("no paths".to_owned());
        return facts;
    };
    let reader = Reader { definitions: root.get("definitions").and_then(Value::as_object) };
    for (path, methods) in paths.iter().take(1000) {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let method = method.to_uppercase();
            if matches!(method.as_str(), "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD") {
                let shared = methods.get("parameters");
                facts.operations.push(reader.operation(
                    &method,
                    path,
                    operation,
                    shared,
                    &mut facts.failures,
                ));
            }
        }
    }
    if facts.operations.is_empty() {
        facts.failures.push("no operation".to_owned());
    }
    facts
}

struct Reader<'a> {
    definitions: Option<&'a Map<String, Value>>,
}

/// The whole of what is being collected.
struct Sink<'a> {
    fields: Vec<FieldFact>,
    failures: &'a mut Vec<String>,
}

#[derive(Clone, Copy)]
struct Place {
    direction: Direction,
    location: Location,
}

impl<'a> Reader<'a> {
    fn operation(
        &self,
        method: &str,
        path: &str,
        operation: &Value,
        shared: Option<&Value>,
        failures: &mut Vec<String>,
    ) -> OperationFacts {
        let mut out = OperationFacts::new(method, path.split('?').next().unwrap_or(path));
        if operation.get("deprecated").and_then(Value::as_bool) == Some(true) {
            out.deprecated = Some(true);
        }
        let mut sink = Sink { fields: Vec::new(), failures };
        let parameters = [operation.get("parameters"), shared];
        for parameter in parameters.into_iter().flatten().filter_map(Value::as_array).flatten() {
            self.parameter(parameter, &mut sink, &mut out.examples);
        }
        let responses = operation.get("responses").and_then(Value::as_object);
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for (status, response) in responses.into_iter().flatten() {
            let Ok(number) = status.parse::<u16>() else {
                continue;
            };
            out.statuses.insert(number);
            if (200..300).contains(&number)
                && let Some(schema) = response.get("schema")
            {
                let place = Place { direction: Direction::Response, location: Location::Body };
                let before = sink.fields.len();
                self.body(schema, place, &mut sink);
                // A second success status repeats the fields of the first.
                let fresh: Vec<FieldFact> =
                    sink.fields.drain(before..).filter(|f| seen.insert(f.path.clone())).collect();
                sink.fields.extend(fresh);
            }
            for example in response.get("examples").and_then(Value::as_object).into_iter().flatten()
            {
                push_example(&mut out.examples, Direction::Response, Some(number), example.1);
            }
        }
        out.fields = sink.fields;
        out
    }

    fn parameter(&self, parameter: &Value, sink: &mut Sink<'_>, examples: &mut Vec<Example>) {
        let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
        let place = |location| Place { direction: Direction::Request, location };
        let location = match text("in") {
            "path" => Location::Path,
            "query" => Location::Query,
            "header" => Location::Header,
            "body" => {
                if let Some(schema) = parameter.get("schema") {
                    self.body(schema, place(Location::Body), sink);
                }
                if let Some(example) = parameter.get("x-example") {
                    push_example(examples, Direction::Request, None, example);
                }
                return;
            }
            "formData" => Location::Body,
            other => {
                sink.failures.push(format!("a parameter in \"{other}\""));
                return;
            }
        };
        if text("name").is_empty() {
            sink.failures.push("a parameter without a name".to_owned());
            return;
        }
        let mandatory = parameter.get("required").and_then(Value::as_bool);
        sink.fields.push(self.fact(place(location), text("name"), parameter, mandatory));
    }

    /// The schema of a whole body.
    fn body(&self, schema: &'a Value, place: Place, sink: &mut Sink<'_>) {
        let resolved = self.resolve(schema);
        let bare = kind_of(resolved, self)
            .is_some_and(|k| !matches!(k, FieldType::Object | FieldType::Any));
        if bare {
            let path = if resolved.get("items").is_some() { "[]" } else { "" };
            sink.fields.push(self.fact(place, path, resolved, None));
        }
        self.inside(resolved, place, "", 0, sink);
    }

    /// The fields inside a schema.
    fn inside(
        &self,
        schema: &'a Value,
        place: Place,
        prefix: &str,
        depth: usize,
        sink: &mut Sink<'_>,
    ) {
        if depth > MAX_DEPTH {
            return;
        }
        let schema = self.resolve(schema);
        if let Some(items) = schema.get("items") {
            return self.inside(items, place, &format!("{prefix}[]"), depth + 1, sink);
        }
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.inside(part, place, prefix, depth + 1, sink);
        }
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            return;
        };
        let required: Option<BTreeSet<&str>> = schema
            .get("required")
            .and_then(Value::as_array)
            .map(|list| list.iter().filter_map(Value::as_str).collect());
        for (name, property) in properties {
            if sink.fields.len() >= MAX_FIELDS {
                let problem = format!("more than {MAX_FIELDS} fields");
                if sink.failures.last() != Some(&problem) {
                    sink.failures.push(problem);
                }
                return;
            }
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            // A definition of an answer without any list of required fields says nothing about them.
            let own = property.get("required").and_then(Value::as_bool);
            let mandatory = own.or_else(|| match (&required, place.direction) {
                (Some(list), _) => Some(list.contains(name.as_str())),
                (None, Direction::Request) => Some(false),
                (None, Direction::Response) => None,
            });
            let resolved = self.resolve(property);
            sink.fields.push(self.fact(place, &path, property, mandatory));
            self.inside(resolved, place, &path, depth + 1, sink);
        }
    }

    fn fact(&self, place: Place, path: &str, schema: &Value, mandatory: Option<bool>) -> FieldFact {
        let resolved = self.resolve(schema);
        let mut fact = FieldFact::new(place.direction, place.location, path);
        fact.kind = kind_of(resolved, self);
        fact.kind_text = kind_text(resolved);
        fact.mandatory = mandatory;
        let text = |key: &str| resolved.get(key).and_then(plain_value);
        let listed = resolved
            .get("enum")
            .or_else(|| resolved.get("items").and_then(|i| self.resolve(i).get("enum")));
        fact.values = listed
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(plain_value)
            .collect();
        fact.limits = Limits {
            min_length: text("minLength"),
            max_length: text("maxLength"),
            minimum: text("minimum"),
            maximum: text("maximum"),
            min_items: text("minItems"),
            max_items: text("maxItems"),
            multiple_of: text("multipleOf"),
            pattern: text("pattern"),
        };
        fact.default =
            text("default").map(|d| d.trim_matches(|c| matches!(c, '“' | '”')).to_owned());
        let words =
            [schema, resolved].iter().find_map(|s| s.get("description").and_then(Value::as_str));
        let line = Line { text: words.unwrap_or_default().to_owned(), ..Line::default() };
        fact.words = digest_of_words(&[line]);
        fact
    }

    /// Follows references, a few at most.
    fn resolve<'v>(&self, schema: &'v Value) -> &'v Value
    where
        'a: 'v,
    {
        let mut schema = schema;
        for _ in 0..8 {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else {
                return schema;
            };
            let name = reference.strip_prefix("#/definitions/").unwrap_or(reference);
            match self.definitions.and_then(|d| d.get(name)) {
                Some(found) => schema = found,
                None => return schema,
            }
        }
        schema
    }
}

fn push_example(
    examples: &mut Vec<Example>,
    direction: Direction,
    status: Option<u16>,
    example: &Value,
) {
    let value = match example {
        Value::Null => return,
        Value::String(text) if text.trim().is_empty() => return,
        Value::String(text) => serde_json::from_str(text.trim()).map_err(|e| e.to_string()),
        value => Ok(value.clone()),
    };
    let number = examples.iter().filter(|e| e.direction == direction).count() + 1;
    let text = short_digest(&example.to_string());
    examples.push(Example { direction, status, number, value, text });
}

fn kind_of(schema: &Value, reader: &Reader<'_>) -> Option<FieldType> {
    kind_at(schema, reader, 0)
}

fn kind_at(schema: &Value, reader: &Reader<'_>, depth: usize) -> Option<FieldType> {
    if depth > MAX_DEPTH {
        return None;
    }
    let name = schema.get("type").and_then(Value::as_str);
    Some(match name {
        Some("string") if schema.get("format").and_then(Value::as_str) == Some("binary") => {
            FieldType::File
        }
        Some("string") => FieldType::String,
        Some("integer" | "long" | "int") => FieldType::Integer,
        Some("number") => FieldType::Number,
        Some("boolean") => FieldType::Boolean,
        Some("file") => FieldType::File,
        Some("array") => {
            let item =
                schema.get("items").and_then(|i| kind_at(reader.resolve(i), reader, depth + 1));
            FieldType::Array(item.map(Box::new))
        }
        Some("object") | None
            if schema.get("properties").is_some() || schema.get("allOf").is_some() =>
        {
            FieldType::Object
        }
        Some("object")
            if schema.get("additionalProperties").is_some_and(|a| a.as_bool() != Some(false)) =>
        {
            FieldType::Map
        }
        Some("object") => FieldType::Object,
        _ => return None,
    })
}

fn kind_text(schema: &Value) -> String {
    let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
    match (text("type"), text("format")) {
        (kind, "") => kind.to_owned(),
        (kind, format) => format!("{kind} {format}"),
    }
}

/// A scalar as text, numbers in their shortest form.
pub fn plain_value(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(plain_number(&number.to_string())),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

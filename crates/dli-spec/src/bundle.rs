//! One self-contained document and what can be asked of it.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::Error;
use crate::operation::{Location, Operation, Paging, Parameter};

/// A self-contained OpenAPI document, whole or of some families.
#[derive(Debug, Clone)]
pub struct Bundle {
    document: Value,
    operations: Vec<Operation>,
    by_id: HashMap<String, usize>,
}

impl Bundle {
    /// Takes a bundled document.
    ///
    /// # Errors
    /// When an operation lacks what every operation has to have.
    pub fn new(document: Value) -> Result<Self, Error> {
        let mut operations = Vec::new();
        for (path, item) in entries(&document["paths"]) {
            for (method, operation) in entries(item) {
                operations.push(read_operation(&document, path, method, operation)?);
            }
        }
        operations.sort_by(|a, b| a.id.cmp(&b.id));
        let by_id = operations.iter().enumerate().map(|(i, o)| (o.id.clone(), i)).collect();
        Ok(Self { document, operations, by_id })
    }

    /// Reads the compact form that [`Bundle::to_compact`] wrote.
    ///
    /// # Errors
    /// When the text is not a bundled document.
    pub fn from_compact(text: &str) -> Result<Self, Error> {
        let document = serde_json::from_str(text).map_err(|error| Error::Parse {
            file: "the compact description".to_owned(),
            message: error.to_string(),
        })?;
        Self::new(document)
    }

    /// The compact form: JSON without blanks. Programs embed it, so that they need no YAML.
    pub fn to_compact(&self) -> String {
        self.document.to_string()
    }

    /// The OpenAPI document itself.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// All operations, in the order of their ids.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation with this id.
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.by_id.get(id).map(|&index| &self.operations[index])
    }

    /// All component schemas.
    pub fn schemas(&self) -> &Map<String, Value> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        self.document["components"]["schemas"].as_object().unwrap_or(&EMPTY)
    }

    /// Follows `$ref` until a schema that is none; a reference to nowhere gives `null`.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        // A chain longer than this is a circle.
        for _ in 0..16 {
            match reference(schema) {
                Some(reference) => {
                    schema = self
                        .document
                        .pointer(reference.trim_start_matches('#'))
                        .unwrap_or(&Value::Null);
                }
                None => return schema,
            }
        }
        &Value::Null
    }

    /// The error codes the documentation lists, each with status and meaning.
    pub fn error_codes(&self) -> &[Value] {
        self.document["x-error-codes"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The regions and their hosts.
    pub fn regions(&self) -> &[Value] {
        self.document["x-regions"].as_array().map_or(&[], Vec::as_slice)
    }
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The reference of a schema that is one. A property that needs a word of its own beside the
/// reference writes it as an `allOf` of one, since OpenAPI 3.0 allows a `$ref` no siblings.
fn reference(schema: &Value) -> Option<&str> {
    let schema = match schema.get("allOf").and_then(Value::as_array) {
        Some(parts) if parts.len() == 1 => &parts[0],
        _ => schema,
    };
    schema.get("$ref")?.as_str()
}

/// The component that a schema refers to, if it is a reference.
///
/// ```
/// let schema = serde_json::json!({ "$ref": "#/components/schemas/Tag" });
/// assert_eq!(dli_spec::referenced_name(&schema), Some("Tag"));
/// ```
pub fn referenced_name(schema: &Value) -> Option<&str> {
    reference(schema)?.rsplit('/').next()
}

fn read_operation(
    document: &Value,
    path: &str,
    method: &str,
    operation: &Value,
) -> Result<Operation, Error> {
    let text = |key: &str| operation[key].as_str().unwrap_or_default().to_owned();
    let fail = |message: &str| Error::Invalid {
        file: operation["tags"][0].as_str().unwrap_or("openapi").to_owned(),
        at: format!("{method} {path}"),
        message: message.to_owned(),
    };
    let id = text("operationId");
    if id.is_empty() {
        return Err(fail("it has no operationId"));
    }
    let paging = match &operation["x-paging"] {
        Value::Object(_) => serde_json::from_value(operation["x-paging"].clone())
            .map_err(|error| fail(&format!("x-paging: {error}")))?,
        _ => Paging::default(),
    };
    let mut parameters = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let parameter = follow(document, parameter);
        let location = serde_json::from_value(parameter["in"].clone())
            .map_err(|_| fail("a parameter is neither in path, query nor header"))?;
        parameters.push(Parameter {
            name: parameter["name"].as_str().unwrap_or_default().to_owned(),
            location,
            required: location == Location::Path || parameter["required"] == Value::Bool(true),
            description: parameter["description"].as_str().unwrap_or_default().to_owned(),
            schema: parameter["schema"].clone(),
            aliases: strings(&parameter["x-aliases"]),
        });
    }
    let mut statuses = Vec::new();
    let mut response = None;
    for (status, answer) in entries(&operation["responses"]) {
        let number: u16 = status.parse().map_err(|_| fail("a status is not a number"))?;
        statuses.push(number);
        if (200..300).contains(&number) && response.is_none() {
            response = json_body(follow(document, answer));
        }
    }
    statuses.sort_unstable();
    let body = follow(document, &operation["requestBody"]);
    Ok(Operation {
        family: operation["tags"][0].as_str().unwrap_or_default().to_owned(),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text("summary"),
        description: text("description"),
        deprecated: operation["deprecated"] == Value::Bool(true),
        successor: operation["x-successor"].as_str().map(str::to_owned),
        sources: strings(&operation["x-sources"]),
        idempotent: operation["x-idempotent"] == Value::Bool(true),
        paging,
        parameters,
        request: json_body(body),
        request_required: body["required"] == Value::Bool(true),
        response,
        statuses,
        id,
    })
}

fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => {
            document.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null)
        }
        None => value,
    }
}

fn json_body(value: &Value) -> Option<String> {
    referenced_name(&value["content"]["application/json"]["schema"]).map(str::to_owned)
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

//! Loads the description in `openapi/` and looks things up in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::facts::{FieldType, Limits, Location};
use crate::sources::explorer::plain_value;

/// The description, with all files.
#[derive(Debug, Default)]
pub struct Description {
    files: BTreeMap<String, Value>,
    /// The operations, sorted by id.
    pub operations: Vec<Operation>,
    by_address: HashMap<(String, String), usize>,
}

/// An operation as held.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Its id.
    pub id: String,
    /// HTTP method in capitals.
    pub method: String,
    /// Path with `{parameters}`.
    pub path: String,
    /// Family, the first tag.
    pub family: String,
    /// Whether it is marked deprecated.
    pub deprecated: bool,
    /// Pages and definitions it was read from.
    pub sources: Vec<String>,
    /// Parameters of path, query and header.
    pub parameters: Vec<Parameter>,
    /// Schema of the request body, with the name of its file.
    pub request: Option<Located>,
    /// Schemas of the answers by status; statuses without a body have none.
    pub responses: BTreeMap<u16, Option<Located>>,
}

/// A schema with the file its references start from.
#[derive(Debug, Clone)]
pub struct Located {
    /// File name.
    pub file: String,
    /// The schema.
    pub schema: Value,
}

/// A parameter as held.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// Where it stands.
    pub location: Location,
    /// Whether it must be there.
    pub required: bool,
    /// Other spellings in use.
    pub aliases: Vec<String>,
    /// Its schema.
    pub schema: Located,
}

/// A schema seen through its references.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// File name.
    pub file: &'a str,
    /// The schema.
    pub schema: &'a Value,
}

/// What is held about one field.
#[derive(Debug, Clone)]
pub struct Held<'a> {
    /// Its schema.
    pub seen: Seen<'a>,
    /// Whether it must be there; nothing for fields inside free maps.
    pub required: Option<bool>,
    /// The path as held.
    pub path: String,
    /// Whether the page's spelling is only an alias.
    pub alias: bool,
}

/// The outcome of looking for a field.
#[derive(Debug, Clone)]
pub enum Lookup<'a> {
    /// It is described.
    Found(Box<Held<'a>>),
    /// Anything may stand there: free JSON.
    Free,
    /// It is not described; the number of segments of the path that are.
    Missing(usize),
}

/// References are followed this far.
const MAX_REFERENCES: usize = 16;

impl Description {
    /// Loads all YAML files of a directory but `rulings.yaml`.
    ///
    /// # Errors
    /// When a file cannot be read or is not YAML.
    pub fn load(directory: &Path) -> Result<Self, String> {
        let mut description = Self::default();
        let entries =
            fs::read_dir(directory).map_err(|e| format!("{}: {e}", directory.display()))?;
        for entry in entries {
            let path = entry.map_err(|e| e.to_string())?.path();
            let name =
                path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if !name.ends_with(".yaml") || name == "rulings.yaml" {
                continue;
            }
            let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            description.add_file(&name, &text)?;
        }
        description.index();
        Ok(description)
    }

    /// A description made of texts, for tests.
    ///
    /// # Errors
    /// When a text is not YAML.
    pub fn from_texts(files: &[(&str, &str)]) -> Result<Self, String> {
        let mut description = Self::default();
        for (name, text) in files {
            description.add_file(name, text)?;
        }
        description.index();
        Ok(description)
    }

    fn add_file(&mut self, name: &str, text: &str) -> Result<(), String> {
        let value: Value = serde_saphyr::from_str(text).map_err(|e| format!("{name}: {e}"))?;
        if value.get("openapi").is_some() || value.get("components").is_some() {
            self.files.insert(name.to_owned(), value);
        }
        Ok(())
    }

    fn index(&mut self) {
        let mut operations = Vec::new();
        for (file, value) in &self.files {
            for (path, item) in value.get("paths").and_then(Value::as_object).into_iter().flatten()
            {
                for (method, operation) in item.as_object().into_iter().flatten() {
                    if matches!(
                        method.as_str(),
                        "get" | "post" | "put" | "delete" | "patch" | "head"
                    ) {
                        operations.push(self.operation(file, path, method, operation, item));
                    }
                }
            }
        }
        operations.sort_by(|a: &Operation, b| a.id.cmp(&b.id));
        for (i, operation) in operations.iter().enumerate() {
            self.by_address.insert((operation.method.clone(), path_shape(&operation.path)), i);
        }
        self.operations = operations;
    }

    fn operation(
        &self,
        file: &str,
        path: &str,
        method: &str,
        value: &Value,
        item: &Value,
    ) -> Operation {
        let text =
            |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let strings = |value: Option<&Value>| -> Vec<String> {
            value
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect()
        };
        let family = strings(value.get("tags"))
            .into_iter()
            .next()
            .unwrap_or_else(|| file.trim_end_matches(".yaml").to_owned());
        let mut parameters = Vec::new();
        for parameter in [value.get("parameters"), item.get("parameters")]
            .into_iter()
            .flatten()
            .filter_map(Value::as_array)
            .flatten()
        {
            parameters.extend(self.parameter(Seen { file, schema: parameter }));
        }
        let body = value.get("requestBody").map(|b| self.resolve(Seen { file, schema: b }));
        let request = body.and_then(|b| content(b));
        let mut responses = BTreeMap::new();
        for (status, response) in
            value.get("responses").and_then(Value::as_object).into_iter().flatten()
        {
            if let Ok(number) = status.parse::<u16>() {
                let seen = self.resolve(Seen { file, schema: response });
                responses.insert(number, content(seen));
            }
        }
        Operation {
            id: text("operationId"),
            method: method.to_uppercase(),
            path: path.to_owned(),
            family,
            deprecated: value.get("deprecated").and_then(Value::as_bool) == Some(true),
            sources: strings(value.get("x-sources")),
            parameters,
            request,
            responses,
        }
    }

    fn parameter(&self, seen: Seen<'_>) -> Option<Parameter> {
        let seen = self.resolve(seen);
        let text = |key: &str| seen.schema.get(key).and_then(Value::as_str).unwrap_or_default();
        let location = match text("in") {
            "path" => Location::Path,
            "query" => Location::Query,
            "header" => Location::Header,
            _ => return None,
        };
        let aliases = aliases(seen.schema);
        let schema = seen.schema.get("schema").cloned().unwrap_or(Value::Null);
        Some(Parameter {
            name: text("name").to_owned(),
            location,
            required: seen.schema.get("required").and_then(Value::as_bool) == Some(true),
            aliases,
            schema: Located { file: seen.file.to_owned(), schema },
        })
    }

    /// Follows `$ref`, and an `allOf` that only wraps a reference.
    pub fn resolve<'a>(&'a self, seen: Seen<'a>) -> Seen<'a> {
        let mut seen = seen;
        for _ in 0..MAX_REFERENCES {
            let wrapped = seen
                .schema
                .get("allOf")
                .and_then(Value::as_array)
                .filter(|all| all.len() == 1 && seen.schema.get("properties").is_none());
            if let Some(only) = wrapped.and_then(|all| all.first()) {
                seen = Seen { file: seen.file, schema: only };
                continue;
            }
            let Some(reference) = seen.schema.get("$ref").and_then(Value::as_str) else {
                return seen;
            };
            let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
            let file = if file.is_empty() { seen.file } else { file.trim_start_matches("./") };
            let Some((name, root)) = self.files.get_key_value(file) else {
                return seen;
            };
            match root.pointer(pointer) {
                Some(schema) => seen = Seen { file: name, schema },
                None => return seen,
            }
        }
        seen
    }

    /// The operation at this address; names of path parameters do not count.
    pub fn at_address(&self, method: &str, path: &str) -> Option<&Operation> {
        let i = self.by_address.get(&(method.to_owned(), path_shape(path)))?;
        self.operations.get(*i)
    }

    /// The operation with this id.
    pub fn operation_by_id(&self, id: &str) -> Option<&Operation> {
        self.operations
            .binary_search_by(|o| o.id.as_str().cmp(id))
            .ok()
            .map(|i| &self.operations[i])
    }

    /// All names of sources the description knows.
    pub fn source_names(&self) -> BTreeSet<String> {
        self.operations.iter().flat_map(|o| o.sources.iter().cloned()).collect()
    }

    /// Looks for a field below the schema of a body. `path` is without marks of lists.
    pub fn find<'a>(&'a self, body: &'a Located, path: &str) -> Lookup<'a> {
        let root = self.unwrap_lists(Seen { file: &body.file, schema: &body.schema });
        let mut held = Held { seen: root.0, required: Some(true), path: root.1, alias: false };
        if path.is_empty() {
            held.seen = self.resolve(Seen { file: &body.file, schema: &body.schema });
            return Lookup::Found(Box::new(held));
        }
        let segments: Vec<&str> = path.split('.').collect();
        let mut at = 0;
        while at < segments.len() {
            let (inner, marks) = self.unwrap_lists(held.seen);
            if at > 0 {
                held.path.push_str(&marks);
            }
            let Some((step, used)) = self.step(inner, &segments[at..]) else {
                return if is_free(inner.schema) { Lookup::Free } else { Lookup::Missing(at) };
            };
            at += used;
            if !held.path.is_empty() {
                held.path.push('.');
            }
            held.path.push_str(&step.name);
            held.seen = step.seen;
            held.required = step.required;
            held.alias |= step.alias;
        }
        // Not resolved: what stands beside a reference, a default for instance, belongs to it.
        Lookup::Found(Box::new(held))
    }

    /// The schema of the items, however many lists are around them, and a mark for each list.
    fn unwrap_lists<'a>(&'a self, seen: Seen<'a>) -> (Seen<'a>, String) {
        let mut seen = self.resolve(seen);
        let mut marks = String::new();
        for _ in 0..4 {
            let Some(items) = seen.schema.get("items") else {
                break;
            };
            seen = self.resolve(Seen { file: seen.file, schema: items });
            marks.push_str("[]");
        }
        (seen, marks)
    }

    /// One field down. Names with dots in them take several segments.
    fn step<'a>(&'a self, seen: Seen<'a>, segments: &[&str]) -> Option<(Step<'a>, usize)> {
        for used in 1..=segments.len().min(4) {
            let name = segments[..used].join(".");
            if let Some(step) = self.property(seen, &name) {
                return Some((step, used));
            }
        }
        let values = self.map_values(seen)?;
        let name = segments.first()?;
        Some((Step { name: (*name).to_owned(), seen: values, required: None, alias: false }, 1))
    }

    /// A property of an object by its name or an alias of it.
    pub fn property<'a>(&'a self, seen: Seen<'a>, name: &str) -> Option<Step<'a>> {
        for (properties, seen) in self.property_sets(seen) {
            let required = |name: &str| {
                let list = seen.schema.get("required").and_then(Value::as_array);
                Some(list.into_iter().flatten().any(|r| r.as_str() == Some(name)))
            };
            if let Some(schema) = properties.get(name) {
                let seen = Seen { file: seen.file, schema };
                return Some(Step {
                    name: name.to_owned(),
                    seen,
                    required: required(name),
                    alias: false,
                });
            }
            for (real, schema) in properties {
                if aliases(schema).iter().any(|a| a == name) {
                    let seen = Seen { file: seen.file, schema };
                    return Some(Step {
                        name: real.clone(),
                        seen,
                        required: required(real),
                        alias: true,
                    });
                }
            }
        }
        None
    }

    /// The properties of a schema and of the parts of its `allOf`.
    fn property_sets<'a>(&'a self, seen: Seen<'a>) -> Vec<(&'a Map<String, Value>, Seen<'a>)> {
        let seen = self.resolve(seen);
        let mut sets = Vec::new();
        if let Some(own) = seen.schema.get("properties").and_then(Value::as_object) {
            sets.push((own, seen));
        }
        for part in seen.schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            let part = self.resolve(Seen { file: seen.file, schema: part });
            if let Some(properties) = part.schema.get("properties").and_then(Value::as_object) {
                sets.push((properties, part));
            }
        }
        sets
    }

    /// The names of the properties of a schema.
    pub fn property_names(&self, seen: Seen<'_>) -> BTreeSet<String> {
        self.property_sets(seen).into_iter().flat_map(|(set, _)| set.keys().cloned()).collect()
    }

    /// Whether a schema has named properties.
    pub fn has_properties(&self, seen: Seen<'_>) -> bool {
        !self.property_sets(seen).is_empty()
    }

    /// The schema of the values of a map.
    pub fn map_values<'a>(&'a self, seen: Seen<'a>) -> Option<Seen<'a>> {
        let values = seen.schema.get("additionalProperties")?;
        values.is_object().then(|| self.resolve(Seen { file: seen.file, schema: values }))
    }

    /// The type of a schema.
    pub fn kind(&self, seen: Seen<'_>) -> FieldType {
        self.kind_at(seen, 0)
    }

    fn kind_at(&self, seen: Seen<'_>, depth: usize) -> FieldType {
        let seen = self.resolve(seen);
        let schema = seen.schema;
        match schema.get("type").and_then(Value::as_str) {
            Some("string") if schema.get("format").and_then(Value::as_str) == Some("binary") => {
                FieldType::File
            }
            Some("string") => FieldType::String,
            Some("integer") => FieldType::Integer,
            Some("number") => FieldType::Number,
            Some("boolean") => FieldType::Boolean,
            Some("array") if depth < 4 => {
                let item = schema
                    .get("items")
                    .map(|i| self.kind_at(Seen { file: seen.file, schema: i }, depth + 1));
                FieldType::Array(item.map(Box::new))
            }
            Some("array") => FieldType::Array(None),
            _ if self.has_properties(seen) => FieldType::Object,
            Some("object") if schema.get("additionalProperties").is_some_and(Value::is_object) => {
                FieldType::Map
            }
            Some("object") => FieldType::Object,
            _ => FieldType::Any,
        }
    }

    /// The values an enumeration lists, and whether their case does not matter; those of the
    /// items for a list.
    pub fn values(&self, seen: Seen<'_>) -> (Vec<String>, bool) {
        let (inner, _) = self.unwrap_lists(seen);
        let listed = inner.schema.get("x-extensible-enum").or_else(|| inner.schema.get("enum"));
        let values = listed
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(plain_value)
            .collect();
        let any_case =
            inner.schema.get("x-case-insensitive").and_then(Value::as_bool) == Some(true);
        (values, any_case)
    }

    /// The limits of a schema. Those of a text in a list stand at its items.
    pub fn limits(&self, seen: Seen<'_>) -> Limits {
        let outer = self.resolve(seen).schema;
        let inner = self.unwrap_lists(seen).0.schema;
        let beside = seen.schema;
        let text = |key: &str| {
            [beside, inner, outer].iter().find_map(|s| s.get(key)).and_then(plain_value)
        };
        Limits {
            min_length: text("minLength"),
            max_length: text("maxLength"),
            minimum: text("minimum"),
            maximum: text("maximum"),
            min_items: text("minItems"),
            max_items: text("maxItems"),
            multiple_of: text("multipleOf"),
            pattern: text("pattern"),
        }
    }

    /// The default of a schema, wherever it stands around a reference.
    pub fn default_of(&self, seen: Seen<'_>) -> Option<String> {
        let here = seen.schema.get("default");
        here.or_else(|| self.resolve(seen).schema.get("default")).and_then(plain_value)
    }
}

/// One step down from an object.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// The name as held.
    pub name: String,
    /// The schema below.
    pub seen: Seen<'a>,
    /// Whether it must be there.
    pub required: Option<bool>,
    /// Whether it was found by an alias.
    pub alias: bool,
}

/// Whether anything may stand where this schema is.
pub fn is_free(schema: &Value) -> bool {
    let bare = schema.get("type").is_none()
        && schema.get("properties").is_none()
        && schema.get("allOf").is_none()
        && schema.get("$ref").is_none();
    let open = schema.get("type").and_then(Value::as_str) == Some("object")
        && schema.get("properties").is_none()
        && schema.get("allOf").is_none()
        && !schema.get("additionalProperties").is_some_and(Value::is_object);
    bare || open
}

fn aliases(schema: &Value) -> Vec<String> {
    let list = schema.get("x-aliases").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The JSON schema of a body, or of its only other media type.
fn content(seen: Seen<'_>) -> Option<Located> {
    let content = seen.schema.get("content")?.as_object()?;
    let media = content.get("application/json").or_else(|| content.values().next())?;
    Some(Located { file: seen.file.to_owned(), schema: media.get("schema")?.clone() })
}

/// The path with the names of its parameters forgotten.
pub fn path_shape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '{' => {
                inside = true;
                out.push('{');
            }
            '}' => {
                inside = false;
                out.push('}');
            }
            _ if inside => {}
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_beside_a_wrapped_reference_belongs_to_the_field() {
        let text = r##"
openapi: 3.0.3
paths:
  /v9/a:
    post:
      operationId: a
      requestBody:
        content:
          application/json:
            schema:
              $ref: "#/components/schemas/Body"
components:
  schemas:
    Body:
      properties:
        kind:
          allOf:
            - $ref: "#/components/schemas/Kind"
          default: one
          maxLength: 7
          x-aliases: [kinds]
    Kind:
      type: string
      x-extensible-enum: [one, two]
"##;
        let description = Description::from_texts(&[("a.yaml", text)]).expect("well formed");
        let body = description.operations[0].request.as_ref().expect("a body");
        for (name, alias) in [("kind", false), ("kinds", true)] {
            let Lookup::Found(held) = description.find(body, name) else { panic!("{name}") };
            assert_eq!(held.alias, alias);
            assert_eq!(description.default_of(held.seen).as_deref(), Some("one"));
            assert_eq!(description.kind(held.seen), FieldType::String);
            assert_eq!(description.values(held.seen).0, ["one", "two"]);
            assert_eq!(description.limits(held.seen).max_length.as_deref(), Some("7"));
        }
        assert!(matches!(description.find(body, "other"), Lookup::Missing(0)));
    }
}

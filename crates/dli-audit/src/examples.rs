//! Checks JSON examples against a schema: names and types.
//!
//! Lenient where the service is: "true" for true, digits as text for numbers, null anywhere. A
//! field may be missing, since examples are cut short.

use serde_json::Value;

use crate::description::{Description, Seen, is_free};
use crate::facts::FieldType;

/// Something in an example that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The path inside the example, lists marked: `hosts[].ip`.
    pub at: String,
    /// What stands there.
    pub said: String,
    /// What the schema holds.
    pub held: String,
}

/// Values longer than this are cut in reports.
const MAX_SHOWN: usize = 60;
/// More problems than this in one example are not listed.
const MAX_PROBLEMS: usize = 200;

/// All problems of an example, without repetitions.
pub fn check(description: &Description, schema: Seen<'_>, value: &Value) -> Vec<Problem> {
    let mut checker = Checker { description, problems: Vec::new() };
    checker.value(schema, value, "");
    checker.problems.sort();
    checker.problems.dedup();
    checker.problems
}

struct Checker<'a> {
    description: &'a Description,
    problems: Vec<Problem>,
}

impl Checker<'_> {
    fn push(&mut self, at: &str, said: String, held: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem { at: at.to_owned(), said, held });
        }
    }

    fn value(&mut self, schema: Seen<'_>, value: &Value, at: &str) {
        let schema = self.description.resolve(schema);
        if value.is_null() || is_free(schema.schema) {
            return;
        }
        let kind = self.description.kind(schema);
        match (&kind, value) {
            (FieldType::Array(_), Value::Array(items)) => {
                if let Some(of) = schema.schema.get("items") {
                    let at = format!("{at}[]");
                    for item in items {
                        self.value(Seen { file: schema.file, schema: of }, item, &at);
                    }
                }
            }
            (FieldType::Object | FieldType::Map, Value::Object(fields)) => {
                for (name, field) in fields {
                    let below = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                    if let Some(step) = self.description.property(schema, name) {
                        self.value(step.seen, field, &below);
                    } else if let Some(values) = self.description.map_values(schema) {
                        self.value(values, field, &below);
                    } else {
                        self.push(&below, kind_name(field).to_owned(), "nothing".to_owned());
                    }
                }
            }
            _ if fits(&kind, value) => self.listed(schema, value, at),
            _ => self.push(at, shown(value), kind.to_string()),
        }
    }

    /// A value of an enumeration.
    fn listed(&mut self, schema: Seen<'_>, value: &Value, at: &str) {
        let (values, any_case) = self.description.values(schema);
        if values.is_empty() {
            return;
        }
        let text = match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        let known =
            values.iter().any(|v| *v == text || (any_case && v.eq_ignore_ascii_case(&text)));
        if !known {
            self.push(at, shown(value), values.join(", "));
        }
    }
}

/// Whether a scalar can stand for the type.
pub fn fits(kind: &FieldType, value: &Value) -> bool {
    match (kind, value) {
        (FieldType::Any, _) => true,
        (FieldType::String | FieldType::File, Value::String(_)) => true,
        (FieldType::Boolean, Value::Bool(_)) | (FieldType::Number, Value::Number(_)) => true,
        (FieldType::Boolean, Value::String(text)) => {
            matches!(text.to_lowercase().as_str(), "true" | "false")
        }
        (FieldType::Integer, Value::Number(number)) => {
            number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|f| f.fract() == 0.0)
        }
        (FieldType::Integer, Value::String(text)) => text.trim().parse::<i64>().is_ok(),
        (FieldType::Number, Value::String(text)) => text.trim().parse::<f64>().is_ok(),
        _ => false,
    }
}

/// A name for the type of a value.
pub fn kind_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(n) if n.is_i64() || n.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A value as a report shows it.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => kind_name(value).to_owned(),
        value => {
            let text = value.to_string();
            if text.chars().count() > MAX_SHOWN {
                let cut: String = text.chars().take(MAX_SHOWN).collect();
                return format!("{cut}…");
            }
            text
        }
    }
}

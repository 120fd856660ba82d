//! JSON documents that a schema describes, but for what the bytes want otherwise.

use arbitrary::{Result, Unstructured};
use dli_spec::Bundle;
use serde_json::{Map, Number, Value};

use crate::{now_and_then, one_of, text};

/// Values a document holds at most, so that its size stays in proportion to what was read.
const MOST_VALUES: usize = 300;
/// How deep a document goes; the description goes to 6.
const DEEPEST: usize = 8;

/// Texts in the forms that the description asks for, by a pattern or by what it says of a field.
const FORMS: &[&str] = &[
    "a",
    "default",
    "192.168.0.0/24",
    "192.168.0.1",
    "22094d8f-c310-4621-913d-4c4d655d8495",
    "obs://bucket/folder/file.jar",
    "select 1",
    "create table a (b int)",
    "2024-01-02T03:04:05Z",
    "1700000000000",
    "true",
    "1",
    "-1",
    "1.0",
    "",
    " ",
    "a.b",
    "databases.a.tables.b",
    "queues.a",
    "*",
    "example.com:9092",
    "\u{0}",
    "ä/../%2e",
    "999999999999999999999",
];

/// Makes documents.
pub struct Documents<'b> {
    bundle: &'b Bundle,
    /// Values to use again, ids that an answer told for instance.
    pub known: Vec<String>,
    left: usize,
}

impl<'b> Documents<'b> {
    pub fn new(bundle: &'b Bundle) -> Self {
        Self { bundle, known: Vec::new(), left: MOST_VALUES }
    }

    /// A document of this schema.
    pub fn document(&mut self, u: &mut Unstructured<'_>, schema: &Value) -> Result<Value> {
        self.left = MOST_VALUES;
        self.value(u, schema, 0)
    }

    fn value(&mut self, u: &mut Unstructured<'_>, schema: &Value, depth: usize) -> Result<Value> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || depth > DEEPEST {
            return Ok(Value::Null);
        }
        if now_and_then(u, 10)? {
            return self.anything(u, depth);
        }
        let schema = self.bundle.resolve(schema);
        Ok(match schema["type"].as_str() {
            Some("boolean") => (u.arbitrary::<u8>()? % 2 == 1).into(),
            Some("integer") => integer(u, schema)?.into(),
            Some("number") => number(u)?,
            Some("string") => self.text(u, schema)?.into(),
            Some("array") => {
                let many = u.arbitrary::<u8>()? % 4;
                let items = (0..many).map(|_| self.value(u, &schema["items"], depth + 1));
                Value::Array(items.collect::<Result<_>>()?)
            }
            Some("object") => self.object(u, schema, depth)?,
            _ => self.anything(u, depth)?,
        })
    }

    fn object(&mut self, u: &mut Unstructured<'_>, schema: &Value, depth: usize) -> Result<Value> {
        let mut fields = Map::new();
        let required = schema["required"].as_array();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let required = required.is_some_and(|names| names.iter().any(|n| n == name));
            // Without bytes: what is required, and nothing else.
            let otherwise = now_and_then(u, if required { 6 } else { 80 })?;
            if required == otherwise {
                continue;
            }
            let aliases = property["x-aliases"].as_array().map_or(&[][..], Vec::as_slice);
            let name = match aliases.first().and_then(Value::as_str) {
                Some(alias) if now_and_then(u, 40)? => alias,
                _ => name,
            };
            fields.insert(name.to_owned(), self.value(u, property, depth + 1)?);
        }
        if schema["additionalProperties"].is_object() {
            for _ in 0..u.arbitrary::<u8>()? % 3 {
                let name = self.text(u, &Value::Null)?;
                let value = self.value(u, &schema["additionalProperties"], depth + 1)?;
                fields.insert(name, value);
            }
        }
        if now_and_then(u, 8)? {
            fields.insert(text(u, 12)?, self.anything(u, depth)?);
        }
        Ok(Value::Object(fields))
    }

    /// A text that a schema may allow.
    pub fn text(&self, u: &mut Unstructured<'_>, schema: &Value) -> Result<String> {
        let named = schema["x-extensible-enum"].as_array();
        let named = named.filter(|named| named.iter().any(Value::is_string));
        Ok(match u.arbitrary::<u8>()? {
            0..=99 if named.is_some() => {
                let value = one_of(u, named.expect("looked at above"))?;
                value.as_str().unwrap_or_default().to_owned()
            }
            0..=159 if !self.known.is_empty() => one_of(u, &self.known)?.clone(),
            0..=199 => (*one_of(u, FORMS)?).to_owned(),
            200..=249 => text(u, 40)?,
            // Beyond every limit of length.
            long => text(u, 8)?.repeat(usize::from(long) * 4),
        })
    }

    /// Any value, whatever is described.
    fn anything(&mut self, u: &mut Unstructured<'_>, depth: usize) -> Result<Value> {
        Ok(match u.arbitrary::<u8>()? % 10 {
            0 => Value::Null,
            1 => true.into(),
            2 => integer(u, &Value::Null)?.into(),
            3 => number(u)?,
            4 => self.text(u, &Value::Null)?.into(),
            5 => integer(u, &Value::Null)?.to_string().into(),
            6 => Value::Array(Vec::new()),
            7 => Value::Object(Map::new()),
            8 => Value::Array(vec![self.value(u, &Value::Null, depth + 1)?]),
            _ => Value::Object(Map::from_iter([(
                text(u, 12)?,
                self.value(u, &Value::Null, depth + 1)?,
            )])),
        })
    }
}

/// A whole number: one at the limits of the schema, a small one or any.
fn integer(u: &mut Unstructured<'_>, schema: &Value) -> Result<i64> {
    let limit = |name: &str| schema[name].as_i64();
    Ok(match u.arbitrary::<u8>()? % 6 {
        0 => limit("minimum").unwrap_or(1),
        1 => limit("maximum").unwrap_or(16),
        2 => limit("minimum").unwrap_or(0).wrapping_sub(1),
        3 => u.arbitrary::<u8>()?.into(),
        4 => i64::from(u.arbitrary::<u8>()?) * 16,
        _ => u.arbitrary()?,
    })
}

fn number(u: &mut Unstructured<'_>) -> Result<Value> {
    let number = match u.arbitrary::<u8>()? % 3 {
        0 => f64::from(u.arbitrary::<u8>()?) / 4.0,
        1 => f64::from(u.arbitrary::<i32>()?),
        _ => u.arbitrary()?,
    };
    Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
}

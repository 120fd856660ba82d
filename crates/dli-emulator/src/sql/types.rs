//! The types of the service, in its words and in Arrow's.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use serde_json::{Value, json};

use super::failure::refused;
use crate::engine::SqlFailure;

/// Largest number of digits of a decimal.
pub(super) const MAX_PRECISION: u8 = 38;

/// A type as Arrow has it. Timestamps are instants without a zone: the clock of a session is UTC.
pub(super) const TIMESTAMP: DataType = DataType::Timestamp(TimeUnit::Microsecond, None);

/// Reads the name of a type: `decimal(10,2)`, `array<struct<a:int>>`.
pub(super) fn parse(text: &str) -> Result<DataType, SqlFailure> {
    let unknown = || refused(format!("the type `{text}`"));
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let (name, arguments) = match lower.find(['(', '<']) {
        Some(at) => {
            let close = if lower.as_bytes()[at] == b'(' { ')' } else { '>' };
            let inner = text[at + 1..].trim_end().strip_suffix(close).ok_or_else(unknown)?;
            (lower[..at].trim(), Some(inner))
        }
        None => (&*lower, None),
    };
    Ok(match (name, arguments) {
        ("boolean" | "bool", None) => DataType::Boolean,
        ("tinyint" | "byte", None) => DataType::Int8,
        ("smallint" | "short", None) => DataType::Int16,
        ("int" | "integer", None) => DataType::Int32,
        ("bigint" | "long", None) => DataType::Int64,
        ("float" | "real", None) => DataType::Float32,
        ("double", None) => DataType::Float64,
        ("decimal" | "numeric" | "dec", None) => DataType::Decimal128(10, 0),
        ("decimal" | "numeric" | "dec", Some(arguments)) => {
            let mut numbers = arguments.split(',').map(str::trim);
            let precision = numbers.next().and_then(|n| n.parse::<u8>().ok());
            let scale = numbers.next().map_or(Some(0), |n| n.parse::<u8>().ok());
            match (precision, scale, numbers.next()) {
                (Some(precision @ 1..=MAX_PRECISION), Some(scale), None) if scale <= precision => {
                    DataType::Decimal128(precision, scale.cast_signed())
                }
                _ => return Err(unknown()),
            }
        }
        ("string", None) => DataType::Utf8,
        ("char" | "varchar", Some(length)) if length.trim().parse::<u32>().is_ok() => {
            DataType::Utf8
        }
        ("date", None) => DataType::Date32,
        ("timestamp", None) => TIMESTAMP,
        ("binary", None) => DataType::Binary,
        ("array", Some(item)) => DataType::new_list(parse(item)?, true),
        ("map", Some(arguments)) => {
            let parts = split(arguments);
            let [key, value] = parts.as_slice() else { return Err(unknown()) };
            let entries = Fields::from(vec![
                Field::new("key", parse(key)?, false),
                Field::new("value", parse(value)?, true),
            ]);
            let entries = Field::new("entries", DataType::Struct(entries), false);
            DataType::Map(Arc::new(entries), false)
        }
        ("struct", Some(arguments)) => {
            let mut fields = Vec::new();
            for part in split(arguments) {
                let (name, ty) = part
                    .split_once(':')
                    .or_else(|| part.split_once(char::is_whitespace))
                    .ok_or_else(unknown)?;
                let name = name.trim().trim_matches('`').to_lowercase();
                fields.push(Field::new(name, parse(ty)?, true));
            }
            DataType::Struct(fields.into())
        }
        _ => return Err(unknown()),
    })
}

/// The parts between the commas that are not inside brackets.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, character) in text.char_indices() {
        match character {
            '<' | '(' => depth += 1,
            '>' | ')' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}

/// What the service calls a type.
pub(super) fn name(ty: &DataType) -> String {
    match ty {
        DataType::Null => "void".to_owned(),
        DataType::Boolean => "boolean".to_owned(),
        DataType::Int8 => "tinyint".to_owned(),
        DataType::Int16 | DataType::UInt8 => "smallint".to_owned(),
        DataType::Int32 | DataType::UInt16 => "int".to_owned(),
        DataType::Int64 | DataType::UInt32 => "bigint".to_owned(),
        DataType::UInt64 => "decimal(20,0)".to_owned(),
        DataType::Float16 | DataType::Float32 => "float".to_owned(),
        DataType::Float64 => "double".to_owned(),
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => format!("decimal({precision},{scale})"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".to_owned(),
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => "binary".to_owned(),
        DataType::Date32 | DataType::Date64 => "date".to_owned(),
        DataType::Timestamp(..) => "timestamp".to_owned(),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _) => format!("array<{}>", name(item.data_type())),
        DataType::Struct(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| format!("{}:{}", field.name(), name(field.data_type())))
                .collect();
            format!("struct<{}>", fields.join(","))
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) if fields.len() == 2 => {
                format!("map<{},{}>", name(fields[0].data_type()), name(fields[1].data_type()))
            }
            _ => "map<string,string>".to_owned(),
        },
        DataType::Dictionary(_, value) => name(value),
        DataType::Interval(_) | DataType::Duration(_) => "interval".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}

/// A column of a table, as the documents of the catalogue have it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub name: String,
    pub ty: DataType,
    /// The type as it was written: `varchar(20)` says more than its Arrow type.
    pub written: String,
    pub comment: String,
    pub partition: bool,
}

impl Column {
    pub fn new(name: &str, ty: DataType) -> Self {
        let written = self::name(&ty);
        Self { name: name.to_owned(), ty, written, comment: String::new(), partition: false }
    }

    /// From an entry of `columns` in a table's document.
    pub fn from_doc(doc: &Value) -> Result<Self, SqlFailure> {
        let text = |field: &str| doc[field].as_str().unwrap_or_default();
        let written = text("type").to_lowercase();
        Ok(Self {
            name: text("column_name").to_lowercase(),
            ty: parse(&written)?,
            written,
            comment: text("description").to_owned(),
            partition: doc["is_partition_column"] == json!(true),
        })
    }

    pub fn to_doc(&self) -> Value {
        let mut doc = json!({
            "column_name": self.name,
            "type": self.written,
            "is_partition_column": self.partition,
        });
        if !self.comment.is_empty() {
            doc["description"] = json!(self.comment);
        }
        doc
    }

    pub fn field(&self) -> Field {
        Field::new(&self.name, self.ty.clone(), true)
    }
}

pub(super) fn schema(columns: &[Column]) -> SchemaRef {
    Arc::new(Schema::new(columns.iter().map(Column::field).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_types_are_read_and_written() {
        for text in [
            "boolean",
            "tinyint",
            "smallint",
            "int",
            "bigint",
            "float",
            "double",
            "decimal(38,18)",
            "string",
            "date",
            "timestamp",
            "binary",
            "array<map<string,decimal(5,2)>>",
            "struct<a:int,b:struct<c:array<date>>>",
        ] {
            assert_eq!(name(&parse(text).unwrap()), text);
        }
        for wrong in ["decimal(39,1)", "decimal(2,3)", "array<int", "map<int>", "point", ""] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}

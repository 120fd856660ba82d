//! Columns of a result and what their types make of the values.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use serde_json::value::RawValue;

/// A column of a result.
///
/// ```
/// fn print(column: &dli_ext::sql::Column) {
///     println!("{} {}", column.name, column.ty);
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: ColumnType,
}

/// The type of a column, as Spark names it.
///
/// ```
/// use dli_ext::sql::ColumnType;
///
/// let ty: ColumnType = "array<decimal(10,2)>".into();
/// assert_eq!(ty, ColumnType::Array(Box::new(ColumnType::Decimal { precision: 10, scale: 2 })));
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum ColumnType {
    Boolean,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    Float,
    Double,
    /// Exact; values are texts, so that no digit is lost.
    Decimal {
        precision: u8,
        scale: i8,
    },
    /// Also `char(n)` and `varchar(n)`.
    String,
    /// Values are texts, `2024-02-29`.
    Date,
    /// Values are texts, `2024-02-29 12:30:00.5`.
    Timestamp,
    /// Values are texts in Base64.
    Binary,
    Array(Box<ColumnType>),
    Map(Box<ColumnType>, Box<ColumnType>),
    Struct(Vec<(String, ColumnType)>),
    /// A type that this crate does not know; values are as they came.
    Other(String),
}

impl From<&str> for ColumnType {
    fn from(text: &str) -> Self {
        of(text, 0)
    }
}

/// No table has types as deep; what is deeper stays a name.
const DEEPEST: usize = 32;

/// The type of this name, inside so many others.
fn of(text: &str, depth: usize) -> ColumnType {
    let text = text.trim();
    let known = (depth < DEEPEST).then(|| parse(text, depth + 1)).flatten();
    known.unwrap_or_else(|| ColumnType::Other(text.to_owned()))
}

fn parse(text: &str, depth: usize) -> Option<ColumnType> {
    let lower = text.to_ascii_lowercase();
    let (name, arguments) = match lower.find(['(', '<']) {
        Some(at) => (lower[..at].trim(), Some(text.get(at + 1..text.len() - 1)?)),
        None => (&*lower, None),
    };
    Some(match (name, arguments) {
        ("boolean" | "bool", None) => ColumnType::Boolean,
        ("tinyint" | "byte", None) => ColumnType::TinyInt,
        ("smallint" | "short", None) => ColumnType::SmallInt,
        ("int" | "integer", None) => ColumnType::Int,
        ("bigint" | "long", None) => ColumnType::BigInt,
        ("float" | "real", None) => ColumnType::Float,
        ("double", None) => ColumnType::Double,
        ("decimal" | "numeric" | "dec", None) => ColumnType::Decimal { precision: 10, scale: 0 },
        ("decimal" | "numeric" | "dec", Some(arguments)) => {
            let mut numbers = arguments.split(',').map(str::trim);
            let precision = numbers.next()?.parse().ok()?;
            let scale = numbers.next().map_or(Some(0), |scale| scale.parse().ok())?;
            ColumnType::Decimal { precision, scale }
        }
        ("string", None) | ("char" | "varchar", _) => ColumnType::String,
        ("date", None) => ColumnType::Date,
        ("timestamp" | "timestamp_ntz" | "timestamp_ltz", None) => ColumnType::Timestamp,
        ("binary", None) => ColumnType::Binary,
        ("array", Some(item)) => ColumnType::Array(Box::new(of(item, depth))),
        ("map", Some(arguments)) => {
            let parts = split(arguments);
            let [key, value] = parts.as_slice() else { return None };
            ColumnType::Map(Box::new(of(key, depth)), Box::new(of(value, depth)))
        }
        ("struct", Some(arguments)) => {
            let field = |part: &&str| {
                let (name, ty) = part.split_once(':')?;
                Some((name.trim().trim_matches('`').to_owned(), of(ty, depth)))
            };
            ColumnType::Struct(split(arguments).iter().map(field).collect::<Option<_>>()?)
        }
        _ => return None,
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

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean => f.write_str("boolean"),
            Self::TinyInt => f.write_str("tinyint"),
            Self::SmallInt => f.write_str("smallint"),
            Self::Int => f.write_str("int"),
            Self::BigInt => f.write_str("bigint"),
            Self::Float => f.write_str("float"),
            Self::Double => f.write_str("double"),
            Self::Decimal { precision, scale } => write!(f, "decimal({precision},{scale})"),
            Self::String => f.write_str("string"),
            Self::Date => f.write_str("date"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Binary => f.write_str("binary"),
            Self::Array(item) => write!(f, "array<{item}>"),
            Self::Map(key, value) => write!(f, "map<{key},{value}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (nth, (name, ty)) in fields.iter().enumerate() {
                    let comma = if nth == 0 { "" } else { "," };
                    write!(f, "{comma}{name}:{ty}")?;
                }
                f.write_str(">")
            }
            Self::Other(name) => f.write_str(name),
        }
    }
}

impl ColumnType {
    /// The value of a piece of JSON. `None` stands for JSON that this type cannot be.
    pub(super) fn read_json(&self, raw: &RawValue) -> Option<Value> {
        let text = raw.get();
        if text == "null" {
            return Some(Value::Null);
        }
        let quoted = text.starts_with('"');
        let string = || serde_json::from_str::<String>(text).ok();
        match self {
            Self::Array(item) if text.starts_with('[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                items
                    .into_iter()
                    .map(|raw| item.read_json(raw))
                    .collect::<Option<_>>()
                    .map(Value::Array)
            }
            Self::Map(_, value) if text.starts_with('{') => {
                let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
                let fields =
                    fields.into_iter().map(|(key, raw)| Some((key, value.read_json(raw)?)));
                fields.collect::<Option<_>>().map(Value::Object)
            }
            Self::Struct(types) if text.starts_with('{') => {
                let fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
                let fields = fields.into_iter().map(|(key, raw)| {
                    let ty = types.iter().find(|(name, _)| *name == key);
                    let value = match ty {
                        Some((_, ty)) => ty.read_json(raw)?,
                        None => serde_json::from_str(raw.get()).ok()?,
                    };
                    Some((key, value))
                });
                fields.collect::<Option<_>>().map(Value::Object)
            }
            Self::Other(_) => serde_json::from_str(text).ok(),
            _ if quoted => self.read_text(string()?),
            // A number stands for an instant: milliseconds, as everywhere in the service.
            Self::Date | Self::Timestamp => {
                let instant = jiff::Timestamp::from_millisecond(text.parse().ok()?).ok()?;
                let civil = instant.to_zoned(jiff::tz::TimeZone::UTC).datetime();
                Some(Value::String(match self {
                    Self::Date => civil.date().to_string(),
                    _ => civil.to_string().replacen('T', " ", 1),
                }))
            }
            _ => self.read_text(text.to_owned()),
        }
    }

    /// The value of a text that is not null.
    pub(super) fn read_text(&self, text: String) -> Option<Value> {
        let trimmed = text.trim();
        match self {
            Self::Boolean if trimmed.eq_ignore_ascii_case("true") => Some(Value::Bool(true)),
            Self::Boolean if trimmed.eq_ignore_ascii_case("false") => Some(Value::Bool(false)),
            Self::Boolean => None,
            Self::TinyInt | Self::SmallInt | Self::Int | Self::BigInt => {
                let digits = trimmed.strip_suffix(".0").unwrap_or(trimmed);
                digits.parse::<i64>().ok().map(Value::from)
            }
            Self::Float | Self::Double => match trimmed.parse::<f64>() {
                Ok(number) if number.is_finite() => Some(Value::from(number)),
                // JSON has no such numbers; their names stand for them.
                Ok(_) => Some(Value::String(trimmed.to_owned())),
                Err(_) => None,
            },
            Self::Decimal { .. } => {
                let digits =
                    |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E');
                let number = !trimmed.is_empty() && trimmed.chars().all(digits);
                number.then(|| Value::String(trimmed.to_owned()))
            }
            Self::Array(_) | Self::Map(..) | Self::Struct(_) => {
                let raw: &RawValue = serde_json::from_str(trimmed).ok()?;
                match raw.get().starts_with(['[', '{']) {
                    true => self.read_json(raw),
                    false => None,
                }
            }
            Self::String | Self::Date | Self::Timestamp | Self::Binary | Self::Other(_) => {
                Some(Value::String(text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(ty: &str, json: &str) -> Option<Value> {
        ColumnType::from(ty).read_json(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn type_names_are_read_and_written() {
        for name in [
            "boolean",
            "bigint",
            "decimal(38,18)",
            "array<map<string,decimal(5,2)>>",
            "struct<a:int,b:struct<c:array<date>,d:binary>>",
            "interval day",
        ] {
            assert_eq!(ColumnType::from(name).to_string(), name);
        }
        assert_eq!(ColumnType::from("VARCHAR(20)"), ColumnType::String);
        assert_eq!(ColumnType::from("Integer"), ColumnType::Int);
    }

    #[test]
    fn a_type_deeper_than_any_table_has_is_a_name() {
        let deep = format!("{}int{}", "array<".repeat(100_000), ">".repeat(100_000));
        let mut depth = 0;
        let mut ty = ColumnType::from(deep.as_str());
        while let ColumnType::Array(item) = ty {
            depth += 1;
            ty = *item;
        }
        assert!(matches!(ty, ColumnType::Other(_)) && depth == DEEPEST, "{depth}");
    }

    #[test]
    fn no_digit_of_a_decimal_is_lost() {
        let long = "12345678901234567890.123456789012345678";
        assert_eq!(value("decimal(38,18)", long), Some(Value::String(long.to_owned())));
        assert_eq!(value("array<decimal(5,2)>", "[1.10, null]").unwrap()[0], "1.10");
        assert_eq!(value("struct<a:decimal(5,2)>", r#"{"a": 1.10}"#).unwrap()["a"], "1.10");
    }

    #[test]
    fn null_is_not_the_empty_text() {
        assert_eq!(value("string", "null"), Some(Value::Null));
        assert_eq!(value("string", r#""""#), Some(Value::String(String::new())));
    }

    #[test]
    fn numbers_may_come_as_text_and_texts_as_numbers() {
        assert_eq!(value("int", r#""752""#), Some(Value::from(752)));
        assert_eq!(
            value("bigint", "9007199254740993"),
            Some(Value::from(9_007_199_254_740_993_i64))
        );
        assert_eq!(value("double", r#""NaN""#), Some(Value::String("NaN".to_owned())));
        assert_eq!(value("string", "12"), Some(Value::String("12".to_owned())));
        assert_eq!(value("timestamp", "0"), Some(Value::String("1970-01-01 00:00:00".to_owned())));
        assert_eq!(value("int", r#""x""#), None);
    }
}

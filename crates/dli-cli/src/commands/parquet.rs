//! Rows as a Parquet file, with the types of the columns.

use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FloatType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use serde_json::Value;

use super::rows::Rows;
use crate::error::{Exit, Failure, Result};

/// The values of a column, `None` for null.
enum Values {
    Bool(Vec<Option<bool>>),
    Int(Vec<Option<i32>>),
    Long(Vec<Option<i64>>),
    Float(Vec<Option<f32>>),
    Double(Vec<Option<f64>>),
    Date(Vec<Option<i32>>),
    Time(Vec<Option<i64>>),
    Decimal(Vec<Option<i64>>, i32, i32),
    Text(Vec<Option<ByteArray>>),
}

/// The rows as the bytes of a file.
pub fn encode(rows: &Rows) -> Result<Vec<u8>> {
    write(rows).map_err(|error| {
        Failure::new(
            Exit::File,
            format!("the rows cannot be written as Parquet: {error}; use `--output csv`"),
        )
    })
}

fn write(rows: &Rows) -> Result<Vec<u8>, ParquetError> {
    let mut columns = Vec::new();
    let mut fields = Vec::new();
    for (index, (name, kind)) in rows.columns.iter().enumerate() {
        let cells: Vec<&Value> =
            rows.rows.iter().map(|row| row.get(index).unwrap_or(&Value::Null)).collect();
        let values = read(kind, &cells);
        fields.push(Arc::new(field(name, &values)?));
        columns.push(values);
    }
    let schema = Type::group_type_builder("rows").with_fields(fields).build()?;
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), properties)?;
    let mut group = writer.next_row_group()?;
    for values in &columns {
        let Some(mut column) = group.next_column()? else { break };
        put(&mut column, values)?;
        column.close()?;
    }
    group.close()?;
    writer.into_inner()
}

fn field(name: &str, values: &Values) -> Result<Type, ParquetError> {
    let micros = LogicalType::timestamp(false, TimeUnit::MICROS);
    let (physical, logical, precision, scale) = match values {
        Values::Bool(_) => (Physical::BOOLEAN, None, -1, -1),
        Values::Int(_) => (Physical::INT32, None, -1, -1),
        Values::Long(_) => (Physical::INT64, None, -1, -1),
        Values::Float(_) => (Physical::FLOAT, None, -1, -1),
        Values::Double(_) => (Physical::DOUBLE, None, -1, -1),
        Values::Date(_) => (Physical::INT32, Some(LogicalType::Date), -1, -1),
        Values::Time(_) => (Physical::INT64, Some(micros), -1, -1),
        Values::Decimal(_, precision, scale) => {
            (Physical::INT64, Some(LogicalType::decimal(*scale, *precision)), *precision, *scale)
        }
        Values::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String), -1, -1),
    };
    Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .with_precision(precision)
        .with_scale(scale)
        .build()
}

fn put(column: &mut SerializedColumnWriter<'_>, values: &Values) -> Result<(), ParquetError> {
    macro_rules! put {
        ($kind:ty, $values:expr) => {{
            let levels: Vec<i16> = $values.iter().map(|value| i16::from(value.is_some())).collect();
            let present: Vec<_> = $values.iter().flatten().cloned().collect();
            column.typed::<$kind>().write_batch(&present, Some(&levels), None)?;
        }};
    }
    match values {
        Values::Bool(values) => put!(BoolType, values),
        Values::Int(values) | Values::Date(values) => put!(Int32Type, values),
        Values::Long(values) | Values::Time(values) | Values::Decimal(values, ..) => {
            put!(Int64Type, values);
        }
        Values::Float(values) => put!(FloatType, values),
        Values::Double(values) => put!(DoubleType, values),
        Values::Text(values) => put!(ByteArrayType, values),
    }
    Ok(())
}

/// The values as their type says; as text if one of them does not fit it.
fn read(kind: &str, cells: &[&Value]) -> Values {
    typed(&kind.trim().to_ascii_lowercase(), cells).unwrap_or_else(|| {
        Values::Text(
            each(cells, |value| Some(plain(value).into_bytes().into())).unwrap_or_default(),
        )
    })
}

fn typed(kind: &str, cells: &[&Value]) -> Option<Values> {
    Some(match kind {
        "boolean" => Values::Bool(each(cells, |value| plain(value).parse().ok())?),
        "tinyint" | "smallint" | "int" | "integer" => {
            Values::Int(each(cells, |value| plain(value).parse().ok())?)
        }
        "bigint" | "long" => Values::Long(each(cells, |value| plain(value).parse().ok())?),
        "float" | "real" => Values::Float(each(cells, |value| plain(value).parse().ok())?),
        "double" => Values::Double(each(cells, |value| plain(value).parse().ok())?),
        "date" => {
            let epoch = Date::constant(1970, 1, 1);
            Values::Date(each(cells, |value| {
                let date: Date = plain(value).parse().ok()?;
                Some((date - epoch).get_days())
            })?)
        }
        "timestamp" => Values::Time(each(cells, |value| {
            let time: DateTime = plain(value).replace('T', " ").parse().ok()?;
            let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            Some(zoned.timestamp().as_microsecond())
        })?),
        decimal => {
            let inner = decimal.strip_prefix("decimal(")?.strip_suffix(')')?;
            let (precision, scale) = inner.split_once(',')?;
            let precision: i32 = precision.trim().parse().ok()?;
            let scale: i32 = scale.trim().parse().ok()?;
            // Longer ones do not fit 64 bits.
            if !(1..=18).contains(&precision) || !(0..=precision).contains(&scale) {
                return None;
            }
            let values =
                each(cells, |value| unscaled(&plain(value), usize::try_from(scale).ok()?))?;
            Values::Decimal(values, precision, scale)
        }
    })
}

/// `-1.5` with scale 2 is -150.
fn unscaled(text: &str, scale: usize) -> Option<i64> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if part.len() > scale || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{part}{}", "0".repeat(scale - part.len())).parse().ok()
}

/// `None` if a value that is not null cannot be read.
fn each<T>(cells: &[&Value], read: impl Fn(&Value) -> Option<T>) -> Option<Vec<Option<T>>> {
    cells
        .iter()
        .map(|value| if value.is_null() { Some(None) } else { read(value).map(Some) })
        .collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_come_back_with_their_types_and_nulls() {
        let kinds = [
            ("id", "bigint"),
            ("price", "decimal(10,2)"),
            ("day", "date"),
            ("at", "timestamp"),
            ("name", "string"),
            ("ok", "boolean"),
        ];
        let rows = Rows {
            columns: kinds
                .iter()
                .map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned()))
                .collect(),
            rows: [
                json!([1, "12.5", "2026-01-02", "2026-01-02 03:04:05.5", "a", true]),
                json!(["2", null, null, null, "", "false"]),
            ]
            .iter()
            .map(|row| row.as_array().cloned().unwrap())
            .collect(),
        };
        let bytes = bytes::Bytes::from(encode(&rows).unwrap());
        let reader = SerializedFileReader::new(bytes).unwrap();
        let read: Vec<String> =
            reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect();
        assert_eq!(
            read,
            [
                "{id: 1, price: 12.50, day: 2026-01-02, at: 2026-01-02 03:04:05.500000 +00:00, name: \"a\", ok: true}",
                "{id: 2, price: null, day: null, at: null, name: \"\", ok: false}",
            ]
        );
    }
}

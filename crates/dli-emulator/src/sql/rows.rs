//! Cells as JSON: numbers as numbers; decimals, dates and instants as texts; bytes in Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Float64Type, Int64Type};
use datafusion::common::Result;
use serde_json::{Map, Value, json};

use super::functions::text::to_text;

/// The first rows of a batch.
pub(super) fn of_batch(batch: &RecordBatch, most: usize) -> Result<Vec<Vec<Value>>> {
    let row = |row: usize| batch.columns().iter().map(|column| value(column, row)).collect();
    (0..batch.num_rows().min(most)).map(row).collect()
}

/// One cell.
pub(super) fn value(column: &ArrayRef, row: usize) -> Result<Value> {
    if column.is_null(row) {
        return Ok(Value::Null);
    }
    Ok(match column.data_type() {
        DataType::Boolean => json!(column.as_boolean().value(row)),
        ty if ty.is_integer() => {
            let cell = cast(&column.slice(row, 1), &DataType::Int64)?;
            json!(cell.as_primitive::<Int64Type>().value(0))
        }
        DataType::Float64 => {
            let number = column.as_primitive::<Float64Type>().value(row);
            if number.is_finite() { json!(number) } else { text(column, row)? }
        }
        // The shortest digits of a float are not those of the double it becomes.
        DataType::Float32 => {
            let written = text(column, row)?;
            let number = written.as_str().and_then(|text| text.parse::<f64>().ok());
            number.filter(|number| number.is_finite()).map_or(written, |number| json!(number))
        }
        DataType::Binary => json!(STANDARD.encode(column.as_binary::<i32>().value(row))),
        DataType::List(_) => items(&column.as_list::<i32>().value(row))?.into(),
        DataType::Struct(fields) => {
            let columns = fields.iter().zip(column.as_struct().columns());
            let entries =
                columns.map(|(field, column)| Ok((field.name().clone(), value(column, row)?)));
            Value::Object(entries.collect::<Result<Map<_, _>>>()?)
        }
        DataType::Map(..) => {
            let entries = column.as_map().value(row);
            let keys = to_text(entries.column(0))?;
            let values = items(entries.column(1))?.into_iter().enumerate();
            let entries = values.map(|(nth, value)| (keys.value(nth).to_owned(), value));
            Value::Object(entries.collect())
        }
        _ => text(column, row)?,
    })
}

fn items(array: &ArrayRef) -> Result<Vec<Value>> {
    (0..array.len()).map(|row| value(array, row)).collect()
}

fn text(column: &ArrayRef, row: usize) -> Result<Value> {
    Ok(json!(to_text(&column.slice(row, 1))?.value(0)))
}

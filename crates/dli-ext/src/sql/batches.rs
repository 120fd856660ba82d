//! Results as record batches of Arrow.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef, TimeUnit};
use futures_util::stream::{self, StreamExt};
use serde_json::Value;

use super::results::failed;
use super::{Column, ColumnType, Results, Row};
use crate::Error;
use crate::paging::Stream;

/// Rows in a batch.
const ROWS: usize = 8192;

impl Results {
    /// The schema of [`Results::batches`].
    ///
    /// ```
    /// fn columns(results: &dli_ext::sql::Results) -> usize {
    ///     results.arrow_schema().fields().len()
    /// }
    /// ```
    pub fn arrow_schema(&self) -> SchemaRef {
        schema(self.columns())
    }

    /// The rows as record batches of up to 8192 rows, typed as the columns are.
    ///
    /// ```no_run
    /// use futures_util::StreamExt;
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let mut batches = dli.sql("select * from t").queue("q").run().await?.batches();
    /// while let Some(batch) = batches.next().await {
    ///     println!("{} rows", batch?.num_rows());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn batches(self) -> Stream<RecordBatch> {
        let schema = self.arrow_schema();
        let state = (self.raw_rows().chunks(ROWS), schema, false);
        stream::unfold(state, |(mut chunks, schema, over)| async move {
            if over {
                return None;
            }
            let batch = batch(&schema, chunks.next().await?);
            let over = batch.is_err();
            Some((batch, (chunks, schema, over)))
        })
        .boxed()
    }
}

fn batch(schema: &SchemaRef, rows: Vec<Result<Row, Error>>) -> Result<RecordBatch, Error> {
    let unfit = |error: arrow_schema::ArrowError| {
        failed(format!("the rows do not fit their columns: {error}")).source_error(error)
    };
    let mut objects = Vec::with_capacity(rows.len());
    for row in rows {
        let row = row?;
        let cells = row.values.into_iter().zip(row.columns.iter()).enumerate();
        // Columns may share a name; in the decoder's rows they are told apart by position.
        let object: serde_json::Map<String, Value> =
            cells.map(|(nth, (value, column))| (key(nth), decodable(value, &column.ty))).collect();
        objects.push(object);
    }
    let inner = Arc::new(numbered(schema));
    if inner.fields().is_empty() {
        let options = arrow_array::RecordBatchOptions::new().with_row_count(Some(objects.len()));
        return RecordBatch::try_new_with_options(Arc::clone(schema), vec![], &options)
            .map_err(unfit);
    }
    let mut decoder =
        ReaderBuilder::new(inner).with_batch_size(ROWS).build_decoder().map_err(unfit)?;
    decoder.serialize(&objects).map_err(unfit)?;
    let decoded = decoder.flush().map_err(unfit)?;
    let columns = decoded.map(|batch| batch.columns().to_vec()).unwrap_or_default();
    RecordBatch::try_new(Arc::clone(schema), columns).map_err(unfit)
}

fn key(nth: usize) -> String {
    format!("c{nth}")
}

fn numbered(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().enumerate();
    Schema::new(
        fields.map(|(nth, field)| field.as_ref().clone().with_name(key(nth))).collect::<Fields>(),
    )
}

/// What the decoder reads as the value: binaries in hexadecimal.
fn decodable(value: Value, ty: &ColumnType) -> Value {
    match (ty, value) {
        (ColumnType::Binary, Value::String(text)) => match super::decode_binary(&text) {
            Ok(bytes) => Value::String(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            Err(_) => Value::String(text),
        },
        (ColumnType::Array(item), Value::Array(items)) => {
            Value::Array(items.into_iter().map(|value| decodable(value, item)).collect())
        }
        (ColumnType::Map(_, inner), Value::Object(fields)) => Value::Object(
            fields.into_iter().map(|(key, value)| (key, decodable(value, inner))).collect(),
        ),
        (ColumnType::Struct(types), Value::Object(fields)) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| {
                    let ty = types.iter().find(|(name, _)| *name == key);
                    let value = ty.map_or(value.clone(), |(_, ty)| decodable(value, ty));
                    (key, value)
                })
                .collect(),
        ),
        (ColumnType::Other(_), other) if !other.is_string() && !other.is_null() => {
            Value::String(other.to_string())
        }
        (_, other) => other,
    }
}

fn schema(columns: &[Column]) -> SchemaRef {
    let fields = columns.iter().map(|column| Field::new(&column.name, data_type(&column.ty), true));
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

fn data_type(ty: &ColumnType) -> DataType {
    match ty {
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::TinyInt => DataType::Int8,
        ColumnType::SmallInt => DataType::Int16,
        ColumnType::Int => DataType::Int32,
        ColumnType::BigInt => DataType::Int64,
        ColumnType::Float => DataType::Float32,
        ColumnType::Double => DataType::Float64,
        ColumnType::Decimal { precision, scale } => DataType::Decimal128(*precision, *scale),
        ColumnType::String | ColumnType::Other(_) => DataType::Utf8,
        ColumnType::Date => DataType::Date32,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        ColumnType::Binary => DataType::Binary,
        ColumnType::Array(item) => {
            DataType::List(Arc::new(Field::new("item", data_type(item), true)))
        }
        ColumnType::Map(key, value) => {
            let entries = Fields::from(vec![
                Field::new("keys", data_type(key), false),
                Field::new("values", data_type(value), true),
            ]);
            let entries = Field::new("entries", DataType::Struct(entries), false);
            DataType::Map(Arc::new(entries), false)
        }
        ColumnType::Struct(fields) => DataType::Struct(
            fields.iter().map(|(name, ty)| Field::new(name, data_type(ty), true)).collect(),
        ),
    }
}

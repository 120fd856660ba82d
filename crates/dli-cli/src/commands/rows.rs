//! Rows of a query: columns with types, and values that may be null.

use std::path::Path;

use serde_json::{Map, Value};

use crate::error::{Failure, Result};
use crate::globals::Format;
use crate::output::{Output, View, csv, file_written, table_of_lists, to_yaml};

/// The rows of an answer.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Name and type of each column.
    pub columns: Vec<(String, String)>,
    /// The values.
    pub rows: Vec<Vec<Value>>,
}

impl Rows {
    /// Reads `schema` and `rows` of an answer.
    pub fn of_answer(answer: &Value) -> Self {
        let schema = answer["schema"].as_array().map_or(&[][..], Vec::as_slice);
        let columns = schema.iter().flat_map(|column| {
            let fields = column.as_object().into_iter().flatten();
            fields.map(|(name, kind)| (name.clone(), kind.as_str().unwrap_or_default().to_owned()))
        });
        let rows = answer["rows"].as_array().into_iter().flatten();
        let rows = rows.map(|row| row.as_array().cloned().unwrap_or_default());
        Self { columns: columns.collect(), rows: rows.collect() }
    }

    /// A list of objects. A name that comes twice is numbered.
    pub fn objects(&self) -> Value {
        let mut names: Vec<String> = Vec::new();
        for (name, _) in &self.columns {
            let mut unique = name.clone();
            let mut number = 1;
            while names.contains(&unique) {
                number += 1;
                unique = format!("{name}_{number}");
            }
            names.push(unique);
        }
        let object = |row: &Vec<Value>| {
            let fields = names.iter().cloned().zip(row.iter().cloned());
            Value::Object(fields.collect::<Map<_, _>>())
        };
        self.rows.iter().map(object).collect()
    }

    /// Prints the rows.
    pub fn show(&self, output: &Output) -> Result<()> {
        if output.has_query() {
            return output.show(View::any(self.objects()));
        }
        match output.format {
            Format::Table => {
                let header: Vec<String> =
                    self.columns.iter().map(|(name, _)| name.clone()).collect();
                let rows: Vec<Vec<String>> =
                    self.rows.iter().map(|row| row.iter().map(shown).collect()).collect();
                if header.is_empty() && rows.is_empty() {
                    return Ok(());
                }
                output.text(&table_of_lists(&header, &rows, output.width))
            }
            Format::Csv => output.text(&self.csv()),
            _ => output.show(View::any(self.objects())),
        }
    }

    /// Writes the rows into a file, whole or not at all.
    pub fn write(&self, format: Format, path: &Path) -> Result<()> {
        let bytes = match format {
            Format::Parquet => self.parquet()?,
            Format::Csv => self.csv().into_bytes(),
            Format::Yaml => to_yaml(&self.objects())?.into_bytes(),
            Format::Json => {
                let mut text = serde_json::to_string_pretty(&self.objects()).unwrap_or_default();
                text.push('\n');
                text.into_bytes()
            }
            Format::Table => {
                return Err(Failure::usage(
                    "a file needs a format; add `--output csv`, `json`, `yaml` or `parquet`, or give \
                     it a name that ends with one of these",
                ));
            }
        };
        file_written(path, &bytes)
    }

    fn csv(&self) -> String {
        let mut text = csv::line(self.columns.iter().map(|(name, _)| Some(name.clone())));
        for row in &self.rows {
            text.push_str(&csv::line(row.iter().map(|value| match value {
                Value::Null => None,
                value => Some(plain(value)),
            })));
        }
        text
    }

    #[cfg(feature = "parquet")]
    fn parquet(&self) -> Result<Vec<u8>> {
        super::parquet::encode(self)
    }

    #[cfg(not(feature = "parquet"))]
    fn parquet(&self) -> Result<Vec<u8>> {
        Err(Failure::usage(
            "this `dli` was built without Parquet; build it with the feature `parquet`, or use \
             `--output csv`",
        ))
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value as people see it: null is told from an empty text.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => return "NULL".to_owned(),
        value => plain(value),
    };
    crate::output::one_line(&text)
}

//! CSV in Spark's dialect: a backslash escapes, nothing at all is null, `""` is the empty text,
//! lines may break inside quotes, what is missing at the end of a record is null.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, StringArray, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::{DataFusionError, Result, exec_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;

use crate::engine::SqlFailure;
use crate::sql::failure::refused;
use crate::sql::functions::text::to_text;
use crate::sql::rows;

/// Longest record; longer ones are a quote that was not closed.
const MOST: usize = 64 << 20;

/// How a file is written.
#[derive(Debug, Clone)]
pub(in crate::sql) struct Dialect {
    delimiter: u8,
    quote: Option<u8>,
    escape: Option<u8>,
    header: bool,
    null: String,
    /// An empty line is a record of one null, as in the results of jobs.
    empty_lines: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            delimiter: b',',
            quote: Some(b'"'),
            escape: Some(b'\\'),
            header: false,
            null: String::new(),
            empty_lines: false,
        }
    }
}

impl Dialect {
    /// From the options of a table.
    pub fn new(options: &BTreeMap<String, String>) -> Result<Self, SqlFailure> {
        let mut dialect = Self::default();
        for (key, value) in options {
            let byte = || match value.as_str() {
                "\\t" => Ok(b'\t'),
                one if one.len() == 1 => Ok(one.as_bytes()[0]),
                _ => Err(refused(format!(
                    "the option {key} '{value}', which is not one ASCII character"
                ))),
            };
            let optional = || if value.is_empty() { Ok(None) } else { byte().map(Some) };
            match key.as_str() {
                "path" => {}
                "delimiter" | "sep" => dialect.delimiter = byte()?,
                "quote" => dialect.quote = optional()?,
                "escape" => dialect.escape = optional()?,
                "header" => dialect.header = value.eq_ignore_ascii_case("true"),
                "nullvalue" => dialect.null.clone_from(value),
                "mode" if value.eq_ignore_ascii_case("permissive") => {}
                "encoding" | "charset" if value.eq_ignore_ascii_case("utf-8") => {}
                "empty_lines" => dialect.empty_lines = value == "true",
                "multiline" | "inferschema" => {}
                "dateformat" if value == "yyyy-MM-dd" => {}
                "timestampformat" if value == "yyyy-MM-dd HH:mm:ss" => {}
                "compression" | "codec" if value.eq_ignore_ascii_case("none") => {}
                _ => return Err(refused(format!("the option {key} '{value}' of a CSV table"))),
            }
        }
        Ok(dialect)
    }
}

/// Turns bytes into records, however the bytes are cut. A field is `None` where nothing, or the
/// sign for null, was written without quotes.
struct Records {
    dialect: Dialect,
    record: Vec<Option<String>>,
    field: Vec<u8>,
    size: usize,
    quoted: bool,
    begun: bool,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Plain,
    Quoted,
    /// After an escape; inside quotes or not.
    Escaped,
    /// After a quote inside quotes: the end, or the first of two.
    Closing,
}

impl Records {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            record: Vec::new(),
            field: Vec::new(),
            size: 0,
            quoted: false,
            begun: false,
            state: State::Plain,
        }
    }

    fn push(&mut self, bytes: &[u8], out: &mut Vec<Vec<Option<String>>>) -> io::Result<()> {
        for byte in bytes {
            self.take(*byte, out)?;
        }
        Ok(())
    }

    fn take(&mut self, byte: u8, out: &mut Vec<Vec<Option<String>>>) -> io::Result<()> {
        let (quote, escape) = (self.dialect.quote, self.dialect.escape);
        self.size += 1;
        if self.size > MOST {
            return Err(io::Error::other("a record is longer than 64 MiB"));
        }
        match self.state {
            State::Quoted if Some(byte) == escape && escape != quote => self.state = State::Escaped,
            State::Quoted if Some(byte) == quote => self.state = State::Closing,
            State::Quoted => self.field.push(byte),
            State::Escaped => {
                if Some(byte) != quote && Some(byte) != escape {
                    self.field.extend(escape);
                }
                self.field.push(byte);
                self.state = State::Quoted;
            }
            State::Closing if Some(byte) == quote => {
                self.field.push(byte);
                self.state = State::Quoted;
            }
            _ if byte == self.dialect.delimiter => {
                self.begun = true;
                self.end_field()?;
            }
            _ if byte == b'\n' => {
                if self.field.last() == Some(&b'\r') && !self.quoted {
                    self.field.pop();
                }
                // An empty line is no record.
                let empty_line = self.dialect.empty_lines && !self.begun;
                if empty_line
                    || self.begun
                        && !(self.record.is_empty() && self.field.is_empty() && !self.quoted)
                {
                    self.end_field()?;
                    out.push(std::mem::take(&mut self.record));
                }
                self.field.clear();
                self.size = 0;
                self.begun = false;
                self.state = State::Plain;
            }
            State::Closing if byte == b'\r' => {}
            State::Plain if Some(byte) == quote && self.field.is_empty() => {
                self.begun = true;
                self.quoted = true;
                self.state = State::Quoted;
            }
            _ => {
                self.begun = true;
                self.state = State::Plain;
                self.field.push(byte);
            }
        }
        Ok(())
    }

    fn end_field(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.field);
        let quoted = std::mem::take(&mut self.quoted);
        self.state = State::Plain;
        let null = !quoted && bytes == self.dialect.null.as_bytes();
        self.record.push(if null {
            None
        } else {
            Some(String::from_utf8(bytes).map_err(|_| io::Error::other("a field is not UTF-8"))?)
        });
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Vec<Option<String>>>) -> io::Result<()> {
        if matches!(self.state, State::Quoted | State::Escaped) {
            return Err(io::Error::other("the file ends inside quotes"));
        }
        if self.begun { self.take(b'\n', out) } else { Ok(()) }
    }
}

/// Files of CSV as columns of text.
#[derive(Debug)]
pub(in crate::sql) struct Files {
    paths: Vec<PathBuf>,
    dialect: Dialect,
    schema: SchemaRef,
}

impl Files {
    pub fn new(paths: Vec<PathBuf>, dialect: Dialect, columns: &[String]) -> Self {
        let field = |name: &String| Field::new(name, DataType::Utf8, true);
        let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
        Self { paths, dialect, schema }
    }

    /// The first record of the first file: names of the columns, or as many values.
    pub fn first_record(&self) -> io::Result<Option<Vec<Option<String>>>> {
        for path in &self.paths {
            let mut reader =
                Reading::open(path.clone(), Dialect { header: false, ..self.dialect.clone() })?;
            while let Some(records) = reader.next()? {
                if let Some(first) = records.into_iter().next() {
                    return Ok(Some(first));
                }
            }
        }
        Ok(None)
    }
}

struct Reading {
    path: PathBuf,
    file: File,
    records: Records,
    skip: bool,
    ended: bool,
}

impl Reading {
    fn open(path: PathBuf, dialect: Dialect) -> io::Result<Self> {
        let file = File::open(&path)?;
        let skip = dialect.header;
        Ok(Self { path, file, records: Records::new(dialect), skip, ended: false })
    }

    fn next(&mut self) -> io::Result<Option<Vec<Vec<Option<String>>>>> {
        if self.ended {
            return Ok(None);
        }
        let mut bytes = vec![0; 256 << 10];
        let read = self.file.read(&mut bytes)?;
        let mut records = Vec::new();
        let result = if read == 0 {
            self.ended = true;
            self.records.finish(&mut records)
        } else {
            self.records.push(&bytes[..read], &mut records)
        };
        result.map_err(|error| io::Error::other(format!("{}: {error}", self.path.display())))?;
        if self.skip && !records.is_empty() {
            records.remove(0);
            self.skip = false;
        }
        Ok(Some(records))
    }
}

impl PartitionStream for Files {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let state = (self.paths.clone().into_iter(), None::<Reading>);
        let (dialect, schema) = (self.dialect.clone(), Arc::clone(&self.schema));
        let batches = futures_util::stream::try_unfold(state, move |(mut paths, mut reading)| {
            let (dialect, schema) = (dialect.clone(), Arc::clone(&schema));
            async move {
                loop {
                    let Some(open) = &mut reading else {
                        match paths.next() {
                            Some(path) => reading = Some(Reading::open(path, dialect.clone())?),
                            None => return Ok(None),
                        }
                        continue;
                    };
                    match open.next()? {
                        Some(records) if records.is_empty() => {}
                        Some(records) => {
                            let batch = batch(&schema, &records)?;
                            // Others have a turn between two pieces of a file.
                            tokio::task::yield_now().await;
                            return Ok::<_, DataFusionError>(Some((batch, (paths, reading))));
                        }
                        None => reading = None,
                    }
                }
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

fn batch(schema: &SchemaRef, records: &[Vec<Option<String>>]) -> Result<RecordBatch> {
    let columns = (0..schema.fields().len()).map(|nth| {
        let mut column = StringBuilder::new();
        for record in records {
            column.append_option(record.get(nth).and_then(Option::as_deref));
        }
        Arc::new(column.finish()) as ArrayRef
    });
    let options =
        datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(records.len()));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns.collect(), &options)?)
}

/// Writes rows as CSV.
pub(in crate::sql) struct Writer<W: Write> {
    out: BufWriter<W>,
    dialect: Dialect,
}

impl<W: Write> Writer<W> {
    pub fn new(out: W, dialect: Dialect, schema: &Schema) -> Result<Self> {
        let mut writer = Self { out: BufWriter::new(out), dialect };
        if writer.dialect.header {
            let names: Vec<Option<&str>> =
                schema.fields().iter().map(|field| Some(field.name().as_str())).collect();
            writer.record(&names)?;
        }
        Ok(writer)
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let columns: Vec<StringArray> = batch.columns().iter().map(cells).collect::<Result<_>>()?;
        for row in 0..batch.num_rows() {
            let values: Vec<Option<&str>> = columns
                .iter()
                .map(|column| column.is_valid(row).then(|| column.value(row)))
                .collect();
            self.record(&values)?;
        }
        Ok(())
    }

    fn record(&mut self, values: &[Option<&str>]) -> Result<()> {
        for (nth, value) in values.iter().enumerate() {
            if nth > 0 {
                self.out.write_all(&[self.dialect.delimiter])?;
            }
            match value {
                None => self.out.write_all(self.dialect.null.as_bytes())?,
                Some(text) => self.field(text)?,
            }
        }
        // A record of one null would be an empty line, which is no record.
        if let ([None], true, false) =
            (values, self.dialect.null.is_empty(), self.dialect.empty_lines)
        {
            self.out.write_all(&[self.dialect.delimiter])?;
        }
        Ok(self.out.write_all(b"\n")?)
    }

    fn field(&mut self, text: &str) -> Result<()> {
        let special = |byte: u8| {
            byte == self.dialect.delimiter
                || Some(byte) == self.dialect.quote
                || Some(byte) == self.dialect.escape
                || matches!(byte, b'\n' | b'\r')
        };
        let plain = !text.is_empty() && text != self.dialect.null && !text.bytes().any(special);
        let Some(quote) = self.dialect.quote.filter(|_| !plain) else {
            if !plain && !text.is_empty() {
                return exec_err!(
                    "a text holds the delimiter, and the table has no quotes to put it in"
                );
            }
            return Ok(self.out.write_all(text.as_bytes())?);
        };
        self.out.write_all(&[quote])?;
        for byte in text.bytes() {
            if byte == quote || Some(byte) == self.dialect.escape {
                self.out.write_all(&[self.dialect.escape.unwrap_or(quote)])?;
            }
            self.out.write_all(&[byte])?;
        }
        Ok(self.out.write_all(&[quote])?)
    }

    pub fn finish(self) -> Result<W> {
        self.out.into_inner().map_err(|error| error.into_error().into())
    }
}

/// A column as the texts of its cells; what is nested as JSON.
fn cells(column: &ArrayRef) -> Result<StringArray> {
    if !column.data_type().is_nested() && *column.data_type() != DataType::Binary {
        return to_text(column);
    }
    let cell = |row: usize| match column.is_null(row) {
        true => Ok(None),
        false => rows::value(column, row).map(|value| match value {
            serde_json::Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }),
    };
    (0..column.len()).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, piece: usize) -> Vec<Vec<Option<String>>> {
        let mut records = Records::new(Dialect::default());
        let mut out = Vec::new();
        for piece in text.as_bytes().chunks(piece) {
            records.push(piece, &mut out).unwrap();
        }
        records.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn what_is_written_is_read_again_however_the_bytes_are_cut() {
        let texts: Vec<Option<&str>> = vec![
            Some("plain"),
            None,
            Some(""),
            Some("a,b"),
            Some("say \"hi\""),
            Some("back\\slash"),
            Some("\\\""),
            Some("two\nlines\r\n"),
            Some("zß漢"),
        ];
        let column: ArrayRef = Arc::new(StringArray::from(texts.clone()));
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("a", Arc::clone(&column), true),
            ("b", column, true),
        ])
        .unwrap();
        let mut writer = Writer::new(Vec::new(), Dialect::default(), &batch.schema()).unwrap();
        writer.write(&batch).unwrap();
        let text = String::from_utf8(writer.finish().unwrap()).unwrap();
        for piece in 1..=text.len() {
            let records = read(&text, piece);
            let own = |text: &Option<&str>| text.map(str::to_owned);
            let expected: Vec<Vec<Option<String>>> =
                texts.iter().map(|text| vec![own(text), own(text)]).collect();
            assert_eq!(records, expected, "in pieces of {piece}");
        }
    }
}

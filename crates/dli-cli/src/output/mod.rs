//! Results on standard output: tables for people; JSON, YAML and CSV for programs.

mod column;
pub mod csv;
mod record;
mod table;
mod time;
mod wrap;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use serde_json::Value;

pub use column::{Column, Kind, bytes};
use table::Laid;
pub use table::{lists as table_of_lists, one_line};
pub use time::duration;
pub use wrap::{hanging, wrap};

use crate::error::{self, Exit, Failure, Result};
use crate::globals::{Format, Globals};

/// How results are printed.
pub struct Output {
    /// The format.
    pub format: Format,
    query: Option<jmespath::Expression<'static>>,
    /// Colours are wanted.
    pub styled: bool,
    /// Columns of the terminal; `None` if standard output is none.
    pub width: Option<usize>,
}

/// Something to print.
pub struct View {
    value: Value,
    shape: Shape,
}

enum Shape {
    /// A list of objects with these columns.
    Rows { columns: Vec<Column>, none: &'static str },
    /// One object with these fields.
    Record { columns: Vec<Column> },
    /// Whatever it is.
    Any,
}

impl View {
    /// A list; `none` is said when it is empty.
    pub fn rows(items: Vec<Value>, columns: &[Column], none: &'static str) -> Self {
        Self { value: Value::Array(items), shape: Shape::Rows { columns: columns.to_vec(), none } }
    }

    /// One object.
    pub fn record(value: Value, columns: &[Column]) -> Self {
        Self { value, shape: Shape::Record { columns: columns.to_vec() } }
    }

    /// An answer of unknown shape.
    pub fn any(value: Value) -> Self {
        Self { value, shape: Shape::Any }
    }
}

impl Output {
    /// Reads the options.
    ///
    /// # Errors
    /// When the JMESPath expression is not one.
    pub fn new(globals: &Globals) -> Result<Self> {
        let query = match &globals.query {
            Some(text) if is_beyond_hands(text) => {
                return Err(Failure::usage(
                    "the query is longer, or has more brackets, than any that is written by hand; \
                     print with `--output json` and give the rest to a program such as jq",
                ));
            }
            Some(text) => Some(jmespath::compile(text).map_err(|error| {
                let detail = error.to_string();
                let detail = detail.lines().next().unwrap_or_default().trim_end_matches(':');
                Failure::usage(format!(
                    "`{text}` is not a JMESPath expression ({detail}); `dli help query` has examples"
                ))
            })?),
            None => None,
        };
        let terminal = io::stdout().is_terminal();
        Ok(Self {
            format: globals.output.unwrap_or(Format::Table),
            query,
            styled: terminal && colour_wanted(),
            width: terminal.then(terminal_width),
        })
    }

    /// Whether a person reads along.
    pub fn is_table(&self) -> bool {
        self.format == Format::Table
    }

    /// Whether the result goes through a query first.
    pub fn has_query(&self) -> bool {
        self.query.is_some()
    }

    /// Prints text that is laid out already.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn text(&self, text: &str) -> Result<()> {
        write_stdout(text.as_bytes())
    }

    /// Prints a result.
    ///
    /// # Errors
    /// When standard output cannot be written, or the query does not fit the result.
    pub fn show(&self, view: View) -> Result<()> {
        let View { mut value, mut shape } = view;
        if let Some(query) = &self.query {
            value = search(query, &value)?;
            shape = Shape::Any;
        }
        let Laid { text, remark } = self.lay(&value, &shape)?;
        write_stdout(text.as_bytes())?;
        if let Some(remark) = remark {
            eprint_line(&remark);
        }
        Ok(())
    }

    fn lay(&self, value: &Value, shape: &Shape) -> Result<Laid> {
        Ok(match self.format {
            Format::Json => {
                let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
                text.push('\n');
                text.into()
            }
            Format::Yaml => to_yaml(value)?.into(),
            Format::Csv => to_csv(value, shape).into(),
            Format::Table => match shape {
                Shape::Rows { columns, none } => match value.as_array() {
                    Some(items) if !items.is_empty() => {
                        table::rows(items, columns, self.width, self.styled)
                    }
                    _ => Laid { text: String::new(), remark: Some((*none).to_owned()) },
                },
                Shape::Record { columns } => {
                    record::fields(value, columns, self.width, self.styled).into()
                }
                Shape::Any => self.any(value),
            },
            Format::Parquet => {
                return Err(Failure::usage(
                    "`--output parquet` is for rows of SQL: use it with `dli sql`, together with \
                     `--to FILE`",
                ));
            }
        })
    }

    /// A table for what has the shape of one, and text for the rest.
    fn any(&self, value: &Value) -> Laid {
        match value {
            Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_object) => {
                table::rows(items, &Column::of_items(items), self.width, self.styled)
            }
            Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_array) => {
                let cells = |row: &Value| {
                    let row = row.as_array().into_iter().flatten();
                    row.map(|cell| table::one_line(&column::plain(cell))).collect()
                };
                let rows: Vec<Vec<String>> = items.iter().map(cells).collect();
                table::lists(&[], &rows, self.width).into()
            }
            Value::Array(items) => {
                let lines = items.iter().map(|item| format!("{}\n", column::plain(item)));
                lines.collect::<String>().into()
            }
            Value::Object(_) => {
                record::fields(value, &Column::of_object(value), self.width, self.styled).into()
            }
            Value::Null => String::new().into(),
            scalar => format!("{}\n", column::plain(scalar)).into(),
        }
    }

    /// Says what was done: to people a sentence on standard error, to programs the answer.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn done(&self, sentence: &str, answer: Value) -> Result<()> {
        if self.is_table() && self.query.is_none() {
            eprint_line(sentence);
            return Ok(());
        }
        self.show(View::any(answer))
    }
}

/// Prints text as it is.
///
/// # Errors
/// When standard output cannot be written.
pub fn write_stdout(text: &[u8]) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    out.write_all(text).and_then(|()| out.flush()).map_err(|error| error::stdout(&error))
}

/// A line on standard error, on a terminal broken between words; nobody minds if it is closed.
pub fn eprint_line(text: &str) {
    let stderr = io::stderr();
    let text = match stderr.is_terminal().then(terminal_width) {
        Some(width) => {
            let lines = text.lines().flat_map(|line| wrap(line, width, false));
            lines.collect::<Vec<_>>().join("\n")
        }
        None => text.to_owned(),
    };
    let _ = writeln!(stderr.lock(), "{text}");
}

/// `NO_COLOR` and a terminal that knows no colours are respected.
pub fn colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Columns of a help text: those of the terminal, and without one as many as clap takes.
pub fn help_width() -> usize {
    if io::stdout().is_terminal() { terminal_width().min(100) } else { 100 }
}

fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0).max(20))
}

/// Whether a query would run the parser over its stack: each bracket is a call inside another one.
fn is_beyond_hands(query: &str) -> bool {
    query.len() > 8_192 || query.matches(['(', '[', '{', '!', '&']).count() > 256
}

fn search(query: &jmespath::Expression<'_>, value: &Value) -> Result<Value> {
    let fail = |error: &dyn std::fmt::Display| {
        let text = error.to_string();
        let detail = text.lines().next().unwrap_or_default().trim_end_matches(':').to_owned();
        Failure::usage(format!(
            "the query `{query}` does not fit the result ({detail}); look at it with `--output json` \
             first"
        ))
    };
    let found = query.search(value).map_err(|error| fail(&error))?;
    serde_json::to_value(&*found).map_err(|error| fail(&error))
}

/// A value as YAML.
///
/// # Errors
/// When it cannot be written as YAML.
pub fn to_yaml(value: &Value) -> Result<String> {
    let mut text = serde_saphyr::to_string(value).map_err(|error| {
        Failure::new(Exit::Service, format!("the answer has no YAML form: {error}"))
    })?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

fn to_csv(value: &Value, shape: &Shape) -> String {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    };
    let mut text = String::new();
    if items.iter().all(Value::is_object) {
        let columns = match shape {
            Shape::Rows { columns, .. } | Shape::Record { columns } => columns.clone(),
            Shape::Any => Column::of_items(items),
        };
        if !columns.is_empty() {
            text.push_str(&csv::line(columns.iter().map(|column| Some(column.key().to_owned()))));
        }
        for item in items {
            text.push_str(&csv::line(columns.iter().map(|column| column.raw(item))));
        }
        return text;
    }
    for item in items {
        let cell = |value: &Value| (!value.is_null()).then(|| column::plain(value));
        text.push_str(&match item {
            Value::Array(cells) => csv::line(cells.iter().map(cell)),
            other => csv::line(std::iter::once(cell(other))),
        });
    }
    text
}

/// Writes a file, whole or not at all: what was there before stays until all is written.
///
/// # Errors
/// When it cannot be written.
pub fn file_written(path: &Path, bytes: &[u8]) -> Result<()> {
    let fail = |error: io::Error| error::file("write", path, &error);
    if path.exists() && !path.is_file() {
        // A pipe or a device takes it as it comes.
        return std::fs::write(path, bytes).map_err(fail);
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let written = std::fs::File::create(&part).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    written.and_then(|()| std::fs::rename(&part, path)).map_err(|error| {
        let _ = std::fs::remove_file(&part);
        fail(error)
    })
}

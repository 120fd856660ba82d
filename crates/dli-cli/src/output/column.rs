//! Columns: what of an object is shown, and how.

use anstyle::{AnsiColor, Style};
use serde_json::Value;

use super::time;

/// What a value means, which decides how a person sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text or a number.
    Text,
    /// An identifier, which is never broken over lines.
    Id,
    /// A number, flush right.
    Number,
    /// A state, in the colour of its mood.
    State,
    /// Milliseconds since 1970, shown as local time.
    Time,
    /// Milliseconds.
    Duration,
    /// A number of bytes.
    Bytes,
    /// From 0 to 1.
    Fraction,
    /// Text; the schema of a result (`[{"id": "bigint"}]`) without its braces.
    Schema,
    /// Objects of a list by one of their fields.
    Names(&'static str),
}

/// A column of a table, or a line of a record.
#[derive(Debug, Clone)]
pub struct Column {
    header: std::borrow::Cow<'static, str>,
    /// Dots lead into objects; alternatives are separated by `|`.
    path: std::borrow::Cow<'static, str>,
    pub(super) kind: Kind,
    /// Columns of a high rank go first when there is no room.
    pub(super) rank: u8,
}

impl Column {
    /// A column of this kind.
    pub const fn new(header: &'static str, path: &'static str, kind: Kind) -> Self {
        Self {
            header: std::borrow::Cow::Borrowed(header),
            path: std::borrow::Cow::Borrowed(path),
            kind,
            rank: 0,
        }
    }

    /// Text.
    pub const fn text(header: &'static str, path: &'static str) -> Self {
        Self::new(header, path, Kind::Text)
    }

    /// An identifier.
    pub const fn id(header: &'static str, path: &'static str) -> Self {
        Self::new(header, path, Kind::Id)
    }

    /// A number.
    pub const fn number(header: &'static str, path: &'static str) -> Self {
        Self::new(header, path, Kind::Number)
    }

    /// A state.
    pub const fn state(header: &'static str, path: &'static str) -> Self {
        Self::new(header, path, Kind::State)
    }

    /// A time in milliseconds since 1970.
    pub const fn time(header: &'static str, path: &'static str) -> Self {
        Self::new(header, path, Kind::Time)
    }

    /// The same column, left out when there is no room; higher ranks go first.
    #[must_use]
    pub const fn rank(mut self, rank: u8) -> Self {
        self.rank = rank;
        self
    }

    fn owned(name: &str, kind: Kind) -> Self {
        Self { header: name.to_owned().into(), path: name.to_owned().into(), kind, rank: 0 }
    }

    /// The columns of objects that nobody described: all scalar fields, as they come.
    pub(super) fn of_items(items: &[Value]) -> Vec<Self> {
        let mut columns: Vec<Self> = Vec::new();
        for item in items.iter().take(100) {
            for (name, value) in item.as_object().into_iter().flatten() {
                if !columns.iter().any(|column| column.path == *name) {
                    let kind = if value.is_number() { Kind::Number } else { Kind::Text };
                    columns.push(Self::owned(name, kind));
                }
            }
        }
        columns
    }

    pub(super) fn of_object(value: &Value) -> Vec<Self> {
        let fields = value.as_object().into_iter().flatten();
        fields.map(|(name, _)| Self::owned(name, Kind::Text)).collect()
    }

    pub(super) fn header(&self) -> &str {
        &self.header
    }

    /// Name in CSV: the last part of the field's path.
    pub(super) fn key(&self) -> &str {
        let first = self.path.split('|').next().unwrap_or_default();
        if self.header == self.path { first } else { first.rsplit('.').next().unwrap_or(first) }
    }

    /// The value in an object; `null` if it is not there.
    pub fn find<'v>(&self, object: &'v Value) -> &'v Value {
        static NULL: Value = Value::Null;
        if let Some(value) = object.get(&*self.path) {
            return value;
        }
        let mut alternatives = self.path.split('|').filter_map(|path| {
            let found = path.split('.').try_fold(object, |at, part| match at {
                Value::Array(items) => items.get(part.parse::<usize>().ok()?),
                at => at.get(part),
            });
            found.filter(|value| !value.is_null())
        });
        alternatives.next().unwrap_or(&NULL)
    }

    /// The value as a program reads it.
    pub(super) fn raw(&self, object: &Value) -> Option<String> {
        let value = self.find(object);
        match self.kind {
            _ if value.is_null() => None,
            Kind::Names(_) => Some(self.show(object)),
            _ => Some(plain(value)),
        }
    }

    /// The value as a person reads it.
    pub(super) fn show(&self, object: &Value) -> String {
        let value = self.find(object);
        let number = || match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        match self.kind {
            Kind::Time => match number().filter(|ms| *ms > 0.0) {
                Some(milliseconds) => time::local_time(milliseconds as i64),
                None => plain(value).replace('0', "").trim().to_owned(),
            },
            Kind::Duration => number().map_or_else(String::new, |ms| time::duration(ms as i64)),
            Kind::Bytes => number().map_or_else(String::new, bytes),
            Kind::Fraction => {
                number().map_or_else(String::new, |part| format!("{:.0} %", part * 100.0))
            }
            Kind::Schema => schema(value).unwrap_or_else(|| plain(value)),
            Kind::Names(field) => {
                let items = value.as_array().map_or(&[][..], Vec::as_slice);
                let names: Vec<String> = items.iter().map(|item| plain(&item[field])).collect();
                names.join(", ")
            }
            _ => plain(value),
        }
    }

    pub(super) fn mood(&self, text: &str) -> Mood {
        if self.kind == Kind::State { mood(text) } else { Mood::None }
    }

    pub(super) fn style(&self, text: &str) -> Option<Style> {
        let colour = match self.mood(text) {
            Mood::Good => AnsiColor::Green,
            Mood::Busy => AnsiColor::Yellow,
            Mood::Bad => AnsiColor::Red,
            Mood::None => return None,
        };
        Some(colour.on_default())
    }
}

/// How a state is to be felt about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Good,
    Busy,
    Bad,
    None,
}

fn mood(state: &str) -> Mood {
    let state = state.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| state.contains(word));
    if has(&["fail", "dead", "error", "exception", "arrear", "unreachable"]) {
        Mood::Bad
    } else if has(&["ing", "launch", "init", "submit", "savepoint", "recover"])
        && !has(&["running_ok"])
        && state != "running"
        && !state.ends_with("_running")
    {
        Mood::Busy
    } else if has(&["active", "available", "finish", "success", "running", "ready"]) {
        Mood::Good
    } else {
        Mood::None
    }
}

/// A value without quotes; objects and lists as JSON in one line.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(plain).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// `id bigint, name string` of `[{"id": "bigint"}, {"name": "string"}]` in a text.
fn schema(value: &Value) -> Option<String> {
    let columns: Vec<serde_json::Map<String, Value>> =
        serde_json::from_str(value.as_str()?).ok()?;
    let columns = columns.iter().flatten();
    let columns = columns.map(|(name, kind)| Some(format!("{name} {}", kind.as_str()?)));
    Some(columns.collect::<Option<Vec<_>>>()?.join(", "))
}

/// Bytes with a unit.
pub fn bytes(count: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut count = count;
    let mut unit = 0;
    while count >= 1024.0 && unit + 1 < units.len() {
        count /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{count:.0} B") } else { format!("{count:.1} {}", units[unit]) }
}

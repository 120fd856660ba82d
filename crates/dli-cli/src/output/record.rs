//! One object: a line a field.

use std::fmt::Write as _;

use anstyle::Style;
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::column::{Column, Kind, plain};
use super::table::one_line;
use super::wrap::wrap;

/// The fields of an object that have a value. Lists of objects follow as small blocks.
pub fn fields(value: &Value, columns: &[Column], width: Option<usize>, styled: bool) -> String {
    let bold = Style::new().bold();
    let shown: Vec<(&Column, String)> = columns
        .iter()
        .map(|column| (column, column.show(value)))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let widest = shown.iter().map(|(column, _)| column.header().width()).max().unwrap_or(0);
    let room = width.map(|width| width.saturating_sub(widest + 2).max(20));
    let mut out = String::new();
    for (column, text) in shown {
        let header = column.header();
        let blank = " ".repeat(widest - header.width());
        let mut lines = match column.find(value) {
            Value::Array(items)
                if column.kind == Kind::Text && items.iter().any(Value::is_object) =>
            {
                items.iter().map(short).collect()
            }
            _ => text.lines().map(one_line).collect::<Vec<_>>(),
        };
        if let Some(room) = room.filter(|_| column.kind != Kind::Id) {
            lines = lines.iter().flat_map(|line| wrap(line, room, true)).collect();
        }
        for (number, line) in lines.iter().enumerate() {
            let line = match column.style(line).filter(|_| styled) {
                Some(style) => format!("{style}{line}{style:#}"),
                None => line.clone(),
            };
            let _ = match number {
                0 if styled => writeln!(out, "{bold}{header}{bold:#}{blank}  {line}"),
                0 => writeln!(out, "{header}{blank}  {line}"),
                _ => writeln!(out, "{}  {line}", " ".repeat(widest)),
            };
        }
    }
    out
}

/// What of an object says little to people.
const DULL: [&str; 3] = ["peer_id", "update_time", "create_time"];

/// An object of a list in one line.
fn short(value: &Value) -> String {
    let Some(object) = value.as_object() else { return one_line(&plain(value)) };
    if let (Some(Value::String(key)), Some(Value::String(value))) =
        (object.get("key"), object.get("value"))
    {
        return format!("{}={}", one_line(key), one_line(value));
    }
    let named = object.contains_key("name");
    let mut parts: Vec<String> = Vec::new();
    for (name, value) in object.iter().filter(|(name, _)| !DULL.contains(&name.as_str())) {
        let value = one_line(&plain(value));
        let part = if named { value.clone() } else { format!("{name}={value}") };
        // An id that is the name says nothing more.
        if !value.is_empty() && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join("  ")
}

//! Tables that fit the terminal: what cannot be shown whole is wrapped, and when there is no
//! room for that, the least important columns go.

use std::fmt::Write as _;

use comfy_table::presets::NOTHING;
use comfy_table::{
    Attribute, Cell, CellAlignment, Color, ColumnConstraint, ContentArrangement, Table, Width,
};
use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use super::column::{Column, Kind, Mood};
use super::wrap::wrap;

/// Between columns.
const GAP: usize = 2;
/// Columns that may be wrapped get at least so much.
const NARROWEST: usize = 12;
/// Without a terminal, nothing is wrapped.
const WIDEST: u16 = u16::MAX;

/// A table, and what is to be said after it.
pub struct Laid {
    pub text: String,
    pub remark: Option<String>,
}

impl From<String> for Laid {
    fn from(text: String) -> Self {
        Self { text, remark: None }
    }
}

/// A table of objects.
pub fn rows(items: &[Value], columns: &[Column], width: Option<usize>, styled: bool) -> Laid {
    if items.is_empty() {
        return String::new().into();
    }
    let mut cells: Vec<Vec<String>> = columns
        .iter()
        .map(|column| items.iter().map(|item| one_line(&column.show(item))).collect())
        .collect();
    let mut columns: Vec<&Column> = columns.iter().collect();
    // A column without a value says nothing, unless it is what the row is called by.
    let mut index = columns.len();
    while index > 1 {
        index -= 1;
        if columns[index].rank > 0 && cells[index].iter().all(String::is_empty) {
            columns.remove(index);
            cells.remove(index);
        }
    }
    let all: Vec<&str> = columns.iter().map(|column| column.header()).collect();
    if let Some(width) = width {
        while least(&columns, &cells) > width {
            let Some(index) = most_dispensable(&columns) else { break };
            columns.remove(index);
            cells.remove(index);
        }
    }
    let mut table = empty(width);
    if styled {
        table.enforce_styling();
    }
    let headers = columns.iter().map(|column| column.header());
    table.set_header(headers.map(|header| Cell::new(header).add_attribute(Attribute::Bold)));
    for row in 0..items.len() {
        table.add_row(columns.iter().zip(&cells).map(|(column, cells)| {
            let cell = Cell::new(&cells[row]);
            match column.mood(&cells[row]) {
                Mood::Good => cell.fg(Color::DarkGreen),
                Mood::Busy => cell.fg(Color::DarkYellow),
                Mood::Bad => cell.fg(Color::DarkRed),
                Mood::None => cell,
            }
        }));
    }
    let last = columns.len().saturating_sub(1);
    for (index, column) in columns.iter().enumerate() {
        let Some(laid) = table.column_mut(index) else { continue };
        laid.set_padding((0, if index == last { 0 } else { GAP as u16 }));
        if matches!(column.kind, Kind::Number | Kind::Bytes | Kind::Duration) {
            laid.set_cell_alignment(CellAlignment::Right);
        }
        let widest = widest(column, &cells[index]);
        let keep = !wraps(column) || widest <= NARROWEST;
        let padded = (widest + if index == last { 0 } else { GAP }) as u16;
        laid.set_constraint(if keep {
            ColumnConstraint::Absolute(Width::Fixed(padded))
        } else {
            ColumnConstraint::LowerBoundary(Width::Fixed(NARROWEST as u16))
        });
    }
    let shown: Vec<&str> = columns.iter().map(|column| column.header()).collect();
    let hidden = all.iter().filter(|header| !shown.contains(header));
    let hidden: Vec<String> = hidden.map(|header| header.to_lowercase()).collect();
    let remark = (!hidden.is_empty()).then(|| {
        format!(
            "({} left out for lack of room; a wider terminal or `--output json` has all)",
            hidden.join(", ")
        )
    });
    Laid { text: trimmed(&table), remark }
}

/// A table of lists, with or without a header. With more columns than there is room for, each
/// row becomes a block with a line a column.
pub fn lists(header: &[String], rows: &[Vec<String>], width: Option<usize>) -> String {
    if let Some(width) = width
        && narrowest(header, rows) > width
    {
        return blocks(header, rows, width);
    }
    let mut table = empty(width);
    if !header.is_empty() {
        table.set_header(header);
    }
    for row in rows {
        table.add_row(row);
    }
    let count = rows.first().map_or(header.len(), Vec::len);
    for index in 0..count {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((0, if index + 1 == count { 0 } else { GAP as u16 }));
        }
    }
    trimmed(&table)
}

/// The least width that lists can have.
fn narrowest(header: &[String], rows: &[Vec<String>]) -> usize {
    let widths = header.iter().enumerate().map(|(index, name)| {
        let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.width());
        cells.max().unwrap_or(0).max(name.width()).min(NARROWEST)
    });
    widths.sum::<usize>() + header.len().saturating_sub(1) * GAP
}

fn blocks(header: &[String], rows: &[Vec<String>], width: usize) -> String {
    let widest = header.iter().map(|name| name.width()).max().unwrap_or(0).min(width / 2);
    let room = width.saturating_sub(widest + GAP).max(NARROWEST);
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        let _ = writeln!(text, "-- row {}", number + 1);
        for (name, cell) in header.iter().zip(row) {
            let blank = " ".repeat(widest.saturating_sub(name.width()));
            for (number, line) in wrap(cell, room, true).iter().enumerate() {
                let line = match number {
                    0 => format!("{name}{blank}  {line}"),
                    _ => format!("{}  {line}", " ".repeat(widest)),
                };
                let _ = writeln!(text, "{}", line.trim_end());
            }
        }
    }
    text
}

fn empty(width: Option<usize>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(width.map_or(WIDEST, |width| u16::try_from(width).unwrap_or(WIDEST)));
    table.force_no_tty();
    table
}

fn wraps(column: &Column) -> bool {
    matches!(column.kind, Kind::Text | Kind::Names(_))
}

fn widest(column: &Column, cells: &[String]) -> usize {
    cells.iter().map(|cell| cell.width()).max().unwrap_or(0).max(column.header().width())
}

/// The least width that a table can have.
fn least(columns: &[&Column], cells: &[Vec<String>]) -> usize {
    let widths = columns.iter().zip(cells).map(|(column, cells)| {
        let widest = widest(column, cells);
        if wraps(column) { widest.min(NARROWEST) } else { widest }
    });
    widths.sum::<usize>() + columns.len().saturating_sub(1) * GAP
}

/// The column of the highest rank, the last of several; the first column always stays.
fn most_dispensable(columns: &[&Column]) -> Option<usize> {
    let ranked = columns.iter().enumerate().skip(1);
    ranked.max_by_key(|(index, column)| (column.rank, *index)).map(|(index, _)| index)
}

/// Tables have a line a row; control characters would break them, or the terminal.
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c == '\n' || c == '\t' { ' ' } else { c })
        .filter(|c| !c.is_control())
        .collect()
}

fn trimmed(table: &Table) -> String {
    table.lines().fold(String::new(), |mut text, line| {
        let _ = writeln!(text, "{}", line.trim_end());
        text
    })
}

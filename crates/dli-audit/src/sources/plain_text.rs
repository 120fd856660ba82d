//! Reads pages that were copied as plain text: each table cell stands on lines of its own,
//! blank lines between, and only the words tell a heading from a cell.

use crate::document::{Block, Cell, Document, Line, Table, Text, caption_of, squeeze};
use crate::page::columns::{Column, column_of};
use crate::page::sections::is_section_title;

use super::cell_text::strip_bullet;

/// Reads a page.
pub fn read(content: &str) -> Document {
    let pieces = pieces(content);
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < pieces.len() {
        match &pieces[at] {
            Piece::Code(code) => {
                blocks.push(Block::Code(code.clone()));
                at += 1;
            }
            Piece::Words(words) => {
                if let Some((number, caption)) = caption_of(&words.text) {
                    let (table, after) = read_table(&pieces, at + 1);
                    if let Some(mut table) = table {
                        table.number = Some(number);
                        table.caption = caption;
                        blocks.push(Block::Table(table));
                        at = after;
                        continue;
                    }
                } else if let (Some(table), after) = read_table(&pieces, at) {
                    blocks.push(Block::Table(table));
                    at = after;
                    continue;
                }
                let title = blocks.is_empty();
                if title || (!words.bullet && is_section_title(&words.text)) {
                    let level = if title { 1 } else { 2 };
                    blocks.push(Block::Heading { level, text: words.text.clone() });
                } else {
                    blocks.push(Block::Text(Text {
                        text: words.text.clone(),
                        bullet: words.bullet,
                        ..Text::default()
                    }));
                }
                at += 1;
            }
        }
    }
    Document { blocks }
}

enum Piece {
    Words(Words),
    Code(String),
}

struct Words {
    text: String,
    bullet: bool,
}

/// Cuts the page into paragraphs and JSON texts.
fn pieces(content: &str) -> Vec<Piece> {
    let lines: Vec<&str> = content.lines().collect();
    let mut pieces = Vec::new();
    let mut paragraph = String::new();
    let mut bullet = false;
    let flush = |pieces: &mut Vec<Piece>, paragraph: &mut String, bullet: &mut bool| {
        let text = squeeze(paragraph);
        paragraph.clear();
        if !text.is_empty() {
            pieces.push(Piece::Words(Words { text, bullet: *bullet }));
        }
        *bullet = false;
    };
    let mut at = 0;
    while at < lines.len() {
        let bare = lines[at].trim();
        if bare.is_empty() {
            flush(&mut pieces, &mut paragraph, &mut bullet);
            at += 1;
            continue;
        }
        if bare.starts_with(['{', '[']) {
            flush(&mut pieces, &mut paragraph, &mut bullet);
            let end = end_of_json(&lines, at);
            pieces.push(Piece::Code(lines[at..end].join("\n")));
            at = end;
            continue;
        }
        let (text, dotted) = strip_bullet(bare);
        if dotted || caption_of(bare).is_some() || starts_operation(bare) {
            flush(&mut pieces, &mut paragraph, &mut bullet);
            bullet = dotted;
        }
        paragraph.push(' ');
        paragraph.push_str(text);
        if caption_of(bare).is_some() || starts_operation(bare) {
            flush(&mut pieces, &mut paragraph, &mut bullet);
        }
        at += 1;
    }
    flush(&mut pieces, &mut paragraph, &mut bullet);
    pieces
}

fn starts_operation(bare: &str) -> bool {
    crate::page::operation_line::read(bare).is_some()
}

/// The line after the JSON text that begins at `at`: where its brackets are closed, or where
/// the next section begins.
fn end_of_json(lines: &[&str], at: usize) -> usize {
    let mut depth = 0_i64;
    let mut quoted = false;
    for (i, line) in lines.iter().enumerate().skip(at) {
        if i > at && is_section_title(line.trim()) {
            return i;
        }
        let mut escaped = false;
        for c in line.chars() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                '{' | '[' if !quoted => depth += 1,
                '}' | ']' if !quoted => depth -= 1,
                _ => {}
            }
        }
        // A text never goes on over the end of a line in JSON.
        quoted = false;
        if depth <= 0 {
            return i + 1;
        }
    }
    lines.len()
}

/// Reads the table whose header begins at piece `at`.
fn read_table(pieces: &[Piece], at: usize) -> (Option<Table>, usize) {
    let words = |at: usize| match pieces.get(at) {
        Some(Piece::Words(words)) if !words.bullet => Some(words.text.as_str()),
        _ => None,
    };
    let mut columns: Vec<Column> = Vec::new();
    while let Some(text) = words(at + columns.len()) {
        match column_of(text) {
            Some(column) if columns.len() < 10 && !columns.contains(&column) => {
                columns.push(column)
            }
            _ => break,
        }
    }
    let first = columns.first();
    if columns.len() < 2
        || !matches!(first, Some(Column::Name | Column::Status | Column::ErrorCode))
    {
        return (None, at);
    }
    let width = columns.len();
    let header = (at..at + width).filter_map(words).map(str::to_owned).collect();
    let mut table = Table { header, ..Table::default() };
    let mut here = at + width;
    while here < pieces.len() {
        let row: Vec<Option<&str>> = (here..here + width).map(words).collect();
        if looks_like_row(&row, &columns) {
            table.rows.push(row.iter().map(|text| Cell::plain(text.unwrap_or_default())).collect());
            here += width;
            continue;
        }
        // Otherwise it is a further paragraph of the last description, or the table has ended.
        let Piece::Words(further) = &pieces[here] else {
            break;
        };
        let ends = is_section_title(&further.text)
            || caption_of(&further.text).is_some()
            || starts_operation(&further.text)
            || mentions_table(&further.text);
        match table.rows.last_mut().and_then(|row| row.last_mut()) {
            Some(cell) if !ends => {
                cell.lines.push(Line {
                    text: further.text.clone(),
                    bullet: further.bullet,
                    ..Line::default()
                });
                here += 1;
            }
            _ => break,
        }
    }
    (Some(table), here)
}

/// "Table 5 describes the status code.", which stands between a table and the next.
fn mentions_table(text: &str) -> bool {
    text.starts_with("Table ")
        || (text.starts_with('表')
            && text.chars().nth(1).is_some_and(|c| c.is_ascii_digit() || c == ' '))
}

fn looks_like_row(row: &[Option<&str>], columns: &[Column]) -> bool {
    row.iter().zip(columns).all(|(text, column)| {
        let Some(text) = text else {
            return false;
        };
        match column {
            Column::Name => is_name(text),
            Column::Mandatory | Column::Optional => {
                crate::page::columns::yes_or_no(text).is_some() || *text == "-"
            }
            Column::Type => text.len() < 60 && !text.contains(['.', '。']),
            Column::Status => text.len() < 20 && text.starts_with(|c: char| c.is_ascii_digit()),
            Column::ErrorCode => text.len() < 30,
            _ => caption_of(text).is_none() && !is_section_title(text),
        }
    })
}

fn is_name(text: &str) -> bool {
    text.len() < 80
        && !text.contains(' ')
        && !is_section_title(text)
        && (text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '[' | ']'))
            || text == "数组元素")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_on_lines_of_their_own_make_rows_again() {
        let page = "Reading a Thing\n\nURI\n\n  • URI format\n\n    GET /v1/things/{id}\n\n  • Parameter description\n    Table 1 URI parameter\n\n    Parameter\n\n    Mandatory\n\n    Type\n\n    Description\n\n    id\n\n    Yes\n\n    String\n\n    Id of the thing.\n\n    It is long.\n\nRequest\n\nNone\n\nResponse\n\nExample\n\n  • Example response\n    {\n      \"a\": 1\n\n    }\n\nStatus Codes\n\nTable 2 Status codes\n\nStatus Code\n\nDescription\n\n200\n\nFine.\n\nError Codes\n\nNone.\n";
        let document = read(page);
        let kinds: Vec<String> = document
            .blocks
            .iter()
            .map(|b| match b {
                Block::Heading { text, .. } => format!("# {text}"),
                Block::Text(t) => t.text.clone(),
                Block::Table(t) => {
                    format!("table {:?} {}x{}", t.number, t.header.len(), t.rows.len())
                }
                Block::Code(c) => format!("code {}", c.lines().count()),
            })
            .collect();
        assert_eq!(
            kinds,
            [
                "# Reading a Thing",
                "# URI",
                "URI format",
                "GET /v1/things/{id}",
                "Parameter description",
                "table Some(1) 4x1",
                "# Request",
                "None",
                "# Response",
                "# Example",
                "Example response",
                "code 4",
                "# Status Codes",
                "table Some(2) 2x1",
                "# Error Codes",
                "None."
            ]
        );
    }
}

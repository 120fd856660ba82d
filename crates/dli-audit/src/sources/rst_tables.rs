//! The tables of reStructuredText: grid, simple and list tables.

use unicode_width::UnicodeWidthChar;

use crate::document::{Cell, Table, squeeze};

use super::cell_text::CellText;
use super::rst::item;
use super::rst_inline::read_inline;

/// A row of parameters has a handful of columns.
const MAX_COLUMNS: usize = 60;

/// `+-----+---+` or `+=====+===+`
pub fn is_grid_border(bare: &str) -> bool {
    bare.len() > 2
        && bare.starts_with('+')
        && bare.ends_with('+')
        && bare.chars().all(|c| matches!(c, '+' | '-' | '='))
}

/// `==== ===`
pub fn is_simple_border(bare: &str) -> bool {
    bare.starts_with("==") && bare.contains(" =") && bare.chars().all(|c| matches!(c, '=' | ' '))
}

/// Reads the grid table that begins at line `at`; gives the line after it.
pub fn read_grid(lines: &[String], at: usize) -> (Option<Table>, usize) {
    let indent = indent_of(&lines[at]);
    let border = lines[at].trim();
    let edges: Vec<usize> =
        border.char_indices().filter(|(_, c)| *c == '+').map(|(i, _)| i).collect();
    let columns = edges.len() - 1;
    let mut end = at + 1;
    while lines.get(end).is_some_and(|l| {
        let bare = l.trim();
        (bare.starts_with('|') || bare.starts_with('+')) && indent_of(l) == indent
    }) {
        end += 1;
    }
    if columns == 0 || columns > MAX_COLUMNS {
        return (None, end);
    }
    let mut cells: Vec<Vec<String>> = vec![Vec::new(); columns];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut header: Option<Vec<Cell>> = None;
    for line in &lines[at + 1..end] {
        let bare = line.trim();
        let by_width = by_width(bare);
        let separated: Vec<bool> =
            (0..columns).map(|c| is_rule(&by_width, edges[c], edges[c + 1])).collect();
        if separated.contains(&true) {
            let row: Vec<Cell> = cells.iter().map(|lines| cell_of(lines)).collect();
            for (column, _) in separated.iter().enumerate().filter(|(_, s)| **s) {
                cells[column].clear();
            }
            if row.iter().any(|c| !c.lines.is_empty()) {
                rows.push(row);
            }
            if bare.contains('=') && is_grid_border(bare) && header.is_none() && !rows.is_empty() {
                header = Some(rows.remove(0));
                rows.clear();
            }
            continue;
        }
        // A cell that spans columns has no bar at their edges; its text goes to the first.
        let mut column = 0;
        while column < columns {
            let mut last = column;
            while last + 1 < columns && by_width.get(edges[last + 1]) != Some(&Some('|')) {
                last += 1;
            }
            cells[column].push(slice(&by_width, edges[column] + 1, edges[last + 1]));
            column = last + 1;
        }
    }
    let header = match header {
        Some(header) => header,
        None if !rows.is_empty() => rows.remove(0),
        None => return (None, end),
    };
    let header = header.iter().map(Cell::text).collect();
    (Some(Table { header, rows, ..Table::default() }), end)
}

/// Characters by display column; the second column of a wide character is `None`.
fn by_width(line: &str) -> Vec<Option<char>> {
    let mut out = Vec::with_capacity(line.len());
    for c in line.chars() {
        match c.width().unwrap_or(1) {
            0 => {}
            1 => out.push(Some(c)),
            _ => {
                out.push(Some(c));
                out.push(None);
            }
        }
    }
    out
}

fn is_rule(line: &[Option<char>], from: usize, to: usize) -> bool {
    to > from + 1
        && line.get(from) == Some(&Some('+'))
        && line.get(from + 1..to).is_some_and(|s| s.iter().all(|c| matches!(c, Some('-' | '='))))
}

fn slice(line: &[Option<char>], from: usize, to: usize) -> String {
    let to = to.min(line.len());
    let from = from.min(to);
    line[from..to].iter().flatten().collect::<String>()
}

/// Reads the simple table that begins at line `at`; gives the line after it.
pub fn read_simple(lines: &[String], at: usize) -> (Option<Table>, usize) {
    let indent = indent_of(&lines[at]);
    let border = lines[at].trim();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut begin = None;
    for (i, c) in border.char_indices().chain([(border.len(), ' ')]) {
        match (c, begin) {
            ('=', None) => begin = Some(i),
            (' ', Some(from)) => {
                spans.push((from, i));
                begin = None;
            }
            _ => {}
        }
    }
    let mut borders = 0;
    let mut rows: Vec<Vec<Vec<String>>> = Vec::new();
    let mut header_rows = 0;
    let mut end = at + 1;
    while let Some(line) = lines.get(end) {
        let bare = line.trim();
        if is_simple_border(bare) && indent_of(line) == indent {
            borders += 1;
            end += 1;
            let ends = borders == 2 || lines.get(end).is_none_or(|l| l.trim().is_empty());
            if ends {
                break;
            }
            header_rows = rows.len();
            continue;
        }
        if !bare.is_empty() && indent_of(line) < indent {
            break;
        }
        if spans.len() <= MAX_COLUMNS && !bare.is_empty() {
            let chars = by_width(line.get(indent..).unwrap_or(""));
            let last = spans.len() - 1;
            let parts: Vec<String> = spans
                .iter()
                .enumerate()
                .map(|(i, (from, to))| {
                    slice(&chars, *from, if i == last { chars.len() } else { *to })
                })
                .collect();
            // A blank first column goes on with the row above.
            if parts[0].trim().is_empty() && rows.len() > header_rows {
                if let Some(row) = rows.last_mut() {
                    for (cell, part) in row.iter_mut().zip(parts) {
                        cell.push(part);
                    }
                }
            } else {
                rows.push(parts.into_iter().map(|p| vec![p]).collect());
            }
        }
        end += 1;
    }
    (table_of(&rows, header_rows), end)
}

/// Reads the items of a `list-table` whose first item is at line `at`.
pub fn read_list_table(
    lines: &[String],
    at: usize,
    indent: usize,
    header_rows: usize,
) -> (Option<Table>, usize) {
    let mut rows: Vec<Vec<Vec<String>>> = Vec::new();
    let mut column = 0;
    let mut end = at;
    while let Some(line) = lines.get(end) {
        let bare = line.trim();
        let here = indent_of(line);
        if !bare.is_empty() && here <= indent {
            break;
        }
        let (rest, begins_row) = match bare.strip_prefix("* -") {
            Some(rest) if rest.is_empty() || rest.starts_with(' ') => (rest, true),
            _ => (bare, false),
        };
        if begins_row && (rows.is_empty() || here + 2 == column) {
            column = here + 2;
            rows.push(vec![vec![rest.trim().to_owned()]]);
        } else if let Some(row) = rows.last_mut() {
            let own = (here == column).then(|| bare.strip_prefix('-')).flatten();
            match own {
                Some(rest) if row.len() < MAX_COLUMNS => row.push(vec![rest.trim().to_owned()]),
                _ => {
                    if let Some(cell) = row.last_mut() {
                        cell.push(line.get((column + 2).min(here)..).unwrap_or("").to_owned());
                    }
                }
            }
        }
        end += 1;
    }
    (table_of(&rows, header_rows), end)
}

/// The table whose rows have cells of these lines; the first row is its header.
fn table_of(rows: &[Vec<Vec<String>>], header_rows: usize) -> Option<Table> {
    let mut cells =
        rows.iter().map(|row| row.iter().map(|lines| cell_of(lines)).collect::<Vec<_>>());
    let header = cells.next()?.iter().map(Cell::text).collect();
    let rows = cells.skip(header_rows.saturating_sub(1)).collect();
    Some(Table { header, rows, ..Table::default() })
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Paragraphs and list items of a cell.
fn cell_of(lines: &[String]) -> Cell {
    let mut reader = CellReader::default();
    for line in lines {
        reader.line(line);
    }
    reader.flush();
    reader.text.finish()
}

#[derive(Default)]
struct CellReader {
    text: CellText,
    paragraph: String,
    /// Depth of the list whose item the paragraph begins; 0 for none.
    item: usize,
    /// Indentations of the items that are open.
    open: Vec<usize>,
    /// Indentation of the note we are in.
    note: Option<usize>,
}

impl CellReader {
    fn line(&mut self, line: &str) {
        let bare = line.trim();
        let indent = indent_of(line);
        if bare.is_empty() {
            self.flush();
            return;
        }
        if self.note.is_some_and(|n| indent <= n) {
            self.flush();
            self.note = None;
        }
        if bare.starts_with(".. ") && bare.contains("::") {
            self.flush();
            self.note = Some(indent);
            return;
        }
        let (rest, begins) = item(bare);
        if begins {
            self.flush();
            self.open.retain(|i| *i < indent);
            if self.open.len() < 10 {
                self.open.push(indent);
            }
            self.item = self.open.len();
        } else if self.paragraph.is_empty() {
            self.open.retain(|i| *i < indent);
        }
        if !self.paragraph.is_empty() {
            self.paragraph.push(' ');
        }
        self.paragraph.push_str(rest);
    }

    fn flush(&mut self) {
        if self.paragraph.is_empty() {
            return;
        }
        let inline = read_inline(&self.paragraph);
        self.paragraph.clear();
        if self.item > 0 {
            self.text.begin_item(self.item);
            self.item = 0;
        }
        if self.note.is_some() {
            self.text.open_note();
        }
        self.text.push(&squeeze(&inline.text));
        for link in inline.links {
            self.text.link(link);
        }
        self.text.end_line();
        if self.note.is_some() {
            self.text.tag("div", true);
            self.text.tag("div", false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_grid_table_keeps_paragraphs_items_and_notes() {
        let source = lines(
            "+------+--------------+\n| Name | Text         |\n+======+==============+\n| a    | One of:      |\n|      |              |\n|      | -  **X**: b  |\n|      |    goes on   |\n|      | -  Y: c      |\n|      |              |\n|      | .. note::    |\n|      |              |\n|      |    beware    |\n+------+--------------+\n| b    | last         |\n+------+--------------+\nafter",
        );
        let (table, end) = read_grid(&source, 0);
        let table = table.expect("readable");
        assert_eq!(end, 15);
        assert_eq!(table.header, ["Name", "Text"]);
        let seen: Vec<_> =
            table.rows[0][1].lines.iter().map(|l| (l.text.as_str(), l.bullet, l.note)).collect();
        assert_eq!(
            seen,
            [
                ("One of:", false, false),
                ("“X”: b goes on", true, false),
                ("Y: c", true, false),
                ("beware", false, true)
            ]
        );
        assert_eq!(table.rows[1][0].text(), "b");
    }

    #[test]
    fn wide_characters_take_two_columns_of_a_grid() {
        let source = lines(
            "+------+------+\n| 名称 | 类型 |\n+======+======+\n| a    | 整数 |\n+------+------+",
        );
        let (table, _) = read_grid(&source, 0);
        let table = table.expect("readable");
        assert_eq!(table.header, ["名称", "类型"]);
        assert_eq!(table.rows[0][1].text(), "整数");
    }

    #[test]
    fn a_simple_table_continues_a_row_whose_first_column_is_blank() {
        let source = lines(
            "==== =======\nName Text\n==== =======\na    long\n     text beyond\nb    x\n==== =======\n\nafter",
        );
        let (table, end) = read_simple(&source, 0);
        let table = table.expect("readable");
        assert_eq!(end, 7);
        assert_eq!(table.rows.len(), 2);
        assert_eq!(table.rows[0][1].text(), "long text beyond");
    }
}

//! Reads HTML tables, as they stand in the Markdown of the Chinese pages.

use ego_tree::iter::Edge;
use scraper::{Html, Node};

use crate::document::{Cell, Link, Table};

use super::cell_text::CellText;

/// Cells may span this many columns or rows; no real table comes near.
const MAX_SPAN: usize = 20;
/// A row with more cells than this is no table of parameters.
const MAX_CELLS: usize = 60;
/// Deeper nesting is refused before parsing: the parser walks its open elements again and again.
const MAX_DEPTH: usize = 400;

/// Reads the outer tables of a piece of HTML. Tables inside a cell become text of that cell.
pub fn read_tables(html: &str) -> Vec<Table> {
    if nesting(html) > MAX_DEPTH {
        return Vec::new();
    }
    let parsed = Html::parse_fragment(html);
    let mut reader = TableReader::default();
    for edge in parsed.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(text) => reader.text(text),
                Node::Element(element) => reader.open(element),
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    reader.close(element.name());
                }
            }
        }
    }
    reader.tables
}

/// The deepest nesting of tags, unclosed ones counted as open.
fn nesting(html: &str) -> usize {
    let bytes = html.as_bytes();
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for (at, _) in html.match_indices('<') {
        match bytes.get(at + 1) {
            Some(b'/') => depth = depth.saturating_sub(1),
            Some(c) if c.is_ascii_alphabetic() => {
                let name: String = html[at + 1..]
                    .chars()
                    .take(8)
                    .take_while(char::is_ascii_alphanumeric)
                    .collect::<String>()
                    .to_ascii_lowercase();
                if !matches!(
                    name.as_str(),
                    "br" | "img" | "hr" | "input" | "col" | "wbr" | "meta" | "link"
                ) {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
            }
            _ => {}
        }
    }
    deepest
}

#[derive(Default)]
struct TableReader {
    tables: Vec<Table>,
    depth: usize,
    rows: Vec<Row>,
    cell: Option<OpenCell>,
    /// For each column, a cell of an earlier row that reaches down and for how many rows.
    hanging: Vec<Option<(usize, Cell)>>,
}

#[derive(Default)]
struct Row {
    header: bool,
    cells: Vec<Cell>,
}

struct OpenCell {
    text: CellText,
    columns: usize,
    rows: usize,
    link: Option<(String, String)>,
}

impl TableReader {
    fn open(&mut self, element: &scraper::node::Element) {
        let name = element.name();
        if name == "table" {
            self.depth += 1;
            if self.depth == 1 {
                self.rows.clear();
                self.hanging.clear();
            }
            return;
        }
        if self.depth != 1 {
            if let Some(cell) = &mut self.cell {
                cell.text.tag(name, true);
            }
            return;
        }
        match name {
            "tr" => self.rows.push(Row::default()),
            "td" | "th" => {
                let span = |attribute| {
                    let number = element.attr(attribute).and_then(|n| n.trim().parse().ok());
                    number.unwrap_or(1_usize).clamp(1, MAX_SPAN)
                };
                if self.rows.is_empty() {
                    self.rows.push(Row::default());
                }
                self.rows.last_mut().expect("just made").header |= name == "th";
                self.fill_hanging();
                self.cell = Some(OpenCell {
                    text: CellText::default(),
                    columns: span("colspan"),
                    rows: span("rowspan"),
                    link: None,
                });
            }
            _ => {
                if let Some(cell) = &mut self.cell {
                    if name == "a"
                        && let Some(target) = element.attr("href")
                    {
                        cell.link = Some((target.to_owned(), String::new()));
                    }
                    let class = element.attr("class").unwrap_or_default();
                    if name == "div"
                        && class.split_whitespace().any(|c| c == "note" || c == "notice")
                    {
                        cell.text.open_note();
                    }
                    cell.text.tag(name, true);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(cell) = &mut self.cell {
            cell.text.push(text);
            if let Some((_, words)) = &mut cell.link
                && words.len() < 500
            {
                words.push_str(text);
            }
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "table" => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.finish_table();
                }
            }
            "td" | "th" if self.depth == 1 => self.finish_cell(),
            "tr" if self.depth == 1 => self.fill_hanging(),
            "a" => {
                if let Some(cell) = &mut self.cell
                    && let Some((target, text)) = cell.link.take()
                {
                    cell.text.link(Link { target, text });
                }
            }
            _ => {
                if let Some(cell) = &mut self.cell {
                    cell.text.tag(name, false);
                }
            }
        }
    }

    fn finish_cell(&mut self) {
        let Some(open) = self.cell.take() else {
            return;
        };
        let cell = open.text.finish();
        let Some(row) = self.rows.last_mut() else {
            return;
        };
        for _ in 0..open.columns {
            let column = row.cells.len();
            if column >= MAX_CELLS {
                return;
            }
            if open.rows > 1 {
                if self.hanging.len() <= column {
                    self.hanging.resize(column + 1, None);
                }
                self.hanging[column] = Some((open.rows - 1, cell.clone()));
            }
            row.cells.push(cell.clone());
        }
    }

    /// Copies cells of earlier rows that span down into the places before the next cell.
    fn fill_hanging(&mut self) {
        let Some(row) = self.rows.last_mut() else {
            return;
        };
        while let Some(slot) = self.hanging.get_mut(row.cells.len()) {
            let Some((rows, cell)) = slot else {
                break;
            };
            row.cells.push(cell.clone());
            *rows -= 1;
            if *rows == 0 {
                *slot = None;
            }
        }
    }

    fn finish_table(&mut self) {
        self.finish_cell();
        let mut rows = std::mem::take(&mut self.rows).into_iter().filter(|r| !r.cells.is_empty());
        let Some(head) = rows.next() else {
            return;
        };
        let header = head.cells.iter().map(Cell::text).collect();
        let rows = rows.filter(|r| !r.header).map(|r| r.cells).collect();
        self.tables.push(Table { header, rows, ..Table::default() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_keeps_its_paragraphs_items_links_and_notes_apart() {
        let html = "<table><thead><tr><th>Name</th><th>Text</th></tr></thead><tbody><tr><td><p>mode</p></td>\
                    <td><p>Kind, see <a href=\"#t3\">Table 3</a>:</p><ul><li>A: one</li><li><b>B</b>: two</li></ul>\
                    <div class=\"note\"><p>beware</p></div></td></tr></tbody></table>";
        let tables = read_tables(html);
        assert_eq!(tables.len(), 1);
        let cell = &tables[0].rows[0][1];
        let lines: Vec<_> =
            cell.lines.iter().map(|l| (l.text.as_str(), l.bullet, l.note)).collect();
        assert_eq!(
            lines,
            [
                ("Kind, see Table 3:", false, false),
                ("A: one", true, false),
                ("“B”: two", true, false),
                ("beware", false, true)
            ]
        );
        assert_eq!(cell.links[0].target, "#t3");
    }

    #[test]
    fn a_cell_that_spans_rows_stands_in_each_of_them() {
        let html = "<table><tr><th>a</th><th>b</th></tr><tr><td rowspan=2>x</td><td>1</td></tr><tr><td>2</td></tr></table>";
        let table = &read_tables(html)[0];
        let rows: Vec<Vec<String>> =
            table.rows.iter().map(|r| r.iter().map(Cell::text).collect()).collect();
        assert_eq!(rows, [["x", "1"], ["x", "2"]]);
    }

    #[test]
    fn endless_nesting_is_refused() {
        assert!(read_tables(&"<table><tr><td>".repeat(5000)).is_empty());
    }
}

//! Reads reStructuredText pages: headings, paragraphs, list items, `table`, `list-table` and
//! `code-block` directives, grid and simple tables with or without a directive, labels.

use crate::document::{Block, Document, Table, Text, squeeze};

use super::rst_inline::{Inline, read_inline};
use super::rst_tables::{
    is_grid_border, is_simple_border, read_grid, read_list_table, read_simple,
};

/// Reads a page.
pub fn read(content: &str) -> Document {
    let lines: Vec<String> = content.lines().map(|l| l.trim_end().replace('\t', "    ")).collect();
    let mut reader =
        Reader { lines: &lines, at: 0, blocks: Vec::new(), labels: Vec::new(), note: None };
    while reader.at < lines.len() {
        reader.step();
    }
    let mut document = Document { blocks: reader.blocks };
    document.attach_captions();
    document
}

struct Reader<'a> {
    lines: &'a [String],
    at: usize,
    blocks: Vec<Block>,
    /// Labels that stand before the present place.
    labels: Vec<String>,
    /// Indentation of the content of the note we are in.
    note: Option<usize>,
}

impl<'a> Reader<'a> {
    fn line(&self, at: usize) -> &'a str {
        self.lines.get(at).map_or("", String::as_str)
    }

    fn step(&mut self) {
        let line = self.line(self.at);
        let bare = line.trim_start();
        if bare.is_empty() {
            self.at += 1;
            return;
        }
        let indent = line.len() - bare.len();
        if self.note.is_some_and(|note| indent < note) {
            self.note = None;
        }
        if let Some(label) = bare.strip_prefix(".. _").and_then(|l| l.strip_suffix(':')) {
            self.labels.push(label.trim_matches('`').to_owned());
            self.at += 1;
        } else if let Some((name, argument)) = directive(bare) {
            self.directive(name, argument, indent);
        } else if bare.starts_with(".. ") || bare == ".." {
            // A comment, a substitution: not for readers.
            self.at += 1;
            self.skip_indented(indent + 1);
        } else if is_grid_border(bare) {
            let (tables, after) = read_grid(self.lines, self.at);
            self.push_table(tables, String::new(), after);
        } else if is_simple_border(bare) {
            let (tables, after) = read_simple(self.lines, self.at);
            self.push_table(tables, String::new(), after);
        } else if is_adornment(bare)
            && self.at + 2 < self.lines.len()
            && is_adornment(self.line(self.at + 2).trim())
            && !self.line(self.at + 1).trim().is_empty()
        {
            let title = self.line(self.at + 1).trim();
            self.push_heading(title, 1);
            self.at += 3;
        } else if indent == 0
            && is_adornment(self.line(self.at + 1))
            && !self.line(self.at + 1).is_empty()
        {
            let level = if self.line(self.at + 1).starts_with('=') { 1 } else { 2 };
            self.push_heading(bare, level);
            self.at += 2;
        } else if bare.starts_with(':')
            && bare[1..].find(':').is_some_and(|end| {
                bare[1..1 + end]
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
            })
            && !bare.starts_with(":ref:")
        {
            // A field list, as in `:original_name: x.html`.
            self.at += 1;
        } else {
            self.paragraph(bare, indent);
        }
    }

    fn push_heading(&mut self, text: &str, level: u8) {
        self.labels.clear();
        self.note = None;
        let Inline { text, .. } = read_inline(text);
        self.blocks.push(Block::Heading { level, text: squeeze(&text) });
    }

    fn push_table(&mut self, table: Option<Table>, caption: String, after: usize) {
        // Always move on, even over a table that could not be read.
        self.at = after.max(self.at + 1);
        if let Some(mut table) = table {
            let Inline { text, .. } = read_inline(&caption);
            table.caption = squeeze(&text);
            table.anchors = std::mem::take(&mut self.labels);
            self.blocks.push(Block::Table(table));
        }
    }

    fn directive(&mut self, name: &str, argument: &str, indent: usize) {
        let start = self.at + 1;
        match name {
            "table" | "csv-table" | "list-table" => {
                let mut at = start;
                let mut header_rows = 0;
                // A caption may go on in the next lines; options follow it.
                let mut caption = argument.to_owned();
                while !self.line(at).trim().is_empty() && self.indent_of(at) > indent {
                    let bare = self.line(at).trim();
                    if let Some(rows) = bare.strip_prefix(":header-rows:") {
                        header_rows = rows.trim().parse().unwrap_or(1);
                    } else if !bare.starts_with(':') {
                        if is_grid_border(bare) || is_simple_border(bare) || bare.starts_with("* -")
                        {
                            break;
                        }
                        caption.push(' ');
                        caption.push_str(bare);
                    }
                    at += 1;
                }
                while at < self.lines.len() && self.line(at).trim().is_empty() {
                    at += 1;
                }
                if at >= self.lines.len() || self.indent_of(at) <= indent {
                    self.at = at.max(start);
                    return;
                }
                let bare = self.line(at).trim_start();
                if is_grid_border(bare) {
                    let (table, after) = read_grid(self.lines, at);
                    self.push_table(table, caption, after);
                } else if is_simple_border(bare) {
                    let (table, after) = read_simple(self.lines, at);
                    self.push_table(table, caption, after);
                } else if name == "list-table" {
                    let (table, after) = read_list_table(self.lines, at, indent, header_rows);
                    self.push_table(table, caption, after);
                } else {
                    self.at = at;
                    self.skip_indented(indent + 1);
                }
            }
            "code-block" | "code" | "sourcecode" | "parsed-literal" => {
                let mut at = start;
                while self.line(at).trim_start().starts_with(':') && self.indent_of(at) > indent {
                    at += 1;
                }
                self.at = at;
                self.literal_block(indent);
            }
            "note" | "important" | "caution" | "warning" | "tip" | "attention" | "danger"
            | "hint" => {
                self.note = Some(indent + 1);
                self.at = start;
                if !argument.is_empty() {
                    self.push_text(argument, false);
                }
            }
            _ => {
                self.at = start;
                self.skip_indented(indent + 1);
            }
        }
    }

    /// Takes the block that is indented deeper than `indent` as code.
    fn literal_block(&mut self, indent: usize) {
        let mut code: Vec<&str> = Vec::new();
        while self.at < self.lines.len() {
            let line = self.line(self.at);
            if !line.trim().is_empty() && self.indent_of(self.at) <= indent {
                break;
            }
            code.push(line);
            self.at += 1;
        }
        let margin = code
            .iter()
            .filter(|l| !l.trim().is_empty())
            .map(|l| l.len() - l.trim_start().len())
            .min();
        let Some(margin) = margin else {
            return;
        };
        let text: Vec<&str> = code.iter().map(|l| l.get(margin..).unwrap_or("")).collect();
        let text = text.join("\n");
        self.labels.clear();
        self.blocks.push(Block::Code(text.trim_matches('\n').to_owned()));
    }

    fn indent_of(&self, at: usize) -> usize {
        let line = self.line(at);
        line.len() - line.trim_start().len()
    }

    fn skip_indented(&mut self, least: usize) {
        while self.at < self.lines.len()
            && (self.line(self.at).trim().is_empty() || self.indent_of(self.at) >= least)
        {
            self.at += 1;
        }
    }

    fn paragraph(&mut self, bare: &str, indent: usize) {
        let (first, bullet) = item(bare);
        let content = indent + (bare.len() - first.len());
        let mut words = first.to_owned();
        self.at += 1;
        while self.at < self.lines.len() {
            let line = self.line(self.at);
            let next = line.trim_start();
            let same = if bullet {
                self.indent_of(self.at) >= content
            } else {
                self.indent_of(self.at) >= indent
            };
            if next.is_empty()
                || !same
                || item(next).1
                || next.starts_with(".. ")
                || is_grid_border(next)
                || is_simple_border(next)
            {
                break;
            }
            words.push('\n');
            words.push_str(next);
            self.at += 1;
        }
        // `Example::` announces a literal block.
        let literal = words.ends_with("::");
        if literal {
            words.pop();
        }
        self.push_text(&words, bullet);
        if literal {
            self.literal_block(indent);
        }
    }

    fn push_text(&mut self, words: &str, bullet: bool) {
        let Inline { text, links } = read_inline(words);
        let lines: Vec<String> = text.lines().map(squeeze).filter(|l| !l.is_empty()).collect();
        self.blocks.push(Block::Text(Text {
            text: lines.join("\n"),
            bullet,
            note: self.note.is_some(),
            anchors: std::mem::take(&mut self.labels),
            links,
        }));
    }
}

/// `.. name:: argument`
fn directive(bare: &str) -> Option<(&str, &str)> {
    let rest = bare.strip_prefix(".. ")?;
    let (name, argument) = rest.split_once("::")?;
    let well_formed = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+'));
    well_formed.then(|| (name, argument.trim()))
}

/// The text after a list mark, and whether there is one.
pub(super) fn item(bare: &str) -> (&str, bool) {
    for mark in ["- ", "* ", "+ ", "• "] {
        if let Some(rest) = bare.strip_prefix(mark) {
            return (rest.trim_start(), true);
        }
    }
    let digits =
        bare.len() - bare.trim_start_matches(|c: char| c.is_ascii_digit() || c == '#').len();
    if (1..=3).contains(&digits)
        && let Some(rest) =
            bare[digits..].strip_prefix(". ").or_else(|| bare[digits..].strip_prefix(") "))
    {
        return (rest.trim_start(), true);
    }
    (bare, false)
}

fn is_adornment(line: &str) -> bool {
    let mut chars = line.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    line.len() >= 3
        && first.is_ascii_punctuation()
        && first != '.'
        && first != ':'
        && chars.all(|c| c == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(document: &Document) -> Vec<&Table> {
        document
            .blocks
            .iter()
            .filter_map(|b| if let Block::Table(t) = b { Some(t) } else { None })
            .collect()
    }

    #[test]
    fn a_page_gives_headings_captions_labels_and_code() {
        let page = "Title\n=====\n\nURI\n---\n\n-  Form\n\n   GET /v1/{id}/things\n\n   .. _x__t1:\n\n   .. table:: **Table 1** URI parameters\n\n      ==== ====\n      Name Type\n      ==== ====\n      id   Long\n      ==== ====\n\nExample\n-------\n\n.. code-block::\n\n   {\n     \"a\": 1\n   }\n";
        let document = read(page);
        assert_eq!(document.blocks[0], Block::Heading { level: 1, text: "Title".into() });
        let tables = tables(&document);
        assert_eq!((tables[0].number, tables[0].caption.as_str()), (Some(1), "URI parameters"));
        assert_eq!(tables[0].anchors, ["x__t1"]);
        assert_eq!(document.blocks.last(), Some(&Block::Code("{\n  \"a\": 1\n}".into())));
    }

    #[test]
    fn a_list_table_is_read_like_a_grid_table() {
        let page = ".. list-table:: Table 3 Things\n   :header-rows: 1\n\n   * - Name\n     - Type\n   * - a\n     - Long\n\n       - x: one\n       - y: two\n";
        let document = read(page);
        let table = tables(&document)[0];
        assert_eq!(table.header, ["Name", "Type"]);
        assert_eq!(table.rows[0][0].text(), "a");
        assert_eq!(table.rows[0][1].lines.len(), 3, "{table:?}");
        assert_eq!((table.number, table.caption.as_str()), (Some(3), "Things"));
    }
}

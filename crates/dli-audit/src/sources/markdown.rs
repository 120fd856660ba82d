//! Reads Markdown pages. Tables may be HTML (the repository of the Chinese pages) or rows
//! between pipes (the vendor's site); one page may hold both.

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::document::{Block, Document, Link, Table, Text, caption_of, squeeze};
use crate::page::operation_line;
use crate::page::sections::{is_section_title, status_in};

use super::cell_text::{CellText, strip_bullet, tidy_marks};
use super::html_tables::read_tables;
use super::pipe_tables::join_rows;

/// Stand for the n-th HTML table while the rest is parsed as Markdown.
const OPEN_MARK: char = '\u{E010}';
const CLOSE_MARK: char = '\u{E011}';

/// Reads a page.
pub fn read(content: &str) -> Document {
    let (text, html) = take_html_tables(content);
    let text = join_rows(&mark_bare_titles(&text));
    let mut reader = Reader { html, ..Reader::default() };
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH) {
        reader.event(event);
    }
    reader.end_text();
    let mut document = Document { blocks: reader.blocks };
    document.attach_captions();
    document
}

/// Renderings without any heading have the titles of sections on lines of their own.
fn mark_bare_titles(text: &str) -> String {
    let rule =
        |line: &str, mark: char| line.len() >= 3 && line.trim_end().chars().all(|c| c == mark);
    let headed = |line: &str| line.starts_with('#') || rule(line, '=') || rule(line, '-');
    if text.lines().any(headed) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 200);
    let mut fenced = false;
    for line in text.lines() {
        let bare = line.trim();
        fenced ^= bare.starts_with("```");
        let apart = !fenced
            && (status_in(bare).is_some_and(|_| bare.chars().count() < 20)
                || operation_line::read(bare).is_some()
                || caption_of(bare).is_some());
        if !fenced && is_section_title(bare) {
            out.push_str("\n## ");
            out.push_str(bare);
            out.push_str("\n\n");
        } else if apart {
            out.push('\n');
            out.push_str(line);
            out.push_str("\n\n");
        } else {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Cuts the HTML tables out of the page: Markdown would end such a block at the first blank line.
fn take_html_tables(content: &str) -> (String, Vec<String>) {
    let content: String =
        content.chars().filter(|c| !matches!(*c, OPEN_MARK | CLOSE_MARK | '\r')).collect();
    let mut text = String::with_capacity(content.len());
    let mut tables: Vec<String> = Vec::new();
    let mut fence: Option<String> = None;
    let mut depth = 0_usize;
    let mut table = String::new();
    for line in content.split_inclusive('\n') {
        let bare = line.trim_start();
        if depth == 0 {
            if let Some(mark) = fence_mark(bare) {
                match &fence {
                    None => fence = Some(mark),
                    Some(open)
                        if bare.trim_end().len() >= open.len()
                            && mark.starts_with(open.as_str()) =>
                    {
                        fence = None
                    }
                    Some(_) => {}
                }
            }
            if fence.is_some() || !line.contains("<table") {
                text.push_str(line);
                continue;
            }
        }
        // A line may hold several tables, or the end of one and the begin of another.
        let mut rest = line;
        loop {
            let Some((at, opens)) = next_table_tag(rest) else {
                if depth == 0 {
                    text.push_str(rest)
                } else {
                    table.push_str(rest)
                }
                break;
            };
            let end = at + if opens { OPEN_TAG.len() } else { CLOSE_TAG.len() };
            if depth == 0 && opens {
                text.push_str(&rest[..at]);
                table.push_str(OPEN_TAG);
                depth = 1;
            } else if depth == 0 {
                text.push_str(&rest[..end]);
            } else {
                table.push_str(&rest[..end]);
                depth = if opens { depth + 1 } else { depth - 1 };
                if depth == 0 {
                    push_mark(&mut text, tables.len(), line);
                    tables.push(std::mem::take(&mut table));
                }
            }
            rest = &rest[end..];
        }
    }
    if depth > 0 {
        push_mark(&mut text, tables.len(), "");
        tables.push(table);
    }
    (text, tables)
}

const OPEN_TAG: &str = "<table";
const CLOSE_TAG: &str = "</table>";

/// The next place where a table begins or ends, and whether it begins.
fn next_table_tag(text: &str) -> Option<(usize, bool)> {
    text.match_indices('<').find_map(|(at, _)| {
        let rest = &text[at..];
        let opens = rest.starts_with(OPEN_TAG);
        (opens || rest.starts_with(CLOSE_TAG)).then_some((at, opens))
    })
}

fn push_mark(text: &mut String, number: usize, line: &str) {
    let indent: String = line.chars().take_while(|c| *c == ' ').take(40).collect();
    text.push_str(&format!("\n\n{indent}{OPEN_MARK}{number}{CLOSE_MARK}\n\n{indent}"));
}

fn fence_mark(bare: &str) -> Option<String> {
    let c = bare.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let mark: String = bare.chars().take_while(|x| *x == c).collect();
    (mark.len() >= 3).then_some(mark)
}

#[derive(Default)]
struct Reader {
    html: Vec<String>,
    blocks: Vec<Block>,
    text: String,
    anchors: Vec<String>,
    bullet: bool,
    note: usize,
    heading: Option<u8>,
    code: Option<String>,
    table: Option<Table>,
    header: bool,
    cell: Option<CellText>,
    link: Option<(String, String)>,
    links: Vec<Link>,
    image: usize,
}

impl Reader {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => self.push(&text),
            Event::Code(text) => {
                self.push("“");
                self.push(&text);
                self.push("”");
            }
            Event::Html(html) | Event::InlineHtml(html) => self.html(&html),
            Event::SoftBreak => self.push(" "),
            Event::HardBreak => match &mut self.cell {
                Some(cell) => cell.end_line(),
                None => self.text.push('\n'),
            },
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.end_text();
                self.heading = Some(match level {
                    HeadingLevel::H1 => 1,
                    HeadingLevel::H2 => 2,
                    HeadingLevel::H3 => 3,
                    HeadingLevel::H4 => 4,
                    HeadingLevel::H5 => 5,
                    HeadingLevel::H6 => 6,
                });
            }
            Tag::Paragraph | Tag::List(_) => self.end_text(),
            Tag::Item => {
                self.end_text();
                self.bullet = true;
            }
            Tag::BlockQuote(_) => {
                self.end_text();
                self.note += 1;
            }
            Tag::CodeBlock(_) => {
                self.end_text();
                self.code = Some(String::new());
            }
            Tag::Table(_) => {
                self.end_text();
                self.table = Some(Table::default());
            }
            Tag::TableHead => self.header = true,
            Tag::TableRow => {
                self.header = false;
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::TableCell => self.cell = Some(CellText::default()),
            Tag::Strong => self.push("“"),
            Tag::Link { dest_url, .. } => self.link = Some((dest_url.to_string(), String::new())),
            Tag::Image { .. } => self.image += 1,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                let level = self.heading.take().unwrap_or(2);
                let text = tidy_marks(&squeeze(&std::mem::take(&mut self.text)));
                self.anchors.clear();
                self.blocks.push(Block::Heading { level, text });
            }
            TagEnd::Paragraph => self.end_text(),
            TagEnd::Item => {
                self.end_text();
                self.bullet = false;
            }
            TagEnd::BlockQuote(_) => {
                self.end_text();
                self.note = self.note.saturating_sub(1);
            }
            TagEnd::CodeBlock => {
                if let Some(code) = self.code.take() {
                    let number = mark_in(&code);
                    match number.and_then(|n| self.html.get(n).cloned()) {
                        Some(html) => self.push_tables(&html),
                        None => self.blocks.push(Block::Code(code)),
                    }
                }
            }
            TagEnd::TableCell => self.end_cell(),
            TagEnd::Table => {
                if let Some(table) = self.table.take() {
                    self.blocks.push(Block::Table(table));
                }
            }
            TagEnd::Strong => self.push("”"),
            TagEnd::Link => {
                if let Some((target, text)) = self.link.take() {
                    match &mut self.cell {
                        Some(cell) => cell.link(Link { target, text }),
                        None if self.links.len() < 100 => self.links.push(Link { target, text }),
                        None => {}
                    }
                }
            }
            TagEnd::Image => self.image = self.image.saturating_sub(1),
            _ => {}
        }
    }

    fn push(&mut self, text: &str) {
        if self.image > 0 {
            return;
        }
        if let Some((_, words)) = &mut self.link
            && words.len() < 500
        {
            words.push_str(text);
        }
        if let Some(code) = &mut self.code {
            code.push_str(text);
        } else if let Some(cell) = &mut self.cell {
            cell.push(text);
        } else {
            self.text.push_str(text);
        }
    }

    /// Inline HTML: anchors, line breaks and list items matter.
    fn html(&mut self, html: &str) {
        let inner = html.trim().trim_start_matches('<').trim_end_matches('>').trim_end_matches('/');
        let open = !inner.starts_with('/');
        let inner = inner.trim_start_matches('/');
        let name: String = inner
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect::<String>()
            .to_ascii_lowercase();
        if open && let Some(anchor) = attribute(inner, "name").or_else(|| attribute(inner, "id")) {
            self.anchors.push(anchor);
        }
        match &mut self.cell {
            Some(cell) => cell.tag(&name, open),
            None if name == "br" => self.text.push('\n'),
            None => {}
        }
    }

    fn end_cell(&mut self) {
        let Some(cell) = self.cell.take() else {
            return;
        };
        let cell = cell.finish();
        if let Some(table) = &mut self.table {
            if self.header {
                table.header.push(cell.text());
            } else if let Some(row) = table.rows.last_mut() {
                row.push(cell);
            }
        }
    }

    fn end_text(&mut self) {
        if self.heading.is_some() {
            return;
        }
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            self.links.clear();
        }
        if let Some(html) = mark_in(&text).and_then(|n| self.html.get(n).cloned()) {
            self.push_tables(&html);
            return;
        }
        let lines: Vec<String> = text
            .lines()
            .map(|line| tidy_marks(&squeeze(line)))
            .filter(|line| !line.is_empty())
            .collect();
        let text = lines.join("\n");
        if text.is_empty() && self.anchors.is_empty() {
            return;
        }
        let (stripped, dotted) = strip_bullet(&text);
        self.blocks.push(Block::Text(Text {
            bullet: self.bullet || dotted,
            text: stripped.to_owned(),
            note: self.note > 0,
            anchors: std::mem::take(&mut self.anchors),
            links: std::mem::take(&mut self.links),
        }));
        self.bullet = false;
    }

    fn push_tables(&mut self, html: &str) {
        if !self.anchors.is_empty() {
            let anchors = std::mem::take(&mut self.anchors);
            self.blocks.push(Block::Text(Text { anchors, ..Text::default() }));
        }
        self.blocks.extend(read_tables(html).into_iter().map(Block::Table));
    }
}

fn mark_in(text: &str) -> Option<usize> {
    let text = text.trim();
    text.strip_prefix(OPEN_MARK)?.strip_suffix(CLOSE_MARK)?.parse().ok()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!("{name}=\""))?;
    let value = &tag[at + name.len() + 2..];
    Some(value[..value.find('"')?].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_html_table_with_blank_lines_inside_a_list_is_one_table_with_caption_and_anchor() {
        let page = "# T\n\n-   Parameters\n\n    **Table 1**  Things\n\n    <a name=\"t1\"></a>\n    <table><tr><th>Name</th></tr>\n\n    <tr><td>a</td></tr>\n    </table>\n\nafter\n";
        let document = read(page);
        let tables: Vec<_> = document
            .blocks
            .iter()
            .filter_map(|b| if let Block::Table(t) = b { Some(t) } else { None })
            .collect();
        assert_eq!(tables.len(), 1, "{document:?}");
        assert_eq!((tables[0].number, tables[0].caption.as_str()), (Some(1), "Things"));
        assert_eq!(tables[0].anchors, ["t1"]);
        assert_eq!(tables[0].rows.len(), 1);
    }

    #[test]
    fn line_breaks_in_a_pipe_cell_make_lines() {
        let page = "| Name | Text |\n| --- | --- |\n| a | Kind:<br>- X: one<br>- Y: two |\n";
        let document = read(page);
        let Block::Table(table) = &document.blocks[0] else { panic!("{document:?}") };
        let lines: Vec<_> =
            table.rows[0][1].lines.iter().map(|l| (l.text.as_str(), l.bullet)).collect();
        assert_eq!(lines, [("Kind:", false), ("X: one", true), ("Y: two", true)]);
    }

    #[test]
    fn a_table_shown_in_a_code_block_is_code() {
        let document = read("```\n<table><tr><td>x</td></tr></table>\n```\n");
        assert!(matches!(&document.blocks[..], [Block::Code(_)]));
    }
}

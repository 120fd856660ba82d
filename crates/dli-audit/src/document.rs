//! The shape every kind of prose source (Markdown, reStructuredText, plain text) is read into
//! before anybody asks what it says: headings, paragraphs, tables and code, in reading order.
//!
//! Inline emphasis and code are kept as `“quoted”` text, because that is how the Chinese pages
//! mark literal values; so one set of rules reads all of them.

/// A page as a sequence of blocks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// What the page is made of, in reading order.
    pub blocks: Vec<Block>,
}

/// One piece of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A section heading; level 1 is the title of the page.
    Heading {
        /// 1 for the title, 2 for a section and so on.
        level: u8,
        /// The words of the heading.
        text: String,
    },
    /// A paragraph or the first paragraph of a list item.
    Text(Text),
    /// A table, with the caption that stands above it.
    Table(Table),
    /// A block of code, an example most of the time.
    Code(String),
}

/// A paragraph.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The words, one line per line break.
    pub text: String,
    /// Whether a bullet or a number stands before it.
    pub bullet: bool,
    /// Whether it is part of a note, which may show variants of what the page says.
    pub note: bool,
    /// Anchors that stand in it; they belong to a table that follows.
    pub anchors: Vec<String>,
    /// Links found in it.
    pub links: Vec<Link>,
}

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Its number on the page, when it is numbered.
    pub number: Option<u32>,
    /// Its caption without "Table 3".
    pub caption: String,
    /// Names under which the page links to it.
    pub anchors: Vec<String>,
    /// The cells of the first row.
    pub header: Vec<String>,
    /// All further rows; a row may be shorter than the header.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// Its paragraphs and list items.
    pub lines: Vec<Line>,
    /// Links found in it.
    pub links: Vec<Link>,
}

/// A paragraph or list item of a cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// The words.
    pub text: String,
    /// Whether it is a list item.
    pub bullet: bool,
    /// Whether it is an item of a list within an item.
    pub nested: bool,
    /// Whether it belongs to a note inside the cell.
    pub note: bool,
}

/// A link to another place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// The target as written: `#table3`, `page.md#table3`, `label`.
    pub target: String,
    /// The words that are the link.
    pub text: String,
}

impl Cell {
    /// A cell with one line of text.
    pub fn plain(text: &str) -> Self {
        let mut cell = Self::default();
        cell.push_line(text, Line::default());
        cell
    }

    /// Adds a line, marked like `marks`, unless it is blank; runs of white space become one blank.
    pub fn push_line(&mut self, text: &str, marks: Line) {
        let text = squeeze(text);
        if !text.is_empty() {
            self.lines.push(Line { text, ..marks });
        }
    }

    /// All lines as one text, separated by blanks.
    pub fn text(&self) -> String {
        let mut all = String::new();
        for line in &self.lines {
            if !all.is_empty() {
                all.push(' ');
            }
            all.push_str(&line.text);
        }
        all
    }
}

impl Document {
    /// Gives each table the caption, number and anchors that stand right above it.
    ///
    /// Sources that know the caption of a table themselves (the `table` directive of
    /// reStructuredText) keep it.
    pub fn attach_captions(&mut self) {
        let mut blocks: Vec<Block> = Vec::with_capacity(self.blocks.len());
        for block in std::mem::take(&mut self.blocks) {
            let Block::Table(mut table) = block else {
                blocks.push(block);
                continue;
            };
            // A caption and the anchors, in any order, at most three blocks above.
            for _ in 0..3 {
                let Some(Block::Text(text)) = blocks.last() else {
                    break;
                };
                let caption = caption_of(&text.text);
                let blank = text.text.is_empty();
                if !blank
                    && (caption.is_none() || !table.caption.is_empty() || table.number.is_some())
                {
                    break;
                }
                table.anchors.extend(text.anchors.iter().cloned());
                if let Some((number, words)) = caption {
                    table.number = Some(number);
                    table.caption = words;
                }
                blocks.pop();
            }
            if table.number.is_none()
                && let Some((number, words)) = caption_of(&table.caption)
            {
                table.number = Some(number);
                table.caption = words;
            }
            blocks.push(Block::Table(table));
        }
        self.blocks = blocks;
    }
}

/// Reads `**表 2**  响应参数`, `Table 2 Response parameters` and the like.
pub fn caption_of(text: &str) -> Option<(u32, String)> {
    if text.len() > 400 {
        return None;
    }
    let plain = without_marks(text);
    let plain = plain.trim();
    let rest = plain
        .strip_prefix('表')
        .or_else(|| strip_prefix_ignoring_case(plain, "table"))?
        .trim_start();
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number = rest[..digits].parse().ok()?;
    let after = &rest[digits..];
    let words = after
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：' | '.' | '-'))
        .trim();
    // "表3所示" or "Table 5 describes the status code." refer to a table; they do not name one.
    let sentence = words.ends_with(['.', '。'])
        || words.starts_with("所示")
        || (digits == 0)
        || (!after.is_empty() && words.starts_with("describes "));
    (!sentence).then(|| (number, words.to_owned()))
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// The text without the quotation marks that stand for emphasis.
pub fn without_marks(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '“' | '”')).collect()
}

/// One blank for each run of white space, none at the ends; invisible characters vanish.
pub fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut pending = false;
    for c in text.chars() {
        if matches!(c, '\u{200b}' | '\u{feff}' | '\u{200c}' | '\u{200d}' | '\u{00ad}') {
            continue;
        }
        if c.is_whitespace() {
            pending = !out.is_empty();
        } else {
            if pending {
                out.push(' ');
                pending = false;
            }
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caption_is_told_from_a_sentence_that_mentions_a_table() {
        assert_eq!(caption_of("“表 2” 响应参数"), Some((2, "响应参数".into())));
        assert_eq!(caption_of("Table 12 hosts parameters"), Some((12, "hosts parameters".into())));
        assert_eq!(caption_of("Table 5 describes the status code."), None);
        assert_eq!(caption_of("Tables are useful"), None);
        assert_eq!(caption_of("表"), None);
    }
}

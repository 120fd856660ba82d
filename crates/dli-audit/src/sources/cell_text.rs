//! Collects the content of a table cell line by line, whatever markup it came in.

use crate::document::{Cell, Line, Link, squeeze};

/// A cell being read.
#[derive(Default)]
pub struct CellText {
    cell: Cell,
    line: String,
    bullet: bool,
    /// Lists that are open.
    lists: usize,
    /// Open block elements below the note, the note itself included.
    note: usize,
}

impl CellText {
    /// Adds text to the present line.
    pub fn push(&mut self, text: &str) {
        self.line.push_str(text);
    }

    /// Marks what follows as a note until the `div` that opened it is closed.
    pub fn open_note(&mut self) {
        self.end_line();
        // The opening tag of the note itself is counted by the call of `tag` that follows.
        if self.note == 0 {
            self.note = 1;
        }
    }

    /// Takes an inline or block tag of HTML into account.
    pub fn tag(&mut self, name: &str, open: bool) {
        match name {
            "b" | "strong" | "code" | "tt" | "samp" => {
                self.line.push(if open { '“' } else { '”' })
            }
            "br" if open => self.end_line(),
            "li" => {
                self.end_line();
                self.bullet = open;
            }
            "div" => {
                self.end_line();
                if self.note > 0 {
                    self.note = if open { self.note + 1 } else { self.note - 1 };
                    if self.note == 1 && !open {
                        self.note = 0;
                    }
                }
            }
            "ul" | "ol" => {
                self.end_line();
                self.lists = if open { self.lists + 1 } else { self.lists.saturating_sub(1) };
            }
            "p" | "pre" | "tr" | "dl" | "dt" | "dd" => self.end_line(),
            "td" | "th" => self.line.push(' '),
            _ => {}
        }
    }

    /// Adds a link.
    pub fn link(&mut self, link: Link) {
        if self.cell.links.len() < 100 {
            let text = squeeze(&link.text);
            self.cell.links.push(Link { text, ..link });
        }
    }

    /// Ends the present line.
    pub fn end_line(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let line = std::mem::take(&mut self.line);
        let text = tidy_marks(&squeeze(&line));
        let (text, dotted) = strip_bullet(&text);
        let bullet = (self.bullet && !text.is_empty()) || dotted;
        let marks = Line { bullet, nested: self.lists > 1, note: self.note > 0, ..Line::default() };
        self.cell.push_line(text, marks);
        if !text.is_empty() {
            // Only the first paragraph of a list item carries its bullet.
            self.bullet = false;
        }
    }

    /// The next line is an item of a list; lists within items have a greater depth.
    pub fn begin_item(&mut self, depth: usize) {
        self.end_line();
        self.bullet = true;
        self.lists = depth;
    }

    /// The finished cell.
    pub fn finish(mut self) -> Cell {
        self.end_line();
        self.cell
    }
}

/// Removes a typographic bullet from the start of a line and says whether there was one.
pub fn strip_bullet(text: &str) -> (&str, bool) {
    for mark in ["• ", "•", "● ", "●", "· ", "○ ", "■ ", "- ", "* "] {
        if let Some(rest) = text.strip_prefix(mark) {
            return (rest.trim_start(), true);
        }
    }
    (text, false)
}

/// Emphasis inside quotation marks gives doubled marks, and empty emphasis empty ones: both go.
pub fn tidy_marks(text: &str) -> String {
    if !text.contains(['“', '”']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '“' | '”') && out.ends_with(c) {
            continue;
        }
        if c == '”' && out.ends_with('“') {
            out.pop();
            continue;
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubled_and_empty_marks_go() {
        assert_eq!(tidy_marks("““SYNC””或者“”x"), "“SYNC”或者x");
    }
}

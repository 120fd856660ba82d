//! Finds the tables of a page that a cell refers to.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

use crate::document::{Cell, Table};

use super::tables::{TablePlace, is_general_caption, subject, title};

/// Finds tables by anchor, number and name.
pub struct Index<'a> {
    by_anchor: HashMap<&'a str, usize>,
    by_number: HashMap<u32, usize>,
    /// Tables whose caption names a field or a type, in lower case.
    pub by_subject: HashMap<String, Vec<usize>>,
}

static TABLE_REFERENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:表\s*|Tables?\s+|table\s+)(\d{1,3})").expect("a valid pattern")
});

impl<'a> Index<'a> {
    /// Looks over the tables of a page.
    pub fn new(tables: &'a [(&'a Table, TablePlace)]) -> Self {
        let mut index = Self {
            by_anchor: HashMap::new(),
            by_number: HashMap::new(),
            by_subject: HashMap::new(),
        };
        for (i, (table, place)) in tables.iter().enumerate() {
            for anchor in &table.anchors {
                index.by_anchor.entry(anchor).or_insert(i);
            }
            if let Some(number) = table.number {
                index.by_number.entry(number).or_insert(i);
            }
            let title = title(table, place);
            if !is_general_caption(title)
                && let Some(name) = subject(title)
            {
                for part in name.split('/') {
                    index.by_subject.entry(part.to_lowercase()).or_default().push(i);
                }
            }
        }
        index
    }

    /// The tables a cell refers to: those of this page, and links to tables of others.
    pub fn references(&self, cell: &Cell) -> (Vec<usize>, Vec<String>) {
        let mut found = Vec::new();
        let mut elsewhere = Vec::new();
        for link in cell.links.iter().take(50) {
            let (file, anchor) = match link.target.split_once('#') {
                Some((file, anchor)) => (file, anchor),
                None => ("", link.target.as_str()),
            };
            if let Some(i) = self.by_anchor.get(anchor) {
                found.push(*i);
            } else if file.is_empty()
                && let Some(i) = self.number_in(&link.text)
            {
                found.push(i);
            } else if link.target.contains('#') || TABLE_REFERENCE.is_match(&link.text) {
                elsewhere.push(link.target.clone());
            }
        }
        // Numbers in plain words count where no link says better.
        if found.is_empty() && elsewhere.is_empty() {
            for line in cell.lines.iter().take(200) {
                found.extend(self.number_in(&line.text));
            }
        }
        found.dedup();
        (found, elsewhere)
    }

    fn number_in(&self, text: &str) -> Option<usize> {
        let number: u32 = TABLE_REFERENCE.captures(text)?[1].parse().ok()?;
        self.by_number.get(&number).copied()
    }
}

//! All pages of prose of a run, so that a page can point to a table of another page.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use crate::document::{Block, Document};
use crate::facts::FieldFact;
use crate::page;

/// The pages, by name.
#[derive(Default)]
pub struct Library {
    documents: BTreeMap<String, Document>,
    /// Pages that hold a table with this anchor.
    anchors: HashMap<String, Vec<String>>,
    /// What was looked up before, by page and anchor.
    seen: RefCell<HashMap<(String, String), Inside>>,
}

type Inside = Option<Rc<Vec<FieldFact>>>;

impl Library {
    /// Adds a page.
    pub fn insert(&mut self, name: &str, document: Document) {
        for block in &document.blocks {
            if let Block::Table(table) = block {
                for anchor in &table.anchors {
                    self.anchors.entry(anchor.clone()).or_default().push(name.to_owned());
                }
            }
        }
        self.documents.insert(name.to_owned(), document);
    }

    /// The pages.
    pub fn documents(&self) -> impl Iterator<Item = (&String, &Document)> {
        self.documents.iter()
    }

    fn inside(&self, from: &str, target: &str) -> Inside {
        let (file, anchor) = target.split_once('#').unwrap_or(("", target));
        let pages = self.anchors.get(anchor)?;
        let name = if file.is_empty() {
            // A label of reStructuredText is known everywhere.
            pages.iter().find(|p| *p != from)?
        } else {
            let wanted = file.rsplit('/').next().unwrap_or(file);
            let folder = from.split('/').next();
            let fits = |p: &&String| p.rsplit('/').next() == Some(wanted);
            pages
                .iter()
                .filter(fits)
                .find(|p| p.split('/').next() == folder)
                .or_else(|| pages.iter().find(fits))?
        };
        let key = (name.clone(), anchor.to_owned());
        if let Some(known) = self.seen.borrow().get(&key) {
            return known.clone();
        }
        let tables = page::placed_tables(self.documents.get(name)?);
        let index = tables.iter().position(|(t, _)| t.anchors.iter().any(|a| a == anchor))?;
        // References of that page to further pages are not followed: that could go in circles.
        let inside = page::nesting::read_inside(&tables, index, &Source::alone());
        let inside = (!inside.is_empty()).then(|| Rc::new(inside));
        self.seen.borrow_mut().insert(key, inside.clone());
        inside
    }
}

/// The library as seen from one page.
pub struct Source<'a> {
    library: Option<&'a Library>,
    name: &'a str,
}

impl<'a> Source<'a> {
    /// A page without others.
    pub fn alone() -> Self {
        Self { library: None, name: "" }
    }

    /// The page with this name.
    pub fn new(library: &'a Library, name: &'a str) -> Self {
        Self { library: Some(library), name }
    }

    /// The fields of a table of another page, with paths that begin there.
    pub fn inside(&self, target: &str) -> Inside {
        self.library?.inside(self.name, target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::markdown;

    #[test]
    fn a_field_finds_its_table_on_another_page() {
        let one = "# Listing\n\n## URI\n\nGET /v1/{p}/things\n\n## Response\n\n**Table 1** Response parameters\n\n| Parameter | Type | Description |\n| --- | --- | --- |\n| things | Array of objects | See [Table 2](other.md#t2). |\n";
        let two = "# Showing\n\n## URI\n\nGET /v1/{p}/things/{id}\n\n## Response\n\n<a name=\"t2\"></a>\n\n**Table 2** Response parameters\n\n| Parameter | Type | Description |\n| --- | --- | --- |\n| name | String | Name. |\n";
        let mut library = Library::default();
        library.insert("x/one.md", markdown::read(one));
        library.insert("x/other.md", markdown::read(two));
        let (name, document) = library.documents().next().expect("one");
        let facts = page::read(document, &Source::new(&library, name));
        let paths: Vec<String> = facts.operations[0].fields.iter().map(|f| f.at()).collect();
        assert_eq!(paths, ["response.body.things", "response.body.things[].name"]);
    }
}

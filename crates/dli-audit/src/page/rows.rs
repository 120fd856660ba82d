//! Reads the rows of tables of parameters.

use sha2::{Digest, Sha256};

use crate::document::{Cell, Line, Table, squeeze, without_marks};
use crate::facts::{FieldType, Location};

use super::columns::yes_or_no;
use super::constraints::{self, Constraints};
use super::index::Index;
use super::tables::{Columns, TableKind};
use super::types::{self, ReadType};

/// A row of a table of parameters.
pub struct Row {
    /// Name as sent, or `[]` for the items of a bare list.
    pub name: String,
    /// Type.
    pub read: ReadType,
    /// Type as written.
    pub kind_text: String,
    /// Flag.
    pub mandatory: Option<bool>,
    /// What the description bounds.
    pub found: Constraints,
    /// Digest of the description.
    pub words: String,
    /// Where it stands, when the row says so.
    pub location: Option<Location>,
    /// Tables of the page it refers to.
    pub references: Vec<usize>,
    /// Links to tables of other pages.
    pub elsewhere: Vec<String>,
}

impl Row {
    /// Whether the field can have an inside.
    pub fn holds_fields(&self) -> bool {
        let item = match &self.read.kind {
            Some(FieldType::Array(None)) | None => return true,
            Some(FieldType::Array(Some(item))) => item,
            Some(kind) => kind,
        };
        matches!(item, FieldType::Object | FieldType::Any | FieldType::Map | FieldType::Array(_))
    }

    /// Whether its type says that it is an object or a list of objects.
    pub fn names_object(&self) -> bool {
        match &self.read.kind {
            Some(FieldType::Array(Some(item))) => **item == FieldType::Object,
            kind => *kind == Some(FieldType::Object),
        }
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.read.kind, Some(FieldType::Array(_)))
    }
}

/// The rows of a table; none unless it lists parameters.
pub fn read_rows(table: &Table, kind: &TableKind, index: &Index<'_>) -> Vec<Row> {
    let TableKind::Parameters(columns) = kind else {
        return Vec::new();
    };
    table.rows.iter().filter_map(|row| read_row(row, columns, index)).collect()
}

fn read_row(row: &[Cell], columns: &Columns, index: &Index<'_>) -> Option<Row> {
    let cell = |i: usize| row.get(i);
    let name = field_name(&cell(columns.name)?.text())?;
    let kind_cell = columns.kind.and_then(cell);
    let kind_text = kind_cell.map(Cell::text).unwrap_or_default();
    let mandatory = columns.mandatory.and_then(|(i, straight)| {
        let yes = yes_or_no(&cell(i)?.text())?;
        Some(yes == straight)
    });
    let mut description = Cell::default();
    for part in columns.description.iter().filter_map(|i| cell(*i)) {
        description.lines.extend(part.lines.iter().cloned());
        description.links.extend(part.links.iter().cloned());
    }
    let (mut references, elsewhere) = index.references(&description);
    if let Some(kind_cell) = kind_cell {
        let (mut by_type, _) = index.references(kind_cell);
        by_type.append(&mut references);
        references = by_type;
    }
    let place = columns.place.and_then(cell).map(|c| c.text().to_lowercase());
    let location = place.and_then(|p| match p.as_str() {
        "query" => Some(Location::Query),
        "path" | "uri" => Some(Location::Path),
        "header" => Some(Location::Header),
        "body" => Some(Location::Body),
        _ => None,
    });
    let read = types::read(&kind_text);
    let mut found = constraints::read(&description.lines, read.kind.as_ref());
    if let Some(default) =
        columns.default.and_then(cell).and_then(|c| constraints::default_cell(&c.text()))
    {
        found.default = Some(default);
    }
    // An item that explains the field itself is no value of it.
    if found.values == [name.as_str()] {
        found.values.clear();
    }
    Some(Row {
        name,
        read,
        kind_text: squeeze(&without_marks(&kind_text)),
        mandatory,
        words: digest_of_words(&description.lines),
        found,
        location,
        references,
        elsewhere,
    })
}

/// The name in a cell; `[]` where it stands for the items of a bare list.
fn field_name(text: &str) -> Option<String> {
    let plain = without_marks(&squeeze(text));
    let plain = plain.trim().trim_matches('`').trim_end_matches(['*', ':', '：']).trim();
    let lower = plain.to_lowercase();
    if matches!(
        lower.as_str(),
        "数组元素"
            | "array element"
            | "array elements"
            | "[array elements]"
            | "[数组元素]"
            | "[items]"
    ) {
        return Some("[]".to_owned());
    }
    // `name（可选）`, `name (deprecated)`
    let plain = plain.split(['（', '(']).next().unwrap_or("").trim();
    (!plain.is_empty() && plain.len() <= 120).then(|| plain.replace(' ', ""))
}

/// Eight digits that change when the words change; blanks and emphasis do not count.
pub fn digest_of_words(lines: &[Line]) -> String {
    let mut hash = Sha256::new();
    for line in lines {
        let words: String =
            line.text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '“' | '”')).collect();
        hash.update(words.as_bytes());
        hash.update(b"\n");
    }
    let digest = hash.finalize();
    digest.iter().take(4).map(|b| format!("{b:02x}")).collect()
}

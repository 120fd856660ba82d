//! Puts the tables of a page together: which table describes the inside of which field.
//!
//! A field points to its table by a link, by "see Table 4" or "请参考表3", by the name of its
//! type, or the caption of the table names the field.

use std::collections::HashMap;

use crate::document::{Table, without_marks};
use crate::facts::{Direction, FieldFact, FieldType, Location, Unplaced};
use crate::library::Source;

use super::index::Index;
use super::operation_line::{Address, path_parameters};
use super::rows::{Row, read_rows};
use super::tables::{
    TableKind, TablePlace, classify, direction, is_caption_of_values, is_general_caption, location,
    name_of, subject, title,
};

/// No real body is as deep.
const MAX_DEPTH: usize = 8;
/// No real page has as many tables.
const MAX_TABLES: usize = 200;
/// No real operation has as many fields; tables that refer to each other could make millions.
const MAX_FIELDS: usize = 5_000;

struct Reader<'a> {
    source: &'a Source<'a>,
    tables: &'a [(&'a Table, TablePlace)],
    kinds: Vec<TableKind>,
    rows: Vec<Vec<Row>>,
    /// For each table, the rows (table, row) whose inside it is.
    parents: Vec<Vec<(usize, usize)>>,
    /// For each table, whether a field that can have no inside refers to it.
    mentioned: Vec<bool>,
    children: HashMap<(usize, usize), usize>,
    values: HashMap<(usize, usize), Vec<String>>,
}

/// The tables of a page put together.
#[derive(Debug, Default)]
pub struct Nested {
    /// All fields, in reading order.
    pub fields: Vec<FieldFact>,
    /// What could not be placed.
    pub problems: Vec<String>,
    /// Tables whose field is unknown.
    pub unplaced: Vec<Unplaced>,
    /// For each table, whether a field refers to it.
    pub referred: Vec<bool>,
}

/// Puts the tables of a page together.
pub fn read(tables: &[(&Table, TablePlace)], addresses: &[Address], source: &Source<'_>) -> Nested {
    if tables.len() > MAX_TABLES {
        let problems = vec![format!("more than {MAX_TABLES} tables")];
        return Nested { problems, referred: vec![true; tables.len()], ..Nested::default() };
    }
    let reader = Reader::new(tables, source);
    let roots = reader.roots();
    let mut out = Output { fields: Vec::new(), full: false };
    let mut problems = Vec::new();
    let mut unplaced = Vec::new();
    for table in roots {
        let (kind, place) = (&reader.tables[table].0, &reader.tables[table].1);
        // Bodies of failed answers are the same everywhere.
        if place.status.is_some_and(|s| s >= 300) {
            continue;
        }
        let Some(direction) = direction(place) else {
            continue;
        };
        let place = location(kind, place);
        reader.expand(table, direction, place, "", addresses, &mut vec![table], &mut out);
    }
    for (i, kind) in reader.kinds.iter().enumerate() {
        // Of a mentioned table the field is known: its type is what contradicts.
        let known = !reader.parents[i].is_empty() || reader.mentioned[i];
        let lost = kind.is_parameters() && !known && reader.is_lost(i);
        if lost {
            let (table, rows) = (tables[i].0, reader.rows[i].len());
            let at = table.number.map_or_else(|| "table".to_owned(), |n| format!("table.{n}"));
            unplaced.push(Unplaced {
                at,
                what: format!("{} with {rows} fields that no field refers to", name_of(table)),
            });
        }
    }
    if out.full {
        problems.push(format!(
            "more than {MAX_FIELDS} fields: the tables refer to each other without end"
        ));
    }
    let referred = reader.parents.iter().map(|p| !p.is_empty()).collect();
    Nested { fields: out.fields, problems, unplaced, referred }
}

/// The fields inside one table of a page, with paths that begin there.
pub fn read_inside(
    tables: &[(&Table, TablePlace)],
    table: usize,
    source: &Source<'_>,
) -> Vec<FieldFact> {
    if tables.len() > MAX_TABLES || table >= tables.len() {
        return Vec::new();
    }
    let reader = Reader::new(tables, source);
    let mut out = Output { fields: Vec::new(), full: false };
    reader.expand(
        table,
        Direction::Response,
        Some(Location::Body),
        "",
        &[],
        &mut vec![table],
        &mut out,
    );
    out.fields
}

struct Output {
    fields: Vec<FieldFact>,
    full: bool,
}

impl<'a> Reader<'a> {
    fn new(tables: &'a [(&'a Table, TablePlace)], source: &'a Source<'a>) -> Self {
        let index = Index::new(tables);
        let kinds: Vec<TableKind> = tables.iter().map(|(t, _)| classify(t)).collect();
        let rows = tables
            .iter()
            .zip(&kinds)
            .map(|((table, _), kind)| read_rows(table, kind, &index))
            .collect();
        let mut reader = Self {
            source,
            tables,
            kinds,
            rows,
            parents: vec![Vec::new(); tables.len()],
            mentioned: vec![false; tables.len()],
            children: HashMap::new(),
            values: HashMap::new(),
        };
        reader.attach_by_reference();
        reader.attach_by_name(&index);
        reader.attach_in_order();
        reader
    }

    fn attach_by_reference(&mut self) {
        // Objects first; a text may speak of the same table in passing.
        for objects in [true, false] {
            for table in 0..self.rows.len() {
                for row in 0..self.rows[table].len() {
                    let entry = &self.rows[table][row];
                    if entry.holds_fields() != objects {
                        continue;
                    }
                    let targets = entry.references.clone();
                    for target in targets {
                        self.attach(table, row, target, objects);
                    }
                }
            }
        }
    }

    fn attach(&mut self, table: usize, row: usize, target: usize, object: bool) {
        if target == table || self.children.contains_key(&(table, row)) {
            return;
        }
        self.mentioned[target] |= !object;
        let entry = &self.rows[table][row];
        match &self.kinds[target] {
            TableKind::Parameters(columns) => {
                let typed = columns.kind.is_some() || columns.mandatory.is_some();
                let unknown = entry.read.kind.is_none();
                let values = columns.mandatory.is_none()
                    && is_caption_of_values(&self.tables[target].0.caption);
                if !object && values {
                    self.take_values(table, row, target);
                } else if object && (typed || !unknown) {
                    // "see Table 1" of the present section's own table is no inside.
                    if !is_general_caption(&self.tables[target].0.caption)
                        || self.tables[target].0.caption.is_empty()
                    {
                        self.children.insert((table, row), target);
                        self.parents[target].push((table, row));
                    }
                } else if !typed {
                    self.take_values(table, row, target);
                } else if !object
                    && self.parents[target].is_empty()
                    && !is_general_caption(&self.tables[target].0.caption)
                {
                    // A text that holds JSON: its table is still the table of that field.
                    let named = subject(&self.tables[target].0.caption)
                        .is_some_and(|s| s.eq_ignore_ascii_case(&entry.name));
                    if named {
                        self.children.insert((table, row), target);
                        self.parents[target].push((table, row));
                    }
                }
            }
            TableKind::Values => self.take_values(table, row, target),
            // A table of something else, such as the letters of a date format.
            TableKind::Unknown => self.parents[target].push((table, row)),
            TableKind::Statuses(_) | TableKind::Errors => {}
        }
    }

    /// The first column of a table that lists values.
    fn take_values(&mut self, table: usize, row: usize, target: usize) {
        self.parents[target].push((table, row));
        let column = match &self.kinds[target] {
            // Settings with their defaults are keys one may set, not values of the field.
            TableKind::Parameters(columns)
                if columns.default.is_some() || columns.mandatory.is_some() =>
            {
                return;
            }
            TableKind::Parameters(columns) => columns.name,
            _ => 0,
        };
        let cells = self.tables[target].0.rows.iter().filter_map(|r| r.get(column));
        let values: Vec<String> =
            cells.map(|c| without_marks(&c.text()).trim().to_owned()).collect();
        let codes = values.len() >= 2
            && values.len() <= 80
            && values.iter().all(|v| {
                !v.is_empty()
                    && v.len() <= 64
                    && v.chars().all(|c| {
                        c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/')
                    })
            });
        if codes {
            let settings =
                values.iter().filter(|v| v.matches('.').count() >= 2).count() * 2 > values.len();
            if !settings {
                self.values.entry((table, row)).or_insert(values);
            }
        }
    }

    /// Captions that name a field or its type, for tables nothing refers to.
    fn attach_by_name(&mut self, index: &Index<'_>) {
        // By the type: `Array of TmsTag objects` and a table "TmsTag". Many fields may have it.
        for table in 0..self.rows.len() {
            for row in 0..self.rows[table].len() {
                let entry = &self.rows[table][row];
                if self.children.contains_key(&(table, row)) || !entry.holds_fields() {
                    continue;
                }
                let Some(object) = &entry.read.object else {
                    continue;
                };
                let targets =
                    index.by_subject.get(&object.to_lowercase()).cloned().unwrap_or_default();
                // Of tables with the same name (one a status), the next one below is meant.
                let target = targets.iter().find(|t| **t > table).or(targets.last()).copied();
                if let Some(target) = target
                    && target != table
                    && self.kinds[target].is_parameters()
                {
                    self.children.insert((table, row), target);
                    self.parents[target].push((table, row));
                }
            }
        }
        for target in 0..self.rows.len() {
            if !self.kinds[target].is_parameters() || !self.parents[target].is_empty() {
                continue;
            }
            let caption = title(self.tables[target].0, &self.tables[target].1);
            if is_general_caption(caption) {
                continue;
            }
            let Some(name) = subject(caption) else {
                continue;
            };
            let wanted = direction(&self.tables[target].1);
            let mut found = Vec::new();
            for table in (0..self.rows.len()).filter(|t| *t != target) {
                if direction(&self.tables[table].1) != wanted {
                    continue;
                }
                for (row, entry) in self.rows[table].iter().enumerate() {
                    let same = entry.name.eq_ignore_ascii_case(&name);
                    if same && entry.holds_fields() && !self.children.contains_key(&(table, row)) {
                        found.push((table, row));
                    }
                }
            }
            for place in found {
                self.children.insert(place, target);
                self.parents[target].push(place);
            }
        }
    }

    /// Tables that describe a message rather than the inside of a field.
    fn roots(&self) -> Vec<usize> {
        (0..self.kinds.len())
            .filter(|i| {
                self.kinds[*i].is_parameters() && self.parents[*i].is_empty() && !self.is_lost(*i)
            })
            .collect()
    }

    /// A table that describes an object, but nobody knows of which field.
    fn is_lost(&self, table: usize) -> bool {
        let (content, place) = &self.tables[table];
        if direction(place).is_none() || place.status.is_some_and(|s| s >= 300) {
            return false;
        }
        let place_of_rows = location(content, place);
        if place_of_rows.is_some_and(|l| l != Location::Body) {
            return false;
        }
        let name = title(content, place);
        if self.is_nameless(table) {
            // Without a name only its rows can say, and in the part about the URI they do.
            if place_of_rows.is_none() {
                return false;
            }
        } else if is_general_caption(name) {
            return false;
        }
        // The first of its section describes the message whatever its caption says.
        (0..table).any(|i| self.is_beside(i, table))
    }

    fn is_nameless(&self, table: usize) -> bool {
        let (content, place) = &self.tables[table];
        content.caption.is_empty() && title(content, place).is_empty()
    }

    /// Whether two tables describe bodies in the same section.
    fn is_beside(&self, one: usize, other: usize) -> bool {
        let (a, b) = (&self.tables[one], &self.tables[other]);
        self.kinds[one].is_parameters()
            && direction(&a.1) == direction(&b.1)
            && (a.1.section, a.1.status) == (b.1.section, b.1.status)
            && location(a.0, &a.1) == location(b.0, &b.1)
    }

    /// Tables without any name follow the fields whose inside they are.
    fn attach_in_order(&mut self) {
        for target in 0..self.tables.len() {
            let open = self.kinds[target].is_parameters() && self.parents[target].is_empty();
            if !open || !self.is_nameless(target) || !self.is_lost(target) {
                continue;
            }
            let field =
                (0..target).rev().filter(|t| self.is_beside(*t, target)).find_map(|table| {
                    let row = self.rows[table].iter().enumerate().position(|(row, entry)| {
                        entry.names_object() && !self.children.contains_key(&(table, row))
                    })?;
                    Some((table, row))
                });
            if let Some(field) = field {
                self.children.insert(field, target);
                self.parents[target].push(field);
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn expand(
        &self,
        table: usize,
        direction: Direction,
        location: Option<Location>,
        prefix: &str,
        addresses: &[Address],
        open: &mut Vec<usize>,
        out: &mut Output,
    ) {
        for (i, row) in self.rows[table].iter().enumerate() {
            if out.fields.len() >= MAX_FIELDS {
                out.full = true;
                return;
            }
            let mut path = join(prefix, &row.name);
            let place = row.location.or(location).unwrap_or_else(|| {
                let in_path =
                    addresses.iter().any(|a| path_parameters(&a.path).contains(&row.name.as_str()));
                if in_path { Location::Path } else { Location::Query }
            });
            out.fields.push(self.fact(table, i, direction, place, &path));
            if let Some(child) = self.children.get(&(table, i))
                && open.len() < MAX_DEPTH
                && !open.contains(child)
            {
                if row.is_list() && !path.ends_with("[]") {
                    path.push_str("[]");
                }
                open.push(*child);
                self.expand(*child, direction, Some(place), &path, addresses, open, out);
                open.pop();
            } else if row.holds_fields() && !self.children.contains_key(&(table, i)) {
                // The table stands on another page.
                let inside = row.elsewhere.iter().find_map(|target| self.source.inside(target));
                if row.is_list() && !path.ends_with("[]") {
                    path.push_str("[]");
                }
                for field in inside.iter().flat_map(|fields| fields.iter()) {
                    if out.fields.len() >= MAX_FIELDS {
                        out.full = true;
                        return;
                    }
                    let path = join(&path, &field.path);
                    out.fields.push(FieldFact {
                        direction,
                        location: place,
                        path,
                        inherited: true,
                        ..field.clone()
                    });
                }
            }
        }
    }

    /// The names in a table of values on another page.
    fn values_elsewhere(&self, target: &str) -> Option<Vec<String>> {
        let inside = self.source.inside(target)?;
        let values = inside.iter().all(|f| {
            f.kind == Some(FieldType::String)
                && f.mandatory.is_none()
                && !f.path.contains(['.', '['])
        });
        (values && (2..=80).contains(&inside.len()))
            .then(|| inside.iter().map(|f| f.path.clone()).collect())
    }

    fn fact(
        &self,
        table: usize,
        i: usize,
        direction: Direction,
        location: Location,
        path: &str,
    ) -> FieldFact {
        let row = &self.rows[table][i];
        let mut fact = FieldFact::new(direction, location, path);
        fact.kind.clone_from(&row.read.kind);
        fact.kind_text.clone_from(&row.kind_text);
        fact.mandatory = row.mandatory;
        fact.values = self.values.get(&(table, i)).unwrap_or(&row.found.values).clone();
        if fact.values.is_empty() && !row.holds_fields() {
            fact.values = row
                .elsewhere
                .iter()
                .find_map(|target| self.values_elsewhere(target))
                .unwrap_or_default();
            fact.inherited_values = !fact.values.is_empty();
        }
        fact.limits = row.found.limits.clone();
        fact.default.clone_from(&row.found.default);
        fact.words.clone_from(&row.words);
        fact
    }
}

fn join(prefix: &str, name: &str) -> String {
    match (prefix, name) {
        ("", name) => name.to_owned(),
        (prefix, "[]") => format!("{prefix}[]"),
        (prefix, name) => format!("{prefix}.{name}"),
    }
}

//! Drift inside the documentation itself: an example against its own table, a table against
//! another of the page, the editions against one another. Nothing of this needs the description;
//! it is what breaks typed clients.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::compare::{contradict, operation_of};
use crate::description::Description;
use crate::examples::{fits, kind_name, shown};
use crate::facts::{
    Direction, FieldFact, FieldKey, FieldType, Location, OperationFacts, plain_number,
};
use crate::source_files::{SourceFile, Sources};

/// The kinds of drift, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftKind {
    /// An example is not JSON.
    BrokenExample,
    /// An example has a field that its own table lacks.
    ExampleBeyondTable,
    /// A value of an example has another type than its own table says.
    ExampleType,
    /// A value of an example is not among those its own table lists.
    ExampleValue,
    /// An example lacks a field its own table calls mandatory.
    ExampleIncomplete,
    /// A table of fields that no field refers to.
    TableWithoutField,
    /// One field, listed twice on a page with different facts.
    TableAgainstTable,
    /// Sources give one operation different addresses.
    Addresses,
    /// Sources give a field different types.
    Types,
    /// Sources disagree whether a field must be there.
    Flags,
    /// Sources list different values.
    Values,
    /// Sources state different limits.
    Limits,
    /// Sources state different defaults.
    Defaults,
    /// Sources list different statuses.
    Statuses,
    /// Only some of the sources call the operation deprecated.
    Deprecation,
    /// A field is in some of the sources only.
    Fields,
}

impl DriftKind {
    /// All kinds with a title each.
    pub const ALL: [(Self, &'static str); 16] = [
        (Self::BrokenExample, "example is not JSON"),
        (Self::ExampleBeyondTable, "example has a field its table lacks"),
        (Self::ExampleType, "example contradicts the type in its table"),
        (Self::ExampleValue, "example has a value its table does not list"),
        (Self::ExampleIncomplete, "example lacks a field its table calls mandatory"),
        (Self::TableWithoutField, "table that no field refers to"),
        (Self::TableAgainstTable, "two tables of a page disagree"),
        (Self::Addresses, "sources differ in method or path"),
        (Self::Types, "sources differ in the type"),
        (Self::Flags, "sources differ in the mandatory flag"),
        (Self::Values, "sources differ in the values"),
        (Self::Limits, "sources differ in the limits"),
        (Self::Defaults, "sources differ in the default"),
        (Self::Statuses, "sources differ in the statuses"),
        (Self::Deprecation, "sources differ in the deprecation"),
        (Self::Fields, "field in some sources only"),
    ];

    /// What the report calls it.
    pub fn title(self) -> &'static str {
        Self::ALL.iter().find(|(k, _)| *k == self).map_or("", |(_, title)| title)
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Drift {
    /// Family of the operation.
    pub family: String,
    /// Operation.
    pub operation: String,
    /// What kind it is.
    pub kind: DriftKind,
    /// The place.
    pub at: String,
    /// Who says what.
    pub what: String,
}

/// All findings, sorted.
pub fn find(sources: &Sources, description: &Description) -> Vec<Drift> {
    let mut out = Vec::new();
    let mut by_operation: BTreeMap<(String, String), Vec<(&SourceFile, &OperationFacts)>> =
        BTreeMap::new();
    for file in &sources.files {
        for facts in &file.facts.operations {
            let key = match operation_of(file, facts, description) {
                Some(operation) => (operation.family.clone(), operation.id.clone()),
                None => (String::new(), facts.address()),
            };
            by_operation.entry(key).or_default().push((file, facts));
        }
    }
    for ((family, operation), pages) in &by_operation {
        let mut finder = Finder { family, operation, out: &mut out };
        for (file, facts) in pages {
            finder.within(file, facts);
        }
        finder.between(pages);
    }
    out.sort();
    out.dedup();
    out
}

struct Finder<'a> {
    family: &'a str,
    operation: &'a str,
    out: &'a mut Vec<Drift>,
}

impl Finder<'_> {
    fn push(&mut self, kind: DriftKind, at: String, what: String) {
        let (family, operation) = (self.family.to_owned(), self.operation.to_owned());
        self.out.push(Drift { family, operation, kind, at, what });
    }

    /// A page against itself.
    fn within(&mut self, file: &SourceFile, facts: &OperationFacts) {
        for example in &facts.examples {
            let at = format!("example.{}", example.direction);
            match &example.value {
                Err(error) => {
                    let what = format!("{}: example {}: {error}", file.name, example.number);
                    self.push(DriftKind::BrokenExample, at, what);
                }
                Ok(_) if example.status.is_some_and(|s| s >= 300) => {}
                Ok(value) => {
                    let table = OwnTable::of(facts, example.direction);
                    for (kind, path, what) in table.check(value) {
                        let at = if path.is_empty() { at.clone() } else { format!("{at}.{path}") };
                        self.push(kind, at, format!("{}: {what}", file.name));
                    }
                }
            }
        }
        for table in &file.facts.unplaced {
            self.push(
                DriftKind::TableWithoutField,
                table.at.clone(),
                format!("{}: {}", file.name, table.what),
            );
        }
        let mut seen: BTreeMap<FieldKey, &FieldFact> = BTreeMap::new();
        for field in &facts.fields {
            match seen.get(&field.key()) {
                None => {
                    seen.insert(field.key(), field);
                }
                Some(first) => {
                    let (a, b) = (facts_in_short(first), facts_in_short(field));
                    if a != b {
                        let what = format!("{}: {a}; and {b}", file.name);
                        self.push(DriftKind::TableAgainstTable, field.at(), what);
                    }
                }
            }
        }
    }

    /// The sources of an operation against one another.
    fn between(&mut self, pages: &[(&SourceFile, &OperationFacts)]) {
        if pages.len() < 2 {
            return;
        }
        self.distinct(
            DriftKind::Addresses,
            "path",
            pages.iter().map(|(f, o)| (f.name.as_str(), o.address())),
        );
        let statuses = pages.iter().filter(|(_, o)| !o.statuses.is_empty()).map(|(f, o)| {
            let list: Vec<String> = o.statuses.iter().map(u16::to_string).collect();
            (f.name.as_str(), list.join(" "))
        });
        self.distinct(DriftKind::Statuses, "status", statuses);
        let deprecated = pages.iter().map(|(f, o)| {
            let word =
                if o.deprecated == Some(true) { "deprecated" } else { "not called deprecated" };
            (f.name.as_str(), word.to_owned())
        });
        self.distinct(DriftKind::Deprecation, "deprecated", deprecated);
        let mut fields: BTreeMap<FieldKey, Vec<(&str, &FieldFact)>> = BTreeMap::new();
        for (file, facts) in pages {
            for field in facts.fields.iter().filter(|f| f.location != Location::Header) {
                fields.entry(field.key()).or_default().push((&file.name, field));
            }
        }
        let mut only: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for entries in fields.values() {
            self.field(entries);
            self.only_in_some(entries, pages, &mut only);
        }
        for (sources, fields) in only {
            let what = format!("only in {sources}: {}", fields.join(", "));
            self.push(DriftKind::Fields, "fields".to_owned(), what);
        }
    }

    fn field(&mut self, entries: &[(&str, &FieldFact)]) {
        let Some((_, first)) = entries.first() else {
            return;
        };
        let at = first.at();
        let known: Vec<(&str, &FieldType)> =
            entries.iter().filter_map(|(n, f)| Some((*n, f.kind.as_ref()?))).collect();
        let differ = known.iter().any(|(_, kind)| contradict(kind, known[0].1));
        if differ {
            self.distinct(
                DriftKind::Types,
                &at,
                known.iter().map(|(n, kind)| (*n, kind.to_string())),
            );
        }
        let flags = entries.iter().filter_map(|(n, f)| {
            Some((*n, if f.mandatory? { "mandatory" } else { "optional" }.to_owned()))
        });
        self.distinct(DriftKind::Flags, &at, flags);
        let values = entries.iter().filter(|(_, f)| !f.values.is_empty()).map(|(n, f)| {
            let sorted: BTreeSet<&str> = f.values.iter().map(String::as_str).collect();
            (*n, sorted.into_iter().collect::<Vec<_>>().join(" "))
        });
        self.distinct(DriftKind::Values, &at, values);
        for name in
            ["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "pattern"]
        {
            let limits = entries
                .iter()
                .filter_map(|(n, f)| Some((*n, format!("{name} {}", f.limits.get(name)?))));
            self.distinct(DriftKind::Limits, &at, limits);
        }
        let defaults =
            entries.iter().filter_map(|(n, f)| Some((*n, plain_number(f.default.as_ref()?))));
        self.distinct(DriftKind::Defaults, &at, defaults);
    }

    /// Fields that the sources of the same message do not share, by the set of sources.
    fn only_in_some(
        &self,
        entries: &[(&str, &FieldFact)],
        pages: &[(&SourceFile, &OperationFacts)],
        only: &mut BTreeMap<String, Vec<String>>,
    ) {
        let Some((_, first)) = entries.first() else {
            return;
        };
        let names: BTreeSet<&str> = entries.iter().map(|(n, _)| *n).collect();
        // A page that says nothing of the whole message does not lack its fields.
        let speaking = pages.iter().filter(|(_, o)| {
            o.fields.iter().any(|f| f.direction == first.direction && f.location == first.location)
        });
        if speaking.count() > names.len() {
            let sources = names.into_iter().collect::<Vec<_>>().join(" and ");
            only.entry(sources).or_default().push(first.at());
        }
    }

    /// One finding if the sources say more than one thing.
    fn distinct<'n>(
        &mut self,
        kind: DriftKind,
        at: &str,
        said: impl Iterator<Item = (&'n str, String)>,
    ) {
        let mut by_value: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for (name, value) in said {
            by_value.entry(value).or_default().insert(name);
        }
        if by_value.len() > 1 {
            let parts: Vec<String> = by_value
                .into_iter()
                .map(|(value, names)| {
                    format!("{value} ({})", names.into_iter().collect::<Vec<_>>().join(", "))
                })
                .collect();
            self.push(kind, at.to_owned(), parts.join("; "));
        }
    }
}

fn facts_in_short(field: &FieldFact) -> String {
    let kind = field.kind.as_ref().map_or_else(|| "no type".to_owned(), ToString::to_string);
    let flag = match field.mandatory {
        Some(true) => ", mandatory",
        Some(false) => ", optional",
        None => "",
    };
    let values = if field.values.is_empty() {
        String::new()
    } else {
        format!(", {}", field.values.join(" "))
    };
    format!("{kind}{flag}{values}")
}

/// The fields of one message as a page's own tables give them.
struct OwnTable<'a> {
    fields: BTreeMap<String, &'a FieldFact>,
    /// Fields with something inside.
    parents: BTreeSet<String>,
}

impl<'a> OwnTable<'a> {
    fn of(facts: &'a OperationFacts, direction: Direction) -> Self {
        let mut table = Self { fields: BTreeMap::new(), parents: BTreeSet::new() };
        let own = facts
            .fields
            .iter()
            .filter(|f| f.direction == direction && f.location == Location::Body);
        for field in own {
            let (_, _, path) = field.key();
            if let Some((parent, _)) = path.rsplit_once('.') {
                table.parents.insert(parent.to_owned());
            } else if !path.is_empty() {
                table.parents.insert(String::new());
            }
            table.fields.entry(path).or_insert(field);
        }
        table
    }

    fn check(&self, value: &Value) -> BTreeSet<(DriftKind, String, String)> {
        let mut found = BTreeSet::new();
        if !self.fields.is_empty() {
            self.value(value, "", "", &mut found);
        }
        found
    }

    fn value(
        &self,
        value: &Value,
        path: &str,
        shown_path: &str,
        found: &mut BTreeSet<(DriftKind, String, String)>,
    ) {
        if found.len() > 500 {
            return;
        }
        match value {
            Value::Array(items) => {
                let shown_path = format!("{shown_path}[]");
                for item in items {
                    self.value(item, path, &shown_path, found);
                }
            }
            Value::Object(fields) if self.parents.contains(path) => {
                for (name, field) in fields {
                    let join = |path: &str| {
                        if path.is_empty() { name.clone() } else { format!("{path}.{name}") }
                    };
                    let (below, shown_below) = (join(path), join(shown_path));
                    let Some(fact) = self.fields.get(&below) else {
                        let what = format!("{} {name}", kind_name(field));
                        found.insert((DriftKind::ExampleBeyondTable, shown_below, what));
                        continue;
                    };
                    self.one(fact, field, &shown_below, found);
                    self.value(field, &below, &shown_below, found);
                }
                let missing = self.fields.iter().filter(|(key, fact)| {
                    let (parent, name) = key.rsplit_once('.').unwrap_or(("", key));
                    parent == path
                        && fact.mandatory == Some(true)
                        && !name.is_empty()
                        && !fields.contains_key(name)
                });
                for (key, _) in missing {
                    let name = key.rsplit('.').next().unwrap_or(key);
                    let at = if shown_path.is_empty() {
                        name.to_owned()
                    } else {
                        format!("{shown_path}.{name}")
                    };
                    found.insert((DriftKind::ExampleIncomplete, at, format!("{name} is missing")));
                }
            }
            _ => {}
        }
    }

    /// A value against its row.
    fn one(
        &self,
        fact: &FieldFact,
        value: &Value,
        at: &str,
        found: &mut BTreeSet<(DriftKind, String, String)>,
    ) {
        let Some(kind) = &fact.kind else {
            return;
        };
        if value.is_null() {
            return;
        }
        let agrees = match (kind, value) {
            (FieldType::Object | FieldType::Map, Value::Object(_))
            | (FieldType::Array(None), Value::Array(_)) => true,
            (FieldType::Array(Some(item)), Value::Array(items)) => items.iter().all(|v| {
                let scalar = !matches!(
                    **item,
                    FieldType::Object | FieldType::Map | FieldType::Array(_) | FieldType::Any
                );
                if scalar {
                    v.is_null() || fits(item, v)
                } else {
                    v.is_object() || v.is_array() || **item == FieldType::Any
                }
            }),
            (kind, value) => fits(kind, value),
        };
        if !agrees {
            let what = format!("{} where the table says {kind}", shown(value));
            found.insert((DriftKind::ExampleType, at.to_owned(), what));
            return;
        }
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return,
        };
        if !fact.values.is_empty() && !fact.values.contains(&text) {
            let what = format!("{} is none of {}", shown(value), fact.values.join(", "));
            found.insert((DriftKind::ExampleValue, at.to_owned(), what));
        }
    }
}

//! `openapi/docs.lock`: the facts of each page in one line a fact, so that a newer copy of the
//! documentation can be told apart from the one that was transcribed, fact by fact.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::facts::{Example, FieldFact, OperationFacts, plain_number, short_digest};
use crate::source_files::{SourceFile, Sources};

/// First line of the file.
const HEAD: &str = "# What the audit read off each page; written by `cargo xtask audit --update-lock`.\n\
# page, digest of its facts | operation | > sent < received: place, type, flag, values, limits, default, digest of the words\n\
# = statuses | ~ example: message, number, status, digest, names and types\n";

/// Facts of all pages, by name of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// The pages.
    pub pages: BTreeMap<String, LockedPage>,
}

/// Facts of one page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockedPage {
    /// Its operations, in the order of the page.
    pub operations: Vec<LockedOperation>,
    /// Tables without a field, and what could not be read.
    pub problems: BTreeSet<String>,
}

/// Facts of one operation on a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockedOperation {
    /// `GET /v1.0/{project_id}/queues`
    pub address: String,
    /// Whether it is called deprecated.
    pub deprecated: bool,
    /// Statuses.
    pub statuses: BTreeSet<u16>,
    /// Fields by place.
    pub fields: BTreeMap<String, LockedField>,
    /// Examples by message and number.
    pub examples: BTreeMap<(String, usize), LockedExample>,
}

/// Facts of one field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockedField {
    /// Type.
    pub kind: String,
    /// `must`, `may` or nothing.
    pub flag: String,
    /// Values.
    pub values: Vec<String>,
    /// Limits by name.
    pub limits: BTreeMap<String, String>,
    /// Default.
    pub default: Option<String>,
    /// Digest of the words.
    pub words: String,
}

/// Facts of one example.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LockedExample {
    /// Status it belongs to; 0 if none is named.
    pub status: u16,
    /// Why it is not JSON.
    pub broken: Option<String>,
    /// Digest of the values.
    pub digest: String,
    /// Names with a letter for the type.
    pub names: BTreeSet<(String, String)>,
}

impl Lock {
    /// The lock for what was read.
    pub fn of(sources: &Sources) -> Self {
        let pages =
            sources.files.iter().filter_map(|file| Some((file.name.clone(), locked_page(file)?)));
        Self { pages: pages.collect() }
    }

    /// Reads a lock.
    ///
    /// # Errors
    /// When a line is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lock = Self::default();
        let mut page: Option<&mut LockedPage> = None;
        for (number, line) in text.lines().enumerate() {
            let fail = || format!("line {} is not understood", number + 1);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let columns: Vec<&str> = line.split('\t').collect();
            let column = |i: usize| columns.get(i).copied().unwrap_or_default();
            if !column(0).is_empty() {
                page = Some(lock.pages.entry(unescape(column(0))).or_default());
                continue;
            }
            let page = page.as_mut().ok_or_else(fail)?;
            match column(1) {
                "!" => {
                    page.problems.insert(unescape(column(2)));
                }
                "@" => page.operations.push(LockedOperation {
                    address: unescape(column(2)),
                    deprecated: column(3) == "deprecated",
                    ..LockedOperation::default()
                }),
                mark => {
                    let operation = page.operations.last_mut().ok_or_else(fail)?;
                    operation.parse_line(mark, &columns).ok_or_else(fail)?;
                }
            }
        }
        Ok(lock)
    }

    /// The file.
    pub fn to_text(&self) -> String {
        let mut out = HEAD.to_owned();
        for (name, page) in &self.pages {
            let body = page.to_text();
            let digest: String = Sha256::digest(body.as_bytes())
                .iter()
                .take(8)
                .map(|b| format!("{b:02x}"))
                .collect();
            writeln!(out, "{}\t{digest}", escape(name)).expect("writing to a text");
            out.push_str(&body);
        }
        out
    }

    /// Pages of this lock whose collection was given without them. A directory that holds only a
    /// few pages of a collection is a sample of it, not a copy.
    pub fn missing_from(&self, present: &Self) -> Vec<String> {
        let collection = |name: &str| name.split('/').next().unwrap_or_default().to_owned();
        let count = |lock: &Self| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for name in lock.pages.keys() {
                *counts.entry(collection(name)).or_default() += 1;
            }
            counts
        };
        let (here, there) = (count(self), count(present));
        let whole = |name: &str| {
            let folder = collection(name);
            there.get(&folder).copied().unwrap_or(0) * 2 >= here.get(&folder).copied().unwrap_or(0)
        };
        self.pages
            .keys()
            .filter(|name| !present.pages.contains_key(*name) && whole(name))
            .cloned()
            .collect()
    }

    /// This lock with the pages of another; pages of collections that were not given stay.
    #[must_use]
    pub fn updated(&self, present: &Self) -> Self {
        let gone: BTreeSet<String> = self.missing_from(present).into_iter().collect();
        let mut pages: BTreeMap<String, LockedPage> = self
            .pages
            .iter()
            .filter(|(name, _)| !gone.contains(*name))
            .map(|(n, p)| (n.clone(), p.clone()))
            .collect();
        pages.extend(present.pages.iter().map(|(n, p)| (n.clone(), p.clone())));
        Self { pages }
    }
}

fn locked_page(file: &SourceFile) -> Option<LockedPage> {
    if file.facts.operations.is_empty() && file.facts.failures.is_empty() {
        return None;
    }
    let unplaced = file.facts.unplaced.iter().map(|u| format!("{}: {}", u.at, u.what));
    Some(LockedPage {
        operations: file.facts.operations.iter().map(locked_operation).collect(),
        problems: file.facts.failures.iter().cloned().chain(unplaced).collect(),
    })
}

fn locked_operation(facts: &OperationFacts) -> LockedOperation {
    let mut operation = LockedOperation {
        address: facts.address(),
        deprecated: facts.deprecated == Some(true),
        statuses: facts.statuses.clone(),
        ..LockedOperation::default()
    };
    let mut times: HashMap<String, usize> = HashMap::new();
    for field in facts.fields.iter().filter(|f| !f.inherited) {
        // A name that stands twice in a table keeps both rows.
        let at = field.at();
        let seen = times.entry(at.clone()).or_default();
        *seen += 1;
        let at = if *seen > 1 { format!("{at} (row {seen})") } else { at };
        operation.fields.insert(at, locked_field(field));
    }
    for example in &facts.examples {
        operation
            .examples
            .insert((example.direction.to_string(), example.number), locked_example(example));
    }
    operation
}

fn locked_field(field: &FieldFact) -> LockedField {
    LockedField {
        kind: field.kind.as_ref().map_or_else(|| field.kind_text.clone(), ToString::to_string),
        flag: match field.mandatory {
            Some(true) => "must",
            Some(false) => "may",
            None => "",
        }
        .to_owned(),
        values: if field.inherited_values { Vec::new() } else { field.values.clone() },
        limits: field
            .limits
            .stated()
            .into_iter()
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect(),
        default: field.default.clone(),
        words: field.words.clone(),
    }
}

fn locked_example(example: &Example) -> LockedExample {
    let status = example.status.unwrap_or(0);
    match &example.value {
        Err(error) => {
            let (broken, digest) = (Some(error.clone()), example.text.clone());
            LockedExample { status, broken, digest, ..LockedExample::default() }
        }
        Ok(value) => {
            let mut names = BTreeSet::new();
            collect_names(value, "", &mut names);
            let mut text = String::new();
            canonical(value, &mut text);
            let digest = short_digest(&text);
            LockedExample { status, broken: None, digest, names }
        }
    }
}

/// A value as text that does not depend on the order of fields or on how numbers are kept.
fn canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            let sorted: BTreeMap<&String, &Value> = fields.iter().collect();
            for (name, field) in sorted {
                out.push_str(&Value::String(name.clone()).to_string());
                out.push(':');
                canonical(field, out);
                out.push(',');
            }
            out.push('}');
        }
        Value::Number(number) => out.push_str(&plain_number(&number.to_string())),
        other => out.push_str(&other.to_string()),
    }
}

/// All names of an example with a letter for their type. The parser bounds the depth of JSON.
fn collect_names(value: &Value, at: &str, names: &mut BTreeSet<(String, String)>) {
    if names.len() > 2_000 {
        return;
    }
    let letter = match value {
        Value::Null => "0",
        Value::Bool(_) => "b",
        Value::Number(n) if n.is_f64() => "n",
        Value::Number(_) => "i",
        Value::String(_) => "s",
        Value::Array(_) => "a",
        Value::Object(_) => "o",
    };
    if !at.is_empty() && !at.ends_with("[]") {
        names.insert((at.to_owned(), letter.to_owned()));
    }
    match value {
        Value::Array(items) => {
            items.iter().for_each(|item| collect_names(item, &format!("{at}[]"), names))
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let below = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                collect_names(field, &below, names);
            }
        }
        _ => {}
    }
}

impl LockedPage {
    fn to_text(&self) -> String {
        let mut out = String::new();
        for operation in &self.operations {
            operation.write(&mut out);
        }
        for problem in &self.problems {
            write_line(&mut out, &["!", &escape(problem)]);
        }
        out
    }
}

impl LockedOperation {
    fn write(&self, out: &mut String) {
        write_line(
            out,
            &["@", &escape(&self.address), if self.deprecated { "deprecated" } else { "" }],
        );
        let statuses: Vec<String> = self.statuses.iter().map(u16::to_string).collect();
        if !statuses.is_empty() {
            write_line(out, &["=", &statuses.join(" ")]);
        }
        for (at, field) in &self.fields {
            let (mark, place) = match at.split_once('.') {
                Some(("request", place)) => (">", place),
                Some((_, place)) => ("<", place),
                None => ("<", at.as_str()),
            };
            let values: Vec<String> = field.values.iter().map(|v| escape(v)).collect();
            let limits: Vec<String> =
                field.limits.iter().map(|(n, v)| format!("{n} {}", escape(v))).collect();
            let default =
                field.default.as_ref().map_or(String::new(), |d| format!("={}", escape(d)));
            write_line(
                out,
                &[
                    mark,
                    &escape(place),
                    &escape(&field.kind),
                    &field.flag,
                    &values.join("|"),
                    &limits.join("|"),
                    &default,
                    &field.words,
                ],
            );
        }
        for ((message, number), example) in &self.examples {
            let status = example.status.to_string();
            let number = number.to_string();
            match &example.broken {
                Some(error) => {
                    let columns =
                        ["~", message, &number, &status, "broken", &escape(error), &example.digest];
                    write_line(out, &columns);
                }
                None => {
                    let names: Vec<String> = example
                        .names
                        .iter()
                        .map(|(name, letter)| format!("{} {letter}", escape(name)))
                        .collect();
                    write_line(
                        out,
                        &["~", message, &number, &status, &example.digest, &names.join("|")],
                    );
                }
            }
        }
    }

    fn parse_line(&mut self, mark: &str, columns: &[&str]) -> Option<()> {
        let column = |i: usize| columns.get(i).copied().unwrap_or_default();
        match mark {
            "=" => self.statuses = column(2).split(' ').filter_map(|s| s.parse().ok()).collect(),
            ">" | "<" => {
                let direction = if mark == ">" { "request" } else { "response" };
                let split = |text: &str| -> Vec<String> {
                    text.split('|').filter(|t| !t.is_empty()).map(str::to_owned).collect()
                };
                let limits = split(column(6)).into_iter().filter_map(|l| {
                    let (name, value) = l.split_once(' ')?;
                    Some((name.to_owned(), unescape(value)))
                });
                let field = LockedField {
                    kind: unescape(column(3)),
                    flag: column(4).to_owned(),
                    values: split(column(5)).iter().map(|v| unescape(v)).collect(),
                    limits: limits.collect(),
                    default: column(7).strip_prefix('=').map(unescape),
                    words: column(8).to_owned(),
                };
                self.fields.insert(format!("{direction}.{}", unescape(column(2))), field);
            }
            "~" => {
                let number = column(3).parse().ok()?;
                let status = column(4).parse().ok()?;
                let example = if column(5) == "broken" {
                    LockedExample {
                        status,
                        broken: Some(unescape(column(6))),
                        digest: column(7).to_owned(),
                        ..LockedExample::default()
                    }
                } else {
                    let names = column(6).split('|').filter_map(|n| n.rsplit_once(' '));
                    let names = names.map(|(n, l)| (unescape(n), l.to_owned())).collect();
                    LockedExample { status, broken: None, digest: column(5).to_owned(), names }
                };
                self.examples.insert((column(2).to_owned(), number), example);
            }
            _ => return None,
        }
        Some(())
    }
}

fn write_line(out: &mut String, columns: &[&str]) {
    let line = columns.join("\t");
    writeln!(out, "\t{}", line.trim_end_matches('\t')).expect("writing to a text");
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '|' => out.push_str("\\p"),
            c => out.push(c),
        }
    }
    out
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => out.push('\t'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('p') => out.push('|'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_written_reads_back_as_it_was() {
        let page = LockedPage {
            operations: vec![LockedOperation {
                address: "GET /v1/{id}".into(),
                deprecated: true,
                statuses: [200, 400].into(),
                fields: [(
                    "request.query.a|b".to_owned(),
                    LockedField {
                        kind: "array of string".into(),
                        flag: "must".into(),
                        values: vec!["x".into(), "y|z".into()],
                        limits: [("pattern".to_owned(), "^a\\t|b$".to_owned())].into(),
                        default: Some(String::new()),
                        words: "0123".into(),
                    },
                )]
                .into(),
                examples: [
                    (
                        ("response".to_owned(), 1),
                        LockedExample {
                            status: 0,
                            broken: None,
                            digest: "ab".into(),
                            names: [("a b[].c".to_owned(), "s".to_owned())].into(),
                        },
                    ),
                    (
                        ("response".to_owned(), 2),
                        LockedExample {
                            broken: Some("at line 1".into()),
                            ..LockedExample::default()
                        },
                    ),
                ]
                .into(),
            }],
            problems: ["table.3: lost".to_owned()].into(),
        };
        let lock = Lock { pages: [("zh/a b.md".to_owned(), page)].into() };
        assert_eq!(Lock::parse(&lock.to_text()).expect("readable"), lock);
    }

    #[test]
    fn a_page_is_missing_only_from_a_copy_of_its_collection() {
        let page = LockedPage::default;
        let names = |names: &[&str]| Lock {
            pages: names.iter().map(|n| ((*n).to_owned(), page())).collect(),
        };
        let lock = names(&["zh/a", "zh/b", "zh/c", "zh/d", "en/a"]);
        assert_eq!(lock.missing_from(&names(&["zh/a", "zh/b", "zh/c"])), ["zh/d"]);
        assert!(lock.missing_from(&names(&["zh/a"])).is_empty());
        assert_eq!(
            lock.updated(&names(&["zh/a", "zh/b", "zh/c"])),
            names(&["zh/a", "zh/b", "zh/c", "en/a"])
        );
    }
}

//! Measures the extraction against reference tables made by other means: how many of the fields
//! and statuses they list for a source does the audit find on the pages of that source.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::facts::{Direction, FieldKey, Location, OperationFacts, bare_path};
use crate::source_files::Sources;

/// How much of a table was found for one source.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Rate {
    /// Rows of the table.
    pub rows: usize,
    /// Rows found.
    pub found: usize,
    /// Of the rows found, those whose mandatory flag is stated by both and differs.
    pub other_flag: usize,
    /// The rows not found.
    pub misses: Vec<String>,
}

impl Rate {
    /// Share found, in percent; all of nothing is 100.
    pub fn percent(&self) -> f64 {
        if self.rows == 0 { 100.0 } else { self.found as f64 * 100.0 / self.rows as f64 }
    }
}

/// The measure of a run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Measure {
    /// `fields.tsv`, by source.
    pub fields: BTreeMap<String, Rate>,
    /// `status_codes.tsv`, by source.
    pub statuses: BTreeMap<String, Rate>,
    /// Fields found on pages the table knows, which the table does not list.
    pub beyond: Vec<String>,
}

/// The share that is asked for.
pub const WANTED_PERCENT: f64 = 95.0;

impl Measure {
    /// Whether every source reaches the share asked for.
    pub fn suffices(&self) -> bool {
        let all = self.fields.values().chain(self.statuses.values());
        all.into_iter().all(|rate| rate.percent() >= WANTED_PERCENT) && !self.fields.is_empty()
    }
}

/// A table of tab separated values with a header.
struct Tsv {
    columns: HashMap<String, usize>,
    rows: Vec<Vec<String>>,
}

impl Tsv {
    fn read(path: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(path)?;
        let mut lines = text.lines();
        let header = lines.next().unwrap_or_default();
        let columns = header.split('\t').enumerate().map(|(i, c)| (c.to_owned(), i)).collect();
        let rows = lines.map(|l| l.split('\t').map(str::to_owned).collect()).collect();
        Ok(Self { columns, rows })
    }

    fn get<'a>(&self, row: &'a [String], column: &str) -> &'a str {
        self.columns.get(column).and_then(|i| row.get(*i)).map_or("", String::as_str)
    }
}

/// Compares what was extracted with the tables in `directory`.
///
/// # Errors
/// When a table cannot be read.
pub fn measure(sources: &Sources, directory: &Path) -> io::Result<Measure> {
    let operations = Tsv::read(&directory.join("operations.tsv"))?;
    let fields = Tsv::read(&directory.join("fields.tsv"))?;
    let statuses = Tsv::read(&directory.join("status_codes.tsv"))?;
    let mut addresses: HashMap<&str, String> = HashMap::new();
    let mut pages: HashMap<(&str, &str), Vec<String>> = HashMap::new();
    for row in &operations.rows {
        let id = operations.get(row, "operation");
        addresses.insert(
            id,
            format!("{} {}", operations.get(row, "method"), operations.get(row, "path")),
        );
        // "dli_02_0230 名称.md | dli_02_0230 older.md (not in TOC)": the first is the current one.
        let zh = operations.get(row, "zh_page").split(" | ").next().unwrap_or_default();
        if let Some((_, name)) = zh.split_once(' ') {
            pages
                .entry((id, "zh"))
                .or_default()
                .push(format!("zh/{}", name.trim_end_matches(" (not in TOC)")));
        }
        let en = operations.get(row, "en_page");
        if !en.is_empty() {
            pages.entry((id, "en")).or_default().push(format!("en/{en}"));
        }
        for name in operations.get(row, "explorer").split_whitespace() {
            pages.entry((id, "explorer")).or_default().push(format!("explorer/{name}"));
        }
    }
    let index = index(sources);
    let facts_of = |id: &str, source: &str| -> Vec<&OperationFacts> {
        let Some(address) = addresses.get(id) else {
            return Vec::new();
        };
        let named: Vec<&OperationFacts> = pages
            .get(&(id, source))
            .into_iter()
            .flatten()
            .filter_map(|page| index.get(&(page.as_str(), address.clone())).copied())
            .collect();
        if !named.is_empty() {
            return named;
        }
        let prefix = format!("{source}/");
        let mut all: Vec<_> = index
            .iter()
            .filter(|((page, a), _)| page.starts_with(&prefix) && a == address)
            .collect();
        all.sort_by(|a, b| a.0.cmp(b.0));
        all.into_iter().map(|(_, facts)| *facts).collect()
    };
    let mut measure = Measure::default();
    let mut listed: HashMap<(String, String), BTreeSet<FieldKey>> = HashMap::new();
    for row in &fields.rows {
        let source = fields.get(row, "source");
        if !matches!(source, "zh" | "en" | "explorer") {
            continue;
        }
        let id = fields.get(row, "operation");
        let (Some(direction), Some(location)) =
            (direction(fields.get(row, "direction")), location(fields.get(row, "location")))
        else {
            continue;
        };
        let path = fields.get(row, "field_path");
        let key = (direction, location, bare_path(path));
        listed.entry((id.to_owned(), source.to_owned())).or_default().insert(key.clone());
        let rate = measure.fields.entry(source.to_owned()).or_default();
        rate.rows += 1;
        let found =
            facts_of(id, source).iter().flat_map(|o| &o.fields).find(|f| f.key() == key).cloned();
        match found {
            Some(fact) => {
                rate.found += 1;
                let flag = match fields.get(row, "mandatory") {
                    "yes" => Some(true),
                    "no" => Some(false),
                    _ => None,
                };
                if flag.is_some() && fact.mandatory.is_some() && flag != fact.mandatory {
                    rate.other_flag += 1;
                }
            }
            None => rate.misses.push(format!("{id} {direction} {location} {path}")),
        }
    }
    for row in &statuses.rows {
        let (id, source) = (statuses.get(row, "operation"), statuses.get(row, "source"));
        let Ok(status) = statuses.get(row, "http_status").parse::<u16>() else {
            continue;
        };
        let rate = measure.statuses.entry(source.to_owned()).or_default();
        rate.rows += 1;
        if facts_of(id, source).iter().any(|o| o.statuses.contains(&status)) {
            rate.found += 1;
        } else {
            rate.misses.push(format!("{id} {status}"));
        }
    }
    for ((id, source), keys) in &listed {
        for fact in facts_of(id, source).iter().flat_map(|o| &o.fields) {
            if !keys.contains(&fact.key()) {
                measure.beyond.push(format!("{source} {id} {}", fact.at()));
            }
        }
    }
    measure.beyond.sort();
    measure.beyond.dedup();
    Ok(measure)
}

fn index(sources: &Sources) -> HashMap<(&str, String), &OperationFacts> {
    let mut index = HashMap::new();
    for file in &sources.files {
        for operation in &file.facts.operations {
            index.insert((file.name.as_str(), operation.address()), operation);
        }
    }
    index
}

fn direction(text: &str) -> Option<Direction> {
    match text {
        "request" => Some(Direction::Request),
        "response" => Some(Direction::Response),
        _ => None,
    }
}

fn location(text: &str) -> Option<Location> {
    match text {
        "path" => Some(Location::Path),
        "query" => Some(Location::Query),
        "header" => Some(Location::Header),
        "body" => Some(Location::Body),
        _ => None,
    }
}

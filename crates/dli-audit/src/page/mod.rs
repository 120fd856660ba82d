//! Reads the facts out of a page of prose, whatever markup it came in.

pub mod columns;
pub mod constraints;
pub mod enumerations;
pub mod index;
pub mod nesting;
pub mod operation_line;
pub mod rows;
pub mod sections;
pub mod tables;
pub mod tutorial;
pub mod types;

use std::collections::BTreeSet;

use crate::document::{Block, Document, Table, squeeze, without_marks};
use crate::facts::{
    Direction, Example, FieldFact, Location, OperationFacts, PageFacts, short_digest,
};
use crate::library::Source;

use operation_line::Address;
use sections::{Section, direction_of, section_of, status_in};
use tables::{TableKind, TablePlace};

/// More examples than this on one page are not compared.
const MAX_EXAMPLES: usize = 100;

/// The tables of a page with the places where they stand.
pub fn placed_tables(document: &Document) -> Vec<(&Table, TablePlace)> {
    Walk::over(document).tables
}

/// Reads a page. `source` knows the other pages, for tables that stand there.
pub fn read(document: &Document, source: &Source<'_>) -> PageFacts {
    let walk = Walk::over(document);
    let mut facts = PageFacts::default();
    let documented = walk.tables.iter().any(|(table, place)| {
        matches!(place.section, Section::Uri | Section::Request | Section::Response)
            && tables::classify(table).is_parameters()
    });
    if walk.addresses.is_empty() {
        facts.operations = tutorial::read(document);
        if documented && walk.saw_uri {
            facts.failures.push(
                "looks like the page of an operation, but no method and path were found".to_owned(),
            );
        }
        return facts;
    }
    let statuses: BTreeSet<u16> =
        walk.tables.iter().flat_map(|(table, _)| tables::statuses(table)).collect();
    let nested = nesting::read(&walk.tables, &walk.addresses, source);
    let mut fields = nested.fields;
    add_fields_from_elsewhere(&mut fields, &walk, source);
    facts.failures.extend(nested.problems);
    facts.unplaced = nested.unplaced;
    for ((table, place), referred) in walk.tables.iter().zip(nested.referred) {
        let relevant = matches!(
            place.section,
            Section::Uri | Section::Request | Section::Response | Section::Status
        );
        if relevant && !referred && matches!(tables::classify(table), TableKind::Unknown) {
            let name = tables::name_of(table);
            facts.failures.push(format!(
                "{name}: no column of it is understood ({})",
                table.header.join(" | ")
            ));
        }
    }
    let examples = examples(&walk.codes);
    if fields.is_empty() && examples.is_empty() && statuses.is_empty() {
        facts.failures.push("an address was found, but no parameter, example or status".to_owned());
    }
    let deprecated = is_deprecated(&walk.title).then_some(true);
    for address in &walk.addresses {
        let mut operation = OperationFacts::new(&address.method, &address.path);
        operation.deprecated = deprecated;
        operation.fields = fields.clone();
        add_query_of_address(&mut operation.fields, address);
        operation.statuses = statuses.clone();
        operation.examples = examples.clone();
        facts.operations.push(operation);
    }
    facts
}

/// A page whose title says so is deprecated; `（推荐）` and silence say nothing.
fn is_deprecated(title: &str) -> bool {
    let title = title.to_lowercase();
    ["废弃", "deprecated", "已下线"].iter().any(|mark| title.contains(mark))
}

/// A section that consists of "see Table 3 of another page".
fn add_fields_from_elsewhere(fields: &mut Vec<FieldFact>, walk: &Walk<'_>, source: &Source<'_>) {
    for (direction, target) in &walk.elsewhere {
        if fields.iter().any(|f| f.direction == *direction && f.location == Location::Body) {
            continue;
        }
        let inside = source.inside(target);
        let inside = inside.iter().flat_map(|fields| fields.iter());
        fields.extend(inside.map(|f| FieldFact {
            direction: *direction,
            location: Location::Body,
            inherited: true,
            ..f.clone()
        }));
    }
}

/// Names that stand behind the path only: `?page-size={size}`.
fn add_query_of_address(fields: &mut Vec<FieldFact>, address: &Address) {
    for name in &address.query {
        let known = fields.iter().any(|f| f.direction == Direction::Request && f.path == *name);
        if !known {
            fields.push(FieldFact::new(Direction::Request, Location::Query, name.clone()));
        }
    }
}

struct Code {
    text: String,
    direction: Option<Direction>,
    status: Option<u16>,
    example: bool,
}

/// What a page holds, sorted out by section.
struct Walk<'a> {
    title: String,
    addresses: Vec<Address>,
    saw_uri: bool,
    tables: Vec<(&'a Table, TablePlace)>,
    codes: Vec<Code>,
    /// Links to tables of other pages in the sections of the messages.
    elsewhere: Vec<(Direction, String)>,
}

impl<'a> Walk<'a> {
    fn over(document: &'a Document) -> Self {
        let mut walk = Self {
            title: String::new(),
            addresses: Vec::new(),
            saw_uri: false,
            tables: Vec::new(),
            codes: Vec::new(),
            elsewhere: Vec::new(),
        };
        let mut section = Section::Other;
        let mut status: Option<u16> = None;
        let mut announced: Option<Direction> = None;
        let mut hint = String::new();
        for block in &document.blocks {
            match block {
                Block::Heading { level, text } => {
                    if *level == 1 && walk.title.is_empty() {
                        walk.title.clone_from(text);
                        continue;
                    }
                    if let Some(found) = status_in(text) {
                        status = Some(found);
                    } else {
                        section = section_of(text);
                        status = None;
                    }
                    announced = direction_of(text);
                    hint.clone_from(text);
                    walk.saw_uri |=
                        section == Section::Uri && text.trim().eq_ignore_ascii_case("uri");
                }
                Block::Text(text) => {
                    if !text.note && section == Section::Uri {
                        walk.take_addresses(&text.text);
                    }
                    let message = match section {
                        Section::Request => Some(Direction::Request),
                        Section::Response => Some(Direction::Response),
                        _ => None,
                    };
                    if let Some(direction) = message {
                        let links = text.links.iter().filter(|l| l.target.contains('#'));
                        walk.elsewhere
                            .extend(links.map(|l| (direction, l.target.clone())).take(10));
                    }
                    if text.text.chars().count() <= 60 && !text.note {
                        if let Some(found) = status_in(&text.text)
                            && !matches!(section, Section::Status | Section::ErrorCodes)
                        {
                            status = Some(found);
                        } else if let Some(direction) = direction_of(&text.text) {
                            announced = Some(direction);
                            if matches!(section, Section::Example(_)) {
                                status = failed_status(&text.text);
                            }
                        }
                        hint = squeeze(&without_marks(&text.text));
                    }
                }
                Block::Table(table) => {
                    walk.tables.push((
                        table,
                        TablePlace { section, status, hint: hint.clone(), is_get: false },
                    ));
                    hint.clear();
                }
                Block::Code(code) => {
                    if section == Section::Uri {
                        walk.take_addresses(code);
                    }
                    let by_section = match section {
                        Section::Example(direction) => announced.or(direction),
                        Section::Request => Some(Direction::Request),
                        Section::Response => Some(Direction::Response),
                        _ => None,
                    };
                    let example = matches!(
                        section,
                        Section::Example(_) | Section::Request | Section::Response
                    );
                    walk.codes.push(Code {
                        text: code.clone(),
                        direction: by_section,
                        status,
                        example,
                    });
                }
            }
        }
        let is_get = walk.addresses.first().is_some_and(|a| a.method == "GET");
        for (_, place) in &mut walk.tables {
            place.is_get = is_get;
        }
        walk
    }

    fn take_addresses(&mut self, text: &str) {
        for line in text.lines().take(50) {
            let line = line
                .split_once("URI格式")
                .map_or(line, |(_, rest)| rest.trim_start_matches([':', '：', ' ']));
            if let Some(address) = operation_line::read(line) {
                // The same once more, with a query as an illustration, says nothing new. A second
                // address counts only when it is a pattern, not an example.
                let known = self
                    .addresses
                    .iter()
                    .any(|a| a.method == address.method && a.path == address.path);
                let pattern = self
                    .addresses
                    .first()
                    .is_none_or(|first| address.path.contains('{') || !first.path.contains('{'));
                if !known && pattern && self.addresses.len() < 10 {
                    self.addresses.push(address);
                }
            }
        }
    }
}

fn failed_status(text: &str) -> Option<u16> {
    let text = text.to_lowercase();
    let failed = ["失败", "异常", "错误", "fail", "error"].iter().any(|mark| text.contains(mark));
    failed.then_some(400)
}

/// The JSON examples; other code (`None`, SQL, shell) is not one.
fn examples(codes: &[Code]) -> Vec<Example> {
    let mut out: Vec<Example> = Vec::new();
    let mut counts = [0_usize; 2];
    for code in codes.iter().filter(|c| c.example).take(MAX_EXAMPLES) {
        let text = code.text.trim().trim_start_matches('\u{feff}');
        let body = body_of(text);
        if !body.starts_with(['{', '[']) {
            continue;
        }
        let value = serde_json::from_str::<serde_json::Value>(body).map_err(|e| e.to_string());
        let direction = code.direction.unwrap_or(Direction::Response);
        let slot = &mut counts[usize::from(direction == Direction::Response)];
        *slot += 1;
        let status =
            code.status.or_else(|| value.as_ref().ok().filter(|v| is_error_body(v)).map(|_| 400));
        let text = short_digest(body);
        out.push(Example { direction, status, number: *slot, value, text });
    }
    out
}

/// The body of an example that shows the request line and headers as well.
fn body_of(text: &str) -> &str {
    if !text.starts_with(['{', '[']) && operation_line::read(text).is_some() {
        // The body begins on a line of its own.
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            if at > 0 && line.trim_start().starts_with(['{', '[']) {
                return text[at..].trim();
            }
            at += line.len();
        }
    }
    text
}

fn is_error_body(value: &serde_json::Value) -> bool {
    value.as_object().is_some_and(|o| {
        (o.contains_key("error_code") || o.contains_key("error_msg"))
            && o.keys().all(|k| matches!(k.as_str(), "error_code" | "error_msg"))
    })
}

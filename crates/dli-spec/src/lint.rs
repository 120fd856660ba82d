//! The rules of the description. `cargo xtask lint` and the tests hold it to them.

mod operations;
mod schemas;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::description::{SHARED, object, references};
use crate::{Description, Operation};

/// A place where the description breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Finding {
    /// The file.
    pub file: String,
    /// Where in the file: an operation id or a component.
    pub at: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file, self.at, self.message)
    }
}

/// Everything that breaks a rule, sorted; empty when the description is in order.
///
/// ```
/// let description = dli_spec::Description::embedded()?;
/// assert_eq!(dli_spec::lint::lint(&description), []);
/// # Ok::<(), dli_spec::Error>(())
/// ```
pub fn lint(description: &Description) -> Vec<Finding> {
    let mut findings = Findings::default();
    for (file, document) in &description.documents {
        let mut file_findings = findings.of_file(file);
        check_document(&mut file_findings, document, &description.texts[file]);
        schemas::check(&mut file_findings, document);
        if file != SHARED {
            operations::check(&mut file_findings, description, document);
        }
    }
    check_across_files(&mut findings, description);
    check_rulings(&mut findings, description);
    findings.0.sort();
    findings.0.dedup();
    findings.0
}

/// Extensions the description may use; anything else is a slip of the pen.
const EXTENSIONS: [&str; 12] = [
    "x-sources",
    "x-idempotent",
    "x-paging",
    "x-successor",
    "x-unit",
    "x-aliases",
    "x-extensible-enum",
    "x-enum-descriptions",
    "x-enum-words",
    "x-case-insensitive",
    "x-error-codes",
    "x-regions",
];

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn of_file<'a>(&'a mut self, file: &'a str) -> FileFindings<'a> {
        FileFindings { all: self, file }
    }
}

/// Collects what is found in one file.
struct FileFindings<'a> {
    all: &'a mut Findings,
    file: &'a str,
}

impl FileFindings<'_> {
    fn add(&mut self, at: impl Into<String>, message: impl Into<String>) {
        let (at, message) = (at.into(), message.into());
        self.all.0.push(Finding { file: self.file.to_owned(), at, message });
    }
}

fn check_document(findings: &mut FileFindings<'_>, document: &Value, text: &str) {
    if let Err(error) = serde_json::from_value::<openapiv3::OpenAPI>(document.clone()) {
        findings.add("document", format!("not an OpenAPI 3.0 document: {error}"));
    }
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        let status = trimmed.strip_suffix(':').unwrap_or_default();
        if status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()) {
            findings.add(format!("line {}", number + 1), "quote the status: \"200\"");
        }
    }
    check_extensions(findings, document);
    let mut found = Vec::new();
    references(document, &mut found);
    for reference in found {
        let local = reference.starts_with("#/components/");
        if !local && !reference.starts_with("dli.yaml#/components/") {
            findings.add(reference, "refer to this file's components or to those of dli.yaml");
        }
    }
}

fn check_extensions(findings: &mut FileFindings<'_>, value: &Value) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                // Values of an enumeration are keys here, and may be called anything.
                if key == "x-enum-descriptions"
                    || key == "x-enum-words"
                    || key == "properties" && inner.is_object()
                {
                    if key == "properties" {
                        object(inner).for_each(|(_, inner)| check_extensions(findings, inner));
                    }
                    continue;
                }
                if key.starts_with("x-") && !EXTENSIONS.contains(&key.as_str()) {
                    findings.add(key, "unknown extension; see CONTRIBUTING.md for those in use");
                }
                check_extensions(findings, inner);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| check_extensions(findings, item)),
        _ => {}
    }
}

fn check_across_files(findings: &mut Findings, description: &Description) {
    let mut ids: BTreeMap<&str, &str> = BTreeMap::new();
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for (file, document) in &description.documents {
        for (_, item) in object(&document["paths"]) {
            for (_, operation) in object(item) {
                let id = operation["operationId"].as_str().unwrap_or_default();
                if let Some(other) = ids.insert(id, file) {
                    findings.of_file(file).add(id, format!("the id is used in {other}, too"));
                }
            }
        }
        for (name, _) in object(&document["components"]["schemas"]) {
            if let Some(other) = names.insert(name, file) {
                findings.of_file(file).add(name, format!("the name is used in {other}, too"));
            }
        }
    }
    match description.bundle_all() {
        Ok(bundle) => {
            for (file, document) in &description.documents {
                for (name, _) in object(&document["components"]["schemas"]) {
                    if !bundle.schemas().contains_key(name) {
                        findings.of_file(file).add(name, "no operation reaches this schema");
                    }
                }
            }
            for operation in bundle.operations() {
                let file = format!("{}.yaml", operation.family);
                if let Some(successor) = &operation.successor
                    && !ids.contains_key(successor.as_str())
                {
                    let message = format!("x-successor: there is no operation `{successor}`");
                    findings.of_file(&file).add(&operation.id, message);
                }
            }
        }
        Err(error) => findings.of_file("openapi/").add("bundle", error.to_string()),
    }
}

fn check_rulings(findings: &mut Findings, description: &Description) {
    let ids: BTreeSet<String> = match description.bundle_all() {
        Ok(bundle) => bundle.operations().iter().map(|o: &Operation| o.id.clone()).collect(),
        Err(_) => return,
    };
    let mut findings = findings.of_file("rulings.yaml");
    for (number, ruling) in description.rulings.iter().enumerate() {
        let named: Vec<&str> = ruling.operations().collect();
        let place = ruling.at.join(", ");
        let at = format!("ruling {} ({} {place})", number + 1, named.join(", "));
        if named.is_empty() {
            findings.add(&at, "name the operation");
        }
        for id in named.iter().filter(|id| !ids.contains(**id)) {
            findings.add(&at, format!("there is no operation `{id}`"));
        }
        if ruling.says.is_empty() {
            findings.add(&at, "say which source says what");
        }
        for (what, text) in [("holds", &ruling.holds), ("why", &ruling.why), ("at", &place)] {
            if text.trim().is_empty() {
                findings.add(&at, format!("`{what}` is empty"));
            }
        }
        let texts = named.iter().copied().chain(ruling.at.iter().map(String::as_str));
        if texts.chain(ruling.says.keys().map(String::as_str)).any(|text| text.contains('*')) {
            findings.add(&at, "name what it is about; there are no wildcards");
        }
        if ruling.by.is_some() && !ruling.is_by_reader() {
            findings.add(&at, "`by` is `reader` or left out");
        }
    }
}

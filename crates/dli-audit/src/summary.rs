//! Counts what was read, by kind of source and by family, so that a page nobody could read does
//! not pass for one that agrees.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::compare::operation_of;
use crate::description::Description;
use crate::source_files::Sources;
use crate::unsaid;

/// Counts of one kind of source or one family.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Files.
    pub files: usize,
    /// Of those, pages that document an operation.
    pub pages: usize,
    /// Operations documented, each page counted.
    pub operations: usize,
    /// Fields.
    pub fields: usize,
    /// Examples.
    pub examples: usize,
    /// Examples that are not JSON.
    pub broken_examples: usize,
    /// Statuses.
    pub statuses: usize,
}

/// All counts of a run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Summary {
    /// By kind of source.
    pub by_kind: BTreeMap<String, Counts>,
    /// By family; an empty name for operations that are not described.
    pub by_family: BTreeMap<String, Counts>,
    /// Altogether.
    pub total: Counts,
    /// Different operations documented.
    pub distinct_operations: usize,
    /// Pages that look as if they document an operation and could not be read fully.
    pub failures: Vec<String>,
    /// Files that are no documentation.
    pub skipped: Vec<String>,
    /// Pages that document an operation without being named among its sources.
    pub unnamed: Vec<String>,
    /// Sources an operation names that were given and do not document it.
    pub misnamed: Vec<String>,
    /// What is held and said by no source given.
    pub unsaid: Vec<String>,
    /// Operations that are described and that no source given documents.
    pub without_source: Vec<String>,
}

impl Summary {
    /// Counts what was read.
    pub fn of(sources: &Sources, description: &Description) -> Self {
        let mut summary = Self::default();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut documented: BTreeSet<(String, String)> = BTreeSet::new();
        for file in &sources.files {
            summary
                .failures
                .extend(file.facts.failures.iter().map(|f| format!("{}: {f}", file.name)));
            let kind = summary.by_kind.entry(file.kind.to_string()).or_default();
            kind.files += 1;
            summary.total.files += 1;
            let documents = usize::from(!file.facts.operations.is_empty());
            kind.pages += documents;
            summary.total.pages += documents;
            let mut families: BTreeSet<String> = BTreeSet::new();
            for facts in &file.facts.operations {
                let operation = operation_of(file, facts, description);
                if let Some(operation) = operation {
                    documented.insert((operation.id.clone(), file.name.clone()));
                    if !operation.sources.contains(&file.name) {
                        summary.unnamed.push(format!("{} {}", operation.id, file.name));
                    }
                }
                seen.insert(operation.map_or_else(|| facts.address(), |o| o.id.clone()));
                let family = operation.map_or(String::new(), |o| o.family.clone());
                let broken = facts.examples.iter().filter(|e| e.value.is_err()).count();
                let kind = summary.by_kind.entry(file.kind.to_string()).or_default();
                let by_family = summary.by_family.entry(family.clone()).or_default();
                families.insert(family);
                for counts in [kind, by_family, &mut summary.total] {
                    counts.operations += 1;
                    counts.fields += facts.fields.len();
                    counts.examples += facts.examples.len();
                    counts.broken_examples += broken;
                    counts.statuses += facts.statuses.len();
                }
            }
            for family in families {
                let counts = summary.by_family.entry(family).or_default();
                counts.files += 1;
                counts.pages += 1;
            }
        }
        let given: BTreeSet<&String> = sources.files.iter().map(|f| &f.name).collect();
        for operation in &description.operations {
            let named = operation.sources.iter().filter(|s| given.contains(s));
            let wrong =
                named.filter(|s| !documented.contains(&(operation.id.clone(), (*s).clone())));
            summary.misnamed.extend(wrong.map(|s| format!("{} {s}", operation.id)));
        }
        summary.unsaid = unsaid::find(sources, description);
        summary.skipped =
            sources.skipped.iter().map(|(name, why)| format!("{name}: {why}")).collect();
        summary.distinct_operations = seen.len();
        summary.without_source = description
            .operations
            .iter()
            .filter(|o| !seen.contains(&o.id))
            .map(|o| o.id.clone())
            .collect();
        summary
    }
}

//! The embedded description: an index of all operations, and one document a family that is
//! read when an operation of the family is asked for.

use std::sync::OnceLock;

use dli_spec::{Bundle, Operation};

use crate::error::{Exit, Failure, Result};

include!(concat!(env!("OUT_DIR"), "/description.rs"));

/// A family of operations.
pub struct Family {
    /// Its name, `queues` for instance.
    pub name: &'static str,
    document: &'static str,
}

/// What the index knows of an operation.
#[derive(Debug)]
pub struct Entry {
    /// Its id, `list_queues` for instance.
    pub id: &'static str,
    family: usize,
    /// HTTP method.
    pub method: &'static str,
    /// Path with placeholders.
    pub path: &'static str,
    /// One sentence on what it does.
    pub summary: &'static str,
    /// Whether the documentation discourages its use.
    pub deprecated: bool,
    /// What to use instead.
    pub successor: Option<&'static str>,
}

impl Entry {
    /// Name of its family.
    pub fn family(&self) -> &'static str {
        FAMILIES[self.family].name
    }

    /// The document that describes it.
    pub fn bundle(&self) -> &'static Bundle {
        static BUNDLES: [OnceLock<Bundle>; 64] = [const { OnceLock::new() }; 64];
        BUNDLES[self.family].get_or_init(|| {
            let family = &FAMILIES[self.family];
            // The build script wrote it, and a test reads all of them.
            Bundle::from_compact(family.document)
                .unwrap_or_else(|error| panic!("the description of {}: {error}", family.name))
        })
    }

    /// Everything that is known of it.
    pub fn operation(&self) -> &'static Operation {
        let bundle = self.bundle();
        let found = bundle.operation(self.id);
        found.unwrap_or_else(|| panic!("{} is in the index and not in its family", self.id))
    }
}

/// Finds an operation by its id, with hyphens or underscores.
///
/// # Errors
/// When there is none; the error names the ones that are spelled alike.
pub fn find(id: &str) -> Result<&'static Entry> {
    let wanted = id.replace('-', "_").to_ascii_lowercase();
    if let Ok(at) = OPERATIONS.binary_search_by(|entry| entry.id.cmp(&wanted)) {
        return Ok(&OPERATIONS[at]);
    }
    let near = alike(&wanted, OPERATIONS.iter().map(|entry| entry.id));
    let advice = match near.as_slice() {
        [] => "`dli api` lists them".to_owned(),
        near => format!("did you mean {}? `dli api` lists all", near.join(" or ")),
    };
    Err(Failure::new(Exit::Usage, format!("there is no operation `{id}`; {advice}")))
}

/// The names that are spelled like `wanted`, the likeliest first, three at most.
pub fn alike<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut near: Vec<(f64, &str)> = names
        .map(|name| (strsim::jaro_winkler(wanted, name).max(containment(wanted, name)), name))
        .filter(|(score, _)| *score > 0.87)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    near.truncate(3);
    near.into_iter().map(|(_, name)| name).collect()
}

fn containment(wanted: &str, name: &str) -> f64 {
    if wanted.len() >= 4 && name.contains(wanted) { 0.9 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_index_is_in_its_family() {
        assert!(OPERATIONS.len() >= 181);
        assert!(FAMILIES.len() <= 64);
        for entry in OPERATIONS {
            assert_eq!(entry.operation().family, entry.family());
        }
    }

    #[test]
    fn a_misspelled_operation_names_the_likely_one() {
        let error = find("list_queus").unwrap_err().to_string();
        assert!(error.contains("did you mean list_queues"), "{error}");
        assert!(find("list-queues").is_ok());
    }
}

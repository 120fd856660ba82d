//! What the project decided where its sources disagree.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One entry of `rulings.yaml`: who says what, what the description holds, and why.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Ruling {
    /// The operation it is about, when it is one.
    #[serde(default)]
    pub operation: Option<String>,
    /// The operations it is about, when they share what is ruled on.
    #[serde(default)]
    pub operations: Vec<String>,
    /// The place: `request.body.hosts[].name`, `status.201`, `example.response` …
    pub at: String,
    /// What kind of fact it is: `type`, `mandatory`, `enum`, `limit` …
    pub aspect: String,
    /// Source page to what it says.
    pub says: BTreeMap<String, String>,
    /// What the description holds.
    pub holds: String,
    /// The reason.
    pub why: String,
}

impl Ruling {
    /// All operations the ruling names.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        self.operation.iter().chain(&self.operations).map(String::as_str)
    }
}

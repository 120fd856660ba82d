//! What the project decided where its sources disagree.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

/// One entry of `rulings.yaml`: who says what, what the description holds, and why.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Ruling {
    /// The operation it is about, when it is one.
    #[serde(default)]
    pub operation: Option<String>,
    /// The operations it is about, when they share what is ruled on.
    #[serde(default)]
    pub operations: Vec<String>,
    /// The places: `request.body.hosts[].name`, `status.201`, `example.response` … The file may
    /// give one as it is.
    #[serde(deserialize_with = "one_or_many")]
    pub at: Vec<String>,
    /// What kind of fact it is: `type`, `mandatory`, `enum`, `limit` …
    pub aspect: String,
    /// Source page to what it says.
    pub says: BTreeMap<String, String>,
    /// What the description holds.
    pub holds: String,
    /// The reason.
    pub why: String,
    /// `reader` for what a person read and the audit cannot find by itself; then `says` and
    /// `holds` are free text. Without it they are the audit's own words.
    #[serde(default)]
    pub by: Option<String>,
}

impl Ruling {
    /// All operations the ruling names.
    pub fn operations(&self) -> impl Iterator<Item = &str> {
        self.operation.iter().chain(&self.operations).map(String::as_str)
    }

    /// Whether a reader made it, rather than the audit.
    pub fn is_by_reader(&self) -> bool {
        self.by.as_deref() == Some("reader")
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Places {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Places::deserialize(deserializer)? {
        Places::One(one) => vec![one],
        Places::Many(many) => many,
    })
}

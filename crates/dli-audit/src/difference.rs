//! A difference between what a source says and what the description holds.

use serde::Serialize;

/// One contradiction.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// Operation by its id, or its address where it is not described.
    pub operation: String,
    /// Family of the operation; empty where it is not described.
    pub family: String,
    /// The page.
    pub source: String,
    /// What it is about.
    pub aspect: Aspect,
    /// The place: `request.body.hosts[].name`, `status.404`, `example.response.state`.
    pub at: String,
    /// What the source says.
    pub said: String,
    /// What the description holds.
    pub held: String,
}

/// What a difference is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Aspect {
    /// The operation is not described.
    Operation,
    /// Method.
    Method,
    /// Path.
    Path,
    /// A parameter or field is not described, or under another spelling.
    Field,
    /// Type.
    Type,
    /// Mandatory flag.
    Mandatory,
    /// Values.
    Enum,
    /// Limits.
    Limit,
    /// Default.
    Default,
    /// HTTP statuses.
    Status,
    /// Examples.
    Example,
    /// Paging.
    Paging,
    /// Deprecation.
    Deprecated,
}

impl Aspect {
    /// All aspects with their names in rulings.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::Operation, "operation"),
        (Self::Method, "method"),
        (Self::Path, "path"),
        (Self::Field, "field"),
        (Self::Type, "type"),
        (Self::Mandatory, "mandatory"),
        (Self::Enum, "enum"),
        (Self::Limit, "limit"),
        (Self::Default, "default"),
        (Self::Status, "status"),
        (Self::Example, "example"),
        (Self::Paging, "paging"),
        (Self::Deprecated, "deprecated"),
    ];

    /// The name used in rulings.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(a, _)| *a == self).map_or("", |(_, name)| name)
    }

    /// The aspect with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, n)| *n == name).map(|(a, _)| *a)
    }
}

impl std::fmt::Display for Aspect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

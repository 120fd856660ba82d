//! One operation of the service, as the description tells it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One operation: a method on a path.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Operation {
    /// `operationId`, in snake case.
    pub id: String,
    /// The family, which is the name of the file it stands in.
    pub family: String,
    /// HTTP method in capitals.
    pub method: String,
    /// Path template, `/v2.0/{project_id}/…`.
    pub path: String,
    /// One sentence on what it does.
    pub summary: String,
    /// More on what it does.
    pub description: String,
    /// Whether the documentation discourages its use.
    pub deprecated: bool,
    /// The operation to use instead.
    pub successor: Option<String>,
    /// The pages it was transcribed from.
    pub sources: Vec<String>,
    /// Whether it may be sent twice without doing its work twice.
    pub idempotent: bool,
    /// How its answer is paged.
    pub paging: Paging,
    /// Path, query and header parameters, in the order of the description.
    pub parameters: Vec<Parameter>,
    /// Name of the schema of the request body, if it takes one.
    pub request: Option<String>,
    /// Whether the request body may not be left out.
    pub request_required: bool,
    /// Name of the schema of a successful answer, if it has a body.
    pub response: Option<String>,
    /// Every documented status.
    pub statuses: Vec<u16>,
}

impl Operation {
    /// The documented statuses of success.
    pub fn success_statuses(&self) -> impl Iterator<Item = u16> + '_ {
        self.statuses.iter().copied().filter(|status| (200..300).contains(status))
    }

    /// The parameters at one place, in order.
    pub fn parameters_in(&self, location: Location) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.location == location)
    }
}

/// A path, query or header parameter.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// Where it is sent.
    pub location: Location,
    /// Whether it may not be left out.
    pub required: bool,
    /// What it is.
    pub description: String,
    /// Its schema, which may be a reference to a component.
    pub schema: Value,
    /// Other spellings that are accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

/// Where a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// As a header.
    Header,
}

/// How the answer of an operation is paged.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Paging {
    /// The convention.
    pub style: PagingStyle,
    /// Parameter that says where a page begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<String>,
    /// Parameter that says how long a page is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// Field of the answer that holds the items; dots lead into objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
    /// Field of the answer that holds the number of all items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<String>,
    /// Number of the first page, for page numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<i64>,
    /// `body` when the two are fields of the request body.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// `pages` when the offset counts pages rather than items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// The paging conventions of the service.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PagingStyle {
    /// Not a list, or one whose items are not named.
    #[default]
    None,
    /// A list that comes in one piece.
    Single,
    /// `offset` counts items, `limit` is the length of a page.
    OffsetLimit,
    /// The number of a page and its length.
    PageNumber,
    /// `from` counts items, `size` is the length of a page.
    FromSize,
    /// Only the length of the answer can be chosen.
    LimitOnly,
}

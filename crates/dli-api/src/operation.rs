//! What is known of each operation at run time.

use reqwest::Method;

/// One operation of the service.
///
/// ```
/// # #[cfg(feature = "enhanced_connections")] {
/// use dli_api::Operation;
///
/// let create = Operation::by_id("create_enhanced_connection").unwrap();
/// assert_eq!(create.method, "POST");
/// assert!(!create.idempotent);
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Operation {
    /// Its id, which is the name of the function of [`Client`](crate::Client).
    pub id: &'static str,
    /// The family, which is the name of the cargo feature.
    pub family: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path template, `/v2.0/{project_id}/…`.
    pub path: &'static str,
    /// One sentence on what it does.
    pub summary: &'static str,
    /// Whether the documentation discourages its use.
    pub deprecated: bool,
    /// The operation to use instead.
    pub successor: Option<&'static str>,
    /// Whether it may be sent twice without doing its work twice.
    pub idempotent: bool,
    /// How its answer is paged.
    pub paging: Paging,
    /// Path, query and header parameters.
    pub parameters: &'static [Parameter],
    /// Schema of the request body, if it takes one.
    pub request: Option<&'static str>,
    /// Schema of a successful answer, if it has a body.
    pub response: Option<&'static str>,
    /// Every documented status.
    pub statuses: &'static [u16],
    /// The pages it was transcribed from.
    pub sources: &'static [&'static str],
}

impl Operation {
    /// The operation with this id, if its family is enabled.
    pub fn by_id(id: &str) -> Option<&'static Operation> {
        let operations = crate::OPERATIONS;
        operations.binary_search_by(|operation| operation.id.cmp(id)).ok().map(|at| &operations[at])
    }
}

/// A path, query or header parameter.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Parameter {
    /// Name on the wire.
    pub name: &'static str,
    /// Where it is sent.
    pub location: Location,
    /// Whether it may not be left out.
    pub required: bool,
    /// What it is.
    pub description: &'static str,
}

/// Where a parameter is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// As a header.
    Header,
}

/// How the answer of an operation is paged.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Paging {
    /// The convention.
    pub style: PagingStyle,
    /// Parameter that says where a page begins.
    pub offset: Option<&'static str>,
    /// Parameter that says how long a page is.
    pub limit: Option<&'static str>,
    /// Field of the answer that holds the items; dots lead into objects.
    pub items: Option<&'static str>,
    /// Field of the answer that holds the number of all items.
    pub total: Option<&'static str>,
}

impl Paging {
    /// Of operations that are not paged.
    pub(crate) const NONE: Self =
        Self { style: PagingStyle::None, offset: None, limit: None, items: None, total: None };
}

/// The paging conventions of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PagingStyle {
    /// Not a list.
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

/// What an answer says of its own outcome. A 200 can still be a failure.
pub trait Outcome {
    /// The flag `is_success`, where the answer has one.
    fn is_success(&self) -> Option<bool> {
        None
    }
    /// The remark that comes with the flag.
    fn message(&self) -> Option<&str> {
        None
    }
}

impl Outcome for () {}

/// An error code that the documentation lists.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct DocumentedError {
    /// The code, `DLI.0002` for instance.
    pub code: &'static str,
    /// The status it comes with, where one is documented.
    pub status: Option<u16>,
    /// What it means.
    pub meaning: &'static str,
}

/// A region of Huawei Cloud.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Region {
    /// Its name, `cn-north-4` for instance.
    pub name: &'static str,
    /// The host the service answers on there.
    pub host: &'static str,
}

/// Rows of the generated table of parameters.
macro_rules! parameters {
    ($($location:ident, $name:literal, $required:literal, $description:literal;)*) => {
        &[$($crate::Parameter {
            name: $name,
            location: $crate::Location::$location,
            required: $required,
            description: $description,
        }),*]
    };
}

/// Rows of the generated table of error codes.
macro_rules! documented_errors {
    ($($code:literal, $status:expr, $meaning:literal;)*) => {
        &[$($crate::DocumentedError { code: $code, status: $status, meaning: $meaning }),*]
    };
}

/// Rows of the generated table of regions.
macro_rules! regions {
    ($($name:literal, $host:literal;)*) => {
        &[$($crate::Region { name: $name, host: $host }),*]
    };
}

/// What answers say of their success, by the fields that say it.
macro_rules! outcomes {
    ($($type:ident { $($method:ident: $field:ident,)* })*) => {
        $(impl $crate::Outcome for types::$type {
            $($crate::operation::outcomes!(@$method $field);)*
        })*
    };
    (@is_success $field:ident) => {
        fn is_success(&self) -> Option<bool> {
            self.$field
        }
    };
    (@message $field:ident) => {
        fn message(&self) -> Option<&str> {
            self.$field.as_deref()
        }
    };
}

pub(crate) use {documented_errors, outcomes, parameters, regions};

//! The facts a source states about operations, in one form for all kinds of sources and for the
//! description itself, so that the two can be compared.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

/// Whether something is sent or received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Sent by the client.
    Request,
    /// Sent by the service.
    Response,
}

/// Where in a message a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Location {
    /// In the path of the URL.
    Path,
    /// In the query string.
    Query,
    /// In a header.
    Header,
    /// In the body.
    Body,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "request",
            Self::Response => "response",
        })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Body => "body",
        })
    }
}

/// The type of a field, with everything forgotten that makes no difference on the wire.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldType {
    /// Text.
    String,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Number,
    /// True or false.
    Boolean,
    /// An object with fields.
    Object,
    /// An object whose keys are free.
    Map,
    /// A list; of what, if that is said.
    Array(Option<Box<FieldType>>),
    /// A file.
    File,
    /// Any JSON value.
    Any,
}

impl fmt::Display for FieldType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String => f.write_str("string"),
            Self::Integer => f.write_str("integer"),
            Self::Number => f.write_str("number"),
            Self::Boolean => f.write_str("boolean"),
            Self::Object => f.write_str("object"),
            Self::Map => f.write_str("map"),
            Self::Array(None) => f.write_str("array"),
            Self::Array(Some(of)) => write!(f, "array of {of}"),
            Self::File => f.write_str("file"),
            Self::Any => f.write_str("any"),
        }
    }
}

/// What bounds a value. Lengths and numbers are kept as text in their shortest form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Least length of a text.
    pub min_length: Option<String>,
    /// Greatest length of a text.
    pub max_length: Option<String>,
    /// Least value.
    pub minimum: Option<String>,
    /// Greatest value.
    pub maximum: Option<String>,
    /// Least number of items.
    pub min_items: Option<String>,
    /// Greatest number of items.
    pub max_items: Option<String>,
    /// Number every value is a multiple of.
    pub multiple_of: Option<String>,
    /// Regular expression, only from sources that state one.
    pub pattern: Option<String>,
}

impl Limits {
    /// The names and values of the limits that are stated, in a fixed order.
    pub fn stated(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("minLength", &self.min_length),
            ("maxLength", &self.max_length),
            ("minimum", &self.minimum),
            ("maximum", &self.maximum),
            ("minItems", &self.min_items),
            ("maxItems", &self.max_items),
            ("multipleOf", &self.multiple_of),
            ("pattern", &self.pattern),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))).collect()
    }

    /// The value of the limit with this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.stated().into_iter().find(|(n, _)| *n == name).map(|(_, v)| v)
    }
}

/// What a source says about one parameter or field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldFact {
    /// Sent or received.
    pub direction: Direction,
    /// Where.
    pub location: Location,
    /// Dotted path; `[]` stands after each list that is stepped into: `hosts[].name`. The body
    /// itself, where it is a list or a bare value, is `[]` or the empty text.
    pub path: String,
    /// The type, when it is stated and understood.
    pub kind: Option<FieldType>,
    /// The type as written.
    pub kind_text: String,
    /// Whether it must be there, when that is stated.
    pub mandatory: Option<bool>,
    /// Values it may have; empty when none are listed.
    pub values: Vec<String>,
    /// What bounds it.
    pub limits: Limits,
    /// What it is when left out.
    pub default: Option<String>,
    /// A digest of the words of its description, to notice changes that no rule understands.
    pub words: String,
    /// Whether it stands in a table of another page that this one refers to.
    pub inherited: bool,
    /// Whether its values stand in a table of another page.
    pub inherited_values: bool,
}

impl FieldFact {
    /// A field about which only its place is known.
    pub fn new(direction: Direction, location: Location, path: impl Into<String>) -> Self {
        Self {
            direction,
            location,
            path: path.into(),
            kind: None,
            kind_text: String::new(),
            mandatory: None,
            values: Vec::new(),
            limits: Limits::default(),
            default: None,
            words: String::new(),
            inherited: false,
            inherited_values: false,
        }
    }

    /// `request.body.hosts[].name`
    pub fn at(&self) -> String {
        place(self.direction, self.location, &self.path)
    }

    /// Direction, location and path without marks of lists: what two sources agree about when
    /// they speak of the same field.
    pub fn key(&self) -> FieldKey {
        (self.direction, self.location, bare_path(&self.path))
    }
}

/// What identifies a field over all sources.
pub type FieldKey = (Direction, Location, String);

/// `request.body.hosts[].name`
pub fn place(direction: Direction, location: Location, path: &str) -> String {
    if path.is_empty() || path.starts_with('[') {
        format!("{direction}.{location}{path}")
    } else {
        format!("{direction}.{location}.{path}")
    }
}

/// The path without the marks of lists.
pub fn bare_path(path: &str) -> String {
    path.replace("[]", "").trim_matches('.').to_owned()
}

/// A JSON example of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Sent or received.
    pub direction: Direction,
    /// The status it belongs to, when that is said.
    pub status: Option<u16>,
    /// Its place among the examples of the same direction on the page, from 1.
    pub number: usize,
    /// The value, or why the text is not JSON.
    pub value: Result<serde_json::Value, String>,
    /// A digest of the text, to notice edits of what is not JSON.
    pub text: String,
}

/// Eight digits that change when the text does.
pub fn short_digest(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text.as_bytes()).iter().take(4).map(|b| format!("{b:02x}")).collect()
}

/// What a source says about one operation.
#[derive(Debug, Clone, PartialEq)]
pub struct OperationFacts {
    /// HTTP method in capitals.
    pub method: String,
    /// Path with `{parameters}`.
    pub path: String,
    /// `Some(true)` where the source calls it deprecated.
    pub deprecated: Option<bool>,
    /// Parameters and fields, in the order of the source.
    pub fields: Vec<FieldFact>,
    /// Statuses it lists.
    pub statuses: BTreeSet<u16>,
    /// Its examples.
    pub examples: Vec<Example>,
}

impl OperationFacts {
    /// An operation about which only its address is known.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            deprecated: None,
            fields: Vec::new(),
            statuses: BTreeSet::new(),
            examples: Vec::new(),
        }
    }

    /// `GET /v1.0/{project_id}/queues`
    pub fn address(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What one source file says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageFacts {
    /// Operations it documents; none for pages that are about something else.
    pub operations: Vec<OperationFacts>,
    /// What looked like facts and could not be read: these pages must not pass for agreeing.
    pub failures: Vec<String>,
    /// Tables of fields that nothing refers to, so that nobody knows what they describe.
    pub unplaced: Vec<Unplaced>,
}

/// A table of fields without a field whose inside it would be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Unplaced {
    /// The table, by its number.
    pub at: String,
    /// Its caption and how many fields it has.
    pub what: String,
}

impl PageFacts {
    /// Number of fields over all operations.
    pub fn field_count(&self) -> usize {
        self.operations.iter().map(|o| o.fields.len()).sum()
    }

    /// Number of examples over all operations.
    pub fn example_count(&self) -> usize {
        self.operations.iter().map(|o| o.examples.len()).sum()
    }
}

/// Brings a number written in a document or a schema into its shortest form: `1.0` is `1`.
pub fn plain_number(text: &str) -> String {
    let text = text.trim();
    if let Some((whole, fraction)) = text.split_once('.')
        && !whole.is_empty()
        && fraction.chars().all(|c| c.is_ascii_digit())
    {
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            return whole.to_owned();
        }
        return format!("{whole}.{fraction}");
    }
    text.to_owned()
}

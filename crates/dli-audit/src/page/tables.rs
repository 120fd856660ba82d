//! Tells what a table of a page is: parameters, statuses, errors or values.

use crate::document::{Table, squeeze, without_marks};
use crate::facts::{Direction, Location};

use super::columns::{Column, column_of};
use super::sections::{Section, direction_of};

/// Where on the page a table stands.
#[derive(Debug, Clone)]
pub struct TablePlace {
    /// Section.
    pub section: Section,
    /// The status a subheading above it names.
    pub status: Option<u16>,
    /// The line above it, for tables without a caption.
    pub hint: String,
    /// Whether the page is about a GET: what it sends is no body.
    pub is_get: bool,
}

/// Columns by position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// Name.
    pub name: usize,
    /// Flag, and whether "yes" means that it must be there.
    pub mandatory: Option<(usize, bool)>,
    /// Type.
    pub kind: Option<usize>,
    /// Descriptions and ranges.
    pub description: Vec<usize>,
    /// Default.
    pub default: Option<usize>,
    /// Query, path, header or body.
    pub place: Option<usize>,
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableKind {
    /// Parameters or fields.
    Parameters(Columns),
    /// Statuses, in this column.
    Statuses(usize),
    /// Error codes.
    Errors,
    /// Values with their meanings: the first column.
    Values,
    /// Something else.
    Unknown,
}

impl TableKind {
    /// Whether it lists parameters or fields.
    pub fn is_parameters(&self) -> bool {
        matches!(self, Self::Parameters(_))
    }
}

/// Tells what a table holds by its header.
pub fn classify(table: &Table) -> TableKind {
    let columns: Vec<Option<Column>> = table.header.iter().map(|h| column_of(h)).collect();
    let position = |wanted: Column| columns.iter().position(|c| *c == Some(wanted));
    if position(Column::ErrorCode).is_some() {
        return TableKind::Errors;
    }
    if let Some(status) = position(Column::Status) {
        return TableKind::Statuses(status);
    }
    // One table heads its statuses with the first of them: `200 | OK`.
    let first_is_status = table.header.first().is_some_and(|h| status_number(h).is_some());
    if first_is_status && table.header.len() <= 3 {
        return TableKind::Statuses(0);
    }
    let Some(name) = position(Column::Name) else {
        let named_values = table.header.first().is_some_and(|h| {
            let h = h.to_lowercase();
            h.contains("类型")
                || h.contains("type")
                || h.contains("状态")
                || h.contains("status")
                || h.contains("取值")
                || h == "value"
        });
        return if named_values && !table.rows.is_empty() {
            TableKind::Values
        } else {
            TableKind::Unknown
        };
    };
    let mandatory = position(Column::Mandatory)
        .map(|c| (c, true))
        .or_else(|| position(Column::Optional).map(|c| (c, false)));
    let kind = position(Column::Type);
    if mandatory.is_none() && kind.is_none() && position(Column::Meaning).is_some() {
        return TableKind::Values;
    }
    let description: Vec<usize> = columns
        .iter()
        .enumerate()
        .filter(|(_, c)| matches!(c, Some(Column::Description | Column::Range | Column::Meaning)))
        .map(|(i, _)| i)
        .collect();
    if mandatory.is_none() && kind.is_none() && description.is_empty() {
        return TableKind::Unknown;
    }
    TableKind::Parameters(Columns {
        name,
        mandatory,
        kind,
        description,
        default: position(Column::Default),
        place: position(Column::Place),
    })
}

/// The statuses a table lists; none if it is another kind of table.
pub fn statuses(table: &Table) -> Vec<u16> {
    let TableKind::Statuses(column) = classify(table) else {
        return Vec::new();
    };
    let header = table.header.get(column).and_then(|h| status_number(h));
    let rows = table.rows.iter().filter_map(|row| status_number(&row.get(column)?.text()));
    header.into_iter().chain(rows).collect()
}

/// `200`, `200 OK`, `HTTP 400`.
fn status_number(text: &str) -> Option<u16> {
    let plain = without_marks(text).to_lowercase();
    let plain = plain.trim().trim_start_matches("http").trim();
    let digits: String = plain.chars().take_while(char::is_ascii_digit).take(4).collect();
    let next = plain.chars().nth(digits.len());
    let whole =
        next.is_none_or(|c| c.is_whitespace() || matches!(c, ',' | '，' | '(' | '（' | '.'));
    digits.parse().ok().filter(|s| (100..600).contains(s) && whole)
}

/// How a report names a table.
pub fn name_of(table: &Table) -> String {
    match (table.number, table.caption.as_str()) {
        (Some(n), "") => format!("Table {n}"),
        (Some(n), caption) => format!("Table {n} ({caption})"),
        (None, "") => "a table".to_owned(),
        (None, caption) => format!("the table \"{caption}\""),
    }
}

/// Which message the rows of a table that is not referred to by another belong to.
pub fn direction(place: &TablePlace) -> Option<Direction> {
    match place.section {
        Section::Uri | Section::Request => Some(Direction::Request),
        Section::Response => Some(Direction::Response),
        // Bodies of the present template may follow a heading of their own for each status.
        _ => None,
    }
}

/// The caption, or the line above a table that has none, if it is the name of an object.
pub fn title<'a>(table: &'a Table, place: &'a TablePlace) -> &'a str {
    if !table.caption.is_empty() {
        return &table.caption;
    }
    let Some(name) = subject(&place.hint) else {
        return "";
    };
    let rest = without_marks(&place.hint).to_lowercase().replacen(&name.to_lowercase(), "", 1);
    let named = matches!(
        rest.trim().trim_end_matches([':', '：']),
        "" | "参数"
            | "参数说明"
            | "字段说明"
            | "参数描述"
            | "parameters"
            | "parameter description"
            | "object"
            | "objects"
            | "fields"
            | "structure"
            | "field description"
    );
    if named { &place.hint } else { "" }
}

/// Headers that signing and transport need; tables of them have no say in where they stand.
pub const TRANSPORT_HEADERS: [&str; 12] = [
    "x-auth-token",
    "content-type",
    "authorization",
    "host",
    "accept",
    "content-length",
    "x-sdk-date",
    "x-project-id",
    "x-domain-id",
    "user-agent",
    "connection",
    "x-security-token",
];

/// Whether all names of a table are those of headers.
fn lists_headers(table: &Table) -> bool {
    let TableKind::Parameters(columns) = classify(table) else {
        return false;
    };
    let names = || {
        table
            .rows
            .iter()
            .filter_map(|r| r.get(columns.name))
            .map(|c| without_marks(&c.text()).to_lowercase())
    };
    names().next().is_some() && names().all(|name| TRANSPORT_HEADERS.contains(&name.trim()))
}

/// Where the rows of such a table stand; `None` when each row's name decides.
pub fn location(table: &Table, place: &TablePlace) -> Option<Location> {
    let words = if table.caption.is_empty() { &place.hint } else { &table.caption }.to_lowercase();
    if words.contains("query") || words.contains("查询参数") {
        return Some(Location::Query);
    }
    if words.contains("header")
        || words.contains("消息头")
        || words.contains("请求头")
        || words.contains("响应头")
    {
        return Some(Location::Header);
    }
    if words_say_nothing(&words) && lists_headers(table) {
        return Some(Location::Header);
    }
    if words.contains("path param") || words.contains("路径参数") || words.contains("path参数")
    {
        return Some(Location::Path);
    }
    match place.section {
        Section::Uri => None,
        Section::Request if place.is_get && !words.contains("body") => None,
        _ => Some(Location::Body),
    }
}

fn words_say_nothing(words: &str) -> bool {
    !words.contains("body") && !words.contains("path")
}

/// Whether a caption names a whole message rather than one of its objects.
pub fn is_general_caption(caption: &str) -> bool {
    let text = without_marks(&squeeze(caption)).to_lowercase().replace(' ', "");
    if text.is_empty() {
        return true;
    }
    let general = [
        "请求参数",
        "响应参数",
        "uri参数",
        "query参数",
        "参数说明",
        "body参数",
        "requestparam",
        "responseparam",
        "uriparam",
        "queryparam",
        "parameterdescription",
        "requestbody",
        "responsebody",
        "路径参数",
        "pathparam",
        "header参数",
        "requestheader",
        "responseheader",
        "表单参数",
        "请求body",
        "响应body",
        "返回参数",
        "parametersintherequest",
        "parametersintheresponse",
        "请求header",
        "formparam",
        "bodyparam",
        "请求消息",
        "响应消息",
    ];
    general.iter().any(|g| text.starts_with(g))
        || (direction_of(&text).is_some()
            && text.ends_with("参数说明")
            && text.chars().count() <= 8)
}

/// Whether a caption announces a list of values: states or kinds.
pub fn is_caption_of_values(caption: &str) -> bool {
    let text = caption.to_lowercase();
    ["状态", "status", " state", "类型说明", "types"].iter().any(|mark| text.contains(mark))
}

/// The name of the field or type a caption speaks of: `hosts` in "hosts参数说明".
pub fn subject(caption: &str) -> Option<String> {
    let text = without_marks(&squeeze(caption));
    let lower = text.to_lowercase();
    // "Parameters in the sub_jobs field"
    let start = [
        "parameters in the ",
        "parameters of the ",
        "parameters of ",
        "description of the ",
        "description of ",
    ]
    .iter()
    .find_map(|p| lower.strip_prefix(p).map(|_| p.len()))
    .unwrap_or(0);
    let rest = text.get(start..)?;
    let name: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
        .collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn captions_name_a_message_or_an_object() {
        assert!(is_general_caption("响应参数说明"));
        assert!(is_general_caption("Request parameters"));
        assert!(!is_general_caption("hosts请求参数"));
        assert!(!is_general_caption("connections参数"));
        assert_eq!(subject("connections参数").as_deref(), Some("connections"));
        assert_eq!(subject("“jobs” parameters").as_deref(), Some("jobs"));
        assert_eq!(subject("Parameters in the “sub_jobs” field").as_deref(), Some("sub_jobs"));
        assert_eq!(subject("资源参数"), None);
    }
}

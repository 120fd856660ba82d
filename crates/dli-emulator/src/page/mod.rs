//! The page in the browser: what exists now, the latest requests, and the API reference. Written
//! on the server, read-only, without scripts.

mod frame;
mod kinds;
mod objects;
mod overview;
mod reference;
mod requests;
mod schemas;
mod secrets;
mod text;

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, Method};
use maud::{Markup, html};
use percent_encoding::percent_decode_str;

use crate::error::{ApiError, ApiResult};
use crate::server::{Reply, Service};

/// What the request log calls requests to the page; they are not kept in it.
pub(crate) const OPERATION: &str = "_page";

/// What paths of the page begin with. No operation's path begins so.
const ROOTS: [&str; 6] = ["objects", "jobs", "requests", "reference", "style.css", "icon.svg"];

const STYLE: &str = include_str!("style.css");
const ICON: &str = include_str!("icon.svg");

/// Nothing but the style sheet and the icon is loaded, nothing runs, nobody frames it.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// One page, before it is put into the frame that all share.
pub(super) struct Page {
    pub status: u16,
    pub title: String,
    /// Which entry of the navigation it belongs to.
    pub section: &'static str,
    /// Whether it shows what changes, and can be loaded again by itself.
    pub live: bool,
    pub body: Markup,
}

/// Where a page leads instead of being there itself.
pub(super) enum Answer {
    Page(Page),
    Elsewhere(String),
}

impl From<Page> for Answer {
    fn from(page: Page) -> Self {
        Self::Page(page)
    }
}

/// What a page may ask: its path below the first segment, and its query.
pub(super) struct Visit<'r> {
    pub path: String,
    query: Vec<(String, String)>,
    pub service: &'r Service,
    pub now: i64,
}

impl Visit<'_> {
    /// A value of the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A value of the query that is a number.
    pub fn number(&self, name: &str) -> Option<i64> {
        self.query(name)?.parse().ok()
    }

    /// After how many seconds the page is loaded again.
    fn refresh(&self) -> Option<i64> {
        self.number("refresh").filter(|seconds| (1..=3600).contains(seconds))
    }

    /// The same page with another value, or without one, in its query.
    fn with(&self, name: &str, value: Option<&str>) -> String {
        let kept = self.query.iter().filter(|(known, _)| known != name);
        let mut pairs: Vec<(&str, &str)> =
            kept.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend(value.map(|value| (name, value)));
        let pair = |(name, value): &(&str, &str)| {
            format!("{}={}", text::encoded(name), text::encoded(value))
        };
        let query: Vec<String> = pairs.iter().map(pair).collect();
        match query.is_empty() {
            true => self.path.clone(),
            false => format!("{}?{}", self.path, query.join("&")),
        }
    }
}

/// Whether a path is one of the page's.
pub(crate) fn is_for(path: &str) -> bool {
    let first = path.strip_prefix('/').and_then(|path| path.split('/').next());
    path == "/" || first.is_some_and(|first| ROOTS.contains(&first))
}

/// Whether somebody who asked for what is not there looks through a browser.
pub(crate) fn is_wanted(parts: &Parts) -> bool {
    let accepted = parts.headers.get("accept").and_then(|accept| accept.to_str().ok());
    is_read(&parts.method) && accepted.is_some_and(|accept| accept.contains("text/html"))
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Answers a request to the page.
pub(crate) async fn answer(service: &Arc<Service>, parts: &Parts) -> ApiResult<Reply> {
    if !is_read(&parts.method) {
        let message =
            format!("{} {} does not exist; pages are read.", parts.method, parts.uri.path());
        return Err(ApiError::new(405, "EMULATOR.0405", message).with_header("allow", "GET, HEAD"));
    }
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let path = parts.uri.path();
    let segments: Vec<String> =
        path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(&name.replace('+', " ")), decode(&value.replace('+', " ")))
    };
    let query = parts.uri.query().unwrap_or_default();
    let visit = Visit {
        path: path.to_owned(),
        query: query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect(),
        service,
        now: jiff::Timestamp::now().as_millisecond(),
    };
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let answer = match segments.as_slice() {
        [] => overview::page(&visit).await?,
        ["style.css"] => {
            return Ok(reply(200, "text/css; charset=utf-8", Bytes::from_static(STYLE.as_bytes())));
        }
        ["icon.svg"] => {
            return Ok(reply(200, "image/svg+xml", Bytes::from_static(ICON.as_bytes())));
        }
        ["objects"] => objects::list(&visit).await?,
        ["objects", number] => objects::one(&visit, number).await?,
        ["jobs", id] => objects::job(&visit, id).await?,
        ["requests"] => requests::page(&visit).into(),
        ["reference"] => reference::index().into(),
        ["reference", family] => reference::family(family),
        _ => nothing().into(),
    };
    Ok(match answer {
        Answer::Page(page) => framed(page, Some(&visit)),
        Answer::Elsewhere(place) => {
            let mut reply = reply(303, "text/html; charset=utf-8", Bytes::new());
            reply.headers.push((http::header::LOCATION, place));
            reply
        }
    })
}

/// The page that says that there is none.
pub(crate) fn not_found() -> Reply {
    framed(nothing(), None)
}

pub(super) fn nothing() -> Page {
    missing(
        "There is no such page",
        html! { p { "What you asked for is not there, or not any more." } },
    )
}

pub(super) fn missing(title: &str, what: Markup) -> Page {
    let body = html! {
        h1 { (title) }
        (what)
        p { a href="/" { "What exists now" } }
    };
    Page { status: 404, title: title.to_owned(), section: "", live: false, body }
}

fn framed(page: Page, visit: Option<&Visit<'_>>) -> Reply {
    let status = page.status;
    let html = frame::around(page, visit).into_string();
    reply(status, "text/html; charset=utf-8", Bytes::from(html))
}

fn reply(status: u16, content_type: &'static str, body: Bytes) -> Reply {
    let headers = [
        ("content-security-policy", POLICY),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", "no-store"),
    ];
    let headers = headers
        .map(|(name, value)| (HeaderName::from_static(name), value.to_owned()))
        .into_iter()
        .collect();
    Reply { status, headers, body, content_type }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::DESCRIPTION;

    #[test]
    fn no_operation_has_a_path_of_the_page() {
        for operation in DESCRIPTION.bundle.operations() {
            assert!(!is_for(&operation.path), "{}", operation.path);
        }
    }
}

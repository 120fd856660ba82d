//! `/requests`: what was asked and how it went, as far as the log goes back.

use maud::{Markup, html};
use serde_json::Value;

use super::secrets::mask_text;
use super::text::{identifier, instant, number, shortened};
use super::{Page, Visit, frame};
use crate::description::DESCRIPTION;

const PER_PAGE: usize = 100;
/// Paths may be as long as the server lets them be.
const PATH_SHOWN: usize = 300;

pub(super) fn page(visit: &Visit<'_>) -> Page {
    let from = visit.number("from").and_then(|from| usize::try_from(from).ok()).unwrap_or(0);
    let count = entries(visit, 0, usize::MAX).len();
    let end = from.saturating_add(PER_PAGE);
    let title = "Latest requests";
    let body = html! {
        h1 { (title) }
        p.lead { (number(count as i64)) " remembered, the latest first. Visits to this page are left out." }
        (table(visit, from, PER_PAGE, true))
        p.pages {
            @if from > 0 { a href="/requests" { "Latest" } }
            @if end < count { a rel="next" href={ "/requests?from=" (end) } { "Older" } }
        }
    };
    Page { status: 200, title: title.to_owned(), section: "/requests", live: true, body }
}

/// A part of the log, the latest first.
fn entries(visit: &Visit<'_>, from: usize, count: usize) -> Vec<Value> {
    let log = visit.service.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    log.iter().rev().skip(from).take(count).cloned().collect()
}

pub(super) fn table(visit: &Visit<'_>, from: usize, count: usize, with_ids: bool) -> Markup {
    let entries = entries(visit, from, count);
    if entries.is_empty() {
        return html! { p.muted { "None so far." } };
    }
    let rows = entries.iter().map(|entry| {
        let word = |field: &str| entry[field].as_str().unwrap_or_default();
        let mut target = word("path").to_owned();
        if let Some(query) = entry["query"].as_str() {
            target = format!("{target}?{}", mask_text(query).as_deref().unwrap_or(query));
        }
        vec![
            html! { @match word("time").parse() { Ok(time) => (instant(time)), Err(_) => "–" } },
            html! { code.method { (word("method")) } " " span.path { (shortened(&target, PATH_SHOWN)) } },
            operation(word("operation")),
            status(&entry["status"]),
            html! { span.time { (format!("{:.1} ms", entry["milliseconds"].as_f64().unwrap_or_default())) } },
            html! { span.id { (word("request_id")) } },
        ]
    });
    let columns = ["Time", "Request", "Operation", "Status", "Took", "Request id"];
    // The ids are for those who look for one request, which is not where the latest few are shown.
    let columns = if with_ids { &columns[..] } else { &columns[..5] };
    frame::table("Requests", columns, rows.collect())
}

fn operation(id: &str) -> Markup {
    match DESCRIPTION.bundle.operation(id) {
        Some(operation) => {
            html! { a href={ "/reference/" (operation.family) "#" (operation.id) } { (identifier(&operation.id)) } }
        }
        None => html! { span.muted { (id.trim_start_matches('_')) } },
    }
}

fn status(status: &Value) -> Markup {
    match status.as_u64() {
        Some(status @ ..400) => html! { span.state.good { (status) } },
        Some(status) => html! { span.state.bad { (status) } },
        None => html! { span.state.bad { "reset" } },
    }
}

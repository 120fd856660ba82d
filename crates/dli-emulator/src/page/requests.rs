//! `/requests`: what was asked and how it went, as far as the log goes back.

use maud::{Markup, html};

use super::secrets::mask_text;
use super::text::{identifier, instant, number, shortened};
use super::{Page, Visit, frame};
use crate::description::DESCRIPTION;

const PER_PAGE: usize = 100;
/// Paths may be as long as the server lets them be.
const PATH_SHOWN: usize = 300;

pub(super) fn page(visit: &Visit<'_>) -> Page {
    let from = visit.number("from").and_then(|from| usize::try_from(from).ok()).unwrap_or(0);
    let count = visit.service.log.len();
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

pub(super) fn table(visit: &Visit<'_>, from: usize, count: usize, with_ids: bool) -> Markup {
    let entries = visit.service.log.latest(from, count);
    if entries.is_empty() {
        return html! { p.muted { "None so far." } };
    }
    let rows = entries.iter().map(|entry| {
        let mut target = entry.path.clone();
        if let Some(query) = &entry.query {
            target = format!("{target}?{}", mask_text(query).as_deref().unwrap_or(query));
        }
        vec![
            html! { (instant(entry.time)) },
            html! { code.method { (entry.method) } " " span.path { (shortened(&target, PATH_SHOWN)) } },
            operation(entry.operation),
            status(entry.status),
            html! { span.time { (format!("{:.1} ms", entry.milliseconds())) } },
            html! { span.id { (entry.request_id) } },
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

fn status(status: Option<u16>) -> Markup {
    match status {
        Some(status @ ..400) => html! { span.state.good { (status) } },
        Some(status) => html! { span.state.bad { (status) } },
        None => html! { span.state.bad { "reset" } },
    }
}

//! What all pages share: head, navigation, foot, and tables.

use maud::{DOCTYPE, Markup, html};

use super::{Page, Visit};

const SECTIONS: [(&str, &str); 3] =
    [("/", "What exists"), ("/requests", "Requests"), ("/reference", "API reference")];

/// How often a page that loads itself again does so, in seconds.
const REFRESH: &str = "5";

pub(super) fn around(page: Page, visit: Option<&Visit<'_>>) -> Markup {
    let live = visit.filter(|_| page.live);
    let refresh = live.and_then(Visit::refresh);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(seconds) = refresh { meta http-equiv="refresh" content=(seconds); }
                title { (page.title) " · DLI emulator" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" type="image/svg+xml" href="/icon.svg";
            }
            body {
                a.skip href="#main" { "To the content" }
                header {
                    a.brand href="/" { img src="/icon.svg" alt="" width="28" height="28"; "DLI emulator" }
                    nav aria-label="Main" {
                        ul {
                            @for (path, name) in SECTIONS {
                                li {
                                    a href=(path) aria-current=[(path == page.section).then_some("page")] { (name) }
                                }
                            }
                        }
                    }
                }
                main #main { (page.body) }
                footer {
                    @if let Some(visit) = live {
                        p {
                            @match refresh {
                                Some(seconds) => {
                                    "This page is loaded again every " (seconds) " s. "
                                    a href=(visit.with("refresh", None)) { "Stop that" }
                                }
                                None => {
                                    a href=(visit.with("refresh", Some(REFRESH))) {
                                        "Load this page again every " (REFRESH) " s"
                                    }
                                }
                            }
                        }
                    }
                    p.muted {
                        "dli-emulator " (env!("CARGO_PKG_VERSION"))
                        ". Times are UTC. This page only reads; secrets are not shown."
                    }
                }
            }
        }
    }
}

/// A table with a caption for those who do not see it. On narrow screens a row becomes a card,
/// which is why the roles are written out and each cell knows the name of its column.
pub(super) fn table(caption: &str, columns: &[&str], rows: Vec<Vec<Markup>>) -> Markup {
    html! {
        table role="table" aria-label=(caption) {
            thead role="rowgroup" {
                tr role="row" {
                    @for column in columns { th role="columnheader" scope="col" { (column) } }
                }
            }
            tbody role="rowgroup" {
                @for row in rows {
                    tr role="row" {
                        @for (cell, column) in row.into_iter().zip(columns) {
                            td role="cell" data-column=(column) { div { (cell) } }
                        }
                    }
                }
            }
        }
    }
}

/// Something wider than a screen may be, which is moved sideways by itself.
pub(super) fn wide(label: &str, content: Markup) -> Markup {
    html! { div.wide role="region" aria-label=(label) tabindex="0" { (content) } }
}

/// Names with values.
pub(super) fn facts(facts: Vec<(Markup, Markup)>) -> Markup {
    html! {
        dl {
            @for (name, value) in facts { div { dt { (name) } dd { (value) } } }
        }
    }
}

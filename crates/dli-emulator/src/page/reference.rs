//! `/reference`: the API as the description tells it, family by family.

use std::collections::BTreeMap;

use dli_spec::{Location, Operation, PagingStyle};
use maud::{Markup, html};
use serde_json::Value;

use super::text::{encoded, identifier, prose};
use super::{Answer, Page, frame, missing, schemas};
use crate::description::DESCRIPTION;

/// The operations of each family.
fn families() -> BTreeMap<&'static str, Vec<&'static Operation>> {
    let mut families: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for operation in DESCRIPTION.bundle.operations() {
        families.entry(operation.family.as_str()).or_default().push(operation);
    }
    families
}

/// What a family is about.
fn about(family: &str) -> &'static str {
    let tags = DESCRIPTION.bundle.document()["tags"].as_array();
    let tag = tags.into_iter().flatten().find(|tag| tag["name"] == family);
    tag.and_then(|tag| tag["description"].as_str()).unwrap_or_default()
}

/// All operations in short, and the codes of errors.
pub(super) fn index() -> Page {
    let families = families();
    let count = DESCRIPTION.bundle.operations().len();
    let title = "API reference";
    let body = html! {
        h1 { (title) }
        p.lead {
            "The " (count) " operations of the service in " (families.len())
            " families, as this project describes them. The emulator answers all of them."
        }
        nav aria-label="Families" {
            ul.inline { @for name in families.keys() { li { a href={ "#" (name) } { (name) } } } }
        }
        @for (name, operations) in &families {
            section aria-labelledby=(name) {
                h2 id=(name) { a href={ "/reference/" (name) } { (name) } }
                p { (prose(about(name))) }
                (frame::table(name, &["Operation", "Request", "What it does"],
                    operations.iter().map(|operation| in_short(operation)).collect()))
            }
        }
        section aria-labelledby="errors" {
            h2 #errors { "Errors" }
            p {
                "An error answers with " code { "{\"error_code\": …, \"error_msg\": …}" }
                " and one of these codes. A missing object is 400, not 404."
            }
            (frame::table("Error codes", &["Code", "Status", "Meaning"],
                DESCRIPTION.bundle.error_codes().iter().map(code).collect()))
        }
    };
    Page { status: 200, title: title.to_owned(), section: "/reference", live: false, body }
}

fn in_short(operation: &Operation) -> Vec<Markup> {
    vec![
        html! { a href={ "/reference/" (operation.family) "#" (operation.id) } { (identifier(&operation.id)) } },
        html! { code.method { (operation.method) } " " code.path { (operation.path) } },
        html! {
            (prose(&operation.summary))
            @if operation.deprecated { " " span.tag { "deprecated" } }
        },
    ]
}

fn code(entry: &Value) -> Vec<Markup> {
    let status = entry["status"].as_i64();
    vec![
        html! { code { (entry["code"].as_str().unwrap_or_default()) } },
        html! { @if let Some(status) = status { (status) } },
        html! { (prose(entry["meaning"].as_str().unwrap_or_default())) },
    ]
}

/// Everything about the operations of one family.
pub(super) fn family(name: &str) -> Answer {
    let families = families();
    let Some(operations) = families.get(name) else {
        let what = html! { p { a href="/reference" { "All families" } } };
        return missing("There is no such family", what).into();
    };
    let types = schemas::reached(operations);
    let body = html! {
        p.crumbs { a href="/reference" { "API reference" } }
        h1 { (name) }
        p.lead { (prose(about(name))) }
        nav aria-label="Operations" {
            ul.inline { @for operation in operations { li { a href={ "#" (operation.id) } { (operation.id) } } } }
        }
        @for operation in operations { (section(operation)) }
        @if !types.is_empty() {
            section aria-labelledby="types" {
                h2 #types { "Types" }
                @for name in types { (schemas::section(name)) }
            }
        }
    };
    let title = format!("{name} · API reference");
    Page { status: 200, title, section: "/reference", live: false, body }.into()
}

fn section(operation: &Operation) -> Markup {
    html! {
        section.operation aria-labelledby=(operation.id) {
            h2 id=(operation.id) {
                a href={ "#" (operation.id) } { (operation.id) }
                @if operation.deprecated { " " span.tag { "deprecated" } }
            }
            p.request { code.method { (operation.method) } " " code.path { (operation.path) } }
            p { (prose(&operation.summary)) }
            @if !operation.description.is_empty() { p { (prose(&operation.description)) } }
            (frame::facts(facts(operation)))
            @for (title, location) in [
                ("In the path", Location::Path), ("In the query", Location::Query), ("As headers", Location::Header),
            ] {
                (parameters(operation, title, location))
            }
            @if let Some(body) = &operation.request {
                h3 {
                    "Body " a.type href={ "#type-" (body) } { (body) }
                    @if !operation.request_required { " " span.tag { "optional" } }
                }
                (schemas::fields(body))
            }
            @if let Some(answer) = &operation.response {
                h3 { "Answer " a.type href={ "#type-" (answer) } { (answer) } }
                (schemas::fields(answer))
            }
        }
    }
}

fn parameters(operation: &Operation, title: &str, location: Location) -> Markup {
    let rows: Vec<Vec<Markup>> = operation
        .parameters_in(location)
        .map(|parameter| {
            schemas::row(
                &parameter.name,
                &parameter.schema,
                parameter.required,
                &parameter.description,
                &parameter.aliases,
            )
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            h3 { (title) }
            (frame::table(title, &schemas::COLUMNS, rows))
        }
    }
}

fn facts(operation: &Operation) -> Vec<(Markup, Markup)> {
    let mut facts = Vec::new();
    let mut add = |name: &str, value: Markup| facts.push((html! { (name) }, value));
    add(
        "Sent again",
        html! {
            @if operation.idempotent { "It may be sent twice: the second time changes nothing more." }
            @else { "It is sent once: sent twice, it may do its work twice." }
        },
    );
    if let Some(paging) = paging(operation) {
        add("Paging", paging);
    }
    if let Some(successor) = &operation.successor {
        let family = DESCRIPTION.bundle.operation(successor).map(|o| o.family.as_str());
        add(
            "Use instead",
            html! {
                @match family {
                    Some(family) => a href={ "/reference/" (family) "#" (successor) } { (successor) },
                    None => (successor),
                }
            },
        );
    }
    let (good, bad): (Vec<u16>, Vec<u16>) =
        operation.statuses.iter().partition(|status| (200..300).contains(*status));
    add("Success", html! { (joined(&good)) });
    add("Errors", html! { (joined(&bad)) " with " a href="/reference#errors" { "these codes" } });
    add("Command", html! { code { "dli api " (operation.id) } });
    add(
        "Read from",
        html! { ul.sources { @for page in &operation.sources { li { (source(page)) } } } },
    );
    facts
}

fn joined(statuses: &[u16]) -> String {
    let statuses: Vec<String> = statuses.iter().map(u16::to_string).collect();
    statuses.join(", ")
}

fn paging(operation: &Operation) -> Option<Markup> {
    let paging = &operation.paging;
    let named = |name: &Option<String>| html! { @if let Some(name) = name { code { (name) } } };
    let style = match paging.style {
        PagingStyle::None => return None,
        PagingStyle::Single => html! { "The list comes in one piece." },
        PagingStyle::LimitOnly => {
            html! { (named(&paging.limit)) " limits how many come; there is no next page." }
        }
        PagingStyle::PageNumber => html! {
            (named(&paging.offset)) " is the number of a page, from " (paging.first.unwrap_or(1)) " on; "
            (named(&paging.limit)) " is its length."
        },
        PagingStyle::OffsetLimit | PagingStyle::FromSize => html! {
            (named(&paging.offset)) " says how many "
            @if paging.unit.as_deref() == Some("pages") { "pages" } @else { "items" }
            " are left out; " (named(&paging.limit)) " is the length of a page."
        },
    };
    Some(html! {
        (style)
        @if paging.location.as_deref() == Some("body") { " Both stand in the body." }
        @if let Some(items) = &paging.items { " The items are in " code { (items) } "." }
        @if let Some(total) = &paging.total { " Their number is in " code { (total) } "." }
    })
}

/// A page that the description was read from, with where it is published.
fn source(page: &str) -> Markup {
    let (edition, name) = page.split_once('/').unwrap_or(("", page));
    let path = || name.split('/').map(encoded).collect::<Vec<_>>().join("/");
    let place = match edition {
        "en" => format!(
            "https://github.com/opentelekomcloud-docs/data-lake-insight/blob/HEAD/api-ref/source/{}",
            path()
        ),
        "zh" => format!(
            "https://github.com/huaweicloudDocs/dli/blob/HEAD/cn.zh-cn/{}/{}",
            encoded("API参考"),
            path()
        ),
        "explorer" => format!(
            "https://console.huaweicloud.com/apiexplorer/#/openapi/DLI/doc?api={}",
            encoded(name.trim_end_matches(".json"))
        ),
        _ => return html! { (page) },
    };
    html! { a rel="external noreferrer noopener" href=(place) { (page) } }
}

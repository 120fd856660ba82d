//! `/`: what exists now, project by project, and the latest requests.

use maud::{Markup, html};

use super::kinds::{self, Kind};
use super::objects::{self, Item};
use super::text::{duration, encoded, number, shown};
use super::{Answer, Page, Visit, requests};
use crate::error::ApiResult;
use crate::store::Objects;

/// So many of a kind are shown here; the rest is a page away.
const SHOWN: i64 = 8;
/// So many projects are shown with what they hold.
const PROJECTS: usize = 4;
const REQUESTS: usize = 10;

/// What a project holds.
struct Project {
    id: String,
    name: String,
    parts: Vec<Part>,
}

/// What it holds of one kind.
struct Part {
    kind: String,
    count: i64,
    items: Vec<Item>,
}

pub(super) async fn page(visit: &Visit<'_>) -> ApiResult<Answer> {
    let known: Vec<(String, String)> = visit
        .service
        .settings
        .projects
        .iter()
        .map(|project| (project.id.clone(), project.name.clone()))
        .collect();
    let only = visit.query("project").map(str::to_owned);
    let projects = visit.service.store.run(move |objects| survey(objects, known, only)).await?;
    let title = "What exists now";
    let body = html! {
        h1 { (title) }
        p.lead {
            "This emulator has been running for " (duration(uptime(visit))) " in the region "
            (shown(&visit.service.settings.region)) ". " (engine(visit)) (faults(visit))
        }
        @for project in &projects { (section(project, visit.now)) }
        section aria-labelledby="requests" {
            h2 #requests { "Latest requests" }
            (requests::table(visit, 0, REQUESTS, false))
            p { a href="/requests" { "All requests that are remembered" } }
        }
    };
    Ok(Page { status: 200, title: title.to_owned(), section: "/", live: true, body }.into())
}

fn uptime(visit: &Visit<'_>) -> i64 {
    i64::try_from(visit.service.started.elapsed().as_millis()).unwrap_or(i64::MAX)
}

fn engine(visit: &Visit<'_>) -> &'static str {
    match visit.service.settings.engine {
        Some(_) => "SQL runs. ",
        None => "SQL is not run: results are scripted. ",
    }
}

fn faults(visit: &Visit<'_>) -> Markup {
    let faults = visit.service.faults.to_json();
    let faults: Vec<&str> =
        faults.as_array().into_iter().flatten().filter_map(|f| f["fault"].as_str()).collect();
    html! {
        @if !faults.is_empty() {
            "Faults in force: "
            @for (index, fault) in faults.iter().take(20).enumerate() {
                @if index > 0 { ", " }
                code { (shown(fault)) }
            }
            "."
        }
    }
}

/// Reads what the projects hold: those that are known, and those that something is kept for.
fn survey(
    objects: &Objects<'_>,
    known: Vec<(String, String)>,
    only: Option<String>,
) -> ApiResult<Vec<Project>> {
    let mut projects: Vec<Project> =
        known.into_iter().map(|(id, name)| Project { id, name, parts: Vec::new() }).collect();
    for (id, kind, count) in objects.census()? {
        let part = Part { kind, count, items: Vec::new() };
        match projects.iter_mut().find(|project| project.id == id) {
            Some(project) => project.parts.push(part),
            None => projects.push(Project { id, name: String::new(), parts: vec![part] }),
        }
    }
    if let Some(only) = only {
        projects.retain(|project| project.id == only);
    }
    for project in projects.iter_mut().filter(|p| !p.parts.is_empty()).take(PROJECTS) {
        project.parts.sort_by_key(|part| kinds::rank(&part.kind));
        for part in &mut project.parts {
            if kinds::find(&part.kind).is_some_and(Kind::is_seen_first) {
                let latest = objects.latest(&project.id, &part.kind, i64::MAX, SHOWN)?;
                part.items = latest.into_iter().map(Item::new).collect();
            }
        }
    }
    Ok(projects)
}

fn section(project: &Project, now: i64) -> Markup {
    let heading = match project.id.as_str() {
        "" => html! { "For all projects" },
        id => html! { "Project " span.id { (shown(id)) } },
    };
    let all = |part: &Part| {
        format!("/objects?kind={}&project={}", encoded(&part.kind), encoded(&project.id))
    };
    let (first, rest): (Vec<&Part>, Vec<&Part>) =
        project.parts.iter().partition(|part| !part.items.is_empty());
    html! {
        section {
            h2 { (heading) @if !project.name.is_empty() { " " span.muted { (shown(&project.name)) } } }
            @if project.parts.is_empty() { p.muted { "Nothing has been created yet." } }
            @for part in first {
                h3 { (kinds::many(&part.kind)) " " span.count { (number(part.count)) } }
                (objects::table(&part.kind, &part.items, now))
                @if part.count > part.items.len() as i64 {
                    p { a href=(all(part)) { "All " (number(part.count)) " " (kinds::many(&part.kind)) } }
                }
            }
            @if !rest.is_empty() {
                @if project.parts.len() > rest.len() { h3 { "Besides" } }
                ul.inline {
                    @for part in rest {
                        li { a href=(all(part)) { (kinds::many(&part.kind)) " " span.count { (number(part.count)) } } }
                    }
                }
            }
        }
    }
}

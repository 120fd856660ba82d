//! `/objects`: the lists of what exists, and each object by its number. `/jobs/{id}` leads there.

use maud::{Markup, html};
use serde_json::{Map, Value};

use super::kinds::{self, Kind};
use super::text::{
    duration, encoded, is_failure, moment, number, one_line, shortened, shown, state,
};
use super::{Answer, Page, Visit, frame, missing, secrets};
use crate::error::ApiResult;
use crate::store::{Fields, Object, Objects, Timeline};

const PER_PAGE: i64 = 50;
/// Rows of a result on one page.
const ROWS_PER_PAGE: usize = 100;
const BELOW_SHOWN: i64 = 50;
/// Characters of a statement or a field that are shown.
const LONG: usize = 50_000;
const CELL: usize = 500;
const LINE: usize = 90;
/// Fields that have a place of their own.
const APART: [&str; 4] = ["schema", "rows", "failure", "statement"];

/// An object as the page knows it: without secrets.
pub(super) struct Item {
    number: i64,
    id: String,
    name: String,
    parent: String,
    created: i64,
    updated: i64,
    timeline: Timeline,
    doc: Value,
}

impl Item {
    /// The only way by which an object comes to the page.
    pub fn new(object: Object) -> Self {
        let Fields { seq, id, name, parent, created, updated, timeline, mut doc } =
            object.into_fields();
        secrets::mask_document(&mut doc);
        Self { number: seq, id, name, parent, created, updated, timeline, doc: Value::Object(doc) }
    }

    fn label(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }

    fn link(&self) -> Markup {
        html! { a.id href={ "/objects/" (self.number) } { (shortened(self.label(), LINE)) } }
    }

    /// How long a job took, or has been under way.
    fn took(&self, now: i64) -> Markup {
        let state = self.timeline.state(now).to_ascii_lowercase();
        if state.is_empty() || state.contains("init") {
            return html! { span.muted { "–" } };
        }
        if self.timeline.last().eq_ignore_ascii_case(&state) && !state.contains("running") {
            return html! { span.time { (duration(self.timeline.since(now) - self.created)) } };
        }
        html! { (duration(now - self.created)) " so far" }
    }

    fn failure(&self, now: i64) -> Option<&str> {
        let failure = self.doc["failure"].as_str().filter(|failure| !failure.is_empty())?;
        is_failure(self.timeline.state(now)).then_some(failure)
    }

    /// What the statement of a job, a template or a script is kept under.
    fn statement(&self) -> Option<(&'static str, &str)> {
        let fields = ["statement", "sql_body", "sql", "code"].into_iter();
        fields
            .filter_map(|field| Some((field, self.doc[field].as_str()?)))
            .find(|(_, text)| !text.is_empty())
    }
}

/// Rows for objects of one kind.
pub(super) fn table(kind: &str, items: &[Item], now: i64) -> Markup {
    let described = kinds::find(kind);
    let own = described.map_or(&[][..], |kind| kind.columns);
    let is_job = described.is_some_and(|kind| kind.is_job);
    let below = items.iter().any(|item| !item.parent.is_empty());
    let mut columns = vec![if is_job { "Job" } else { "Name" }];
    columns.extend(below.then_some("Belongs to"));
    columns.extend(own.iter().map(|(title, _)| *title));
    let has_states = items.iter().any(|item| !item.timeline.last().is_empty());
    columns.extend(has_states.then_some("State"));
    columns.extend(is_job.then_some("Took"));
    columns.push("Created");
    let rows = items.iter().map(|item| {
        let mut cells = vec![item.link()];
        if below {
            cells.push(shortened(&item.parent, LINE));
        }
        cells.extend(own.iter().map(|(_, place)| cell(item, place)));
        if has_states {
            cells.push(state(item.timeline.state(now)));
        }
        if is_job {
            cells.push(item.took(now));
        }
        cells.push(moment(item.created));
        cells
    });
    let rows = rows.collect();
    frame::table(kinds::many(kind), &columns, rows)
}

fn cell(item: &Item, place: &str) -> Markup {
    match item.doc.pointer(place).unwrap_or(&Value::Null) {
        Value::Null => html! { span.muted { "–" } },
        Value::String(text) if matches!(place, "/statement" | "/sql_body" | "/sql" | "/code") => {
            html! { code.sql { (one_line(text, LINE)) } }
        }
        Value::String(text) => one_line(text, LINE),
        Value::Number(number) => html! { (number) },
        other => html! { code { (one_line(&other.to_string(), LINE)) } },
    }
}

/// `/objects?kind=…&project=…`, page by page.
pub(super) async fn list(visit: &Visit<'_>) -> ApiResult<Answer> {
    let text = |name: &str| visit.query(name).unwrap_or_default().to_owned();
    let (kind, project) = (text("kind"), text("project"));
    let before = visit.number("before").unwrap_or(i64::MAX);
    let (wanted, within) = (kind.clone(), project.clone());
    let reading = visit.service.store.run(move |objects| {
        let items = objects.latest(&within, &wanted, before, PER_PAGE + 1)?;
        Ok((items, objects.count_all(&within, &wanted)?))
    });
    let (objects, count) = reading.await?;
    let more = objects.len() as i64 > PER_PAGE;
    let items: Vec<Item> = objects.into_iter().take(PER_PAGE as usize).map(Item::new).collect();
    let title = kinds::many(&kind).to_owned();
    let base = format!("/objects?kind={}&project={}", encoded(&kind), encoded(&project));
    let body = html! {
        h1 { (shown(&title)) " " span.count { (number(count)) } }
        p.lead {
            @if project.is_empty() { "For all projects." } @else { "Project " span.id { (shown(&project)) } "." }
            " The latest first."
        }
        @if items.is_empty() { p.muted { "There are none." } } @else { (table(&kind, &items, visit.now)) }
        p.pages {
            @if before != i64::MAX { a href=(base) { "Latest" } }
            @if let Some(last) = items.last().filter(|_| more) {
                a rel="next" href={ (base) "&before=" (last.number) } { "Older" }
            }
        }
    };
    Ok(Page { status: 200, title, section: "/", live: true, body }.into())
}

/// `/jobs/{id}`: a job of any kind, by the id that the API calls it.
pub(super) async fn job(visit: &Visit<'_>, id: &str) -> ApiResult<Answer> {
    let wanted = id.to_owned();
    let reading = visit.service.store.run(move |objects| {
        for kind in kinds::KINDS.iter().filter(|kind| kind.is_job) {
            if let Some(number) = objects.number_of(kind.id, &wanted)? {
                return Ok(Some(number));
            }
        }
        Ok(None)
    });
    Ok(match reading.await? {
        Some(number) => Answer::Elsewhere(format!("/objects/{number}")),
        None => {
            let what =
                html! { p { "No job has the id " code { (shown(id)) } ", or not any more." } };
            missing("There is no such job", what).into()
        }
    })
}

/// What belongs to an object, of one kind.
struct Below {
    kind: &'static str,
    count: i64,
    items: Vec<Item>,
}

/// `/objects/{number}`.
pub(super) async fn one(visit: &Visit<'_>, number: &str) -> ApiResult<Answer> {
    let Ok(wanted) = number.parse::<i64>() else { return Ok(super::nothing().into()) };
    let reading = visit.service.store.run(move |objects| {
        let Some(placed) = objects.numbered(wanted)? else { return Ok(None) };
        let below = below(objects, &placed.project, &placed.kind, &placed.object)?;
        Ok(Some((placed, below)))
    });
    let Some((placed, below)) = reading.await? else {
        let what = html! { p { "Nothing has the number " (wanted) ", or not any more." } };
        return Ok(missing("There is no such object", what).into());
    };
    let kind = kinds::find(&placed.kind);
    let one = kind.map_or(placed.kind.as_str(), |kind| kind.one);
    let item = Item::new(placed.object);
    let title = format!("{}{} {}", one[..1].to_uppercase(), &one[1..], short(item.label()));
    let body = html! {
        p.crumbs {
            a href={ "/objects?kind=" (encoded(&placed.kind)) "&project=" (encoded(&placed.project)) } {
                (kinds::many(&placed.kind))
            }
        }
        h1 { (one[..1].to_uppercase()) (one[1..]) " " span.id { (shortened(item.label(), 200)) } }
        (summary(&item, kind, &placed.project, visit.now))
        @if let Some(failure) = item.failure(visit.now) {
            h2 { "Why it failed" }
            pre.failure { code { (shortened(failure, LONG)) } }
        }
        @if let Some((_, statement)) = item.statement() {
            h2 { "Statement" }
            pre.sql tabindex="0" { code { (shortened(statement, LONG)) } }
        }
        (result(&item, visit))
        @for part in &below {
            h2 { (kinds::many(part.kind)) " " span.count { (part.count) } }
            (table(part.kind, &part.items, visit.now))
            @if part.count > part.items.len() as i64 { p.muted { "Only the latest are shown." } }
        }
        (fields(&item, visit.now))
    };
    Ok(Page { status: 200, title, section: "/", live: true, body }.into())
}

fn short(label: &str) -> String {
    label.chars().take(60).collect()
}

fn below(
    objects: &Objects<'_>,
    project: &str,
    kind: &str,
    object: &Object,
) -> ApiResult<Vec<Below>> {
    let parent = match object.parent.as_str() {
        "" => object.id.clone(),
        above => format!("{above}.{}", object.name),
    };
    let kinds = kinds::find(kind).map_or(&[][..], |kind| kind.below);
    let read = |kind: &&'static str| {
        let (items, count) = objects.latest_below(project, kind, &parent, BELOW_SHOWN)?;
        Ok(Below { kind, count, items: items.into_iter().map(Item::new).collect() })
    };
    let parts: ApiResult<Vec<Below>> = kinds.iter().map(read).collect();
    Ok(parts?.into_iter().filter(|part| part.count > 0).collect())
}

fn summary(item: &Item, kind: Option<&Kind>, project: &str, now: i64) -> Markup {
    let mut facts = Vec::new();
    let mut add = |name: &str, value: Markup| facts.push((html! { (name) }, value));
    if !item.timeline.last().is_empty() {
        add("State", state(item.timeline.state(now)));
    }
    if kind.is_some_and(|kind| kind.is_job) {
        add("Took", item.took(now));
    }
    add("Id", html! { span.id { (shortened(&item.id, 200)) } });
    if !item.parent.is_empty() {
        add("Belongs to", shortened(&item.parent, 200));
    }
    add("Created", moment(item.created));
    if item.updated != item.created {
        add("Changed", moment(item.updated));
    }
    if !project.is_empty() {
        add("Project", html! { span.id { (shown(project)) } });
    }
    let history: Vec<(i64, &str)> = item.timeline.until(now).collect();
    if history.len() > 1 {
        add(
            "History",
            html! {
                ol.history {
                    @for (at, name) in history { li { (state(name)) " " (moment(at)) } }
                }
            },
        );
    }
    frame::facts(facts)
}

/// The result of an SQL job that has finished, or of a script.
fn result(item: &Item, visit: &Visit<'_>) -> Markup {
    let (Some(schema), Some(rows)) = (item.doc["schema"].as_array(), item.doc["rows"].as_array())
    else {
        return html! {};
    };
    let state = item.timeline.state(visit.now);
    if !state.is_empty() && state != "FINISHED" {
        return html! {};
    }
    let from = visit.number("rows").and_then(|from| usize::try_from(from).ok()).unwrap_or(0);
    let end = from.saturating_add(ROWS_PER_PAGE).min(rows.len());
    let count = item.doc["row_count"].as_i64().unwrap_or(rows.len() as i64);
    let part = rows.get(from..end).unwrap_or_default();
    let columns: Vec<(&str, &Value)> = schema
        .iter()
        .filter_map(|column| column.as_object()?.iter().next())
        .map(|(name, kind)| (name.as_str(), kind))
        .collect();
    html! {
        h2 #result { "Result " span.count { (number(count)) @if count == 1 { " row" } @else { " rows" } } }
        @if !columns.is_empty() {
            (frame::wide("Result", html! {
                table.result {
                    thead {
                        tr {
                            @for (name, kind) in &columns {
                                th scope="col" {
                                    (shortened(name, CELL))
                                    span.type { (shortened(kind.as_str().unwrap_or_default(), CELL)) }
                                }
                            }
                        }
                    }
                    tbody {
                        @for row in part {
                            tr { @for value in row.as_array().into_iter().flatten() { (value_cell(value)) } }
                        }
                    }
                }
            }))
        }
        @if from > 0 || end < rows.len() {
            p.pages {
                "Rows " (from + 1) "–" (end) " of " (rows.len()) " that are kept. "
                @if from > 0 {
                    a rel="prev" href={ "?rows=" (from.saturating_sub(ROWS_PER_PAGE)) "#result" } { "Before" }
                }
                @if end < rows.len() { a rel="next" href={ "?rows=" (end) "#result" } { "After" } }
            }
        }
    }
}

fn value_cell(value: &Value) -> Markup {
    match value {
        Value::Null => html! { td.null { "NULL" } },
        Value::String(text) => html! { td { (shortened(text, CELL)) } },
        Value::Number(number) => html! { td.number { (number) } },
        other => html! { td { (shortened(&other.to_string(), CELL)) } },
    }
}

/// What else is kept of an object.
fn fields(item: &Item, now: i64) -> Markup {
    let shown_already = item.statement().map(|(field, _)| field);
    let entries = item.doc.as_object().into_iter().flatten().filter(|(name, value)| {
        !APART.contains(&name.as_str()) && Some(name.as_str()) != shown_already && !is_empty(value)
    });
    let facts: Vec<(Markup, Markup)> = entries
        .map(|(name, value)| (html! { code { (shortened(name, CELL)) } }, field(value, now)))
        .collect();
    html! {
        @if !facts.is_empty() {
            h2 { "What is kept of it" }
            (frame::facts(facts))
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn field(value: &Value, now: i64) -> Markup {
    match value {
        Value::String(text) if text == secrets::MASK => {
            html! { span.muted title="A secret, which is not shown" { (text) } }
        }
        Value::String(text) if text.contains('\n') => {
            html! { pre tabindex="0" { code { (shortened(text, LONG)) } } }
        }
        Value::String(text) => shortened(text, LONG),
        Value::Array(_) | Value::Object(_) => {
            let readable = with_states(value, now);
            let text = serde_json::to_string_pretty(&readable).unwrap_or_default();
            html! { pre tabindex="0" { code { (shortened(&text, LONG)) } } }
        }
        other => html! { (other.to_string()) },
    }
}

/// The document with the state of what has a timeline, instead of the timeline.
fn with_states(value: &Value, now: i64) -> Value {
    match value {
        Value::Object(map) => {
            let mut out = Map::new();
            for (name, value) in map {
                match serde_json::from_value::<Timeline>(value.clone()) {
                    Ok(timeline) if name == "timeline" => {
                        out.insert("state".to_owned(), timeline.state(now).into());
                    }
                    _ => {
                        out.insert(name.clone(), with_states(value, now));
                    }
                }
            }
            Value::Object(out)
        }
        Value::Array(items) => items.iter().map(|item| with_states(item, now)).collect(),
        other => other.clone(),
    }
}

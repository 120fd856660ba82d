//! The description of the service, its rulings and the lock, which holds what each page said:
//! they agree, and no fact of a page can be changed in the description without the audit
//! noticing it. The lock holds no examples, so those are not compared here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use dli_audit::compare;
use dli_audit::description::Description;
use dli_audit::difference::{Aspect, Difference};
use dli_audit::facts::{
    Direction, FieldFact, FieldType, Location, OperationFacts, PageFacts, bare_path,
};
use dli_audit::lock::{Lock, LockedField, LockedOperation};
use dli_audit::rulings::{self, Ruling, Verdict};
use dli_audit::source_files::{SourceFile, Sources};
use dli_audit::sources::recognise::SourceKind;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

fn openapi() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi")
}

// ---- the pages, as the lock has them ------------------------------------------------------------

fn sources_of(lock: &Lock) -> Sources {
    let files = lock.pages.iter().map(|(name, page)| SourceFile {
        name: name.clone(),
        kind: SourceKind::PlainText,
        facts: PageFacts {
            operations: page.operations.iter().map(operation_of).collect(),
            ..PageFacts::default()
        },
    });
    Sources { files: files.collect(), ..Sources::default() }
}

fn operation_of(locked: &LockedOperation) -> OperationFacts {
    let (method, path) = locked.address.split_once(' ').expect("a method and a path");
    let mut facts = OperationFacts::new(method, path);
    facts.deprecated = locked.deprecated.then_some(true);
    facts.statuses.clone_from(&locked.statuses);
    facts.fields = locked.fields.iter().map(|(at, field)| field_of(at, field)).collect();
    facts
}

fn field_of(at: &str, locked: &LockedField) -> FieldFact {
    let (direction, place) = at.split_once('.').expect("a direction");
    let direction = match direction {
        "request" => Direction::Request,
        _ => Direction::Response,
    };
    let place = place.split(" (row ").next().unwrap_or(place);
    let end = place.find(['.', '[']).unwrap_or(place.len());
    let location = match &place[..end] {
        "path" => Location::Path,
        "query" => Location::Query,
        "header" => Location::Header,
        _ => Location::Body,
    };
    let mut fact = FieldFact::new(direction, location, place[end..].trim_start_matches('.'));
    fact.kind = kind_of(&locked.kind);
    fact.mandatory = match locked.flag.as_str() {
        "must" => Some(true),
        "may" => Some(false),
        _ => None,
    };
    fact.values.clone_from(&locked.values);
    fact.default.clone_from(&locked.default);
    for (name, value) in &locked.limits {
        let limits = &mut fact.limits;
        let place = match name.as_str() {
            "minLength" => &mut limits.min_length,
            "maxLength" => &mut limits.max_length,
            "minimum" => &mut limits.minimum,
            "maximum" => &mut limits.maximum,
            "minItems" => &mut limits.min_items,
            "maxItems" => &mut limits.max_items,
            "multipleOf" => &mut limits.multiple_of,
            _ => &mut limits.pattern,
        };
        *place = Some(value.clone());
    }
    fact
}

fn kind_of(text: &str) -> Option<FieldType> {
    if let Some(item) = text.strip_prefix("array of ") {
        return Some(FieldType::Array(Some(Box::new(kind_of(item)?))));
    }
    Some(match text {
        "string" => FieldType::String,
        "integer" => FieldType::Integer,
        "number" => FieldType::Number,
        "boolean" => FieldType::Boolean,
        "object" => FieldType::Object,
        "map" => FieldType::Map,
        "array" => FieldType::Array(None),
        "file" => FieldType::File,
        "any" => FieldType::Any,
        _ => return None,
    })
}

// ---- one family of the description, which is small enough to be compared often -------------------

/// The files of the description as JSON, which is YAML too.
type Files = BTreeMap<String, Value>;

struct Family {
    files: Files,
    description: Description,
    sources: Sources,
    rulings: Vec<Ruling>,
    verdict: Found,
}

/// What the audit has to say.
type Found = (BTreeSet<Difference>, BTreeSet<String>);

fn described(files: &Files) -> Description {
    let texts: Vec<(String, String)> =
        files.iter().map(|(name, value)| (name.clone(), value.to_string())).collect();
    let texts: Vec<(&str, &str)> = texts.iter().map(|(n, t)| (n.as_str(), t.as_str())).collect();
    Description::from_texts(&texts).expect("YAML")
}

fn audited(files: &Files, sources: &Sources, rulings: &[Ruling]) -> Found {
    let verdict = verdict(sources, &described(files), rulings);
    (verdict.unexplained.into_iter().collect(), verdict.stale.into_iter().collect())
}

fn verdict(sources: &Sources, description: &Description, rulings: &[Ruling]) -> Verdict {
    let differences = compare::compare(sources, description);
    let loaded = sources.files.iter().map(|file| file.name.clone()).collect();
    rulings::apply(rulings, &differences, &loaded, description)
}

struct World {
    families: Vec<Family>,
    /// Each fact of a field: family, file, operation and field by number.
    facts: Vec<(usize, usize, usize, usize)>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let text = |name: &str| std::fs::read_to_string(openapi().join(name)).expect("readable");
    let lock = Lock::parse(&text("docs.lock")).expect("a lock");
    let all = sources_of(&lock);
    let description = Description::load(&openapi()).expect("a description");
    let rulings = rulings::load(&openapi().join("rulings.yaml")).expect("rulings");
    let rulings = compared(rulings, &all, &description);
    let names: BTreeSet<&str> = description.operations.iter().map(|o| o.family.as_str()).collect();
    let shared: Value = serde_saphyr::from_str(&text("dli.yaml")).expect("YAML");
    let mut families = Vec::new();
    for name in names {
        let own: Value = serde_saphyr::from_str(&text(&format!("{name}.yaml"))).expect("YAML");
        let files: Files =
            [("dli.yaml".to_owned(), shared.clone()), (format!("{name}.yaml"), own)].into();
        let of_family = |file: &SourceFile, facts: &OperationFacts| {
            compare::operation_of(file, facts, &description).is_some_and(|o| o.family == name)
        };
        let mut sources = Sources::default();
        for file in &all.files {
            let mut file = file.clone();
            let operations = std::mem::take(&mut file.facts.operations);
            file.facts.operations =
                operations.into_iter().filter(|facts| of_family(&file, facts)).collect();
            if !file.facts.operations.is_empty() {
                sources.files.push(file);
            }
        }
        let here = |id: &str| description.operation_by_id(id).is_some_and(|o| o.family == name);
        let mut rulings = rulings.clone();
        for ruling in &mut rulings {
            ruling.operation = ruling.operation.take().filter(|id| here(id));
            ruling.operations.retain(|id| here(id));
        }
        rulings.retain(|ruling| !ruling.operation_ids().is_empty());
        let verdict = audited(&files, &sources, &rulings);
        let description = described(&files);
        families.push(Family { files, description, sources, rulings, verdict });
    }
    let mut facts = Vec::new();
    for (family, of) in families.iter().enumerate() {
        for (file, source) in of.sources.files.iter().enumerate() {
            for (operation, said) in source.facts.operations.iter().enumerate() {
                facts.extend((0..said.fields.len()).map(|field| (family, file, operation, field)));
            }
        }
    }
    World { families, facts }
});

/// Rulings about what the lock has: neither examples, nor tables that nothing refers to, nor what
/// a page has from a table of another one.
fn compared(rulings: Vec<Ruling>, sources: &Sources, description: &Description) -> Vec<Ruling> {
    let mut kept = Vec::new();
    for mut ruling in rulings {
        let tables = ruling.at.all().iter().any(|at| at.starts_with("table"));
        if ruling.by.is_some() || ruling.aspect == Aspect::Example.name() || tables {
            continue;
        }
        let of_fields = ["type", "mandatory", "enum", "limit", "default"];
        if of_fields.contains(&ruling.aspect.as_str()) {
            let places: BTreeSet<String> = ruling.at.all().iter().map(|at| bare_path(at)).collect();
            let mut operations: BTreeSet<&str> = BTreeSet::new();
            let mut pages: BTreeSet<&str> = BTreeSet::new();
            for file in &sources.files {
                for facts in &file.facts.operations {
                    let has = facts.fields.iter().any(|f| places.contains(&bare_path(&f.at())));
                    let operation = compare::operation_of(file, facts, description);
                    if has && ruling.says.contains_key(&file.name) {
                        pages.insert(&file.name);
                        operations.extend(operation.map(|operation| operation.id.as_str()));
                    }
                }
            }
            ruling.says.retain(|page, _| pages.contains(page.as_str()));
            ruling.operation =
                ruling.operation.take().filter(|id| operations.contains(id.as_str()));
            ruling.operations.retain(|id| operations.contains(id.as_str()));
        }
        if !ruling.says.is_empty() && !ruling.operation_ids().is_empty() {
            kept.push(ruling);
        }
    }
    kept
}

// ---- agreement ----------------------------------------------------------------------------------

#[test]
fn what_each_ruling_holds_is_what_the_description_says() {
    let lock = std::fs::read_to_string(openapi().join("docs.lock")).expect("readable");
    let sources = sources_of(&Lock::parse(&lock).expect("a lock"));
    let description = Description::load(&openapi()).expect("a description");
    let rulings = rulings::load(&openapi().join("rulings.yaml")).expect("rulings");
    let rulings = compared(rulings, &sources, &description);
    let verdict = verdict(&sources, &description, &rulings);
    println!("{} rulings explain {} differences", rulings.len(), verdict.explained);
    assert!(verdict.unexplained.is_empty(), "{:#?}", verdict.unexplained);
    assert!(verdict.stale.is_empty(), "{:#?}", verdict.stale);
    assert!(verdict.explained > 100 && verdict.unchecked == 0);
}

// ---- mutations ----------------------------------------------------------------------------------

/// A place in the files.
#[derive(Debug, Clone)]
struct At {
    file: String,
    pointer: String,
}

impl At {
    fn of<'a>(&self, files: &'a Files) -> &'a Value {
        files.get(&self.file).and_then(|root| root.pointer(&self.pointer)).unwrap_or(&Value::Null)
    }

    fn edit<'a>(&self, files: &'a mut Files) -> &'a mut Value {
        let root = files.get_mut(&self.file).expect("a file");
        root.pointer_mut(&self.pointer).expect("a place")
    }

    fn down(&self, part: &str) -> Self {
        let part = part.replace('~', "~0").replace('/', "~1");
        Self { file: self.file.clone(), pointer: format!("{}/{part}", self.pointer) }
    }

    fn resolved(&self, files: &Files) -> Self {
        let mut at = self.clone();
        loop {
            let value = at.of(files);
            let parts = value["allOf"].as_array().filter(|_| value.get("properties").is_none());
            if parts.is_some_and(|parts| parts.len() == 1) {
                at = at.down("allOf").down("0");
            } else if let Some(reference) = value["$ref"].as_str() {
                let (file, pointer) = reference.split_once('#').expect("a reference");
                let file = if file.is_empty() { &at.file } else { file.trim_start_matches("./") };
                at = At { file: file.to_owned(), pointer: pointer.to_owned() };
            } else {
                return at;
            }
        }
    }

    /// The items, however many lists are around them.
    fn inner(&self, files: &Files) -> Self {
        let mut at = self.resolved(files);
        while at.of(files).get("items").is_some() {
            at = at.down("items").resolved(files);
        }
        at
    }
}

/// A field in the files: what holds it, its name there, its schema.
struct Place {
    holder: At,
    name: String,
    schema: At,
}

fn place(
    files: &Files,
    family: &Family,
    file: usize,
    operation: usize,
    fact: &FieldFact,
) -> Option<Place> {
    let source = &family.sources.files[file];
    let held =
        compare::operation_of(source, &source.facts.operations[operation], &family.description)?;
    let name = files.keys().find(|name| *name != "dli.yaml")?;
    let root = At { file: name.clone(), pointer: String::new() };
    let at = root.down("paths").down(&held.path).down(&held.method.to_lowercase());
    if fact.location != Location::Body {
        let count = at.of(files)["parameters"].as_array().map_or(0, Vec::len);
        let all =
            (0..count).map(|nth| at.down("parameters").down(&nth.to_string()).resolved(files));
        let mut found = all.filter(|parameter| {
            let value = parameter.of(files);
            value["name"] == *fact.path && value["in"] == *fact.location.to_string()
        });
        let holder = found.next()?;
        return Some(Place { schema: holder.down("schema"), name: fact.path.clone(), holder });
    }
    let message = match fact.direction {
        Direction::Request => at.down("requestBody").resolved(files),
        Direction::Response => {
            let responses = at.of(files)["responses"].as_object()?;
            let status = responses.keys().find(|status| {
                let body = at.down("responses").down(status).resolved(files);
                status.starts_with('2') && body.of(files).get("content").is_some()
            })?;
            at.down("responses").down(status).resolved(files)
        }
    };
    let media = message.of(files)["content"].as_object()?;
    let media = if media.contains_key("application/json") {
        "application/json"
    } else {
        media.keys().next()?
    };
    let mut schema = message.down("content").down(media).down("schema");
    let mut found = None;
    for name in
        fact.path.split('.').map(|part| part.replace("[]", "")).filter(|part| !part.is_empty())
    {
        let holder = schema.inner(files);
        schema = holder.down("properties").down(&name);
        if schema.of(files).is_null() {
            return None;
        }
        found = Some(Place { holder, name, schema: schema.clone() });
    }
    found
}

/// Changes one thing that a page says of a field; `None` where it says nothing of the kind.
fn mutate(
    files: &mut Files,
    place: &Place,
    fact: &FieldFact,
    what: usize,
    which: Index,
) -> Option<String> {
    let body = fact.location == Location::Body;
    match what {
        0 => {
            let kind = fact.kind.as_ref().filter(|kind| **kind != FieldType::Any)?;
            let inner = place.schema.inner(files);
            let free = inner.of(files).get("type").is_none()
                && inner.of(files).get("properties").is_none();
            if matches!(kind, FieldType::Array(None)) || free {
                return None;
            }
            let other = if inner.of(files)["type"] == "boolean" { "integer" } else { "boolean" };
            *inner.edit(files) = json!({ "type": other });
            Some(format!("its type is {other}"))
        }
        1 => {
            fact.mandatory?;
            if !body {
                let flag = &mut place.holder.edit(files)["required"];
                *flag = json!(*flag != true);
                return Some("its flag is the other one".to_owned());
            }
            let holder = place.holder.edit(files);
            let list =
                holder.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
            let name = Value::from(place.name.as_str());
            holder["required"] = match list.contains(&name) {
                true => list.into_iter().filter(|other| *other != name).collect(),
                false => list.into_iter().chain([name]).collect(),
            };
            Some("its flag is the other one".to_owned())
        }
        2 => {
            let inner = place.schema.inner(files);
            let listed = inner.edit(files).get_mut("x-extensible-enum")?.as_array_mut()?;
            let text =
                |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let said: Vec<usize> = (0..listed.len())
                .filter(|nth| fact.values.contains(&text(&listed[*nth])))
                .collect();
            if said.is_empty() {
                return None;
            }
            let gone = listed.remove(said[which.index(said.len())]);
            // In another case it may still be there.
            let same = |value: &Value| text(value).eq_ignore_ascii_case(&text(&gone));
            (!listed.iter().any(same)).then(|| format!("it has no value {gone}"))
        }
        3 if fact.direction == Direction::Request => {
            let stated = fact.limits.stated();
            let (name, said) = *stated.get(which.index(stated.len().max(1)))?;
            let void = said == "0" && name.starts_with("min");
            let kind = place.schema.inner(files).of(files)["type"].clone();
            let fits = match name {
                "minLength" | "maxLength" | "pattern" => kind == "string",
                "minItems" | "maxItems" => {
                    place.schema.resolved(files).of(files)["type"] == "array"
                }
                _ => kind == "integer" || kind == "number",
            };
            if void || !fits {
                return None;
            }
            let beside = place.schema.edit(files);
            if beside.get("$ref").is_some() {
                return None;
            }
            beside[name] = if name == "pattern" { json!("^never$") } else { json!(987_654) };
            Some(format!("its {name} is another"))
        }
        4 if fact.direction == Direction::Request => {
            fact.default.as_ref()?;
            let beside = place.schema.edit(files);
            if beside.get("$ref").is_some() {
                return None;
            }
            beside["default"] = json!("never");
            Some("its default is another".to_owned())
        }
        5 if body => {
            let holder = place.holder.edit(files);
            let map = holder.get("additionalProperties").is_some_and(Value::is_object);
            if map || holder["properties"].as_object()?.len() < 2 {
                return None;
            }
            holder["properties"].as_object_mut()?.remove(&place.name);
            Some("it is gone".to_owned())
        }
        6 => {
            if !body {
                place.holder.edit(files)["name"] = json!("renamed_by_a_test");
                return (fact.location != Location::Path).then(|| "it has another name".to_owned());
            }
            let properties = place.holder.edit(files)["properties"].as_object_mut()?;
            let schema = properties.remove(&place.name)?;
            properties.insert("renamed_by_a_test".to_owned(), schema);
            Some("it has another name".to_owned())
        }
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        // Each case reads files of the description anew; PROPTEST_CASES asks for more.
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(48),
        failure_persistence: None,
        max_global_rejects: 100_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_fact_of_a_page_is_changed_in_the_description_unnoticed(
        fact: Index,
        what in 0usize..7,
        which: Index,
    ) {
        let world = &*WORLD;
        let (nth, file, operation, field) = world.facts[fact.index(world.facts.len())];
        let family = &world.families[nth];
        let source = &family.sources.files[file];
        let fact = &source.facts.operations[operation].fields[field];
        let mut files = family.files.clone();
        let Some(place) = place(&files, family, file, operation, fact) else {
            return Err(TestCaseError::reject("held in another way"));
        };
        let Some(change) = mutate(&mut files, &place, fact, what, which) else {
            return Err(TestCaseError::reject("the page does not say it"));
        };
        let found = audited(&files, &family.sources, &family.rulings);
        prop_assert!(
            found != family.verdict,
            "{}: {} {}: {change}, and nobody notices",
            source.name,
            source.facts.operations[operation].address(),
            fact.at()
        );
    }
}

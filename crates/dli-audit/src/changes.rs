//! What changed between the pages of the lock and the pages at hand, fact by fact.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::lock::{Lock, LockedExample, LockedField, LockedOperation, LockedPage};

/// One change on one page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// What kind of change it is.
    pub kind: ChangeKind,
    /// The operation, where the page has several.
    pub operation: String,
    /// The places it concerns: one, or all where the same table stands.
    pub at: Vec<String>,
    /// What it was and what it is.
    pub what: String,
}

/// The kinds of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// A page that was not there.
    PageAdded,
    /// A page that is not there any more.
    PageRemoved,
    /// An operation more on the page.
    OperationAdded,
    /// An operation less.
    OperationRemoved,
    /// Another method or path.
    AddressChanged,
    /// Called deprecated, or no longer.
    DeprecatedChanged,
    /// A status more.
    StatusAdded,
    /// A status less.
    StatusRemoved,
    /// A field more.
    FieldAdded,
    /// A field less.
    FieldRemoved,
    /// The same field under another name.
    FieldRenamed,
    /// Another type.
    TypeChanged,
    /// Another mandatory flag.
    FlagChanged,
    /// Values more.
    ValuesAdded,
    /// Values less.
    ValuesRemoved,
    /// Some values more and others less.
    ValuesChanged,
    /// Other limits.
    LimitChanged,
    /// Another default.
    DefaultChanged,
    /// The words of a description, and nothing the audit understands.
    WordsChanged,
    /// An example that is no JSON any more.
    ExampleBroken,
    /// An example that is JSON again.
    ExampleMended,
    /// An example more.
    ExampleAdded,
    /// An example less.
    ExampleRemoved,
    /// Other names or types in an example.
    ExampleChanged,
    /// Other values in an example.
    ExampleValuesChanged,
    /// Something that can no longer be read.
    ProblemAdded,
    /// Something that can be read again.
    ProblemRemoved,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{}: ", self.operation)?;
        }
        if !self.at.is_empty() {
            write!(f, "{}: ", self.at.join(" and "))?;
        }
        f.write_str(&self.what)
    }
}

/// Changes by page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// Pages with their changes.
    pub pages: BTreeMap<String, Vec<Change>>,
}

impl Changes {
    /// What is different at hand (`new`) from the lock (`old`).
    pub fn between(old: &Lock, new: &Lock) -> Self {
        let mut pages = BTreeMap::new();
        for (name, page) in &new.pages {
            let changes = match old.pages.get(name) {
                Some(before) => page_changes(before, page),
                None => {
                    let addresses: Vec<&str> =
                        page.operations.iter().map(|o| o.address.as_str()).collect();
                    vec![change(
                        ChangeKind::PageAdded,
                        format!("page added: {}", addresses.join(", ")),
                    )]
                }
            };
            if !changes.is_empty() {
                pages.insert(name.clone(), changes);
            }
        }
        for name in old.missing_from(new) {
            let addresses: Vec<&str> =
                old.pages[&name].operations.iter().map(|o| o.address.as_str()).collect();
            let what = format!("page removed: {}", addresses.join(", "));
            pages.insert(name, vec![change(ChangeKind::PageRemoved, what)]);
        }
        Self { pages }
    }

    /// Number of changes.
    pub fn count(&self) -> usize {
        self.pages.values().map(Vec::len).sum()
    }
}

fn change(kind: ChangeKind, what: String) -> Change {
    Change { kind, operation: String::new(), at: Vec::new(), what }
}

fn page_changes(old: &LockedPage, new: &LockedPage) -> Vec<Change> {
    let mut out = Vec::new();
    let several = new.operations.len() > 1 || old.operations.len() > 1;
    let before: BTreeMap<&str, &LockedOperation> =
        old.operations.iter().map(|o| (o.address.as_str(), o)).collect();
    let after: BTreeMap<&str, &LockedOperation> =
        new.operations.iter().map(|o| (o.address.as_str(), o)).collect();
    let mut gone: Vec<&LockedOperation> =
        before.iter().filter(|(a, _)| !after.contains_key(*a)).map(|(_, o)| *o).collect();
    let mut come: Vec<&LockedOperation> =
        after.iter().filter(|(a, _)| !before.contains_key(*a)).map(|(_, o)| *o).collect();
    let mut pairs: Vec<(&LockedOperation, &LockedOperation)> =
        before.iter().filter_map(|(a, o)| Some((*o, *after.get(a)?))).collect();
    if let ([was], [is]) = (gone.as_slice(), come.as_slice()) {
        let what = format!("address changed from {} to {}", was.address, is.address);
        out.push(change(ChangeKind::AddressChanged, what));
        pairs.push((was, is));
        gone.clear();
        come.clear();
    }
    for operation in gone {
        out.push(change(
            ChangeKind::OperationRemoved,
            format!("operation removed: {}", operation.address),
        ));
    }
    for operation in come {
        out.push(change(
            ChangeKind::OperationAdded,
            format!("operation added: {}", operation.address),
        ));
    }
    let mut folded = false;
    for (was, is) in pairs {
        let mut found = Vec::new();
        folded |= operation_changes(was, is, &mut found);
        if several {
            for change in &mut found {
                change.operation.clone_from(&is.address);
            }
        }
        out.append(&mut found);
    }
    // A table whose field went is lost because of that, and found again with it.
    if !folded {
        for problem in new.problems.difference(&old.problems) {
            out.push(change(ChangeKind::ProblemAdded, format!("no longer readable: {problem}")));
        }
        for problem in old.problems.difference(&new.problems) {
            out.push(change(ChangeKind::ProblemRemoved, format!("readable again: {problem}")));
        }
    }
    merge(out)
}

/// Says whether fields went or came together with the field they stand in.
fn operation_changes(old: &LockedOperation, new: &LockedOperation, out: &mut Vec<Change>) -> bool {
    if old.deprecated != new.deprecated {
        let what =
            if new.deprecated { "now called deprecated" } else { "no longer called deprecated" };
        out.push(change(ChangeKind::DeprecatedChanged, what.to_owned()));
    }
    for status in new.statuses.difference(&old.statuses) {
        out.push(change(ChangeKind::StatusAdded, format!("status {status} added")));
    }
    for status in old.statuses.difference(&new.statuses) {
        out.push(change(ChangeKind::StatusRemoved, format!("status {status} removed")));
    }
    let folded = field_changes(&old.fields, &new.fields, out);
    example_changes(old, new, out);
    folded
}

type Fields = BTreeMap<String, LockedField>;

fn field_changes(old: &Fields, new: &Fields, out: &mut Vec<Change>) -> bool {
    let mut removed: BTreeSet<&str> =
        old.keys().filter(|at| !new.contains_key(*at)).map(String::as_str).collect();
    let mut added: BTreeSet<&str> =
        new.keys().filter(|at| !old.contains_key(*at)).map(String::as_str).collect();
    renamed(old, new, &mut removed, &mut added, out);
    let mut folded = false;
    for (at, is) in new {
        if let Some(was) = old.get(at) {
            let from = out.len();
            one_field(at, was, is, out);
            // With its type an object loses or gains its inside.
            let retyped = out[from..].iter().any(|c| c.kind == ChangeKind::TypeChanged);
            if retyped {
                let (less, more) = (take_below(at, &mut removed), take_below(at, &mut added));
                folded |= less + more > 0;
            }
        }
    }
    // Outermost fields first: what stands inside goes and comes with them.
    let mut take = |set: &mut BTreeSet<&str>, fields: &Fields, kind, word: &str| {
        while let Some(at) = set.pop_first() {
            let inside = take_below(at, set);
            folded |= inside > 0;
            let field = &fields[at];
            let mut what = format!("field {word}");
            let facts: Vec<&str> = [field.kind.as_str(), flag_word(&field.flag)]
                .into_iter()
                .filter(|t| !t.is_empty())
                .collect();
            if !facts.is_empty() {
                what.push_str(&format!(" ({})", facts.join(", ")));
            }
            if inside > 0 {
                what.push_str(&format!(" with {inside} fields inside"));
            }
            out.push(Change { kind, operation: String::new(), at: vec![at.to_owned()], what });
        }
    };
    take(&mut removed, old, ChangeKind::FieldRemoved, "removed");
    take(&mut added, new, ChangeKind::FieldAdded, "added");
    folded
}

/// Takes the fields inside a field out of the set.
fn take_below(at: &str, set: &mut BTreeSet<&str>) -> usize {
    let below: Vec<&str> = set
        .iter()
        .copied()
        .filter(|other| {
            other
                .strip_prefix(at)
                .is_some_and(|rest| rest.starts_with('.') || rest.starts_with("[]"))
        })
        .collect();
    for other in &below {
        set.remove(other);
    }
    below.len()
}

/// One field less and one more that are alike in everything else, at the same level.
fn renamed(
    old: &Fields,
    new: &Fields,
    removed: &mut BTreeSet<&str>,
    added: &mut BTreeSet<&str>,
    out: &mut Vec<Change>,
) {
    let parent = |at: &str| at.rsplit_once('.').map(|(p, _)| p.to_owned()).unwrap_or_default();
    let pairs: Vec<(String, String)> = removed
        .iter()
        .filter_map(|was| {
            let alike = |is: &&&str| parent(was) == parent(is) && old[*was] == new[**is];
            let mut candidates = added.iter().filter(alike);
            let first = candidates.next()?;
            let single = candidates.next().is_none();
            (single
                && removed
                    .iter()
                    .filter(|r| parent(r) == parent(was) && old[**r] == old[*was])
                    .count()
                    == 1)
                .then(|| ((*was).to_owned(), (*first).to_owned()))
        })
        .collect();
    for (was, is) in pairs {
        removed.remove(was.as_str());
        added.remove(is.as_str());
        // What stands inside moved along.
        let _ = (take_below(&was, removed), take_below(&is, added));
        let name = is.rsplit('.').next().unwrap_or(&is).to_owned();
        let what = format!("field renamed to {name}");
        out.push(Change {
            kind: ChangeKind::FieldRenamed,
            operation: String::new(),
            at: vec![was],
            what,
        });
    }
}

fn flag_word(flag: &str) -> &str {
    match flag {
        "must" => "mandatory",
        "may" => "optional",
        _ => "",
    }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

fn one_field(at: &str, was: &LockedField, is: &LockedField, out: &mut Vec<Change>) {
    let from = out.len();
    let mut push = |kind, what: String| {
        out.push(Change { kind, operation: String::new(), at: vec![at.to_owned()], what });
    };
    let retyped = was.kind != is.kind;
    if retyped {
        push(
            ChangeKind::TypeChanged,
            format!("type changed from {} to {}", or_none(&was.kind), or_none(&is.kind)),
        );
    }
    if was.flag != is.flag {
        let (a, b) = (or_none(flag_word(&was.flag)), or_none(flag_word(&is.flag)));
        push(ChangeKind::FlagChanged, format!("changed from {a} to {b}"));
    }
    // Which words count as limits and values depends on the type: with another type they are
    // read anew, and only different words make a change of their own.
    let same_words = retyped && was.words == is.words;
    if !same_words {
        let more: Vec<&str> =
            is.values.iter().filter(|v| !was.values.contains(v)).map(String::as_str).collect();
        let less: Vec<&str> =
            was.values.iter().filter(|v| !is.values.contains(v)).map(String::as_str).collect();
        if !more.is_empty() && !less.is_empty() {
            let what =
                format!("values changed: {} added, {} removed", more.join(", "), less.join(", "));
            push(ChangeKind::ValuesChanged, what);
        } else if !more.is_empty() {
            push(ChangeKind::ValuesAdded, format!("value added: {}", more.join(", ")));
        } else if !less.is_empty() {
            push(ChangeKind::ValuesRemoved, format!("value removed: {}", less.join(", ")));
        }
        if was.limits != is.limits {
            let names: BTreeSet<&String> = was.limits.keys().chain(is.limits.keys()).collect();
            let mut changed = Vec::new();
            for name in names {
                let (a, b) = (was.limits.get(name), is.limits.get(name));
                if a != b {
                    let text = |v: Option<&String>| v.map_or("nothing".to_owned(), Clone::clone);
                    changed.push(format!("{name} from {} to {}", text(a), text(b)));
                }
            }
            push(ChangeKind::LimitChanged, format!("limit changed: {}", changed.join(", ")));
        }
        if was.default != is.default {
            let text =
                |v: &Option<String>| v.as_ref().map_or("nothing".to_owned(), |d| format!("{d:?}"));
            push(
                ChangeKind::DefaultChanged,
                format!("default changed from {} to {}", text(&was.default), text(&is.default)),
            );
        }
    }
    if out.len() == from && was.words != is.words {
        let what = "description reworded".to_owned();
        out.push(Change {
            kind: ChangeKind::WordsChanged,
            operation: String::new(),
            at: vec![at.to_owned()],
            what,
        });
    }
}

fn example_changes(old: &LockedOperation, new: &LockedOperation, out: &mut Vec<Change>) {
    let place = |key: &(String, usize)| vec![format!("example {} of the {}", key.1, key.0)];
    let mut push = |kind, key: &(String, usize), what: String| {
        out.push(Change { kind, operation: String::new(), at: place(key), what });
    };
    for (key, is) in &new.examples {
        let Some(was) = old.examples.get(key) else {
            match &is.broken {
                Some(error) => {
                    push(ChangeKind::ExampleAdded, key, format!("added, and not JSON: {error}"))
                }
                None => push(ChangeKind::ExampleAdded, key, "added".to_owned()),
            }
            continue;
        };
        match (&was.broken, &is.broken) {
            (None, Some(error)) => {
                push(ChangeKind::ExampleBroken, key, format!("is no longer JSON: {error}"))
            }
            (Some(_), None) => push(ChangeKind::ExampleMended, key, "is JSON now".to_owned()),
            (Some(a), Some(b)) if a != b => {
                push(
                    ChangeKind::ExampleBroken,
                    key,
                    format!("is still no JSON, in another way: {b}"),
                );
            }
            (Some(_), Some(_)) if was.digest != is.digest => {
                let what = "is another text, and still not JSON".to_owned();
                push(ChangeKind::ExampleValuesChanged, key, what);
            }
            (None, None) if was.names != is.names => {
                push(ChangeKind::ExampleChanged, key, names_changed(was, is))
            }
            (None, None) if was.digest != is.digest || was.status != is.status => {
                push(ChangeKind::ExampleValuesChanged, key, "has other values".to_owned());
            }
            _ => {}
        }
    }
    for key in old.examples.keys().filter(|k| !new.examples.contains_key(k)) {
        push(ChangeKind::ExampleRemoved, key, "removed".to_owned());
    }
}

fn names_changed(was: &LockedExample, is: &LockedExample) -> String {
    let only = |a: &LockedExample, b: &LockedExample| -> BTreeSet<String> {
        let names: BTreeSet<&String> = b.names.iter().map(|(n, _)| n).collect();
        a.names.iter().filter(|(n, _)| !names.contains(n)).map(|(n, _)| n.clone()).collect()
    };
    let (more, less) = (only(is, was), only(was, is));
    let retyped: BTreeSet<String> = is
        .names
        .difference(&was.names)
        .map(|(n, _)| n.clone())
        .filter(|n| !more.contains(n))
        .chain(
            was.names.difference(&is.names).map(|(n, _)| n.clone()).filter(|n| !less.contains(n)),
        )
        .collect();
    let list = |set: &BTreeSet<String>| {
        let shown: Vec<&str> = set.iter().take(5).map(String::as_str).collect();
        let more =
            if set.len() > 5 { format!(" and {} more", set.len() - 5) } else { String::new() };
        format!("{}{more}", shown.join(", "))
    };
    let mut parts = Vec::new();
    for (set, word) in [(&more, "gained"), (&less, "lost"), (&retyped, "has another type of")] {
        if !set.is_empty() {
            parts.push(format!("{word} {}", list(set)));
        }
    }
    parts.join("; ")
}

/// The same change of one table that stands in several places becomes one.
fn merge(changes: Vec<Change>) -> Vec<Change> {
    let mut out: Vec<Change> = Vec::new();
    for change in changes {
        let leaf = |c: &Change| c.at.first().map(|a| a.rsplit('.').next().unwrap_or(a).to_owned());
        let deep = change.at.first().is_some_and(|a| a.matches('.').count() >= 3);
        let same = out.iter_mut().find(|c| {
            deep && c.kind == change.kind
                && c.operation == change.operation
                && c.what == change.what
                && c.at.first().is_some_and(|a| a.matches('.').count() >= 3)
                && leaf(c) == leaf(&change)
        });
        match same {
            Some(known) => known.at.extend(change.at),
            None => out.push(change),
        }
    }
    out
}

//! Rulings: where the sources disagree with the description, on purpose and for a reason.
//!
//! A ruling names each operation, place and page it is about, and repeats what the page says and
//! what is held in the words of the audit. There are no wildcards; when either side changes, the
//! ruling no longer matches, and that is a failure.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::description::{Description, Lookup};
use crate::difference::{Aspect, Difference};
use crate::facts::bare_path;

/// One entry of `openapi/rulings.yaml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// The operation, or all of them.
    #[serde(default)]
    pub operation: Option<String>,
    /// Several operations of which the very same is true.
    #[serde(default)]
    pub operations: Vec<String>,
    /// The place, or all places.
    pub at: OneOrMany,
    /// What it is about.
    pub aspect: String,
    /// What each source says there.
    #[serde(default)]
    pub says: BTreeMap<String, String>,
    /// What the description holds.
    pub holds: String,
    /// The reason.
    #[serde(default)]
    pub why: String,
    /// `reader` for what a person read and the audit cannot see.
    #[serde(default)]
    pub by: Option<String>,
}

/// A text or a list of texts.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Default for OneOrMany {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl OneOrMany {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Ruling {
    /// All operations it is about.
    pub fn operation_ids(&self) -> Vec<&str> {
        self.operation.iter().chain(&self.operations).map(String::as_str).collect()
    }

    /// How a report names it.
    pub fn name(&self) -> String {
        let operations = self.operation_ids();
        let at = self.at.all();
        let more = |n: usize| if n > 1 { format!(" and {} more", n - 1) } else { String::new() };
        format!(
            "{}{} {}{} {}",
            operations.first().unwrap_or(&"?"),
            more(operations.len()),
            at.first().map_or("?", String::as_str),
            more(at.len()),
            self.aspect
        )
    }
}

/// Reads the rulings; a missing file holds none.
///
/// # Errors
/// When the file is not a list of rulings.
pub fn load(path: &Path) -> Result<Vec<Ruling>, String> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    parse(&text).map_err(|e| format!("{}: {e}", path.display()))
}

/// Reads rulings from text.
///
/// # Errors
/// When the text is not a list of rulings.
pub fn parse(text: &str) -> Result<Vec<Ruling>, String> {
    let blank = text.lines().all(|l| l.trim().is_empty() || l.trim_start().starts_with('#'));
    if blank {
        return Ok(Vec::new());
    }
    serde_saphyr::from_str(text).map_err(|e| e.to_string())
}

/// What the rulings make of the differences.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Verdict {
    /// Differences no ruling explains.
    pub unexplained: Vec<Difference>,
    /// Number of differences explained.
    pub explained: usize,
    /// Rulings, or parts of them, that match nothing any more, or are not well formed.
    pub stale: Vec<String>,
    /// Rulings about things only a reader can see.
    pub by_reader: usize,
    /// Rulings that could not be checked since none of their sources was given.
    pub unchecked: usize,
}

/// Applies the rulings. `loaded` are the sources that were read: a ruling about another source
/// is neither right nor stale.
pub fn apply(
    rulings: &[Ruling],
    differences: &[Difference],
    loaded: &BTreeSet<String>,
    description: &Description,
) -> Verdict {
    let mut verdict = Verdict::default();
    // For each place, the rulings that name it.
    let mut index: HashMap<(&str, String, Aspect), Vec<usize>> = HashMap::new();
    for (i, ruling) in rulings.iter().enumerate() {
        for problem in malformed(ruling, description) {
            verdict.stale.push(format!("{}: {problem}", ruling.name()));
        }
        if ruling.by.is_some() {
            verdict.by_reader += 1;
            continue;
        }
        let Some(aspect) = Aspect::by_name(&ruling.aspect) else {
            continue;
        };
        for operation in ruling.operation_ids() {
            for at in ruling.at.all() {
                index.entry((operation, bare_path(at), aspect)).or_default().push(i);
            }
        }
    }
    let mut uses: Vec<Uses> = rulings.iter().map(|_| Uses::default()).collect();
    for difference in differences {
        let key = (difference.operation.as_str(), bare_path(&difference.at), difference.aspect);
        let candidates = index.get(&key).map_or(&[][..], Vec::as_slice);
        let matching: Vec<usize> = candidates
            .iter()
            .copied()
            .filter(|i| {
                let ruling = &rulings[*i];
                ruling.says.get(&difference.source) == Some(&difference.said)
                    && ruling.holds == difference.held
            })
            .collect();
        match matching.as_slice() {
            [] => verdict.unexplained.push(difference.clone()),
            [first, rest @ ..] => {
                verdict.explained += 1;
                uses[*first].note(difference);
                for i in rest {
                    uses[*i].note(difference);
                    let name = rulings[*i].name();
                    verdict.stale.push(format!("{name}: {} is ruled twice", difference.source));
                }
            }
        }
    }
    for (ruling, used) in rulings.iter().zip(&uses).filter(|(r, _)| r.by.is_none()) {
        stale_parts(ruling, used, differences, loaded, &mut verdict);
    }
    verdict.stale.sort();
    verdict.stale.dedup();
    verdict
}

/// Which parts of a ruling matched.
#[derive(Default)]
struct Uses {
    operations: BTreeSet<String>,
    places: BTreeSet<String>,
    sources: BTreeSet<String>,
}

impl Uses {
    fn note(&mut self, difference: &Difference) {
        self.operations.insert(difference.operation.clone());
        self.places.insert(bare_path(&difference.at));
        self.sources.insert(difference.source.clone());
    }
}

fn malformed(ruling: &Ruling, description: &Description) -> Vec<String> {
    let mut problems = Vec::new();
    if ruling.why.trim().is_empty() {
        problems.push("no reason (why)".to_owned());
    }
    if ruling.operation_ids().is_empty() || ruling.at.all().is_empty() {
        problems.push("names no operation or no place".to_owned());
    }
    if Aspect::by_name(&ruling.aspect).is_none() {
        problems.push(format!("unknown aspect {:?}", ruling.aspect));
    }
    let texts =
        ruling.operation_ids().into_iter().chain(ruling.at.all().iter().map(String::as_str));
    if texts.chain(ruling.says.keys().map(String::as_str)).any(|t| t.contains('*')) {
        problems.push("a wildcard".to_owned());
    }
    match ruling.by.as_deref() {
        None => {
            if ruling.says.is_empty() {
                problems.push("says: no source".to_owned());
            }
        }
        Some("reader") => problems.extend(unknown_places(ruling, description)),
        Some(other) => problems.push(format!("by: {other:?} is not \"reader\"")),
    }
    problems
}

/// A reader's ruling must still speak of something that exists.
fn unknown_places(ruling: &Ruling, description: &Description) -> Vec<String> {
    let mut problems = Vec::new();
    for id in ruling.operation_ids() {
        let Some(operation) = description.operation_by_id(id) else {
            problems.push(format!("no operation {id}"));
            continue;
        };
        for at in ruling.at.all() {
            let bare = bare_path(at);
            let mut parts = bare.splitn(3, '.');
            let (direction, location, path) =
                (parts.next(), parts.next(), parts.next().unwrap_or_default());
            let known = match (direction, location) {
                (Some("request"), Some("body")) => operation
                    .request
                    .as_ref()
                    .is_some_and(|b| !matches!(description.find(b, path), Lookup::Missing(_))),
                (Some("response"), Some("body")) => operation
                    .responses
                    .values()
                    .flatten()
                    .any(|b| !matches!(description.find(b, path), Lookup::Missing(_))),
                (Some("request"), Some(place)) => operation
                    .parameters
                    .iter()
                    .any(|p| p.location.to_string() == place && p.name == path),
                (Some("status"), Some(status)) => {
                    status.parse::<u16>().is_ok_and(|s| operation.responses.contains_key(&s))
                }
                (
                    Some("method" | "path" | "operation" | "deprecated" | "paging" | "example"),
                    _,
                ) => true,
                _ => false,
            };
            if !known {
                problems.push(format!("{id} has no {at}"));
            }
        }
    }
    problems
}

fn stale_parts(
    ruling: &Ruling,
    used: &Uses,
    differences: &[Difference],
    loaded: &BTreeSet<String>,
    verdict: &mut Verdict,
) {
    let given: Vec<&String> = ruling.says.keys().filter(|s| loaded.contains(*s)).collect();
    if given.is_empty() && !ruling.says.is_empty() {
        verdict.unchecked += 1;
        return;
    }
    let name = ruling.name();
    for source in &given {
        if !used.sources.contains(*source) {
            let now = present(ruling, Some(source), differences);
            verdict
                .stale
                .push(format!("{name}: {source} no longer says {:?}{now}", ruling.says[*source]));
        }
    }
    // The other parts can be judged only when all sources are there.
    if given.len() < ruling.says.len() {
        return;
    }
    for operation in ruling.operation_ids().iter().filter(|o| !used.operations.contains(**o)) {
        if !used.sources.is_empty() {
            verdict.stale.push(format!("{name}: nothing of the kind at {operation}"));
        }
    }
    for at in ruling.at.all().iter().filter(|at| !used.places.contains(&bare_path(at))) {
        if !used.sources.is_empty() {
            verdict.stale.push(format!("{name}: nothing of the kind at {at}"));
        }
    }
}

/// What stands there now, to mend the ruling.
fn present(ruling: &Ruling, source: Option<&str>, differences: &[Difference]) -> String {
    let operations = ruling.operation_ids();
    let places: BTreeSet<String> = ruling.at.all().iter().map(|at| bare_path(at)).collect();
    let found = differences.iter().find(|d| {
        operations.contains(&d.operation.as_str())
            && places.contains(&bare_path(&d.at))
            && d.aspect.name() == ruling.aspect
            && source.is_none_or(|s| s == d.source)
    });
    found.map_or_else(String::new, |d| format!("; it says {:?}, held is {:?}", d.said, d.held))
}

/// Skeletons of rulings for differences, the same ones grouped; a maintainer fills in `why`.
/// Reasons of earlier rulings about the same place are carried over.
pub fn propose(differences: &[Difference], earlier: &[Ruling]) -> String {
    let mut out = String::new();
    for group in group(differences) {
        match group.operations.as_slice() {
            [one] => writeln!(out, "- operation: {one}"),
            many => writeln!(out, "- operations: [{}]", many.join(", ")),
        }
        .expect("writing to a text");
        match group.places.as_slice() {
            [one] => writeln!(out, "  at: {one}").expect("writing to a text"),
            many => {
                out.push_str("  at:\n");
                for at in many {
                    writeln!(out, "    - {at}").expect("writing to a text");
                }
            }
        }
        writeln!(out, "  aspect: {}\n  says:", group.aspect).expect("writing to a text");
        for (source, said) in &group.says {
            writeln!(out, "    {source}: {}", quoted(said)).expect("writing to a text");
        }
        let exact = earlier.iter().find(|r| speaks_of(r, &group, true));
        let why = exact
            .or_else(|| earlier.iter().find(|r| speaks_of(r, &group, false)))
            .map_or("", |r| r.why.as_str());
        writeln!(out, "  holds: {}\n  why: {}", quoted(&group.held), quoted(why))
            .expect("writing to a text");
    }
    out
}

/// Whether a ruling is about an operation, a place and, if asked for, a page of the group.
fn speaks_of(ruling: &Ruling, group: &Group, page: bool) -> bool {
    let operations = ruling.operation_ids();
    ruling.aspect == group.aspect.name()
        && group.operations.iter().any(|o| operations.contains(&o.as_str()))
        && group
            .places
            .iter()
            .any(|p| ruling.at.all().iter().any(|at| bare_path(at) == bare_path(p)))
        && (!page || group.says.keys().any(|s| ruling.says.contains_key(s)))
}

fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

struct Group {
    operations: Vec<String>,
    places: Vec<String>,
    aspect: Aspect,
    says: BTreeMap<String, String>,
    held: String,
}

fn group(differences: &[Difference]) -> Vec<Group> {
    // What all sources say at one place of one operation.
    let mut places: BTreeMap<(&str, &str, Aspect, &str), BTreeMap<String, String>> =
        BTreeMap::new();
    for d in differences {
        let key = (d.operation.as_str(), d.at.as_str(), d.aspect, d.held.as_str());
        places.entry(key).or_default().insert(d.source.clone(), d.said.clone());
    }
    // Places of one operation at which the same sources say the same.
    type Key<'a> = (Aspect, &'a str, BTreeMap<String, String>, &'a str);
    let mut by_operation: BTreeMap<Key<'_>, Vec<String>> = BTreeMap::new();
    for ((operation, at, aspect, held), says) in places {
        by_operation.entry((aspect, operation, says, held)).or_default().push(at.to_owned());
    }
    // Operations with the same places, at which their own sources say the same one thing.
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<(Aspect, Vec<String>, String, String), usize> = HashMap::new();
    for ((aspect, operation, says, held), at) in by_operation {
        let values: BTreeSet<&String> = says.values().collect();
        let only = (values.len() == 1).then(|| values.first().map(|v| (*v).clone())).flatten();
        if let Some(only) = only {
            let key = (aspect, at.clone(), only, held.to_owned());
            if let Some(i) = known.get(&key) {
                groups[*i].operations.push(operation.to_owned());
                groups[*i].says.extend(says);
                continue;
            }
            known.insert(key, groups.len());
        }
        groups.push(Group {
            operations: vec![operation.to_owned()],
            places: at,
            aspect,
            says,
            held: held.to_owned(),
        });
    }
    groups.sort_by(|a, b| {
        (a.aspect, b.operations.len(), &a.operations, &a.places).cmp(&(
            b.aspect,
            a.operations.len(),
            &b.operations,
            &b.places,
        ))
    });
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(operation: &str, source: &str, at: &str, said: &str) -> Difference {
        Difference {
            operation: operation.to_owned(),
            family: "f".to_owned(),
            source: source.to_owned(),
            aspect: Aspect::Type,
            at: at.to_owned(),
            said: said.to_owned(),
            held: "boolean".to_owned(),
        }
    }

    fn loaded() -> BTreeSet<String> {
        ["a.md", "b.md", "c.md"].map(str::to_owned).into()
    }

    #[test]
    fn proposals_group_what_recurs_and_cover_exactly_what_they_were_made_of() {
        let differences = vec![
            difference("one", "a.md", "response.body.ok", "string"),
            difference("two", "b.md", "response.body.ok", "string"),
            difference("one", "a.md", "response.body.list[].x", "integer"),
        ];
        let text = propose(&differences, &[]).replace("why: \"\"", "why: \"For a reason.\"");
        let rulings = parse(&text).expect("well formed");
        assert_eq!(rulings.len(), 2, "{text}");
        let verdict = apply(&rulings, &differences, &loaded(), &Description::default());
        assert_eq!((verdict.explained, verdict.unexplained.len()), (3, 0));
        assert!(verdict.stale.is_empty(), "{:?}", verdict.stale);
    }

    #[test]
    fn a_ruling_without_reason_or_with_a_wildcard_or_without_difference_fails() {
        let differences = vec![difference("one", "a.md", "response.body.ok", "string")];
        let cases = [
            (
                "- operation: one\n  at: response.body.ok\n  aspect: type\n  says: {a.md: string}\n  holds: boolean\n  why: ''\n",
                "no reason",
            ),
            (
                "- operation: one\n  at: '*'\n  aspect: type\n  says: {a.md: string}\n  holds: boolean\n  why: x\n",
                "wildcard",
            ),
            (
                "- operation: one\n  at: response.body.ok\n  aspect: type\n  says: {a.md: string, b.md: string}\n  holds: boolean\n  why: x\n",
                "b.md no longer says",
            ),
            (
                "- operation: one\n  at: response.body.ok\n  aspect: type\n  says: {a.md: integer}\n  holds: boolean\n  why: x\n",
                "it says \"string\"",
            ),
            (
                "- operation: one\n  at: response.body.ok\n  aspect: type\n  says: {a.md: string}\n  holds: integer\n  why: x\n",
                "held is \"boolean\"",
            ),
            (
                "- operation: one\n  at: [response.body.ok, response.body.no]\n  aspect: type\n  says: {a.md: string}\n  holds: boolean\n  why: x\n",
                "nothing of the kind at response.body.no",
            ),
            (
                "- operation: one\n  at: response.body.ok\n  aspect: colour\n  says: {a.md: string}\n  holds: boolean\n  why: x\n",
                "unknown aspect",
            ),
        ];
        for (text, expected) in cases {
            let rulings = parse(text).expect("well formed");
            let verdict = apply(&rulings, &differences, &loaded(), &Description::default());
            assert!(
                verdict.stale.iter().any(|s| s.contains(expected)),
                "{expected}: {:?}",
                verdict.stale
            );
        }
    }

    #[test]
    fn a_ruling_about_a_source_that_was_not_given_is_left_alone() {
        let text = "- operation: one\n  at: response.body.ok\n  aspect: type\n  says: {z.md: string}\n  holds: boolean\n  why: x\n";
        let rulings = parse(text).expect("well formed");
        let verdict = apply(&rulings, &[], &loaded(), &Description::default());
        assert!(verdict.stale.is_empty());
        assert_eq!(verdict.unchecked, 1);
    }
}

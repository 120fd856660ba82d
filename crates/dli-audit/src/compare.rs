//! Compares what the sources say with what the description holds.
//!
//! A source that is silent contradicts nothing: a page may lack fields, values or statuses that
//! another edition has. Whatever it does say and we hold otherwise is a difference.

use std::collections::{BTreeMap, BTreeSet};

use crate::description::{Description, Held, Located, Lookup, Operation, Parameter, Seen};
use crate::difference::{Aspect, Difference};
use crate::examples;
use crate::facts::{
    Direction, FieldFact, FieldType, Location, OperationFacts, bare_path, place, plain_number,
};
use crate::page::tables::TRANSPORT_HEADERS;
use crate::source_files::{SourceFile, Sources};

/// All differences of all sources, sorted.
pub fn compare(sources: &Sources, description: &Description) -> Vec<Difference> {
    let mut out = Vec::new();
    for file in &sources.files {
        for facts in &file.facts.operations {
            compare_operation(file, facts, description, &mut out);
        }
    }
    out.sort();
    out.dedup();
    out
}

/// The operation a page speaks of: the one at its address, or else the one that names the page
/// as its source.
pub fn operation_of<'a>(
    file: &SourceFile,
    facts: &OperationFacts,
    description: &'a Description,
) -> Option<&'a Operation> {
    if let Some(found) = description.at_address(&facts.method, &facts.path) {
        return Some(found);
    }
    let named: Vec<&Operation> =
        description.operations.iter().filter(|o| o.sources.contains(&file.name)).collect();
    match named.as_slice() {
        [only] => Some(only),
        several => {
            let mut same = several.iter().filter(|o| o.method == facts.method);
            let first = same.next()?;
            same.next().is_none().then_some(first)
        }
    }
}

fn compare_operation(
    file: &SourceFile,
    facts: &OperationFacts,
    description: &Description,
    out: &mut Vec<Difference>,
) {
    let Some(operation) = operation_of(file, facts, description) else {
        out.push(Difference {
            operation: facts.address(),
            family: String::new(),
            source: file.name.clone(),
            aspect: Aspect::Operation,
            at: "operation".to_owned(),
            said: facts.address(),
            held: "nothing".to_owned(),
        });
        return;
    };
    let mut comparison = Comparison { file, operation, description, out };
    comparison.address(facts);
    if facts.deprecated == Some(true) && !operation.deprecated {
        comparison.push(
            Aspect::Deprecated,
            "deprecated".to_owned(),
            "deprecated".to_owned(),
            "current".to_owned(),
        );
    }
    comparison.statuses(&facts.statuses);
    let mut missing: BTreeSet<(Direction, Location, String)> = BTreeSet::new();
    for field in &facts.fields {
        comparison.field(field, &mut missing);
    }
    for table in &file.facts.unplaced {
        comparison.push(Aspect::Field, table.at.clone(), table.what.clone(), "nothing".to_owned());
    }
    comparison.examples(facts);
}

struct Comparison<'a, 'o> {
    file: &'a SourceFile,
    operation: &'a Operation,
    description: &'a Description,
    out: &'o mut Vec<Difference>,
}

impl<'a> Comparison<'a, '_> {
    fn push(&mut self, aspect: Aspect, at: String, said: String, held: String) {
        self.out.push(Difference {
            operation: self.operation.id.clone(),
            family: self.operation.family.clone(),
            source: self.file.name.clone(),
            aspect,
            at,
            said,
            held,
        });
    }

    fn address(&mut self, facts: &OperationFacts) {
        if facts.method != self.operation.method {
            let held = self.operation.method.clone();
            self.push(Aspect::Method, "method".to_owned(), facts.method.clone(), held);
        }
        if facts.path != self.operation.path {
            let held = self.operation.path.clone();
            self.push(Aspect::Path, "path".to_owned(), facts.path.clone(), held);
        }
    }

    fn statuses(&mut self, said: &BTreeSet<u16>) {
        for status in said.iter().filter(|s| !self.operation.responses.contains_key(s)) {
            let held: Vec<String> = self.operation.responses.keys().map(u16::to_string).collect();
            self.push(
                Aspect::Status,
                format!("status.{status}"),
                status.to_string(),
                held.join(", "),
            );
        }
    }

    fn field(&mut self, field: &FieldFact, missing: &mut BTreeSet<(Direction, Location, String)>) {
        if field.location == Location::Body {
            self.body_field(field, missing);
        } else {
            self.parameter(field);
        }
    }

    fn parameter(&mut self, field: &FieldFact) {
        if field.location == Location::Header
            && (field.direction == Direction::Response
                || TRANSPORT_HEADERS.contains(&field.path.to_lowercase().as_str()))
        {
            return;
        }
        let operation = self.operation;
        let same = |name: &str| match field.location {
            Location::Header => name.eq_ignore_ascii_case(&field.path),
            _ => name == field.path,
        };
        let here = |p: &&Parameter| p.location == field.location;
        let by_name = operation.parameters.iter().filter(here).find(|p| same(&p.name));
        let by_alias =
            || operation.parameters.iter().filter(here).find(|p| p.aliases.iter().any(|a| same(a)));
        // A path parameter under another name is a difference of the path, told there.
        let by_position = || {
            (field.location == Location::Path)
                .then(|| self.path_parameter_at_same_place(field))
                .flatten()
        };
        let Some(found) = by_name.or_else(by_alias).or_else(by_position) else {
            self.missing_parameter(field);
            return;
        };
        if found.name != field.path && field.location != Location::Path && !same(&found.name) {
            self.push(
                Aspect::Field,
                field.at(),
                format!("spelled {}", field.path),
                format!("spelled {}", found.name),
            );
        }
        let held = Held {
            seen: Seen { file: &found.schema.file, schema: &found.schema.schema },
            required: Some(found.required),
            path: found.name.clone(),
            alias: false,
        };
        self.details(field, &held);
    }

    /// The held parameter that stands where this page's path has its own name.
    fn path_parameter_at_same_place(&self, field: &FieldFact) -> Option<&'a Parameter> {
        let facts = self.file.facts.operations.iter().find(|f| {
            operation_of(self.file, f, self.description).is_some_and(|o| o.id == self.operation.id)
        })?;
        let said = crate::page::operation_line::path_parameters(&facts.path);
        let held = crate::page::operation_line::path_parameters(&self.operation.path);
        let position = said.iter().position(|n| *n == field.path)?;
        let name = held.get(position)?;
        self.operation.parameters.iter().find(|p| p.location == Location::Path && p.name == *name)
    }

    fn missing_parameter(&mut self, field: &FieldFact) {
        let elsewhere = self.operation.parameters.iter().find(|p| p.name == field.path);
        let in_body = self.operation.request.as_ref().is_some_and(|body| {
            matches!(self.description.find(body, &bare_path(&field.path)), Lookup::Found(_))
        });
        let held = match elsewhere {
            Some(parameter) => format!("in the {}", parameter.location),
            None if in_body => "in the body".to_owned(),
            None => "nothing".to_owned(),
        };
        self.push(Aspect::Field, field.at(), described(field), held);
    }

    fn body_field(
        &mut self,
        field: &FieldFact,
        missing: &mut BTreeSet<(Direction, Location, String)>,
    ) {
        let key = field.key();
        // Inside a field that is missing, everything is.
        let mut parent = key.2.as_str();
        while let Some((up, _)) = parent.rsplit_once('.') {
            if missing.contains(&(key.0, key.1, up.to_owned())) {
                return;
            }
            parent = up;
        }
        let Some(body) = self.body(field.direction) else {
            // Nothing is held of the whole message: say it once for each top field.
            missing.insert(key);
            self.push(Aspect::Field, field.at(), described(field), "no body".to_owned());
            return;
        };
        match self.description.find(body, &key.2) {
            Lookup::Free => {}
            Lookup::Missing(_) => {
                missing.insert(key);
                let parameter = self.operation.parameters.iter().find(|p| p.name == field.path);
                let held = match parameter {
                    Some(p) if field.direction == Direction::Request => {
                        format!("in the {}", p.location)
                    }
                    _ => "nothing".to_owned(),
                };
                self.push(Aspect::Field, field.at(), described(field), held);
            }
            Lookup::Found(held) => {
                if held.alias {
                    let name = |path: &str| path.rsplit('.').next().unwrap_or(path).to_owned();
                    let (said, has) = (name(&key.2), name(&held.path.replace("[]", "")));
                    if said != has {
                        self.push(
                            Aspect::Field,
                            field.at(),
                            format!("spelled {said}"),
                            format!("spelled {has}"),
                        );
                    }
                }
                self.details(field, &held);
            }
        }
    }

    /// The body of a message: that of a success for an answer.
    fn body(&self, direction: Direction) -> Option<&'a Located> {
        match direction {
            Direction::Request => self.operation.request.as_ref(),
            Direction::Response => {
                let success = self.operation.responses.range(200..300);
                success.filter_map(|(_, body)| body.as_ref()).next()
            }
        }
    }

    /// Type, flag, values, limits and default of a field that is held.
    fn details(&mut self, field: &FieldFact, held: &Held<'_>) {
        let at = place(field.direction, field.location, &held.path);
        let kind = self.description.kind(held.seen);
        if let Some(said) = &field.kind
            && contradict(said, &kind)
        {
            self.push(Aspect::Type, at.clone(), said.to_string(), kind.to_string());
        }
        if let (Some(said), Some(required)) = (field.mandatory, held.required)
            && said != required
            && !field.path.is_empty()
            && field.path != "[]"
        {
            self.push(Aspect::Mandatory, at.clone(), flag(said), flag(required));
        }
        self.values(field, held, &kind, &at);
        if field.direction == Direction::Request {
            self.limits(field, held, &kind, &at);
            if let Some(said) = &field.default {
                let has = self.description.default_of(held.seen);
                if has.as_deref().map(plain_number) != Some(plain_number(said)) {
                    let has = has.unwrap_or_else(|| "no default".to_owned());
                    self.push(Aspect::Default, at, said.clone(), has);
                }
            }
        }
    }

    fn values(&mut self, field: &FieldFact, held: &Held<'_>, kind: &FieldType, at: &str) {
        let base = item_kind(kind);
        if field.values.is_empty() {
            return;
        }
        let (has, any_case) = match base {
            FieldType::String | FieldType::Integer | FieldType::Number => {
                self.description.values(held.seen)
            }
            FieldType::Boolean => (vec!["true".to_owned(), "false".to_owned()], true),
            _ => return,
        };
        let known = |value: &String| {
            has.iter().any(|h| h == value || (any_case && h.eq_ignore_ascii_case(value)))
        };
        let beyond: Vec<&str> =
            field.values.iter().filter(|v| !known(v)).map(String::as_str).collect();
        if !beyond.is_empty() {
            let has = if has.is_empty() { "no values".to_owned() } else { has.join(", ") };
            self.push(Aspect::Enum, at.to_owned(), beyond.join(", "), has);
        }
    }

    fn limits(&mut self, field: &FieldFact, held: &Held<'_>, kind: &FieldType, at: &str) {
        let has = self.description.limits(held.seen);
        let mut said = Vec::new();
        let mut held_text = Vec::new();
        for (name, value) in field.limits.stated() {
            // Nothing can be shorter than nothing.
            let void =
                value == "0" && matches!(name, "minLength" | "minItems") && has.get(name).is_none();
            // A length where the value is no text, for instance of a number sent as text.
            let foreign = !fits(name, kind);
            if void || foreign || has.get(name) == Some(value) {
                continue;
            }
            said.push(format!("{name} {value}"));
            held_text.extend(has.get(name).map(|v| format!("{name} {v}")));
        }
        if !said.is_empty() {
            let held_text =
                if held_text.is_empty() { "no limit".to_owned() } else { held_text.join(", ") };
            self.push(Aspect::Limit, at.to_owned(), said.join(", "), held_text);
        }
    }

    fn examples(&mut self, facts: &OperationFacts) {
        // The same problem in several examples is one difference.
        let mut found: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
        for example in &facts.examples {
            let at = format!("example.{}", example.direction);
            match &example.value {
                Err(error) => {
                    let said = format!("example {} is not JSON: {error}", example.number);
                    found.entry((at, "JSON".to_owned())).or_default().insert(said);
                }
                // `{}` is how some pages write that nothing is sent.
                Ok(value) if value.as_object().is_some_and(serde_json::Map::is_empty) => {}
                Ok(value) => {
                    let Some(body) = self.example_body(example.direction, example.status) else {
                        found
                            .entry((at, "no body".to_owned()))
                            .or_default()
                            .insert("a body".to_owned());
                        continue;
                    };
                    let root = Seen { file: &body.file, schema: &body.schema };
                    for problem in examples::check(self.description, root, value) {
                        let separator = if problem.at.is_empty() || problem.at.starts_with('[') {
                            ""
                        } else {
                            "."
                        };
                        let at = format!("{at}{separator}{}", problem.at);
                        found.entry((at, problem.held)).or_default().insert(problem.said);
                    }
                }
            }
        }
        for ((at, held), said) in found {
            let said: Vec<String> = said.into_iter().collect();
            self.push(Aspect::Example, at, said.join("; "), held);
        }
    }

    fn example_body(&self, direction: Direction, status: Option<u16>) -> Option<&'a Located> {
        match status.filter(|s| *s >= 300 && direction == Direction::Response) {
            None => self.body(direction),
            Some(status) => {
                let responses = &self.operation.responses;
                let own = responses.get(&status).and_then(Option::as_ref);
                own.or_else(|| responses.range(400..).filter_map(|(_, b)| b.as_ref()).next())
            }
        }
    }
}

fn fits(limit: &str, kind: &FieldType) -> bool {
    let base = item_kind(kind);
    match limit {
        "minLength" | "maxLength" | "pattern" => matches!(base, FieldType::String),
        "minimum" | "maximum" | "multipleOf" => {
            matches!(base, FieldType::Integer | FieldType::Number)
        }
        _ => matches!(kind, FieldType::Array(_)),
    }
}

fn item_kind(kind: &FieldType) -> &FieldType {
    match kind {
        FieldType::Array(Some(item)) => item_kind(item),
        kind => kind,
    }
}

fn flag(yes: bool) -> String {
    if yes { "mandatory" } else { "optional" }.to_owned()
}

/// How a field that is not held is named in a report.
pub fn described(field: &FieldFact) -> String {
    let kind = field.kind.as_ref().map_or_else(|| "a field".to_owned(), FieldType::to_string);
    match field.mandatory {
        Some(true) => format!("{kind}, mandatory"),
        _ => kind,
    }
}

/// Whether two types cannot both be right.
pub fn contradict(said: &FieldType, held: &FieldType) -> bool {
    use FieldType::{Any, Array, Map, Object};
    match (said, held) {
        (Any, _) | (_, Any) | (Object, Map) | (Map, Object) => false,
        (Array(None), Array(_)) | (Array(_), Array(None)) => false,
        (Array(Some(a)), Array(Some(b))) => contradict(a, b),
        (a, b) => a != b,
    }
}

//! What the description holds and no source given says: fields known from elsewhere (the SDK, an
//! example), or slips of the transcription. Nothing of it fails the audit.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::compare::operation_of;
use crate::description::{Description, Located, Operation, Seen};
use crate::facts::{Direction, FieldKey, Location, bare_path, place};
use crate::source_files::Sources;

/// No real body is as deep.
const MAX_DEPTH: usize = 8;
/// No real body has as many fields.
const MAX_FIELDS: usize = 5_000;

/// Places of documented operations that no page, definition or example names.
pub fn find(sources: &Sources, description: &Description) -> Vec<String> {
    let mut said: BTreeMap<String, BTreeSet<FieldKey>> = BTreeMap::new();
    for file in &sources.files {
        for facts in &file.facts.operations {
            let Some(operation) = operation_of(file, facts, description) else {
                continue;
            };
            let keys = said.entry(operation.id.clone()).or_default();
            for field in &facts.fields {
                keys.insert(field.key());
                // A name the description knows as an alias stands for its real one.
                if let Some(body) = body(operation, field.direction)
                    && let crate::description::Lookup::Found(held) =
                        description.find(body, &bare_path(&field.path))
                {
                    keys.insert((field.direction, Location::Body, bare_path(&held.path)));
                }
            }
            for example in &facts.examples {
                if let Ok(value) = &example.value {
                    names(value, example.direction, "", keys);
                }
            }
        }
    }
    let mut out = Vec::new();
    for operation in &description.operations {
        let Some(keys) = said.get(&operation.id) else {
            continue;
        };
        for parameter in &operation.parameters {
            let key = |name: &str| (Direction::Request, parameter.location, name.to_owned());
            let known = keys.contains(&key(&parameter.name))
                || parameter.aliases.iter().any(|a| keys.contains(&key(a)));
            if !known {
                out.push(format!(
                    "{} {}",
                    operation.id,
                    place(Direction::Request, parameter.location, &parameter.name)
                ));
            }
        }
        for direction in [Direction::Request, Direction::Response] {
            let Some(body) = body(operation, direction) else {
                continue;
            };
            let mut held = BTreeSet::new();
            let seen = Seen { file: &body.file, schema: &body.schema };
            fields(description, seen, "", 0, &mut held);
            for path in held {
                if !keys.contains(&(direction, Location::Body, bare_path(&path))) {
                    out.push(format!(
                        "{} {}",
                        operation.id,
                        place(direction, Location::Body, &path)
                    ));
                }
            }
        }
    }
    out
}

fn body(operation: &Operation, direction: Direction) -> Option<&Located> {
    match direction {
        Direction::Request => operation.request.as_ref(),
        Direction::Response => {
            operation.responses.range(200..300).filter_map(|(_, b)| b.as_ref()).next()
        }
    }
}

fn fields(
    description: &Description,
    seen: Seen<'_>,
    prefix: &str,
    depth: usize,
    out: &mut BTreeSet<String>,
) {
    if depth > MAX_DEPTH || out.len() > MAX_FIELDS {
        return;
    }
    let seen = description.resolve(seen);
    if let Some(items) = seen.schema.get("items") {
        return fields(
            description,
            Seen { file: seen.file, schema: items },
            &format!("{prefix}[]"),
            depth + 1,
            out,
        );
    }
    for name in description.property_names(seen) {
        if let Some(step) = description.property(seen, &name) {
            let path = if prefix.is_empty() || prefix == "[]" {
                format!("{prefix}{name}")
            } else {
                format!("{prefix}.{name}")
            };
            out.insert(path.clone());
            fields(description, step.seen, &path, depth + 1, out);
        }
    }
}

fn names(value: &Value, direction: Direction, at: &str, keys: &mut BTreeSet<FieldKey>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| names(item, direction, at, keys)),
        Value::Object(fields) => {
            for (name, field) in fields {
                let below = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
                keys.insert((direction, Location::Body, below.clone()));
                names(field, direction, &below, keys);
            }
        }
        _ => {}
    }
}

//! Every valid JSON example of the documentation decodes through the generated types and encodes
//! back to what it was. Reads the copy of the documentation beside the project when it is there;
//! in CI it has to be.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dli_api::codecs;
use dli_audit::facts::Direction;
use dli_audit::source_files;
use dli_spec::{Bundle, Description, referenced_name};
use serde_json::Value;

fn documentation(part: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/docs").join(part);
    folder.is_dir().then_some(folder)
}

/// How an example may differ after its way through the types.
struct Comparison<'a> {
    bundle: &'a Bundle,
    /// Leniencies that were needed, by kind.
    lenient: BTreeMap<&'static str, usize>,
    problems: Vec<String>,
}

impl Comparison<'_> {
    fn compare(&mut self, at: &str, schema: &Value, before: &Value, after: Option<&Value>) {
        let Some(after) = after else {
            match before {
                Value::Null => self.note("null stands for an absent field"),
                _ => self.problems.push(format!("{at}: lost {before}")),
            }
            return;
        };
        let schema = self.bundle.resolve(schema).clone();
        let written = before.to_string();
        match (before, after) {
            (Value::Object(before), Value::Object(after)) => {
                for (key, value) in before {
                    let (name, property) = self.property(&schema, key);
                    if name != *key {
                        self.note("another spelling of a field becomes the one that is sent");
                    }
                    self.compare(&format!("{at}.{key}"), &property, value, after.get(&name));
                }
                for key in after.keys().filter(|key| !before.contains_key(*key)) {
                    let aliased =
                        before.keys().any(|known| self.property(&schema, known).0 == **key);
                    if !aliased {
                        self.problems.push(format!("{at}.{key}: came from nowhere"));
                    }
                }
            }
            (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
                for (index, (before, after)) in before.iter().zip(after).enumerate() {
                    self.compare(&format!("{at}[{index}]"), &schema["items"], before, Some(after));
                }
            }
            (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => {}
            (a, b) if a == b => {}
            (Value::Object(_) | Value::String(_), Value::Array(list)) if list.len() == 1 => {
                self.note("a lone value where a list is documented becomes a list of one");
                self.compare(at, &schema["items"], before, list.first());
            }
            (Value::String(word), Value::Number(number))
                if schema["x-enum-words"][word].as_number() == Some(number) =>
            {
                self.note("a word for a documented number becomes the number");
            }
            (Value::String(text), Value::Bool(flag))
                if text.trim().eq_ignore_ascii_case(&flag.to_string()) =>
            {
                self.note("a boolean written as text becomes a boolean");
            }
            (Value::String(text), Value::Number(number))
                if text.trim().parse().ok() == number.as_f64() =>
            {
                self.note("a number written as text becomes a number");
            }
            (Value::Number(_) | Value::Bool(_), Value::String(text)) if written == *text => {
                self.note("a number or boolean where a text is meant becomes the text");
            }
            _ => self.problems.push(format!("{at}: {before} became {after}")),
        }
    }

    fn note(&mut self, kind: &'static str) {
        *self.lenient.entry(kind).or_default() += 1;
    }

    /// The property a key is decoded into, by its own name or by another spelling.
    fn property(&self, schema: &Value, key: &str) -> (String, Value) {
        let properties = schema["properties"].as_object();
        if let Some(property) = properties.and_then(|properties| properties.get(key)) {
            return (key.to_owned(), property.clone());
        }
        for (name, property) in properties.into_iter().flatten() {
            let aliases = property["x-aliases"].as_array().into_iter().flatten();
            if aliases.filter_map(Value::as_str).any(|alias| alias == key) {
                return (name.clone(), property.clone());
            }
        }
        (key.to_owned(), schema["additionalProperties"].clone())
    }
}

/// Runs every example below the folders; returns how many there were.
fn run(folders: &[PathBuf]) -> usize {
    let bundle = Description::embedded().unwrap().bundle_all().unwrap();
    let sources = source_files::read_all(folders, &[]).unwrap();
    let mut comparison =
        Comparison { bundle: &bundle, lenient: BTreeMap::new(), problems: Vec::new() };
    let mut held = 0;
    for file in &sources.files {
        for facts in &file.facts.operations {
            let operation = bundle
                .operations()
                .iter()
                .find(|operation| operation.method == facts.method && operation.path == facts.path);
            let Some(operation) = operation else { continue };
            for example in &facts.examples {
                let Ok(value) = &example.value else { continue };
                let failed = example.status.is_some_and(|status| status >= 400) || is_error(value);
                let schema = match (example.direction, failed) {
                    // A batch that fails in part answers with an array, whatever its status.
                    (Direction::Response, true) if value.is_array() => {
                        operation.response.as_deref()
                    }
                    (_, true) => Some("ErrorBody"),
                    (Direction::Request, _) => operation.request.as_deref(),
                    (Direction::Response, _) => operation.response.as_deref(),
                };
                let Some(schema) = schema else { continue };
                let at = format!(
                    "{} {} {:?} {}",
                    file.name, operation.id, example.direction, example.number
                );
                if let Some((_, why)) = MISPLACED.iter().find(|(known, _)| *known == at) {
                    println!("passed over: {at}: {why}");
                    continue;
                }
                held += 1;
                let codec = codecs::by_schema(schema).unwrap();
                match (codec.reencode)(value.to_string().as_bytes()) {
                    Ok(encoded) => {
                        let after: Value = serde_json::from_slice(&encoded).unwrap();
                        let schema = &bundle.schemas()[schema];
                        assert!(referenced_name(schema).is_none());
                        comparison.compare(&at, schema, value, Some(&after));
                    }
                    Err(error) => comparison.problems.push(format!("{at}: {error}: {value}")),
                }
            }
        }
    }
    println!("{held} examples decoded and encoded back; leniencies: {:#?}", comparison.lenient);
    assert!(comparison.problems.is_empty(), "{:#?}", comparison.problems);
    held
}

fn is_error(value: &Value) -> bool {
    value.get("error_code").is_some() && value.get("error_msg").is_some()
}

/// Examples that show something else than what they are said to show, each with a ruling.
const MISPLACED: [(&str, &str); 3] = [
    (
        "explorer/BatchRunFlinkJobs.json batch_run_flink_jobs Request 1",
        "a number, one element of a field of the body",
    ),
    (
        "explorer/ListAuthInfo.json list_auth_info Response 1",
        "the answer of show_enhanced_connection_privilege",
    ),
    (
        "explorer/ListJobAuthInfos.json list_job_auth_infos Response 1",
        "the answer of show_enhanced_connection_privilege",
    ),
];

fn held(folders: &[Option<PathBuf>]) {
    let folders: Vec<PathBuf> = folders.iter().flatten().cloned().collect();
    let count = if folders.is_empty() { 0 } else { run(&folders) };
    assert!(count > 0 || std::env::var_os("CI").is_none(), "no documentation beside the project");
    if count == 0 {
        left_out("no documentation beside the project");
    }
}

/// Says why a test is left out, to `cargo xtask ci` as well.
fn left_out(why: &str) {
    println!("skipped: {why}");
    if let Some(list) = std::env::var_os("DLI_SKIPPED_TESTS") {
        let mut list = std::fs::File::options().create(true).append(true).open(list).unwrap();
        list.write_all(format!("{why}\n").as_bytes()).unwrap();
    }
}

#[test]
fn every_valid_example_of_the_seed_pages_survives_the_types() {
    held(&[documentation("seeds")]);
}

#[test]
fn every_valid_example_of_the_documentation_survives_the_types() {
    held(&["zh", "en", "explorer"].map(documentation));
}

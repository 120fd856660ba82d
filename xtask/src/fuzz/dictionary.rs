//! Words that inputs are made of: those committed for a target, and those of the description.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

/// Writes the dictionary of a target; `false` if there are no words for it.
pub fn write(path: &Path, target: &str, description: bool) -> anyhow::Result<bool> {
    let own = Path::new("fuzz/dictionaries").join(format!("{target}.dict"));
    let mut text = if own.exists() { std::fs::read_to_string(own)? } else { String::new() };
    if description {
        for word in described()? {
            text.push_str(&format!("\"{}\"\n", word.escape_default()));
        }
    }
    std::fs::write(path, &text)?;
    Ok(!text.is_empty())
}

/// Names of parameters and fields, and known values.
fn described() -> anyhow::Result<BTreeSet<String>> {
    let bundle = dli_spec::Description::load("openapi")?.bundle_all()?;
    let mut words = BTreeSet::new();
    for operation in bundle.operations() {
        words.extend(operation.parameters.iter().map(|parameter| parameter.name.clone()));
    }
    bundle.schemas().values().for_each(|schema| collect(schema, &mut words));
    // libFuzzer takes 64 bytes; its own form of escapes differs beyond ASCII.
    words.retain(|word| (2..=64).contains(&word.len()) && word.is_ascii());
    Ok(words)
}

fn collect(schema: &Value, words: &mut BTreeSet<String>) {
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        words.insert(name.clone());
        collect(property, words);
    }
    for nested in ["items", "additionalProperties"] {
        if schema[nested].is_object() {
            collect(&schema[nested], words);
        }
    }
    let known = schema["x-extensible-enum"].as_array().into_iter().flatten();
    words.extend(known.filter_map(Value::as_str).map(str::to_owned));
}

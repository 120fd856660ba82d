//! Every type is what the description says: held to the schema derived from it, and to what it
//! does with every value the schema allows.

use dli_spec::{Bundle, Description, referenced_name};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};

fn bundle() -> Bundle {
    Description::embedded().unwrap().bundle_all().unwrap()
}

/// Names of the schema's properties, and the JSON type of each.
fn described(bundle: &Bundle, schema: &Value) -> Vec<(String, String)> {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let mut fields: Vec<_> =
        properties.map(|(name, property)| (name.clone(), kind(bundle.resolve(property)))).collect();
    fields.sort();
    fields
}

fn kind(schema: &Value) -> String {
    match &schema["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => {
            let kinds: Vec<_> =
                kinds.iter().filter_map(Value::as_str).filter(|k| *k != "null").collect();
            kinds.join("|")
        }
        _ => "any".to_owned(),
    }
}

/// The same of the schema that schemars derives from the Rust type.
fn derived(root: &Value) -> Vec<(String, String)> {
    let properties = root["properties"].as_object().into_iter().flatten();
    let mut fields: Vec<_> = properties
        .map(|(name, property)| (name.clone(), kind(derived_target(root, property))))
        .collect();
    fields.sort();
    fields
}

fn derived_target<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let branches = schema["anyOf"].as_array().or_else(|| schema["allOf"].as_array());
    let schema = match branches {
        Some(branches) => branches.iter().find(|branch| branch["type"] != "null").unwrap_or(schema),
        None => schema,
    };
    match schema["$ref"].as_str() {
        Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => schema,
    }
}

#[test]
fn the_schema_derived_from_every_rust_type_is_the_one_described() {
    let bundle = bundle();
    let mut held = 0;
    for codec in dli_api::CODECS {
        let schema = &bundle.schemas()[codec.schema];
        let root = Value::from((codec.json_schema)());
        if schema["type"] == "object" && schema.get("properties").is_some() {
            assert_eq!(derived(&root), described(&bundle, schema), "{}", codec.schema);
            // What is only sent keeps its mandatory fields; what a server sends has none.
            let required = root["required"].as_array().map_or(0, Vec::len);
            if required > 0 {
                let mut derived: Vec<_> = root["required"].as_array().unwrap().clone();
                let mut described: Vec<_> = schema["required"].as_array().unwrap().clone();
                derived.sort_by_key(Value::to_string);
                described.sort_by_key(Value::to_string);
                assert_eq!(derived, described, "{}", codec.schema);
            }
        }
        held += 1;
    }
    println!("{held} types held to the description");
    assert_eq!(held, bundle.schemas().len());
}

/// A strategy for the values that a schema allows.
fn values(bundle: &Bundle, schema: &Value, depth: u32) -> BoxedStrategy<Value> {
    if let Some(name) = referenced_name(schema) {
        return values(bundle, &bundle.schemas()[name], depth);
    }
    match schema["type"].as_str() {
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        Some("integer") => any::<i64>().prop_map(Value::from).boxed(),
        Some("number") => (-1e9f64..1e9).prop_map(Value::from).boxed(),
        Some("string") => match schema["x-extensible-enum"].as_array() {
            Some(known) => {
                prop_oneof![proptest::sample::select(known.clone()), ".{0,8}".prop_map(Value::from)]
                    .boxed()
            }
            None => ".{0,12}".prop_map(Value::from).boxed(),
        },
        Some("array") if depth == 0 => Just(json!([])).boxed(),
        Some("array") => {
            proptest::collection::vec(values(bundle, &schema["items"], depth - 1), 0..3)
                .prop_map(Value::from)
                .boxed()
        }
        Some("object") => {
            let required: Vec<&str> = schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let mut fields: BoxedStrategy<Map<String, Value>> = Just(Map::new()).boxed();
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                let mandatory = required.contains(&name.as_str());
                if depth == 0 && !mandatory {
                    continue;
                }
                let value = values(bundle, property, depth.saturating_sub(1));
                let value = if mandatory {
                    value.prop_map(Some).boxed()
                } else {
                    proptest::option::of(value).boxed()
                };
                let name = name.clone();
                fields = (fields, value)
                    .prop_map(move |(mut map, value)| {
                        if let Some(value) = value {
                            map.insert(name.clone(), value);
                        }
                        map
                    })
                    .boxed();
            }
            if schema["additionalProperties"].is_object() {
                let value =
                    values(bundle, &schema["additionalProperties"], depth.saturating_sub(1));
                return proptest::collection::hash_map("[a-z]{1,6}", value, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect()))
                    .boxed();
            }
            fields.prop_map(Value::Object).boxed()
        }
        _ => prop_oneof![any::<bool>().prop_map(Value::from), "[a-z]{0,5}".prop_map(Value::from)]
            .boxed(),
    }
}

#[test]
fn decoding_then_encoding_is_the_identity_for_every_type() {
    let bundle = bundle();
    for codec in dli_api::CODECS {
        let strategy = values(&bundle, &bundle.schemas()[codec.schema], 3);
        let mut runner =
            TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
        runner
            .run(&strategy, |value| {
                let text = serde_json::to_vec(&value).unwrap();
                let encoded = (codec.reencode)(&text)
                    .map_err(|error| TestCaseError::fail(format!("{}: {error}", codec.schema)))?;
                let back: Value = serde_json::from_slice(&encoded).unwrap();
                prop_assert_eq!(back, value, "{}", codec.schema);
                Ok(())
            })
            .unwrap_or_else(|failure| panic!("{}: {failure}", codec.schema));
    }
}

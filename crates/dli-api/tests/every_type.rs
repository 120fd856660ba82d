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

/// How many values of each type are tried; PROPTEST_CASES asks for more.
fn cases(usual: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    Config { cases: asked.unwrap_or(usual), failure_persistence: None, ..Config::default() }
}

/// Any text, line breaks and control characters among it.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "(?s).{0,12}", 1 => "[ -~]{0,40}", 1 => Just(String::new())]
}

/// Any number that JSON can write.
fn number() -> impl Strategy<Value = f64> {
    use proptest::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![2 => -1e9..1e9, 1 => NORMAL | SUBNORMAL | ZERO | POSITIVE | NEGATIVE]
}

/// Any JSON but null, which stands for nothing at all.
fn free() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        number().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let inner = prop_oneof![8 => inner, 1 => Just(Value::Null)].boxed();
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..3)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A strategy for the values that a schema allows.
fn values(bundle: &Bundle, schema: &Value, depth: u32) -> BoxedStrategy<Value> {
    if let Some(name) = referenced_name(schema) {
        return values(bundle, &bundle.schemas()[name], depth);
    }
    match schema["type"].as_str() {
        Some("boolean") => any::<bool>().prop_map(Value::from).boxed(),
        Some("integer") => prop_oneof![any::<i64>(), -20i64..20, Just(i64::MIN), Just(i64::MAX)]
            .prop_map(Value::from)
            .boxed(),
        Some("number") => number().prop_map(Value::from).boxed(),
        Some("string") => match schema["x-extensible-enum"].as_array() {
            Some(known) => {
                prop_oneof![proptest::sample::select(known.clone()), text().prop_map(Value::from)]
                    .boxed()
            }
            None => text().prop_map(Value::from).boxed(),
        },
        Some("array") if depth == 0 => Just(json!([])).boxed(),
        Some("array") => {
            proptest::collection::vec(values(bundle, &schema["items"], depth - 1), 0..3)
                .prop_map(Value::from)
                .boxed()
        }
        Some("object") => object(bundle, schema, depth),
        _ => free().boxed(),
    }
}

fn object(bundle: &Bundle, schema: &Value, depth: u32) -> BoxedStrategy<Value> {
    let properties = schema["properties"].as_object().filter(|properties| !properties.is_empty());
    let Some(properties) = properties else {
        let value = match schema["additionalProperties"].is_object() {
            true => values(bundle, &schema["additionalProperties"], depth.saturating_sub(1)),
            false => free().boxed(),
        };
        return proptest::collection::btree_map(text(), value, 0..3)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
            .boxed();
    };
    assert!(!schema["additionalProperties"].is_object(), "the types have either, not both");
    let required = required(schema);
    let mut fields: BoxedStrategy<Map<String, Value>> = Just(Map::new()).boxed();
    for (name, property) in properties {
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
    fields.prop_map(Value::Object).boxed()
}

fn required(schema: &Value) -> Vec<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// No type is as deep.
const DEEP: u32 = 6;

/// Holds each type to a law of its values: what is written, and what has to come back.
fn hold(law: impl Fn(&Bundle, &Value, Value, u64) -> (Value, Value), usual: u32) {
    let bundle = bundle();
    for codec in dli_api::CODECS {
        let schema = &bundle.schemas()[codec.schema];
        let strategy = (values(&bundle, schema, DEEP), any::<u64>());
        let mut runner = TestRunner::new(cases(usual));
        runner
            .run(&strategy, |(value, seed)| {
                let (written, meant) = law(&bundle, schema, value, seed);
                let text = serde_json::to_vec(&written).unwrap();
                let encoded = (codec.reencode)(&text).map_err(|error| {
                    TestCaseError::fail(format!("{}: {error}: {written}", codec.schema))
                })?;
                let back: Value = serde_json::from_slice(&encoded).unwrap();
                prop_assert_eq!(back, meant, "{}: {}", codec.schema, written);
                Ok(())
            })
            .unwrap_or_else(|failure| panic!("{}: {failure}", codec.schema));
    }
}

#[test]
fn decoding_then_encoding_is_the_identity_for_every_type() {
    hold(|_, _, value, _| (value.clone(), value), 24);
}

#[test]
fn decoding_passes_over_fields_that_no_type_knows_and_changes_nothing_else() {
    hold(
        |bundle, schema, value, seed| {
            let mut written = value.clone();
            Other { bundle, dice: seed, spell: false }.change(schema, &mut written);
            (written, value)
        },
        8,
    );
}

#[test]
fn decoding_takes_every_spelling_of_a_value_for_that_value() {
    hold(
        |bundle, schema, value, seed| {
            let mut written = value.clone();
            Other { bundle, dice: seed, spell: true }.change(schema, &mut written);
            (written, value)
        },
        8,
    );
}

/// Writes a value in another way that means the same.
struct Other<'a> {
    bundle: &'a Bundle,
    dice: u64,
    /// Whether values are spelled in another way, or fields added that nobody knows.
    spell: bool,
}

impl Other<'_> {
    fn roll(&mut self, sides: u64) -> u64 {
        self.dice =
            self.dice.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        (self.dice >> 33) % sides
    }

    fn change(&mut self, schema: &Value, value: &mut Value) {
        let schema = match referenced_name(schema) {
            Some(name) => &self.bundle.schemas()[name],
            None => schema,
        };
        match value {
            Value::Object(fields) if schema["properties"].is_object() => {
                self.fields(schema, fields);
            }
            Value::Object(fields) if schema["additionalProperties"].is_object() => {
                for inner in fields.values_mut() {
                    self.change(&schema["additionalProperties"], inner);
                }
            }
            Value::Array(items) if schema["type"] == "array" => {
                for item in &mut *items {
                    self.change(&schema["items"], item);
                }
                self.alone(&schema["items"], value);
            }
            Value::Bool(_) | Value::Number(_) if self.spell => self.scalar(schema, value),
            _ => {}
        }
    }

    fn fields(&mut self, schema: &Value, fields: &mut Map<String, Value>) {
        let required = required(schema);
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if let Some(inner) = fields.get_mut(name) {
                self.change(property, inner);
            } else if self.spell && !required.contains(&name.as_str()) && self.roll(3) == 0 {
                fields.insert(name.clone(), Value::Null);
            }
            let aliases = property["x-aliases"].as_array();
            if let Some(alias) = aliases.and_then(|aliases| aliases.first()?.as_str())
                && self.spell
                && self.roll(2) == 0
                && let Some(value) = fields.remove(name)
            {
                fields.insert(alias.to_owned(), value);
            }
        }
        if !self.spell {
            let strange = [
                Value::Null,
                json!({ "a": [{ "b": null }, [[]], 1e300] }),
                json!("text"),
                serde_json::from_str(&format!("{}{}", "[".repeat(90), "]".repeat(90))).unwrap(),
            ];
            let nth = usize::try_from(self.roll(4)).unwrap();
            fields.insert(format!("unknown-\u{1f980}-{nth}"), strange[nth].clone());
        }
    }

    /// A list of one may be written as that one, a list of none as an empty text.
    fn alone(&mut self, items: &Value, value: &mut Value) {
        let items = match referenced_name(items) {
            Some(name) => &self.bundle.schemas()[name],
            None => items,
        };
        let plain =
            matches!(items["type"].as_str(), Some("string" | "integer" | "number" | "boolean"))
                && items.get("x-extensible-enum").is_none();
        if !self.spell || !plain || self.roll(2) == 0 {
            return;
        }
        match value.as_array().map(Vec::as_slice) {
            Some([]) => *value = json!(""),
            Some([one]) if *one != json!("") => *value = one.clone(),
            _ => {}
        }
    }

    fn scalar(&mut self, schema: &Value, value: &mut Value) {
        let text = value.to_string();
        let way = self.roll(4);
        let exact = value.as_i64().filter(|number| number.unsigned_abs() <= 1 << 53);
        let words = schema["x-enum-words"].as_object();
        let word = words.and_then(|words| Some(words.iter().find(|(_, n)| *n == value)?.0.clone()));
        *value = match (schema["type"].as_str(), way, &*value) {
            (Some("integer"), 0, _) if word.is_some() => json!(word),
            (Some("boolean"), 0, _) => json!(text.to_uppercase()),
            (Some("boolean"), 1, Value::Bool(flag)) => json!(u8::from(*flag)),
            (Some("boolean"), 2, Value::Bool(flag)) => json!(format!(" {} ", u8::from(*flag))),
            #[allow(clippy::cast_precision_loss)]
            (Some("integer"), 1, _) if exact.is_some() => json!(exact.unwrap_or_default() as f64),
            (Some("integer"), 2, _) if exact.is_some() => json!(format!("{text}.0")),
            (Some("integer" | "number"), 3, _) => json!(format!(" {text}\t")),
            _ => return,
        };
    }
}

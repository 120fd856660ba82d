//! Bodies from files, standard input and `field=value`.

use std::io::Read;
use std::path::Path;

use dli_spec::Bundle;
use serde_json::{Map, Number, Value};

use super::sentence;
use crate::error::{self, Failure, Result};

/// The longest document that is read. Signed bodies may not be longer than 12 MB.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Reads a JSON or YAML document: `@file`, `@-` or `-` for standard input, or the text itself.
///
/// # Errors
/// When the file cannot be read or its text is neither JSON nor YAML.
pub fn read_document(argument: &str) -> Result<Value> {
    let (text, name) = match argument.strip_prefix('@').unwrap_or(argument) {
        "-" => (read_stdin()?, "standard input".to_owned()),
        path if argument.starts_with('@') => (read_file(Path::new(path))?, path.to_owned()),
        _ => (argument.to_owned(), "`--body`".to_owned()),
    };
    parse(&text, &name)
}

/// Reads a text file.
///
/// # Errors
/// When it cannot be read, is too long or is not UTF-8.
pub fn read_file(path: &Path) -> Result<String> {
    let fail = |error: std::io::Error| error::file("read", path, &error);
    let mut file = std::fs::File::open(path).map_err(fail)?;
    limited(&mut file).map_err(fail)
}

/// Reads standard input to its end.
///
/// # Errors
/// When it cannot be read, is too long or is not UTF-8.
pub fn read_stdin() -> Result<String> {
    limited(&mut std::io::stdin().lock())
        .map_err(|error| error::file("read", Path::new("standard input"), &error))
}

fn limited(reader: &mut impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    let read = reader.take(LONGEST + 1).read_to_string(&mut text)?;
    if read as u64 > LONGEST {
        return Err(std::io::Error::new(
            std::io::ErrorKind::InvalidData,
            "it is longer than 64 MiB",
        ));
    }
    Ok(text)
}

/// JSON if it begins like JSON, YAML otherwise. `@file` in the text is not followed.
pub fn parse(text: &str, name: &str) -> Result<Value> {
    let trimmed = text.trim_start_matches('\u{feff}').trim();
    if trimmed.is_empty() {
        return Err(Failure::usage(format!(
            "{name} is empty; it should hold a JSON or YAML document"
        )));
    }
    if trimmed.starts_with(['{', '[']) {
        return serde_json::from_str(trimmed).map_err(|error| {
            Failure::usage(format!(
                "{name} is not valid JSON: {error}; look for a missing quote, comma or bracket there"
            ))
        });
    }
    // Words such as `yes`, `no`, `on` and `y` are words; only `true` and `false` are not.
    let options = serde_saphyr::options! { strict_booleans: true };
    let value: Value = serde_saphyr::from_str_with_options(trimmed, options).map_err(|error| {
        let error = error.to_string();
        let error = error.lines().next().unwrap_or_default().to_owned();
        Failure::usage(format!("{name} is neither JSON nor YAML: {error}"))
    })?;
    if !value.is_object() && !value.is_array() {
        return Err(Failure::usage(format!(
            "{name} is not a document but a single value; give fields, or name a file as `@file.json`"
        )));
    }
    Ok(value)
}

/// Sets a field that was given as `path=value` or, with a JSON value, `path:=json`.
///
/// The path is `name`, `object.name`, `list[0].name`; `list[]` adds an item. The value becomes
/// what the schema says of the field.
///
/// # Errors
/// When the text has no `=`, or the value is not what the schema says.
pub fn set_field(bundle: &Bundle, schema: &Value, body: &mut Value, text: &str) -> Result<()> {
    let Some((path, value)) = text.split_once('=') else {
        return Err(Failure::usage(format!(
            "`{text}` is not `field=value`; write for instance `name=reports`, or give the whole \
             body with `--body @file.json`"
        )));
    };
    let (path, json) = match path.strip_suffix(':') {
        Some(path) => (path, true),
        None => (path, false),
    };
    let steps = steps(path).ok_or_else(|| {
        Failure::usage(format!(
            "`{path}` is not the path of a field; write `a.b`, `list[0]` or `list[]`"
        ))
    })?;
    if steps.len() > DEEPEST {
        return Err(Failure::usage(format!(
            "the path of a field leads through {} others, and no body is deeper than {DEEPEST}; \
             give the body with `--body @file.json`",
            steps.len()
        )));
    }
    let mut schema = bundle.resolve(schema);
    for step in &steps {
        schema = match step {
            Step::Field(name) => match schema["properties"].get(name) {
                Some(property) => bundle.resolve(property),
                None => bundle.resolve(&schema["additionalProperties"]),
            },
            Step::Item(_) => bundle.resolve(&schema["items"]),
        };
    }
    let value = if json {
        serde_json::from_str(value).map_err(|error| {
            Failure::usage(format!("the value of `{path}:=` is not valid JSON: {error}"))
        })?
    } else {
        let value = match value.strip_prefix('@') {
            Some(file) if !file.is_empty() => read_file(Path::new(file))?,
            _ => value.to_owned(),
        };
        typed(path, schema, value)?
    };
    *place(body, &steps).ok_or_else(|| {
        Failure::usage(format!("`{path}` leads through something that is no object or list"))
    })? = value;
    Ok(())
}

/// What is deeper than JSON can be read again is no body.
const DEEPEST: usize = 100;

enum Step {
    Field(String),
    /// `None` adds an item.
    Item(Option<usize>),
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, mut rest) = match part.find('[') {
            Some(at) => part.split_at(at),
            None => (part, ""),
        };
        if name.is_empty() {
            return None;
        }
        steps.push(Step::Field(name.to_owned()));
        while !rest.is_empty() {
            let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(Step::Item(if index.is_empty() {
                None
            } else {
                Some(index.parse().ok().filter(|index| *index < 10_000)?)
            }));
            rest = after;
        }
    }
    Some(steps)
}

fn place<'v>(body: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    let mut at = body;
    for step in steps {
        match step {
            Step::Field(name) => {
                if at.is_null() {
                    *at = Value::Object(Map::new());
                }
                at = at.as_object_mut()?.entry(name.clone()).or_insert(Value::Null);
            }
            Step::Item(index) => {
                if at.is_null() {
                    *at = Value::Array(Vec::new());
                }
                let items = at.as_array_mut()?;
                let index = index.unwrap_or(items.len());
                while items.len() <= index {
                    items.push(Value::Null);
                }
                at = &mut items[index];
            }
        }
    }
    Some(at)
}

/// Text as what a schema says it is.
pub fn typed(name: &str, schema: &Value, text: String) -> Result<Value> {
    let wrong = |kind: &str| {
        let meaning = schema["description"].as_str().map(sentence);
        let meaning = meaning.map_or_else(String::new, |meaning| format!("; it is: {meaning}"));
        Failure::usage(format!("`{name}` must be {kind}, and `{text}` is not{meaning}"))
    };
    Ok(match schema["type"].as_str() {
        Some("integer") => text.trim().parse::<i64>().map_err(|_| wrong("a whole number"))?.into(),
        Some("number") => {
            let number = text.trim().parse::<f64>().ok().and_then(Number::from_f64);
            Value::Number(number.ok_or_else(|| wrong("a number"))?)
        }
        Some("boolean") => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => true.into(),
            "false" | "no" | "off" => false.into(),
            _ => return Err(wrong("true or false")),
        },
        Some("array") => match serde_json::from_str(&text) {
            Ok(Value::Array(items)) => Value::Array(items),
            _ => {
                let items = text.split(',').filter(|item| !item.is_empty());
                let items = items.map(|item| typed(name, &schema["items"], item.trim().to_owned()));
                Value::Array(items.collect::<Result<_>>()?)
            }
        },
        Some("object") => serde_json::from_str(&text).map_err(|_| wrong("a JSON object"))?,
        _ => text.into(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::description;

    fn built(operation: &str, fields: &[&str]) -> Result<Value> {
        let entry = description::find(operation)?;
        let name = entry.operation().request.as_deref().unwrap_or_default();
        let mut body = Value::Null;
        for field in fields {
            set_field(entry.bundle(), &entry.bundle().schemas()[name], &mut body, field)?;
        }
        Ok(body)
    }

    #[test]
    fn fields_get_the_types_that_the_description_says() {
        let body = built(
            "create_queue",
            &["queue_name=16", "cu_count=16", "tags[0].key=a", "tags[0].value=1"],
        );
        let expected =
            json!({ "queue_name": "16", "cu_count": 16, "tags": [{ "key": "a", "value": "1" }] });
        assert_eq!(body.unwrap(), expected);
    }

    #[test]
    fn a_value_of_the_wrong_type_names_its_field() {
        let error = built("create_queue", &["cu_count=many"]).unwrap_err().to_string();
        assert!(
            error.starts_with("`cu_count` must be a whole number, and `many` is not"),
            "{error}"
        );
    }

    #[test]
    fn what_is_as_deep_as_can_be_is_refused() {
        let many = |text: &str| text.repeat(50_000);
        for document in [
            many("["),
            many(r#"{"a":"#),
            format!("{}{}", many("["), many("]")),
            format!("a: {}", many("[")),
            format!("a: {}", many("{b: ")),
            many("- "),
            many("? "),
            format!(
                "a: &a [x]\n{}",
                (1..60).map(|n| format!("b{n}: &b{n} [*b{0},*b{0}]\n", n - 1)).collect::<String>()
            )
            .replace("*b0", "*a"),
        ] {
            let error = parse(&document, "x").unwrap_err().to_string();
            assert!(error.starts_with("x is ") && error.len() < 1_000, "{error}");
        }
        for field in [format!("{}a=1", many("a.")), format!("a{}=1", many("[0]"))] {
            let error = built("create_queue", &[&field]).unwrap_err().to_string();
            assert!(error.contains("--body @file.json") && error.len() < 1_000, "{error}");
        }
        let error = built("create_queue", &[&format!("a:={}", many("["))]).unwrap_err().to_string();
        assert!(error.contains("not valid JSON") && error.len() < 1_000, "{error}");
    }

    #[test]
    fn documents_are_json_or_yaml() {
        assert_eq!(parse("{\"a\": 1}", "x").unwrap(), json!({ "a": 1 }));
        assert_eq!(parse("a: 1\nb: [x, y]\n", "x").unwrap(), json!({ "a": 1, "b": ["x", "y"] }));
        assert!(parse("{\"a\": ", "x").unwrap_err().to_string().contains("not valid JSON"));
        assert!(parse("  ", "x").unwrap_err().to_string().contains("is empty"));
        assert!(parse("word", "x").unwrap_err().to_string().contains("single value"));
    }
}

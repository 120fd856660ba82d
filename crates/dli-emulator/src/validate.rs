//! Requests and answers held against the description.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use dli_spec::json_schema::{self, Direction};
use dli_spec::{Bundle, Location, Operation, Parameter};
use http::HeaderMap;
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use percent_encoding::percent_decode;
use serde_json::{Map, Value};

use crate::error::{ApiError, ApiResult};

/// The compiled schemas of one operation.
pub(crate) struct Validators {
    parameters: Vec<(Parameter, Value, Option<Validator>)>,
    request: Option<Validator>,
    response: Option<Validator>,
}

impl Validators {
    pub fn compile(bundle: &Bundle, operation: &Operation) -> Self {
        let component = |name: &Option<String>, direction| {
            let schema = json_schema::of(bundle, name.as_deref()?, direction)?;
            Some(compile(&schema, &operation.id))
        };
        let parameters = operation.parameters.iter().map(|parameter| {
            let resolved = bundle.resolve(&parameter.schema).clone();
            let open = parameter.location == Location::Path;
            let schema = json_schema::for_schema(
                bundle,
                &parameter.schema,
                // A path that names nothing gets the error of a missing object.
                if open { Direction::Response } else { Direction::Request },
            );
            (parameter.clone(), resolved, Some(compile(&schema, &operation.id)))
        });
        Self {
            parameters: parameters.collect(),
            request: component(&operation.request, Direction::Request),
            response: component(&operation.response, Direction::Response),
        }
    }

    /// The parameters of a request, decoded to what their schemas say.
    pub fn parameters(
        &self,
        path: &[(String, String)],
        query: &str,
        headers: &HeaderMap,
    ) -> ApiResult<Map<String, Value>> {
        let query = decode_query(query)?;
        let mut found = Map::new();
        for (parameter, schema, validator) in &self.parameters {
            let named = |name: &String| {
                *name == parameter.name || parameter.aliases.iter().any(|alias| alias == name)
            };
            let given: Vec<&str> = match parameter.location {
                Location::Path => {
                    path.iter().filter(|(n, _)| named(n)).map(|(_, v)| &**v).collect()
                }
                Location::Query => {
                    query.iter().filter(|(n, _)| named(n)).map(|(_, v)| &**v).collect()
                }
                Location::Header => {
                    let values = headers.get_all(&parameter.name).iter();
                    values.filter_map(|value| value.to_str().ok()).collect()
                }
            };
            // An empty text is what some clients send for a parameter that was left out.
            let given: Vec<&str> = given.into_iter().filter(|text| !text.is_empty()).collect();
            if given.is_empty() {
                if parameter.required {
                    let message = format!("The parameter `{}` is missing.", parameter.name);
                    return Err(ApiError::invalid(message));
                }
                continue;
            }
            let value = read_parameter(&parameter.name, schema, &given)?;
            let value = canonical_case(value, schema);
            if let Some(validator) = validator {
                check(validator, &value, &format!("parameter `{}`", parameter.name))?;
            }
            found.insert(parameter.name.clone(), value);
        }
        Ok(found)
    }

    /// The body of a request: decoded, in canonical spelling, and valid.
    pub fn body(&self, bundle: &Bundle, operation: &Operation, bytes: &[u8]) -> ApiResult<Value> {
        let Some(name) = &operation.request else { return Ok(Value::Null) };
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return match operation.request_required {
                true => Err(ApiError::invalid(format!(
                    "The request has no body; {} takes a JSON object ({name}).",
                    operation.id
                ))),
                false => Ok(Value::Null),
            };
        }
        let mut body: Value = serde_json::from_slice(bytes)
            .map_err(|error| ApiError::invalid(format!("The body is not valid JSON: {error}.")))?;
        if let Some(schema) = bundle.schemas().get(name) {
            canonicalise(bundle, schema, &mut body);
        }
        if let Some(validator) = &self.request {
            check(validator, &body, "body")?;
        }
        Ok(body)
    }

    /// What an answer of the emulator has in it that the description does not allow.
    pub fn answer(&self, body: &Value) -> Result<(), String> {
        match &self.response {
            Some(validator) => check(validator, body, "answer").map_err(|error| error.message),
            None => Ok(()),
        }
    }
}

/// Refuses what could be stored but not be shown: the description bounds some fields in answers
/// only, and the service has the same bounds when it takes them.
pub(crate) fn must_be_showable(bundle: &Bundle, component: &str, view: &Value) -> ApiResult<()> {
    static COMPILED: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> =
        LazyLock::new(Mutex::default);
    let validator = {
        let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
        let known = compiled.get(component).cloned();
        match known.or_else(|| {
            let schema = json_schema::of(bundle, component, Direction::Response)?;
            Some(Arc::new(compile(&schema, component)))
        }) {
            Some(validator) => {
                compiled.insert(component.to_owned(), Arc::clone(&validator));
                validator
            }
            None => return Ok(()),
        }
    };
    check(&validator, view, "body")
}

fn compile(schema: &Value, operation: &str) -> Validator {
    jsonschema::options()
        .offline()
        .build(schema)
        .unwrap_or_else(|error| panic!("a schema of {operation} is not valid: {error}"))
}

fn check(validator: &Validator, value: &Value, whole: &str) -> ApiResult<()> {
    let Err(error) = validator.validate(value) else { return Ok(()) };
    let error = innermost(&error);
    let place = match json_schema::place(error.instance_path().as_str()) {
        path if path.is_empty() => format!("The {whole}"),
        path => format!("The field `{path}` of the {whole}"),
    };
    // Values stay out of messages, since they may be secrets.
    Err(ApiError::invalid(format!("{place} is not valid: {}.", error.masked())))
}

/// The cause behind `anyOf [schema, null]`, which stands for every optional field.
fn innermost<'e>(error: &'e ValidationError<'e>) -> &'e ValidationError<'e> {
    match error.kind() {
        ValidationErrorKind::AnyOf { context } => {
            context.iter().flatten().next().map_or(error, |inner| innermost(inner))
        }
        _ => error,
    }
}

fn read_parameter(name: &str, schema: &Value, given: &[&str]) -> ApiResult<Value> {
    let text = given[given.len() - 1];
    let wrong = |kind: &str| ApiError::invalid(format!("The parameter `{name}` must be {kind}."));
    Ok(match schema["type"].as_str() {
        Some("integer") => text.trim().parse::<i64>().map_err(|_| wrong("an integer"))?.into(),
        Some("number") => {
            let number = text.trim().parse::<f64>().map_err(|_| wrong("a number"))?;
            serde_json::Number::from_f64(number).ok_or_else(|| wrong("a finite number"))?.into()
        }
        Some("boolean") => match text.trim().to_ascii_lowercase().as_str() {
            "true" => true.into(),
            "false" => false.into(),
            _ => return Err(wrong("`true` or `false`")),
        },
        Some("array") => given.iter().flat_map(|text| text.split(',')).map(Value::from).collect(),
        _ => text.into(),
    })
}

fn decode_query(query: &str) -> ApiResult<Vec<(String, String)>> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        let decoded = percent_decode(text.as_bytes()).decode_utf8().map(|text| text.into_owned());
        decoded.map_err(|_| ApiError::invalid("The query string is not UTF-8."))
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

/// Other spellings become the one of the description, and an optional `null` goes away.
fn canonicalise(bundle: &Bundle, schema: &Value, value: &mut Value) {
    let schema = bundle.resolve(schema);
    match value {
        Value::Object(fields) => {
            let required: Vec<&str> = schema["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                for alias in property["x-aliases"].as_array().into_iter().flatten() {
                    let alias = alias.as_str().unwrap_or_default();
                    if let Some(value) = fields.shift_remove(alias) {
                        fields.entry(name.clone()).or_insert(value);
                    }
                }
                if fields.get(name).is_some_and(Value::is_null)
                    && !required.contains(&name.as_str())
                {
                    fields.shift_remove(name);
                }
                if let Some(value) = fields.get_mut(name) {
                    canonicalise(bundle, property, value);
                }
            }
            if schema["additionalProperties"].is_object() {
                for value in fields.values_mut() {
                    canonicalise(bundle, &schema["additionalProperties"], value);
                }
            }
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| canonicalise(bundle, &schema["items"], item));
        }
        Value::String(_) => *value = canonical_case(value.take(), schema),
        _ => {}
    }
}

/// The spelling of the description, where the service ignores the case of a value.
fn canonical_case(value: Value, schema: &Value) -> Value {
    if schema["x-case-insensitive"] != Value::Bool(true) {
        return value;
    }
    let Some(text) = value.as_str() else { return value };
    let mut known = schema["x-extensible-enum"].as_array().into_iter().flatten();
    let same = known.find(|known| known.as_str().is_some_and(|k| k.eq_ignore_ascii_case(text)));
    same.cloned().unwrap_or(value)
}

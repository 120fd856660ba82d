//! One request: an operation with its parameters and body, held against the description before
//! anything is sent.

mod body;
mod check;
mod show;
mod skeleton;

use dli_spec::{Location, Operation, Parameter};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

pub use body::{read_document, read_file, read_stdin, set_field, typed};
pub use show::{curl, redacted};
pub use skeleton::{
    as_json as skeleton_json, as_yaml as skeleton_yaml, fields as body_fields, kind, limits,
};

use crate::description::{self, Entry};
use crate::error::{Failure, Result};
use crate::output::eprint_line;

/// What is sent as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A request that is being put together.
#[derive(Debug, Clone)]
pub struct Request {
    /// What the index knows of its operation.
    pub entry: &'static Entry,
    /// All that is known of its operation.
    pub operation: &'static Operation,
    parameters: Map<String, Value>,
    /// The body, if it has one.
    pub body: Option<Value>,
    /// Whether it is sent even if it does not fit the description.
    pub unchecked: bool,
}

impl Request {
    /// A request of this operation.
    ///
    /// # Panics
    /// When there is no such operation. Commands name theirs in their source; a test builds
    /// every one of them.
    pub fn of(id: &str) -> Self {
        let entry = description::find(id).unwrap_or_else(|error| panic!("{error}"));
        Self::new(entry)
    }

    /// A request of this operation.
    pub fn new(entry: &'static Entry) -> Self {
        let operation = entry.operation();
        Self { entry, operation, parameters: Map::new(), body: None, unchecked: false }
    }

    /// The value of a parameter, if it is set.
    pub fn parameter(&self, name: &str) -> Option<&Value> {
        self.parameters.get(name)
    }

    /// Sets a parameter. Nothing is set by `null`.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !value.is_null() {
            self.parameters.insert(name.to_owned(), value);
        }
        self
    }

    /// Sets a parameter that may be absent.
    #[must_use]
    pub fn maybe<T: Into<Value>>(self, name: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Sets the body. Fields that are `null` are left out.
    #[must_use]
    pub fn body(mut self, mut body: Value) -> Self {
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        self.body = Some(body);
        self
    }

    /// Says everything that is wrong with it, as far as the description can tell.
    ///
    /// # Errors
    /// When it does not fit; the error names the parameter or field.
    pub fn check(&self) -> Result<()> {
        let mut unknown = Vec::new();
        let checked = self.check_noting(&mut unknown);
        for place in unknown {
            eprint_line(&format!(
                "warning: the description of {} knows no field `{place}`; it is sent as it is",
                self.entry.id
            ));
        }
        checked
    }

    /// As [`Request::check`]; `unknown` gets the places of fields that nothing is known of.
    ///
    /// # Errors
    /// As [`Request::check`].
    pub fn check_noting(&self, unknown: &mut Vec<String>) -> Result<()> {
        for parameter in self.parameters() {
            match self.parameters.get(&parameter.name) {
                Some(_) if self.unchecked => {}
                Some(value) => check::parameter(self.entry, parameter, value)?,
                None if parameter.required => {
                    return Err(Failure::usage(format!(
                        "{} needs `--{}`: {}",
                        self.entry.id,
                        flag(&parameter.name),
                        sentence(&parameter.description)
                    )));
                }
                None => {}
            }
        }
        match &self.body {
            Some(_) if self.unchecked => Ok(()),
            Some(body) => check::body(self.entry, self.operation, body, unknown),
            None if self.operation.request_required => Err(Failure::usage(format!(
                "{} needs a body; give it with `--body @file.json` or as `field=value`, and see \
                 `dli api {0} --skeleton`",
                self.entry.id
            ))),
            None => Ok(()),
        }
    }

    /// The parameters that a person gives: all but the project id.
    pub fn parameters(&self) -> impl Iterator<Item = &'static Parameter> + use<> {
        self.operation.parameters.iter().filter(|parameter| parameter.name != "project_id")
    }

    /// The path as it is sent, with `{project_id}` still in it.
    ///
    /// # Errors
    /// When a value cannot be part of a path.
    pub fn path(&self) -> Result<String> {
        let mut path = self.operation.path.clone();
        for parameter in self.operation.parameters_in(Location::Path) {
            if parameter.name == "project_id" {
                continue;
            }
            let value = self.parameters.get(&parameter.name).map(text).unwrap_or_default();
            if value.is_empty() {
                return Err(Failure::usage(format!(
                    "`--{}` of {} must not be empty; it is: {}",
                    flag(&parameter.name),
                    self.entry.id,
                    sentence(&parameter.description)
                )));
            }
            if value == "." || value == ".." || value.contains('\\') {
                return Err(Failure::usage(format!(
                    "`{value}` cannot be the {} of {}, since it would lead to another resource; \
                     give one that is neither `.` nor `..` and has no backslash",
                    parameter.name, self.entry.id
                )));
            }
            let encoded = utf8_percent_encode(&value, UNRESERVED).to_string();
            path = path.replace(&format!("{{{}}}", parameter.name), &encoded);
        }
        Ok(path)
    }

    /// Path and query, for people.
    ///
    /// # Errors
    /// When a value cannot be part of a path.
    pub fn target(&self, project_id: &str) -> Result<String> {
        let mut target = self.path()?.replace("{project_id}", project_id);
        let mut separator = '?';
        for (name, value) in self.query() {
            let value = utf8_percent_encode(&value, UNRESERVED);
            target.push_str(&format!(
                "{separator}{}={value}",
                utf8_percent_encode(&name, UNRESERVED)
            ));
            separator = '&';
        }
        Ok(target)
    }

    /// Whether a success is told by an object or a list, as nearly always.
    pub fn answers_with_a_document(&self) -> bool {
        let bundle = self.entry.bundle();
        let schema = self.operation.response.as_deref().and_then(|name| bundle.schemas().get(name));
        let kind = schema.map(|schema| &bundle.resolve(schema)["type"]);
        kind.is_some_and(|kind| kind == "object" || kind == "array")
    }

    /// Headers that are parameters.
    pub fn headers(&self) -> Vec<(String, String)> {
        self.located(Location::Header)
    }

    /// The query, not yet encoded.
    pub fn query(&self) -> Vec<(String, String)> {
        self.located(Location::Query)
    }

    fn located(&self, location: Location) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for parameter in self.operation.parameters_in(location) {
            match self.parameters.get(&parameter.name) {
                Some(Value::Array(values)) => {
                    found.extend(values.iter().map(|value| (parameter.name.clone(), text(value))));
                }
                Some(value) => found.push((parameter.name.clone(), text(value))),
                None => {}
            }
        }
        found
    }
}

/// The option for a parameter: `job-id` for `job_id`.
pub fn flag(name: &str) -> String {
    name.replace('_', "-").to_ascii_lowercase()
}

/// A description as the end of a sentence.
pub fn sentence(description: &str) -> String {
    let first = description.split(". ").next().unwrap_or(description);
    first.trim().trim_end_matches('.').to_owned()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

//! Seeds: what an emulator holds from the start.
//!
//! A seed is JSON: `sql_scripts` (results of statements), `faults` (in text), and `requests`,
//! which are carried out as if they had been sent, except that nothing takes time. A text
//! `{{2.connection_id}}` stands for a field of the third request's answer.

use std::sync::Arc;

use http::HeaderMap;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::auth::Caller;
use crate::description::DESCRIPTION;
use crate::error::{ApiError, ApiResult};
use crate::families::sql_jobs::SCRIPT;
use crate::faults::Fault;
use crate::server::{Service, Work};
use crate::store::Object;

/// Applies a seed and returns the answers of its requests.
pub(crate) async fn apply(service: &Arc<Service>, seed: &Value) -> ApiResult<Vec<Value>> {
    let Some(fields) = seed.as_object() else {
        return Err(wrong("a seed is a JSON object with `sql_scripts`, `faults` and `requests`"));
    };
    if let Some(unknown) =
        fields.keys().find(|key| !["sql_scripts", "faults", "requests"].contains(&key.as_str()))
    {
        return Err(wrong(&format!(
            "a seed has no `{unknown}`; it has `sql_scripts`, `faults` and `requests`"
        )));
    }
    let mut faults = Vec::new();
    for fault in seed["faults"].as_array().into_iter().flatten() {
        let text = fault.as_str().unwrap_or_default();
        faults.push(text.parse::<Fault>().map_err(|error| wrong(&error.to_string()))?);
    }
    for script in seed["sql_scripts"].as_array().into_iter().flatten() {
        add_script(service, script).await?;
    }
    let mut answers: Vec<Value> = Vec::new();
    for (number, request) in seed["requests"].as_array().into_iter().flatten().enumerate() {
        let mut request = request.clone();
        fill_in(&mut request, &answers);
        let answer = carry_out(service, &request).await.map_err(|mut error| {
            error.message = format!("Request {number} of the seed failed: {}", error.message);
            error
        })?;
        answers.push(answer);
    }
    for fault in faults {
        service.faults.add(fault);
    }
    Ok(answers)
}

/// Keeps the result of a statement.
pub(crate) async fn add_script(service: &Service, script: &Value) -> ApiResult<i64> {
    let text = |field: &str| script[field].as_str().unwrap_or_default();
    if text("sql").is_empty() == text("contains").is_empty() {
        return Err(wrong(
            "a script holds either `sql` (the statement) or `contains` (a part of it)",
        ));
    }
    let project = text("project").to_owned();
    if !project.is_empty() && service.settings.project(&project).is_none() {
        return Err(wrong(&format!("there is no project `{project}`")));
    }
    let is_schema = |schema: &Value| {
        let named = |column: &Value| {
            column.as_object().is_some_and(|column| column.values().all(Value::is_string))
        };
        schema.as_array().is_some_and(|columns| columns.iter().all(named))
    };
    let is_rows =
        |rows: &Value| rows.as_array().is_some_and(|rows| rows.iter().all(Value::is_array));
    if !(script["schema"].is_null() || is_schema(&script["schema"]))
        || !(script["rows"].is_null() || is_rows(&script["rows"]))
    {
        return Err(wrong(
            "the `schema` of a script is written [{\"column\": \"type\"}], its `rows` [[value]]",
        ));
    }
    let mut kept = script.clone();
    if let Some(fields) = kept.as_object_mut() {
        fields.shift_remove("project");
    }
    let now = jiff::Timestamp::now().as_millisecond();
    let mut object = Object::new(uuid::Uuid::new_v4().to_string(), "", now, kept);
    let stored = service.store.run(move |objects| {
        objects.insert(&project, SCRIPT, &mut object)?;
        Ok(object.seq)
    });
    stored.await
}

async fn carry_out(service: &Arc<Service>, request: &Value) -> ApiResult<Value> {
    let id = request["operation"].as_str().unwrap_or_default();
    let operations = DESCRIPTION.bundle.operations();
    let Some(index) = operations.iter().position(|operation| operation.id == id) else {
        return Err(wrong(&format!("there is no operation `{id}`")));
    };
    let operation = &operations[index];
    let default = &service.settings.projects[0].id;
    let project = request["project"].as_str().unwrap_or(default);
    let mut given = request["parameters"].as_object().cloned().unwrap_or_default();
    given.insert("project_id".to_owned(), json!(project));
    let as_text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let path: Vec<(String, String)> =
        given.iter().map(|(name, value)| (name.clone(), as_text(value))).collect();
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let query: Vec<String> =
        path.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let validators = DESCRIPTION.validators(index);
    let parameters = validators.parameters(&path, &query.join("&"), &HeaderMap::new())?;
    let body = match &request["body"] {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let body = validators.body(&DESCRIPTION.bundle, operation, body.as_bytes())?;
    let caller = Caller::of_seed(service.settings.user.clone());
    caller.must_reach(&service.settings, project)?;
    let work = Work { index, parameters, body, caller, failure: None, instant: true };
    let (answer, _) = service.store.run(work.on(service)).await?;
    answer.document()
}

/// Puts fields of earlier answers in the place of `{{number.field}}`.
fn fill_in(value: &mut Value, answers: &[Value]) {
    match value {
        Value::String(text) => {
            let inner = text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
            let found = inner.and_then(|inner| {
                let (number, field) = inner.split_once('.')?;
                let answer = answers.get(number.parse::<usize>().ok()?)?;
                answer.pointer(&format!("/{}", field.replace('.', "/"))).cloned()
            });
            if let Some(found) = found {
                *value = found;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill_in(item, answers)),
        Value::Object(fields) => fields.values_mut().for_each(|field| fill_in(field, answers)),
        _ => {}
    }
}

fn wrong(message: &str) -> ApiError {
    ApiError::new(400, "EMULATOR.0400", message.to_owned())
}

//! What a handler sees of a request, and what most handlers do.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use dli_spec::{Operation, PagingStyle};
use serde_json::{Map, Value, json};

use crate::auth::Caller;
use crate::description::DESCRIPTION;
use crate::error::{ApiError, ApiResult};
use crate::server::Service;
use crate::settings::Settings;
use crate::store::{Object, Objects, Timeline};
use crate::view::View;

/// A valid request of a proven caller, within its transaction.
pub(crate) struct Call<'a> {
    pub objects: &'a Objects<'a>,
    pub operation: &'a Operation,
    /// The project; everything a handler reads or writes is in it.
    pub project: &'a str,
    /// Milliseconds since 1970.
    pub now: i64,
    /// Path, query and header parameters by name, as their schemas say.
    pub parameters: Map<String, Value>,
    /// The body; `null` if there is none.
    pub body: Value,
    pub caller: &'a Caller,
    pub settings: &'a Settings,
    /// Why what this request starts is to fail, if a fault was asked for.
    pub failure: Option<String>,
    /// Whether changes of state take no time at all, as in a seed.
    pub instant: bool,
    /// What is to be done once the transaction is committed.
    pub later: RefCell<Vec<Later>>,
    /// The answer, if it was written as text.
    pub text: RefCell<Option<Vec<u8>>>,
}

/// What a handler answered.
pub(crate) enum Answer {
    Document(Value),
    /// JSON.
    Text(Vec<u8>),
}

impl From<Value> for Answer {
    fn from(document: Value) -> Self {
        Self::Document(document)
    }
}

impl Answer {
    /// The tree of it. What was written as text may be deeper than is read.
    pub fn document(self) -> ApiResult {
        match self {
            Self::Document(document) => Ok(document),
            Self::Text(text) => serde_json::from_slice(&text)
                .map_err(|error| ApiError::internal(format!("An answer cannot be read: {error}."))),
        }
    }

    pub fn text(self) -> Vec<u8> {
        match self {
            // `Display` writes the same, piece by piece through the machinery of formatting.
            Self::Document(document) => {
                serde_json::to_vec(&document).expect("a JSON value is JSON")
            }
            Self::Text(text) => text,
        }
    }
}

/// Work after the commit; it may bring another answer than the handler's.
pub(crate) type Later = Box<dyn FnOnce(Arc<Service>) -> LaterAnswer + Send>;
pub(crate) type LaterAnswer = Pin<Box<dyn Future<Output = ApiResult<Option<Value>>> + Send>>;

/// What answers one operation.
pub(crate) type Handler = fn(&Call<'_>) -> ApiResult;

impl Call<'_> {
    /// A path parameter, which is always there.
    pub fn path(&self, name: &str) -> &str {
        self.parameters.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// A query parameter as text.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).and_then(Value::as_str)
    }

    /// A query parameter that is a number.
    pub fn query_int(&self, name: &str) -> Option<i64> {
        self.parameters.get(name).and_then(Value::as_i64)
    }

    /// A query parameter that is a flag.
    pub fn query_flag(&self, name: &str) -> Option<bool> {
        self.parameters.get(name).and_then(Value::as_bool)
    }

    /// A field of the body as text; empty if it is not there.
    pub fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }

    /// A field of the body that is a list of texts.
    pub fn texts(&self, field: &str) -> Vec<&str> {
        self.body[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Answers with what borrows from objects: their part in the answer is written while they are
    /// there, and not copied before.
    pub fn write(&self, view: &View<'_>) -> ApiResult {
        // What is checked stays a tree: the text may be deeper than is read again.
        if self.settings.check_answers {
            return Ok(Value::from(view.clone()));
        }
        let text = serde_json::to_vec(view).expect("a view is JSON");
        self.text.replace(Some(text));
        Ok(Value::Null)
    }

    /// Has something done once the transaction is committed.
    pub fn afterwards(&self, later: Later) {
        self.later.borrow_mut().push(later);
    }

    /// How long one change of state takes in this family.
    pub fn delay(&self) -> i64 {
        if self.instant { 0 } else { self.settings.delay_of(&self.operation.family) }
    }

    /// From one state to another after the configured time; to a third if a failure was asked
    /// for.
    pub fn settle(&self, from: &str, good: &str, bad: &str) -> Timeline {
        let end = if self.failure.is_some() { bad } else { good };
        Timeline::starting(self.now, from).then(self.delay(), end)
    }

    /// Notes on an object why it is going to fail, if a failure was asked for.
    pub fn note_failure(&self, object: &mut Object) {
        if let Some(reason) = &self.failure {
            object.set("failure", reason.as_str());
        }
    }

    /// Why an object failed, while it is in its state of failure; else nothing.
    pub fn failure_of<'o>(&self, object: &'o Object, failed: &str) -> &'o str {
        if object.timeline.state(self.now) == failed { object.text("failure") } else { "" }
    }

    /// Stores an object whose id is a number, and returns the number.
    pub fn insert_numbered(&self, kind: &str, object: &mut Object) -> ApiResult<i64> {
        object.id = new_id();
        self.insert(kind, object)?;
        object.id = object.seq.to_string();
        self.objects.update(object)?;
        Ok(object.seq)
    }

    /// Refuses a name that is taken.
    pub fn must_be_new(&self, kind: &str, what: &str, name: &str) -> ApiResult<()> {
        match self.objects.by_name(self.project, kind, "", name)? {
            Some(_) => Err(ApiError::exists(what, name)),
            None => Ok(()),
        }
    }

    /// Gives an object the name that is asked for, if one is and it is not taken.
    pub fn rename(
        &self,
        kind: &str,
        what: &str,
        object: &mut Object,
        name: Option<&str>,
    ) -> ApiResult<()> {
        if let Some(name) = name.filter(|name| *name != object.name) {
            self.must_be_new(kind, what, name)?;
            object.name = name.to_owned();
        }
        Ok(())
    }

    /// Puts every field of the body over what the object has.
    pub fn overwrite(&self, object: &mut Object) {
        for (field, value) in self.body.as_object().into_iter().flatten() {
            object.set(field, value.clone());
        }
    }

    pub fn insert(&self, kind: &str, object: &mut Object) -> ApiResult<()> {
        self.objects.insert(self.project, kind, object)
    }

    /// Writes an object back and notes when.
    pub fn update(&self, object: &mut Object) -> ApiResult<()> {
        object.updated = self.now;
        self.objects.update(object)
    }

    pub fn delete(&self, object: &Object) -> ApiResult<()> {
        self.objects.delete(object)
    }

    pub fn find(&self, kind: &str, id: &str) -> ApiResult<Option<Object>> {
        self.objects.get(self.project, kind, "", id)
    }

    /// An object that has to be there.
    pub fn require(&self, kind: &str, what: &str, id: &str) -> ApiResult<Object> {
        self.find(kind, id)?.ok_or_else(|| ApiError::not_found(what, id))
    }

    pub fn list(&self, kind: &str) -> ApiResult<Vec<Object>> {
        self.objects.list(self.project, kind, "")
    }

    /// The part of a list that the request asks for, by the paging convention that the
    /// description names. All of it if the request says nothing.
    pub fn page<T>(&self, items: Vec<T>) -> Vec<T> {
        let paging = &self.operation.paging;
        let given = |name: &Option<String>| {
            let name = name.as_deref()?;
            let value = match paging.location.as_deref() {
                Some("body") => self.body.get(name),
                _ => self.parameters.get(name),
            };
            value.and_then(Value::as_i64)
        };
        // A limit of 0 asks for everything, and an offset without a limit has no effect.
        let limit = given(&paging.limit).or_else(|| self.default_of(paging.limit.as_deref()?));
        let Some(limit) = limit.and_then(|limit| usize::try_from(limit).ok()).filter(|l| *l > 0)
        else {
            return items;
        };
        let offset = given(&paging.offset);
        let skip = match paging.style {
            PagingStyle::PageNumber => {
                let first = paging.first.unwrap_or(1);
                offset.unwrap_or(first).saturating_sub(first).saturating_mul(limit as i64)
            }
            PagingStyle::OffsetLimit | PagingStyle::FromSize => {
                let unit = if paging.unit.as_deref() == Some("pages") { limit as i64 } else { 1 };
                offset.unwrap_or(0).saturating_mul(unit)
            }
            PagingStyle::LimitOnly => 0,
            _ => return items,
        };
        let skip = usize::try_from(skip.max(0)).unwrap_or(usize::MAX);
        items.into_iter().skip(skip).take(limit).collect()
    }

    /// The default that the description gives a parameter.
    fn default_of(&self, name: &str) -> Option<i64> {
        let parameter = self.operation.parameters.iter().find(|p| p.name == name)?;
        DESCRIPTION.bundle.resolve(&parameter.schema)["default"].as_i64()
    }

    /// A path parameter that is a number.
    pub fn path_number(&self, name: &str) -> i64 {
        self.parameters.get(name).and_then(Value::as_i64).unwrap_or_default()
    }

    /// The values of a query parameter that is a list.
    pub fn query_list(&self, name: &str) -> Option<Vec<&str>> {
        let list = self.parameters.get(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).collect())
    }

    /// Whether an object carries the tags that a `key=value,key=value` filter names.
    pub fn has_tags(&self, object: &Object, filter: &str) -> bool {
        let tags = object.get("tags").as_array().map_or(&[][..], Vec::as_slice);
        filter.split(',').filter(|part| !part.trim().is_empty()).all(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            tags.iter().any(|tag| {
                tag["key"].as_str() == Some(key.trim())
                    && (value.is_empty() || tag["value"].as_str() == Some(value.trim()))
            })
        })
    }

    /// As [`Call::has_tags`], where the service looks for parts of the text.
    pub fn has_tags_like(&self, object: &Object, filter: &str) -> bool {
        let tags = object.get("tags").as_array().map_or(&[][..], Vec::as_slice);
        let holds =
            |text: &Value, part: &str| text.as_str().is_some_and(|text| text.contains(part));
        filter.split(',').filter(|part| !part.trim().is_empty()).all(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            tags.iter()
                .any(|tag| holds(&tag["key"], key.trim()) && holds(&tag["value"], value.trim()))
        })
    }
}

/// The plain answer of operations that return nothing but their outcome.
pub(crate) fn done() -> Value {
    json!({ "is_success": true, "message": "" })
}

/// A new id, in the form with dashes.
pub(crate) fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

//! Answers that are made of what is stored: they borrow it and are written straight to text, where
//! a tree of `serde_json` would copy every name and every value for each object of a list.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// A JSON value on its way into an answer.
#[derive(Debug, Clone)]
pub(crate) enum View<'a> {
    Bool(bool),
    Int(i64),
    Text(Cow<'a, str>),
    /// As it stands in a stored document.
    Stored(&'a Value),
    Owned(Value),
    List(Vec<View<'a>>),
    Object(Fields<'a>),
    /// A stored document, with fields that take the place of its own or come after them.
    Document(&'a Map<String, Value>, Fields<'a>),
}

/// Fields in the order in which they are written.
pub(crate) type Fields<'a> = Vec<(&'static str, View<'a>)>;

/// An object of fields, each with what can become a [`View`].
macro_rules! view {
    ($($name:literal: $value:expr),* $(,)?) => {
        $crate::view::View::Object(vec![$(($name, $crate::view::View::from($value))),*])
    };
}
pub(crate) use view;

impl<'a> View<'a> {
    /// A list of what can become views.
    pub fn list<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// An object with one more field, or with another value of the one it has; other views stay as
    /// they are.
    pub fn with(mut self, name: &'static str, value: impl Into<View<'a>>) -> Self {
        if let Self::Object(fields) | Self::Document(_, fields) = &mut self {
            match fields.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value.into(),
                None => fields.push((name, value.into())),
            }
        }
        self
    }

    /// The same with those of the named fields that a stored document has.
    pub fn with_those_of(
        self,
        doc: &'a Map<String, Value>,
        names: impl IntoIterator<Item = &'static str>,
    ) -> Self {
        let found = names.into_iter().filter_map(|name| Some((name, doc.get(name)?)));
        found.fold(self, |view, (name, value)| view.with(name, value))
    }

    /// The same with a field for the outcome, as most answers have it.
    pub fn succeeded(self) -> Self {
        self.with("is_success", true).with("message", "")
    }
}

impl Serialize for View<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Stored(value) => value.serialize(serializer),
            Self::Owned(value) => value.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(fields) => {
                serializer.collect_map(fields.iter().map(|(name, value)| (name, value)))
            }
            Self::Document(doc, fields) => {
                let mut written = serializer.serialize_map(None)?;
                for (name, value) in *doc {
                    match fields.iter().find(|(field, _)| field == name) {
                        Some((_, value)) => written.serialize_entry(name, value)?,
                        None => written.serialize_entry(name, value)?,
                    }
                }
                for (name, value) in fields.iter().filter(|(name, _)| !doc.contains_key(*name)) {
                    written.serialize_entry(name, value)?;
                }
                written.end()
            }
        }
    }
}

/// The tree, for an answer of one object.
impl From<View<'_>> for Value {
    fn from(view: View<'_>) -> Self {
        match view {
            View::Bool(value) => value.into(),
            View::Int(value) => value.into(),
            View::Text(value) => value.into_owned().into(),
            View::Stored(value) => value.clone(),
            View::Owned(value) => value,
            View::List(items) => items.into_iter().map(Value::from).collect(),
            View::Object(fields) => tree(Map::new(), fields),
            View::Document(doc, fields) => tree(doc.clone(), fields),
        }
    }
}

fn tree(mut map: Map<String, Value>, fields: Fields<'_>) -> Value {
    map.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))));
    Value::Object(map)
}

impl From<bool> for View<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for View<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<usize> for View<'_> {
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<u64> for View<'_> {
    fn from(value: u64) -> Self {
        Self::Owned(value.into())
    }
}

impl From<f64> for View<'_> {
    fn from(value: f64) -> Self {
        Self::Owned(value.into())
    }
}

impl<'a> From<&'a str> for View<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl<'a> From<&'a String> for View<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl From<String> for View<'_> {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl<'a> From<&'a Value> for View<'a> {
    fn from(value: &'a Value) -> Self {
        Self::Stored(value)
    }
}

impl From<Value> for View<'_> {
    fn from(value: Value) -> Self {
        Self::Owned(value)
    }
}

impl<'a> From<Vec<View<'a>>> for View<'a> {
    fn from(items: Vec<View<'a>>) -> Self {
        Self::List(items)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is written; the tree has to say the same.
    fn written(view: View<'_>) -> String {
        let text = serde_json::to_string(&view).unwrap();
        assert_eq!(Value::from(view).to_string(), text);
        text
    }

    #[test]
    fn a_field_added_again_takes_the_place_of_the_first() {
        let stored = json!({ "size": 16, "owner": "a", "secret": "b" });
        let doc = stored.as_object().unwrap();
        let view = view! { "owner": "nobody", "progress": 0.5 };
        let view = view.with_those_of(doc, ["size", "owner", "label"]).with("size", 64_i64);
        assert_eq!(written(view), r#"{"owner":"a","progress":0.5,"size":64}"#);
    }

    #[test]
    fn fields_added_to_a_stored_document_replace_its_own_or_come_last() {
        let stored = json!({ "id": "mine", "size": 16 });
        let view = View::Document(stored.as_object().unwrap(), Vec::new());
        let view = view.with("rows", View::list(["a", "b"])).with("id", 7_u64);
        assert_eq!(written(view), r#"{"id":7,"size":16,"rows":["a","b"]}"#);
    }
}

//! Answers that are made of what is stored: they borrow it and are written straight to text, where
//! a tree of `serde_json` would copy every name and every value for each object of a list.

use std::borrow::Cow;

use serde::ser::{Serialize, Serializer};
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
    /// An object with one more field; other views stay as they are.
    pub fn with(mut self, name: &'static str, value: impl Into<View<'a>>) -> Self {
        if let Self::Object(fields) = &mut self {
            fields.push((name, value.into()));
        }
        self
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
            View::Object(fields) => {
                let fields = fields.into_iter();
                fields
                    .map(|(name, value)| (name.to_owned(), Value::from(value)))
                    .collect::<Map<_, _>>()
                    .into()
            }
        }
    }
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

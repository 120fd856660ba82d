//! How answers are decoded: as what was meant, not as what was written.
//!
//! The service writes booleans and numbers as text, numbers with a fraction of zero where a
//! whole one is documented, and `null` for what is absent. The public types stay plain; these
//! rules stand between them and the wire.
//!
//! ```
//! # #[cfg(feature = "datasource_connections")] {
//! use dli_api::types::DatasourceConnectionList;
//!
//! let text = r#"{"is_success": "true", "count": "752", "connections": null, "new": 1}"#;
//! let list: DatasourceConnectionList = serde_json::from_str(text).unwrap();
//! assert_eq!(list.is_success, Some(true));
//! assert_eq!(list.count, Some(752));
//! assert!(list.connections.is_none());
//! # }
//! ```

use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};

/// How one kind of value is decoded.
pub trait Rule {
    /// What comes out.
    type Value;

    /// Makes it of a value of whatever kind comes.
    fn visitor<'de>() -> impl Visitor<'de, Value = Self::Value>;

    /// Decodes a value, or says why it cannot be meant.
    ///
    /// # Errors
    /// When the value cannot be read as this kind.
    fn decode<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(Self::visitor())
    }
}

/// Decodes a field that has to be there.
///
/// # Errors
/// When the value cannot be read as the rule's kind.
pub fn required<'de, R: Rule, D: Deserializer<'de>>(deserializer: D) -> Result<R::Value, D::Error> {
    R::decode(deserializer)
}

/// Decodes a field that may be absent or `null`.
///
/// # Errors
/// When there is a value that cannot be read as the rule's kind.
pub fn optional<'de, R: Rule, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<R::Value>, D::Error> {
    // One look at what comes, not one for `null` and then another.
    deserializer.deserialize_any(Optional(R::visitor()))
}

/// The methods of a visitor that hands what comes to the one within, and makes its own of that.
macro_rules! through {
    ($($method:ident($kind:ty)),*; $make:expr) => {
        $(fn $method<E: Error>(self, value: $kind) -> Result<Self::Value, E> {
            self.0.$method(value).and_then($make)
        })*
    };
}

struct Optional<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Optional<V> {
    type Value = Option<V::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)?;
        f.write_str(", or null")
    }
    fn visit_none<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
    through! {
        visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str),
        visit_string(String);
        |value| Ok(Some(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        self.0.visit_seq(items).map(Some)
    }
    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Self::Value, A::Error> {
        self.0.visit_map(entries).map(Some)
    }
}

/// A boolean, also as text in any case, and as 0 or 1.
pub struct Boolean;

impl Rule for Boolean {
    type Value = bool;

    fn visitor<'de>() -> impl Visitor<'de, Value = bool> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = bool;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false, as such or as text")
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<bool, E> {
                Ok(value)
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<bool, E> {
                match value {
                    0 => Ok(false),
                    1 => Ok(true),
                    _ => Err(E::invalid_value(Unexpected::Signed(value), &self)),
                }
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<bool, E> {
                self.visit_i64(i64::try_from(value).unwrap_or(-1))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<bool, E> {
                match value.trim() {
                    text if text.eq_ignore_ascii_case("true") || text == "1" => Ok(true),
                    text if text.eq_ignore_ascii_case("false") || text == "0" => Ok(false),
                    _ => Err(E::invalid_value(Unexpected::Str(value), &self)),
                }
            }
        }
        Visit
    }
}

/// A whole number, also as text and with a fraction of zero.
pub struct Integer;

/// The largest whole number that a double still tells from its neighbours.
const EXACT_IN_DOUBLE: f64 = 9_007_199_254_740_992.0;

impl Rule for Integer {
    type Value = i64;

    fn visitor<'de>() -> impl Visitor<'de, Value = i64> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = i64;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of 64 bits, as such or as text")
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
                Ok(value)
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
                i64::try_from(value)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<i64, E> {
                if value.fract() == 0.0 && value.abs() <= EXACT_IN_DOUBLE {
                    #[allow(clippy::cast_possible_truncation)]
                    return Ok(value as i64);
                }
                Err(E::invalid_value(Unexpected::Float(value), &self))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<i64, E> {
                let text = value.trim();
                if let Ok(number) = text.parse::<i64>() {
                    return Ok(number);
                }
                match text.parse::<f64>() {
                    Ok(number) => self.visit_f64(number),
                    Err(_) => Err(E::invalid_value(Unexpected::Str(value), &self)),
                }
            }
        }
        Visit
    }
}

/// Words that stand for the values of a number.
pub trait Words {
    /// Each word with its number.
    const WORDS: &'static [(&'static str, i64)];
}

/// A whole number whose values some pages write as words.
pub struct Worded<W>(PhantomData<W>);

impl<W: Words> Rule for Worded<W> {
    type Value = i64;

    fn visitor<'de>() -> impl Visitor<'de, Value = i64> {
        struct Visit<W, V>(V, PhantomData<W>);

        impl<'de, W: Words, V: Visitor<'de, Value = String>> Visitor<'de> for Visit<W, V> {
            type Value = i64;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of 64 bits, as such, as text or by its word")
            }
            through! {
                visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str),
                visit_string(String);
                number_of::<W, E>
            }
        }

        Visit::<W, _>(Text::visitor(), PhantomData)
    }
}

fn number_of<W: Words, E: Error>(text: String) -> Result<i64, E> {
    let word = W::WORDS.iter().find(|(word, _)| text.trim().eq_ignore_ascii_case(word));
    match word {
        Some((_, number)) => Ok(*number),
        None => Integer::decode(serde::de::value::StrDeserializer::new(&text)),
    }
}

/// A number, also as text.
pub struct Number;

impl Rule for Number {
    type Value = f64;

    fn visitor<'de>() -> impl Visitor<'de, Value = f64> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = f64;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, as such or as text")
            }
            #[allow(clippy::cast_precision_loss)]
            fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
                Ok(value as f64)
            }
            #[allow(clippy::cast_precision_loss)]
            fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
                Ok(value as f64)
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
                Ok(value)
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<f64, E> {
                match value.trim().parse::<f64>() {
                    Ok(number) if number.is_finite() => Ok(number),
                    _ => Err(E::invalid_value(Unexpected::Str(value), &self)),
                }
            }
        }
        Visit
    }
}

/// A text; numbers and booleans, which stand for ids and flags, are taken as written.
pub struct Text;

impl Rule for Text {
    type Value = String;

    fn visitor<'de>() -> impl Visitor<'de, Value = String> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = String;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<String, E> {
                Ok(value.to_owned())
            }
            fn visit_string<E: Error>(self, value: String) -> Result<String, E> {
                Ok(value)
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<String, E> {
                Ok(value.to_string())
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<String, E> {
                Ok(value.to_string())
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<String, E> {
                Ok(value.to_string())
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<String, E> {
                Ok(value.to_string())
            }
        }
        Visit
    }
}

/// A list of values of one rule; a value that stands alone is a list of one, an empty text none.
pub struct List<R>(PhantomData<R>);

impl<R: Rule> Rule for List<R> {
    type Value = Vec<R::Value>;

    fn visitor<'de>() -> impl Visitor<'de, Value = Self::Value> {
        struct Visit<R>(PhantomData<R>);
        impl<'de, R: Rule> Visitor<'de> for Visit<R> {
            type Value = Vec<R::Value>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list, or one value")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element::<ByRule<R>>()? {
                    list.push(item.0);
                }
                Ok(list)
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
                if value.is_empty() { Ok(Vec::new()) } else { one::<R, E>(value) }
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
                one::<R, E>(value)
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
                one::<R, E>(value)
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Self::Value, E> {
                one::<R, E>(value)
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
                one::<R, E>(value)
            }
        }
        Visit::<R>(PhantomData)
    }
}

/// A list of the one value that stands where a list is documented.
fn one<'de, R: Rule, E: Error>(value: impl IntoDeserializer<'de, E>) -> Result<Vec<R::Value>, E> {
    Ok(vec![R::decode(value.into_deserializer())?])
}

/// Decodes a list; an object that stands alone is a list of one.
///
/// # Errors
/// When the value is neither.
pub fn list_or_one<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct Visit<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Visit<T> {
        type Value = Vec<T>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list, or one object")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(list)
        }
        fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Vec<T>, A::Error> {
            let one = T::deserialize(serde::de::value::MapAccessDeserializer::new(entries))?;
            Ok(vec![one])
        }
    }
    deserializer.deserialize_any(Visit(PhantomData))
}

/// A map from texts to values of one rule.
pub struct Map<R>(PhantomData<R>);

impl<R: Rule> Rule for Map<R> {
    type Value = HashMap<String, R::Value>;

    fn visitor<'de>() -> impl Visitor<'de, Value = Self::Value> {
        struct Visit<R>(PhantomData<R>);
        impl<'de, R: Rule> Visitor<'de> for Visit<R> {
            type Value = HashMap<String, R::Value>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut map = HashMap::new();
                while let Some((key, value)) = entries.next_entry::<String, ByRule<R>>()? {
                    map.insert(key, value.0);
                }
                Ok(map)
            }
        }
        Visit::<R>(PhantomData)
    }
}

/// Lets serde's containers decode by a rule.
struct ByRule<R: Rule>(R::Value);

impl<'de, R: Rule> Deserialize<'de> for ByRule<R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        R::decode(deserializer).map(ByRule)
    }
}

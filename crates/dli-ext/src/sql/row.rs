//! A row of a result, and how a type of the user's is made of it.

use std::sync::Arc;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};

use super::{Column, ColumnType};

/// A row of a result.
///
/// Values are JSON: numbers for integers and floats, text for decimals (no digit is lost),
/// dates, timestamps and binaries (in Base64), arrays and objects for what is nested; null is
/// `Value::Null` and the empty text is not null.
///
/// ```
/// fn print(row: &dli_ext::sql::Row) {
///     println!("{:?}", row.values());
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Row {
    pub(super) columns: Arc<[Column]>,
    pub(super) values: Vec<Value>,
}

impl Row {
    /// The columns.
    ///
    /// ```
    /// fn width(row: &dli_ext::sql::Row) -> usize {
    ///     row.columns().len()
    /// }
    /// ```
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The values, in the order of the columns.
    ///
    /// ```
    /// fn nulls(row: &dli_ext::sql::Row) -> usize {
    ///     row.values().iter().filter(|value| value.is_null()).count()
    /// }
    /// ```
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The value of the first column of this name.
    ///
    /// ```
    /// fn name(row: &dli_ext::sql::Row) -> Option<&str> {
    ///     row.get("name")?.as_str()
    /// }
    /// ```
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.columns.iter().position(|column| column.name == name)?;
        self.values.get(at)
    }

    /// The row as a JSON object. Of columns with the same name, the second becomes `name_2` and
    /// so on.
    ///
    /// ```
    /// fn json(row: dli_ext::sql::Row) -> String {
    ///     row.into_object().to_string()
    /// }
    /// ```
    pub fn into_object(self) -> Value {
        let mut object = Map::new();
        for (column, value) in self.columns.iter().zip(self.values) {
            let mut name = column.name.clone();
            let mut nth = 1;
            while object.contains_key(&name) {
                nth += 1;
                name = format!("{}_{nth}", column.name);
            }
            object.insert(name, value);
        }
        Value::Object(object)
    }

    /// A type of yours, made of the row: a struct or map by the columns' names, a tuple or list
    /// by their order. A decimal becomes a text, a decimal type or a float, as the type asks.
    ///
    /// ```
    /// fn pair(row: dli_ext::sql::Row) -> Result<(i64, Option<String>), serde_json::Error> {
    ///     row.into_typed()
    /// }
    /// ```
    ///
    /// # Errors
    /// When the row does not fit the type.
    pub fn into_typed<T: DeserializeOwned>(self) -> Result<T, serde_json::Error> {
        T::deserialize(self)
    }
}

impl<'de> Deserializer<'de> for Row {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let columns = Arc::clone(&self.columns);
        let fields = columns
            .iter()
            .zip(self.values)
            .map(|(column, value)| (column.name.as_str(), Cell { ty: &column.ty, value }));
        visitor.visit_map(MapDeserializer::new(fields))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let columns = Arc::clone(&self.columns);
        let cells =
            columns.iter().zip(self.values).map(|(column, value)| Cell { ty: &column.ty, value });
        visitor.visit_seq(SeqDeserializer::new(cells))
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct map struct enum identifier ignored_any
    }
}

/// A value with the type of its column, which says what a text may be read as.
struct Cell<'a> {
    ty: &'a ColumnType,
    value: Value,
}

/// What a nested type says of the values inside.
static UNKNOWN: ColumnType = ColumnType::String;

impl<'a> Cell<'a> {
    fn inside(ty: &'a ColumnType, name: Option<&str>) -> &'a ColumnType {
        match (ty, name) {
            (ColumnType::Array(item), _) => item,
            (ColumnType::Map(_, value), _) => value,
            (ColumnType::Struct(fields), Some(name)) => {
                fields.iter().find(|(field, _)| field == name).map_or(&UNKNOWN, |(_, ty)| ty)
            }
            _ => &UNKNOWN,
        }
    }

    /// A number that is kept as a text.
    fn number(&self) -> Option<&str> {
        match (self.ty, &self.value) {
            (
                ColumnType::Decimal { .. } | ColumnType::Float | ColumnType::Double,
                Value::String(text),
            ) => Some(text),
            _ => None,
        }
    }
}

impl<'a> IntoDeserializer<'_, serde_json::Error> for Cell<'a> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $ty:ty),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
            match self.number().map(str::parse::<$ty>) {
                Some(Ok(number)) => visitor.$visit(number),
                Some(Err(error)) => Err(serde_json::Error::custom(format_args!(
                    "{} is no {}: {error}", self.value, stringify!($ty)
                ))),
                None => self.value.$method(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Cell<'_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let ty = self.ty;
        match self.value {
            Value::Array(items) => {
                let inner = Self::inside(ty, None);
                let cells = items.into_iter().map(|value| Cell { ty: inner, value });
                visitor.visit_seq(SeqDeserializer::new(cells))
            }
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| {
                    let inner = Self::inside(ty, Some(&name));
                    (name, Cell { ty: inner, value })
                });
                visitor.visit_map(MapDeserializer::new(fields))
            }
            other => other.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        self.value.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match (self.ty, &self.value) {
            (ColumnType::Binary, Value::String(text)) => visitor
                .visit_byte_buf(super::decode_binary(text).map_err(serde_json::Error::custom)?),
            _ => self.value.deserialize_byte_buf(visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        self.deserialize_byte_buf(visitor)
    }

    numbers! {
        deserialize_f32 visit_f32 f32, deserialize_f64 visit_f64 f64,
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64,
        deserialize_i128 visit_i128 i128, deserialize_u128 visit_u128 u128,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16,
        deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
    }

    forward_to_deserialize_any! {
        bool char str string unit unit_struct seq tuple tuple_struct map struct identifier
        ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(columns: &[(&str, &str)], values: &str) -> Row {
        let columns: Arc<[Column]> = columns
            .iter()
            .map(|(name, ty)| Column { name: (*name).to_owned(), ty: (*ty).into() })
            .collect();
        Row { columns, values: serde_json::from_str(values).unwrap() }
    }

    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Sale {
        id: i64,
        price: f64,
        exact: String,
        note: Option<String>,
        inner: Inner,
    }

    #[derive(serde::Deserialize, Debug, PartialEq)]
    struct Inner {
        amounts: Vec<f64>,
    }

    #[test]
    fn a_row_becomes_a_struct_or_a_tuple() {
        let columns = [
            ("id", "bigint"),
            ("price", "decimal(10,2)"),
            ("exact", "decimal(10,2)"),
            ("note", "string"),
            ("inner", "struct<amounts:array<decimal(5,2)>>"),
        ];
        let sale = row(&columns, r#"[7, "1.50", "1.50", null, {"amounts": ["0.10"]}]"#);
        let expected = Sale {
            id: 7,
            price: 1.5,
            exact: "1.50".to_owned(),
            note: None,
            inner: Inner { amounts: vec![0.1] },
        };
        assert_eq!(sale.into_typed::<Sale>().unwrap(), expected);
        let pair: (i64, Option<String>) =
            row(&[("a", "int"), ("b", "string")], r#"[1, ""]"#).into_typed().unwrap();
        assert_eq!(pair, (1, Some(String::new())));
    }

    #[test]
    fn a_text_is_no_number_unless_its_column_is_one() {
        assert!(row(&[("a", "string")], r#"["12"]"#).into_typed::<(f64,)>().is_err());
    }

    #[test]
    fn columns_of_the_same_name_are_both_kept() {
        let object = row(&[("a", "int"), ("a", "int")], "[1, 2]").into_object();
        assert_eq!(object, serde_json::json!({ "a": 1, "a_2": 2 }));
    }
}

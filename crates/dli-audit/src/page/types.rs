//! Reads the many ways in which the pages write a type.

use crate::document::{squeeze, without_marks};
use crate::facts::FieldType;

/// A type as read from a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadType {
    /// The type, when the words are understood.
    pub kind: Option<FieldType>,
    /// The name of the object type, as in `Array of TmsTag objects`.
    pub object: Option<String>,
}

/// Reads a type.
pub fn read(text: &str) -> ReadType {
    let clean = without_marks(&squeeze(text));
    let clean = clean.trim_matches(|c: char| matches!(c, '.' | '。' | ',' | '，' | '`')).trim();
    if clean.is_empty() || clean == "-" || clean == "无" || clean.len() > 120 {
        return ReadType { kind: None, object: None };
    }
    let lower = clean.to_lowercase();
    if let Some(inner) = list_of(&lower) {
        if inner.is_empty() {
            return ReadType { kind: Some(FieldType::Array(None)), object: None };
        }
        let original = original_slice(clean, &lower, inner);
        let item = read(&original);
        let of = item.kind.map(Box::new);
        return ReadType { kind: Some(FieldType::Array(of)), object: item.object };
    }
    if lower.starts_with("map") || lower.contains("键值对") || lower.starts_with("object{") {
        return ReadType { kind: Some(FieldType::Map), object: None };
    }
    let kind =
        match lower.as_str() {
            "string" | "strings" | "str" | "字符串" | "char" | "varchar" | "text" | "uuid"
            | "enum" | "字符" | "date" | "datetime" => FieldType::String,
            "integer" | "integers" | "int" | "ints" | "long" | "longs" | "int32" | "int64"
            | "short" | "bigint" | "整型" | "整数" | "长整型" | "number(integer)" | "timestamp" => {
                FieldType::Integer
            }
            "double" | "float" | "number" | "decimal" | "doubles" | "floats" | "浮点型"
            | "浮点数" => FieldType::Number,
            "boolean" | "bool" | "booleans" | "布尔" | "布尔型" | "布尔值" => {
                FieldType::Boolean
            }
            "object" | "objects" | "body" | "struct" | "结构体" | "对象" | "dict"
            | "dictionary" => FieldType::Object,
            "json" | "jsonobject" | "any" | "jsons" => FieldType::Any,
            "file" | "文件" | "binary" => FieldType::File,
            "array" | "list" | "数组" | "列表" | "arrays" => FieldType::Array(None),
            _ => return named(clean),
        };
    ReadType { kind: Some(kind), object: None }
}

/// What the list holds, when the words name a list.
fn list_of(lower: &str) -> Option<&str> {
    for (open, close) in [
        ("[", "]"),
        ("array[", "]"),
        ("list[", "]"),
        ("array<", ">"),
        ("list<", ">"),
        ("array <", ">"),
        ("list <", ">"),
        ("array(", ")"),
        ("list(", ")"),
    ] {
        if let Some(inner) = lower.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)) {
            return Some(inner.trim());
        }
    }
    for mark in ["array of ", "arrays of ", "list of ", "lists of ", "array ", "list "] {
        if let Some(inner) = lower.strip_prefix(mark) {
            return Some(inner.trim());
        }
    }
    for mark in ["[]", "数组", "列表", " array", " list"] {
        if let Some(inner) = lower.strip_suffix(mark) {
            return Some(inner.trim());
        }
    }
    None
}

/// The part of `clean` that became `inner` when lowered; type names keep their capitals.
fn original_slice(clean: &str, lower: &str, inner: &str) -> String {
    if clean.len() == lower.len()
        && let Some(at) = lower.find(inner)
        && let Some(slice) = clean.get(at..at + inner.len())
    {
        return slice.to_owned();
    }
    inner.to_owned()
}

/// `TmsTag object` and `TmsTag objects`.
fn named(clean: &str) -> ReadType {
    let lower = clean.to_lowercase();
    for mark in [" objects", " object", "对象", " structure", "结构体"] {
        if lower.ends_with(mark)
            && let Some(name) = clean.get(..clean.len() - mark.len())
            && is_identifier(name.trim())
        {
            return ReadType {
                kind: Some(FieldType::Object),
                object: Some(name.trim().to_owned()),
            };
        }
    }
    // A bare type name, as in `Array of TmsTag`.
    let capital = clean.chars().next().is_some_and(|c| c.is_ascii_uppercase());
    if capital && clean.len() > 3 && is_identifier(clean) {
        return ReadType { kind: Some(FieldType::Object), object: Some(clean.to_owned()) };
    }
    ReadType { kind: None, object: None }
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_many_spellings_of_a_type_mean_one() {
        let cases = [
            ("Long", "integer"),
            ("int", "integer"),
            ("Array of Strings", "array of string"),
            ("Array Of objects", "array of object"),
            ("Array[String]", "array of string"),
            ("Array <Objects>", "array of object"),
            ("[Long]", "array of integer"),
            ("Array of body", "array of object"),
            ("Array of arrays", "array of array"),
            ("Map<string,integer>", "map"),
            ("结构体", "object"),
            ("List of Json", "array of any"),
            ("Double", "number"),
            ("Array of TmsTag objects", "array of object"),
            ("Array of Map", "array of map"),
        ];
        for (text, kind) in cases {
            assert_eq!(read(text).kind.map(|k| k.to_string()).as_deref(), Some(kind), "{text}");
        }
        assert_eq!(read("Array of TmsTag objects").object.as_deref(), Some("TmsTag"));
        assert_eq!(read("无").kind, None);
        assert_eq!(read("whatever this is").kind, None);
    }
}

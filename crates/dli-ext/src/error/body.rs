//! What an error body says, in any of the shapes that the service and its gateways use.

use std::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// Code and message of an error body, each where it is there.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ErrorDocument {
    pub code: Option<String>,
    pub message: Option<String>,
    pub request_id: Option<String>,
    /// What the identity service encodes about a refused permission.
    pub authorization: Option<String>,
}

/// The names that each part goes by, the best one first.
const NAMES: [&[&str]; 4] = [
    &["error_code", "errorCode", "errCode", "code"],
    &["error_msg", "errorMsg", "errMsg", "message", "error_message"],
    &["request_id", "requestId"],
    &["encoded_authorization_message"],
];

impl ErrorDocument {
    /// Reads a body; `None` if it is not a JSON object, or says nothing that is known.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Object>(body).ok()?.0
    }
}

/// What an object says. Whatever else is in it is passed over, however deep, and not kept: the
/// body of a stranger must not cost more memory than its own length.
struct Object(Option<ErrorDocument>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Object, A::Error> {
                document(entries, false).map(Object)
            }
        }
        deserializer.deserialize_map(Visit)
    }
}

/// Reads the entries of the body, or of an object `inside` it.
fn document<'de, A: MapAccess<'de>>(
    mut entries: A,
    inside: bool,
) -> Result<Option<ErrorDocument>, A::Error> {
    // The rank of the name that a part was found by, and the part.
    let mut parts: [Option<(usize, String)>; NAMES.len()] = Default::default();
    let mut wrapped = None;
    while let Some(name) = entries.next_key::<String>()? {
        let known = NAMES
            .iter()
            .enumerate()
            .find_map(|(part, names)| Some((part, names.iter().position(|known| *known == name)?)));
        if inside && known.is_none() {
            entries.next_value::<IgnoredAny>()?;
            continue;
        }
        match (entries.next_value_seed(Part { inside })?, known) {
            (Found::Text(text), Some((part, rank))) => match &parts[part] {
                Some((better, _)) if *better < rank => {}
                _ => parts[part] = Some((rank, text)),
            },
            // Some gateways wrap it once: {"error": {"code": 401, "message": "…"}}.
            (Found::Document(document), _) => wrapped = wrapped.or(document),
            _ => {}
        }
    }
    let [code, message, request_id, authorization] = parts.map(|part| part.map(|(_, text)| text));
    let own = ErrorDocument { code, message, request_id, authorization };
    Ok(if own.code.is_some() || own.message.is_some() { Some(own) } else { wrapped })
}

/// A value of the body, or of an object `inside` it.
struct Part {
    inside: bool,
}

enum Found {
    Text(String),
    Document(Option<ErrorDocument>),
    Nothing,
}

impl<'de> DeserializeSeed<'de> for Part {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_str<E>(self, text: &str) -> Result<Found, E> {
        Ok(if text.is_empty() { Found::Nothing } else { Found::Text(text.to_owned()) })
    }
    fn visit_i64<E>(self, number: i64) -> Result<Found, E> {
        Ok(Found::Text(number.to_string()))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Found, E> {
        Ok(Found::Text(number.to_string()))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Found, E> {
        Ok(Found::Text(number.to_string()))
    }
    fn visit_bool<E>(self, _: bool) -> Result<Found, E> {
        Ok(Found::Nothing)
    }
    fn visit_unit<E>(self) -> Result<Found, E> {
        Ok(Found::Nothing)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Found, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Found::Nothing)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Found, A::Error> {
        if !self.inside {
            return document(entries, true).map(Found::Document);
        }
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Found::Nothing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(body: &str, code: Option<&str>, message: Option<&str>) {
        let document = ErrorDocument::read(body.as_bytes()).expect(body);
        assert_eq!((document.code.as_deref(), document.message.as_deref()), (code, message));
    }

    #[test]
    fn every_known_shape_gives_code_and_message() {
        reads(r#"{"error_code":"DLI.0002","error_msg":"gone"}"#, Some("DLI.0002"), Some("gone"));
        reads(r#"{"errorCode":"DLI.0999","errorMsg":"oh"}"#, Some("DLI.0999"), Some("oh"));
        reads(r#"{"code":"X.1","message":"m"}"#, Some("X.1"), Some("m"));
        reads(r#"{"error":{"code":401,"message":"m","title":"t"}}"#, Some("401"), Some("m"));
    }

    #[test]
    fn one_half_without_the_other_is_kept() {
        reads(r#"{"error_code":"DLI.0002"}"#, Some("DLI.0002"), None);
        reads(r#"{"error_msg":"gone","error_code":null}"#, None, Some("gone"));
    }

    #[test]
    fn what_is_beside_it_is_passed_over_however_deep_or_wrong_it_is() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        reads(&format!(r#"{{"a":{deep},"error_code":"X.1"}}"#), Some("X.1"), None);
        reads(&format!(r#"{{"error":{{"a":{deep},"code":7}}}}"#), Some("7"), None);
        reads(r#"{"code":"second","error_code":"first","message":["no"]}"#, Some("first"), None);
        reads(r#"{"code":{"code":{"code":1},"message":"m"}}"#, None, Some("m"));
    }

    #[test]
    fn other_bodies_say_nothing() {
        for body in ["", "<html></html>", "[]", "{}", r#"{"a":{"b":1}}"#, r#"{"error_code":"DL"#] {
            assert_eq!(ErrorDocument::read(body.as_bytes()), None, "{body}");
        }
    }
}

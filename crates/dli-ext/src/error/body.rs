//! What an error body says, in any of the shapes that the service and its gateways use.

use serde_json::{Map, Value};

/// Code and message of an error body, each where it is there.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ErrorDocument {
    pub code: Option<String>,
    pub message: Option<String>,
    pub request_id: Option<String>,
    /// What the identity service encodes about a refused permission.
    pub authorization: Option<String>,
}

impl ErrorDocument {
    /// Reads a body; `None` if it is not a JSON object, or says nothing that is known.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let Ok(Value::Object(object)) = serde_json::from_slice(body) else { return None };
        Self::of(&object).or_else(|| {
            // Some gateways wrap it once: {"error": {"code": 401, "message": "…"}}.
            object.values().find_map(|value| Self::of(value.as_object()?))
        })
    }

    fn of(object: &Map<String, Value>) -> Option<Self> {
        let first = |names: &[&str]| names.iter().find_map(|name| text(object.get(*name)?));
        let document = Self {
            code: first(&["error_code", "errorCode", "errCode", "code"]),
            message: first(&["error_msg", "errorMsg", "errMsg", "message", "error_message"]),
            request_id: first(&["request_id", "requestId"]),
            authorization: first(&["encoded_authorization_message"]),
        };
        (document.code.is_some() || document.message.is_some()).then_some(document)
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
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
    fn other_bodies_say_nothing() {
        for body in ["", "<html></html>", "[]", "{}", r#"{"a":{"b":1}}"#, r#"{"error_code":"DL"#] {
            assert_eq!(ErrorDocument::read(body.as_bytes()), None, "{body}");
        }
    }
}

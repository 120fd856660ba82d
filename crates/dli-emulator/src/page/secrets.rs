//! What the page does not show: values that the description calls secret, and values whose names
//! say that they are. They are taken out as soon as an object is read, before anything is written.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::description::DESCRIPTION;

/// What stands in the place of a secret.
pub(super) const MASK: &str = "•••";

/// Parts of names that make the value a secret, besides those of the description.
const WORDS: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "credential",
    "token",
    "private_key",
    "private.key",
    "access_key",
    "access.key",
    "accesskey",
    "api_key",
];

/// The properties that the description marks with `format: password`.
static DESCRIBED: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut names = HashSet::new();
    for schema in DESCRIPTION.bundle.schemas().values() {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            if property["format"] == "password" {
                names.insert(name.to_lowercase());
            }
        }
    }
    names
});

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let last = name.rsplit(['.', '_', '-']).next().unwrap_or_default();
    DESCRIBED.contains(&name)
        || WORDS.iter().any(|word| name.contains(word))
        || matches!(last, "ak" | "sk" | "pwd")
}

/// Masks the secrets of a document, at any depth.
pub(super) fn mask_document(document: &mut Map<String, Value>) {
    for (name, value) in document {
        // Columns of a result may have any names; their types are no secrets.
        if name == "schema" {
            continue;
        }
        if is_secret(name) && !matches!(value, Value::Null | Value::Bool(_)) {
            *value = Value::from(MASK);
        } else {
            mask_value(value);
        }
    }
}

fn mask_value(value: &mut Value) {
    match value {
        Value::Object(map) => mask_document(map),
        Value::Array(items) => items.iter_mut().for_each(mask_value),
        Value::String(text) => {
            if let Some(masked) = mask_text(text) {
                *text = masked;
            }
        }
        _ => {}
    }
}

/// Masks what follows the name of a secret in a text: `password=x`, `'password' = 'x'`,
/// `"password": "x"`, `password 'x'`. `None` when there is nothing to mask.
pub(super) fn mask_text(text: &str) -> Option<String> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    let mut out = String::new();
    let mut kept = 0;
    let mut at = 0;
    while let Some(start) = text[at..].find(is_name).map(|found| at + found) {
        let end = text[start..].find(|c| !is_name(c)).map_or(text.len(), |found| start + found);
        at = end;
        if !is_secret(&text[start..end]) {
            continue;
        }
        if let Some((from, to)) = value_after(text, end) {
            out.push_str(&text[kept..from]);
            out.push_str(MASK);
            (kept, at) = (to, to);
        }
    }
    if kept == 0 {
        return None;
    }
    out.push_str(&text[kept..]);
    Some(out)
}

/// Where the value begins and ends that is given to the name which ends at `end`.
fn value_after(text: &str, end: usize) -> Option<(usize, usize)> {
    let is_quote = |c: char| matches!(c, '\'' | '"' | '`');
    let name = text[end..].trim_start_matches(|c| c == '\\' || is_quote(c));
    let rest = name.trim_start();
    let assigned = rest.starts_with(['=', ':']);
    let rest = rest.trim_start_matches(['=', ':', '>']).trim_start();
    let from = text.len() - rest.len();
    let inside = rest.trim_start_matches('\\');
    let Some(quote) = inside.chars().next().filter(|c| is_quote(*c)) else {
        let length = rest
            .find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '&' | ')' | '}' | ']'))
            .unwrap_or(rest.len());
        return (assigned && length > 0).then_some((from, from + length));
    };
    let escaped = inside.len() < rest.len();
    let from = text.len() - inside.len() + 1;
    let mut characters = text[from..].char_indices().peekable();
    let mut backslash = false;
    while let Some((offset, c)) = characters.next() {
        if c == quote && (escaped || !backslash) {
            // A quote that is doubled is part of the text.
            if !escaped && characters.peek().is_some_and(|(_, next)| *next == quote) {
                characters.next();
                continue;
            }
            let to = from + offset - usize::from(escaped && backslash);
            return (to > from).then_some((from, to));
        }
        backslash = c == '\\' && !backslash;
    }
    // A quote that nobody closes: what follows may be the secret.
    (from < text.len()).then_some((from, text.len()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_of_secret_names_are_masked_in_any_text() {
        for (text, masked) in [
            ("spark.db.password=geheim", "spark.db.password=•••"),
            (
                "'connector.password' = 'ge''heim', 'x' = 'y'",
                "'connector.password' = '•••', 'x' = 'y'",
            ),
            ("OPTIONS (password 'geheim', user 'u')", "OPTIONS (password '•••', user 'u')"),
            (r#"{"secret_key":"ge\"heim","a":1}"#, r#"{"secret_key":"•••","a":1}"#),
            (r#"{\"password\":\"geheim\",\"a\":1}"#, r#"{\"password\":\"•••\",\"a\":1}"#),
            (
                "jdbc:mysql://h/d?user=u&password=geheim&x=1",
                "jdbc:mysql://h/d?user=u&password=•••&x=1",
            ),
            ("fs.obs.access.key: AKIA fs.obs.sk=geheim", "fs.obs.access.key: ••• fs.obs.sk=•••"),
            ("password = 'geheim", "password = '•••"),
        ] {
            assert_eq!(mask_text(text).as_deref(), Some(masked));
        }
    }

    #[test]
    fn text_without_secrets_stays_as_it_is() {
        for text in [
            "",
            "select password, token from t",
            "create table t (password string, secret int)",
            "password = ''",
            "task = 'x', risk = 'y'",
            "the password",
            "ünï 'ćode' = \u{202e}",
        ] {
            assert_eq!(mask_text(text), None, "{text}");
        }
    }

    #[test]
    fn secrets_of_a_document_are_masked_at_any_depth() {
        let mut document = json!({
            "var_value": "geheim",
            "is_sensitive": true,
            "request": { "conf": { "spark.hadoop.fs.obs.secret.key": "geheim" }, "args": ["--password=geheim"] },
            "schema": [{ "password": "string" }],
            "truststore_password": "geheim",
        });
        mask_document(document.as_object_mut().unwrap());
        assert!(!document.to_string().contains("geheim"), "{document}");
        assert_eq!(document["schema"], json!([{ "password": "string" }]));
        assert_eq!(document["is_sensitive"], true);
    }
}

//! Requests as text, with secrets taken out.

use dli_spec::Bundle;
use serde_json::Value;

use super::Request;

const HIDDEN: &str = "********";

/// A body with its secrets hidden.
pub fn redacted(request: &Request) -> Option<Value> {
    let mut body = request.body.clone()?;
    let bundle = request.entry.bundle();
    if let Some(schema) = request.operation.request.as_deref().and_then(|n| bundle.schemas().get(n))
    {
        hide(bundle, schema, &mut body);
    }
    Some(body)
}

/// What is marked as a password in the description, and what is called like one.
fn hide(bundle: &Bundle, schema: &Value, value: &mut Value) {
    let schema = bundle.resolve(schema);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let property = match schema["properties"].get(name) {
                    Some(property) => property,
                    None => &schema["additionalProperties"],
                };
                let secret =
                    bundle.resolve(property)["format"] == "password" || is_secret_name(name);
                if secret && (value.is_string() || value.is_number()) {
                    *value = HIDDEN.into();
                } else {
                    hide(bundle, property, value);
                }
            }
        }
        Value::Array(items) => {
            items.iter_mut().for_each(|item| hide(bundle, &schema["items"], item));
        }
        _ => {}
    }
}

/// Whether a field of this name holds a secret, whatever the description says.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace(['-', '_', '.'], "");
    ["password", "passwd", "secret", "secretkey", "token", "securitytoken", "accesskey"]
        .iter()
        .any(|word| name == *word || name.ends_with(word))
}

/// The request as a command for curl, with a token from the environment in place of a
/// signature, which curl cannot make.
pub fn curl(method: &str, url: &str, headers: &[(String, String)], body: Option<&Value>) -> String {
    let mut lines = vec![format!("curl -X {method} {}", quoted(url))];
    lines.push("  -H \"X-Auth-Token: $DLI_TOKEN\"".to_owned());
    for (name, value) in headers {
        lines.push(format!("  -H {}", quoted(&format!("{name}: {value}"))));
    }
    if let Some(body) = body {
        lines.push("  -H 'Content-Type: application/json'".to_owned());
        lines.push(format!("  --data {}", quoted(&body.to_string())));
    }
    lines.join(" \\\n")
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_of_a_body_are_hidden() {
        let request = Request::of("create_auth_info").body(json!({
            "auth_info_name": "a",
            "user_name": "u",
            "password": "hunter2",
        }));
        let shown = redacted(&request).unwrap();
        assert_eq!(shown["password"], HIDDEN);
        assert_eq!(shown["auth_info_name"], "a");
    }

    #[test]
    fn a_quote_in_a_body_stays_within_the_shell_word() {
        let command = curl("POST", "http://x/a", &[], Some(&json!({ "sql": "select 'a'" })));
        assert!(command.contains(r"select '\''a'\''"), "{command}");
    }
}

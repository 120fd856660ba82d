//! Temporary key pairs as the services that hand them out write them.

use jiff::Timestamp;
use reqsign_core::{Error, Result};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::Credential;

#[derive(Deserialize)]
struct Answer {
    #[serde(alias = "credentials")]
    credential: Keys,
}

#[derive(Deserialize)]
struct Keys {
    #[serde(alias = "accessKeyId", alias = "access_key_id")]
    access: String,
    #[serde(alias = "secretAccessKey", alias = "secret_access_key")]
    secret: String,
    #[serde(alias = "securityToken", alias = "security_token")]
    securitytoken: String,
    #[serde(alias = "expiration")]
    expires_at: String,
}

/// Reads a temporary key pair, at the top of the document or inside `credential` or
/// `credentials`. The error quotes nothing of the document.
pub(crate) fn parse(task: &str, body: &[u8]) -> Result<Credential> {
    let unreadable = || {
        Error::unexpected(format!(
            "{task}: the answer is not a temporary key pair (access, secret, securitytoken, \
             expires_at); see that the address is the right one"
        ))
    };
    let keys = serde_json::from_slice::<Answer>(body)
        .map(|answer| answer.credential)
        .or_else(|_| serde_json::from_slice::<Keys>(body))
        .map_err(|_| unreadable())?;
    let secret = Zeroizing::new(keys.secret);
    let token = Zeroizing::new(keys.securitytoken);
    let expires_at: Timestamp = keys.expires_at.parse().map_err(|_| {
        Error::unexpected(format!(
            "{task}: the key pair ends at {:?}, which is no time; it cannot be kept",
            keys.expires_at
        ))
    })?;
    if keys.access.is_empty() || secret.is_empty() {
        return Err(unreadable());
    }
    Ok(Credential::new(keys.access, secret.as_str())
        .with_security_token(token.as_str())
        .with_expiry(expires_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_pair_is_read_in_every_spelling() {
        for body in [
            r#"{"credential":{"access":"AK","secret":"SK","securitytoken":"ST","expires_at":"2026-01-02T03:04:05.000000Z"}}"#,
            r#"{"credentials":{"access_key_id":"AK","secret_access_key":"SK","security_token":"ST","expiration":"2026-01-02T03:04:05Z"}}"#,
            r#"{"accessKeyId":"AK","secretAccessKey":"SK","securityToken":"ST","expiration":"2026-01-02T03:04:05Z"}"#,
        ] {
            let credential = parse("test", body.as_bytes()).unwrap();
            assert_eq!(credential.access_key(), "AK");
            assert_eq!(credential.secret_key(), "SK");
            assert_eq!(credential.security_token(), Some("ST"));
            assert_eq!(credential.expires_at(), Some("2026-01-02T03:04:05Z".parse().unwrap()));
        }
    }

    #[test]
    fn an_answer_in_another_form_is_refused_without_quoting_it() {
        for body in [
            "",
            "[]",
            r#"{"credential":{"access":"AK","secret":7,"securitytoken":"hidden","expires_at":"x"}}"#,
            r#"{"credential":{"access":"","secret":"hidden","securitytoken":"ST","expires_at":"2026-01-02T03:04:05Z"}}"#,
            r#"{"credential":{"access":"AK","secret":"hidden","securitytoken":"ST","expires_at":"soon"}}"#,
        ] {
            let error = parse("test", body.as_bytes()).unwrap_err();
            assert!(!format!("{error:?}{error}").contains("hidden"), "{error:?}");
        }
    }
}

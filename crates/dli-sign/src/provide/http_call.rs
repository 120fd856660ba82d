//! The few HTTP calls that providers make, and what to say when one fails.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use bytes::Bytes;
use http::uri::Uri;
use http::{HeaderValue, Request, Response, StatusCode};
use reqsign_core::{Context, Error, ErrorKind, Result};
use serde_json::Value;
use tokio::time::timeout;

/// Sends a request, and waits no longer than `limit`. `task` says what for, in the error.
pub(crate) async fn send(
    ctx: &Context,
    task: &str,
    request: Request<Bytes>,
    limit: Duration,
) -> Result<Response<Bytes>> {
    let target = format!("{} {}", request.method(), without_query(request.uri()));
    match timeout(limit, ctx.http_send(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) => Err(Error::unexpected(format!(
            "{task}: {target} could not be sent; see that the address can be reached from here"
        ))
        .with_source(error)
        .set_retryable(true)),
        Err(_) => Err(Error::unexpected(format!(
            "{task}: {target} got no answer within {limit:?}; see that the address can be reached from here"
        ))
        .set_retryable(true)),
    }
}

/// The error for an answer that is not the one hoped for. It quotes what the service says about
/// it, with `secret` (which the service might repeat) left out, and no more of the body.
pub(crate) fn refused(
    task: &str,
    target: &str,
    response: &Response<Bytes>,
    secret: Option<&str>,
    advice: &str,
) -> Error {
    let status = response.status();
    let kind = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ErrorKind::PermissionDenied,
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::RateLimited,
        _ if status.is_client_error() => ErrorKind::ConfigInvalid,
        _ => ErrorKind::Unexpected,
    };
    let mut said = said(response.body()).unwrap_or_default();
    if let Some(secret) = secret.filter(|secret| !secret.is_empty()) {
        said = said.replace(secret, "***");
    }
    let said = if said.is_empty() { said } else { format!(" ({said})") };
    Error::new(kind, format!("{task}: {target} answered {status}{said}; {advice}"))
        .set_retryable(status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS)
}

/// What an error body says, in one of the forms that Huawei Cloud's services use.
fn said(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let said = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(outer)) => {
            let inner = outer.get("error").and_then(Value::as_object);
            let object = inner.unwrap_or(&outer);
            let field = |names: [&str; 3]| {
                names.iter().find_map(|name| match object.get(*name)? {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => None,
                })
            };
            let code = field(["error_code", "errorCode", "code"]);
            let message = field(["error_msg", "errorMsg", "message"]);
            match (code, message) {
                (Some(code), Some(message)) => format!("{code}: {message}"),
                (code, message) => code.or(message)?,
            }
        }
        Ok(_) => return None,
        Err(_) if text.starts_with(['<', '{', '[']) => return None,
        Err(_) => text.to_owned(),
    };
    let line: String =
        said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect();
    Some(line).filter(|line| !line.is_empty())
}

/// The address of a call: an endpoint and a path.
pub(crate) fn join(endpoint: &str, path: &str) -> String {
    format!("{}{path}", endpoint.trim_end_matches('/'))
}

/// Refuses to send a secret over a connection that others can read: the endpoint must be https,
/// or http on this machine.
pub(crate) fn check_private(task: &str, endpoint: &str) -> Result<()> {
    check_reach(task, endpoint, |_| false, "use an https address")
}

/// The addresses at which a node answers its own pods and programs, and nobody else's.
const OF_THE_NODE: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];

/// As [`check_private`], for the service of a node besides: packets to it do not leave the node.
pub(crate) fn check_near(task: &str, endpoint: &str) -> Result<()> {
    let advice = "use an https address, one of this machine (127.0.0.1, [::1], localhost) or of \
                  its metadata (169.254.169.254, 169.254.170.2, 169.254.170.23, [fd00:ec2::23])";
    check_reach(task, endpoint, |address| OF_THE_NODE.contains(&address), advice)
}

fn check_reach(
    task: &str,
    endpoint: &str,
    trusted: impl Fn(IpAddr) -> bool,
    advice: &str,
) -> Result<()> {
    let uri: Uri = endpoint.parse().map_err(|_| {
        Error::config_invalid(format!(
            "{task}: {endpoint:?} is no address; write https:// and a host"
        ))
    })?;
    let host = uri.host().unwrap_or_default();
    let near = host.eq_ignore_ascii_case("localhost")
        || host
            .trim_matches(['[', ']'])
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback() || trusted(address));
    match uri.scheme_str() {
        Some("https") if !host.is_empty() => Ok(()),
        Some("http") if near => Ok(()),
        _ => Err(Error::config_invalid(format!(
            "{task}: {endpoint:?} would carry a secret in the clear; {advice}"
        ))),
    }
}

/// A header value that is not to be printed.
pub(crate) fn secret_header(task: &str, what: &str, text: &str) -> Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Error::credential_invalid(format!(
            "{task}: {what} holds characters that cannot be sent in a header; look for line breaks"
        ))
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The error for an address or header that no request can be built from.
pub(crate) fn unbuildable(task: &str, error: http::Error) -> Error {
    Error::config_invalid(format!("{task}: no request can be built: {error}")).with_source(error)
}

fn without_query(uri: &Uri) -> String {
    let text = uri.to_string();
    text.split('?').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_quotes_the_services_words_and_nothing_else() {
        for (body, quoted) in [
            (r#"{"error_code":"IAM.0001","error_msg":"bad"}"#, Some("IAM.0001: bad")),
            (r#"{"error":{"code":401,"message":"no","title":"x"}}"#, Some("401: no")),
            (r#"{"message":"only"}"#, Some("only")),
            (r#"{"token":"secret"}"#, None),
            (r#"["secret"]"#, None),
            ("<html>secret</html>", None),
            ("{broken", None),
            ("plain\nwords", Some("plain words")),
            ("", None),
        ] {
            assert_eq!(said(body.as_bytes()).as_deref(), quoted, "{body}");
        }
    }

    #[test]
    fn secrets_leave_this_machine_encrypted_only() {
        for good in [
            "https://iam.example.com",
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:1",
        ] {
            assert!(check_private("login", good).is_ok(), "{good}");
        }
        for bad in [
            "http://iam.example.com",
            "http://127.0.0.1.example.com",
            "iam.example.com",
            "",
            "ftp://x",
        ] {
            assert!(check_private("login", bad).is_err(), "{bad}");
        }
    }
}

//! Errors of the client in the words of the command line.

use dli_ext::{Error, ErrorCode, ErrorKind};

use crate::description::Entry;
use crate::error::{Exit, Failure};

/// The failure that an error of the client is.
pub fn of_client(error: &Error, entry: Option<&'static Entry>) -> Failure {
    let exit = exit(error);
    let mut text = String::new();
    if let Some(entry) = entry.filter(|_| exit != Exit::Configuration) {
        text = format!("{}: ", entry.id);
    }
    text.push_str(&readable(&paragraph(error.message())));
    let mut details = Vec::new();
    if let Some(code) = error.code() {
        details.push(readable(code.as_str()));
        if let Some(meaning) = ErrorCode::meaning(code) {
            details.push(meaning.trim_end_matches('.').to_owned());
        }
    }
    if let Some(status) = error.status() {
        details.push(format!("status {status}"));
    }
    if error.attempts() > 1 {
        details.push(format!("after {} attempts", error.attempts()));
    }
    if let Some(id) = error.request_id() {
        details.push(format!("request id {}", readable(id)));
    }
    if !details.is_empty() {
        text.push_str(&format!(" ({})", details.join(", ")));
    }
    let repeatable = entry.is_some_and(|entry| entry.operation().idempotent);
    let advice = match error.kind() {
        ErrorKind::Interrupted if repeatable => "try again, and see `dli doctor` if it goes on",
        _ => advice(error),
    };
    if !advice.is_empty() {
        text.push_str(&format!("; {advice}"));
    }
    Failure::new(exit, text)
}

/// Words of whoever answered, fit for a terminal: no control characters, no end of them.
fn readable(text: &str) -> String {
    const MOST: usize = 2_000;
    let clean = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c });
    let mut shown: String = clean.take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// A message without its layout. Of a list of what was tried for credentials, only what was set
/// up is told.
fn paragraph(message: &str) -> String {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let rest: Vec<&str> = lines.filter(|line| !line.contains(": not set up")).collect();
    let text = match first.split_once("; set up one of these") {
        Some((found, _)) if rest.is_empty() => found.to_owned(),
        Some((found, _)) => format!("{found} ({})", rest.join("; ")),
        None => [&[first], rest.as_slice()].concat().join(" "),
    };
    text.trim_end_matches(['.', ':']).to_owned()
}

fn exit(error: &Error) -> Exit {
    if error.is_configuration() || error.kind() == ErrorKind::Credentials {
        Exit::Configuration
    } else if error.is_throttled() || error.is_quota_exceeded() {
        Exit::Throttled
    } else if error.is_not_found() && is_of_service(error) {
        Exit::NotFound
    } else if error.is_already_exists() {
        Exit::Conflict
    } else if error.is_unauthenticated() || error.is_permission_denied() {
        Exit::Denied
    } else if error.is_timeout() {
        Exit::Timeout
    } else {
        match error.kind() {
            ErrorKind::InvalidRequest => Exit::Usage,
            ErrorKind::Connect
            | ErrorKind::Interrupted
            | ErrorKind::UnexpectedAnswer
            | ErrorKind::Undecodable
            | ErrorKind::TooLarge => Exit::Network,
            ErrorKind::Refused if !is_of_service(error) => Exit::Network,
            _ => Exit::Service,
        }
    }
}

/// Whether the service itself or its gateway answered, and not something in between.
fn is_of_service(error: &Error) -> bool {
    error.code().is_some()
        || error.body().is_none_or(|body| body.trim_ascii_start().starts_with(b"{"))
}

fn advice(error: &Error) -> &'static str {
    let message = error.message();
    match error.kind() {
        ErrorKind::Configuration if message.contains("neither a region nor an endpoint") => {
            "give `--region cn-north-4` or `--endpoint URL`, set HUAWEICLOUD_SDK_REGION, run \
             `dli configure`, or try everything without an account with `--local`"
        }
        ErrorKind::Configuration if message.contains("region") && message.contains("not known") => {
            "`dli help regions` lists the known ones; for another give its address with `--endpoint URL`"
        }
        ErrorKind::Configuration if message.contains("project id") => {
            "give `--project-id ID`, set HUAWEICLOUD_SDK_PROJECT_ID, or run `dli configure`; the \
             console shows the id under My Credentials"
        }
        ErrorKind::Configuration if message.contains("endpoint") => {
            "give it as `--endpoint https://host` or `--endpoint https://host:port`"
        }
        ErrorKind::Configuration => "run `dli doctor` to see what is configured, and from where",
        ErrorKind::Credentials => {
            "set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, run `dli configure`, or try everything \
             without an account with `--local`"
        }
        ErrorKind::Connect => "check the network, the proxy and the endpoint; `dli doctor` helps",
        ErrorKind::Interrupted => {
            "whether the service did its work is not known; look before you try again"
        }
        ErrorKind::UnexpectedAnswer | ErrorKind::Undecodable => {
            "check that the endpoint is the one of the service and that no proxy answers for it; \
             `dli doctor` helps"
        }
        ErrorKind::TooLarge => "ask for less at a time",
        _ if error.is_throttled() => "wait a little and try again",
        _ if error.is_quota_exceeded() => {
            "free something or have the quota raised; see `dli quota`"
        }
        _ if error.is_not_found() && is_of_service(error) => {
            "check the name or id, the project and the region"
        }
        _ if error.is_already_exists() => "choose another name, or use what is there",
        _ if error.is_unauthenticated() => {
            "check the access key and its secret, and the clock; `dli doctor` helps"
        }
        _ if error.is_permission_denied() => {
            "ask the administrator of the account for the permission"
        }
        _ if error.is_timeout() => "try again, or look whether the work was done all the same",
        ErrorKind::Refused if !is_of_service(error) => {
            "something in front of the service answered; check the endpoint and the proxy"
        }
        ErrorKind::Refused if error.status().is_some_and(|status| status >= 500) => {
            "the fault is the service's; try again later, and name the request id if you report it"
        }
        ErrorKind::Refused => "correct the request; `--debug` shows what was sent",
        _ => "",
    }
}

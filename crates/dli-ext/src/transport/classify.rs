//! What an attempt means: a usable answer, or a refusal with what follows from it.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use super::Answer;
use super::attempt::{Failure, Raw};
use crate::config::Authentication;
use crate::error::ErrorDocument;
use crate::{Error, ErrorCode, ErrorKind};

/// What an attempt means.
pub(crate) enum Verdict {
    Answer(Answer),
    Refused(Box<Refused>),
}

/// When a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// Never: it would end in the same way.
    Never,
    /// If the operation may be done twice: the service may have done it.
    IfIdempotent,
    /// Whatever the operation does: it was surely not done.
    Always,
}

/// An attempt that gave no usable answer.
#[derive(Debug)]
pub(crate) struct Refused {
    pub kind: ErrorKind,
    pub again: Again,
    pub status: Option<StatusCode>,
    pub code: Option<ErrorCode>,
    pub message: String,
    pub hint: Option<&'static str>,
    pub request_id: Option<String>,
    pub retry_after: Option<Duration>,
    /// The server's clock, where the authentication was refused.
    pub date: Option<Timestamp>,
    pub unauthenticated: bool,
    pub body: Option<Bytes>,
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// Classifies the outcome of an attempt of an operation that had `bound` to come to one.
pub(crate) fn classify(outcome: Result<Raw, Failure>, operation: &str, bound: Duration) -> Verdict {
    let refused = match outcome {
        Ok(raw) if raw.status.is_success() => match unusable(&raw, operation) {
            None => {
                return Verdict::Answer(Answer {
                    status: raw.status,
                    headers: raw.headers,
                    body: raw.body,
                    attempts: 0,
                });
            }
            Some((kind, message)) => Refused {
                message,
                body: Some(raw.body),
                ..Refused::new(kind, Again::IfIdempotent).answered(raw.status, &raw.headers)
            },
        },
        Ok(raw) => from_status(raw),
        Err(failure) => from_failure(failure, bound),
    };
    Verdict::Refused(Box::new(refused))
}

/// Whether an operation may answer with nothing: it has nothing to tell but its outcome, or
/// nobody knows what it tells.
fn may_be_silent(operation: &str) -> bool {
    match dli_api::Operation::by_id(operation).and_then(|operation| operation.response) {
        Some(schema) => schema == "Acknowledgement",
        None => true,
    }
}

/// Why a body that comes with a success is not what the service sends. Only its ends are looked
/// at: reading all of it is the decoder's work.
fn unusable(raw: &Raw, operation: &str) -> Option<(ErrorKind, String)> {
    let text = raw.body.trim_ascii();
    let (Some(first), Some(last)) = (text.first(), text.last()) else {
        let silent = may_be_silent(operation)
            || raw.status == StatusCode::NO_CONTENT
            || raw.status == StatusCode::RESET_CONTENT
            || raw.status == StatusCode::ACCEPTED;
        return (!silent).then(|| (ErrorKind::UnexpectedAnswer, "the answer is empty".to_owned()));
    };
    match (first, last) {
        (b'{', b'}') | (b'[', b']') => None,
        (b'{' | b'[', _) => Some((ErrorKind::Undecodable, unfinished(text))),
        // A lone text, number or flag; the decoder knows whether it is meant.
        _ if serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok() => None,
        _ => Some((ErrorKind::UnexpectedAnswer, not_json(raw))),
    }
}

/// What is wrong with a text that begins as JSON does and does not end so.
fn unfinished(text: &[u8]) -> String {
    let mut values =
        serde_json::Deserializer::from_slice(text).into_iter::<serde::de::IgnoredAny>();
    let end = match values.next() {
        Some(Ok(_)) => values.byte_offset(),
        _ => return format!("the answer is cut off after {} bytes", text.len()),
    };
    format!("the answer goes on after its end: {}", excerpt(text[end..].trim_ascii()))
}

fn not_json(raw: &Raw) -> String {
    let coded =
        raw.headers.get(http::header::CONTENT_ENCODING).and_then(|coding| coding.to_str().ok());
    if let Some(coding) = coded.filter(|coding| !coding.trim().eq_ignore_ascii_case("identity")) {
        return format!("the answer is encoded as {coding}, which was not asked for");
    }
    let kind = raw.headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let what = match kind {
        Some(kind) if kind.starts_with("text/html") => "a web page",
        _ if raw.body.trim_ascii_start().starts_with(b"<") => "a web page or XML",
        _ if serde_json::from_slice::<serde::de::IgnoredAny>(&raw.body).is_ok() => {
            "JSON without a code or a message"
        }
        _ => "something that is not JSON",
    };
    format!("the answer is {what}: {}", excerpt(&raw.body))
}

/// The beginning of a body, on one line.
fn excerpt(body: &[u8]) -> String {
    let head = String::from_utf8_lossy(&body[..body.len().min(240)]);
    let line: String = head.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(120) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

fn from_status(raw: Raw) -> Refused {
    let Raw { status, ref headers, ref body } = raw;
    let refused = Refused::new(ErrorKind::Refused, Again::Never).answered(status, headers);
    if status.is_redirection() {
        let target = headers.get(http::header::LOCATION).and_then(|to| to.to_str().ok());
        return Refused {
            kind: ErrorKind::UnexpectedAnswer,
            message: format!("the answer redirects to {}", target.unwrap_or("nowhere")),
            body: Some(raw.body),
            ..refused
        };
    }
    let document = ErrorDocument::read(body);
    let code = document.as_ref().and_then(|document| document.code.as_deref()).map(ErrorCode::from);
    let throttled = status == StatusCode::TOO_MANY_REQUESTS
        || code.as_ref().is_some_and(ErrorCode::is_throttled);
    let again = match status.as_u16() {
        _ if throttled => Again::Always,
        408 | 500 | 502 | 503 | 504 => Again::IfIdempotent,
        _ => Again::Never,
    };
    let unauthenticated = status == StatusCode::UNAUTHORIZED
        || code.as_ref().is_some_and(ErrorCode::is_unauthenticated);
    let reason = || status.canonical_reason().unwrap_or("no reason given").to_owned();
    let (message, request_id) = match document {
        Some(mut document) => {
            let mut message = document.message.take().unwrap_or_else(reason);
            if let Some(encoded) = document.authorization.take() {
                message = format!("{message} (encoded authorization message: {encoded})");
            }
            (message, document.request_id)
        }
        None if body.is_empty() => (format!("{}, without a body", reason()), None),
        None => (not_json(&raw), None),
    };
    Refused {
        again,
        code,
        message,
        request_id: refused.request_id.clone().or(request_id),
        date: unauthenticated.then(|| server_date(headers)).flatten(),
        unauthenticated,
        body: Some(raw.body),
        ..refused
    }
}

fn from_failure(failure: Failure, bound: Duration) -> Refused {
    match failure {
        Failure::Unsendable(source) => Refused {
            message: format!("the request cannot be sent: {}", chain(&*source)),
            source: Some(source),
            ..Refused::new(ErrorKind::InvalidRequest, Again::Never)
        },
        Failure::NoConnection(source) => Refused {
            message: format!("no connection to the service: {}", chain(&*source)),
            source: Some(source),
            ..Refused::new(ErrorKind::Connect, Again::Always)
        },
        Failure::TimedOut => Refused {
            message: format!("no answer within {:.1} s", bound.as_secs_f64()),
            ..Refused::new(ErrorKind::Timeout, Again::IfIdempotent)
        },
        Failure::Broken(source) => Refused {
            message: format!("the connection broke: {}", chain(&*source)),
            source: Some(source),
            ..Refused::new(ErrorKind::Interrupted, Again::IfIdempotent)
        },
        Failure::CutOff { status, headers, source } => Refused {
            message: format!("the answer broke off: {}", chain(&*source)),
            source: Some(source),
            ..Refused::new(ErrorKind::Interrupted, Again::IfIdempotent).answered(status, &headers)
        },
        Failure::TooLong { status, headers, limit } => Refused {
            message: format!("the answer is longer than the {limit} bytes the client reads"),
            hint: Some("raise Builder::body_limit, or ask for less at a time"),
            ..Refused::new(ErrorKind::TooLarge, Again::Never).answered(status, &headers)
        },
    }
}

/// The innermost cause says most.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

impl Refused {
    fn new(kind: ErrorKind, again: Again) -> Self {
        Self {
            kind,
            again,
            status: None,
            code: None,
            message: String::new(),
            hint: None,
            request_id: None,
            retry_after: None,
            date: None,
            unauthenticated: false,
            body: None,
            source: None,
        }
    }

    fn answered(mut self, status: StatusCode, headers: &HeaderMap) -> Self {
        self.status = Some(status);
        self.request_id = crate::reply::request_id(headers).map(str::to_owned);
        self.retry_after = retry_after(headers);
        self
    }

    /// The error this is, if it is final. A gateway may repeat what was sent: what is secret of
    /// it is taken out.
    pub fn into_error(self, identity: &Authentication, attempts: u32) -> Error {
        Error::new(self.kind, identity.redact(self.message)).with(|inner| {
            inner.attempts = attempts;
            inner.status = self.status;
            inner.code =
                self.code.map(|code| identity.redact(code.as_str().to_owned()).as_str().into());
            inner.hint = self.hint.map(Into::into);
            inner.request_id = self.request_id.map(|id| identity.redact(id));
            inner.retry_after = self.retry_after;
            inner.body = self.body;
            inner.source = self.source;
        })
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = http_date(text)?;
    let now = server_date(headers).unwrap_or_else(Timestamp::now);
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

fn server_date(headers: &HeaderMap) -> Option<Timestamp> {
    http_date(headers.get(http::header::DATE)?.to_str().ok()?)
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

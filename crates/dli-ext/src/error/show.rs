//! How an error is shown: one sentence for people, a struct for developers, secrets for nobody.

use std::error::Error as StdError;
use std::fmt;

use super::{Error, ErrorKind};

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = &inner.operation {
            write!(f, "{operation}: ")?;
        }
        if let Some(status) = inner.status {
            write!(f, "status {} ", status.as_u16())?;
        }
        if let Some(code) = &inner.code {
            write!(f, "{} ", Said(code.as_str()))?;
        }
        write!(f, "{}", Said(&inner.message))?;
        if let Some(meaning) = self.code().and_then(super::ErrorCode::meaning) {
            write!(f, " ({})", meaning.trim_end_matches('.'))?;
        }
        if inner.attempts > 0 {
            let plural = if inner.attempts == 1 { "" } else { "s" };
            write!(f, ", after {} attempt{plural}", inner.attempts)?;
        }
        if let Some(id) = &inner.request_id {
            write!(f, ", request id {}", Said(id))?;
        }
        match self.advice() {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
        }
    }
}

/// Words of someone else, for a terminal or a log: no control characters, no end of them.
struct Said<'a>(&'a str);

/// More characters than anyone reads.
const READABLE: usize = 2_000;

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = match self.0.char_indices().nth(READABLE) {
            Some((end, _)) => &self.0[..end],
            None => self.0,
        };
        let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
        for (nth, part) in shown.split(odd).enumerate() {
            f.write_str(if nth == 0 { "" } else { "\u{fffd}" })?;
            f.write_str(part)?;
        }
        match self.0.len() - shown.len() {
            0 => Ok(()),
            left => write!(f, "… ({left} more bytes)"),
        }
    }
}

impl Error {
    /// What to do about it.
    fn advice(&self) -> Option<&str> {
        if let Some(hint) = &self.0.hint {
            return Some(hint);
        }
        if self.is_not_found() {
            return Some("check the name or id, the project and the region");
        }
        if self.is_throttled() {
            return Some("send less often, for instance with Builder::rate_limit");
        }
        if self.is_unauthenticated() {
            return Some("check the keys or the token, their region, and the clock");
        }
        if self.is_permission_denied() {
            return Some("ask the administrator of the account for the permission");
        }
        if self.is_quota_exceeded() {
            return Some("free something, or have the quota raised");
        }
        match self.0.kind {
            ErrorKind::Connect => Some("check the endpoint, the network and the proxy"),
            ErrorKind::Interrupted => {
                Some("whether the service did its work is not known; look before sending it again")
            }
            ErrorKind::Timeout if self.attempts() == 0 => Some("allow more time"),
            ErrorKind::Timeout => Some(
                "whether the service did its work is not known; look before sending it again, or \
                 allow more time",
            ),
            ErrorKind::UnexpectedAnswer => Some(
                "check that the endpoint is the one of the service and no proxy answers for it",
            ),
            ErrorKind::Undecodable => Some(
                "Error::body has the answer as it came; check that nothing changes it on its way",
            ),
            _ if matches!(self.status(), Some(500..)) => Some(
                "the service is at fault; try again later, and name the request id to its support",
            ),
            _ => None,
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("operation", &inner.operation)
            .field("attempts", &inner.attempts)
            .field("status", &self.status())
            .field("code", &inner.code.as_ref().map(super::ErrorCode::as_str))
            .field("message", &inner.message)
            .field("request_id", &inner.request_id)
            .field("body_bytes", &inner.body.as_ref().map(bytes::Bytes::len))
            .field("source", &inner.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

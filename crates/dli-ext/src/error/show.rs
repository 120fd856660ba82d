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
            write!(f, "{code} ")?;
        }
        f.write_str(&inner.message)?;
        if let Some(meaning) = self.code().and_then(super::ErrorCode::meaning) {
            write!(f, " ({})", meaning.trim_end_matches('.'))?;
        }
        if inner.attempts > 0 {
            let plural = if inner.attempts == 1 { "" } else { "s" };
            write!(f, ", after {} attempt{plural}", inner.attempts)?;
        }
        if let Some(id) = &inner.request_id {
            write!(f, ", request id {id}")?;
        }
        match self.advice() {
            Some(advice) => write!(f, "; {advice}"),
            None => Ok(()),
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
            ErrorKind::UnexpectedAnswer => Some(
                "check that the endpoint is the one of the service and no proxy answers for it",
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

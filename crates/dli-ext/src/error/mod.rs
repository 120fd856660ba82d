//! The one error of this crate: what was tried, what came back, what to do about it.

mod body;
mod code;
mod show;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;

pub(crate) use body::ErrorDocument;
pub use code::ErrorCode;

/// Why a call gave no value.
///
/// Ask the predicates rather than matching codes: the service says one thing in several ways.
///
/// ```no_run
/// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
/// match dli.enhanced_connections().show("3f9c…").await {
///     Ok(connection) => println!("{:?}", connection.status),
///     Err(error) if error.is_not_found() => println!("there is no such connection"),
///     Err(error) => return Err(error),
/// }
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

/// The broad reason of an [`Error`].
///
/// ```
/// fn report(error: &dli_ext::Error) {
///     assert_ne!(error.kind(), dli_ext::ErrorKind::Configuration);
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Something the client needs is not configured, or configured wrongly. Nothing was sent.
    Configuration,
    /// No usable credentials were found or they could not be used. Nothing was sent.
    Credentials,
    /// The arguments of the call cannot be sent. Nothing was sent.
    InvalidRequest,
    /// No connection to the service came about.
    Connect,
    /// Time ran out.
    Timeout,
    /// The connection broke after the request, or a part of it, had been sent.
    Interrupted,
    /// The service answered with an error status.
    Refused,
    /// The service answered with a success status and said `is_success: false`.
    Unsuccessful,
    /// What answered did not answer as the service does: a web page, a redirect, nothing at all.
    UnexpectedAnswer,
    /// The answer is cut off or does not fit the description.
    Undecodable,
    /// The answer is longer than the client is set to read.
    TooLarge,
    /// A list did not come to an end as lists do.
    Paging,
    /// What was waited for ended in a state that is not the one waited for.
    Wait,
    /// The results of a job cannot be read.
    Results,
}

pub(crate) struct Inner {
    pub kind: ErrorKind,
    pub operation: Option<Cow<'static, str>>,
    pub attempts: u32,
    pub status: Option<StatusCode>,
    pub code: Option<ErrorCode>,
    pub message: String,
    pub hint: Option<Cow<'static, str>>,
    pub request_id: Option<String>,
    pub retry_after: Option<Duration>,
    pub body: Option<Bytes>,
    pub source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            operation: None,
            attempts: 0,
            status: None,
            code: None,
            message: message.into(),
            hint: None,
            request_id: None,
            retry_after: None,
            body: None,
            source: None,
        }))
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Configuration, message)
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(&mut self.0);
        self
    }

    pub(crate) fn hint(self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.with(|inner| inner.hint = Some(hint.into()))
    }

    pub(crate) fn source_error(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.with(|inner| inner.source = Some(source.into()))
    }

    /// Names the operation, unless it is named already.
    pub(crate) fn of(self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.with(|inner| {
            inner.operation.get_or_insert_with(|| operation.into());
        })
    }

    pub(crate) fn after(self, attempts: u32) -> Self {
        self.with(|inner| inner.attempts = attempts)
    }

    /// The same error for one more caller.
    pub(crate) fn once_more(self: &std::sync::Arc<Self>) -> Self {
        let Inner { kind, operation: _, attempts, status, code, message, hint, request_id, .. } =
            &*self.0;
        Self(Box::new(Inner {
            kind: *kind,
            operation: None,
            attempts: *attempts,
            status: *status,
            code: code.clone(),
            message: message.clone(),
            hint: hint.clone(),
            request_id: request_id.clone(),
            retry_after: self.0.retry_after,
            body: self.0.body.clone(),
            source: Some(Box::new(std::sync::Arc::clone(self))),
        }))
    }

    /// The broad reason.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     println!("{:?}", error.kind());
    /// }
    /// ```
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The id of the operation, `show_queue` for instance; for [`Dli::request`](crate::Dli::request)
    /// method and path. Absent only where no operation was under way.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     println!("{:?}", error.operation());
    /// }
    /// ```
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// How many times the request was sent, or tried to be; 0 if it never came to that.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     println!("sent {} times", error.attempts());
    /// }
    /// ```
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// The HTTP status, if there was an answer.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     println!("{:?}", error.status());
    /// }
    /// ```
    pub fn status(&self) -> Option<u16> {
        self.0.status.map(|status| status.as_u16())
    }

    /// The error code of the service or of the gateway before it.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     println!("{:?}", error.code().and_then(|code| code.meaning()));
    /// }
    /// ```
    pub fn code(&self) -> Option<&ErrorCode> {
        self.0.code.as_ref()
    }

    /// What the service said, or what happened instead.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     println!("{}", error.message());
    /// }
    /// ```
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The id under which the service knows the request; name it when you ask its support.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     println!("{:?}", error.request_id());
    /// }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the service asked to be left alone.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     println!("{:?}", error.retry_after());
    /// }
    /// ```
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The body of the answer as it came, if there was one. `Debug` and `Display` do not show it.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     println!("{} bytes", error.body().map_or(0, |body| body.len()));
    /// }
    /// ```
    pub fn body(&self) -> Option<&Bytes> {
        self.0.body.as_ref()
    }

    /// The object is not there. Causes: a wrong or outdated name or id; another project or
    /// region. The service says so with status 400 and a code of its own rather than with 404.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     if error.is_not_found() {
    ///         println!("it is not there");
    ///     }
    /// }
    /// ```
    pub fn is_not_found(&self) -> bool {
        self.has_status(404) || self.code().is_some_and(|code| code.is_not_found(self.message()))
    }

    /// An object of that name is there already. Choose another name, or use what is there.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     if error.is_already_exists() {
    ///         println!("it is there already");
    ///     }
    /// }
    /// ```
    pub fn is_already_exists(&self) -> bool {
        self.has_status(409)
            || self.code().is_some_and(|code| code.is_already_exists(self.message()))
    }

    /// The service or its gateway refused because of too many requests. It was tried again
    /// already, as far as the retry policy allows; slow down
    /// ([`Builder::rate_limit`](crate::Builder::rate_limit)).
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     if error.is_throttled() {
    ///         println!("slow down");
    ///     }
    /// }
    /// ```
    pub fn is_throttled(&self) -> bool {
        self.has_status(429) || self.code().is_some_and(ErrorCode::is_throttled)
    }

    /// There are no credentials, or they were not accepted: wrong, expired, for another region,
    /// or the clock is wrong.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     if error.is_unauthenticated() {
    ///         println!("check the keys");
    ///     }
    /// }
    /// ```
    pub fn is_unauthenticated(&self) -> bool {
        self.0.kind == ErrorKind::Credentials
            || self.has_status(401)
            || self.code().is_some_and(ErrorCode::is_unauthenticated)
    }

    /// The caller is known and may not do this. Ask for the permission.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     if error.is_permission_denied() {
    ///         println!("ask for the permission");
    ///     }
    /// }
    /// ```
    pub fn is_permission_denied(&self) -> bool {
        self.has_status(403) || self.code().is_some_and(ErrorCode::is_permission_denied)
    }

    /// A quota of the account is used up.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     if error.is_quota_exceeded() {
    ///         println!("free something");
    ///     }
    /// }
    /// ```
    pub fn is_quota_exceeded(&self) -> bool {
        self.code().is_some_and(ErrorCode::is_quota_exceeded)
    }

    /// Time ran out: on one attempt, on the whole call, or on what was waited for. Whether the
    /// service did its work is not known.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     if error.is_timeout() {
    ///         println!("look whether it was done");
    ///     }
    /// }
    /// ```
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout || self.has_status(408) || self.has_status(504)
    }

    /// No connection came about, so the service has not seen the request.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     if error.is_connect() {
    ///         println!("nothing was sent");
    ///     }
    /// }
    /// ```
    pub fn is_connect(&self) -> bool {
        self.0.kind == ErrorKind::Connect
    }

    /// The arguments are at fault: refused before sending, or by the service as wrong.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     if error.is_invalid_request() {
    ///         println!("change the request");
    ///     }
    /// }
    /// ```
    pub fn is_invalid_request(&self) -> bool {
        self.0.kind == ErrorKind::InvalidRequest
            || self.code().is_some_and(ErrorCode::is_invalid_request)
    }

    /// Something that the client needs is missing from its configuration.
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     if error.is_configuration() {
    ///         println!("configure it");
    ///     }
    /// }
    /// ```
    pub fn is_configuration(&self) -> bool {
        self.0.kind == ErrorKind::Configuration
    }

    /// The cause may pass: too many requests, no connection, a time-out, a fault of the server.
    /// Whether the request may be sent again is another question, answered by
    /// [`Operation::idempotent`](crate::Operation).
    ///
    /// ```
    /// fn report(error: &dli_ext::Error) {
    ///     if error.is_retryable() {
    ///         println!("later, perhaps");
    ///     }
    /// }
    /// ```
    pub fn is_retryable(&self) -> bool {
        self.is_throttled()
            || matches!(
                self.0.kind,
                ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Interrupted
            )
            || matches!(self.status(), Some(408 | 500 | 502 | 503 | 504))
    }

    fn has_status(&self, status: u16) -> bool {
        self.status() == Some(status)
    }
}

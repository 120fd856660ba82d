//! The way of a request: credentials → sign → one attempt with a time-out → classify → retry or
//! return. [`Core::send_traced`] is that way, top to bottom; the other modules are its steps.

mod attempt;
mod classify;
mod http;
mod limit;
mod options;
mod retry;
mod sign;
mod skew;
mod trace;

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use tokio::time::Instant;
use tracing::Instrument;

pub(crate) use attempt::Wire;
#[cfg(feature = "test-util")]
pub(crate) use attempt::{Failure, Raw};
pub(crate) use classify::Verdict;
pub(crate) use http::HttpSettings;
pub(crate) use limit::RateLimit;
pub use options::CallOptions;
pub(crate) use retry::Retries;
pub use retry::{RetryBudget, RetryPolicy};
use sign::Draft;
pub(crate) use sign::usual_headers;

use crate::config::{Authentication, Identity};
use crate::{Error, ErrorKind};

/// What is shared by all calls of a client.
pub(crate) struct Core {
    pub wire: Wire,
    pub identity: Identity,
    pub retry: RetryPolicy,
    pub attempt_timeout: Duration,
    pub call_timeout: Option<Duration>,
    pub body_limit: usize,
    pub rate: Option<RateLimit>,
    /// What every request carries.
    pub headers: HeaderMap,
    pub trace_bodies: bool,
    pub skew: skew::Skew,
}

/// What has to be known of a call besides its request.
pub(crate) struct Plan<'a> {
    pub operation: Cow<'static, str>,
    /// The path with placeholders, for traces.
    pub template: &'a str,
    pub idempotent: bool,
    /// Sent with a signature.
    pub project_id: Option<&'a HeaderValue>,
    pub options: &'a CallOptions,
    /// When the call began: an answer that could not be used and is asked for again has no time
    /// of its own.
    pub started: Instant,
    /// Attempts made before, where an answer that came could not be used.
    pub made: u32,
}

/// A usable answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub attempts: u32,
}

impl Core {
    /// Sends a request until there is an answer that can be used, or no sense in trying on.
    pub async fn send(&self, request: reqwest::Request, plan: Plan<'_>) -> Result<Answer, Error> {
        self.send_draft(&Draft::new(request, self, &plan), plan).await
    }

    async fn send_draft(&self, draft: &Draft<'_>, plan: Plan<'_>) -> Result<Answer, Error> {
        let span = trace::call_span(draft, &plan);
        let result = if span.is_disabled() {
            self.send_traced(draft, &plan, &span).await
        } else {
            let started = Instant::now();
            let sending = Box::pin(self.send_traced(draft, &plan, &span));
            let result = sending.instrument(span.clone()).await;
            trace::finished(&span, started, &result);
            result
        };
        result.map_err(|error| error.of(plan.operation))
    }

    async fn send_traced(
        &self,
        draft: &Draft<'_>,
        plan: &Plan<'_>,
        span: &tracing::Span,
    ) -> Result<Answer, Error> {
        draft.check_length()?;
        let end = self.end(plan.options, plan.started);
        let mut retries = Retries::new(plan.options.retry.as_ref().unwrap_or(&self.retry), plan);
        loop {
            let identity = match self.identity.at_hand() {
                Some(identity) if self.rate.is_none() => identity,
                // Boxed, so that the future of a call that need not wait does not hold it.
                _ => Box::pin(self.turn(end))
                    .await
                    .map_err(|error| error.after(retries.attempts()))?,
            };
            let request = draft.signed(&identity, self.skew.now(), retries.attempts())?;
            let attempt = retries.begin();
            let bound = self.attempt_bound(plan, end);
            let sending = self.wire.attempt(&plan.operation, request, bound, self.body_limit);
            let attempt_span = trace::attempt_span(attempt);
            let outcome = if attempt_span.is_disabled() {
                sending.await
            } else {
                Box::pin(trace::attempt(attempt_span, self.trace_bodies, &identity, sending)).await
            };
            let refused = match classify::classify(outcome, &plan.operation, bound) {
                Verdict::Answer(mut answer) => {
                    retries.succeeded();
                    answer.attempts = attempt;
                    trace::answered(span, &answer, &identity);
                    return Ok(answer);
                }
                Verdict::Refused(refused) => refused,
            };
            let corrected = refused.unauthenticated && self.correct(&refused, &identity, attempt);
            let pause = retries.pause(&refused, corrected, end);
            let error = refused.into_error(&identity, attempt);
            let Some(pause) = pause else { return Err(error) };
            trace::retrying(&error, pause);
            // A timer is large, and most calls need none.
            Box::pin(tokio::time::sleep(pause)).await;
        }
    }

    /// Waits for the request's turn and for what it is authenticated with.
    async fn turn(&self, end: Option<Instant>) -> Result<Authentication, Error> {
        let ready = within(end, async {
            if let Some(rate) = &self.rate {
                rate.turn().await;
            }
            self.identity.load().await
        });
        ready.await.unwrap_or_else(|| {
            let message = "time ran out before the request's turn came and credentials were there";
            Err(Error::new(ErrorKind::Timeout, message))
        })
    }

    /// Removes the cause of a refused authentication, if it is one that can be removed: a clock
    /// that is wrong, or credentials that have had their day. Says whether it did.
    fn correct(
        &self,
        refused: &classify::Refused,
        identity: &Authentication,
        attempt: u32,
    ) -> bool {
        let skewed = refused.date.is_some_and(|date| self.skew.learn(date));
        // New credentials are worth one try, not an endless one.
        skewed || (attempt <= 2 && self.identity.renew(identity))
    }

    /// When a call that began at `started` has to be over.
    pub fn end(&self, options: &CallOptions, started: Instant) -> Option<Instant> {
        options.timeout.or(self.call_timeout).map(|timeout| later(started, timeout))
    }

    fn attempt_bound(&self, plan: &Plan<'_>, end: Option<Instant>) -> Duration {
        let bound = plan.options.attempt_timeout.unwrap_or(self.attempt_timeout);
        match end {
            Some(end) => bound.min(end.saturating_duration_since(Instant::now())),
            None => bound,
        }
    }
}

/// A point in time; one that no clock reaches is as good as never.
pub(crate) fn later(start: Instant, duration: Duration) -> Instant {
    const YEARS_30: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    start.checked_add(duration).unwrap_or_else(|| start + YEARS_30)
}

/// Waits for a future until `end`.
async fn within<F: Future>(end: Option<Instant>, future: F) -> Option<F::Output> {
    match end {
        Some(end) => tokio::time::timeout_at(end, future).await.ok(),
        None => Some(future.await),
    }
}

/// The options of a call that has none.
pub(crate) static USUAL: CallOptions = CallOptions::new();

/// One call on its way through the generated client: the shared transport, what is special about
/// the call, and a place for what the generated code does not hand on.
pub(crate) struct Exchange {
    pub core: Arc<Core>,
    pub options: Option<Arc<CallOptions>>,
    pub project_id: Arc<str>,
    pub project_header: Option<HeaderValue>,
    pub started: Instant,
    pub left: std::sync::Mutex<Left>,
}

/// What an exchange leaves behind for the reply or the error.
#[derive(Default)]
pub(crate) struct Left {
    pub body: Bytes,
    pub attempts: u32,
    pub status: StatusCode,
    pub headers: HeaderMap,
}

impl Exchange {
    pub fn left(&self) -> std::sync::MutexGuard<'_, Left> {
        self.left.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl dli_api::Transport for Exchange {
    fn send<'a>(
        &'a self,
        request: reqwest::Request,
        operation: &'static dli_api::Operation,
    ) -> dli_api::TransportFuture<'a> {
        Box::pin(async move {
            let dli_api::Answer { status, headers, body } = self.answer(request, operation).await?;
            let mut response = ::http::Response::new(reqwest::Body::from(body));
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response.into())
        })
    }

    fn answer<'a>(
        &'a self,
        request: reqwest::Request,
        operation: &'static dli_api::Operation,
    ) -> dli_api::AnswerFuture<'a> {
        let plan = Plan {
            operation: Cow::Borrowed(operation.id),
            template: operation.path,
            idempotent: operation.idempotent,
            project_id: self.project_header.as_ref(),
            options: self.options.as_deref().unwrap_or(&USUAL),
            started: self.started,
            made: self.left().attempts,
        };
        let draft = Draft::new(request, &self.core, &plan);
        Box::pin(async move {
            let mut answer = self.core.send_draft(&draft, plan).await?;
            if answer.body.is_empty() && operation.response.is_some() {
                // There is nothing to say; typed, that is an empty object.
                answer.body = Bytes::from_static(b"{}");
            }
            let mut left = self.left();
            left.body = answer.body.clone();
            left.attempts = answer.attempts;
            left.status = answer.status;
            // The generated code has no use for them; the reply has.
            left.headers = answer.headers;
            let (status, headers) = (answer.status, HeaderMap::new());
            Ok(dli_api::Answer { status, headers, body: answer.body })
        })
    }
}

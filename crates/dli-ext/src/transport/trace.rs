//! What is told to `tracing`: a span a call, a span an attempt, with the attribute names of
//! OpenTelemetry. Never a secret; a body only where it was asked for.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;
use tracing::{Instrument, Span, field};

use super::attempt::{Attempt, Failure, Raw};
use super::sign::Draft;
use super::{Answer, Plan};
use crate::Error;
use crate::config::Authentication;

pub(super) fn call_span(draft: &Draft<'_>, plan: &Plan<'_>) -> Span {
    tracing::info_span!(
        "dli.call",
        otel.name = &*plan.operation,
        otel.kind = "client",
        rpc.system = "huaweicloud",
        rpc.service = "dli",
        rpc.method = &*plan.operation,
        http.request.method = draft.method().as_str(),
        server.address = draft.url().host_str(),
        server.port = draft.url().port_or_known_default(),
        url.template = plan.template,
        http.response.status_code = field::Empty,
        http.request.resend_count = field::Empty,
        error.type = field::Empty,
        dli.request_id = field::Empty,
        otel.status_code = field::Empty,
        elapsed_ms = field::Empty,
    )
}

pub(super) fn finished(span: &Span, started: Instant, result: &Result<Answer, Error>) {
    span.record("elapsed_ms", started.elapsed().as_secs_f64() * 1e3);
    match result {
        // What is known of an answer was told while there was the identity to look for in it.
        Ok(_) => {}
        Err(error) => {
            if let Some(status) = error.status() {
                span.record("http.response.status_code", status);
            }
            span.record("http.request.resend_count", error.attempts().saturating_sub(1));
            if let Some(id) = error.request_id() {
                span.record("dli.request_id", id);
            }
            span.record("otel.status_code", "ERROR");
            match error.code() {
                Some(code) => span.record("error.type", code.as_str()),
                None => span.record("error.type", field::debug(error.kind())),
            };
        }
    }
}

/// Tells of an answer that can be used.
pub(super) fn answered(span: &Span, answer: &Answer, identity: &Authentication) {
    if span.is_disabled() {
        return;
    }
    span.record("http.response.status_code", answer.status.as_u16());
    span.record("http.request.resend_count", answer.attempts.saturating_sub(1));
    if let Some(id) = request_id(&answer.headers, identity) {
        span.record("dli.request_id", id);
    }
}

/// The request id, without a secret that whoever answered may have repeated there.
fn request_id(headers: &HeaderMap, identity: &Authentication) -> Option<String> {
    crate::reply::request_id(headers).map(|id| identity.redact(id.to_owned()))
}

/// The span of an attempt.
pub(super) fn attempt_span(number: u32) -> Span {
    tracing::debug_span!("dli.attempt", dli.attempt = number)
}

/// Runs an attempt in its span and tells how it went.
pub(super) async fn attempt(
    span: Span,
    bodies: bool,
    identity: &Authentication,
    attempt: Attempt<'_>,
) -> Result<Raw, Failure> {
    let started = Instant::now();
    let outcome = attempt.instrument(span.clone()).await;
    let elapsed_ms = started.elapsed().as_secs_f64() * 1e3;
    let _entered = span.enter();
    match &outcome {
        Ok(raw) => tracing::debug!(
            http.response.status_code = raw.status.as_u16(),
            http.response.body.size = raw.body.len(),
            dli.request_id = request_id(&raw.headers, identity),
            elapsed_ms,
            body = bodies.then(|| field::display(
                identity.redact(String::from_utf8_lossy(&raw.body).into_owned())
            )),
            "answered",
        ),
        Err(failure) => tracing::debug!(elapsed_ms, error = %failure, "not answered"),
    }
    outcome
}

pub(super) fn retrying(error: &Error, pause: Duration) {
    tracing::debug!(
        attempts = error.attempts(),
        http.response.status_code = error.status(),
        pause_ms = pause.as_secs_f64() * 1e3,
        reason = error.message(),
        "trying again",
    );
}

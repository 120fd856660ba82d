//! One attempt: the request goes out, the whole answer comes in, within a time and a length.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};

/// What carries requests.
#[derive(Clone)]
pub(crate) enum Wire {
    /// The network.
    Http(reqwest::Client),
    /// The network, and someone who takes notes.
    #[cfg(feature = "test-util")]
    Recorded(reqwest::Client, crate::test_util::Recorder),
    /// Someone who plays the network.
    #[cfg(feature = "test-util")]
    Script(crate::test_util::Script),
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Raw {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why an attempt brought no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The HTTP client does not take the request.
    Unsendable(Box<dyn StdError + Send + Sync>),
    /// No connection; the service has seen nothing.
    NoConnection(Box<dyn StdError + Send + Sync>),
    /// The time of the attempt is over.
    TimedOut,
    /// The connection broke before the head of an answer was there.
    Broken(Box<dyn StdError + Send + Sync>),
    /// The answer began and broke off.
    CutOff { status: StatusCode, headers: Box<HeaderMap>, source: Box<dyn StdError + Send + Sync> },
    /// The answer is longer than allowed.
    TooLong { status: StatusCode, headers: Box<HeaderMap>, limit: usize },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsendable(source) => write!(f, "cannot be sent: {source}"),
            Self::NoConnection(source) => write!(f, "no connection: {source}"),
            Self::TimedOut => f.write_str("timed out"),
            Self::Broken(source) => write!(f, "broken: {source}"),
            Self::CutOff { source, .. } => write!(f, "cut off: {source}"),
            Self::TooLong { limit, .. } => write!(f, "longer than {limit} bytes"),
        }
    }
}

/// One attempt under way. Boxed: moving it costs more than the allocation.
pub(crate) type Attempt<'a> = BoxFuture<'a, Result<Raw, Failure>>;

impl Wire {
    #[cfg_attr(not(feature = "test-util"), allow(unused_variables))]
    pub fn attempt<'a>(
        &'a self,
        operation: &'a str,
        request: reqwest::Request,
        bound: Duration,
        body_limit: usize,
    ) -> Attempt<'a> {
        match self {
            Self::Http(client) => bounded(bound, answer(client.execute(request), body_limit)),
            #[cfg(feature = "test-util")]
            Self::Recorded(client, recorder) => {
                let answer = answer(client.execute(request), body_limit);
                bounded(bound, async move {
                    let raw = answer.await?;
                    recorder.note(operation, &raw);
                    Ok(raw)
                })
            }
            #[cfg(feature = "test-util")]
            Self::Script(script) => {
                bounded(bound, async move { script.play(operation, &request).await })
            }
        }
    }
}

fn bounded<'a>(
    bound: Duration,
    attempt: impl Future<Output = Result<Raw, Failure>> + Send + 'a,
) -> Attempt<'a> {
    tokio::time::timeout(bound, attempt)
        .map(|outcome| outcome.unwrap_or(Err(Failure::TimedOut)))
        .boxed()
}

/// The whole answer to a request that goes out.
async fn answer(
    sent: impl Future<Output = reqwest::Result<reqwest::Response>>,
    body_limit: usize,
) -> Result<Raw, Failure> {
    let mut response = match sent.await {
        Ok(response) => response,
        // Whose address appears in the operation and the configuration, not in every cause.
        Err(error) if error.is_builder() => {
            return Err(Failure::Unsendable(error.without_url().into()));
        }
        Err(error) if error.is_connect() => {
            return Err(Failure::NoConnection(error.without_url().into()));
        }
        Err(error) if error.is_timeout() => return Err(Failure::TimedOut),
        Err(error) => return Err(Failure::Broken(error.without_url().into())),
    };
    let status = response.status();
    let headers = std::mem::take(response.headers_mut());
    match read(&mut response, &headers, body_limit).await {
        Ok(Some(body)) => Ok(Raw { status, headers, body: without_mark(body) }),
        Ok(None) => Err(Failure::TooLong { status, headers: Box::new(headers), limit: body_limit }),
        Err(error) if error.is_timeout() => Err(Failure::TimedOut),
        Err(error) => Err(Failure::CutOff {
            status,
            headers: Box::new(headers),
            source: error.without_url().into(),
        }),
    }
}

/// A body without the byte order mark that some programs write before UTF-8. JSON has none.
fn without_mark(body: Bytes) -> Bytes {
    match body.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => body.slice_ref(rest),
        None => body,
    }
}

/// The whole body, `None` if it is too long. A body that comes in one piece is not copied.
async fn read(
    response: &mut reqwest::Response,
    headers: &HeaderMap,
    limit: usize,
) -> Result<Option<Bytes>, reqwest::Error> {
    let announced = headers
        .get(http::header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Ok(None);
    }
    let Some(first) = response.chunk().await? else { return Ok(Some(Bytes::new())) };
    if first.len() > limit {
        return Ok(None);
    }
    let Some(second) = response.chunk().await? else { return Ok(Some(first)) };
    // The announced length is a promise, not a reason to take that much memory at once.
    let room = announced.unwrap_or(0).min(1 << 20).max(first.len() + second.len());
    let mut whole = BytesMut::with_capacity(room);
    whole.extend_from_slice(&first);
    let mut next = Some(second);
    while let Some(piece) = next {
        if whole.len() + piece.len() > limit {
            return Ok(None);
        }
        whole.extend_from_slice(&piece);
        next = response.chunk().await?;
    }
    Ok(Some(whole.freeze()))
}

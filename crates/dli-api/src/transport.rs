//! The way from a generated function to the service and back.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use progenitor_client::{ClientHooks, ClientInfo as _, Error, OperationInfo, ResponseValue};
use reqwest::{Request, Response, Url};
use serde::de::DeserializeOwned;

use crate::{Client, Operation, types};

/// Why a transport could not get an answer.
pub type TransportError = Box<dyn StdError + Send + Sync>;

/// What [`Transport::send`] returns.
pub type TransportFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// What [`Transport::answer`] returns.
pub type AnswerFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Answer, TransportError>> + Send + 'a>>;

/// Gets a request to the service and its answer back.
///
/// Every generated function goes through this trait: here requests are signed, retried, timed
/// out and traced. An error comes back out of the function, see [`transport_error`].
///
/// ```
/// use dli_api::{Operation, SharedTransport, Transport, TransportFuture};
///
/// /// Sends requests as they are, to a service that asks for no credentials.
/// struct Plain(reqwest::Client);
///
/// impl Transport for Plain {
///     fn send<'a>(
///         &'a self,
///         request: reqwest::Request,
///         operation: &'static Operation,
///     ) -> TransportFuture<'a> {
///         Box::pin(async move {
///             println!("{}", operation.id);
///             Ok(self.0.execute(request).await?)
///         })
///     }
/// }
///
/// let http = reqwest::Client::new();
/// let transport = SharedTransport::new(Plain(http.clone()));
/// let client = dli_api::Client::new_with_client("http://127.0.0.1:8080", http, transport);
/// ```
pub trait Transport: Send + Sync {
    /// Sends the request of an operation and waits for the answer.
    fn send<'a>(&'a self, request: Request, operation: &'static Operation) -> TransportFuture<'a>;

    /// Sends the request and reads the answer to its end; this is what generated functions call.
    /// A transport that has the whole answer anyway gives it here, so that it need not be made
    /// into a response first.
    fn answer<'a>(&'a self, request: Request, operation: &'static Operation) -> AnswerFuture<'a> {
        Box::pin(async move {
            let mut response = self.send(request, operation).await?;
            let status = response.status();
            let headers = std::mem::take(response.headers_mut());
            Ok(Answer { status, headers, body: response.bytes().await? })
        })
    }
}

/// A transport that several clients share.
#[derive(Clone)]
pub struct SharedTransport {
    transport: Arc<dyn Transport>,
    base: Option<Arc<Url>>,
}

impl SharedTransport {
    /// Shares a transport.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self::from(Arc::new(transport) as Arc<dyn Transport>)
    }

    /// The base address of the service, parsed. It goes before the one that the client was made
    /// with, which is parsed for each call.
    ///
    /// ```
    /// # let http = reqwest::Client::new();
    /// # let transport = dli_api::TokenTransport::new(http.clone(), "MIIF…")?;
    /// let base = reqwest::Url::parse("https://dli.cn-north-4.myhuaweicloud.com")?;
    /// let transport = dli_api::SharedTransport::new(transport).with_base(base.clone());
    /// let client = dli_api::Client::new_with_client(base.as_str(), http, transport);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_base(mut self, base: impl Into<Arc<Url>>) -> Self {
        self.base = Some(base.into());
        self
    }

    pub(crate) fn base(&self) -> Option<&Url> {
        self.base.as_deref()
    }
}

impl From<Arc<dyn Transport>> for SharedTransport {
    fn from(transport: Arc<dyn Transport>) -> Self {
        Self { transport, base: None }
    }
}

impl fmt::Debug for SharedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedTransport")
    }
}

/// A status no server sends, so that a failed transport is not taken for an answer.
const NO_ANSWER: u16 = 999;

/// Carries a transport's error through code that only knows responses.
#[derive(Clone)]
struct Failure(Arc<std::sync::Mutex<Option<TransportError>>>);

/// What a generated function does once its request is there.
pub(crate) async fn call<T: DeserializeOwned>(
    client: &Client,
    request: Request,
    id: &'static str,
) -> Result<ResponseValue<T>, Error<types::ErrorBody>> {
    decode(exchange(client, request, id).await?)
}

/// The same for an operation that answers with nothing.
pub(crate) async fn call_for_nothing(
    client: &Client,
    request: Request,
    id: &'static str,
) -> Result<ResponseValue<()>, Error<types::ErrorBody>> {
    let Answer { status, headers, .. } = exchange(client, request, id).await?;
    Ok(ResponseValue::new((), status, headers))
}

/// A usable answer, or what was refused.
async fn exchange(
    client: &Client,
    request: Request,
    id: &'static str,
) -> Result<Answer, Error<types::ErrorBody>> {
    let answer = match operation(id) {
        Ok(operation) => client.inner().transport.answer(request, operation).await,
        Err(error) => Err(error),
    };
    let answer = answer.map_err(|error| Error::UnexpectedResponse(failed(error)))?;
    match answer.status.as_u16() {
        200..=299 => Ok(answer),
        400..=599 => Err(Error::ErrorResponse(decode(answer)?)),
        _ => {
            let mut response = http::Response::new(reqwest::Body::from(answer.body));
            *response.status_mut() = answer.status;
            *response.headers_mut() = answer.headers;
            Err(Error::UnexpectedResponse(response.into()))
        }
    }
}

fn decode<T: DeserializeOwned, E>(answer: Answer) -> Result<ResponseValue<T>, Error<E>> {
    match serde_json::from_slice(&answer.body) {
        Ok(value) => Ok(ResponseValue::new(value, answer.status, answer.headers)),
        Err(error) => Err(Error::InvalidResponsePayload(answer.body, error)),
    }
}

fn operation(id: &str) -> Result<&'static Operation, TransportError> {
    Operation::by_id(id).ok_or_else(|| format!("the operation table lacks `{id}`").into())
}

/// A function that sent by itself would go through the transport as well: nothing goes out
/// unsigned.
impl ClientHooks<SharedTransport> for Client {
    async fn exec(&self, request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        let answer = match operation(info.operation_id) {
            Ok(operation) => self.inner().transport.send(request, operation).await,
            Err(error) => Err(error),
        };
        Ok(answer.unwrap_or_else(failed))
    }
}

fn failed(error: TransportError) -> Response {
    let mut response = http::Response::new(reqwest::Body::default());
    *response.status_mut() = http::StatusCode::from_u16(NO_ANSWER).unwrap_or_default();
    response.extensions_mut().insert(Failure(Arc::new(std::sync::Mutex::new(Some(error)))));
    response.into()
}

/// The transport's own error, if that is why a generated function failed.
///
/// # Errors
/// Gives the error back when it is something else.
///
/// ```no_run
/// # async fn example(client: dli_api::Client) {
/// # #[cfg(feature = "enhanced_connections")]
/// if let Err(error) = client.show_enhanced_connection("project", "connection").await {
///     match dli_api::transport_error(error) {
///         Ok(cause) => eprintln!("the service was not reached: {cause}"),
///         Err(error) => eprintln!("the service refused: {error}"),
///     }
/// }
/// # }
/// ```
pub fn transport_error<E>(error: Error<E>) -> Result<TransportError, Error<E>> {
    match error {
        Error::UnexpectedResponse(mut response) => {
            match response.extensions_mut().remove::<Failure>() {
                Some(failure) => {
                    let taken = failure.0.lock().map(|mut slot| slot.take()).unwrap_or_default();
                    Ok(taken.unwrap_or_else(|| "the transport failed".into()))
                }
                None => Err(Error::UnexpectedResponse(response)),
            }
        }
        other => Err(other),
    }
}

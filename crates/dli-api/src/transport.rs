//! The way from a generated function to the service and back.

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use progenitor_client::{ClientHooks, ClientInfo, Error, OperationInfo};
use reqwest::{Request, Response};

use crate::{Client, Operation};

/// Why a transport could not get an answer.
pub type TransportError = Box<dyn StdError + Send + Sync>;

/// What [`Transport::send`] returns.
pub type TransportFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Response, TransportError>> + Send + 'a>>;

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
}

/// A transport that several clients share.
#[derive(Clone)]
pub struct SharedTransport(Arc<dyn Transport>);

impl SharedTransport {
    /// Shares a transport.
    pub fn new(transport: impl Transport + 'static) -> Self {
        Self(Arc::new(transport))
    }
}

impl From<Arc<dyn Transport>> for SharedTransport {
    fn from(transport: Arc<dyn Transport>) -> Self {
        Self(transport)
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

impl ClientHooks<SharedTransport> for Client {
    async fn exec(&self, mut request: Request, info: &OperationInfo) -> reqwest::Result<Response> {
        // The generator adds it; the service knows no such header.
        request.headers_mut().remove("api-version");
        let answer = match Operation::by_id(info.operation_id) {
            Some(operation) => self.inner().0.send(request, operation).await,
            None => Err(format!("the operation table lacks `{}`", info.operation_id).into()),
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

//! The smallest transport that works: a token in a header.

use reqwest::header::HeaderValue;

use crate::{Operation, Secret, Transport, TransportFuture};

/// Authenticates with an IAM token and sends each request once: no signing, no retries, no
/// refresh. `dli-ext` has a transport with all of these.
///
/// ```
/// use dli_api::{Client, SharedTransport, TokenTransport};
///
/// let http = reqwest::Client::new();
/// let transport = TokenTransport::new(http.clone(), "MIIF…")?;
/// let client = Client::new_with_client(
///     "https://dli.cn-north-4.myhuaweicloud.com",
///     http,
///     SharedTransport::new(transport),
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct TokenTransport {
    http: reqwest::Client,
    token: HeaderValue,
}

impl TokenTransport {
    /// Takes the token that `X-Auth-Token` shall carry.
    ///
    /// # Errors
    /// When the token holds characters that a header cannot carry.
    pub fn new(
        http: reqwest::Client,
        token: impl Into<Secret>,
    ) -> Result<Self, reqwest::header::InvalidHeaderValue> {
        let mut token = HeaderValue::from_str(token.into().expose())?;
        token.set_sensitive(true);
        Ok(Self { http, token })
    }
}

impl Transport for TokenTransport {
    fn send<'a>(
        &'a self,
        mut request: reqwest::Request,
        _operation: &'static Operation,
    ) -> TransportFuture<'a> {
        Box::pin(async move {
            request.headers_mut().insert("X-Auth-Token", self.token.clone());
            Ok(self.http.execute(request).await?)
        })
    }
}

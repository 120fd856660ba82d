//! The temporary key pair of the agency bound to a cloud server (ECS).

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use reqsign_core::{Context, Error, ProvideCredential, Result};

use super::env::with_places;
use super::http_call::{join, refused, secret_header, send, unbuildable};
use super::temporary;
use crate::Credential;

const TASK: &str = "asking the server's metadata for a key pair";
const TOKEN_PATH: &str = "/meta-data/latest/api/token";
const KEYS_PATH: &str = "/openstack/latest/securitykey";

/// Asks the metadata service at `http://169.254.169.254`: first for a session token, then for the
/// key pair; without a token where the service knows none (404, 405, 503). Each call may take
/// three seconds.
///
/// The project is that of `HUAWEICLOUD_SDK_PROJECT_ID`.
///
/// # Errors
///
/// It always fails away from a cloud server, and on one without an agency.
///
/// ```
/// use dli_sign::{CredentialCache, provide::MetadataProvider, reqsign_core::Context};
///
/// let ctx = Context::new(); // .with_http_send(…)
/// let cache = CredentialCache::new(ctx, MetadataProvider::new());
/// ```
#[derive(Debug, Clone)]
pub struct MetadataProvider {
    endpoint: String,
    timeout: Duration,
}

impl Default for MetadataProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl MetadataProvider {
    /// The provider for the usual address.
    pub fn new() -> Self {
        Self { endpoint: "http://169.254.169.254".to_owned(), timeout: Duration::from_secs(3) }
    }

    /// Asks another address.
    ///
    /// ```
    /// let provider = dli_sign::provide::MetadataProvider::new().endpoint("http://127.0.0.1:8775");
    /// ```
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = endpoint.into();
        self
    }

    /// How long each of the two calls may take.
    ///
    /// ```
    /// let provider = dli_sign::provide::MetadataProvider::new().timeout(std::time::Duration::from_secs(1));
    /// ```
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    async fn session_token(&self, ctx: &Context) -> Result<Option<String>> {
        let request = Request::put(join(&self.endpoint, TOKEN_PATH))
            .header("x-metadata-token-ttl-seconds", "21600")
            .body(Bytes::new())
            .map_err(|error| unbuildable(TASK, error))?;
        let response = send(ctx, TASK, request, self.timeout).await?;
        match response.status() {
            StatusCode::OK => {
                let token = std::str::from_utf8(response.body()).map_err(|_| {
                    Error::unexpected(format!("{TASK}: the session token is not text"))
                })?;
                Ok(Some(token.trim().to_owned()))
            }
            StatusCode::NOT_FOUND
            | StatusCode::METHOD_NOT_ALLOWED
            | StatusCode::SERVICE_UNAVAILABLE => Ok(None),
            _ => Err(refused(
                TASK,
                "the call for a session token",
                &response,
                None,
                "see that this is a cloud server, and that its metadata service is on",
            )),
        }
    }
}

impl ProvideCredential for MetadataProvider {
    type Credential = Credential;

    async fn provide_credential(&self, ctx: &Context) -> Result<Option<Credential>> {
        let token = self.session_token(ctx).await?;
        let mut request = Request::get(join(&self.endpoint, KEYS_PATH));
        if let Some(token) = &token {
            request = request
                .header("x-metadata-token", secret_header(TASK, "the session token", token)?);
        }
        let request = request.body(Bytes::new()).map_err(|error| unbuildable(TASK, error))?;
        let response = send(ctx, TASK, request, self.timeout).await?;
        if response.status() != StatusCode::OK {
            return Err(refused(
                TASK,
                "the call for the key pair",
                &response,
                token.as_deref(),
                "bind an agency with access to the service to this server",
            ));
        }
        let credential = temporary::parse(TASK, response.body())?;
        Ok(Some(with_places(ctx, credential)))
    }
}

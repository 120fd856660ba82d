//! The temporary key pair of a federated user, for an identity token of the account's identity
//! provider.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use reqsign_core::{Context, Error, ProvideCredential, Result};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::container::read_token;
use super::env::{var, with_places};
use super::http_call::{check_private, join, refused, send, unbuildable};
use super::temporary;
use crate::Credential;

const TASK: &str = "trading a federated user's identity token for a key pair";
const IDP_ID: &str = "HUAWEICLOUD_SDK_IDP_ID";
const TOKEN_FILE: &str = "HUAWEICLOUD_SDK_ID_TOKEN_FILE";
const IAM_ENDPOINT: &str = "HUAWEICLOUD_SDK_IAM_ENDPOINT";
const USUAL_ENDPOINT: &str = "https://iam.myhuaweicloud.com";
/// How long the key pair is to last, as the vendor's SDK asks for it.
const SECONDS: u32 = 6 * 60 * 60;

/// Trades the identity token in the file named by `HUAWEICLOUD_SDK_ID_TOKEN_FILE`, issued by the
/// provider `HUAWEICLOUD_SDK_IDP_ID`, for a key pair, at the identity service
/// (`HUAWEICLOUD_SDK_IAM_ENDPOINT`, or `https://iam.myhuaweicloud.com`). Each of the two calls may
/// take five seconds.
///
/// Gives nothing if neither variable is set. The project is that of `HUAWEICLOUD_SDK_PROJECT_ID`.
///
/// # Errors
///
/// If one variable is set without the other, if the file cannot be read or is empty, if the
/// endpoint is neither https nor this machine, or if it does not answer with a key pair.
///
/// ```
/// use dli_sign::provide::FederatedProvider;
/// use dli_sign::reqsign_core::{Context, ProvideCredential};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let nothing = FederatedProvider::new().provide_credential(&Context::new()).await?;
/// assert!(nothing.is_none(), "this context has no variables");
/// # Ok::<(), dli_sign::reqsign_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct FederatedProvider {
    endpoint: Option<String>,
    timeout: Duration,
}

impl Default for FederatedProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl FederatedProvider {
    /// The provider.
    pub fn new() -> Self {
        Self { endpoint: None, timeout: Duration::from_secs(5) }
    }

    /// Asks the identity service at this address, whatever the environment says.
    ///
    /// ```
    /// let provider = dli_sign::provide::FederatedProvider::new()
    ///     .endpoint("https://iam.eu-de.otc.t-systems.com");
    /// ```
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// How long each of the two calls may take.
    ///
    /// ```
    /// let provider = dli_sign::provide::FederatedProvider::new().timeout(std::time::Duration::from_secs(1));
    /// ```
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The two calls: a token for the identity token, and a key pair for the token.
    pub(crate) async fn trade(
        &self,
        ctx: &Context,
        idp_id: &str,
        token_file: &str,
    ) -> Result<Credential> {
        let endpoint = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => var(ctx, IAM_ENDPOINT).unwrap_or_else(|| USUAL_ENDPOINT.to_owned()),
        };
        check_private(TASK, &endpoint)?;
        let id_token = read_token(ctx, TASK, token_file).await?;

        let url = join(&endpoint, "/v3.0/OS-AUTH/id-token/tokens");
        let body = json!({ "auth": { "id_token": { "id": id_token } } });
        let response = self.post(ctx, &url, Some(idp_id), &body, &id_token).await?;
        let token = response
            .headers()
            .get("x-subject-token")
            .and_then(|token| token.to_str().ok())
            .filter(|token| !token.is_empty())
            .map(|token| Zeroizing::new(token.to_owned()))
            .ok_or_else(|| {
                Error::unexpected(format!(
                    "{TASK}: the answer of {url} has no X-Subject-Token; see that the address is \
                     that of an identity service"
                ))
            })?;

        let url = join(&endpoint, "/v3.0/OS-CREDENTIAL/securitytokens");
        let identity = json!({
            "methods": ["token"],
            "token": { "id": token.as_str(), "duration_seconds": SECONDS },
        });
        let body = json!({ "auth": { "identity": identity } });
        let response = self.post(ctx, &url, None, &body, &token).await?;
        temporary::parse(TASK, response.body())
    }

    async fn post(
        &self,
        ctx: &Context,
        url: &str,
        idp_id: Option<&str>,
        body: &Value,
        secret: &str,
    ) -> Result<Response<Bytes>> {
        let mut request = Request::post(url).header(CONTENT_TYPE, "application/json;charset=UTF-8");
        if let Some(idp_id) = idp_id {
            let idp_id = HeaderValue::from_str(idp_id);
            request = request.header("x-idp-id", idp_id.map_err(http::Error::from)?);
        }
        let request = request
            .body(Bytes::from(body.to_string()))
            .map_err(|error| unbuildable(TASK, error))?;
        let response = send(ctx, TASK, request, self.timeout).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let advice = "see that the token is not too old, and that the identity provider is known";
        Err(refused(TASK, url, &response, Some(secret), advice))
    }
}

impl ProvideCredential for FederatedProvider {
    type Credential = Credential;

    async fn provide_credential(&self, ctx: &Context) -> Result<Option<Credential>> {
        let (idp_id, file) = match (var(ctx, IDP_ID), var(ctx, TOKEN_FILE)) {
            (Some(idp_id), Some(file)) => (idp_id, file),
            (None, None) => return Ok(None),
            (idp_id, _) => {
                let (set, missing) =
                    if idp_id.is_some() { (IDP_ID, TOKEN_FILE) } else { (TOKEN_FILE, IDP_ID) };
                return Err(Error::config_invalid(format!(
                    "{set} is set but {missing} is not; set both, or neither"
                )));
            }
        };
        let credential = self.trade(ctx, &idp_id, &file).await?;
        Ok(Some(with_places(ctx, credential)))
    }
}

//! The temporary key pair of an agency, for an identity token of an outside provider (OIDC).

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use reqsign_core::{Context, Error, ProvideCredential, Result};
use serde_json::{Value, json};

use super::container::read_token;
use super::env::{var, with_places};
use super::http_call::{check_private, join, refused, send, unbuildable};
use super::temporary;
use crate::Credential;

const TASK: &str = "trading an identity token for a key pair";
const PROVIDER_URN: &str = "HUAWEICLOUD_OIDC_PROVIDER_URN";
const AGENCY_URN: &str = "HUAWEICLOUD_OIDC_AGENCY_URN";
const ID_TOKEN: &str = "HUAWEICLOUD_OIDC_ID_TOKEN";
const TOKEN_FILE: &str = "HUAWEICLOUD_OIDC_TOKEN_FILE";
const SESSION_NAME: &str = "HUAWEICLOUD_OIDC_SESSION_NAME";
const DURATION_SECONDS: &str = "HUAWEICLOUD_OIDC_DURATION_SECONDS";
const POLICY: &str = "HUAWEICLOUD_OIDC_POLICY";
const POLICY_IDS: &str = "HUAWEICLOUD_OIDC_POLICY_IDS";
const STS_ENDPOINT: &str = "HUAWEICLOUD_SDK_STS_ENDPOINT";

/// Trades the identity token in `HUAWEICLOUD_OIDC_ID_TOKEN`, or in the file named by
/// `HUAWEICLOUD_OIDC_TOKEN_FILE`, for a key pair of the agency `HUAWEICLOUD_OIDC_AGENCY_URN`, at
/// the security token service (`HUAWEICLOUD_SDK_STS_ENDPOINT`, or that of `cn-north-4`). The call
/// may take five seconds.
///
/// Also read, where set: `HUAWEICLOUD_OIDC_PROVIDER_URN` (needed), `…_SESSION_NAME`,
/// `…_DURATION_SECONDS`, `…_POLICY`, `…_POLICY_IDS` (separated by commas), and
/// `HUAWEICLOUD_SDK_PROJECT_ID`.
///
/// Gives nothing if neither of the two names (URN) is set.
///
/// # Errors
///
/// If some but not all of what is needed is set, if the file cannot be read or is empty, if the
/// endpoint is neither https nor this machine, or if it does not answer with a key pair.
///
/// ```
/// use dli_sign::provide::OidcProvider;
/// use dli_sign::reqsign_core::{Context, ProvideCredential};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let nothing = OidcProvider::new().provide_credential(&Context::new()).await?;
/// assert!(nothing.is_none(), "this context has no variables");
/// # Ok::<(), dli_sign::reqsign_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct OidcProvider {
    endpoint: Option<String>,
    timeout: Duration,
}

impl Default for OidcProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl OidcProvider {
    /// The provider.
    pub fn new() -> Self {
        Self { endpoint: None, timeout: Duration::from_secs(5) }
    }

    /// Asks the security token service at this address, whatever the environment says.
    ///
    /// ```
    /// let provider = dli_sign::provide::OidcProvider::new()
    ///     .endpoint("https://sts.eu-west-101.myhuaweicloud.eu");
    /// ```
    #[must_use]
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// How long the call may take.
    ///
    /// ```
    /// let provider = dli_sign::provide::OidcProvider::new().timeout(std::time::Duration::from_secs(1));
    /// ```
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }
}

impl ProvideCredential for OidcProvider {
    type Credential = Credential;

    async fn provide_credential(&self, ctx: &Context) -> Result<Option<Credential>> {
        let (provider, agency) = match (var(ctx, PROVIDER_URN), var(ctx, AGENCY_URN)) {
            (Some(provider), Some(agency)) => (provider, agency),
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(needs(AGENCY_URN)),
            (None, Some(_)) => return Err(needs(PROVIDER_URN)),
        };
        let token = match (var(ctx, ID_TOKEN), var(ctx, TOKEN_FILE)) {
            (Some(token), _) => token,
            (None, Some(file)) => read_token(ctx, TASK, &file).await?,
            (None, None) => return Err(needs("HUAWEICLOUD_OIDC_ID_TOKEN or …_TOKEN_FILE")),
        };
        let seconds = match var(ctx, DURATION_SECONDS) {
            None => 3600,
            Some(text) => text.parse::<u32>().map_err(|_| {
                Error::config_invalid(format!(
                    "{DURATION_SECONDS} is {text:?}; write a number of seconds"
                ))
            })?,
        };
        let endpoint = self.endpoint.clone().or_else(|| var(ctx, STS_ENDPOINT));
        let endpoint =
            endpoint.unwrap_or_else(|| "https://sts.cn-north-4.myhuaweicloud.com".to_owned());
        check_private(TASK, &endpoint)?;

        let mut body = json!({
            "provider_urn": provider,
            "agency_urn": agency,
            "agency_session_name":
                var(ctx, SESSION_NAME).unwrap_or_else(|| "oidc-sts-session".to_owned()),
            "id_token": token,
            "duration_seconds": seconds,
        });
        if let Some(policy) = var(ctx, POLICY) {
            body["policy"] = policy.into();
        }
        if let Some(ids) = var(ctx, POLICY_IDS) {
            let ids = ids.split(',').map(str::trim).filter(|id| !id.is_empty());
            body["policy_ids"] = ids.map(Value::from).collect();
        }
        let url = join(&endpoint, "/v5/agencies/assume-with-oidc");
        let request = Request::post(&url)
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()))
            .map_err(|error| unbuildable(TASK, error))?;
        let response = send(ctx, TASK, request, self.timeout).await?;
        if !response.status().is_success() {
            return Err(refused(
                TASK,
                &url,
                &response,
                Some(&token),
                "see that the token is not too old, and that the agency trusts its provider",
            ));
        }
        let credential = temporary::parse(TASK, response.body())?;
        Ok(Some(with_places(ctx, credential)))
    }
}

fn needs(missing: &str) -> Error {
    Error::config_invalid(format!(
        "{TASK}: {missing} is not set; set it, or none of the OIDC variables"
    ))
}

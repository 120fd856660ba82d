//! The temporary key pair of a pod's identity.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use reqsign_core::{Context, Error, ProvideCredential, Result};

use super::env::{var, with_places};
use super::http_call::{check_near, refused, secret_header, send, unbuildable};
use super::temporary;
use crate::Credential;

const TASK: &str = "asking for the pod's key pair";
const URI: &str = "HC_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN_FILE: &str = "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// Asks the address in `HC_CONTAINER_CREDENTIALS_FULL_URI`, with the token in the file named by
/// `HC_CONTAINER_AUTHORIZATION_TOKEN_FILE`, which is read anew each time. The call may take five
/// seconds.
///
/// The address has to be https; or http of this machine (`127.0.0.0/8`, `[::1]`, `localhost`) or of
/// what a node offers to its own pods (`169.254.169.254`, `169.254.170.2`, `169.254.170.23`,
/// `[fd00:ec2::23]`). To any other the token is not sent.
///
/// Gives nothing if neither variable is set. The project is that of `HUAWEICLOUD_SDK_PROJECT_ID`.
///
/// # Errors
///
/// If one variable is set without the other, if the address is none of these, if the file cannot
/// be read or is empty, or if the address does not answer with a key pair.
///
/// ```
/// use dli_sign::provide::ContainerProvider;
/// use dli_sign::reqsign_core::{Context, ProvideCredential};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let nothing = ContainerProvider::new().provide_credential(&Context::new()).await?;
/// assert!(nothing.is_none(), "this context has no variables");
/// # Ok::<(), dli_sign::reqsign_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct ContainerProvider {
    timeout: Duration,
}

impl Default for ContainerProvider {
    fn default() -> Self {
        Self::new()
    }
}

impl ContainerProvider {
    /// The provider.
    pub fn new() -> Self {
        Self { timeout: Duration::from_secs(5) }
    }

    /// How long the call may take.
    ///
    /// ```
    /// let provider = dli_sign::provide::ContainerProvider::new().timeout(std::time::Duration::from_secs(1));
    /// ```
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }
}

impl ProvideCredential for ContainerProvider {
    type Credential = Credential;

    async fn provide_credential(&self, ctx: &Context) -> Result<Option<Credential>> {
        let (uri, file) = match (var(ctx, URI), var(ctx, TOKEN_FILE)) {
            (Some(uri), Some(file)) => (uri, file),
            (None, None) => return Ok(None),
            (uri, _) => {
                let (set, missing) =
                    if uri.is_some() { (URI, TOKEN_FILE) } else { (TOKEN_FILE, URI) };
                return Err(Error::config_invalid(format!(
                    "{set} is set but {missing} is not; set both, or neither"
                )));
            }
        };
        check_near(TASK, &uri)?;
        let token = read_token(ctx, TASK, &file).await?;
        let request = Request::post(&uri)
            .header(AUTHORIZATION, secret_header(TASK, "the token in the file", &token)?)
            .header(CONTENT_TYPE, "application/json")
            .body(Bytes::from_static(b"{}"))
            .map_err(|error| unbuildable(TASK, error))?;
        let response = send(ctx, TASK, request, self.timeout).await?;
        if !response.status().is_success() {
            return Err(refused(
                TASK,
                &uri,
                &response,
                Some(&token),
                "see that the pod's service account is bound to an agency",
            ));
        }
        let credential = temporary::parse(TASK, response.body())?;
        Ok(Some(with_places(ctx, credential)))
    }
}

/// The token in a file, without the line break at its end.
pub(crate) async fn read_token(ctx: &Context, task: &str, file: &str) -> Result<String> {
    let text = ctx.file_read_as_string(file).await.map_err(|error| {
        Error::config_invalid(format!(
            "{task}: the token file {file:?} cannot be read; see that it is there and readable"
        ))
        .with_source(error)
    })?;
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::config_invalid(format!(
            "{task}: the token file {file:?} is empty; wait for the platform to fill it, or renew it"
        )));
    }
    Ok(text.to_owned())
}

//! Asking several providers, one after the other.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqsign_core::{
    Context, Error, ProvideCredential, ProvideCredentialDyn, Result, SigningCredential,
};
use tokio::time::timeout;

use super::{
    ContainerProvider, EnvProvider, FederatedProvider, MetadataProvider, OidcProvider,
    ProfileProvider,
};
use crate::Credential;

/// Asks providers in order and takes the first credential. A provider that fails or hangs does not
/// stop it; if none has a credential, the error lists what each one said.
///
/// ```
/// use dli_sign::provide::{Chain, ChainError};
/// use dli_sign::reqsign_core::{Context, ProvideCredential};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let error = Chain::standard().provide_credential(&Context::new()).await.unwrap_err();
/// let tried = ChainError::of(&error).unwrap().attempts();
/// assert_eq!(tried[2].provider(), "environment");
/// assert_eq!(tried[2].reason(), "not set up; it needs HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK");
/// # });
/// ```
pub struct Chain<K: SigningCredential> {
    links: Vec<Link<K>>,
    link_timeout: Duration,
}

struct Link<K> {
    name: String,
    needs: String,
    provider: Box<dyn ProvideCredentialDyn<Credential = K>>,
}

impl Chain<Credential> {
    /// The vendor's order: OIDC, federated user, environment, profile file, ECS metadata, pod
    /// identity.
    ///
    /// ```
    /// let chain = dli_sign::provide::Chain::standard();
    /// ```
    pub fn standard() -> Self {
        Self::new()
            .then(
                "OIDC",
                "HUAWEICLOUD_OIDC_PROVIDER_URN, HUAWEICLOUD_OIDC_AGENCY_URN and an identity token",
                OidcProvider::new(),
            )
            .then(
                "federated user",
                "HUAWEICLOUD_SDK_IDP_ID and HUAWEICLOUD_SDK_ID_TOKEN_FILE",
                FederatedProvider::new(),
            )
            .then(
                "environment",
                "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
                EnvProvider::new(),
            )
            .then(
                "profile file",
                "~/.huaweicloud/credentials, or another file named by HUAWEICLOUD_SDK_CREDENTIALS_FILE",
                ProfileProvider::new(),
            )
            .then(
                "ECS metadata",
                "a cloud server with an agency",
                MetadataProvider::new(),
            )
            .then(
                "pod identity",
                "HC_CONTAINER_CREDENTIALS_FULL_URI and HC_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                ContainerProvider::new(),
            )
    }
}

impl<K: SigningCredential> Chain<K> {
    /// A chain without providers.
    ///
    /// ```
    /// let chain = dli_sign::provide::Chain::<dli_sign::IamToken>::new();
    /// ```
    pub fn new() -> Self {
        Self { links: Vec::new(), link_timeout: Duration::from_secs(10) }
    }

    /// Adds a provider at the end: its name, and what it needs to be set up, both for the error.
    ///
    /// ```
    /// use dli_sign::provide::{Chain, EnvProvider, ProfileProvider};
    ///
    /// let chain = Chain::new()
    ///     .then("environment", "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK", EnvProvider::new())
    ///     .then("my file", "/etc/dli/credentials", ProfileProvider::new().path("/etc/dli/credentials"));
    /// ```
    #[must_use]
    pub fn then(
        mut self,
        name: impl Into<String>,
        needs: impl Into<String>,
        provider: impl ProvideCredential<Credential = K>,
    ) -> Self {
        self.links.push(Link {
            name: name.into(),
            needs: needs.into(),
            provider: Box::new(provider),
        });
        self
    }

    /// How long one provider may take before the next one is asked; 10 seconds unless set.
    ///
    /// ```
    /// let chain = dli_sign::provide::Chain::standard().link_timeout(std::time::Duration::from_secs(2));
    /// ```
    #[must_use]
    pub fn link_timeout(mut self, limit: Duration) -> Self {
        self.link_timeout = limit;
        self
    }
}

impl<K: SigningCredential> Default for Chain<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: SigningCredential> fmt::Debug for Chain<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.links.iter().map(|link| &link.name)).finish()
    }
}

impl<K: SigningCredential> ProvideCredential for Chain<K> {
    type Credential = K;

    async fn provide_credential(&self, ctx: &Context) -> Result<Option<K>> {
        let mut attempts = Vec::with_capacity(self.links.len());
        let mut retryable = false;
        for link in &self.links {
            let answer = timeout(self.link_timeout, link.provider.provide_credential_dyn(ctx));
            let reason = match answer.await {
                Ok(Ok(Some(credential))) => return Ok(Some(credential)),
                Ok(Ok(None)) => format!("not set up; it needs {}", link.needs),
                Ok(Err(error)) => {
                    retryable |= error.is_retryable();
                    with_causes(&error)
                }
                Err(_) => {
                    retryable = true;
                    format!("no answer within {:?}", self.link_timeout)
                }
            };
            attempts.push(Attempt { provider: link.name.clone(), reason });
        }
        let chain = ChainError(attempts.into());
        Err(Error::credential_invalid(chain.to_string())
            .set_retryable(retryable)
            .with_source(chain))
    }
}

/// What one provider of a [`Chain`] said instead of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    provider: String,
    reason: String,
}

impl Attempt {
    /// The provider's name.
    pub fn provider(&self) -> &str {
        &self.provider
    }

    /// Why it gave no credential.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// That no provider of a [`Chain`] had a credential, and why. It is the source of the chain's
/// error.
///
/// ```
/// use dli_sign::provide::{Chain, ChainError};
/// use dli_sign::reqsign_core::{Context, ProvideCredential};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let error = Chain::standard().provide_credential(&Context::new()).await.unwrap_err();
/// assert_eq!(ChainError::of(&error).unwrap().attempts().len(), 6);
/// # });
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainError(Arc<[Attempt]>);

impl ChainError {
    /// The chain's error behind an error of `reqsign-core`, if that is where it comes from.
    pub fn of(error: &Error) -> Option<&Self> {
        std::iter::successors(std::error::Error::source(error), |error| error.source())
            .find_map(|error| error.downcast_ref())
    }

    /// What was tried, in order.
    pub fn attempts(&self) -> &[Attempt] {
        &self.0
    }
}

impl fmt::Display for ChainError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no credential found: the chain has no providers; add one");
        }
        f.write_str("no credential found; set up one of these:")?;
        for Attempt { provider, reason } in self.0.iter() {
            write!(f, "\n  {provider}: {reason}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ChainError {}

/// An error's message and those of its causes that say something new.
fn with_causes(error: &Error) -> String {
    let mut text = error.to_string();
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    for cause in causes {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

//! Who the client is: keys or a token, given, or fetched once for all calls and renewed in time.

use std::fmt;
use std::sync::{Arc, Mutex};

use dli_sign::provide::{
    Chain, ContainerProvider, EnvProvider, FederatedProvider, MetadataProvider, OidcProvider,
    ProfileProvider,
};
use dli_sign::reqsign_core::{self, Context, ProvideCredential, SigningCredential};
use dli_sign::{Credential, CredentialCache, IamToken};

use super::{Origin, Profile};
use crate::{Error, ErrorKind};

/// What a request is authenticated with.
#[derive(Debug, Clone)]
pub(crate) enum Authentication {
    Keys(Credential),
    Token(IamToken),
}

impl Authentication {
    /// What it is, without anything secret.
    pub fn summary(&self) -> String {
        match self {
            Self::Keys(keys) if keys.security_token().is_some() => {
                format!("temporary access key {}", keys.access_key())
            }
            Self::Keys(keys) => format!("access key {}", keys.access_key()),
            Self::Token(_) => "IAM token".to_owned(),
        }
    }

    /// The project that the credentials belong to, where their source named one.
    pub fn project_id(&self) -> Option<&str> {
        match self {
            Self::Keys(keys) => keys.project_id(),
            Self::Token(token) => token.project_id(),
        }
    }

    /// The text without anything secret that a gateway may have repeated in it.
    pub fn redact(&self, text: String) -> String {
        let secrets = match self {
            Self::Keys(keys) => [Some(keys.secret_key()), keys.security_token()],
            Self::Token(token) => [Some(token.token()), None],
        };
        let mut text = text;
        for secret in secrets.into_iter().flatten().filter(|secret| !secret.is_empty()) {
            if text.contains(secret) {
                text = text.replace(secret, "***");
            }
        }
        text
    }
}

/// Where authentication comes from.
#[derive(Clone)]
pub(crate) enum Identity {
    /// Given, and never another.
    Fixed(Authentication, Origin),
    /// Keys that are fetched.
    Keys(CredentialCache<Credential>, Found),
    /// A token that is fetched.
    Token(CredentialCache<IamToken>, Found),
}

/// Which source gave the credentials, once one did.
#[derive(Debug, Clone, Default)]
pub(crate) struct Found(Arc<Mutex<Option<(String, String)>>>);

impl Found {
    fn note(&self, source: &str, summary: String) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            Some((source.to_owned(), summary));
    }

    /// Source and summary.
    pub fn get(&self) -> Option<(String, String)> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl Identity {
    /// Keys from the sources of this machine, in order.
    pub fn standard(
        ctx: Context,
        profile: Option<&Profile>,
        at: Addresses<'_>,
        settings: CacheSettings,
        foreign: Option<String>,
    ) -> Self {
        let found = Found::default();
        let noting = |name: &'static str| Noted { name, found: found.clone() };
        let mut oidc = OidcProvider::new();
        if let Some(endpoint) = at.sts {
            oidc = oidc.endpoint(endpoint);
        }
        let mut chain = Chain::new()
            .then(
                "OIDC",
                "HUAWEICLOUD_OIDC_PROVIDER_URN, HUAWEICLOUD_OIDC_AGENCY_URN and a token",
                noting("OIDC").of(oidc),
            )
            .then(
                "federated user",
                "HUAWEICLOUD_SDK_IDP_ID and HUAWEICLOUD_SDK_ID_TOKEN_FILE",
                noting("federated user").of(FederatedProvider::new().endpoint(at.iam)),
            )
            .then(
                "environment",
                "HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
                noting("environment variables HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK")
                    .of(EnvProvider::new()),
            )
            .then(
                "vendor's file",
                "~/.huaweicloud/credentials, or the file named by HUAWEICLOUD_SDK_CREDENTIALS_FILE",
                noting("file ~/.huaweicloud/credentials (or HUAWEICLOUD_SDK_CREDENTIALS_FILE)")
                    .of(ProfileProvider::new().iam_endpoint(at.iam)),
            );
        if let Some(profile) = profile.filter(|profile| profile.has_credentials()) {
            chain = chain.then(
                format!("profile {}", profile.name),
                format!("ak and sk in {}", profile.path),
                noting("profile of our own").of(profile.provider(at.iam)),
            );
        }
        let mut metadata_provider = MetadataProvider::new();
        if let Some(endpoint) = at.metadata {
            metadata_provider = metadata_provider.endpoint(endpoint);
        }
        chain = chain
            .then(
                "instance metadata",
                "a cloud server with an agency",
                noting("instance metadata").of(metadata_provider),
            )
            .then(
                "container identity",
                "HC_CONTAINER_CREDENTIALS_FULL_URI and HC_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                noting("container identity").of(ContainerProvider::new()),
            );
        Self::Keys(settings.cache(ctx, Local { provider: chain, foreign }), found)
    }

    /// Keys from one source.
    pub fn keys_from(
        ctx: Context,
        name: &'static str,
        provider: impl ProvideCredential<Credential = Credential>,
        settings: CacheSettings,
        foreign: Option<String>,
    ) -> Self {
        let found = Found::default();
        let provider = Noted { name, found: found.clone() }.of(provider);
        Self::Keys(settings.cache(ctx, Local { provider, foreign }), found)
    }

    /// A token from one source.
    pub fn token_from(
        ctx: Context,
        name: &'static str,
        provider: impl ProvideCredential<Credential = IamToken>,
        settings: CacheSettings,
    ) -> Self {
        let found = Found::default();
        let noted = Noted { name, found: found.clone() }.of(provider);
        Self::Token(settings.cache(ctx, noted), found)
    }

    /// What to authenticate the next attempt with, if that is known without asking anyone.
    pub fn at_hand(&self) -> Option<Authentication> {
        match self {
            Self::Fixed(authentication, _) => Some(authentication.clone()),
            Self::Keys(..) | Self::Token(..) => None,
        }
    }

    /// What to authenticate the next attempt with.
    pub async fn load(&self) -> Result<Authentication, Error> {
        let loaded = match self {
            Self::Fixed(authentication, _) => return Ok(authentication.clone()),
            Self::Keys(cache, _) => cache.get().await.map(Authentication::Keys),
            Self::Token(cache, _) => cache.get().await.map(Authentication::Token),
        };
        loaded.map_err(|error| {
            let timed_out = error.is_retryable();
            let message = match dli_sign::provide::ChainError::of(&error) {
                Some(chain) => chain.to_string(),
                None => error.to_string(),
            };
            Error::new(ErrorKind::Credentials, message).source_error(error).hint(match timed_out {
                true => "a source did not answer; trying again later may help",
                false => {
                    "give them with Builder::access_key or Builder::token, or set \
                         HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK"
                }
            })
        })
    }

    /// After a refusal: sees to it that the next load does not give `refused` again. Says
    /// whether there can be anything else.
    pub fn renew(&self, refused: &Authentication) -> bool {
        match (self, refused) {
            (Self::Keys(cache, _), Authentication::Keys(keys)) => cache.invalidate(keys),
            (Self::Token(cache, _), Authentication::Token(token)) => cache.invalidate(token),
            _ => return false,
        }
        true
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(authentication, origin) => {
                write!(f, "{}, {origin}", authentication.summary())
            }
            Self::Keys(_, found) | Self::Token(_, found) => match found.get() {
                Some((source, summary)) => write!(f, "{summary}, {source}"),
                None => f.write_str("not fetched yet"),
            },
        }
    }
}

/// The services that sources of credentials ask.
#[derive(Debug)]
pub(crate) struct Addresses<'a> {
    pub iam: &'a str,
    /// The security token service, where it is not the usual one.
    pub sts: Option<String>,
    /// The instance metadata, where it is not at its usual address.
    pub metadata: Option<&'a str>,
}

/// When credentials are fetched again, and how long that may take.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CacheSettings {
    pub refresh_before: Option<std::time::Duration>,
    pub load_timeout: Option<std::time::Duration>,
}

impl CacheSettings {
    fn cache<K: SigningCredential>(
        self,
        ctx: Context,
        provider: impl ProvideCredential<Credential = K>,
    ) -> CredentialCache<K> {
        let mut cache = CredentialCache::new(ctx, provider);
        if let Some(margin) = self.refresh_before {
            cache = cache.refresh_before(margin);
        }
        if let Some(limit) = self.load_timeout {
            cache = cache.load_timeout(limit);
        }
        cache
    }
}

/// Takes a project of another region off the keys: signing would send it with every request that
/// names no project.
#[derive(Debug)]
struct Local<P> {
    provider: P,
    foreign: Option<String>,
}

impl<P: ProvideCredential<Credential = Credential>> ProvideCredential for Local<P> {
    type Credential = Credential;

    async fn provide_credential(&self, ctx: &Context) -> reqsign_core::Result<Option<Credential>> {
        let provided = self.provider.provide_credential(ctx).await?;
        Ok(provided.map(|keys| match keys.project_id() {
            Some(id) if Some(id) == self.foreign.as_deref() => without_project(&keys),
            _ => keys,
        }))
    }
}

fn without_project(keys: &Credential) -> Credential {
    let mut rest = Credential::new(keys.access_key(), keys.secret_key());
    if let Some(token) = keys.security_token() {
        rest = rest.with_security_token(token);
    }
    if let Some(end) = keys.expires_at() {
        rest = rest.with_expiry(end);
    }
    if let Some(id) = keys.domain_id() {
        rest = rest.with_domain_id(id);
    }
    rest
}

/// Notes who gave the credentials.
struct Noted {
    name: &'static str,
    found: Found,
}

impl Noted {
    fn of<P>(self, provider: P) -> Noting<P> {
        Noting { noted: self, provider }
    }
}

struct Noting<P> {
    noted: Noted,
    provider: P,
}

impl<P> fmt::Debug for Noting<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.noted.name)
    }
}

impl<P> ProvideCredential for Noting<P>
where
    P: ProvideCredential,
    P::Credential: Summary,
{
    type Credential = P::Credential;

    async fn provide_credential(
        &self,
        ctx: &Context,
    ) -> reqsign_core::Result<Option<Self::Credential>> {
        let provided = self.provider.provide_credential(ctx).await?;
        if let Some(credential) = &provided {
            self.noted.found.note(self.noted.name, credential.summary());
        }
        Ok(provided)
    }
}

/// What a credential is, without anything secret.
trait Summary {
    fn summary(&self) -> String;
}

impl Summary for Credential {
    fn summary(&self) -> String {
        Authentication::Keys(self.clone()).summary()
    }
}

impl Summary for IamToken {
    fn summary(&self) -> String {
        Authentication::Token(self.clone()).summary()
    }
}

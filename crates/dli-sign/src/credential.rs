//! What a request is signed with: a key pair, or a token of the identity service.
//!
//! Where credentials come from is the business of [`crate::provide`]; when they are fetched
//! again is the business of [`crate::CredentialCache`].

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hmac::Hmac;
use jiff::Timestamp;
use reqsign_core::SigningCredential;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::hmac::keyed;

/// How long before its end a credential counts as due for renewal.
pub(crate) const RENEWAL_WINDOW: Duration = Duration::from_secs(5 * 60);

/// An access key and its secret, with the security token and the end of a temporary pair.
///
/// Cloning copies a pointer. The secret and the token are wiped from memory when the last clone
/// goes, and neither `Debug` nor any error of this crate shows them.
///
/// ```
/// use dli_sign::Credential;
///
/// let credential = Credential::new("AKEXAMPLE", "the-secret").with_project_id("0b5e4a1c");
/// assert_eq!(credential.access_key(), "AKEXAMPLE");
/// assert!(!format!("{credential:?}").contains("the-secret"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Credential(Arc<Keys>);

#[derive(Clone, PartialEq, Eq)]
struct Keys {
    access_key: String,
    secret_key: Zeroizing<String>,
    security_token: Option<Zeroizing<String>>,
    expires_at: Option<Timestamp>,
    project_id: Option<String>,
    domain_id: Option<String>,
    keyed: Keyed,
}

/// The HMAC that has taken in the secret key, made once rather than for each signature.
/// It says nothing that the key does not, so that all are equal.
#[derive(Clone, Default)]
struct Keyed(OnceLock<Hmac<Sha256>>);

impl PartialEq for Keyed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Keyed {}

impl Credential {
    /// A permanent key pair.
    ///
    /// ```
    /// let credential = dli_sign::Credential::new("AKEXAMPLE", "the-secret");
    /// assert_eq!(credential.expires_at(), None);
    /// ```
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self(Arc::new(Keys {
            access_key: access_key.into(),
            secret_key: Zeroizing::new(secret_key.into()),
            security_token: None,
            expires_at: None,
            project_id: None,
            domain_id: None,
            keyed: Keyed::default(),
        }))
    }

    /// Adds the security token that belongs to a temporary key pair. It is sent, and signed, as
    /// `X-Security-Token`.
    ///
    /// ```
    /// let credential = dli_sign::Credential::new("AK", "SK").with_security_token("the-token");
    /// assert_eq!(credential.security_token(), Some("the-token"));
    /// ```
    #[must_use]
    pub fn with_security_token(mut self, token: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).security_token = Some(Zeroizing::new(token.into()));
        self
    }

    /// Says when the key pair ends.
    ///
    /// ```
    /// let end = "2026-01-02T03:04:05Z".parse().unwrap();
    /// let credential = dli_sign::Credential::new("AK", "SK").with_expiry(end);
    /// assert_eq!(credential.expires_at(), Some(end));
    /// ```
    #[must_use]
    pub fn with_expiry(mut self, expires_at: Timestamp) -> Self {
        Arc::make_mut(&mut self.0).expires_at = Some(expires_at);
        self
    }

    /// Names the project the key pair is used in. Signing sends it as `X-Project-Id` unless the
    /// request carries that header already.
    ///
    /// ```
    /// let credential = dli_sign::Credential::new("AK", "SK").with_project_id("0b5e4a1c");
    /// assert_eq!(credential.project_id(), Some("0b5e4a1c"));
    /// ```
    #[must_use]
    pub fn with_project_id(mut self, project_id: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).project_id = Some(project_id.into());
        self
    }

    /// Names the account (domain) the key pair belongs to. It is carried along, never sent.
    ///
    /// ```
    /// let credential = dli_sign::Credential::new("AK", "SK").with_domain_id("d0");
    /// assert_eq!(credential.domain_id(), Some("d0"));
    /// ```
    #[must_use]
    pub fn with_domain_id(mut self, domain_id: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).domain_id = Some(domain_id.into());
        self
    }

    /// The access key: the public half, which names the caller.
    pub fn access_key(&self) -> &str {
        &self.0.access_key
    }

    /// The secret half. Hand it to nothing that prints or stores it.
    pub fn secret_key(&self) -> &str {
        &self.0.secret_key
    }

    /// What a signature with SDK-HMAC-SHA256 begins with.
    pub(crate) fn keyed(&self) -> &Hmac<Sha256> {
        self.0.keyed.0.get_or_init(|| keyed(self.secret_key().as_bytes()))
    }

    /// The security token of a temporary key pair.
    pub fn security_token(&self) -> Option<&str> {
        self.0.security_token.as_ref().map(|token| token.as_str())
    }

    /// When the key pair ends; `None` for a permanent one.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.0.expires_at
    }

    /// The project, where the source of the credential named one.
    pub fn project_id(&self) -> Option<&str> {
        self.0.project_id.as_deref()
    }

    /// The account (domain), where the source of the credential named one.
    pub fn domain_id(&self) -> Option<&str> {
        self.0.domain_id.as_deref()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("access_key", &self.0.access_key)
            .field("secret_key", &Hidden)
            .field("security_token", &self.security_token().map(|_| Hidden))
            .field("expires_at", &self.0.expires_at)
            .field("project_id", &self.0.project_id)
            .field("domain_id", &self.0.domain_id)
            .finish()
    }
}

impl SigningCredential for Credential {
    fn is_valid(&self) -> bool {
        self.is_valid_at(reqsign_core::time::Timestamp::now() + RENEWAL_WINDOW)
    }

    fn is_valid_at(&self, at: reqsign_core::time::Timestamp) -> bool {
        !self.0.access_key.is_empty()
            && !self.0.secret_key.is_empty()
            && outlives(self.0.expires_at, at)
    }
}

/// A token of the identity service (IAM), sent as `X-Auth-Token` in place of a signature.
///
/// The service wants it for bodies over 12 MB, which a signature does not cover. Get one from
/// [`crate::provide::IamPasswordProvider`] and put it on requests with [`crate::TokenSigner`].
///
/// ```
/// use dli_sign::IamToken;
///
/// let end = "2026-01-02T03:04:05Z".parse().unwrap();
/// let token = IamToken::new("MIIC-secret").with_expiry(end).with_project_id("p0");
/// assert_eq!((token.expires_at(), token.project_id()), (Some(end), Some("p0")));
/// assert!(!format!("{token:?}").contains("MIIC"));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct IamToken(Arc<TokenParts>);

#[derive(Clone, PartialEq, Eq)]
struct TokenParts {
    token: Zeroizing<String>,
    expires_at: Option<Timestamp>,
    project_id: Option<String>,
}

impl IamToken {
    /// A token whose end is not known.
    pub fn new(token: impl Into<String>) -> Self {
        Self(Arc::new(TokenParts {
            token: Zeroizing::new(token.into()),
            expires_at: None,
            project_id: None,
        }))
    }

    /// Says when the token ends.
    #[must_use]
    pub fn with_expiry(mut self, expires_at: Timestamp) -> Self {
        Arc::make_mut(&mut self.0).expires_at = Some(expires_at);
        self
    }

    /// Names the project the token is scoped to.
    #[must_use]
    pub fn with_project_id(mut self, project_id: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).project_id = Some(project_id.into());
        self
    }

    /// The token's text. Hand it to nothing that prints or stores it.
    pub fn token(&self) -> &str {
        &self.0.token
    }

    /// When the token ends, where the identity service said so.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.0.expires_at
    }

    /// The project the token is scoped to, where the identity service said so.
    pub fn project_id(&self) -> Option<&str> {
        self.0.project_id.as_deref()
    }
}

impl fmt::Debug for IamToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamToken")
            .field("token", &Hidden)
            .field("expires_at", &self.0.expires_at)
            .field("project_id", &self.0.project_id)
            .finish()
    }
}

impl SigningCredential for IamToken {
    fn is_valid(&self) -> bool {
        self.is_valid_at(reqsign_core::time::Timestamp::now() + RENEWAL_WINDOW)
    }

    fn is_valid_at(&self, at: reqsign_core::time::Timestamp) -> bool {
        !self.0.token.is_empty() && outlives(self.0.expires_at, at)
    }
}

/// Stands in for a secret wherever something is printed.
pub(crate) struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

fn outlives(expires_at: Option<Timestamp>, at: reqsign_core::time::Timestamp) -> bool {
    expires_at.is_none_or(|end| {
        (end.as_second(), end.subsec_nanosecond()) > (at.as_second(), at.subsec_nanosecond())
    })
}

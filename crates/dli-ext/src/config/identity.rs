//! Who the client is: keys or a token, given or fetched.

use std::fmt;
use std::sync::Arc;

use dli_sign::{Credential, IamToken};

use super::Origin;
use crate::Error;

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
    /// Given.
    Fixed(Authentication, Origin),
    /// Nowhere: an error that says what was tried.
    Missing(Arc<str>),
}

impl Identity {
    /// What to authenticate the next attempt with.
    pub async fn load(&self) -> Result<Authentication, Error> {
        match self {
            Self::Fixed(authentication, _) => Ok(authentication.clone()),
            Self::Missing(tried) => {
                Err(Error::new(crate::ErrorKind::Credentials, format!("no credentials: {tried}"))
                    .hint(
                        "give them with Builder::access_key or Builder::token, or set \
                         HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
                    ))
            }
        }
    }

    /// After a refusal: sees to it that the next load does not give `refused` again. Says
    /// whether there can be anything else.
    pub fn renew(&self, _refused: &Authentication) -> bool {
        false
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(authentication, origin) => {
                write!(f, "{authentication:?}, {origin}")
            }
            Self::Missing(_) => f.write_str("missing"),
        }
    }
}

//! A token of the identity service (IAM), for a user name and a password.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use jiff::Timestamp;
use reqsign_core::{Context, Error, ProvideCredential, Result};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::http_call::{check_private, join, refused, send, unbuildable};
use crate::credential::{Hidden, IamToken};

const TASK: &str = "logging in to the identity service";

/// Logs in with `POST {endpoint}/v3/auth/tokens` and gives the token of `X-Subject-Token`, good
/// until the `expires_at` of the answer (24 hours). The call may take ten seconds.
///
/// # Errors
///
/// If the endpoint is neither https nor this machine, if the login is refused, or if the answer
/// holds no token.
///
/// ```
/// use dli_sign::{CredentialCache, provide::IamPasswordProvider, reqsign_core::Context};
///
/// let login = IamPasswordProvider::new(
///     "https://iam.cn-north-4.myhuaweicloud.com",
///     "the-account",
///     "the-user",
///     "the-password",
/// )
/// .project_name("cn-north-4");
/// assert!(!format!("{login:?}").contains("the-password"));
/// let tokens = CredentialCache::new(Context::new(), login);
/// ```
#[derive(Clone)]
pub struct IamPasswordProvider {
    endpoint: String,
    domain: String,
    user: String,
    password: Zeroizing<String>,
    scope: Option<Value>,
    timeout: Duration,
}

#[derive(Deserialize)]
struct Answer {
    token: Token,
}

#[derive(Deserialize)]
struct Token {
    expires_at: String,
    #[serde(default)]
    project: Option<Project>,
}

#[derive(Deserialize)]
struct Project {
    id: String,
}

impl IamPasswordProvider {
    /// A login: the identity service's address, the account (domain) name, the user and the
    /// password. The token has no project unless one is asked for, and DLI wants one.
    pub fn new(
        endpoint: impl Into<String>,
        domain: impl Into<String>,
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Self {
        Self {
            endpoint: endpoint.into(),
            domain: domain.into(),
            user: user.into(),
            password: Zeroizing::new(password.into()),
            scope: None,
            timeout: Duration::from_secs(10),
        }
    }

    /// Asks for a token of the project with this name; a region's first project has the region's.
    ///
    /// ```
    /// # use dli_sign::provide::IamPasswordProvider;
    /// let login = IamPasswordProvider::new("https://iam.example.com", "account", "user", "password")
    ///     .project_name("cn-north-4");
    /// ```
    #[must_use]
    pub fn project_name(mut self, name: impl Into<String>) -> Self {
        self.scope = Some(json!({ "project": { "name": name.into() } }));
        self
    }

    /// Asks for a token of the project with this id.
    ///
    /// ```
    /// # use dli_sign::provide::IamPasswordProvider;
    /// let login = IamPasswordProvider::new("https://iam.example.com", "account", "user", "password")
    ///     .project_id("0b5e4a1c2d3f4a5b8c7d6e5f4a3b2c1d");
    /// ```
    #[must_use]
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.scope = Some(json!({ "project": { "id": id.into() } }));
        self
    }

    /// How long the call may take.
    ///
    /// ```
    /// # use dli_sign::provide::IamPasswordProvider;
    /// let login = IamPasswordProvider::new("https://iam.example.com", "account", "user", "password")
    ///     .timeout(std::time::Duration::from_secs(3));
    /// ```
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    fn body(&self) -> String {
        let mut auth = json!({
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {
                        "domain": { "name": self.domain },
                        "name": self.user,
                        "password": self.password.as_str(),
                    }
                }
            }
        });
        if let Some(scope) = &self.scope {
            auth["scope"] = scope.clone();
        }
        json!({ "auth": auth }).to_string()
    }
}

impl fmt::Debug for IamPasswordProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamPasswordProvider")
            .field("endpoint", &self.endpoint)
            .field("domain", &self.domain)
            .field("user", &self.user)
            .field("password", &Hidden)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

impl ProvideCredential for IamPasswordProvider {
    type Credential = IamToken;

    async fn provide_credential(&self, ctx: &Context) -> Result<Option<IamToken>> {
        check_private(TASK, &self.endpoint)?;
        let url = join(&self.endpoint, "/v3/auth/tokens");
        let request = Request::post(&url)
            .header(CONTENT_TYPE, "application/json;charset=utf8")
            .body(Bytes::from(self.body()))
            .map_err(|error| unbuildable(TASK, error))?;
        let response = send(ctx, TASK, request, self.timeout).await?;
        if !response.status().is_success() {
            return Err(refused(
                TASK,
                &url,
                &response,
                Some(&self.password),
                "check the account, the user, the password and the project",
            ));
        }
        let unreadable = |what: &str| {
            Error::unexpected(format!(
                "{TASK}: the answer of {url} has no {what}; see that the address is that of an \
                 identity service"
            ))
        };
        let token = response
            .headers()
            .get("x-subject-token")
            .and_then(|value| value.to_str().ok())
            .filter(|token| !token.is_empty())
            .ok_or_else(|| unreadable("X-Subject-Token"))?;
        let about = serde_json::from_slice::<Answer>(response.body()).ok();
        let about = about.ok_or_else(|| unreadable("token.expires_at"))?.token;
        let end: Timestamp =
            about.expires_at.parse().map_err(|_| unreadable("time in token.expires_at"))?;
        let mut token = IamToken::new(token).with_expiry(end);
        if let Some(project) = about.project {
            token = token.with_project_id(project.id);
        }
        Ok(Some(token))
    }
}

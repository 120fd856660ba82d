//! Who is calling: signatures and tokens.

use dli_sign::{PayloadDigest, Verifier, VerifyError};
use http::request::Parts;
use jiff::Timestamp;

use crate::error::{ApiError, ApiResult};
use crate::iam;
use crate::settings::Settings;
use crate::store::Store;

/// A caller whose identity is proven.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    /// Name of the user.
    pub user: String,
    /// Projects the caller may use; all if `None`.
    projects: Option<Vec<String>>,
}

impl Caller {
    /// Who a seed is carried out for.
    pub fn of_seed(user: String) -> Self {
        Self { user, projects: None }
    }

    /// Refuses callers of a foreign or unknown project.
    pub fn must_reach(&self, settings: &Settings, project: &str) -> ApiResult<()> {
        let own = self.projects.as_ref().is_none_or(|own| own.iter().any(|id| id == project));
        if own && settings.project(project).is_some() {
            return Ok(());
        }
        Err(ApiError::new(
            403,
            "APIGW.0310",
            format!(
                "The project `{project}` is unavailable: it does not exist, or the credentials are for other projects."
            ),
        ))
    }
}

/// Verifies the token or the signature of a request.
pub(crate) async fn authenticate(
    settings: &Settings,
    store: &Store,
    parts: &Parts,
    body: &PayloadDigest,
    now: Timestamp,
) -> ApiResult<Caller> {
    if let Some(token) = parts.headers.get("x-auth-token") {
        let token = token.to_str().unwrap_or_default().to_owned();
        let token = iam::find_token(store, token, now).await?;
        return Ok(Caller { user: token.user, projects: token.project.map(|id| vec![id]) });
    }
    if !parts.headers.contains_key("authorization") {
        return Err(ApiError::unauthenticated(
            "the request carries neither an Authorization header (a signature) nor an X-Auth-Token",
        ));
    }
    let mut key = None;
    let secret_of = |access_key: &str| {
        key = settings.key(access_key);
        key.map(|key| key.secret_key.clone())
    };
    let identity = Verifier::new().verify(parts, body, secret_of, now).map_err(refusal)?;
    let key = key.ok_or_else(|| ApiError::unauthenticated("verify aksk signature fail"))?;
    match (&key.security_token, identity.security_token()) {
        (None, None) => {}
        (Some(expected), Some(given)) if expected == given => {}
        (Some(_), None) => {
            return Err(ApiError::unauthenticated(
                "this is a temporary access key, and the request carries no X-Security-Token",
            ));
        }
        (_, Some(_)) => {
            return Err(ApiError::unauthenticated(
                "the X-Security-Token is not that of the access key",
            ));
        }
    }
    let user = key.user.clone().unwrap_or_else(|| settings.user.clone());
    Ok(Caller { user, projects: key.projects.clone() })
}

fn refusal(error: VerifyError) -> ApiError {
    match error {
        VerifyError::UnknownAccessKey { access_key } => ApiError::unauthenticated(format!(
            "get secretKey failed, ak: {access_key}, it is unknown"
        )),
        VerifyError::SignatureMismatch { .. } => ApiError::unauthenticated(format!(
            "verify aksk signature fail (a wrong secret key, or the request was changed after it was signed), {error}"
        )),
        VerifyError::Expired { .. } => {
            ApiError::unauthenticated(format!("signature expired: {error}"))
        }
        _ => ApiError::unauthenticated(error),
    }
}

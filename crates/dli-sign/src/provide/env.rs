//! Credentials from environment variables.

use reqsign_core::{Context, Error, ProvideCredential, Result};

use crate::Credential;

pub(crate) const ACCESS_KEY: &str = "HUAWEICLOUD_SDK_AK";
pub(crate) const SECRET_KEY: &str = "HUAWEICLOUD_SDK_SK";
pub(crate) const SECURITY_TOKEN: &str = "HUAWEICLOUD_SDK_SECURITY_TOKEN";
pub(crate) const PROJECT_ID: &str = "HUAWEICLOUD_SDK_PROJECT_ID";
pub(crate) const DOMAIN_ID: &str = "HUAWEICLOUD_SDK_DOMAIN_ID";

/// Reads `HUAWEICLOUD_SDK_AK` and `HUAWEICLOUD_SDK_SK`, and where they are set
/// `HUAWEICLOUD_SDK_SECURITY_TOKEN`, `HUAWEICLOUD_SDK_PROJECT_ID` and `HUAWEICLOUD_SDK_DOMAIN_ID`.
///
/// Gives nothing if neither key is set.
///
/// # Errors
///
/// One key without the other is an error that names the missing variable. A variable set to
/// nothing counts as not set.
///
/// ```
/// use dli_sign::provide::EnvProvider;
/// use reqsign_core::{Context, ProvideCredential, StaticEnv};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let ctx = Context::new().with_env(StaticEnv {
///     home_dir: None,
///     envs: [("HUAWEICLOUD_SDK_AK", "AKEXAMPLE"), ("HUAWEICLOUD_SDK_SK", "the-secret")]
///         .map(|(name, value)| (name.to_owned(), value.to_owned()))
///         .into(),
/// });
/// let credential = EnvProvider::new().provide_credential(&ctx).await?.unwrap();
/// assert_eq!(credential.access_key(), "AKEXAMPLE");
/// # Ok::<(), reqsign_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct EnvProvider;

impl EnvProvider {
    /// The provider; it has no settings.
    pub fn new() -> Self {
        Self
    }
}

impl ProvideCredential for EnvProvider {
    type Credential = Credential;

    async fn provide_credential(&self, ctx: &Context) -> Result<Option<Credential>> {
        let (access_key, secret_key) = match (var(ctx, ACCESS_KEY), var(ctx, SECRET_KEY)) {
            (Some(access_key), Some(secret_key)) => (access_key, secret_key),
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(half_set(ACCESS_KEY, SECRET_KEY)),
            (None, Some(_)) => return Err(half_set(SECRET_KEY, ACCESS_KEY)),
        };
        let mut credential = Credential::new(access_key, secret_key);
        if let Some(token) = var(ctx, SECURITY_TOKEN) {
            credential = credential.with_security_token(token);
        }
        Ok(Some(with_places(ctx, credential)))
    }
}

/// Adds the project and the account that the environment names.
pub(crate) fn with_places(ctx: &Context, mut credential: Credential) -> Credential {
    if credential.project_id().is_none()
        && let Some(id) = var(ctx, PROJECT_ID)
    {
        credential = credential.with_project_id(id);
    }
    if credential.domain_id().is_none()
        && let Some(id) = var(ctx, DOMAIN_ID)
    {
        credential = credential.with_domain_id(id);
    }
    credential
}

/// A variable's value without white space around it; nothing if that leaves nothing.
pub(crate) fn var(ctx: &Context, name: &str) -> Option<String> {
    let value = ctx.env_var(name)?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn half_set(set: &str, missing: &str) -> Error {
    Error::config_invalid(format!("{set} is set but {missing} is not; set both, or neither"))
}

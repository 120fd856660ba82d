//! A credential that is known already.

use reqsign_core::{Context, ProvideCredential, Result, SigningCredential};

/// Gives the credential it was made with.
///
/// ```
/// use dli_sign::{Credential, provide::StaticProvider};
/// use reqsign_core::{Context, ProvideCredential};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let provider = StaticProvider::new(Credential::new("AKEXAMPLE", "the-secret"));
/// let credential = provider.provide_credential(&Context::new()).await?.unwrap();
/// assert_eq!(credential.access_key(), "AKEXAMPLE");
/// # Ok::<(), reqsign_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct StaticProvider<K>(K);

impl<K: SigningCredential> StaticProvider<K> {
    /// Gives `credential` whenever asked.
    pub fn new(credential: K) -> Self {
        Self(credential)
    }
}

impl<K: SigningCredential> ProvideCredential for StaticProvider<K> {
    type Credential = K;

    async fn provide_credential(&self, _ctx: &Context) -> Result<Option<K>> {
        Ok(Some(self.0.clone()))
    }
}

//! Keeping a credential until it is about to end, and fetching the next one once.
//!
//! `reqsign-core`'s own `Signer` holds a lock while it loads and forgets failures, so two hundred
//! calls on a provider that hangs would wait one after the other. Here they wait together.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqsign_core::time::Timestamp;
use reqsign_core::{
    Context, Error, ProvideCredential, ProvideCredentialDyn, Result, SigningCredential,
};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

use crate::credential::RENEWAL_WINDOW;
use crate::provide::ChainError;

/// A year: what is added to a time stays within what a time can be.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Holds the credential of a provider and renews it in time.
///
/// - One load runs at a time, whoever asks. It is a task of its own: a caller that gives up does
///   not stop it for the others.
/// - A load that takes longer than [`load_timeout`](Self::load_timeout) is given up, and everyone
///   who waits gets that error at once.
/// - A failure is remembered for [`retry_after`](Self::retry_after): until then callers get the
///   same error without another load.
/// - From [`refresh_before`](Self::refresh_before) the end of a credential on, the next one is
///   loaded in the background while callers go on with the one at hand. If that fails, they keep
///   it until it ends. A credential that has ended is never given out.
///
/// Clones share the credential. It needs a tokio runtime with time enabled, and never blocks it.
///
/// ```
/// use dli_sign::{Credential, CredentialCache, provide::StaticProvider};
/// use dli_sign::reqsign_core::Context;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let provider = StaticProvider::new(Credential::new("AKEXAMPLE", "the-secret"));
/// let cache = CredentialCache::new(Context::new(), provider);
/// assert_eq!(cache.get().await?.access_key(), "AKEXAMPLE");
/// # Ok::<(), dli_sign::reqsign_core::Error>(()) }).unwrap();
/// ```
pub struct CredentialCache<K: SigningCredential> {
    shared: Arc<Shared<K>>,
    settings: Settings,
}

#[derive(Clone, Copy)]
struct Settings {
    refresh_before: Duration,
    load_timeout: Duration,
    retry_after: Duration,
}

struct Shared<K> {
    ctx: Context,
    provider: Box<dyn ProvideCredentialDyn<Credential = K>>,
    state: Mutex<State<K>>,
}

struct State<K> {
    current: Option<K>,
    /// The load that is under way. Its sender is dropped if the load's task dies.
    load: Option<Load<K>>,
    failure: Option<Arc<Error>>,
    /// No load starts before this.
    not_before: Option<Instant>,
}

type Outcome<K> = std::result::Result<K, Arc<Error>>;
type Load<K> = watch::Receiver<Option<Outcome<K>>>;

enum Found<K> {
    Usable(K),
    Loading(Load<K>),
    Failed(Arc<Error>),
}

impl<K: SigningCredential> CredentialCache<K> {
    /// A cache in front of `provider`, which is always asked with `ctx`.
    ///
    /// Unless told otherwise it renews 5 minutes before the end, gives up a load after 15 seconds
    /// and remembers a failure for 2 seconds.
    ///
    /// ```
    /// use dli_sign::{CredentialCache, provide::EnvProvider, reqsign_core::Context};
    ///
    /// let cache = CredentialCache::new(Context::new(), EnvProvider::new());
    /// ```
    pub fn new(ctx: Context, provider: impl ProvideCredential<Credential = K>) -> Self {
        Self {
            shared: Arc::new(Shared {
                ctx,
                provider: Box::new(provider),
                state: Mutex::new(State {
                    current: None,
                    load: None,
                    failure: None,
                    not_before: None,
                }),
            }),
            settings: Settings {
                refresh_before: RENEWAL_WINDOW,
                load_timeout: Duration::from_secs(15),
                retry_after: Duration::from_secs(2),
            },
        }
    }

    /// How long before its end a credential is renewed.
    ///
    /// ```
    /// # use dli_sign::{CredentialCache, provide::EnvProvider, reqsign_core::Context};
    /// # let cache = CredentialCache::new(Context::new(), EnvProvider::new());
    /// let cache = cache.refresh_before(std::time::Duration::from_secs(40 * 60));
    /// ```
    #[must_use]
    pub fn refresh_before(mut self, margin: Duration) -> Self {
        self.settings.refresh_before = margin.min(LONGEST);
        self
    }

    /// How long a load may take.
    ///
    /// ```
    /// # use dli_sign::{CredentialCache, provide::EnvProvider, reqsign_core::Context};
    /// # let cache = CredentialCache::new(Context::new(), EnvProvider::new());
    /// let cache = cache.load_timeout(std::time::Duration::from_secs(5));
    /// ```
    #[must_use]
    pub fn load_timeout(mut self, limit: Duration) -> Self {
        self.settings.load_timeout = limit;
        self
    }

    /// How long a failure is remembered, and how soon a provider that keeps giving a credential
    /// close to its end is asked again.
    ///
    /// ```
    /// # use dli_sign::{CredentialCache, provide::EnvProvider, reqsign_core::Context};
    /// # let cache = CredentialCache::new(Context::new(), EnvProvider::new());
    /// let cache = cache.retry_after(std::time::Duration::from_millis(500));
    /// ```
    #[must_use]
    pub fn retry_after(mut self, pause: Duration) -> Self {
        self.settings.retry_after = pause.min(LONGEST);
        self
    }

    /// The credential: at once if there is one at hand, else as soon as the provider answers.
    ///
    /// # Errors
    ///
    /// The provider's own error, remembered or new; that it took too long; that it has no
    /// credential, or one that has ended; or that there is no tokio runtime.
    ///
    /// ```
    /// # use dli_sign::{CredentialCache, provide::EnvProvider, reqsign_core::Context};
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let cache = CredentialCache::new(Context::new(), EnvProvider::new());
    /// assert!(cache.get().await.is_err(), "this context has no variables");
    /// # });
    /// ```
    pub async fn get(&self) -> Result<K> {
        let mut load = match self.look() {
            Found::Usable(credential) => return Ok(credential),
            Found::Failed(error) => return Err(once_more(&error)),
            Found::Loading(load) => load,
        };
        let outcome = match load.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        };
        match outcome {
            Some(Ok(credential)) => Ok(credential),
            Some(Err(error)) => Err(once_more(&error)),
            None => Err(Error::unexpected(
                "the credential provider stopped before it answered: it panicked, or its runtime \
                 was shut down; ask again",
            )
            .set_retryable(true)),
        }
    }

    /// Drops the credential at hand if it is `refused`, so that the next [`get`](Self::get) loads
    /// another: for when the service says that the key is no longer good.
    ///
    /// Callers that were refused with the same credential may all say so: what has been loaded
    /// since then stays.
    ///
    /// ```
    /// # use dli_sign::{Credential, CredentialCache, provide::StaticProvider, reqsign_core::Context};
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// # let provider = StaticProvider::new(Credential::new("AKEXAMPLE", "the-secret"));
    /// # let cache = CredentialCache::new(Context::new(), provider);
    /// let credential = cache.get().await?;
    /// // … the service answers 401 …
    /// cache.invalidate(&credential);
    /// # Ok::<(), dli_sign::reqsign_core::Error>(()) }).unwrap();
    /// ```
    pub fn invalidate(&self, refused: &K)
    where
        K: PartialEq,
    {
        let mut state = self.shared.state();
        if state.current.as_ref() == Some(refused) {
            state.current = None;
            state.not_before = None;
        }
    }

    fn look(&self) -> Found<K> {
        let now = Timestamp::now();
        let mut state = self.shared.state();
        let usable = state.current.clone().filter(|held| held.is_valid_at(now));
        if let Some(held) = &usable
            && held.is_valid_at(now + self.settings.refresh_before)
        {
            return Found::Usable(held.clone());
        }
        let running = state.load.clone().filter(|load| load.has_changed().is_ok());
        let load = match running {
            Some(load) => Some(load),
            None if state.not_before.is_some_and(|time| Instant::now() < time) => None,
            None => match Handle::try_current() {
                Ok(runtime) => {
                    let load = self.start(&runtime);
                    state.load = Some(load.clone());
                    Some(load)
                }
                Err(_) => None,
            },
        };
        match (usable, load, &state.failure) {
            (Some(held), ..) => Found::Usable(held),
            (None, Some(load), _) => Found::Loading(load),
            (None, None, Some(error)) => Found::Failed(error.clone()),
            (None, None, None) => Found::Failed(Arc::new(Error::unexpected(
                "cannot load a credential: there is no tokio runtime here; ask from inside one",
            ))),
        }
    }

    fn start(&self, runtime: &Handle) -> Load<K> {
        let (sender, load) = watch::channel(None);
        let (shared, settings) = (self.shared.clone(), self.settings);
        runtime.spawn(async move {
            let outcome = shared.load(settings).await.map_err(Arc::new);
            shared.settle(outcome.clone(), settings);
            sender.send_replace(Some(outcome));
        });
        load
    }
}

impl<K: SigningCredential> Shared<K> {
    /// The state is a few pointers and always whole, so a panic elsewhere leaves it good to use.
    fn state(&self) -> MutexGuard<'_, State<K>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load(&self, settings: Settings) -> Result<K> {
        let limit = settings.load_timeout;
        let answer = timeout(limit, self.provider.provide_credential_dyn(&self.ctx)).await;
        let credential = answer
            .map_err(|_| {
                Error::unexpected(format!(
                    "no credential: the provider did not answer within {limit:?}; see what it \
                     waits for, or allow it more time"
                ))
                .set_retryable(true)
            })??
            .ok_or_else(|| {
                Error::credential_invalid(
                    "no credential: the provider is not set up here; configure one of its sources",
                )
            })?;
        if !credential.is_valid_at(Timestamp::now()) {
            return Err(Error::credential_invalid(
                "no credential: the provider gave one that is incomplete or has ended; renew it \
                 at its source, and check the clock",
            ));
        }
        Ok(credential)
    }

    fn settle(&self, outcome: Outcome<K>, settings: Settings) {
        let later = Instant::now() + settings.retry_after;
        let mut state = self.state();
        state.load = None;
        match outcome {
            Ok(credential) => {
                let fresh = credential.is_valid_at(Timestamp::now() + settings.refresh_before);
                state.not_before = (!fresh).then_some(later);
                state.current = Some(credential);
                state.failure = None;
            }
            Err(error) => {
                state.not_before = Some(later);
                state.failure = Some(error);
            }
        }
    }
}

impl<K: SigningCredential> Clone for CredentialCache<K> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone(), settings: self.settings }
    }
}

impl<K: SigningCredential> fmt::Debug for CredentialCache<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialCache")
            .field("provider", &self.shared.provider)
            .finish_non_exhaustive()
    }
}

/// Gives the cache's credential. The context it is asked with is not used: the cache has its own.
impl<K: SigningCredential> ProvideCredential for CredentialCache<K> {
    type Credential = K;

    async fn provide_credential(&self, _ctx: &Context) -> Result<Option<K>> {
        self.get().await.map(Some)
    }
}

/// A copy of an error that several callers get.
fn once_more(error: &Arc<Error>) -> Error {
    let mut copy = Error::new(error.kind(), error.to_string()).set_retryable(error.is_retryable());
    for context in error.context() {
        copy = copy.with_context(context);
    }
    match std::error::Error::source(error.as_ref()) {
        None => copy,
        Some(source) => match source.downcast_ref::<ChainError>() {
            Some(chain) => copy.with_source(chain.clone()),
            None => copy.with_source(SharedSource(error.clone())),
        },
    }
}

/// The source of a shared error, in the place of that source.
struct SharedSource(Arc<Error>);

impl SharedSource {
    fn inner(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(self.0.as_ref())
    }
}

impl fmt::Debug for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.inner() {
            Some(source) => fmt::Debug::fmt(source, f),
            None => fmt::Debug::fmt(&self.0, f),
        }
    }
}

impl fmt::Display for SharedSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.inner() {
            Some(source) => fmt::Display::fmt(source, f),
            None => fmt::Display::fmt(&self.0, f),
        }
    }
}

impl std::error::Error for SharedSource {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner().and_then(std::error::Error::source)
    }
}

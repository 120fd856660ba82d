//! The cache: one load at a time, in bounded time, and never a credential that has ended.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dli_sign::reqsign_core::{Context, Error, ErrorKind, ProvideCredential, Result};
use dli_sign::{Credential, CredentialCache};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

type Answer = dyn Fn(usize) -> Result<Option<Credential>> + Send + Sync;

/// Answers the n-th load as told, once it is let through.
#[derive(Clone)]
struct Scripted {
    loads: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
    answer: Arc<Answer>,
}

impl Scripted {
    fn new(answer: impl Fn(usize) -> Result<Option<Credential>> + Send + Sync + 'static) -> Self {
        Self {
            loads: Arc::default(),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            answer: Arc::new(answer),
        }
    }

    fn closed(mut self) -> Self {
        self.gate = Arc::new(Semaphore::new(0));
        self
    }

    fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    fn cache(&self) -> CredentialCache<Credential> {
        CredentialCache::new(Context::new(), self.clone())
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

impl ProvideCredential for Scripted {
    type Credential = Credential;

    async fn provide_credential(&self, _: &Context) -> Result<Option<Credential>> {
        let load = self.loads.fetch_add(1, Ordering::SeqCst);
        self.gate.acquire().await.unwrap().forget();
        (self.answer)(load)
    }
}

fn good_for(seconds: i64, load: usize) -> Credential {
    let end = Timestamp::now() + SignedDuration::from_secs(seconds);
    Credential::new(format!("AK{load}"), "SK").with_expiry(end)
}

async fn all_of(cache: &CredentialCache<Credential>, callers: usize) -> Vec<Result<Credential>> {
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move { cache.get().await })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test]
async fn two_hundred_callers_are_one_load() {
    let provider = Scripted::new(|load| Ok(Some(good_for(3600, load))));
    let cache = provider.cache();
    let results = all_of(&cache, 200).await;
    assert!(results.iter().all(|result| result.as_ref().unwrap().access_key() == "AK0"));
    cache.get().await.unwrap();
    assert_eq!(provider.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_hundred_callers_of_a_provider_that_hangs_end_together() {
    let provider = Scripted::new(|_| Ok(None)).closed();
    let cache = provider.cache().load_timeout(Duration::from_secs(5));
    let start = Instant::now();
    for result in all_of(&cache, 200).await {
        let error = result.unwrap_err();
        assert!(error.to_string().contains("did not answer within 5s"), "{error}");
        assert!(error.is_retryable());
    }
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(provider.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_remembered_for_a_while_and_then_tried_again() {
    let provider = Scripted::new(|load| match load {
        0 => Err(Error::permission_denied("refused")
            .with_context("first")
            .with_source(std::io::Error::other("the cause"))),
        _ => Ok(Some(good_for(3600, load))),
    });
    let cache = provider.cache().retry_after(Duration::from_secs(2));
    for _ in 0..3 {
        let error = cache.get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert_eq!(error.to_string(), "refused");
        assert_eq!(error.context(), ["first"]);
        let cause = std::error::Error::source(&error).unwrap();
        assert_eq!(cause.to_string(), "the cause");
    }
    assert_eq!(provider.loads(), 1);
    sleep(Duration::from_secs(3)).await;
    assert_eq!(cache.get().await.unwrap().access_key(), "AK1");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_gives_up_does_not_stop_the_load() {
    let provider = Scripted::new(|load| Ok(Some(good_for(3600, load)))).closed();
    let cache = provider.cache();
    let first = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get().await }
    });
    let second = tokio::spawn({
        let cache = cache.clone();
        async move { cache.get().await }
    });
    sleep(Duration::from_millis(1)).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    provider.gate.add_permits(1);
    assert_eq!(second.await.unwrap().unwrap().access_key(), "AK0");
    assert_eq!(provider.loads(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_credential_near_its_end_is_renewed_while_callers_go_on_with_it() {
    let provider =
        Scripted::new(|load| Ok(Some(good_for(if load == 0 { 60 } else { 3600 }, load)))).closed();
    provider.gate.add_permits(1);
    let cache = provider.cache().retry_after(Duration::ZERO);
    assert_eq!(cache.get().await.unwrap().access_key(), "AK0");
    for _ in 0..3 {
        assert_eq!(cache.get().await.unwrap().access_key(), "AK0");
        sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(provider.loads(), 2, "one load is under way, whoever asks");
    provider.gate.add_permits(1);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(cache.get().await.unwrap().access_key(), "AK1");
    assert_eq!(provider.loads(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_renewal_keeps_a_credential_that_is_still_good() {
    let provider = Scripted::new(|load| match load {
        0 => Ok(Some(good_for(60, 0))),
        _ => Err(Error::unexpected("no luck")),
    });
    let cache = provider.cache().retry_after(Duration::from_secs(2));
    cache.get().await.unwrap();
    for _ in 0..5 {
        sleep(Duration::from_secs(3)).await;
        assert_eq!(cache.get().await.unwrap().access_key(), "AK0");
    }
    sleep(Duration::from_millis(1)).await;
    assert_eq!(provider.loads(), 6, "once per pause, not once per caller");
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_keeps_giving_the_same_short_credential_is_not_hammered() {
    let provider = Scripted::new(|load| Ok(Some(good_for(60, load))));
    let cache = provider.cache().retry_after(Duration::from_secs(2));
    for _ in 0..100 {
        cache.get().await.unwrap();
    }
    assert_eq!(provider.loads(), 1);
}

#[tokio::test]
async fn a_credential_that_has_ended_is_never_given_out() {
    let provider = Scripted::new(|load| match load {
        0 => Ok(Some(
            Credential::new("AK0", "SK")
                .with_expiry(Timestamp::now() + SignedDuration::from_millis(50)),
        )),
        1 => Ok(Some(good_for(-1, 1))),
        _ => Err(Error::unexpected("no luck")),
    });
    let cache = provider.cache().retry_after(Duration::ZERO);
    cache.get().await.unwrap();
    sleep(Duration::from_millis(60)).await;
    let error = cache.get().await.unwrap_err();
    assert!(error.to_string().contains("has ended"), "{error}");
    let error = cache.get().await.unwrap_err();
    assert_eq!(error.to_string(), "no luck");
}

#[tokio::test]
async fn a_provider_that_is_not_set_up_or_gives_half_a_credential_is_an_error() {
    for answer in [None, Some(Credential::new("AK", ""))] {
        let provider = Scripted::new(move |_| Ok(answer.clone()));
        let error = provider.cache().get().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CredentialInvalid);
        assert!(error.to_string().starts_with("no credential: "), "{error}");
    }
}

#[tokio::test]
async fn a_refused_credential_is_loaded_again_once() {
    let provider = Scripted::new(|load| Ok(Some(good_for(3600, load))));
    let cache = provider.cache();
    let old = cache.get().await.unwrap();
    for _ in 0..3 {
        cache.invalidate(&old);
        assert_eq!(cache.get().await.unwrap().access_key(), "AK1");
    }
    assert_eq!(provider.loads(), 2);
}

#[tokio::test]
async fn a_provider_that_panics_is_an_error_and_not_the_end() {
    let provider = Scripted::new(|load| match load {
        0 => panic!("broken provider"),
        _ => Ok(Some(good_for(3600, load))),
    });
    let cache = provider.cache();
    let error = cache.get().await.unwrap_err();
    assert!(error.to_string().contains("it panicked"), "{error}");
    assert_eq!(cache.get().await.unwrap().access_key(), "AK1");
}

#[test]
fn a_runtime_that_ends_during_a_load_leaves_the_cache_good_for_the_next() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let provider = Scripted::new(|load| Ok(Some(good_for(3600, load)))).closed();
    let cache = provider.cache();
    runtime().block_on(async {
        let waiting = tokio::time::timeout(Duration::from_millis(10), cache.get()).await;
        assert!(waiting.is_err());
    });
    provider.gate.add_permits(1);
    let credential = runtime().block_on(cache.get()).unwrap();
    assert_eq!(credential.access_key(), "AK1");
}

#[tokio::test]
async fn what_the_cache_prints_has_no_secret() {
    let provider = dli_sign::provide::StaticProvider::new(Credential::new("AK", "the-secret"));
    let cache = CredentialCache::new(Context::new(), provider);
    cache.get().await.unwrap();
    assert!(!format!("{cache:?}").contains("the-secret"));
}

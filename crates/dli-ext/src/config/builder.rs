//! What can be said of a client before it is made.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dli_sign::{Credential, IamToken};
use http::HeaderValue;

use dli_sign::reqsign_core::ProvideCredential;

use super::{
    Authentication, CacheSettings, Config, Identity, Profile, Projects, Surroundings, region,
};
use crate::transport::{Core, HttpSettings, RateLimit, RetryPolicy, Wire, usual_headers};
use crate::{Dli, Error};

/// Makes a client. Everything not said here is looked for in the environment, in the vendor's
/// files, in the metadata of the machine.
///
/// ```
/// use std::time::Duration;
///
/// let dli = dli_ext::Dli::builder()
///     .endpoint("http://127.0.0.1:8080")
///     .access_key("AKEXAMPLE", "the-secret")
///     .project_id("0b5e4a1c")
///     .attempt_timeout(Duration::from_secs(5))
///     .build()?;
/// # let _ = dli;
/// # Ok::<(), dli_ext::Error>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct Builder {
    pub(super) region: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) project_id: Option<String>,
    pub(super) iam_endpoint: Option<String>,
    pub(super) profile: Option<String>,
    pub(super) credentials: Credentials,
    pub(super) cache: CacheSettings,
    pub(super) metadata_endpoint: Option<String>,
    pub(super) around: Surroundings,
    pub(super) http: HttpSettings,
    pub(super) retry: RetryPolicy,
    pub(super) attempt_timeout: Duration,
    pub(super) call_timeout: Option<Duration>,
    pub(super) body_limit: usize,
    pub(super) rate: Option<f64>,
    pub(super) user_agent: Option<String>,
    pub(super) trace_bodies: bool,
    #[cfg(feature = "test-util")]
    pub(crate) script: Option<crate::test_util::Script>,
    #[cfg(feature = "test-util")]
    pub(crate) recorder: Option<crate::test_util::Recorder>,
    #[cfg(feature = "obs")]
    pub(super) storage: crate::sql::Storage,
}

/// Where to get credentials.
pub(super) enum Credentials {
    Search,
    Given(Authentication),
    Login { domain: String, user: String, password: dli_api::Secret },
    Custom(Box<dyn FnOnce(Start) -> Identity + Send>),
}

/// What a source of credentials needs, and the project that they must not bring along.
pub(super) type Start = (dli_sign::reqsign_core::Context, CacheSettings, Option<String>);

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Search => "searched for",
            Self::Given(_) => "given",
            Self::Login { .. } => "by password",
            Self::Custom(_) => "from a provider",
        })
    }
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            region: None,
            endpoint: None,
            project_id: None,
            iam_endpoint: None,
            profile: None,
            credentials: Credentials::Search,
            cache: CacheSettings::default(),
            metadata_endpoint: None,
            around: Surroundings::default(),
            http: HttpSettings::default(),
            retry: RetryPolicy::new(),
            attempt_timeout: Duration::from_secs(120),
            call_timeout: None,
            body_limit: 256 * 1024 * 1024,
            rate: None,
            user_agent: None,
            trace_bodies: false,
            #[cfg(feature = "test-util")]
            script: None,
            #[cfg(feature = "test-util")]
            recorder: None,
            #[cfg(feature = "obs")]
            storage: crate::sql::Storage::default(),
        }
    }

    /// The region, `cn-north-4` for instance. It gives the endpoint.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().region("cn-north-4");
    /// # let _ = builder;
    /// ```
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The address of the service, for Open Telekom Cloud, for private installations and for a
    /// service on this machine.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().endpoint("https://dli.eu-de.otc.t-systems.com");
    /// # let _ = builder;
    /// ```
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// The project that calls are made in.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().project_id("0b5e4a1c");
    /// # let _ = builder;
    /// ```
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project_id = Some(id.into());
        self
    }

    /// A permanent access key and its secret.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().access_key("AKEXAMPLE", "the-secret");
    /// # let _ = builder;
    /// ```
    pub fn access_key(self, access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        self.credential(Credential::new(access_key, secret_key))
    }

    /// A key pair, permanent or temporary (with a security token).
    ///
    /// ```
    /// use dli_ext::{Credential, Dli};
    ///
    /// let temporary = Credential::new("AK", "SK").with_security_token("the-token");
    /// let builder = Dli::builder().credential(temporary);
    /// # let _ = builder;
    /// ```
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credentials = Credentials::Given(Authentication::Keys(credential));
        self
    }

    /// A token of the identity service (IAM), in place of keys.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().token("MIIF…");
    /// # let _ = builder;
    /// ```
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.credentials = Credentials::Given(Authentication::Token(IamToken::new(token)));
        self
    }

    /// Logs in with a password at the identity service, for a token that is renewed in time.
    /// `domain` is the name of the account.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder()
    ///     .region("cn-north-4")
    ///     .password_login("my-account", "my-user", "my-password");
    /// # let _ = builder;
    /// ```
    pub fn password_login(
        mut self,
        domain: impl Into<String>,
        user: impl Into<String>,
        password: impl Into<dli_api::Secret>,
    ) -> Self {
        self.credentials = Credentials::Login {
            domain: domain.into(),
            user: user.into(),
            password: password.into(),
        };
        self
    }

    /// Keys from a source of your own. It is asked once for all calls, and again before what it
    /// gave ends.
    ///
    /// ```
    /// use dli_ext::sign::provide::MetadataProvider;
    ///
    /// let builder = dli_ext::Dli::builder().credential_provider(MetadataProvider::new());
    /// # let _ = builder;
    /// ```
    pub fn credential_provider(
        mut self,
        provider: impl ProvideCredential<Credential = Credential>,
    ) -> Self {
        self.credentials = Credentials::Custom(Box::new(move |(ctx, settings, foreign)| {
            let name = "provider given to the builder";
            Identity::keys_from(ctx, name, provider, settings, foreign)
        }));
        self
    }

    /// How long before its end a temporary credential is fetched again; 5 minutes unless set.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().refresh_before(std::time::Duration::from_secs(600));
    /// # let _ = builder;
    /// ```
    pub fn refresh_before(mut self, margin: Duration) -> Self {
        self.cache.refresh_before = Some(margin);
        self
    }

    /// How long fetching credentials may take, from all sources together; 15 seconds unless set.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().credential_timeout(std::time::Duration::from_secs(5));
    /// # let _ = builder;
    /// ```
    pub fn credential_timeout(mut self, timeout: Duration) -> Self {
        self.cache.load_timeout = Some(timeout);
        self
    }

    /// The address of the identity service (IAM), where it is not the region's. Projects are looked
    /// up there, passwords and the tokens of federated users traded; tokens of OIDC at the security
    /// token service beside it, unless `HUAWEICLOUD_SDK_STS_ENDPOINT` names another.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().iam_endpoint("https://iam.eu-de.otc.t-systems.com");
    /// # let _ = builder;
    /// ```
    pub fn iam_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.iam_endpoint = Some(endpoint.into());
        self
    }

    /// The address of the instance metadata service, for tests.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().metadata_endpoint("http://127.0.0.1:8169");
    /// # let _ = builder;
    /// ```
    pub fn metadata_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.metadata_endpoint = Some(endpoint.into());
        self
    }

    /// A section of `~/.dli/profiles`. What it says counts as said to the builder. Without this,
    /// the section named by `DLI_PROFILE`, or `[default]`, comes after the vendor's files. Endpoint,
    /// project and address of IAM of a section that names a region count for that region only.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().profile("staging");
    /// # let _ = builder;
    /// ```
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Variables in place of those of the process, for tests.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().environment([("HUAWEICLOUD_SDK_REGION", "cn-north-4")]);
    /// # let _ = builder;
    /// ```
    pub fn environment<N: Into<String>, V: Into<String>>(
        mut self,
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let variables: BTreeMap<String, String> =
            variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.around.variables = Some(Arc::new(variables));
        self
    }

    /// A directory in place of the user's home, for tests.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().home("tests/home");
    /// # let _ = builder;
    /// ```
    pub fn home(mut self, home: impl Into<PathBuf>) -> Self {
        self.around.home = Some(home.into());
        self
    }

    /// How often and when a failed attempt is followed by another.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().retry(dli_ext::RetryPolicy::none());
    /// # let _ = builder;
    /// ```
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The time for one attempt, from the first byte sent to the last byte received; 120 seconds
    /// unless set.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().attempt_timeout(std::time::Duration::from_secs(30));
    /// # let _ = builder;
    /// ```
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// The time for a whole call with all its attempts; no limit unless set.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().call_timeout(std::time::Duration::from_secs(60));
    /// # let _ = builder;
    /// ```
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout);
        self
    }

    /// The time for making a connection; 10 seconds unless set.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().connect_timeout(std::time::Duration::from_secs(3));
    /// # let _ = builder;
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http.connect_timeout = Some(timeout);
        self
    }

    /// The longest answer that is read, in bytes; 256 MiB unless set.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().body_limit(16 * 1024 * 1024);
    /// # let _ = builder;
    /// ```
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The most requests a second that this client and its clones send.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().rate_limit(10.0);
    /// # let _ = builder;
    /// ```
    pub fn rate_limit(mut self, requests_per_second: f64) -> Self {
        self.rate = Some(requests_per_second);
        self
    }

    /// The name of your program, sent before the name of this crate as the user agent.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().user_agent("my-program/1.0");
    /// # let _ = builder;
    /// ```
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// Whether bodies of answers are told to `tracing` (at level debug). They may hold what
    /// others must not read, so they are not unless asked for.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().trace_bodies(true);
    /// # let _ = builder;
    /// ```
    pub fn trace_bodies(mut self, trace: bool) -> Self {
        self.trace_bodies = trace;
        self
    }

    /// Where the objects of `obs://` are, for results of SQL; Object Storage Service of the
    /// region unless set.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().storage(dli_ext::sql::Storage::folder("/srv/buckets"));
    /// # let _ = builder;
    /// ```
    #[cfg(feature = "obs")]
    pub fn storage(mut self, storage: crate::sql::Storage) -> Self {
        self.storage = storage;
        self
    }

    /// A proxy, in place of the one the environment names.
    ///
    /// ```
    /// let proxy = reqwest::Proxy::all("http://proxy.example:3128")?;
    /// let builder = dli_ext::Dli::builder().proxy(proxy);
    /// # let _ = builder;
    /// # Ok::<(), reqwest::Error>(())
    /// ```
    pub fn proxy(mut self, proxy: reqwest::Proxy) -> Self {
        self.http.proxy = Some(proxy);
        self
    }

    /// No proxy, whatever the environment says.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().no_proxy();
    /// # let _ = builder;
    /// ```
    pub fn no_proxy(mut self) -> Self {
        self.http.no_proxy = true;
        self
    }

    /// A certificate authority to trust besides those of the system, in PEM.
    ///
    /// ```no_run
    /// let pem = std::fs::read("/etc/ssl/private-ca.pem")?;
    /// let builder = dli_ext::Dli::builder().root_certificate(&pem)?;
    /// # let _ = builder;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the text is no certificate.
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub fn root_certificate(mut self, pem: &[u8]) -> Result<Self, Error> {
        let certificate = reqwest::Certificate::from_pem(pem).map_err(|error| {
            Error::configuration("the certificate authority is not a PEM certificate")
                .source_error(error)
        })?;
        self.http.certificates.push(certificate);
        Ok(self)
    }

    /// A client certificate and its key, for gateways that ask for one; see
    /// [`reqwest::Identity`].
    ///
    /// ```
    /// fn with(identity: reqwest::Identity) -> dli_ext::Builder {
    ///     dli_ext::Dli::builder().client_certificate(identity)
    /// }
    /// ```
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub fn client_certificate(mut self, identity: reqwest::Identity) -> Self {
        self.http.identity = Some(identity);
        self
    }

    /// A client of your own, in place of one made from the settings. It should not follow
    /// redirects: a signature does not hold for another address.
    ///
    /// ```
    /// let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    /// let builder = dli_ext::Dli::builder().http_client(client);
    /// # let _ = builder;
    /// # Ok::<(), reqwest::Error>(())
    /// ```
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http.client = Some(client);
        self
    }

    /// Makes the client. Nothing is sent yet.
    ///
    /// ```
    /// let error = dli_ext::Dli::builder()
    ///     .environment([("NOTHING", "here")])
    ///     .home("/nonexistent")
    ///     .build()
    ///     .unwrap_err();
    /// assert!(error.to_string().contains("Builder::region"));
    /// ```
    ///
    /// # Errors
    /// When something is missing or malformed; the error says what, and how to give it.
    pub fn build(mut self) -> Result<Dli, Error> {
        let profile = Profile::find(self.profile.as_deref(), &self.around)?;
        let explicit = profile.as_ref().filter(|profile| profile.explicit);
        let last = profile.as_ref().filter(|profile| !profile.explicit);
        let region = self.found_region(explicit, last);
        let endpoint = self.found_endpoint(explicit, last, region.as_ref())?;
        let iam = region::find_iam(
            self.iam_endpoint.as_deref(),
            explicit.and_then(|profile| profile.get_for(region.as_ref(), "iam_endpoint")),
            last.and_then(|profile| profile.get_for(region.as_ref(), "iam_endpoint")),
            region.as_ref().map(|region| region.value.as_str()),
            &self.around,
        )?;
        let foreign = profile.as_ref().and_then(|profile| profile.foreign_project(region.as_ref()));
        let project = self.found_project(explicit, last, foreign.as_ref())?;
        let client = std::mem::take(&mut self.http).build()?;
        let identity = self.found_identity(
            profile.as_ref(),
            &client,
            &iam,
            &region,
            &project,
            foreign.as_ref(),
        )?;
        let wire = Wire::Http(client.clone());
        #[cfg(feature = "test-util")]
        let wire = match (self.script.take(), self.recorder.take()) {
            (Some(script), _) => Wire::Script(script),
            (None, Some(recorder)) => Wire::Recorded(client.clone(), recorder),
            (None, None) => wire,
        };
        let core = Arc::new(Core {
            wire,
            identity: identity.clone(),
            retry: self.retry,
            attempt_timeout: self.attempt_timeout,
            call_timeout: self.call_timeout,
            body_limit: self.body_limit,
            rate: self.rate.map(RateLimit::per_second),
            headers: usual_headers(user_agent(self.user_agent.as_deref())?),
            trace_bodies: self.trace_bodies,
            skew: Default::default(),
        });
        let projects = project.is_none().then(|| {
            let region = region.as_ref().map(|region| region.value.clone());
            Arc::new(Projects::new(Arc::clone(&core), iam.value.clone(), region, foreign))
        });
        let config = Config {
            region,
            endpoint,
            project,
            iam,
            identity,
            projects,
            #[cfg(feature = "obs")]
            storage: self.storage,
        };
        let base = region::parsed(config.base())?;
        Ok(Dli::new(config, base, core, client))
    }
}

fn user_agent(name: Option<&str>) -> Result<HeaderValue, Error> {
    let own = concat!("dli-ext/", env!("CARGO_PKG_VERSION"), " (Rust)");
    let text = match name {
        Some(name) => format!("{name} {own}"),
        None => own.to_owned(),
    };
    HeaderValue::try_from(text).map_err(|error| {
        Error::configuration("the user agent cannot be sent as a header").source_error(error)
    })
}

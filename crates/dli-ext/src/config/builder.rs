//! What can be said of a client before it is made.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use dli_sign::{Credential, IamToken};
use http::HeaderValue;

use super::{Authentication, Config, Identity, Origin, Sourced, Surroundings, region};
use crate::transport::{Core, HttpSettings, RateLimit, RetryPolicy, Wire};
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
    region: Option<String>,
    endpoint: Option<String>,
    project_id: Option<String>,
    authentication: Option<Authentication>,
    around: Surroundings,
    http: HttpSettings,
    retry: RetryPolicy,
    attempt_timeout: Duration,
    call_timeout: Option<Duration>,
    body_limit: usize,
    rate: Option<f64>,
    user_agent: Option<String>,
    trace_bodies: bool,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            region: None,
            endpoint: None,
            project_id: None,
            authentication: None,
            around: Surroundings::default(),
            http: HttpSettings::default(),
            retry: RetryPolicy::new(),
            attempt_timeout: Duration::from_secs(120),
            call_timeout: None,
            body_limit: 256 * 1024 * 1024,
            rate: None,
            user_agent: None,
            trace_bodies: false,
        }
    }

    /// The region, `cn-north-4` for instance. It gives the endpoint.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The address of the service, for Open Telekom Cloud, for private installations and for a
    /// service on this machine.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// The project that calls are made in.
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project_id = Some(id.into());
        self
    }

    /// A permanent access key and its secret.
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
        self.authentication = Some(Authentication::Keys(credential));
        self
    }

    /// A token of the identity service (IAM), in place of keys.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.authentication = Some(Authentication::Token(IamToken::new(token)));
        self
    }

    /// Variables in place of those of the process, for tests.
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
    pub fn home(mut self, home: impl Into<PathBuf>) -> Self {
        self.around.home = Some(home.into());
        self
    }

    /// How often and when a failed attempt is followed by another.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// The time for one attempt, from the first byte sent to the last byte received; 120 seconds
    /// unless set.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// The time for a whole call with all its attempts; no limit unless set.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = Some(timeout);
        self
    }

    /// The time for making a connection; 10 seconds unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.http.connect_timeout = Some(timeout);
        self
    }

    /// The longest answer that is read, in bytes; 256 MiB unless set.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// The most requests a second that this client and its clones send.
    pub fn rate_limit(mut self, requests_per_second: f64) -> Self {
        self.rate = Some(requests_per_second);
        self
    }

    /// The name of your program, sent before the name of this crate as the user agent.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = Some(name.into());
        self
    }

    /// Whether bodies of answers are told to `tracing` (at level debug). They may hold what
    /// others must not read, so they are not unless asked for.
    pub fn trace_bodies(mut self, trace: bool) -> Self {
        self.trace_bodies = trace;
        self
    }

    /// A proxy, in place of the one the environment names.
    pub fn proxy(mut self, proxy: reqwest::Proxy) -> Self {
        self.http.proxy = Some(proxy);
        self
    }

    /// No proxy, whatever the environment says.
    pub fn no_proxy(mut self) -> Self {
        self.http.no_proxy = true;
        self
    }

    /// A certificate authority to trust besides those of the system, in PEM.
    ///
    /// # Errors
    /// When the text is no certificate.
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
    pub fn client_certificate(mut self, identity: reqwest::Identity) -> Self {
        self.http.identity = Some(identity);
        self
    }

    /// A client of your own, in place of one made from the settings. It should not follow
    /// redirects: a signature does not hold for another address.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http.client = Some(client);
        self
    }

    /// Makes the client. Nothing is sent yet.
    ///
    /// # Errors
    /// When something is missing or malformed; the error says what, and how to give it.
    pub fn build(self) -> Result<Dli, Error> {
        let config = self.resolve()?;
        let client = self.http.build()?;
        let core = Core {
            wire: Wire::Http(client.clone()),
            identity: config.identity.clone(),
            retry: self.retry,
            attempt_timeout: self.attempt_timeout,
            call_timeout: self.call_timeout,
            body_limit: self.body_limit,
            rate: self.rate.map(RateLimit::per_second),
            user_agent: user_agent(self.user_agent.as_deref())?,
            trace_bodies: self.trace_bodies,
            skew: Default::default(),
        };
        Ok(Dli::new(config, core, client))
    }

    fn resolve(&self) -> Result<Config, Error> {
        let around = &self.around;
        let region = match &self.region {
            Some(region) => Some(Sourced::new(region.trim().to_owned(), Origin::Explicit)),
            None => region::find_region(around),
        };
        let endpoint = match (&self.endpoint, &region) {
            (Some(endpoint), _) => Sourced::new(region::normalized(endpoint)?, Origin::Explicit),
            (None, Some(region)) => region::find_endpoint(&region.value, around)?,
            (None, None) => {
                return Err(Error::configuration("neither a region nor an endpoint is configured")
                    .hint(
                        "give one with Builder::region or Builder::endpoint, or set \
                         HUAWEICLOUD_SDK_REGION",
                    ));
            }
        };
        let identity = self.identity()?;
        let project = self.project(&identity)?;
        Ok(Config { region, endpoint, project, identity })
    }

    fn project(&self, identity: &Identity) -> Result<Option<Sourced<Arc<str>>>, Error> {
        const VARIABLE: &str = "HUAWEICLOUD_SDK_PROJECT_ID";
        let found: Option<Sourced<Arc<str>>> = if let Some(id) = &self.project_id {
            Some(Sourced::new(Arc::from(id.trim()), Origin::Explicit))
        } else if let Identity::Fixed(Authentication::Keys(keys), origin) = identity
            && let Some(id) = keys.project_id()
        {
            Some(Sourced::new(Arc::from(id), origin.clone()))
        } else {
            let found = self.around.var(VARIABLE);
            found.map(|id| Sourced::new(Arc::from(id), Origin::Variable(VARIABLE.to_owned())))
        };
        match &found {
            Some(id) if id.value.is_empty() => Err(Error::configuration("the project id is empty")
                .hint("give the id of the project of your region, or leave it out")),
            _ => Ok(found),
        }
    }

    fn identity(&self) -> Result<Identity, Error> {
        if let Some(authentication) = &self.authentication {
            return Ok(Identity::Fixed(authentication.clone(), Origin::Explicit));
        }
        let var = |name: &str| self.around.var(name);
        match (var("HUAWEICLOUD_SDK_AK"), var("HUAWEICLOUD_SDK_SK")) {
            (Some(access_key), Some(secret_key)) => {
                let mut credential = Credential::new(access_key, secret_key);
                if let Some(token) = var("HUAWEICLOUD_SDK_SECURITY_TOKEN") {
                    credential = credential.with_security_token(token);
                }
                Ok(Identity::Fixed(
                    Authentication::Keys(credential),
                    Origin::Variable("HUAWEICLOUD_SDK_AK".to_owned()),
                ))
            }
            (Some(_), None) => Err(half("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK")),
            (None, Some(_)) => Err(half("HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_AK")),
            (None, None) => {
                Ok(Identity::Missing("nothing was given and the environment has none".into()))
            }
        }
    }
}

fn half(set: &str, missing: &str) -> Error {
    Error::configuration(format!("{set} is set but {missing} is not")).hint("set both, or neither")
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

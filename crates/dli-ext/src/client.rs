//! The client, and the one way in which every handle makes a call.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use dli_api::{Outcome, ResponseValue, SharedTransport, types::ErrorBody};
use http::HeaderValue;

use crate::config::Config;
use crate::transport::{CallOptions, Core, Exchange, Left, Retries, USUAL};
use crate::{Builder, Error, ErrorKind, Reply};

/// The client of Data Lake Insight.
///
/// Cloning it copies two pointers; all clones share connections, credentials and the retry
/// budget. A method for each family gives its handle.
///
/// ```no_run
/// # async fn example() -> Result<(), dli_ext::Error> {
/// let dli = dli_ext::Dli::from_env()?;
/// let created = dli.enhanced_connections().show("3f9c…").await?;
/// println!("{:?}", created.status);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Dli {
    inner: Arc<Inner>,
    options: Option<Arc<CallOptions>>,
}

struct Inner {
    config: Config,
    core: Arc<Core>,
    /// Only makes requests; what sends them is in `core`.
    drafting: reqwest::Client,
    base: Arc<reqwest::Url>,
    /// The project as a header: one for all calls, not copied for each.
    project: OnceLock<Option<HeaderValue>>,
}

impl Dli {
    /// A client whose every setting can be given; what is not is looked for in the environment,
    /// in the vendor's files and so on, see [`Builder`].
    ///
    /// ```
    /// let dli = dli_ext::Dli::builder()
    ///     .region("cn-north-4")
    ///     .access_key("AKEXAMPLE", "the-secret")
    ///     .project_id("0b5e4a1c")
    ///     .build()?;
    /// # let _ = dli;
    /// # Ok::<(), dli_ext::Error>(())
    /// ```
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// A client for which everything is found in the environment, the vendor's files and so on.
    ///
    /// # Errors
    /// When something is missing or malformed; the error says what and how to give it.
    ///
    /// ```no_run
    /// // HUAWEICLOUD_SDK_AK=… HUAWEICLOUD_SDK_SK=… HUAWEICLOUD_SDK_PROJECT_ID=…
    /// // HUAWEICLOUD_SDK_REGION=cn-north-4
    /// let dli = dli_ext::Dli::from_env()?;
    /// # let _ = dli;
    /// # Ok::<(), dli_ext::Error>(())
    /// ```
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().build()
    }

    pub(crate) fn new(
        config: Config,
        base: reqwest::Url,
        core: Arc<Core>,
        drafting: reqwest::Client,
    ) -> Self {
        let (base, project) = (Arc::new(base), OnceLock::new());
        let inner = Inner { config, core, drafting, base, project };
        Self { inner: Arc::new(inner), options: None }
    }

    /// What the client was configured with.
    ///
    /// ```
    /// fn region(dli: &dli_ext::Dli) -> Option<&str> {
    ///     dli.config().region()
    /// }
    /// ```
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The same client with other settings for the calls made through it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use dli_ext::CallOptions;
    /// # fn example(dli: dli_ext::Dli) {
    /// let hasty = dli.with_options(CallOptions::new().timeout(Duration::from_secs(2)));
    /// # let _ = hasty;
    /// # }
    /// ```
    #[must_use]
    pub fn with_options(&self, options: CallOptions) -> Self {
        Self { inner: Arc::clone(&self.inner), options: Some(Arc::new(options)) }
    }

    /// Begins a call of an operation.
    pub(crate) async fn begin(&self, operation: &'static str) -> Result<Call, Error> {
        let project_id = self.project_id().await.map_err(|error| error.of(operation))?;
        let header = self.inner.project.get_or_init(|| HeaderValue::from_str(&project_id).ok());
        let exchange = Arc::new(Exchange {
            core: Arc::clone(&self.inner.core),
            options: self.options.clone(),
            project_header: header.clone(),
            project_id,
            started: tokio::time::Instant::now(),
            left: Mutex::new(Left::default()),
        });
        let transport = SharedTransport::from(exchange.clone() as Arc<dyn dli_api::Transport>)
            .with_base(Arc::clone(&self.inner.base));
        let client = dli_api::Client::new_with_client(
            self.inner.base.as_str(),
            self.inner.drafting.clone(),
            transport,
        );
        Ok(Call { operation, client, exchange })
    }

    /// The id of the project that calls are made in.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// println!("{}", dli.project_id().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When none is configured and none can be found for the region.
    pub async fn project_id(&self) -> Result<Arc<str>, Error> {
        let config = &self.inner.config;
        match (&config.project, &config.projects) {
            (Some(project), _) => Ok(Arc::clone(&project.value)),
            (None, Some(projects)) => projects.get().await,
            (None, None) => Err(Error::configuration("no project id is configured")),
        }
    }

    /// Where each value of the configuration comes from, after fetching what is only fetched
    /// when it is needed: the credentials and the project id. Neither needs to be found.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) {
    /// println!("{}", dli.explain().await);
    /// # }
    /// ```
    pub async fn explain(&self) -> crate::config::Explanation {
        let identity = self.inner.core.identity.load().await.err();
        let project = match identity {
            None => self.project_id().await.err(),
            Some(_) => None,
        };
        self.inner.config.explain().failing("credentials", identity).failing("project_id", project)
    }

    #[cfg(feature = "obs")]
    pub(crate) fn storage(&self) -> &crate::sql::Storage {
        &self.inner.config.storage
    }

    pub(crate) fn options(&self) -> Option<&CallOptions> {
        self.options.as_deref()
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.inner.core
    }
}

impl fmt::Debug for Dli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dli")
            .field("config", &self.inner.config)
            .field("options", &self.options)
            .finish()
    }
}

/// One call of a handle's method.
pub(crate) struct Call {
    operation: &'static str,
    client: dli_api::Client,
    exchange: Arc<Exchange>,
}

impl Call {
    pub fn client(&self) -> &dli_api::Client {
        &self.client
    }

    pub fn project_id(&self) -> &str {
        &self.exchange.project_id
    }

    /// Makes a reply or an error of what the generated function gave; `None` if the answer was
    /// cut off and the call shall be made again.
    pub async fn finish<T: Outcome>(
        &self,
        result: Result<ResponseValue<T>, dli_api::Error<ErrorBody>>,
    ) -> Option<Result<Reply<T>, Error>> {
        let value = match result {
            Ok(value) => value,
            Err(dli_api::Error::InvalidResponsePayload(_, error)) if error.is_eof() => {
                if self.may_ask_again().await {
                    return None;
                }
                return Some(Err(self.answered(
                    Error::new(ErrorKind::Undecodable, "the answer is cut off").source_error(error),
                )));
            }
            Err(error) => return Some(Err(self.failed(error))),
        };
        if value.is_success() == Some(false) {
            return Some(Err(self.unsuccessful(value.message())));
        }
        let mut left = self.exchange.left();
        let left = std::mem::take(&mut *left);
        Some(Ok(Reply {
            value: value.into_inner(),
            status: left.status,
            headers: left.headers,
            body: left.body,
            attempts: left.attempts,
        }))
    }

    /// Whether the call may be made once more, and not before its turn.
    async fn may_ask_again(&self) -> bool {
        let options = self.exchange.options.as_deref();
        let policy =
            options.and_then(|options| options.retry.as_ref()).unwrap_or(&self.exchange.core.retry);
        let idempotent =
            dli_api::Operation::by_id(self.operation).is_some_and(|operation| operation.idempotent);
        let attempts = self.exchange.left().attempts;
        let end = self.exchange.core.end(options.unwrap_or(&USUAL), self.exchange.started);
        match Retries::ask_again(policy, idempotent, attempts, end) {
            Some(pause) => tokio::time::sleep(pause).await,
            None => return false,
        }
        true
    }

    fn unsuccessful(&self, message: Option<&str>) -> Error {
        let document = crate::error::ErrorDocument::read(&self.exchange.left().body);
        let message = match message.filter(|message| !message.trim().is_empty()) {
            Some(message) => format!("the service says it did not succeed: {message}"),
            None => "the service says it did not succeed, and not why".to_owned(),
        };
        let code = document.and_then(|document| document.code);
        self.answered(
            Error::new(ErrorKind::Unsuccessful, message)
                .with(|inner| inner.code = code.as_deref().map(Into::into)),
        )
    }

    /// Adds what is known of the answer.
    fn answered(&self, error: Error) -> Error {
        let mut left = self.exchange.left();
        let body = std::mem::take(&mut left.body);
        error
            .with(|inner| {
                inner.attempts = left.attempts;
                inner.status = Some(left.status);
                inner.request_id = crate::reply::request_id(&left.headers).map(str::to_owned);
                inner.body = Some(body);
            })
            .of(self.operation)
    }

    fn failed(&self, error: dli_api::Error<ErrorBody>) -> Error {
        let error = match dli_api::transport_error(error) {
            Ok(cause) => {
                return match cause.downcast::<Error>() {
                    Ok(error) => *error,
                    Err(cause) => Error::new(ErrorKind::InvalidRequest, cause.to_string())
                        .of(self.operation)
                        .source_error(cause),
                };
            }
            Err(error) => error,
        };
        match error {
            dli_api::Error::InvalidRequest(message) | dli_api::Error::Custom(message) => {
                Error::new(ErrorKind::InvalidRequest, message).of(self.operation)
            }
            dli_api::Error::CommunicationError(error) => {
                Error::new(ErrorKind::InvalidRequest, "the request cannot be sent")
                    .source_error(error.without_url())
                    .of(self.operation)
            }
            dli_api::Error::InvalidResponsePayload(_, error) => self.answered(
                Error::new(
                    ErrorKind::Undecodable,
                    format!("the answer does not fit the description: {error}"),
                )
                .hint("Error::body has it as it came; Dli::request reads it without types")
                .source_error(error),
            ),
            other => self.answered(Error::new(
                ErrorKind::UnexpectedAnswer,
                format!("an answer that the description does not know: {:?}", other.status()),
            )),
        }
    }
}

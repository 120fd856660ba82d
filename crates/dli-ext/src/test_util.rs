//! For tests of code that uses this crate: a client whose answers are scripted, in memory, or
//! were recorded before. Everything but the network is as always: signing, retries, decoding.
//!
//! ```
//! use dli_ext::test_util::{Answer, Script};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let script = Script::new();
//! script.on("show_enhanced_connection", Answer::error(503, "DLI.0999", "later"));
//! script.on("show_enhanced_connection", Answer::json(200, r#"{"id":"c1","status":"ACTIVE"}"#));
//!
//! let dli = script.client();
//! let connection = dli.enhanced_connections().show("c1").await?;
//! assert_eq!(connection.id.as_deref(), Some("c1"));
//! assert_eq!(script.requests().len(), 2, "one refused, one answered");
//! # Ok::<(), dli_ext::Error>(()) }).unwrap();
//! ```

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};

use crate::transport::{Failure, Raw};
use crate::{Builder, Dli, Error, RetryPolicy};

/// An answer to give.
///
/// ```
/// use dli_ext::test_util::{Answer, Script};
///
/// Script::new().on("list_queues", Answer::json(200, "{}"));
/// ```
#[derive(Debug, Clone)]
pub struct Answer {
    kind: Kind,
    delay: Duration,
}

#[derive(Debug, Clone)]
enum Kind {
    Response { status: StatusCode, headers: HeaderMap, body: Bytes },
    NoConnection,
    Interrupted,
    Hang,
}

impl Answer {
    /// A JSON body.
    ///
    /// ```
    /// use dli_ext::test_util::{Answer, Script};
    ///
    /// Script::new().on("list_queues", Answer::json(200, r#"{"queues": []}"#));
    /// ```
    pub fn json(status: u16, body: impl Into<String>) -> Self {
        Self::body(status, "application/json", body.into())
    }

    /// The service's body for an error.
    ///
    /// ```
    /// use dli_ext::test_util::{Answer, Script};
    ///
    /// Script::new().on("list_queues", Answer::error(400, "DLI.0002", "no such queue"));
    /// ```
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(
            status,
            serde_json::json!({ "error_code": code, "error_msg": message }).to_string(),
        )
    }

    /// Any body.
    ///
    /// ```
    /// use dli_ext::test_util::{Answer, Script};
    ///
    /// Script::new().on("list_queues", Answer::body(502, "text/html", "<html></html>"));
    /// ```
    pub fn body(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let answer = Self::of(Kind::Response {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: HeaderMap::new(),
            body: body.into(),
        });
        answer.header("content-type", content_type)
    }

    /// No connection comes about.
    ///
    /// ```
    /// use dli_ext::test_util::{Answer, Script};
    ///
    /// Script::new().on("list_queues", Answer::no_connection());
    /// ```
    pub fn no_connection() -> Self {
        Self::of(Kind::NoConnection)
    }

    /// The connection breaks after the request was sent.
    ///
    /// ```
    /// use dli_ext::test_util::{Answer, Script};
    ///
    /// Script::new().on("list_queues", Answer::interrupted());
    /// ```
    pub fn interrupted() -> Self {
        Self::of(Kind::Interrupted)
    }

    /// There never is an answer, until time runs out.
    ///
    /// ```
    /// use dli_ext::test_util::{Answer, Script};
    ///
    /// Script::new().on("list_queues", Answer::hang());
    /// ```
    pub fn hang() -> Self {
        Self::of(Kind::Hang)
    }

    /// Adds a header; one that cannot be sent is left out.
    ///
    /// ```
    /// use dli_ext::test_util::{Answer, Script};
    ///
    /// Script::new().on("list_queues", Answer::json(200, "{}").header("x-request-id", "r1"));
    /// ```
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Kind::Response { headers, .. } = &mut self.kind
            && let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
        {
            headers.insert(name, value);
        }
        self
    }

    /// Comes only after some time.
    ///
    /// ```
    /// use dli_ext::test_util::{Answer, Script};
    ///
    /// Script::new().on("list_queues", Answer::json(200, "{}").after(std::time::Duration::from_millis(5)));
    /// ```
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn of(kind: Kind) -> Self {
        Self { kind, delay: Duration::ZERO }
    }
}

/// A request that was made.
///
/// ```
/// fn print(requested: &dli_ext::test_util::Requested) {
///     println!("{} {}", requested.method, requested.path);
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Requested {
    /// The id of the operation.
    pub operation: String,
    /// HTTP method.
    pub method: String,
    /// Path, without the query.
    pub path: String,
    /// Query, as it was sent.
    pub query: Option<String>,
    /// The body; empty if there was none.
    pub body: Bytes,
}

/// Answers by operation, in order; the last one of an operation is given again and again. Clones
/// share the answers.
///
/// ```
/// use dli_ext::test_util::{Answer, Script};
///
/// Script::new().on("list_queues", Answer::json(200, "{}"));
/// ```
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    answers: HashMap<String, VecDeque<Answer>>,
    requests: Vec<Requested>,
}

impl Script {
    /// No answers yet. An operation without one is an error that says so.
    ///
    /// ```
    /// let script = dli_ext::test_util::Script::new();
    /// assert!(script.requests().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next answer of an operation, named by its id, `show_queue` for instance; for
    /// [`Dli::request`](crate::Dli::request) by method and path.
    ///
    /// ```
    /// use dli_ext::test_util::{Answer, Script};
    ///
    /// Script::new().on("list_queues", Answer::json(200, "{}"));
    /// ```
    pub fn on(&self, operation: impl Into<String>, answer: Answer) -> &Self {
        self.inner().answers.entry(operation.into()).or_default().push_back(answer);
        self
    }

    /// The answers of a recording, see [`Recorder`].
    ///
    /// ```no_run
    /// let script = dli_ext::test_util::Script::from_recording("tests/queues.jsonl")?;
    /// # Ok::<(), dli_ext::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the file cannot be read or is no recording.
    pub fn from_recording(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let unread = |why: String| {
            Error::configuration(format!("the recording {} cannot be read: {why}", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|error| unread(error.to_string()))?;
        let script = Self::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let recorded: Recorded =
                serde_json::from_str(line).map_err(|error| unread(error.to_string()))?;
            let mut answer = Answer::json(recorded.status, recorded.body);
            for (name, value) in &recorded.headers {
                answer = answer.header(name, value);
            }
            script.on(recorded.operation, answer);
        }
        Ok(script)
    }

    /// What was asked for so far.
    ///
    /// ```
    /// let script = dli_ext::test_util::Script::new();
    /// assert!(script.requests().is_empty());
    /// ```
    pub fn requests(&self) -> Vec<Requested> {
        self.inner().requests.clone()
    }

    /// A client with these answers and short pauses between attempts.
    ///
    /// ```
    /// let dli = dli_ext::test_util::Script::new().client();
    /// assert_eq!(dli.config().endpoint(), "http://dli.test");
    /// ```
    pub fn client(&self) -> Dli {
        let built = self.builder().build();
        built.unwrap_or_else(|error| unreachable!("a complete configuration: {error}"))
    }

    /// The builder of [`Script::client`], for other settings.
    ///
    /// ```
    /// let dli = dli_ext::test_util::Script::new().builder().rate_limit(5.0).build()?;
    /// # Ok::<(), dli_ext::Error>(())
    /// ```
    pub fn builder(&self) -> Builder {
        Dli::builder()
            .environment(std::iter::empty::<(String, String)>())
            .endpoint("http://dli.test")
            .access_key("test-access-key", "test-secret-key")
            .project_id("test-project")
            .retry(
                RetryPolicy::new()
                    .base_delay(Duration::from_millis(1))
                    .max_delay(Duration::from_millis(5)),
            )
            .script(self.clone())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Plays the network for one attempt.
    pub(crate) async fn play(
        &self,
        operation: &str,
        request: &reqwest::Request,
    ) -> Result<Raw, Failure> {
        let answer = {
            let mut inner = self.inner();
            inner.requests.push(Requested {
                operation: operation.to_owned(),
                method: request.method().to_string(),
                path: request.url().path().to_owned(),
                query: request.url().query().map(str::to_owned),
                body: request
                    .body()
                    .and_then(reqwest::Body::as_bytes)
                    .map(Bytes::copy_from_slice)
                    .unwrap_or_default(),
            });
            let queue = inner.answers.get_mut(operation);
            match queue {
                Some(queue) if queue.len() > 1 => queue.pop_front(),
                Some(queue) => queue.front().cloned(),
                None => None,
            }
        };
        let Some(answer) = answer else {
            let missing = format!("no answer is scripted for `{operation}`");
            let body = serde_json::json!({ "error_code": "TEST.0001", "error_msg": missing });
            return Ok(Raw {
                status: StatusCode::NOT_IMPLEMENTED,
                headers: HeaderMap::new(),
                body: Bytes::from(body.to_string()),
            });
        };
        if !answer.delay.is_zero() {
            tokio::time::sleep(answer.delay).await;
        }
        match answer.kind {
            Kind::Response { status, headers, body } => Ok(Raw { status, headers, body }),
            Kind::NoConnection => Err(Failure::NoConnection("as the script says".into())),
            Kind::Interrupted => Err(Failure::Broken("as the script says".into())),
            Kind::Hang => std::future::pending().await,
        }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("requests", &self.inner().requests.len()).finish()
    }
}

/// Notes the answers that a client gets from a real service, for [`Script::from_recording`].
/// Requests and their headers are not noted; bodies of answers are, with all they hold.
///
/// ```no_run
/// use dli_ext::test_util::Recorder;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let recorder = Recorder::new();
/// let dli = dli_ext::Dli::builder().record(&recorder).build()?;
/// dli.queues().list(Default::default()).await?;
/// recorder.save("tests/queues.jsonl")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<Vec<Recorded>>>);

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Recorded {
    operation: String,
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Headers worth replaying.
const RECORDED_HEADERS: [&str; 3] = ["content-type", "x-request-id", "retry-after"];

impl Recorder {
    /// Nothing noted yet.
    ///
    /// ```
    /// let recorder = dli_ext::test_util::Recorder::new();
    /// let builder = dli_ext::Dli::builder().record(&recorder);
    /// # let _ = builder;
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes what was noted, a line an answer.
    ///
    /// ```
    /// let recorder = dli_ext::test_util::Recorder::new();
    /// recorder.save(std::env::temp_dir().join("empty-recording.jsonl"))?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> std::io::Result<()> {
        let mut text = String::new();
        for recorded in self.noted().iter() {
            text.push_str(&serde_json::to_string(recorded)?);
            text.push('\n');
        }
        std::fs::write(path, text)
    }

    pub(crate) fn note(&self, operation: &str, raw: &Raw) {
        let header = |name: &&str| {
            let value = raw.headers.get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.to_owned()))
        };
        self.noted().push(Recorded {
            operation: operation.to_owned(),
            status: raw.status.as_u16(),
            headers: RECORDED_HEADERS.iter().filter_map(header).collect(),
            body: String::from_utf8_lossy(&raw.body).into_owned(),
        });
    }

    fn noted(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Builder {
    /// Answers from a script in place of the network.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().script(dli_ext::test_util::Script::new());
    /// # let _ = builder;
    /// ```
    pub fn script(mut self, script: Script) -> Self {
        self.script = Some(script);
        self
    }

    /// Notes the answers of the network.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().record(&dli_ext::test_util::Recorder::new());
    /// # let _ = builder;
    /// ```
    pub fn record(mut self, recorder: &Recorder) -> Self {
        self.recorder = Some(recorder.clone());
        self
    }
}

//! Anything signed: for what the description does not hold yet.

use std::borrow::Cow;
use std::fmt;

use http::{HeaderName, HeaderValue, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::transport::{CallOptions, Plan, USUAL};
use crate::{Dli, Error, ErrorKind, Reply};

/// A request to any path of the service, made by [`Dli::request`].
///
/// ```no_run
/// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
/// dli.request(http::Method::GET, "/v1.0/{project_id}/queues").send().await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    dli: Dli,
    method: Method,
    path: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    body: Option<Result<Vec<u8>, serde_json::Error>>,
    idempotent: bool,
}

impl Dli {
    /// A request to any path: signed, retried, timed out and traced like all others.
    ///
    /// `{project_id}` in the path stands for the id of the project. Only `GET`, `HEAD` and
    /// `OPTIONS` count as idempotent unless [`Request::idempotent`] says so.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let answer = dli
    ///     .request(http::Method::GET, "/v1.0/{project_id}/queues")
    ///     .query("queue_type", "sql")
    ///     .send()
    ///     .await?;
    /// println!("{}", answer["queues"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, method: Method, path: impl Into<String>) -> Request {
        let idempotent = method.is_safe();
        Request {
            dli: self.clone(),
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            idempotent,
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Query, headers and body may hold what others must not read.
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("idempotent", &self.idempotent)
            .finish_non_exhaustive()
    }
}

impl Request {
    /// Adds a query parameter.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.request(http::Method::GET, "/v1.0/{project_id}/queues").query("limit", 5).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn query(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.query.push((name.into(), value.to_string()));
        self
    }

    /// Adds a header.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.request(http::Method::GET, "/v1/new").header("x-language", "en-us").send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The body, as JSON.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let body = serde_json::json!({ "name": "n" });
    /// dli.request(http::Method::POST, "/v1/new").json(&body).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_vec(body));
        self
    }

    /// Whether the request may be sent twice without doing its work twice.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.request(http::Method::DELETE, "/v1/new/1").idempotent(true).send().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Sends it and gives the answer as JSON; `null` if there is none.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let answer = dli.request(http::Method::GET, "/v1/new").send().await?;
    /// println!("{}", answer["name"]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Like any operation. A success with `is_success: false` is an error here as well.
    pub async fn send(self) -> Result<Reply<Value>, Error> {
        self.send_as().await
    }

    /// Sends it and gives the answer as a type of yours.
    ///
    /// # Errors
    /// Like [`Request::send`], and when the answer does not fit the type.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// #[derive(serde::Deserialize)]
    /// struct Queues {
    ///     queues: Vec<serde_json::Value>,
    /// }
    /// let path = "/v1.0/{project_id}/queues";
    /// let answer = dli.request(http::Method::GET, path).send_as::<Queues>().await?;
    /// println!("{} queues", answer.queues.len());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_as<T: DeserializeOwned>(self) -> Result<Reply<T>, Error> {
        let operation = format!("{} {}", self.method, self.path);
        let sent = self.send_raw(&operation).await;
        let answer = sent.map_err(|error| error.of(operation.clone()))?;
        let status = answer.http_status();
        let read = |error: serde_json::Error| {
            Error::new(ErrorKind::Undecodable, format!("the answer cannot be read: {error}"))
                .with(|inner| {
                    inner.status = http::StatusCode::from_u16(status).ok();
                    inner.request_id = answer.request_id().map(str::to_owned);
                    inner.body = Some(answer.body.clone());
                })
                .after(answer.attempts)
                .source_error(error)
                .of(operation.clone())
        };
        let body: &[u8] = if answer.body.is_empty() { b"null" } else { &answer.body };
        if let Some(message) = failure(body) {
            return Err(Error::new(ErrorKind::Unsuccessful, message)
                .with(|inner| {
                    inner.status = http::StatusCode::from_u16(status).ok();
                    inner.request_id = answer.request_id().map(str::to_owned);
                    inner.body = Some(answer.body.clone());
                })
                .after(answer.attempts)
                .of(operation));
        }
        let value = serde_json::from_slice(body).map_err(read)?;
        Ok(answer.map(|()| value))
    }

    async fn send_raw(self, operation: &str) -> Result<Reply<()>, Error> {
        let invalid = |message: String| Error::new(ErrorKind::InvalidRequest, message);
        let project_id = match self.path.contains("{project_id}") {
            true => Some(self.dli.project_id().await?),
            false => None,
        };
        let path = match &project_id {
            Some(id) => Cow::Owned(self.path.replace("{project_id}", id)),
            None => Cow::Borrowed(&*self.path),
        };
        if !path.starts_with('/') {
            return Err(invalid(format!("the path `{path}` does not begin with a slash")));
        }
        let beside = |part: &str| {
            let part = part.to_ascii_lowercase().replace("%2e", ".");
            part == "." || part == ".." || part.contains('\\')
        };
        if path.split('/').any(beside) {
            return Err(invalid(format!("the path `{path}` would lead to another one")));
        }
        if path.contains(['?', '#']) {
            return Err(
                invalid("the path holds a query".to_owned()).hint("give it by Request::query")
            );
        }
        let address = format!("{}{path}", self.dli.config().base());
        let mut url = reqwest::Url::parse(&address)
            .map_err(|error| invalid(format!("`{address}` is no address")).source_error(error))?;
        for (name, value) in &self.query {
            url.query_pairs_mut().append_pair(name, value);
        }
        // The other spelling of a space, a plus sign, is signed differently by some.
        if let Some(query) = url.query().filter(|query| query.contains('+')) {
            let query = query.replace('+', "%20");
            url.set_query(Some(&query));
        }
        let mut request = reqwest::Request::new(self.method.clone(), url);
        for (name, value) in &self.headers {
            let header = (HeaderName::try_from(name), HeaderValue::try_from(value));
            let (Ok(name), Ok(value)) = header else {
                return Err(invalid(format!("the header `{name}` cannot be sent")));
            };
            request.headers_mut().append(name, value);
        }
        if let Some(body) = self.body {
            let body = body.map_err(|error| {
                invalid("the body cannot be written as JSON".to_owned()).source_error(error)
            })?;
            *request.body_mut() = Some(body.into());
        }
        let options: &CallOptions = self.dli.options().unwrap_or(&USUAL);
        let project_header = project_id.as_deref().and_then(|id| HeaderValue::from_str(id).ok());
        let plan = Plan {
            operation: Cow::Owned(operation.to_owned()),
            template: &self.path,
            idempotent: self.idempotent,
            project_id: project_header.as_ref(),
            options,
            started: tokio::time::Instant::now(),
            made: 0,
        };
        let answer = self.dli.core().send(request, plan).await?;
        Ok(Reply {
            value: (),
            status: answer.status,
            headers: answer.headers,
            body: answer.body,
            attempts: answer.attempts,
        })
    }
}

/// What a body says of its failure, if it says so.
fn failure(body: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Outcome {
        is_success: Option<Value>,
        message: Option<Value>,
    }
    let outcome: Outcome = serde_json::from_slice(body).ok()?;
    let failed = match outcome.is_success? {
        Value::Bool(success) => !success,
        Value::String(text) => text.trim().eq_ignore_ascii_case("false"),
        _ => false,
    };
    let message = outcome.message.as_ref().and_then(Value::as_str).unwrap_or("and not why");
    failed.then(|| format!("the service says it did not succeed: {message}"))
}

//! Signed requests: raw ones, which show what any client sees, or through the project's client.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use dli_emulator::Emulator;
use dli_sign::{Credential, PayloadDigest};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// Somebody who sends signed requests.
#[derive(Clone)]
pub struct Caller {
    pub http: reqwest::Client,
    pub url: String,
    pub project: String,
    pub credential: Credential,
    /// When set, calls go through it, and what comes back has to decode into its types.
    pub dli: Option<dli_ext::Dli>,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The body of a success.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:?}");
        assert_ne!(self.body["is_success"], Value::Bool(false), "{self:?}");
        self.body
    }

    /// Checks status and code, and returns the message.
    #[track_caller]
    pub fn error(self, status: u16, code: &str) -> String {
        assert_eq!(
            (self.status, self.body["error_code"].as_str()),
            (status, Some(code)),
            "{self:?}"
        );
        assert!(self.headers.contains_key("x-request-id"), "{self:?}");
        self.body["error_msg"].as_str().expect("a message").to_owned()
    }
}

impl Caller {
    pub fn of(emulator: &Emulator) -> Self {
        Self::new(
            emulator.url(),
            emulator.project_id(),
            Credential::new(emulator.access_key(), emulator.secret_key()),
        )
    }

    /// Calls through dli-ext, without retries.
    pub fn through_the_client(emulator: &Emulator) -> Self {
        let dli = dli_ext::Dli::builder()
            .environment([("NONE", "")])
            .home("/nonexistent")
            .no_proxy()
            .endpoint(emulator.url())
            .access_key(emulator.access_key(), emulator.secret_key())
            .project_id(emulator.project_id())
            .retry(dli_ext::RetryPolicy::none())
            .build()
            .expect("a client");
        Self { dli: Some(dli), ..Self::of(emulator) }
    }

    pub fn new(url: &str, project: &str, credential: Credential) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { http, url: url.to_owned(), project: project.to_owned(), credential, dli: None }
    }

    /// A signed request; `{}` in the path stands for the project.
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> reqwest::Request {
        let url = format!("{}{}", self.url, path.replace("{}", &self.project));
        let body = body.map(Value::to_string).unwrap_or_default();
        let mut request = http::Request::builder().method(method).uri(&url);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let digest = PayloadDigest::of(body.as_bytes());
        dli_sign::sign(&mut parts, &digest, &self.credential, jiff::Timestamp::now()).unwrap();
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut signed = reqwest::Request::new(method, url.parse().unwrap());
        *signed.headers_mut() = parts.headers;
        if !body.is_empty() {
            *signed.body_mut() = Some(body.into());
        }
        signed
    }

    pub async fn send(&self, request: reqwest::Request) -> Answer {
        self.try_send(request).await.expect("an answer")
    }

    pub async fn try_send(&self, request: reqwest::Request) -> reqwest::Result<Answer> {
        let response = self.http.execute(request).await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Answer { status, headers, body })
    }

    pub async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        match &self.dli {
            Some(dli) => self.call_through(dli, method, path, body).await,
            None => self.send(self.request(method, path, body.as_ref())).await,
        }
    }

    async fn call_through(
        &self,
        dli: &dli_ext::Dli,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let method = http::Method::from_bytes(method.as_bytes()).unwrap();
        let path = path.replace("{}", &self.project);
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let mut request = dli.request(method.clone(), path);
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
            request = request.query(name, value);
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        match request.send().await {
            Ok(reply) => {
                decodes(&method, path, reply.body());
                let status = reply.http_status();
                Answer { status, headers: reply.headers().clone(), body: reply.into_inner() }
            }
            Err(error) => {
                let status = error.status().unwrap_or_else(|| panic!("{error}"));
                let mut headers = HeaderMap::new();
                if let Some(id) = error.request_id() {
                    headers.insert("x-request-id", HeaderValue::from_str(id).unwrap());
                }
                let body =
                    error.body().map(|body| serde_json::from_slice(body).unwrap_or_default());
                Answer { status, headers, body: body.unwrap_or_default() }
            }
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call("POST", path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call("PUT", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None).await
    }

    /// A signed GET that asks for a fault.
    pub async fn get_with_fault(&self, path: &str, fault: &str) -> reqwest::Result<Answer> {
        let mut request = self.request("GET", path, None);
        let name = HeaderName::from_static("x-emulator-fault");
        request.headers_mut().insert(name, HeaderValue::from_str(fault).unwrap());
        self.try_send(request).await
    }

    /// Asks again until the answer has this value at this place, for two seconds.
    pub async fn until(&self, path: &str, pointer: &str, value: &str) -> Value {
        let mut last = Value::Null;
        for _ in 0..200 {
            last = self.get(path).await.ok();
            if last.pointer(pointer).and_then(Value::as_str) == Some(value) {
                return last;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("{path} does not come to {pointer} = {value}: {last}");
    }
}

/// Holds an answer against the type that the client has for it.
fn decodes(method: &http::Method, path: &str, body: &[u8]) {
    let fitting = dli_api::OPERATIONS
        .iter()
        .filter(|operation| operation.method == *method && matches(operation.path, path));
    // Where several templates fit, the one with the most words of its own is meant.
    let operation = fitting.min_by_key(|operation| operation.path.matches('{').count());
    if let Some(schema) = operation.and_then(|operation| operation.response) {
        let codec = dli_api::codecs::by_schema(schema).expect("a type");
        if let Err(error) = (codec.reencode)(body) {
            panic!("{method} {path} is no {schema}: {error}");
        }
    }
}

/// Whether a path fits a template.
fn matches(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    template.clone().count() == path.clone().count()
        && template.zip(path).all(|(part, word)| part.starts_with('{') || part == word)
}

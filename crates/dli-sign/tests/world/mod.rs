//! A machine in memory: variables, files and an HTTP service, for the providers to look at.

#![allow(dead_code, reason = "not every test file needs all of it")]

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use dli_sign::reqsign_core::{Context, Error, FileRead, HttpSend, Result, StaticEnv};
use http::{Request, Response};

type Service = dyn Fn(&Request<Bytes>) -> Answer + Send + Sync;

/// What the service in memory does with a request.
pub enum Answer {
    With(u16, &'static [(&'static str, &'static str)], &'static str),
    Refuse,
    Hang,
}

#[derive(Default)]
pub struct World {
    envs: HashMap<String, String>,
    files: HashMap<String, Vec<u8>>,
    service: Option<Box<Service>>,
}

impl World {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn var(mut self, name: &str, value: &str) -> Self {
        self.envs.insert(name.to_owned(), value.to_owned());
        self
    }

    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.insert(path.to_owned(), text.into());
        self
    }

    pub fn service(
        mut self,
        answer: impl Fn(&Request<Bytes>) -> Answer + Send + Sync + 'static,
    ) -> Self {
        self.service = Some(Box::new(answer));
        self
    }

    /// The context, and the requests that will have been sent.
    pub fn context(self) -> (Context, Sent) {
        let sent = Sent::default();
        let http = Http { service: self.service, sent: sent.clone() };
        let context = Context::new()
            .with_env(StaticEnv { home_dir: Some("/home/me".into()), envs: self.envs })
            .with_file_read(Files(self.files))
            .with_http_send(http);
        (context, sent)
    }
}

#[derive(Clone, Default)]
pub struct Sent(Arc<Mutex<Vec<Request<Bytes>>>>);

impl Sent {
    pub fn lines(&self) -> Vec<String> {
        let sent = self.0.lock().unwrap();
        sent.iter().map(|request| format!("{} {}", request.method(), request.uri())).collect()
    }

    pub fn header(&self, index: usize, name: &str) -> Option<String> {
        let sent = self.0.lock().unwrap();
        let value = sent[index].headers().get(name)?;
        Some(value.to_str().unwrap().to_owned())
    }

    pub fn json(&self, index: usize) -> serde_json::Value {
        serde_json::from_slice(self.0.lock().unwrap()[index].body()).unwrap()
    }
}

struct Files(HashMap<String, Vec<u8>>);

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Files")
    }
}

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| {
            Error::unexpected("failed to read file")
                .with_source(std::io::Error::from(std::io::ErrorKind::NotFound))
        })
    }
}

struct Http {
    service: Option<Box<Service>>,
    sent: Sent,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http")
    }
}

impl HttpSend for Http {
    async fn http_send(&self, request: Request<Bytes>) -> Result<Response<Bytes>> {
        let answer = match &self.service {
            Some(service) => service(&request),
            None => Answer::Refuse,
        };
        self.sent.0.lock().unwrap().push(request);
        match answer {
            Answer::With(status, headers, body) => {
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(*name, *value);
                }
                Ok(response.body(Bytes::from_static(body.as_bytes()))?)
            }
            Answer::Refuse => Err(Error::unexpected("connection refused")),
            Answer::Hang => std::future::pending().await,
        }
    }
}

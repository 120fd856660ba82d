//! A server on a real socket that answers as a closure says.
#![allow(dead_code)]

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, to_bytes};
use axum::response::Response;
use dli_ext::{Builder, Dli};

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub raw_query: String,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
    /// From 1 on.
    pub number: usize,
}

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn query(&self, name: &str) -> String {
        let url = reqwest::Url::parse(&format!("http://x/?{}", self.raw_query)).unwrap();
        let pairs: HashMap<String, String> = url.query_pairs().into_owned().collect();
        pairs.get(name).cloned().unwrap_or_default()
    }
}

/// An answer in the making.
pub struct Answer(pub Response);

impl Answer {
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.headers_mut().insert(name, value.parse().unwrap());
        self
    }
}

pub fn json(status: u16, body: &str) -> Answer {
    text(status, "application/json", body)
}

pub fn text(status: u16, kind: &str, body: &str) -> Answer {
    let response = Response::builder().status(status).header("content-type", kind);
    Answer(response.body(Body::from(body.to_owned())).unwrap())
}

pub struct Server {
    pub address: SocketAddr,
    count: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    pub async fn start(answer: impl Fn(Seen) -> Answer + Send + Sync + 'static) -> Self {
        let answer = Arc::new(answer);
        Self::start_async(move |seen| {
            let answer = Arc::clone(&answer);
            async move { answer(seen) }
        })
        .await
    }

    pub async fn start_async<F, Fut>(answer: F) -> Self
    where
        F: Fn(Seen) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&count);
        let answer = Arc::new(answer);
        let app = axum::Router::new().fallback(move |request: axum::extract::Request| {
            let number = counted.fetch_add(1, Ordering::SeqCst) + 1;
            let answer = Arc::clone(&answer);
            async move {
                let (parts, body) = request.into_parts();
                let body = to_bytes(body, usize::MAX).await.unwrap_or_default().to_vec();
                let seen = Seen {
                    method: parts.method.to_string(),
                    path: parts.uri.path().to_owned(),
                    raw_query: parts.uri.query().unwrap_or_default().to_owned(),
                    headers: parts.headers,
                    body,
                    number,
                };
                answer(seen).await.0
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { address, count, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    pub fn builder(&self) -> Builder {
        builder(&self.url())
    }
}

/// A builder for a client of this address that knows nothing of this machine.
pub fn builder(url: &str) -> Builder {
    Dli::builder()
        .environment([("X", "")])
        .home("/nonexistent")
        .endpoint(url)
        .access_key("AK", "the-secret-key")
        .project_id("p1")
        .no_proxy()
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

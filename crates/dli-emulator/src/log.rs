//! The log of requests: what was asked and how it went. Kept as it was found, and put into words
//! for who asks.

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

/// How many requests it remembers.
const LENGTH: usize = 1000;

/// One request.
#[derive(Clone)]
pub(crate) struct Entry {
    pub time: Timestamp,
    pub request_id: RequestId,
    pub method: Method,
    /// Copied, since a part of the request would keep all of what was read with it.
    pub path: String,
    pub query: Option<String>,
    /// The operation, or a word for what is none.
    pub operation: &'static str,
    /// None if the connection was reset instead.
    pub status: Option<u16>,
    pub took: Duration,
}

impl Entry {
    pub fn milliseconds(&self) -> f64 {
        self.took.as_secs_f64() * 1000.0
    }

    fn to_json(&self) -> Value {
        json!({
            "time": self.time.to_string(),
            "request_id": self.request_id.to_string(),
            "method": self.method.as_str(),
            "path": self.path,
            "query": self.query,
            "operation": self.operation,
            "status": self.status,
            "milliseconds": self.milliseconds(),
        })
    }
}

/// The latest requests.
#[derive(Default)]
pub(crate) struct Log(Mutex<VecDeque<Entry>>);

impl Log {
    pub fn note(&self, entry: Entry) {
        let mut entries = self.entries();
        if entries.len() == LENGTH {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    pub fn clear(&self) {
        self.entries().clear();
    }

    pub fn len(&self) -> usize {
        self.entries().len()
    }

    /// A part of it, the latest first.
    pub fn latest(&self, from: usize, count: usize) -> Vec<Entry> {
        self.entries().iter().rev().skip(from).take(count).cloned().collect()
    }

    /// All of it, in the order of time.
    pub fn to_json(&self) -> Value {
        let entries: Vec<Entry> = self.entries().iter().cloned().collect();
        entries.iter().map(Entry::to_json).collect()
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The id of a request, in the form of the service's: a version 4 UUID without dashes. It is no
/// secret, so the system is asked for chance once a process, not once a request.
#[derive(Clone, Copy)]
pub(crate) struct RequestId(uuid::Uuid);

impl RequestId {
    pub fn new() -> Self {
        static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let [high, low] = KEYS.each_ref().map(|key| u128::from(key.hash_one(number)));
        let bytes = (high << 64 | low).to_be_bytes();
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.simple().fmt(f)
    }
}

//! Whatever answers in the service's place: the client comes to an end, with an error that says
//! what came and what to do, within its time and its memory.

#[path = "../common/mod.rs"]
mod common;

mod answers;
mod cases;
mod connections;
mod lists;
#[cfg(feature = "sql_jobs")]
mod results;
mod server;

use std::time::Duration;

use dli_ext::{Dli, Error, RetryPolicy};

/// What the client of these tests reads of one answer.
const LIMIT: usize = 4 * 1024 * 1024;
/// What its process may take in all: the program itself, a few answers, nothing like 100 MB.
const MEMORY_KIB: u64 = 96 * 1024;
/// Far more than any case needs, far less than for ever.
const PATIENCE: Duration = Duration::from_secs(60);

const DEEP: usize = 100_000;
const GOOD: &str = r#"{"id":"c1","status":"ACTIVE","hosts":[{"name":"h"}]}"#;

fn client(url: &str) -> Dli {
    common::builder(url).body_limit(LIMIT).retry(RetryPolicy::none()).build().unwrap()
}

fn deep(open: &str, middle: &str, close: &str) -> String {
    format!("{}{middle}{}", open.repeat(DEEP), close.repeat(DEEP))
}

/// Shows the connection of this name, and comes back.
async fn show(dli: &Dli, name: &str) -> Result<(), Error> {
    let call = dli.enhanced_connections();
    let call = call.show(name);
    tokio::time::timeout(PATIENCE, call).await.expect("the call came to an end").map(drop)
}

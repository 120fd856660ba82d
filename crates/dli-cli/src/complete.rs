//! Completion of names that only the service knows.
//!
//! Shells ask the program itself (`COMPLETE=bash dli`). What is asked for must come quickly and
//! silently: a failure completes nothing.

use std::ffi::OsStr;
use std::time::Duration;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use serde_json::Value;

use crate::globals::Globals;
use crate::request::Request;
use crate::session::Session;

/// How long a person waits for a completion.
const PATIENCE: Duration = Duration::from_secs(2);

/// Names of queues.
pub fn queues() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        // Without a type the service lists those for SQL alone.
        let request = Request::of("list_queues").set("queue_type", "all");
        names(typed, request, "queue_name")
    })
}

/// Names of enhanced datasource connections.
pub fn enhanced_connections() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        names(typed, Request::of("list_enhanced_connections"), "name")
    })
}

/// Names of classic datasource connections.
pub fn connections() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        names(typed, Request::of("list_datasource_connections"), "name")
    })
}

/// Names of databases.
pub fn databases() -> ArgValueCompleter {
    ArgValueCompleter::new(|typed: &OsStr| {
        names(typed, Request::of("list_databases"), "database_name")
    })
}

fn names(typed: &OsStr, request: Request, field: &str) -> Vec<CompletionCandidate> {
    let typed = typed.to_string_lossy();
    let mut names: Vec<String> = fetch(request)
        .iter()
        .filter_map(|item| item[field].as_str())
        .filter(|name| name.starts_with(&*typed))
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names.into_iter().map(CompletionCandidate::new).collect()
}

fn fetch(request: Request) -> Vec<Value> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Vec::new();
    };
    let found = runtime.block_on(async {
        let session = Session::new(globals()).ok()?;
        let list = session.list(request, Some(500));
        tokio::time::timeout(PATIENCE, list).await.ok()?.ok()
    });
    runtime.shutdown_background();
    found.unwrap_or_default()
}

/// The options of the command line that is being typed; clap does not hand them over.
fn globals() -> Globals {
    let words: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        words.iter().enumerate().find_map(|(at, word)| {
            let rest = word.strip_prefix(name)?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value.to_owned()),
                None if rest.is_empty() => words.get(at + 1).cloned(),
                None => None,
            }
        })
    };
    Globals {
        profile: value("--profile"),
        region: value("--region"),
        project_id: value("--project-id"),
        endpoint: value("--endpoint"),
        local: words.iter().any(|word| word == "--local"),
        ..Globals::default()
    }
}

//! A server that answers the clients' scenarios from memory, so that its own work is small.

use std::time::Duration;

use axum::Router;
use axum::extract::{Path, Query};
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

use crate::connections;
use crate::measure::raise_open_files;

#[derive(serde::Deserialize)]
struct Asked {
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
}

/// A list that is longer than the limit asks for begins at this limit.
const LARGE: usize = 1000;
/// What is paged through.
const ITEMS: usize = 1_000_000;

/// Serves until it is killed. An id that begins with `slow` is answered after two seconds, so that
/// many calls are under way at once; one that begins with `pending` is never active.
pub fn run() -> anyhow::Result<()> {
    raise_open_files()?;
    let hundred = connections::page(0, 100);
    let list = move |Query(asked): Query<Asked>| async move {
        let page = match asked.limit.unwrap_or(100) {
            limit if limit < LARGE => hundred.clone(),
            limit => {
                let to = asked.offset.saturating_add(limit).min(ITEMS);
                connections::page(asked.offset.min(ITEMS), to)
            }
        };
        ([(CONTENT_TYPE, "application/json")], page)
    };
    let show = async |Path((_, id)): Path<(String, String)>| {
        if id.starts_with("slow") {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        let status = if id.starts_with("pending") { "CREATING" } else { "ACTIVE" };
        ([(CONTENT_TYPE, "application/json")], connections::one(status))
    };
    let app = Router::new()
        .route(&connections::path("{project}"), get(list))
        .route(&(connections::path("{project}") + "/{id}"), get(show));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(super::emulator::listen(app))
}

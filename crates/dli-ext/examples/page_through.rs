//! Pages through ten thousand items, or as many as are asked for, and tells the memory that took:
//! `cargo run --release -p dli-ext --example page_through -- 1000000`.
//! It needs no service: the items come from a server inside the program.

use std::fmt::Write;

use axum::extract::Query;
use dli_ext::{Dli, handles::ListEnhancedConnectionsParams};
use futures_util::StreamExt;

#[derive(serde::Deserialize)]
struct Page {
    offset: usize,
    limit: usize,
}

fn page(page: &Page, items: usize) -> String {
    let mut body = String::from(r#"{"connections":["#);
    for n in page.offset..(page.offset + page.limit).min(items) {
        let comma = if n == page.offset { "" } else { "," };
        let _ = write!(body, r#"{comma}{{"id":"{n}","name":"connection {n}","status":"ACTIVE"}}"#);
    }
    body.push_str("]}");
    body
}

fn resident_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let items: usize = match std::env::args().nth(1) {
        Some(items) => items.parse()?,
        None => 10_000,
    };
    let app = axum::Router::new()
        .fallback(move |Query(asked): Query<Page>| async move { page(&asked, items) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, app).await });

    let dli = Dli::builder()
        .endpoint(endpoint)
        .access_key("AKEXAMPLE", "the-secret")
        .project_id("project")
        .no_proxy()
        .build()?;
    let params = ListEnhancedConnectionsParams::default().limit(1000);
    let mut connections = dli.enhanced_connections().list_items(params);
    let mut count = 0;
    while let Some(connection) = connections.next().await {
        connection?;
        count += 1;
        if count % (items / 10).max(1) == 0 {
            println!("{count} items, {} KiB resident", resident_kib().unwrap_or_default());
        }
    }
    Ok(())
}

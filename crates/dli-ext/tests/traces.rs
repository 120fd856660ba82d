//! What is told to `tracing`. One test to a program: what a call site is heard by is remembered for
//! the whole of it.

mod common;

use std::io;
use std::sync::{Arc, Mutex};

use common::{Server, json};
use futures_util::TryStreamExt;

#[derive(Clone, Default)]
struct Gathered(Arc<Mutex<Vec<u8>>>);

impl io::Write for Gathered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn traces_carry_the_names_of_opentelemetry_and_bodies_only_when_asked() {
    let server = Server::start(|request| match request.number {
        1 => json(503, ""),
        _ => json(200, r#"{"id":"c1","name":"in-the-body"}"#).header("x-request-id", "r42"),
    })
    .await;
    let gathered = Gathered::default();
    let writer = gathered.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing::Level::DEBUG)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    server.builder().build().unwrap().enhanced_connections().show("c1").await.unwrap();
    let text = String::from_utf8(gathered.0.lock().unwrap().clone()).unwrap();
    for part in [
        "otel.name=\"show_enhanced_connection\"",
        "http.request.method=\"GET\"",
        "url.template=\"/v2.0/{project_id}/datasource/enhanced-connections/{connection_id}\"",
        "http.response.status_code=200",
        "http.request.resend_count=1",
        "dli.request_id=\"r42\"",
        "dli.attempt=2",
        "elapsed_ms=",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    assert!(!text.contains("in-the-body"));
    server
        .builder()
        .trace_bodies(true)
        .build()
        .unwrap()
        .enhanced_connections()
        .show("c1")
        .await
        .unwrap();
    let text = String::from_utf8(gathered.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("in-the-body"));

    // What is refused before it is sent has a span as well.
    let long = "c".repeat(70_000);
    let connections = server.builder().build().unwrap().enhanced_connections();
    connections.show(&long).await.unwrap_err();
    let text = String::from_utf8(gathered.0.lock().unwrap().clone()).unwrap();
    let last = text.lines().last().unwrap();
    for part in ["dli.call", "otel.status_code=\"ERROR\"", "error.type=InvalidRequest"] {
        assert!(last.contains(part), "{part} is missing in: {last}");
    }

    // A list that counts more than it gives is told of, with both figures.
    let server = Server::start(|request| match request.query("offset").as_str() {
        "0" => json(200, r#"{"count":7,"elastic_resource_pools":[{},{}]}"#),
        _ => json(200, r#"{"count":7,"elastic_resource_pools":[]}"#),
    })
    .await;
    let dli = server.builder().build().unwrap();
    let pools: Vec<_> =
        dli.elastic_resource_pools().list_items(Default::default()).try_collect().await.unwrap();
    assert_eq!(pools.len(), 2);
    let text = String::from_utf8(gathered.0.lock().unwrap().clone()).unwrap();
    let warning = text.lines().find(|line| line.contains("the list counts more")).unwrap();
    for part in ["WARN", "operation=\"list_elastic_resource_pools\"", "total=7", "came=2"] {
        assert!(warning.contains(part), "{part} is missing in: {warning}");
    }
}

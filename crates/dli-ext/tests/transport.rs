//! What goes over the wire.

mod common;

use std::sync::{Arc, Mutex};

use common::{Server, json};
use dli_ext::{CallOptions, Dli};

const CONNECTION: &str = r#"{"id":"c1","status":"ACTIVE"}"#;

#[tokio::test]
async fn the_user_agent_names_the_crate_and_the_program_before_it() {
    let server = Server::start(|request| {
        let agent = request.header("user-agent");
        assert!(agent.starts_with("my-program/1.0 dli-ext/"), "{agent}");
        assert_eq!(request.header("api-version"), "");
        assert_eq!(request.header("x-project-id"), "p1");
        json(200, CONNECTION)
    })
    .await;
    let dli = server.builder().user_agent("my-program/1.0").build().unwrap();
    dli.enhanced_connections().show("c1").await.unwrap();
}

#[tokio::test]
async fn a_proxy_gets_the_signed_request() {
    let proxy = Server::start(|request| {
        assert_eq!(request.header("host"), "dli.example");
        assert!(request.header("authorization").contains("Signature="));
        json(200, CONNECTION)
    })
    .await;
    let dli = Dli::builder()
        .environment([("X", "")])
        .home("/nonexistent")
        .endpoint("http://dli.example")
        .access_key("AK", "SK")
        .project_id("p1")
        .proxy(reqwest::Proxy::all(proxy.url()).unwrap())
        .build()
        .unwrap();
    dli.enhanced_connections().show("c1").await.unwrap();
    assert_eq!(proxy.requests(), 1);
}

#[tokio::test]
async fn each_attempt_is_signed_anew_with_the_headers_of_the_call() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let server = Server::start(move |request| {
        assert!(request.header("authorization").contains("x-special"));
        noted.lock().unwrap().push(request.header("x-sdk-date").to_owned());
        match request.number {
            1 => json(503, "").header("retry-after", "1"),
            _ => json(200, CONNECTION),
        }
    })
    .await;
    let dli = server.builder().build().unwrap();
    let dli = dli.with_options(CallOptions::new().header("x-special", "s").unwrap());
    dli.enhanced_connections().show("c1").await.unwrap();
    let dates = seen.lock().unwrap().clone();
    assert!(dates.len() == 2 && dates[0] != dates[1], "{dates:?}");
}

#[tokio::test]
async fn a_body_too_long_for_a_signature_is_refused_before_it_is_sent() {
    let server = Server::start(|_| json(200, "{}")).await;
    let body = serde_json::json!({ "text": "x".repeat(13 * 1024 * 1024) });
    let signed = server.builder().build().unwrap();
    let error = signed.request(http::Method::POST, "/v1/x").json(&body).send().await.unwrap_err();
    assert!(error.to_string().contains("IAM token"), "{error}");
    assert_eq!(server.requests(), 0);
    let by_token = server.builder().token("the-token").build().unwrap();
    by_token.request(http::Method::POST, "/v1/x").json(&body).send().await.unwrap();
}

#[tokio::test]
async fn nothing_is_written_to_the_home_directory() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(|_| json(200, CONNECTION)).await;
    let dli = server.builder().home(home.path()).build().unwrap();
    dli.enhanced_connections().show("c1").await.unwrap();
    dli.explain().await;
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}

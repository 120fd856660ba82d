//! Generated functions on the wire: what is sent, and what never is.

use std::sync::{Arc, Mutex};

use dli_api::{Client, Error, Operation, SharedTransport, Transport, TransportFuture};

/// Keeps the requests it is given and answers each with the same body.
#[derive(Clone)]
struct Recorder {
    requests: Arc<Mutex<Vec<reqwest::Request>>>,
    status: u16,
    body: &'static str,
}

impl Transport for Recorder {
    fn send<'a>(&'a self, request: reqwest::Request, _: &'static Operation) -> TransportFuture<'a> {
        Box::pin(async move {
            self.requests.lock().unwrap().push(request);
            let answer = http::Response::builder().status(self.status).body(self.body)?;
            Ok(answer.into())
        })
    }
}

fn client(status: u16, body: &'static str) -> (Client, Recorder) {
    let recorder = Recorder { requests: Arc::default(), status, body };
    let transport = SharedTransport::new(recorder.clone());
    let http = reqwest::Client::new();
    (Client::new_with_client("http://service.invalid", http, transport), recorder)
}

#[tokio::test]
async fn a_call_sends_method_path_and_query_and_nothing_the_service_does_not_know() {
    let (client, recorder) = client(200, r#"{"is_success": true, "connections": []}"#);
    let answer = client
        .list_enhanced_connections("p1", Some(10), Some("a b&c"), Some(20), None, None)
        .await
        .unwrap();
    assert_eq!(answer.is_success, Some(true));
    let request = &recorder.requests.lock().unwrap()[0];
    assert_eq!(request.method(), "GET");
    let url = request.url().as_str();
    assert!(url.starts_with("http://service.invalid/v2.0/p1/datasource/enhanced-connections?"));
    assert!(
        url.contains("limit=10") && url.contains("offset=20") && !url.contains("tags="),
        "{url}"
    );
    assert!(!request.headers().contains_key("api-version"));
}

#[tokio::test]
async fn a_path_value_that_would_name_another_resource_is_refused_before_anything_is_sent() {
    let (client, recorder) = client(200, "{}");
    for value in ["", ".", "..", "a\\b", "a/b", "%2e%2E", ".%2e", "a\nb"] {
        let error = client.show_enhanced_connection("p", value).await.unwrap_err();
        let Error::InvalidRequest(message) = error else { panic!("{value:?}: {error:?}") };
        assert!(message.contains("connection_id"), "{message}");
        let error = client.delete_datasource_connection(value, "c").await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "project id {value:?}");
    }
    assert!(recorder.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_path_value_with_reserved_characters_stays_one_segment() {
    let (client, recorder) = client(200, "{}");
    client.show_enhanced_connection("p", "50% ä?#;=+").await.unwrap();
    let path = recorder.requests.lock().unwrap()[0].url().path().to_owned();
    assert_eq!(path, "/v2.0/p/datasource/enhanced-connections/50%25%20%C3%A4%3F%23%3B%3D%2B");
}

#[tokio::test]
async fn a_refusal_comes_back_with_its_code() {
    let (client, _) = client(400, r#"{"error_code": "DLI.0002", "error_msg": "gone"}"#);
    let error = client.show_enhanced_connection("p", "c").await.unwrap_err();
    let Error::ErrorResponse(answer) = error else { panic!("{error:?}") };
    assert_eq!(answer.error_code.as_deref(), Some("DLI.0002"));
}

#[derive(Debug)]
struct Broken;
impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no route")
    }
}
impl std::error::Error for Broken {}

impl Transport for Broken {
    fn send<'a>(&'a self, _: reqwest::Request, _: &'static Operation) -> TransportFuture<'a> {
        Box::pin(async { Err(Broken.into()) })
    }
}

#[tokio::test]
async fn an_error_of_the_transport_comes_out_of_the_function_as_it_went_in() {
    let transport = SharedTransport::new(Broken);
    let client = Client::new_with_client("http://x.invalid", reqwest::Client::new(), transport);
    let error = client.show_enhanced_connection("p", "c").await.unwrap_err();
    let cause = dli_api::transport_error(error).expect("the transport's own error");
    assert!(cause.downcast_ref::<Broken>().is_some());
}

#[test]
fn every_operation_is_found_by_its_id() {
    assert!(dli_api::OPERATIONS.len() > 100);
    for operation in dli_api::OPERATIONS {
        assert_eq!(Operation::by_id(operation.id).map(|found| found.id), Some(operation.id));
    }
    assert!(Operation::by_id("no_such_operation").is_none());
}

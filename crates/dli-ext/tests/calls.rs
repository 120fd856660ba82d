//! Calls over real sockets, against a server that answers as told.

mod common;

use std::time::Duration;

use common::Server;
use dli_ext::{Dli, ErrorKind};
use futures_util::StreamExt;

fn client(server: &Server) -> Dli {
    server.builder().build().expect("a client")
}

#[tokio::test]
async fn a_call_is_signed_and_its_reply_keeps_what_the_types_leave_out() {
    let server = Server::start(|request| {
        assert!(request.header("authorization").starts_with("SDK-HMAC-SHA256 Access=AK"));
        assert_eq!(request.path, "/v2.0/p1/datasource/enhanced-connections/c1");
        common::json(200, r#"{"id":"c1","name":"n","status":"ACTIVE","routes":[1]}"#)
            .header("x-request-id", "r1")
    })
    .await;
    let reply = client(&server).enhanced_connections().show("c1").await.unwrap();
    assert_eq!(reply.name.as_deref(), Some("n"));
    assert_eq!(reply.json().unwrap()["routes"][0], 1);
    assert_eq!((reply.request_id(), reply.attempts()), (Some("r1"), 1));
}

#[tokio::test]
async fn a_missing_object_is_not_found_though_the_status_is_400() {
    let server = Server::start(|_| {
        common::json(400, r#"{"error_code":"DLI.0002","error_msg":"no such connection"}"#)
    })
    .await;
    let error = client(&server).enhanced_connections().show("c1").await.unwrap_err();
    assert!(error.is_not_found() && !error.is_retryable());
    assert_eq!(error.operation(), Some("show_enhanced_connection"));
    assert_eq!(error.attempts(), 1);
    let shown = error.to_string();
    for part in ["show_enhanced_connection", "400", "DLI.0002", "no such connection", "1 attempt"] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[tokio::test]
async fn codes_of_flink_jobs_are_told_apart_as_well() {
    let server = Server::start(|request| {
        let code = if request.method == "DELETE" { "DLI.17001" } else { "DLI.23001" };
        common::json(400, &format!(r#"{{"error_code":"{code}","error_msg":"wrong"}}"#))
    })
    .await;
    let dli = client(&server);
    let gone = dli.flink_jobs().delete(1).await.unwrap_err();
    assert!(gone.is_not_found(), "{gone}");
    assert_eq!(gone.code().and_then(|code| code.meaning()), Some("No such Flink job to delete."));
    let offset = dli.flink_jobs().list(Default::default()).await.unwrap_err();
    assert!(offset.is_invalid_request() && !offset.is_not_found(), "{offset}");
}

#[tokio::test]
async fn pages_are_walked_to_their_end() {
    let server = Server::start(|request| {
        let from: usize = request.query("offset").parse().unwrap();
        let items: Vec<String> =
            (from..(from + 3).min(10)).map(|n| format!(r#"{{"id":"{n}"}}"#)).collect();
        common::json(200, &format!(r#"{{"connections":[{}]}}"#, items.join(",")))
    })
    .await;
    let items = client(&server).enhanced_connections().list_items(Default::default());
    let ids: Vec<String> = items.map(|item| item.unwrap().id.unwrap()).collect().await;
    assert_eq!(ids, (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_wait_ends_with_the_active_connection() {
    let server = Server::start(|request| {
        let status = if request.number < 3 { "CREATING" } else { "ACTIVE" };
        common::json(200, &format!(r#"{{"id":"c1","status":"{status}"}}"#))
    })
    .await;
    let connections = client(&server).enhanced_connections();
    let wait = connections.wait_until_active("c1").interval(Duration::from_millis(5));
    let names: Vec<String> = wait.states().map(|state| state.unwrap().name).collect().await;
    assert_eq!(names.last().map(String::as_str), Some("ACTIVE"));
    assert!(names.len() >= 3);
    let done = connections.wait_until_active("c1").await.unwrap();
    assert_eq!(done.id.as_deref(), Some("c1"));
}

#[tokio::test]
async fn what_is_missing_is_named_with_the_way_to_give_it() {
    let bare = || Dli::builder().environment([("X", "")]).home("/nonexistent");
    let error = bare().build().unwrap_err();
    assert!(error.is_configuration());
    assert!(error.to_string().contains("Builder::region"), "{error}");
    let error = bare().region("xx-north-9").build().unwrap_err();
    assert!(error.to_string().contains("cn-north-4"), "{error}");
}

#[tokio::test]
async fn a_path_value_that_leads_elsewhere_is_refused_before_anything_is_sent() {
    let server = Server::start(|_| panic!("nothing may be sent")).await;
    let dli = client(&server);
    for id in ["", ".", "..", "a\\b", "%2E%2e"] {
        let error = dli.enhanced_connections().show(id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest, "{id}");
        assert_eq!(error.attempts(), 0);
    }
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn undescribed_paths_are_signed_too() {
    let server = Server::start(|request| {
        assert!(request.header("authorization").contains("Signature="));
        assert_eq!(request.query("q"), "a b+c");
        common::json(200, &format!(r#"{{"path":"{}"}}"#, request.path))
    })
    .await;
    let dli = client(&server);
    let answer =
        dli.request(http::Method::GET, "/v9/{project_id}/new").query("q", "a b+c").send().await;
    assert_eq!(answer.unwrap()["path"], "/v9/p1/new");
}

//! The eleven defects of the vendor's client, each shown absent here.

mod common;

use std::time::Duration;

use common::{Answer, Server, json, text};
use dli_ext::{CallOptions, Dli, ErrorKind, RetryPolicy, types};
use futures_util::StreamExt;

const CONNECTION: &str = r#"{"id":"c1","status":"ACTIVE"}"#;

fn client(server: &Server) -> Dli {
    let quick = RetryPolicy::new().base_delay(Duration::from_millis(1));
    server.builder().retry(quick.max_delay(Duration::from_millis(5))).build().unwrap()
}

fn request() -> types::CreateEnhancedConnectionRequest {
    types::CreateEnhancedConnectionRequest::builder()
        .name("n")
        .dest_vpc_id("v")
        .dest_network_id("s")
        .build()
}

#[tokio::test]
async fn defect_01_a_success_that_says_it_is_none_is_an_error() {
    for body in [
        r#"{"is_success":false,"message":"queue is busy"}"#,
        r#"{"is_success":"false","message":"queue is busy"}"#,
    ] {
        let server = Server::start(move |_| json(200, body).header("x-request-id", "r7")).await;
        let error = client(&server).enhanced_connections().delete("c1").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsuccessful);
        assert!(error.to_string().contains("queue is busy"), "{error}");
        assert_eq!((error.status(), error.request_id()), (Some(200), Some("r7")));
        let raw = client(&server).request(http::Method::GET, "/v1/x").send().await.unwrap_err();
        assert_eq!(raw.kind(), ErrorKind::Unsuccessful);
    }
}

#[tokio::test]
async fn defect_02_the_text_false_is_false() {
    let server = Server::start(|_| {
        json(200, r#"{"is_success":"true","queues":[{"queue_name":"q","is_restarting":"false"}]}"#)
    })
    .await;
    let queues = client(&server).queues().list(Default::default()).await.unwrap();
    assert_eq!(queues.queues.as_ref().unwrap()[0].is_restarting, Some(false));
}

#[tokio::test]
async fn defect_03_a_web_page_or_a_redirect_is_no_success() {
    type Case = (fn() -> Answer, &'static str);
    let cases: [Case; 4] = [
        (|| text(200, "text/html", "<html><body>Log in</body></html>"), "a web page"),
        (|| text(302, "text/html", "").header("location", "https://login.example"), "redirects"),
        (|| text(200, "application/json", ""), "empty"),
        (|| text(502, "text/html", "<html>Bad gateway</html>"), "a web page"),
    ];
    for (answer, expected) in cases {
        let server = Server::start(move |_| answer()).await;
        let error = client(&server).enhanced_connections().show("c1").await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.attempts() > 0 && error.operation().is_some());
    }
}

#[tokio::test]
async fn defect_04_fields_that_the_types_do_not_know_are_still_there() {
    let server =
        Server::start(|_| json(200, r#"{"id":"c1","status":"ACTIVE","novelty":{"a":[1]}}"#)).await;
    let reply = client(&server).enhanced_connections().show("c1").await.unwrap();
    assert_eq!(reply.json().unwrap()["novelty"]["a"][0], 1);
}

#[tokio::test]
async fn defect_05_every_fault_is_an_error_of_this_crate_and_numbers_may_be_text() {
    let server =
        Server::start(|_| json(200, r#"{"is_success":true,"count":"752","connections":[]}"#)).await;
    let list = client(&server).datasource_connections().list(Default::default()).await.unwrap();
    assert_eq!(list.count, Some(752));

    let server = Server::start(|_| json(200, r#"{"is_success":true,"count":"many"}"#)).await;
    let error =
        client(&server).datasource_connections().list(Default::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable);
    assert!(error.body().is_some());

    let slow = Server::start_async(|_| async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        json(200, CONNECTION)
    })
    .await;
    let hasty = client(&slow).with_options(
        CallOptions::new().attempt_timeout(Duration::from_millis(50)).retry(RetryPolicy::none()),
    );
    let error = hasty.enhanced_connections().show("c1").await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");

    let cut = Server::start(|_| json(200, r#"{"id":"c1","status":"ACTI"#)).await;
    let error = client(&cut).enhanced_connections().show("c1").await.unwrap_err();
    assert!(error.to_string().contains("cut off"), "{error}");
    assert_eq!(error.attempts(), 4, "an idempotent call is tried again");
}

#[tokio::test]
async fn defect_06_one_throttled_answer_is_waited_out_and_a_lasting_one_keeps_its_code() {
    let throttled = |_| {
        json(429, r#"{"error_code":"APIGW.0308","error_msg":"slow down"}"#)
            .header("x-request-id", "r9")
    };
    let server = Server::start(move |request| match request.number {
        1 => throttled(()),
        _ => json(200, CONNECTION),
    })
    .await;
    let reply = client(&server).enhanced_connections().show("c1").await.unwrap();
    assert_eq!(reply.attempts(), 2);

    let server = Server::start(move |_| throttled(())).await;
    let error = client(&server).enhanced_connections().create(&request()).await.unwrap_err();
    assert!(error.is_throttled());
    assert_eq!(error.code().unwrap(), &"APIGW.0308");
    assert_eq!((error.request_id(), error.attempts()), (Some("r9"), 4));
}

/// A body without its mandatory fields does not compile:
///
/// ```compile_fail
/// dli_ext::types::CreateEnhancedConnectionRequest::builder().build();
/// ```
#[tokio::test]
async fn defect_07_a_missing_path_value_is_never_sent() {
    let server = Server::start(|_| panic!("nothing may be sent")).await;
    let error = client(&server).queues().show("", Default::default()).await.unwrap_err();
    assert!(error.is_invalid_request() && error.to_string().contains("queue_name"), "{error}");
    assert_eq!(server.requests(), 0);
}

#[tokio::test]
async fn defect_08_a_request_that_may_have_worked_is_not_sent_again_whatever_its_answer() {
    for answer in [
        (|| json(200, "not json at all")) as fn() -> Answer,
        || json(200, r#"{"is_success":true,"id":"#),
        || json(500, r#"{"error_code":"DLI.0999","error_msg":"oh"}"#),
        || json(503, ""),
        || text(200, "text/html", "<html></html>"),
    ] {
        let server = Server::start(move |_| answer()).await;
        let error = client(&server).enhanced_connections().create(&request()).await.unwrap_err();
        assert_eq!((error.attempts(), server.requests()), (1, 1), "{error:?}");
    }
}

#[tokio::test]
async fn defect_09_secrets_are_not_shown() {
    let server = Server::start(|_| json(200, CONNECTION)).await;
    let dli = server.builder().access_key("AK", "hunter2-secret").build().unwrap();
    let shown = format!("{dli:?} {:?} {}", dli.config(), dli.explain().await);
    assert!(!shown.contains("hunter2"), "{shown}");
    let password = dli_ext::Secret::from("hunter2-secret");
    assert!(!format!("{password:?} {password}").contains("hunter2"));
}

#[tokio::test]
async fn defect_10_options_of_a_call_leave_the_client_alone() {
    let server = Server::start(|request| match request.header("x-special") {
        "" => json(200, CONNECTION),
        _ => json(503, ""),
    })
    .await;
    let dli = client(&server);
    let special = dli.with_options(
        CallOptions::new().retry(RetryPolicy::none()).header("x-special", "yes").unwrap(),
    );
    let error = special.enhanced_connections().show("c1").await.unwrap_err();
    assert_eq!(error.attempts(), 1);
    dli.enhanced_connections().show("c1").await.unwrap();
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn defect_11_lists_are_walked_and_states_are_waited_for() {
    let server = Server::start(|request| match request.path.ends_with("/c1") {
        true if request.number < 5 => json(200, r#"{"id":"c1","status":"CREATING"}"#),
        true => json(200, CONNECTION),
        false if request.query("offset") == "0" => json(200, r#"{"connections":[{"id":"c1"}]}"#),
        false => json(200, r#"{"connections":[]}"#),
    })
    .await;
    let connections = client(&server).enhanced_connections();
    assert_eq!(connections.list_items(Default::default()).count().await, 1);
    let wait = connections.wait_until_active("c1").interval(Duration::from_millis(2));
    assert_eq!(wait.await.unwrap().id.as_deref(), Some("c1"));
}

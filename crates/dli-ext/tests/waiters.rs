//! The waiters, against scripted answers; and the other things of the feature `test-util`.
#![cfg(feature = "test-util")]

use std::time::Duration;

use dli_ext::test_util::{Answer, Recorder, Script};
use dli_ext::wait::Waiter;
use dli_ext::{Dli, ErrorKind};
use futures_util::StreamExt;

fn scripted(operation: &str, bodies: &[&str]) -> (Script, Dli) {
    let script = Script::new();
    for body in bodies {
        script.on(operation, Answer::json(200, *body));
    }
    let dli = script.client();
    (script, dli)
}

/// The states on the way, and how it ended.
async fn follow<T: Send + 'static>(wait: Waiter<T>) -> (Vec<String>, Result<(), dli_ext::Error>) {
    let mut states =
        wait.interval(Duration::from_millis(1)).longest_interval(Duration::from_millis(2)).states();
    let mut names = Vec::new();
    while let Some(state) = states.next().await {
        match state {
            Ok(state) => names.push(state.name),
            Err(error) => return (names, Err(error)),
        }
    }
    (names, Ok(()))
}

#[tokio::test]
async fn a_spark_batch_is_followed_to_its_success_or_death() {
    let states = [r#"{"state":"starting"}"#, r#"{"state":"running"}"#, r#"{"state":"recovering"}"#];
    let (_, dli) = scripted("show_spark_job", &[&states[..], &[r#"{"state":"success"}"#]].concat());
    let (names, end) = follow(dli.spark_jobs().wait_until_finished("b")).await;
    assert_eq!(names, ["starting", "running", "recovering", "success"]);
    end.unwrap();
    let dead = r#"{"state":"dead","log":["a","OutOfMemory"]}"#;
    let (_, dli) = scripted("show_spark_job", &[states[0], dead]);
    let (_, end) = follow(dli.spark_jobs().wait_until_running("b")).await;
    let error = end.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Wait);
    assert!(error.to_string().contains("OutOfMemory"), "{error}");
    let (_, end) = follow(dli.spark_jobs().wait_until_stopped("b")).await;
    end.unwrap();
}

#[tokio::test]
async fn a_flink_job_is_started_and_stopped() {
    let job = |status: &str| {
        format!(
            r#"{{"is_success":"true","job_detail":{{"job_id":1,"status":"{status}","status_desc":"why"}}}}"#
        )
    };
    let bodies = ["job_init", "job_submitting", "job_running"].map(job);
    let (_, dli) = scripted("show_flink_job", &bodies.each_ref().map(String::as_str));
    let (names, end) = follow(dli.flink_jobs().wait_until_running(1)).await;
    assert_eq!(names, ["job_init", "job_submitting", "job_running"]);
    end.unwrap();
    let bodies = ["job_canceling", "job_cancel_success"].map(job);
    let (_, dli) = scripted("show_flink_job", &bodies.each_ref().map(String::as_str));
    follow(dli.flink_jobs().wait_until_stopped(1)).await.1.unwrap();
    for status in ["job_submit_fail", "job_running_exception", "job_arrearage_stopped"] {
        let (_, dli) = scripted("show_flink_job", &[&job(status)]);
        let error = follow(dli.flink_jobs().wait_until_running(1)).await.1.unwrap_err();
        assert!(error.to_string().contains(status) && error.to_string().contains("why"), "{error}");
    }
}

#[tokio::test]
async fn a_queue_is_waited_for_scaled_and_seen_gone() {
    let script = Script::new();
    script
        .on("show_queue", Answer::error(400, "DLI.0002", "no such queue"))
        .on("show_queue", Answer::json(200, r#"{"is_success":true,"queueName":"q","cuCount":16}"#));
    let (names, end) = follow(script.client().queues().wait_until_ready("Q")).await;
    assert_eq!(names, ["creating", "ready"]);
    end.unwrap();
    let (_, dli) =
        scripted("show_queue", &[r#"{"cuCount":16}"#, r#"{"cu_count":"16"}"#, r#"{"cuCount":32}"#]);
    assert_eq!(
        follow(dli.queues().wait_until_scaled("q", 32)).await.0,
        ["16 CU", "16 CU", "32 CU"]
    );
    let (_, dli) = scripted(
        "list_queues",
        &[
            r#"{"queues":[{"queue_name":"q","is_restarting":"true"}]}"#,
            r#"{"queues":[{"queue_name":"q","is_restarting":"false"}]}"#,
        ],
    );
    assert_eq!(follow(dli.queues().wait_until_restarted("Q")).await.0, ["restarting", "ready"]);
    let script = Script::new();
    script
        .on("show_queue", Answer::json(200, "{}"))
        .on("show_queue", Answer::error(400, "DLI.0008", "Queue q does not exist"));
    assert_eq!(follow(script.client().queues().wait_until_gone("q")).await.0, ["there", "gone"]);
}

#[tokio::test]
async fn an_elastic_resource_pool_is_waited_for() {
    let pool = |status: &str| {
        format!(
            r#"{{"count":1,"elastic_resource_pools":[{{"elastic_resource_pool_name":"p","status":"{status}","fail_reason":"no quota"}}]}}"#
        )
    };
    let bodies = [pool("CREATING"), pool("Scaling"), pool("AVAILABLE")];
    let (_, dli) = scripted("list_elastic_resource_pools", &bodies.each_ref().map(String::as_str));
    let (names, end) = follow(dli.elastic_resource_pools().wait_until_available("P")).await;
    assert_eq!(names, ["CREATING", "SCALING", "AVAILABLE"]);
    end.unwrap();
    let (_, dli) = scripted("list_elastic_resource_pools", &[&pool("FAILED")]);
    let error = follow(dli.elastic_resource_pools().wait_until_available("p")).await.1.unwrap_err();
    assert!(error.to_string().contains("no quota"), "{error}");
    let empty = r#"{"count":0,"elastic_resource_pools":[]}"#;
    let (_, dli) = scripted("list_elastic_resource_pools", &[&pool("AVAILABLE"), empty]);
    assert_eq!(
        follow(dli.elastic_resource_pools().wait_until_gone("p")).await.0.last().unwrap(),
        "gone"
    );
}

#[tokio::test]
async fn a_wait_looks_past_passing_faults_and_ends_at_its_deadline() {
    let script = Script::new();
    script
        .on("show_enhanced_connection", Answer::json(200, r#"{"status":"CREATING"}"#))
        .on("show_enhanced_connection", Answer::interrupted())
        .on("show_enhanced_connection", Answer::error(503, "DLI.0999", "later"));
    for _ in 0..4 {
        script.on("show_enhanced_connection", Answer::no_connection());
    }
    script.on("show_enhanced_connection", Answer::json(200, r#"{"status":"CREATING"}"#));
    let connections = script.client().enhanced_connections();
    let wait = connections.wait_until_active("c").deadline(Duration::from_millis(300));
    let error = follow(wait).await.1.unwrap_err();
    assert!(error.is_timeout() && error.to_string().contains("CREATING"), "{error}");
    assert_eq!(error.operation(), Some("show_enhanced_connection"));
}

#[tokio::test]
async fn a_deadline_that_passes_over_faults_names_the_last_one() {
    let script = Script::new();
    script.on("show_enhanced_connection", Answer::error(503, "DLI.0999", "under repair"));
    let dli = script.builder().retry(dli_ext::RetryPolicy::none()).build().unwrap();
    let wait = dli.enhanced_connections().wait_until_active("c1");
    // The second look would come after the deadline.
    let wait = wait.interval(Duration::from_secs(60)).deadline(Duration::from_millis(50));
    let error = wait.await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    let source = std::error::Error::source(&error).expect("the fault").to_string();
    assert!(source.contains("under repair"), "{source}");
}

#[tokio::test]
async fn an_operation_without_an_answer_says_so() {
    let error = Script::new().client().queues().list(Default::default()).await.unwrap_err();
    assert!(error.to_string().contains("no answer is scripted for `list_queues`"), "{error}");
}

#[tokio::test]
async fn answers_are_recorded_and_played_again() {
    let app = axum::Router::new().fallback(|| async { r#"{"id":"c1","status":"ACTIVE"}"# });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, app).await });
    let recorder = Recorder::new();
    let dli = Dli::builder()
        .endpoint(url)
        .access_key("AK", "SK")
        .project_id("p")
        .no_proxy()
        .record(&recorder)
        .build()
        .unwrap();
    dli.enhanced_connections().show("c1").await.unwrap();
    serving.abort();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("recording.jsonl");
    recorder.save(&file).unwrap();
    let script = Script::from_recording(&file).unwrap();
    let again = script.client().enhanced_connections().show("c1").await.unwrap();
    assert_eq!(again.id.as_deref(), Some("c1"));
    assert_eq!(script.requests()[0].method, "GET");
}

#[cfg(feature = "blocking")]
#[test]
fn the_blocking_client_calls_lists_and_waits() {
    let script = Script::new();
    script
        .on("show_enhanced_connection", Answer::json(200, r#"{"id":"c1","status":"ACTIVE"}"#))
        .on("list_enhanced_connections", Answer::json(200, r#"{"connections":[{"id":"a"}]}"#))
        .on("list_enhanced_connections", Answer::json(200, r#"{"connections":[]}"#));
    let dli = dli_ext::blocking::Dli::new(script.client()).unwrap();
    let connections = dli.enhanced_connections();
    assert_eq!(connections.show("c1").unwrap().id.as_deref(), Some("c1"));
    let ids: Vec<_> =
        connections.list_items(Default::default()).map(|item| item.unwrap().id.unwrap()).collect();
    assert_eq!(ids, ["a"]);
    dli.wait(dli.as_async().enhanced_connections().wait_until_active("c1")).unwrap();
}

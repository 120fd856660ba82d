//! Faults on demand, seeds, snapshots, the log, and an SQL engine of one's own.

mod common;

use std::time::{Duration, Instant};

use common::Caller;
use dli_emulator::{
    Emulator, Fault, FaultKind, SqlEngine, SqlFailure, SqlFuture, SqlRows, SqlStatement,
};
use serde_json::{Value, json};

const LIST: &str = "/v1.0/{}/queues";

async fn control(caller: &Caller, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = caller.http.request(method, format!("{}/_emulator/{path}", caller.url));
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn each_fault_can_be_asked_for_by_a_header() {
    let emulator = Emulator::start().await.unwrap();
    let caller = Caller::of(&emulator);
    let with = async |fault: &str| caller.get_with_fault(LIST, fault).await;

    let started = Instant::now();
    with("latency=120").await.unwrap().ok();
    assert!(started.elapsed() >= Duration::from_millis(120));
    let throttled = with("throttle=7").await.unwrap();
    assert_eq!(throttled.headers["retry-after"], "7");
    throttled.error(429, "APIGW.0308");
    with("error=503").await.unwrap().error(503, "DLI.0999");
    let page = with("html=502").await.unwrap();
    assert_eq!((page.status, page.headers["content-type"].to_str().unwrap()), (502, "text/html"));
    assert!(page.body.as_str().unwrap().starts_with("<html>"));
    assert!(with("clock-skew=1200").await.unwrap().error(401, "APIGW.0301").contains("expired"));
    for fault in ["reset", "reset-after", "truncate"] {
        assert!(with(fault).await.is_err(), "{fault}");
    }
    with("queues:throttle").await.unwrap().error(429, "APIGW.0308");
    with("flink_jobs:throttle").await.unwrap().ok();
    with("create_queue:throttle").await.unwrap().ok();
    with("nonsense").await.unwrap().error(400, "EMULATOR.0400");
    with("latency=1,throttle=1").await.unwrap().error(429, "APIGW.0308");
}

#[tokio::test]
async fn a_reset_after_the_work_leaves_the_work_done() {
    let emulator = Emulator::builder()
        .fault(Fault::new(FaultKind::ResetAfter).on("create_queue").times(1))
        .fault(Fault::new(FaultKind::Reset).on("delete_queue").times(1))
        .start()
        .await
        .unwrap();
    let caller = Caller::of(&emulator);
    let body = json!({ "queue_name": "q", "cu_count": 16 });
    assert!(caller.try_send(caller.request("POST", LIST, Some(&body))).await.is_err());
    caller.post(LIST, body).await.error(400, "DLI.0006");
    assert!(caller.try_send(caller.request("DELETE", &format!("{LIST}/q"), None)).await.is_err());
    caller.get(&format!("{LIST}/q")).await.ok();
}

#[tokio::test]
async fn a_client_learns_from_the_answer_how_far_the_clocks_are_apart() {
    for seconds in [86_400, -86_400] {
        let fault = Fault::new(FaultKind::ClockSkew(seconds));
        let emulator = Emulator::builder().fault(fault).start().await.unwrap();
        let caller = Caller::through_the_client(&emulator);
        let answer = caller.get(LIST).await;
        let date = jiff::fmt::rfc2822::parse(answer.headers["date"].to_str().unwrap()).unwrap();
        let apart = date.timestamp().duration_since(jiff::Timestamp::now()).as_secs() - seconds;
        assert!(apart.abs() < 600, "{date}");
        answer.ok();
        caller.get(LIST).await.ok();
        let (_, log) = control(&caller, "GET", "log", None).await;
        let statuses: Vec<&Value> =
            log["requests"].as_array().unwrap().iter().map(|entry| &entry["status"]).collect();
        // The first call is refused, corrected and sent again; the second is right at once.
        assert_eq!(statuses, [401, 200, 200], "{log}");
    }
}

#[tokio::test]
async fn faults_come_and_go_by_the_api() {
    let emulator = Emulator::start().await.unwrap();
    let caller = Caller::of(&emulator);
    let (status, added) =
        control(&caller, "POST", "faults", Some(json!({ "fault": "list_queues:error=500*2" })))
            .await;
    assert_eq!(status, 201);
    let (_, listed) = control(&caller, "GET", "faults", None).await;
    assert_eq!(
        listed["faults"],
        json!([{ "id": added["id"], "fault": "list_queues:error=500*2" }])
    );
    caller.get(LIST).await.error(500, "DLI.0999");
    assert_eq!(
        control(&caller, "DELETE", &format!("faults/{}", added["id"]), None).await.1["removed"],
        true
    );
    caller.get(LIST).await.ok();
    assert_eq!(control(&caller, "POST", "faults", Some(json!({ "fault": "slow" }))).await.0, 400);
}

#[tokio::test]
async fn jobs_of_every_kind_can_be_told_to_fail() {
    let emulator = Emulator::builder()
        .delay(Duration::from_millis(5))
        .fault("fail-job=out of memory".parse::<Fault>().unwrap())
        .start()
        .await
        .unwrap();
    let caller = Caller::of(&emulator);
    let job =
        caller.post("/v2.0/{}/batches", json!({ "file": "a.jar", "className": "M" })).await.ok();
    let path = format!("/v2.0/{{}}/batches/{}", job["id"].as_str().unwrap());
    caller.until(&path, "/state", "dead").await;
    assert!(caller.get(&path).await.ok()["log"].to_string().contains("out of memory"));

    let job = caller.post("/v1.0/{}/streaming/flink-jobs", json!({ "name": "f" })).await.ok()["job"]["job_id"].clone();
    caller.post("/v1.0/{}/streaming/jobs/run", json!({ "job_ids": [job] })).await.ok();
    let failed = caller
        .until(&format!("/v1.0/{{}}/streaming/jobs/{job}"), "/job_detail/status", "job_submit_fail")
        .await;
    assert_eq!(failed["job_detail"]["status_desc"], "out of memory");

    let job = caller.post("/v1.0/{}/jobs/submit-job", json!({ "sql": "select 1" })).await.ok();
    let path = format!("/v1.0/{{}}/jobs/{}/status", job["job_id"].as_str().unwrap());
    assert_eq!(caller.until(&path, "/status", "FAILED").await["message"], "out of memory");

    let pool = json!({ "elastic_resource_pool_name": "p", "min_cu": 64, "max_cu": 64 });
    caller.post("/v3/{}/elastic-resource-pools", pool).await.ok();
    let failed = caller
        .until("/v3/{}/elastic-resource-pools", "/elastic_resource_pools/0/status", "FAILED")
        .await;
    assert_eq!(failed["elastic_resource_pools"][0]["fail_reason"], "out of memory");
}

const SEED: &str = r#"{
    "sql_scripts": [{ "sql": "select 1", "schema": [{ "1": "int" }], "rows": [[1]] }],
    "requests": [
        { "operation": "create_queue", "body": { "queue_name": "seeded", "cu_count": 16 } },
        { "operation": "create_enhanced_connection", "body": { "name": "e", "dest_vpc_id": "v", "dest_network_id": "n" } },
        { "operation": "create_route_to_enhanced_connection",
          "parameters": { "connection_id": "{{1.connection_id}}" }, "body": { "name": "r", "cidr": "10.0.0.0/8" } }
    ]
}"#;

#[tokio::test]
async fn a_seed_is_there_at_once_and_again_after_a_reset() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seed.json");
    std::fs::write(&file, SEED).unwrap();
    let emulator =
        Emulator::builder().delay(Duration::from_secs(60)).seed_file(&file).start().await.unwrap();
    let caller = Caller::of(&emulator);
    let connections = "/v2.0/{}/datasource/enhanced-connections";
    assert_eq!(caller.get(connections).await.ok()["connections"][0]["status"], "ACTIVE");
    caller.delete(&format!("{LIST}/seeded")).await.ok();
    caller.post(LIST, json!({ "queue_name": "other", "cu_count": 16 })).await.ok();
    assert_eq!(control(&caller, "POST", "reset", None).await.0, 200);
    caller.get(&format!("{LIST}/seeded")).await.ok();
    caller.get(&format!("{LIST}/other")).await.error(400, "DLI.0002");
    caller.post("/v1.0/{}/jobs/check-sql", json!({ "sql": "SELECT 1" })).await.ok();

    let again = json!({ "requests": [{ "operation": "create_queue", "body": { "queue_name": "seeded", "cu_count": 16 } }] });
    let (status, refused) = control(&caller, "POST", "seed", Some(again)).await;
    assert_eq!(status, 400);
    assert!(
        refused["error_msg"].as_str().unwrap().starts_with("Request 0 of the seed failed"),
        "{refused}"
    );
    assert_eq!(control(&caller, "POST", "seed", Some(json!({ "request": [] }))).await.0, 400);

    let wrong = Emulator::builder().seed("{").start().await.unwrap_err().to_string();
    assert!(wrong.contains("not valid JSON"), "{wrong}");
    let missing =
        Emulator::builder().seed_file("nowhere.json").start().await.unwrap_err().to_string();
    assert!(missing.contains("nowhere.json"), "{missing}");
}

#[tokio::test]
async fn a_snapshot_brings_everything_back_under_the_same_ids() {
    let emulator = Emulator::builder().seed(SEED).start().await.unwrap();
    let caller = Caller::of(&emulator);
    let job = caller.post("/v1.0/{}/streaming/flink-jobs", json!({ "name": "f" })).await.ok()["job"]["job_id"].clone();
    let (_, snapshot) = control(&caller, "GET", "snapshot", None).await;
    let other = Emulator::start().await.unwrap();
    let elsewhere = Caller::of(&other);
    elsewhere.post(LIST, json!({ "queue_name": "gone", "cu_count": 16 })).await.ok();
    let (status, restored) = control(&elsewhere, "POST", "snapshot", Some(snapshot.clone())).await;
    assert_eq!(
        (status, restored["restored"].as_u64().unwrap()),
        (200, snapshot["objects"].as_array().unwrap().len() as u64)
    );
    elsewhere.get(&format!("{LIST}/seeded")).await.ok();
    elsewhere.get(&format!("{LIST}/gone")).await.error(400, "DLI.0002");
    let shown = elsewhere.get(&format!("/v1.0/{{}}/streaming/jobs/{job}")).await.ok();
    assert_eq!(shown["job_detail"]["job_id"], job);
}

#[tokio::test]
async fn the_log_tells_what_was_asked_and_how_it_went() {
    let emulator = Emulator::start().await.unwrap();
    let caller = Caller::of(&emulator);
    let answer = caller.get(&format!("{LIST}/nowhere?queue_type=all")).await;
    let (_, log) = control(&caller, "GET", "log", None).await;
    let entry = &log["requests"][0];
    assert_eq!((&entry["operation"], &entry["status"]), (&json!("show_queue"), &json!(400)));
    assert_eq!(entry["request_id"], answer.headers["x-request-id"].to_str().unwrap());
    assert_eq!(control(&caller, "GET", "health", None).await.1["status"], "ok");
}

#[tokio::test]
async fn a_page_of_another_site_cannot_steer_the_emulator() {
    let emulator = Emulator::start().await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let reset = async |origin: &str| {
        let request =
            http.post(format!("{}/_emulator/reset", emulator.url())).header("origin", origin);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(reset("https://evil.example").await, 403);
    assert_eq!(reset("null").await, 403);
    assert_eq!(reset(emulator.url()).await, 200);
}

/// Echoes the statement as its only row; waits for a minute on `wait`, fails on `wrong`.
struct Echo;

impl SqlEngine for Echo {
    fn check(&self, statement: SqlStatement) -> SqlFuture<Option<String>> {
        Box::pin(async move {
            match statement.text.contains("wrong") {
                true => Err(SqlFailure {
                    code: "DLI.0004".to_owned(),
                    message: "line 1: wrong".to_owned(),
                }),
                false => Ok(None),
            }
        })
    }

    fn run(&self, statement: SqlStatement) -> SqlFuture<SqlRows> {
        Box::pin(async move {
            if statement.text.contains("wrong") {
                return Err(SqlFailure {
                    code: "DLI.0005".to_owned(),
                    message: "wrong".to_owned(),
                });
            }
            if statement.text.contains("wait") {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
            Ok(SqlRows {
                columns: vec![("text".to_owned(), "string".to_owned())],
                rows: vec![vec![json!(statement.text)]],
                ..SqlRows::default()
            })
        })
    }
}

#[tokio::test]
async fn an_engine_runs_what_no_script_fits_and_is_stopped_by_a_cancellation() {
    let folder = tempfile::tempdir().unwrap();
    let start = || Emulator::builder().data_dir(folder.path()).seed(SEED).sql_engine(Echo).start();
    let emulator = start().await.unwrap();
    let caller = Caller::of(&emulator);
    let submit =
        async |sql: &str| caller.post("/v1.0/{}/jobs/submit-job", json!({ "sql": sql })).await.ok();
    let path = |job: &Value| format!("/v1.0/{{}}/jobs/{}", job["job_id"].as_str().unwrap());

    let job = submit("select 2").await;
    caller.until(&format!("{}/status", path(&job)), "/status", "FINISHED").await;
    assert_eq!(
        caller.get(&format!("{}/preview", path(&job))).await.ok()["rows"],
        json!([["select 2"]])
    );
    let scripted = submit("select 1").await;
    caller.until(&format!("{}/status", path(&scripted)), "/status", "FINISHED").await;
    assert_eq!(
        caller.get(&format!("{}/preview", path(&scripted))).await.ok()["rows"],
        json!([[1]])
    );
    assert_eq!(submit("show tables").await["rows"], json!([["show tables"]]));
    let failed = submit("select wrong").await;
    let failed = caller.until(&format!("{}/status", path(&failed)), "/status", "FAILED").await;
    assert_eq!(failed["message"], "DLI.0005: wrong");
    caller
        .post("/v1.0/{}/jobs/check-sql", json!({ "sql": "select wrong" }))
        .await
        .error(400, "DLI.0004");
    assert_eq!(
        caller.post("/v1.0/{}/jobs/check-sql", json!({ "sql": "insert x" })).await.ok()["job_type"],
        "INSERT"
    );

    let waiting = submit("select wait").await;
    caller.until(&format!("{}/status", path(&waiting)), "/status", "RUNNING").await;
    caller.delete(&path(&waiting)).await.ok();
    assert_eq!(caller.get(&format!("{}/status", path(&waiting))).await.ok()["status"], "CANCELLED");

    let orphan = path(&submit("select wait").await);
    emulator.stop().await;
    let emulator = start().await.unwrap();
    let status = Caller::of(&emulator).get(&format!("{orphan}/status")).await.ok();
    assert_eq!(status["status"], "FAILED");
    assert!(status["message"].as_str().unwrap().contains("stopped"));
}

#[tokio::test]
async fn a_queue_that_is_being_scaled_has_its_old_size_and_takes_no_second_order() {
    let emulator = Emulator::builder().delay(Duration::from_secs(60)).start().await.unwrap();
    let caller = Caller::of(&emulator);
    caller.post(LIST, json!({ "queue_name": "q", "cu_count": 16 })).await.ok();
    let order = json!({ "action": "scale_out", "cu_count": 16 });
    caller.put(&format!("{LIST}/q/action"), order.clone()).await.ok();
    assert_eq!(caller.get(&format!("{LIST}/q")).await.ok()["cuCount"], 16);
    caller.put(&format!("{LIST}/q/action"), order).await.error(400, "DLI.0012");
}

#[tokio::test]
async fn a_quota_that_is_used_up_is_named() {
    let emulator = Emulator::builder().quota("queue", 1).start().await.unwrap();
    let caller = Caller::of(&emulator);
    caller.post(LIST, json!({ "queue_name": "q1", "cu_count": 16 })).await.ok();
    let message = caller
        .post(LIST, json!({ "queue_name": "q2", "cu_count": 16 }))
        .await
        .error(400, "DLI.1028");
    assert!(message.contains("1 of 1"), "{message}");
}

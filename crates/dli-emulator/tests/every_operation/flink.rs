//! Flink jobs and their templates.

use crate::FLINK;
use crate::common::Caller;
use serde_json::json;

pub async fn run(caller: &Caller) {
    let create = json!({ "name": "f1", "sql_body": "insert into sink select * from source", "run_mode": "exclusive_cluster" });
    let job = caller.post(&format!("{FLINK}/sql-jobs"), create.clone()).await.ok();
    assert_eq!(job["job"]["status_name"], "job_init");
    caller.post(&format!("{FLINK}/sql-jobs"), create).await.error(400, "DLI.0006");
    let first = job["job"]["job_id"].clone();
    let path = format!("{FLINK}/jobs/{first}");
    caller.get(&format!("{path}/execute-graph")).await.error(400, "DLI.0012");
    caller.get(&format!("{path}/apig-sinks")).await.error(400, "DLI.11098");
    caller
        .put(
            &format!("{FLINK}/sql-jobs/{first}"),
            json!({ "desc": "changed", "checkpoint_mode": 2 }),
        )
        .await
        .ok();
    let jar = json!({ "name": "f2", "entrypoint": "g/a.jar", "main_class": "Main" });
    let second =
        caller.post(&format!("{FLINK}/flink-jobs"), jar).await.ok()["job"]["job_id"].clone();
    caller
        .put(&format!("{FLINK}/flink-jobs/{second}"), json!({ "entrypoint_args": "a b" }))
        .await
        .ok();

    let ran = caller
        .post(&format!("{FLINK}/jobs/run"), json!({ "job_ids": [first, 999_999] }))
        .await
        .ok();
    assert_eq!((&ran[0]["is_success"], &ran[1]["error_code"]), (&json!(true), &json!("DLI.16001")));
    let shown = caller.until(&path, "/job_detail/status", "job_running").await;
    assert_eq!(shown["job_detail"]["job_config"]["checkpoint_mode"], "at_least_once");
    assert!(shown["job_detail"]["status_desc"].as_str().unwrap().contains("runs no Flink"));
    assert_eq!(
        caller.get(&format!("{path}/execute-graph")).await.ok()["execute_graph"]["state"],
        "RUNNING"
    );
    assert_eq!(
        caller.get(&format!("{path}/apig-sinks")).await.ok()["apig_sinks"]["sinks"],
        json!([])
    );
    caller.post(&format!("{FLINK}/jobs/metrics"), json!({ "job_ids": [first] })).await.ok();
    let point = json!({ "action": "TRIGGER", "savepoint_path": "bucket/points/" });
    caller.post(&format!("{path}/savepoint"), point).await.ok();
    caller.until(&path, "/job_detail/status", "job_running").await;
    let import = json!({ "job_id": first, "savepoint_path": "obs://b/points" });
    caller.post(&format!("{path}/import-savepoint"), import.clone()).await.error(400, "DLI.0012");
    let stopped =
        caller.post(&format!("{FLINK}/jobs/stop"), json!({ "job_ids": [first] })).await.ok();
    assert_eq!(stopped[0]["is_success"], true);
    caller.until(&path, "/job_detail/status", "job_cancel_success").await;
    caller.post(&format!("{path}/import-savepoint"), import).await.ok();
    caller
        .post(&format!("/v3/{{}}/streaming/jobs/{first}/gen-graph"), json!({ "sql_body": "x" }))
        .await
        .ok();

    let listed = caller.get(&format!("{FLINK}/jobs?limit=1&order=asc")).await.ok();
    assert_eq!(
        (&listed["job_list"]["total_count"], &listed["job_list"]["jobs"][0]["job_id"]),
        (&json!(2), &first)
    );
    caller.get(&format!("{FLINK}/jobs?show_detail=true&status=job_init")).await.ok();
    let exported = caller
        .post(
            &format!("{FLINK}/jobs/export"),
            json!({ "obs_dir": "obs://b/dir", "is_selected": false }),
        )
        .await
        .ok();
    caller.delete(&path).await.ok();
    caller.get(&path).await.error(400, "DLI.16001");
    let imported = caller
        .post(&format!("{FLINK}/jobs/import"), json!({ "zip_file": exported["zip_file"][0] }))
        .await
        .ok();
    assert_eq!(imported["job_mapping"][1]["new_job_id"], -1);
    let back = imported["job_mapping"][0]["new_job_id"].clone();
    caller.post(&format!("{FLINK}/jobs/delete"), json!({ "job_ids": [back, second] })).await.ok();
    let stream = json!({ "transaction_id": "t1", "flink_sql_parameter": { "sql_body": "x" } });
    let one = caller.post("/v2/{}/streams", stream.clone()).await.ok();
    assert_eq!(
        caller.post("/v2/{}/streams", stream).await.ok()["job"]["stream_id"],
        one["job"]["stream_id"]
    );

    let bucket = json!({ "obs_buckets": ["bucket"] });
    caller.post("/v1.0/{}/dli/obs-authorize", bucket.clone()).await.ok();
    caller.post("/v1.0/{}/dli/obs-authorize", bucket).await.error(400, "DLI.0006");

    let templates = format!("{FLINK}/job-templates");
    let created = caller.post(&templates, json!({ "name": "t", "sql_body": "select" })).await.ok();
    let template = created["template"]["template_id"].clone();
    caller.put(&format!("{templates}/{template}"), json!({ "desc": "d" })).await.ok();
    assert_eq!(caller.get(&templates).await.ok()["template_list"]["templates"][0]["desc"], "d");
    caller
        .post(&format!("{FLINK}/sql-jobs"), json!({ "name": "from", "template_id": template }))
        .await
        .ok();
    caller.delete(&format!("{templates}/{template}")).await.ok();
    caller.delete(&format!("{templates}/{template}")).await.error(400, "DLI.0002");

    let edge = "/v1/{}/edgesrv";
    caller.post(&format!("{edge}/message-channel"), json!({ "node_id": "n" })).await.ok();
    let report = json!({ "message_id": "m", "jobs": [{ "job_id": one["job"]["stream_id"], "status": "job_finish", "create_time": 1 }] });
    caller.post(&format!("{edge}/job-report"), report).await.ok();
    caller
        .until(
            &format!("{FLINK}/jobs/{}", one["job"]["stream_id"]),
            "/job_detail/status",
            "job_finish",
        )
        .await;
    caller
        .post(
            &format!("{edge}/messages"),
            json!({ "message_id": "m", "state": { "phase": "SUCCEEDED" } }),
        )
        .await
        .ok();
    let event = json!({ "data": { "event_type": "deployment", "operation": "updated", "timestamp": 1, "topic": "t", "name": "n" } });
    caller.post(&format!("{edge}/system-events"), event).await.ok();
}

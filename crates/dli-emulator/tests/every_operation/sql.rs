//! SQL jobs, their templates and rules.

use crate::common::Caller;
use crate::{JOBS, QUEUES, id, queue, script};
use serde_json::{Value, json};

pub async fn run(caller: &Caller) {
    queue(caller, "q_sql").await;
    let rows: Vec<Value> = (0..120).map(|n| json!([n, format!("n{n}")])).collect();
    script(caller, json!({ "sql": "SELECT * FROM numbers", "schema": [{ "n": "int" }, { "name": "string" }], "rows": rows })).await;
    script(caller, json!({ "contains": "show databases", "schema": [{ "databaseName": "string" }], "rows": [["default"]] })).await;
    script(caller, json!({ "sql": "select bad", "fails": "no column `bad`" })).await;
    script(
        caller,
        json!({ "sql": "select slow", "schema": [{ "a": "int" }], "rows": [], "delay_ms": 60000 }),
    )
    .await;

    let submit = format!("{JOBS}/submit-job");
    let ask = |sql: &str| json!({ "sql": sql, "queue_name": "Q_SQL", "tags": [{ "key": "k", "value": "v" }] });
    let job = caller.post(&submit, ask("select  *  from NUMBERS;")).await.ok();
    assert_eq!((&job["job_type"], &job["job_mode"]), (&json!("QUERY"), &json!("async")));
    let path = format!("{JOBS}/{}", id(&job, "job_id"));
    let status = caller.until(&format!("{path}/status"), "/status", "FINISHED").await;
    assert_eq!((&status["result_count"], &status["queue_name"]), (&json!(120), &json!("q_sql")));
    let preview = caller.get(&format!("{path}/preview")).await.ok();
    assert_eq!(
        (preview["rows"].as_array().unwrap().len(), &preview["rows"][119][0]),
        (120, &json!(119))
    );
    assert_eq!(
        caller.get(&format!("{path}/preview?page-size=3")).await.ok()["rows"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let page = caller.get(&format!("{path}?page-size=50&current-page=3")).await.ok();
    assert_eq!((page["rows"].as_array().unwrap().len(), &page["row_count"]), (20, &json!(120)));
    assert_eq!(
        caller.get(&path.replace("/jobs/", "/queues/q_sql/jobs/")).await.ok()["rows"]
            .as_array()
            .unwrap()
            .len(),
        50
    );
    caller.get(&path.replace("/jobs/", "/queues/other/jobs/")).await.error(400, "DLI.0002");
    let progress = format!("{}/progress", path.replace("v1.0", "v1").replace("/status", ""));
    assert_eq!(caller.get(&progress).await.ok()["progress"], 1.0);
    caller.get(&format!("{path}/detail")).await.ok();
    let export = json!({ "data_path": "obs://b/out", "data_type": "json" });
    caller.post(&format!("{path}/export-result"), export.clone()).await.ok();
    caller
        .post(
            &format!("{path}/export-result"),
            json!({ "data_path": "obs://b/a,b", "data_type": "json" }),
        )
        .await
        .error(400, "DLI.0001");
    caller.delete(&path).await.error(400, "DLI.0012");

    let ddl = caller.post(&submit, ask("SHOW DATABASES")).await.ok();
    assert_eq!((&ddl["job_mode"], &ddl["rows"]), (&json!("sync"), &json!([["default"]])));
    let failed = caller.post(&submit, ask("select bad")).await.ok();
    let failed = caller
        .until(&format!("{JOBS}/{}/status", id(&failed, "job_id")), "/status", "FAILED")
        .await;
    assert_eq!(failed["message"], "no column `bad`");
    let unscripted = caller.post(&submit, ask("SELECT 42")).await.ok();
    let path = format!("{JOBS}/{}", id(&unscripted, "job_id"));
    let unscripted = caller.until(&format!("{path}/status"), "/status", "FAILED").await;
    assert!(unscripted["message"].as_str().unwrap().contains("ran nothing"), "{unscripted}");
    caller.get(&format!("{path}/preview")).await.error(400, "DLI.0012");
    let unscripted = caller.post(&submit, ask("CREATE TABLE t (a int)")).await;
    assert_eq!((unscripted.status, &unscripted.body["is_success"]), (200, &json!(false)));

    let slow = id(&caller.post(&submit, ask("select slow")).await.ok(), "job_id");
    caller.delete(&format!("{QUEUES}/q_sql")).await.error(400, "DLI.0012");
    caller.delete(&format!("{JOBS}/{slow}")).await.ok();
    assert_eq!(caller.get(&format!("{JOBS}/{slow}/status")).await.ok()["status"], "CANCELLED");
    let slow = caller
        .post(&format!("{QUEUES}/q_sql/jobs/submit-job"), json!({ "sql": "select slow" }))
        .await
        .ok();
    caller.delete(&format!("{QUEUES}/q_sql/jobs/{}", id(&slow, "job_id"))).await.ok();

    assert_eq!(
        caller
            .post(&format!("{JOBS}/check-sql"), json!({ "sql": "select * from numbers" }))
            .await
            .ok()["job_type"],
        "QUERY"
    );
    caller
        .post(&format!("{JOBS}/check-sql"), json!({ "sql": "select bad" }))
        .await
        .error(400, "DLI.0005");
    caller
        .post(&format!("{JOBS}/check-sql"), json!({ "sql": "select 43" }))
        .await
        .error(400, "DLI.0007");
    let listed =
        caller.get(&format!("{JOBS}?sql_pattern=NUMBERS&job-type=QUERY&tags=k%3Dv")).await.ok();
    assert_eq!(listed["job_count"], 1);
    assert_eq!(caller.get(&format!("{JOBS}?job-status=CANCELLED")).await.ok()["job_count"], 2);
    assert_eq!(
        caller.get(&format!("{JOBS}?page-size=1")).await.ok()["jobs"].as_array().unwrap().len(),
        1
    );
    caller.get(&format!("{JOBS}?job_types=QUERY&job_types=DDL")).await.ok();
    caller
        .post(&submit, json!({ "sql": "select 1", "queue_name": "nowhere" }))
        .await
        .error(400, "DLI.0002");
    caller.put(&format!("{QUEUES}/q_sql/action"), json!({ "action": "restart" })).await.ok();
    assert!(
        caller
            .put(&format!("{QUEUES}/q_sql/action"), json!({ "action": "restart", "force": true }))
            .await
            .ok()["job_id"]
            .is_string()
    );
    caller.delete(&format!("{QUEUES}/q_sql")).await.ok();

    let templates = "/v1.0/{}/sqls";
    let template = id(
        &caller
            .post(templates, json!({ "sql_name": "t", "sql": "select 1", "group": "g" }))
            .await
            .ok(),
        "sql_id",
    );
    caller
        .post(templates, json!({ "sql_name": "t", "sql": "select 1" }))
        .await
        .error(400, "DLI.0006");
    caller.put(&format!("{templates}/{template}"), json!({ "sql": "select 2" })).await.ok();
    assert_eq!(caller.get(templates).await.ok()["sqls"][0]["sql"], "select 2");
    caller.get(&format!("{templates}/sample")).await.ok();
    caller.post("/v1.0/{}/sqls-deletion", json!({ "sql_ids": [template] })).await.ok();
    assert_eq!(caller.get(templates).await.ok()["sql_count"], 0);

    let rules = "/v1/{}/sql-defend-rules";
    let rule = |category: &str| json!({ "rule_name": "r", "rule_id": "static_0001", "category": category, "engine_rules": { "spark": { "hint": 3 } }, "queue_names": ["default"] });
    caller.post(rules, rule("dynamic")).await.error(400, "DLI.0001");
    assert_eq!(caller.post(rules, rule("static")).await.status, 201);
    let listed = caller.get(&format!("{rules}?queue_name=default")).await.ok();
    let path = format!("{rules}/{}", id(&listed["rules"][0], "rule_uuid"));
    caller.put(&path, rule("static")).await.ok();
    assert_eq!(caller.get(&path).await.ok()["rule_id"], "static_0001");
    caller.delete(&path).await.ok();
    caller.get(&path).await.error(400, "DLI.0002");
    caller.get("/v1/{}/sql-defend-sys-rules").await.ok();
    assert_eq!(
        caller.get("/v1/{}/sql-defend-sys-rules/running_0002").await.ok()["category"],
        "running"
    );
}

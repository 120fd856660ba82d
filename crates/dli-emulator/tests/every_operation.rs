//! Every operation of the description, called through dli-ext with success at least once, and the
//! lives of the objects they are about. The emulator holds each answer against the description
//! and answers 500 where it does not fit.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::Caller;
use dli_emulator::Emulator;
use serde_json::{Value, json};

const QUEUES: &str = "/v1.0/{}/queues";
const POOLS: &str = "/v3/{}/elastic-resource-pools";
const DATABASES: &str = "/v1.0/{}/databases";
const JOBS: &str = "/v1.0/{}/jobs";
const FLINK: &str = "/v1.0/{}/streaming";

async fn queue(caller: &Caller, name: &str) {
    let body =
        json!({ "queue_name": name, "queue_type": "sql", "cu_count": 16, "resource_mode": 1 });
    caller.post(QUEUES, body).await.ok();
}

async fn script(caller: &Caller, script: Value) {
    let url = format!("{}/_emulator/sql-scripts", caller.url);
    let answer = caller.http.post(url).json(&script).send().await.unwrap();
    assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
}

fn id(value: &Value, field: &str) -> String {
    value[field].as_str().map(str::to_owned).unwrap_or_else(|| value[field].to_string())
}

async fn connections(caller: &Caller) {
    let classic = "/v2.0/{}/datasource-connection";
    let body = json!({ "name": "c", "service": "DWS", "security_group_id": "s", "network_id": "n", "url": "u" });
    let path = format!("{classic}/{}", id(&caller.post(classic, body).await.ok(), "connection_id"));
    caller.get(classic).await.ok();
    caller.until(&path, "/state", "ACTIVE").await;
    caller.delete(&path).await.ok();

    let enhanced = "/v2.0/{}/datasource/enhanced-connections";
    let body =
        json!({ "name": "e", "dest_vpc_id": "v", "dest_network_id": "n", "queues": ["q_net"] });
    queue(caller, "q_net").await;
    let path =
        format!("{enhanced}/{}", id(&caller.post(enhanced, body).await.ok(), "connection_id"));
    caller.until(&path, "/status", "ACTIVE").await;
    caller.get(enhanced).await.ok();
    caller.put(&path, json!({ "hosts": [{ "name": "zk", "ip": "192.168.0.9" }] })).await.ok();
    for version in ["v2.0", "v3"] {
        let routes = format!("{}/routes", path.replace("v2.0", version));
        caller.post(&routes, json!({ "name": version, "cidr": "10.1.0.0/16" })).await.ok();
    }

    // What a queue reaches is what its connections have hosts and routes for.
    for (address, outcome) in
        [("zk:2181", "REACHABLE"), ("10.1.2.3:80", "REACHABLE"), ("10.2.0.1:80", "UNREACHABLE")]
    {
        let tests = format!("{QUEUES}/q_net/connection-test");
        let task = id(&caller.post(&tests, json!({ "address": address })).await.ok(), "task_id");
        caller.until(&format!("{tests}/{task}"), "/connectivity", outcome).await;
    }
    caller
        .post(&format!("{QUEUES}/q_net/connection-test"), json!({ "address": "nowhere" }))
        .await
        .error(400, "DLI.0001");
    caller
        .put(&format!("{QUEUES}/q_net"), json!({ "cidr_in_vpc": "10.3.0.0/16" }))
        .await
        .error(400, "DLI.0012");

    caller.put("/v1.0/{}/authorization", json!({
        "projectId": "other", "action": "grant",
        "privileges": [{ "object": format!("edsconnections.{}", path.rsplit('/').next().unwrap()), "privileges": ["BIND_QUEUE"] }],
    })).await.ok();
    let shown = caller.get(&format!("{path}/privileges")).await.ok();
    assert_eq!(shown["privileges"][0]["applicant_project_id"], "other");
    for version in ["v2.0", "v3"] {
        caller.delete(&format!("{}/routes/{version}", path.replace("v2.0", version))).await.ok();
    }
    caller.post(&format!("{path}/disassociate-queue"), json!({ "queues": ["q_net"] })).await.ok();
    caller.post(&format!("{path}/associate-queue"), json!({ "queues": ["q_net"] })).await.ok();
    caller.delete(&path).await.ok();
    caller.delete(&format!("{QUEUES}/q_net")).await.ok();
}

async fn queues(caller: &Caller) {
    queue(caller, "Q_One").await;
    caller
        .post(QUEUES, json!({ "queue_name": "q_one", "cu_count": 16 }))
        .await
        .error(400, "DLI.0006");
    caller.post(QUEUES, json!({ "queue_name": "12", "cu_count": 16 })).await.error(400, "DLI.0001");
    caller.post(QUEUES, json!({ "queue_name": "q2", "cu_count": 17 })).await.error(400, "DLI.0001");
    let path = format!("{QUEUES}/Q_ONE");
    let shown = caller.get(&path).await.ok();
    assert_eq!(
        (&shown["queueName"], &shown["cuCount"], &shown["resource_mode"]),
        (&json!("q_one"), &json!(16), &json!(1))
    );
    caller.get(&format!("{QUEUES}/nowhere")).await.error(400, "DLI.0002");

    caller
        .put(&format!("{path}/action"), json!({ "action": "scale_out", "cu_count": 16 }))
        .await
        .ok();
    for _ in 0..200 {
        if caller.get(&path).await.ok()["cuCount"] == 32 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(caller.get(&path).await.ok()["cuCount"], 32);
    caller
        .put(&format!("{path}/action"), json!({ "action": "scale_in", "cu_count": 32 }))
        .await
        .error(400, "DLI.0009");
    caller
        .put(&format!("{path}/action"), json!({ "action": "restart" }))
        .await
        .error(400, "DLI.0007");
    caller.put(&path, json!({ "cidr_in_vpc": "8.8.8.0/24" })).await.error(400, "DLI.0001");
    caller.put(&path, json!({ "cidr_in_vpc": "10.3.0.0/16" })).await.ok();

    let plans = "/v1/{}/queues/q_one/plans";
    let plan = json!({ "plan_name": "nightly", "target_cu": 64, "start_hour": 22, "start_minute": 0, "repeat_day": ["MONDAY"] });
    caller.post(plans, plan.clone()).await.ok();
    caller.post(plans, plan.clone()).await.error(400, "DLI.0006");
    let listed = caller.get(plans).await.ok();
    let plan_id = id(&listed["plans"][0], "id");
    let mut changed = plan;
    changed["target_cu"] = json!(256);
    assert_eq!(
        caller.put(&format!("{plans}/{plan_id}"), changed.clone()).await.ok()["queue_name"],
        "q_one"
    );
    assert_eq!(caller.get(plans).await.ok()["plans"][0]["target_cu"], 256);
    caller.delete(&format!("{plans}/{plan_id}")).await.ok();
    caller.delete(&format!("{plans}/{plan_id}")).await.error(400, "DLI.0002");
    caller.post(plans, changed).await.ok();
    let plan_id = caller.get(plans).await.ok()["plans"][0]["id"].clone();
    caller.post(&format!("{plans}/batch-delete"), json!({ "plan_ids": [plan_id] })).await.ok();
    assert_eq!(caller.get(plans).await.ok()["plans"], json!([]));

    let properties = "/v3/{}/queues/q_one/properties";
    caller.post(properties, json!({ "properties": { "job.maxConcurrent": 5 } })).await.ok();
    caller.put(properties, json!({ "properties": { "computeEngine.maxInstance": 3 } })).await.ok();
    let listed = caller.get(properties).await.ok();
    assert_eq!(listed["properties"][0], json!({ "key": "job.maxConcurrent", "value": "5" }));
    caller.call("DELETE", properties, Some(json!({ "keys": ["job.maxConcurrent"] }))).await.ok();
    assert_eq!(caller.get(properties).await.ok()["properties"].as_array().unwrap().len(), 1);

    queue(caller, "a_queue").await;
    let names = async |query: &str| -> Vec<Value> {
        let list = caller.get(&format!("{QUEUES}?{query}")).await.ok();
        list["queues"].as_array().unwrap().iter().map(|queue| queue["queue_name"].clone()).collect()
    };
    assert_eq!(names("").await, ["a_queue", "q_one"]);
    assert_eq!(names("order=queue_name_desc").await, ["q_one", "a_queue"]);
    assert_eq!(names("page-size=1&current-page=2").await, ["q_one"]);
    assert_eq!(names("queue_type=general").await, [""; 0]);
    assert_eq!(names("queue_type=all").await.len(), 2);

    caller.put("/v1.0/{}/queues/user-authorization", json!({
        "queue_name": "q_one", "user_name": "ann", "action": "grant", "privileges": ["SUBMIT_JOB"],
    })).await.ok();
    let users = caller.get(&format!("{path}/users")).await.ok();
    assert_eq!(
        users["privileges"][1],
        json!({ "is_admin": false, "user_name": "ann", "privileges": ["SUBMIT_JOB"] })
    );
    caller.delete(&format!("{QUEUES}/a_queue")).await.ok();
    caller.delete(&path).await.ok();
    caller.delete(&path).await.error(400, "DLI.0002");
}

async fn pools(caller: &Caller) {
    let body = json!({ "elastic_resource_pool_name": "Pool", "min_cu": 64, "max_cu": 128 });
    assert_eq!(caller.post(POOLS, body.clone()).await.ok()["elastic_resource_pool_name"], "pool");
    caller.post(POOLS, body).await.error(400, "DLI.0006");
    caller
        .post(POOLS, json!({ "elastic_resource_pool_name": "p2", "min_cu": 16, "max_cu": 64 }))
        .await
        .error(400, "DLI.0001");
    let basic = json!({ "elastic_resource_pool_name": "p2", "min_cu": 16, "max_cu": 64, "label": { "spec": "basic" } });
    caller.post(POOLS, basic).await.ok();
    caller
        .until(&format!("{POOLS}?name=pool"), "/elastic_resource_pools/0/status", "AVAILABLE")
        .await;
    caller
        .until(&format!("{POOLS}?name=p2"), "/elastic_resource_pools/0/status", "AVAILABLE")
        .await;
    assert_eq!(caller.get(&format!("{POOLS}?limit=1")).await.ok()["count"], 2);

    caller.put(&format!("{POOLS}/pool"), json!({ "min_cu": 96, "max_cu": 256 })).await.ok();
    caller
        .until(&format!("{POOLS}?name=pool"), "/elastic_resource_pools/0/status", "AVAILABLE")
        .await;
    tokio::time::sleep(Duration::from_millis(130)).await;
    let records = caller.get(&format!("{POOLS}/pool/scale-records")).await.ok();
    assert_eq!(
        (&records["items"][0]["origin_cu"], &records["items"][0]["target_cu"]),
        (&json!(64), &json!(96))
    );

    queue(caller, "q_pool").await;
    caller.post(&format!("{POOLS}/pool/queues"), json!({ "queue_name": "q_pool" })).await.ok();
    caller
        .post(&format!("{POOLS}/pool/queues"), json!({ "queue_name": "q_pool" }))
        .await
        .error(400, "DLI.0006");
    caller
        .post(&format!("{POOLS}/pool/queues"), json!({ "queue_name": "nowhere" }))
        .await
        .error(400, "DLI.0002");
    let day = json!({ "priority": 1, "impact_start_time": "00:00", "impact_stop_time": "24:00", "min_cu": 16, "max_cu": 64 });
    let noon = json!({ "priority": 2, "impact_start_time": "11:00", "impact_stop_time": "13:00", "min_cu": 16, "max_cu": 64 });
    let policies = format!("{POOLS}/pool/queues/q_pool");
    caller.put(&policies, json!({ "queue_scaling_policies": [noon] })).await.error(400, "DLI.0001");
    caller.put(&policies, json!({ "queue_scaling_policies": [day, noon] })).await.ok();
    let listed = caller.get(&format!("{POOLS}/pool/queues")).await.ok();
    assert_eq!(listed["queues"][0]["queue_scaling_policies"].as_array().unwrap().len(), 2);
    caller.delete(&format!("{POOLS}/pool")).await.error(400, "DLI.0012");
    caller.delete(&format!("{QUEUES}/q_pool")).await.ok();
    caller.delete(&format!("{POOLS}/pool")).await.ok();
    caller.delete(&format!("{POOLS}/p2")).await.ok();

    let order = json!({
        "elastic_resource_pool_name": "paid", "min_cu": 64, "max_cu": 128, "charging_mode": 2, "period_type": "month",
    });
    assert!(
        caller.post("/v3/{}/orders/elastic-resource-pools", order).await.ok()["order_id"]
            .is_string()
    );
    caller
        .until(&format!("{POOLS}?name=paid"), "/elastic_resource_pools/0/status", "AVAILABLE")
        .await;
    let change = json!({ "elastic_resource_pool_name": "paid", "target_cu": 96 });
    caller.post("/v3/{}/orders/elastic-resource-pools/specification-change", change).await.ok();
}

async fn data(caller: &Caller) {
    let body = json!({ "database_name": "DB1", "description": "for tests", "tags": [{ "key": "env", "value": "test" }] });
    caller.post(DATABASES, body.clone()).await.ok();
    caller.post(DATABASES, body).await.error(400, "DLI.0006");
    caller.post(DATABASES, json!({ "database_name": "default" })).await.error(400, "DLI.0006");
    caller.post(DATABASES, json!({ "database_name": "_x" })).await.error(400, "DLI.0001");
    let listed = caller.get(&format!("{DATABASES}?keyword=db&tags=env%3Dte")).await.ok();
    assert_eq!(
        (&listed["database_count"], &listed["databases"][0]["database_name"]),
        (&json!(1), &json!("db1"))
    );
    caller.put(&format!("{DATABASES}/db1/owner"), json!({ "new_owner": "bob" })).await.ok();
    assert_eq!(caller.get(DATABASES).await.ok()["databases"][0]["owner"], "bob");

    let tables = format!("{DATABASES}/db1/tables");
    let column = |name: &str, partition: bool| json!({ "column_name": name, "type": "string", "is_partition_column": partition });
    caller.post(&tables, json!({ "table_name": "T_Dli", "data_location": "DLI", "columns": [column("a", false)] })).await.ok();
    caller.post(&tables, json!({ "table_name": "t_dli", "data_location": "DLI", "columns": [column("a", false)] })).await.error(400, "DLI.0006");
    caller
        .post(
            &tables,
            json!({ "table_name": "bad", "data_location": "DLI", "columns": [column("p", true)] }),
        )
        .await
        .error(400, "DLI.0001");
    caller
        .post(
            &tables,
            json!({ "table_name": "bad", "data_location": "OBS", "columns": [column("a", false)] }),
        )
        .await
        .error(400, "DLI.0001");
    caller.post(&tables, json!({
        "table_name": "t_obs", "data_location": "OBS", "data_type": "csv", "data_path": "obs://bucket/folder",
        "with_column_header": true, "columns": [column("a", false), column("p", true)],
    })).await.ok();
    caller
        .post(
            &tables,
            json!({ "table_name": "v", "data_location": "VIEW", "select_statement": "SELECT 1" }),
        )
        .await
        .ok();
    assert_eq!(caller.get(&tables).await.ok()["table_count"], 3);
    assert_eq!(
        caller.get(&format!("{tables}?table-type=VIRTUAL_VIEW")).await.ok()["tables"][0]["table_name"],
        "v"
    );
    assert_eq!(
        caller.get(&format!("{tables}?page-size=2&current-page=2")).await.ok()["tables"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let detailed = caller.get(&format!("{DATABASES}/db1?with-detail=true")).await.ok();
    assert_eq!(detailed["tables"][1]["partition_columns"], json!(["p"]));
    let shown = caller.get(&format!("{tables}/t_obs")).await.ok();
    assert_eq!(
        (&shown["column_count"], &shown["data_location"]),
        (&json!(2), &json!("obs://bucket/folder"))
    );
    caller.get(&format!("{tables}/nowhere")).await.error(400, "DLI.0002");
    caller.put(&format!("{tables}/t_obs/owner"), json!({ "new_owner": "bob" })).await.ok();
    assert_eq!(
        caller.get(&format!("{tables}/t_obs/partitions")).await.ok()["partitions"]["total_count"],
        0
    );
    caller.get(&format!("{tables}/t_dli/partitions")).await.error(400, "DLI.0007");
    assert_eq!(
        caller.get(&format!("{tables}/t_dli/preview")).await.ok()["schema"],
        json!([{ "a": "string" }])
    );
    caller.get(&format!("{tables}/t_obs/preview")).await.error(400, "DLI.0007");

    caller.put("/v1.0/{}/user-authorization", json!({
        "user_name": "ann", "action": "grant",
        "privileges": [
            { "object": "databases.db1", "privileges": ["CREATE_TABLE"] },
            { "object": "databases.db1.tables.t_dli", "privileges": ["SELECT", "DROP_TABLE"] },
            { "object": "databases.db1.tables.t_dli.columns.a", "privileges": ["SELECT"] },
        ],
    })).await.ok();
    caller.put("/v1.0/{}/authorization", json!({
        "user_name": "ann", "action": "revoke",
        "privileges": [{ "object": "databases.db1.tables.t_dli", "privileges": ["DROP_TABLE"] }],
    })).await.ok();
    assert_eq!(
        caller.get(&format!("{DATABASES}/db1/users")).await.ok()["privileges"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        caller.get(&format!("{tables}/t_dli/users")).await.ok()["privileges"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let own = caller.get(&format!("{tables}/t_dli/users/ann")).await.ok();
    assert_eq!(own["privileges"][0]["privileges"], json!(["SELECT"]));
    let on = caller
        .get("/v1.0/{}/authorization/privileges?object=databases.db1.tables.t_dli")
        .await
        .ok();
    assert_eq!((&on["object_type"], &on["count"]), (&json!("table"), &json!(1)));

    let masks = "/v1/{}/data-mask-strategy";
    let mask = |column: &str| {
        json!({
            "name": "m", "database_name": "db1", "table_name": "t_dli", "rules": [{ "column_name": column, "rule_id": "hash" }],
        })
    };
    caller.post(masks, mask("nowhere")).await.error(400, "DLI.0002");
    let mask = id(&caller.post(masks, mask("a")).await.ok(), "strategy_id");
    caller
        .put(
            &format!("{masks}/user-authorization"),
            json!({ "white_list": [{ "strategy_id": mask, "user_ids": ["u"] }] }),
        )
        .await
        .ok();
    assert_eq!(
        caller.get(&format!("{masks}?table_name=t_dli")).await.ok()["strategies"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    caller.delete(&format!("{masks}/{mask}")).await.ok();

    let moved = json!({ "database_name": "db1", "table_name": "t_dli", "data_type": "csv", "data_path": "obs://b/f", "compress": "none" });
    let job = id(&caller.post(&format!("{JOBS}/import-table"), moved.clone()).await.ok(), "job_id");
    let failed = caller.until(&format!("{JOBS}/{job}/status"), "/status", "FAILED").await;
    assert!(failed["message"].as_str().unwrap().contains("no SQL engine"));
    assert_eq!(caller.get(&format!("{JOBS}/{job}/detail")).await.ok()["data_path"], "obs://b/f");
    script(caller, json!({ "contains": "EXPORT TABLE db1.t_dli", "job_type": "EXPORT" })).await;
    let job = id(&caller.post(&format!("{JOBS}/export-table"), moved).await.ok(), "job_id");
    caller.until(&format!("{JOBS}/{job}/status"), "/status", "FINISHED").await;

    let upload = json!({ "queue_name": "default", "db_name": "db1", "table_name": "t_dli", "data_type": "csv" });
    let job = id(&caller.post("/v2/{}/uploader/create", upload).await.ok(), "job_id");
    caller.post("/v1.0/{}/uploader/authentication", json!({ "job_id": job })).await.ok();
    let commit = json!({ "job_id": job, "part_tags": [{ "part_number": "1", "tag": "d41d" }] });
    let import = id(&caller.post("/v2/{}/uploader/commit", commit.clone()).await.ok(), "job_id");
    caller.get(&format!("{JOBS}/{import}/status")).await.ok();
    caller.post("/v2/{}/uploader/commit", commit).await.error(400, "DLI.0012");

    caller.delete(&format!("{DATABASES}/db1")).await.error(400, "DLI.0012");
    caller.delete(&format!("{tables}/v")).await.ok();
    let deleted = caller.delete(&format!("{DATABASES}/db1?cascade=true&async=true")).await.ok();
    caller.until(&format!("{JOBS}/{}/status", id(&deleted, "job_id")), "/status", "FINISHED").await;
    caller.get(&tables).await.error(400, "DLI.0002");
}

async fn sql(caller: &Caller) {
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
    assert_eq!(
        caller.get(&path.replace("v1.0", "v1").replace("/status", "").add("/progress")).await.ok()
            ["progress"],
        1.0
    );
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

async fn spark(caller: &Caller) {
    queue(caller, "q_spark").await;
    let batches = "/v2.0/{}/batches";
    let body = json!({ "file": "app.jar", "class_name": "Main", "queue": "q_spark", "name": "job", "numExecutors": 2 });
    let job = caller.post(batches, body.clone()).await;
    assert_eq!(job.status, 201);
    let path = format!("{batches}/{}", id(&job.ok(), "id"));
    caller.until(&format!("{path}/state"), "/state", "success").await;
    let shown = caller.get(&path).await.ok();
    assert!(shown["log"][0].as_str().unwrap().contains("is not run"), "{shown}");
    assert_eq!(
        serde_json::from_str::<Value>(shown["req_body"].as_str().unwrap()).unwrap()["className"],
        "Main"
    );
    let log = caller.get(&format!("{path}/log?from=1&size=2")).await.ok();
    assert_eq!((log["log"].as_array().unwrap().len(), &log["from"]), (2, &json!(1)));
    caller.delete(&path).await.error(400, "DLI.0012");
    let other = id(&caller.post(batches, body).await.ok(), "id");
    caller.delete(&format!("{batches}/{other}")).await.ok();
    assert_eq!(caller.get(&format!("{batches}/{other}/state")).await.ok()["state"], "dead");
    assert_eq!(caller.get(&format!("{batches}?size=1&queue_name=q_spark")).await.ok()["total"], 2);
    caller.delete(&format!("{QUEUES}/q_spark")).await.ok();

    let templates = "/v3/{}/templates";
    let template =
        json!({ "type": "SPARK", "name": "t", "body": r#"{"file":"a.jar","className":"M"}"# });
    let template = id(&caller.post(templates, template).await.ok(), "id");
    caller
        .post(templates, json!({ "type": "SPARK", "name": "u", "body": "no JSON" }))
        .await
        .error(400, "DLI.0001");
    caller
        .put(
            &format!("{templates}/{template}"),
            json!({ "name": "t", "body": r#"{"file":"b.jar"}"# }),
        )
        .await
        .ok();
    assert_eq!(caller.get(&format!("{templates}/{template}")).await.ok()["body"]["file"], "b.jar");
    assert_eq!(caller.get(&format!("{templates}?type=spark")).await.ok()["count"], 1);

    let sessions = "/v2.0/{}/sessions";
    let path = format!(
        "{sessions}/{}",
        id(&caller.post(sessions, json!({ "kind": "spark", "name": "s" })).await.ok(), "id")
    );
    caller.until(&format!("{path}/state"), "/state", "idle").await;
    assert_eq!(caller.get(sessions).await.ok()["total"], 1);
    caller.get(&path).await.ok();
    caller.get(&format!("{path}/log")).await.ok();
    let statements = format!("{path}/statements");
    caller.post(&statements, json!({ "code": "1 + 1" })).await.ok();
    let shown = caller.until(&format!("{statements}/0"), "/state", "available").await;
    assert!(shown["output"]["data"]["text/plain"].as_str().unwrap().contains("not run"));
    caller.post(&statements, json!({ "code": "2" })).await.ok();
    caller.call("POST", &format!("{statements}/1/cancel"), None).await.ok();
    assert_eq!(caller.get(&statements).await.ok()["total_statements"], 2);
    assert_eq!(caller.delete(&path).await.ok()["msg"], "deleted");
    caller.post(&statements, json!({ "code": "3" })).await.error(400, "DLI.0012");

    let resources = "/v2.0/{}/resources";
    let upload = json!({ "paths": ["obs://b/x/a.jar", "https://b.obs/b.jar"], "kind": "jar", "group": "g", "is_async": true });
    let uploaded = caller.post(resources, upload).await.ok();
    assert_eq!(
        (&uploaded["status"], &uploaded["resources"]),
        (&json!("UPLOADING"), &json!(["a.jar", "b.jar"]))
    );
    caller.until(&format!("{resources}/a.jar?group=g"), "/status", "READY").await;
    for (kind, group) in [("jars", "g1"), ("pyfiles", "g2"), ("files", "g3")] {
        caller
            .post(
                &format!("{resources}/{kind}"),
                json!({ "paths": ["obs://b/f.zip"], "group": group }),
            )
            .await
            .ok();
    }
    assert_eq!(caller.get(&format!("{resources}?kind=jar")).await.ok()["total"], 3);
    caller
        .put(&format!("{resources}/owner"), json!({ "group_name": "g", "new_owner": "someone" }))
        .await
        .ok();
    caller
        .put(
            &format!("{resources}/owner"),
            json!({ "group_name": "nowhere", "new_owner": "someone" }),
        )
        .await
        .error(404, "DLI.0023");
    caller.delete(&format!("{resources}/a.jar?group=g")).await.ok();
    caller.delete(&format!("{resources}/a.jar?group=g")).await.error(404, "DLI.0023");
}

async fn flink(caller: &Caller) {
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

async fn rest(caller: &Caller) {
    caller.post("/v2/{}/agency", json!({ "roles": ["obs_adm"] })).await.ok();
    assert_eq!(caller.get("/v2/{}/agency").await.ok()["current_roles"], json!(["obs_adm"]));

    let catalogs = "/v3/{}/catalogs";
    let bind = json!({ "action": "bind", "name": "c", "parameters": { "type": "lakeformation", "externalCatalog": "x" } });
    caller.post(&format!("{catalogs}/action"), bind.clone()).await.ok();
    caller.until(&format!("{catalogs}/c"), "/status", "ACTIVE").await;
    assert_eq!(caller.get(&format!("{catalogs}?limit=1")).await.ok()["total_count"], 1);
    let mut unbind = bind;
    unbind["action"] = json!("unbind");
    caller.post(&format!("{catalogs}/action"), unbind).await.ok();
    caller.get(&format!("{catalogs}/c")).await.error(400, "DLI.0002");

    let clusters = "/v2.0/{}/clusters";
    let created = caller.post(clusters, json!({ "cluster_name": "cl", "cu_count": 16 })).await;
    assert_eq!((created.status, created.body), (201, Value::Null), "no body is documented");
    caller.until(&format!("{clusters}/cl"), "/status", "AVAILABLE").await;
    assert_eq!(caller.get(clusters).await.ok()["clusters"].as_array().unwrap().len(), 1);
    assert_eq!(caller.delete(&format!("{clusters}/cl")).await.status, 200);

    for version in ["v2.0", "v3"] {
        let infos = format!("/{version}/{{}}/datasource/auth-infos");
        let info = json!({ "auth_info_name": version, "datasource_type": "passwd", "user_name": "u", "password": "secret" });
        caller.post(&infos, info.clone()).await.ok();
        caller.post(&infos, info).await.error(400, "DLI.0006");
        caller.put(&infos, json!({ "auth_info_name": version, "user_name": "w" })).await.ok();
        let listed = caller.get(&infos).await.ok();
        assert_eq!(listed["auth_infos"][0]["user_name"], "w");
        assert!(!listed.to_string().contains("secret"));
        caller.delete(&format!("{infos}/{version}")).await.ok();
    }

    let variables = "/v1.0/{}/variables";
    caller.post(variables, json!({ "var_name": "v", "var_value": "1" })).await.ok();
    caller
        .post(variables, json!({ "var_name": "v", "var_value": "1" }))
        .await
        .error(400, "DLI.0999");
    caller.put(&format!("{variables}/v"), json!({ "var_value": "2" })).await.ok();
    assert_eq!(caller.get(variables).await.ok()["global_vars"][0]["var_value"], "2");
    caller.delete(&format!("{variables}/v")).await.ok();
    caller.get("/v3/{}/quotas").await.ok();

    queue(caller, "q_tags").await;
    let tags = "/v3/{}/dli_queue/q_tags/tags";
    caller
        .post(
            &format!("{tags}/create"),
            json!({ "tags": [{ "key": "k", "value": "v" }, { "key": "l", "value": "w" }] }),
        )
        .await
        .ok();
    caller
        .post(&format!("{tags}/delete"), json!({ "tags": [{ "key": "l", "value": "w" }] }))
        .await
        .ok();
    assert_eq!(caller.get(tags).await.ok()["tags"], json!([{ "key": "k", "value": "v" }]));
    assert_eq!(caller.get("/v3/{}/dli_queue/tags").await.ok()["tags"][0]["values"], json!(["v"]));
    let filter = json!({ "tags": [{ "key": "k", "values": ["v"] }] });
    assert_eq!(
        caller.post("/v3/{}/dli_queue/resource-instances/filter", filter.clone()).await.ok()["total_count"],
        1
    );
    assert_eq!(
        caller.post("/v3/{}/dli_queue/resource-instances/count", filter).await.ok()["total_count"],
        1
    );
    caller.get("/v3/{}/mars_rover/tags").await.error(400, "DLI.0001");
    caller.delete(&format!("{QUEUES}/q_tags")).await.ok();
}

trait Add {
    fn add(self, more: &str) -> String;
}

impl Add for String {
    fn add(mut self, more: &str) -> String {
        self.push_str(more);
        self
    }
}

async fn control(caller: &Caller, path: &str) -> Value {
    caller
        .http
        .get(format!("{}/_emulator/{path}", caller.url))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

#[tokio::test]
async fn every_operation_is_answered_as_described() {
    let emulator = Emulator::builder().delay(Duration::from_millis(120)).start().await.unwrap();
    let caller = Caller::through_the_client(&emulator);
    let mut answered = BTreeSet::new();
    macro_rules! run {
        ($($family:ident)*) => {$(
            $family(&caller).await;
            let log = control(&caller, "log").await;
            for entry in log["requests"].as_array().unwrap() {
                assert_ne!(entry["status"].as_u64().unwrap() / 100, 5, "{entry}");
                if entry["status"].as_u64().unwrap() < 300 {
                    answered.insert(entry["operation"].as_str().unwrap().to_owned());
                }
            }
        )*};
    }
    run!(connections queues pools data sql spark flink rest);
    let operations = control(&caller, "operations").await;
    let operations = operations["operations"].as_array().unwrap();
    let missing: Vec<&str> = operations
        .iter()
        .map(|operation| operation["id"].as_str().unwrap())
        .filter(|id| !answered.contains(*id))
        .collect();
    assert_eq!(missing, [""; 0]);
    println!("{} operations answered as described", operations.len());
}

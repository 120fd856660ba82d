//! Databases, tables, partitions, and who may use them.

use crate::common::Caller;
use crate::{DATABASES, JOBS, id, script};
use serde_json::json;

pub async fn run(caller: &Caller) {
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

//! Operations of the API beside SQL: exports, imports, previews, checks, partitions.

use std::time::Duration;

use serde_json::{Value, json};

use crate::common::Caller;
use crate::scene::Scene;

impl Scene {
    /// Calls an operation of the API and returns the body of its success.
    async fn call(&self, method: &str, path: &str, body: Value) -> Value {
        let body = (!body.is_null()).then_some(body);
        Caller::of(&self.emulator).call(method, &format!("/v1.0/{{}}{path}"), body).await.ok()
    }

    async fn finished(&self, answer: &Value) {
        let id = answer["job_id"].as_str().expect("a job").to_owned();
        let job = self.dli.sql_job(id);
        tokio::time::timeout(Duration::from_secs(60), job.wait().into_future())
            .await
            .expect("in time")
            .expect("a job that finishes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_and_results_are_exported_and_imported() {
    let scene = Scene::new().await;
    scene.done("CREATE TABLE source (id INT, note STRING)").await;
    scene.done("INSERT INTO source VALUES (1, 'a;b'), (2, null)").await;
    let export = json!({
        "data_path": "obs://out/table", "data_type": "csv", "database_name": "default",
        "table_name": "source", "compress": "none", "with_column_header": true,
    });
    let answer = scene.call("POST", "/jobs/export-table", export.clone()).await;
    scene.finished(&answer).await;
    scene.done("CREATE TABLE target (id INT, note STRING)").await;
    let import = json!({
        "data_path": "obs://out/table", "data_type": "csv", "database_name": "default",
        "table_name": "target", "with_column_header": true,
    });
    let answer = scene.call("POST", "/jobs/import-table", import).await;
    scene.finished(&answer).await;
    assert_eq!(
        scene.rows("SELECT * FROM target ORDER BY id").await,
        [vec![json!(1), json!("a;b")], vec![json!(2), json!(null)]]
    );
    // The path is taken now.
    let again = scene.call("POST", "/jobs/export-table", export).await;
    let job = scene.dli.sql_job(again["job_id"].as_str().unwrap().to_owned());
    assert!(job.wait().await.expect_err("a taken path").message().contains("there already"));

    let results = scene.run("SELECT id AS a, id AS a, note FROM source ORDER BY id").await.unwrap();
    let path = format!("/jobs/{}/export-result", results.job().id());
    let body = json!({ "data_path": "obs://out/result", "data_type": "json", "compress": "none" });
    let answer = scene.call("POST", &path, body).await;
    scene.finished(&answer).await;
    let folder = scene.emulator.buckets().unwrap().join("out/result");
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("a;b"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_the_api_and_of_sql_are_the_same_tables() {
    let scene = Scene::new().await;
    let table = json!({
        "table_name": "Made_By_Api", "data_location": "OBS", "data_type": "csv",
        "data_path": "obs://lake/api", "with_column_header": true, "delimiter": ";",
        "columns": [
            { "column_name": "id", "type": "int", "is_partition_column": false },
            { "column_name": "dt", "type": "string", "is_partition_column": true },
        ],
    });
    scene.call("POST", "/databases/default/tables", table).await;
    scene.done("INSERT INTO made_by_api PARTITION (dt = 'x') VALUES (7)").await;
    let partitions =
        scene.call("GET", "/databases/default/tables/made_by_api/partitions", json!(null)).await;
    assert_eq!(partitions["partitions"]["partition_infos"][0]["partition_name"], "dt=x");
    let preview =
        scene.call("GET", "/databases/default/tables/made_by_api/preview", json!(null)).await;
    assert_eq!(preview["rows"], json!([[7, "x"]]));
    // Nobody reads it again: nothing is left in the job bucket.
    let job_bucket = scene.emulator.buckets().unwrap().join("dli-jobs");
    assert!(!job_bucket.exists(), "{:?}", std::fs::read_dir(job_bucket.join("dli/jobs")));
    let checked = scene.dli.sql("SELECT nothing FROM made_by_api").check().await;
    assert!(checked.expect_err("a wrong column").code().is_some_and(|code| *code == *"DLI.0005"));
    scene.dli.sql("SELECT id FROM made_by_api").check().await.expect("a valid statement");
    scene.call("DELETE", "/databases/default/tables/made_by_api", json!(null)).await;
    scene.run("SELECT * FROM made_by_api").await.expect_err("no table");
    // The data of an OBS table stay.
    assert!(scene.emulator.buckets().unwrap().join("lake/api/dt=x").is_dir());
}

//! Spark batches, sessions and statements, packages.

use crate::common::Caller;
use crate::{QUEUES, id, queue};
use serde_json::{Value, json};

pub async fn run(caller: &Caller) {
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

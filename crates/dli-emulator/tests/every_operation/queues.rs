//! Queues: scaling, properties, plans, users.

use crate::common::Caller;
use crate::{QUEUES, id, queue};
use serde_json::{Value, json};
use std::time::Duration;

pub async fn run(caller: &Caller) {
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

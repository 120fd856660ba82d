//! Elastic resource pools, their queues and orders.

use crate::common::Caller;
use crate::{POOLS, QUEUES, queue};
use serde_json::json;
use std::time::Duration;

pub async fn run(caller: &Caller) {
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

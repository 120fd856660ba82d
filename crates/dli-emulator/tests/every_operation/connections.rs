//! Datasource connections of both kinds, what queues reach over them, their privileges.

use crate::common::Caller;
use crate::{QUEUES, id, queue};
use serde_json::json;

pub async fn run(caller: &Caller) {
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

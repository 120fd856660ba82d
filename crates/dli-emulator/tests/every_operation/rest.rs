//! What no other file has: variables, tags, auth infos, catalogs, clusters, the edge.

use crate::common::Caller;
use crate::{QUEUES, queue};
use serde_json::{Value, json};

pub async fn run(caller: &Caller) {
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

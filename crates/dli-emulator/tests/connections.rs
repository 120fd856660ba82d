//! Both families of datasource connections, over real sockets.

mod common;

use std::time::Duration;

use common::Caller;
use dli_emulator::Emulator;
use serde_json::{Value, json};

const CLASSIC: &str = "/v2.0/{}/datasource-connection";
const ENHANCED: &str = "/v2.0/{}/datasource/enhanced-connections";

async fn quick() -> (Emulator, Caller) {
    let emulator = Emulator::builder().delay(Duration::from_millis(120)).start().await.unwrap();
    let caller = Caller::of(&emulator);
    (emulator, caller)
}

fn enhanced(name: &str) -> Value {
    json!({ "name": name, "dest_vpc_id": "vpc-1", "dest_network_id": "net-1" })
}

#[tokio::test]
async fn a_basic_connection_becomes_active_and_is_deleted() {
    let (_emulator, caller) = quick().await;
    let body = json!({
        "name": "c1", "service": "cloudtable", "security_group_id": "sg", "network_id": "net",
        "url": "zk1:2181"
    });
    let created = caller.post(CLASSIC, body.clone()).await;
    assert_eq!(created.status, 201);
    let created = created.ok();
    let path = format!("{CLASSIC}/{}", created["connection_id"].as_str().unwrap());
    caller.post(CLASSIC, body).await.error(400, "DLI.0006");
    let shown = caller.until(&path, "/state", "ACTIVE").await;
    assert_eq!(shown["service"], "CloudTable");
    assert_eq!(shown["process"], 1.0);
    assert_eq!(shown["destination"], "zk1:2181");
    assert_eq!(caller.get(CLASSIC).await.ok()["count"], 1);
    caller.delete(&path).await.ok();
    assert_eq!(caller.get(&path).await.ok()["state"], "DELETED");
    caller.delete(&path).await.error(400, "DLI.0002");
    caller.get(&format!("{CLASSIC}/nowhere")).await.error(400, "DLI.0002");
}

#[tokio::test]
async fn an_enhanced_connection_goes_through_its_life() {
    let (_emulator, caller) = quick().await;
    let mut body = enhanced("e1");
    body["queues"] = json!(["Q1"]);
    body["tags"] = json!([{ "key": "team", "value": "a" }]);
    let created = caller.post(ENHANCED, body).await;
    assert_eq!(created.status, 201);
    let path = format!("{ENHANCED}/{}", created.ok()["connection_id"].as_str().unwrap());
    let shown = caller.until(&path, "/available_queue_info/0/status", "ACTIVE").await;
    assert_eq!(shown["status"], "ACTIVE");
    assert_eq!(shown["available_queue_info"][0]["name"], "q1");

    caller.post(&format!("{path}/associate-queue"), json!({ "queues": ["q2"] })).await.ok();
    assert_eq!(caller.get(&path).await.ok()["available_queue_info"][1]["status"], "CREATING");
    caller.until(&path, "/available_queue_info/1/status", "ACTIVE").await;
    let nothing = caller.post(&format!("{path}/associate-queue"), json!({})).await;
    assert!(nothing.error(400, "DLI.0001").contains("queues"));
    caller
        .post(&format!("{path}/associate-queue"), json!({ "queues": ["default"] }))
        .await
        .error(400, "DLI.0007");
    caller.post(&format!("{path}/disassociate-queue"), json!({ "queues": ["q1"] })).await.ok();
    caller
        .post(&format!("{path}/disassociate-queue"), json!({ "queues": ["q1"] }))
        .await
        .error(400, "DLI.0002");

    caller.put(&path, json!({ "hosts": [{ "name": "ecs", "ip": "192.168.0.1" }] })).await.ok();
    assert_eq!(caller.get(&path).await.ok()["hosts"][0]["name"], "ecs");
    let wrong = caller.put(&path, json!({ "hosts": [{ "name": "ecs", "ip": "nowhere" }] })).await;
    assert!(wrong.error(400, "DLI.0001").contains("hosts[0].ip"));

    for version in ["v2.0", "v3"] {
        let routes = format!("{}/routes", path.replace("v2.0", version));
        let route = json!({ "name": version, "cidr": "10.0.0.0/8" });
        caller.post(&routes, route.clone()).await.ok();
        caller.post(&routes, route).await.error(400, "DLI.0006");
        caller.delete(&format!("{routes}/{version}")).await.ok();
        caller.delete(&format!("{routes}/{version}")).await.error(400, "DLI.0002");
    }
    let wrong =
        caller.post(&format!("{path}/routes"), json!({ "name": "r", "cidr": "10.0.0.0/99" })).await;
    assert!(wrong.error(400, "DLI.0001").contains("CIDR"));
    assert_eq!(caller.get(&format!("{path}/privileges")).await.ok()["privileges"], json!([]));

    assert_eq!(caller.get(&format!("{ENHANCED}?tags=team%3Da")).await.ok()["count"], 1);
    assert_eq!(caller.get(&format!("{ENHANCED}?tags=team%3Db")).await.ok()["count"], 0);
    caller.delete(&path).await.ok();
    assert_eq!(caller.get(&path).await.ok()["status"], "DELETED");
    assert_eq!(caller.get(ENHANCED).await.ok()["count"], 0);
    assert_eq!(caller.get(&format!("{ENHANCED}?status=deleted")).await.ok()["count"], 1);
    caller.delete(&path).await.error(400, "DLI.0002");
}

#[tokio::test]
async fn a_connection_that_is_being_created_cannot_be_deleted_or_bound() {
    let emulator = Emulator::builder()
        .delay_of("enhanced_connections", Duration::from_secs(60))
        .start()
        .await
        .unwrap();
    let caller = Caller::of(&emulator);
    let created = caller.post(ENHANCED, enhanced("slow")).await.ok();
    let path = format!("{ENHANCED}/{}", created["connection_id"].as_str().unwrap());
    assert_eq!(caller.get(&path).await.ok()["status"], "CREATING");
    caller.delete(&path).await.error(400, "DLI.0012");
    caller
        .post(&format!("{path}/associate-queue"), json!({ "queues": ["q"] }))
        .await
        .error(400, "DLI.0012");
}

#[tokio::test]
async fn lists_are_paged_as_described() {
    let (_emulator, caller) = quick().await;
    for n in 0..5 {
        caller.post(ENHANCED, enhanced(&format!("c{n}"))).await.ok();
    }
    let names = async |query: &str| {
        let list = caller.get(&format!("{ENHANCED}?{query}")).await.ok();
        let names: Vec<_> = list["connections"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["name"].as_str().unwrap().to_owned())
            .collect();
        names.join(" ")
    };
    assert_eq!(names("limit=2").await, "c0 c1");
    assert_eq!(names("limit=2&offset=3").await, "c3 c4");
    assert_eq!(names("limit=0").await, "c0 c1 c2 c3 c4");
    assert_eq!(names("limit=2&offset=99").await, "");
    assert_eq!(names("name=c3").await, "c3");
    let wrong = caller.get(&format!("{ENHANCED}?limit=two")).await;
    assert!(wrong.error(400, "DLI.0001").contains("limit"));
    caller.get(&format!("{ENHANCED}?limit=-1")).await.error(400, "DLI.0001");
}

#[tokio::test]
async fn what_a_request_lacks_is_named() {
    let (_emulator, caller) = quick().await;
    let message = |mut body: Value, field: &str, value: Value| {
        body[field] = value;
        async { caller.post(ENHANCED, body).await.error(400, "DLI.0001") }
    };
    assert!(message(enhanced("x"), "name", json!("not allowed!")).await.contains("`name`"));
    assert!(message(enhanced("x"), "name", json!(7)).await.contains("`name`"));
    assert!(message(enhanced("x"), "queues", json!("q")).await.contains("`queues`"));
    assert!(message(enhanced("x"), "queues", json!(["q", 1])).await.contains("`queues[1]`"));
    assert!(
        message(enhanced("x"), "hosts", json!([{ "name": "1" }])).await.contains("`hosts[0].name`")
    );
    let missing = caller.post(ENHANCED, json!({ "name": "x" })).await.error(400, "DLI.0001");
    assert!(missing.contains("dest_vpc_id"), "{missing}");
    let mut nulls = enhanced("nulls");
    nulls["queues"] = Value::Null;
    caller.post(ENHANCED, nulls).await.ok();
    let empty = caller.call("POST", ENHANCED, None).await.error(400, "DLI.0001");
    assert!(empty.contains("no body"), "{empty}");
}

#[tokio::test]
async fn a_failure_that_was_asked_for_shows_in_every_state() {
    let emulator = Emulator::builder()
        .delay(Duration::from_millis(5))
        .fault(
            "create_enhanced_connection:fail-job=no route to the VPC*1"
                .parse::<dli_emulator::Fault>()
                .unwrap(),
        )
        .start()
        .await
        .unwrap();
    let caller = Caller::of(&emulator);
    let mut body = enhanced("f");
    body["queues"] = json!(["q"]);
    let created = caller.post(ENHANCED, body).await.ok();
    let path = format!("{ENHANCED}/{}", created["connection_id"].as_str().unwrap());
    let shown = caller.until(&path, "/status", "FAILED").await;
    assert_eq!(shown["available_queue_info"][0]["err_msg"], "no route to the VPC");
}

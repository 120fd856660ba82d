//! Every operation of the description, called through dli-ext with success at least once, and the
//! lives of the objects they are about. The emulator holds each answer against the description
//! and answers 500 where it does not fit.

#[path = "../common/mod.rs"]
mod common;

mod connections;
mod data;
mod flink;
mod pools;
mod queues;
mod rest;
mod spark;
mod sql;

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
            $family::run(&caller).await;
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

//! Who may call: signatures, tokens, projects, hosts.

mod common;

use common::Caller;
use dli_emulator::{AccessKey, Emulator, Project};
use dli_sign::Credential;
use serde_json::json;

const LIST: &str = "/v2.0/{}/datasource/enhanced-connections";

#[tokio::test]
async fn wrong_keys_dates_bodies_and_headers_are_refused_with_a_reason() {
    let emulator = Emulator::start().await.unwrap();
    let caller = Caller::of(&emulator);
    caller.get(LIST).await.ok();

    let mut wrong = caller.clone();
    wrong.credential = Credential::new(emulator.access_key(), "another secret");
    let message = wrong.get(LIST).await.error(401, "APIGW.0301");
    assert!(message.contains("wrong secret key"), "{message}");
    wrong.credential = Credential::new("NOBODY", "a secret");
    let message = wrong.get(LIST).await.error(401, "APIGW.0301");
    assert!(message.contains("NOBODY"), "{message}");

    let mut expired = caller.request("GET", LIST, None);
    expired.headers_mut().insert("x-sdk-date", "20200101T000000Z".parse().unwrap());
    let message = caller.send(expired).await.error(401, "APIGW.0301");
    assert!(message.contains("expired"), "{message}");

    let mut tampered = caller.request("POST", LIST, Some(&json!({ "name": "a" })));
    *tampered.body_mut() = Some(r#"{"name":"b"}"#.into());
    caller.send(tampered).await.error(401, "APIGW.0301");

    for header in ["authorization", "x-sdk-date"] {
        let mut incomplete = caller.request("GET", LIST, None);
        incomplete.headers_mut().remove(header);
        let message = caller.send(incomplete).await.error(401, "APIGW.0301").to_lowercase();
        assert!(message.contains(header), "{message}");
    }
}

#[tokio::test]
async fn a_token_of_the_emulators_own_iam_opens_its_project_only() {
    let emulator = Emulator::builder()
        .project(Project::new("pa", "local-1"))
        .project(Project::new("pb", "local-1_b"))
        .login("acme", "ann", "her password")
        .start()
        .await
        .unwrap();
    let caller = Caller::of(&emulator);
    let ask = |password: &str| {
        let body = json!({ "auth": {
            "identity": { "methods": ["password"], "password": { "user": {
                "domain": { "name": "acme" }, "name": "ann", "password": password } } },
            "scope": { "project": { "name": "local-1_b" } },
        }});
        caller.http.post(format!("{}/v3/auth/tokens", emulator.url())).json(&body).send()
    };
    assert_eq!(ask("a guess").await.unwrap().status(), 401);
    let answer = ask("her password").await.unwrap();
    assert_eq!(answer.status(), 201);
    let token = answer.headers()["x-subject-token"].to_str().unwrap().to_owned();
    let get = |token: &str, project: &str| {
        let url = format!("{}{}", emulator.url(), LIST.replace("{}", project));
        caller.http.get(url).header("x-auth-token", token).send()
    };
    assert_eq!(get(&token, "pb").await.unwrap().status(), 200);
    assert_eq!(get(&token, "pa").await.unwrap().status(), 403);
    assert_eq!(get("made up", "pb").await.unwrap().status(), 401);
}

#[tokio::test]
async fn iam_tells_projects_and_domains_to_those_who_sign() {
    let emulator = Emulator::start().await.unwrap();
    let caller = Caller::of(&emulator);
    let found = caller.get("/v3/projects?name=local-1").await.ok();
    assert_eq!(found["projects"][0]["id"], emulator.project_id());
    assert_eq!(caller.get("/v3/projects?name=mars-1").await.ok()["projects"], json!([]));
    assert_eq!(caller.get("/v3/auth/domains").await.ok()["domains"][0]["name"], "emulator");
    let anonymous =
        caller.http.get(format!("{}/v3/projects", emulator.url())).send().await.unwrap();
    assert_eq!(anonymous.status(), 401);
}

#[tokio::test]
async fn projects_and_emulators_never_see_one_anothers_state() {
    let one = Emulator::builder()
        .project(Project::new("pa", "a"))
        .project(Project::new("pb", "b"))
        .access_key(AccessKey::new("AKA", "secret-a").for_projects(["pa"]))
        .access_key(AccessKey::new("AKB", "secret-b").for_projects(["pb"]))
        .start()
        .await
        .unwrap();
    let other = Emulator::builder()
        .project(Project::new("pa", "a"))
        .access_key(AccessKey::new("AKA", "secret-a"))
        .start()
        .await
        .unwrap();
    let a = Caller::new(one.url(), "pa", Credential::new("AKA", "secret-a"));
    let b = Caller::new(one.url(), "pb", Credential::new("AKB", "secret-b"));
    let elsewhere = Caller::of(&other);
    let body = json!({ "name": "c", "dest_vpc_id": "v", "dest_network_id": "n" });
    let id = a.post(LIST, body).await.ok()["connection_id"].as_str().unwrap().to_owned();
    for stranger in [&b, &elsewhere] {
        assert_eq!(stranger.get(LIST).await.ok()["count"], 0);
        stranger.get(&format!("{LIST}/{id}")).await.error(400, "DLI.0002");
        stranger.delete(&format!("{LIST}/{id}")).await.error(400, "DLI.0002");
    }
    let trespasser = Caller { project: "pa".to_owned(), ..b.clone() };
    trespasser.get(LIST).await.error(403, "APIGW.0310");
    let lost = Caller { project: "nowhere".to_owned(), ..elsewhere.clone() };
    lost.get(LIST).await.error(403, "APIGW.0310");
    assert_eq!(a.get(LIST).await.ok()["count"], 1);
}

#[tokio::test]
async fn a_temporary_key_needs_its_security_token() {
    let emulator = Emulator::builder()
        .access_key(AccessKey::new("TEMP", "secret").with_security_token("the token"))
        .start()
        .await
        .unwrap();
    let mut caller = Caller::of(&emulator);
    assert!(caller.get(LIST).await.error(401, "APIGW.0301").contains("temporary"));
    caller.credential = Credential::new("TEMP", "secret").with_security_token("another");
    caller.get(LIST).await.error(401, "APIGW.0301");
    caller.credential = Credential::new("TEMP", "secret").with_security_token("the token");
    caller.get(LIST).await.ok();
}

#[tokio::test]
async fn a_foreign_host_is_refused() {
    let emulator = Emulator::builder().public_name("dli.test").start().await.unwrap();
    assert!(emulator.address().ip().is_loopback());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = async |host: &str| {
        let request = http.get(format!("{}/_emulator/health", emulator.url())).header("host", host);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("evil.example").await, 421);
    assert_eq!(status("localhost:9").await, 200);
    assert_eq!(status("dli.test").await, 200);
}

#[tokio::test]
async fn unknown_paths_and_methods_and_long_bodies_have_their_own_errors() {
    let emulator = Emulator::start().await.unwrap();
    let caller = Caller::of(&emulator);
    caller.get("/v9/{}/nothing").await.error(404, "APIGW.0101");
    let refused = caller.call("PATCH", LIST, None).await;
    assert_eq!(refused.headers["allow"], "GET, POST");
    refused.error(405, "APIGW.0101");
    caller.get(&format!("{LIST}/a%5Cb")).await.error(400, "DLI.0001");
    let long = json!({ "name": "x".repeat(12 * 1024 * 1024) });
    caller.post(LIST, long).await.error(413, "APIGW.0201");
    let fits = json!({ "name": "x".repeat(11 * 1024 * 1024) });
    caller.post(LIST, fits).await.error(400, "DLI.0001");
}

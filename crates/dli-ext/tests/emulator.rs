//! Against the emulator, which verifies signatures and validates requests.

use std::time::Duration;

use dli_emulator::Emulator;
use dli_ext::types::{CreateDatasourceConnectionRequest, CreateEnhancedConnectionRequest};
use dli_ext::{Builder, Dli};
use futures_util::TryStreamExt;

async fn emulator() -> Emulator {
    Emulator::builder().delay(Duration::from_millis(20)).start().await.expect("an emulator")
}

fn builder(emulator: &Emulator) -> Builder {
    Dli::builder()
        .environment([("X", "")])
        .home("/nonexistent")
        .no_proxy()
        .endpoint(emulator.url())
        .access_key(emulator.access_key(), emulator.secret_key())
        .project_id(emulator.project_id())
}

fn quick() -> Duration {
    Duration::from_millis(5)
}

#[tokio::test]
async fn an_enhanced_connection_lives_from_creation_to_its_end() {
    let emulator = emulator().await;
    let connections = builder(&emulator).build().unwrap().enhanced_connections();
    let request = CreateEnhancedConnectionRequest::builder()
        .name("peer")
        .dest_vpc_id("22094d8f-c310-4621-913d-4c4d655d8495")
        .dest_network_id("78f2562a-36e4-4b39-95b9-f5aab22e1281")
        .build();
    let id = connections.create(&request).await.unwrap().into_inner().connection_id.unwrap();
    let active = connections.wait_until_active(&id).interval(quick()).await.unwrap();
    assert_eq!(active.name.as_deref(), Some("peer"));
    let error = connections.create(&request).await.unwrap_err();
    assert!(error.is_already_exists(), "{error}");
    let all: Vec<_> = connections.list_items(Default::default()).try_collect().await.unwrap();
    assert_eq!(all.len(), 1);
    connections.delete(&id).await.unwrap();
    connections.wait_until_gone(&id).interval(quick()).await.unwrap();
    let error = connections.show("00000000-0000-0000-0000-000000000000").await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
}

#[tokio::test]
async fn a_basic_connection_lives_from_creation_to_its_end() {
    let emulator = emulator().await;
    let connections = builder(&emulator).build().unwrap().datasource_connections();
    let request = CreateDatasourceConnectionRequest::builder()
        .name("css")
        .service("CSS")
        .url("css.example:9200")
        .network_id("78f2562a-36e4-4b39-95b9-f5aab22e1281")
        .security_group_id("22094d8f-c310-4621-913d-4c4d655d8495")
        .build();
    let id = connections.create(&request).await.unwrap().into_inner().connection_id.unwrap();
    connections.wait_until_active(&id).interval(quick()).await.unwrap();
    connections.delete(&id).await.unwrap();
    connections.wait_until_gone(&id).interval(quick()).await.unwrap();
}

#[tokio::test]
async fn a_wrong_secret_is_told_as_such_and_nothing_of_it_is_shown() {
    let emulator = emulator().await;
    let dli =
        builder(&emulator).access_key(emulator.access_key(), "a-wrong-secret").build().unwrap();
    let error = dli.enhanced_connections().list(Default::default()).await.unwrap_err();
    assert!(error.is_unauthenticated());
    assert_eq!((error.status(), error.attempts()), (Some(401), 1));
    assert!(!format!("{error} {error:?}").contains("a-wrong-secret"), "{error}");
}

#[tokio::test]
async fn the_project_is_found_and_a_password_gives_a_token() {
    let emulator = emulator().await;
    let found = Dli::builder()
        .environment([("X", "")])
        .home("/nonexistent")
        .no_proxy()
        .endpoint(emulator.url())
        .iam_endpoint(emulator.url())
        .region(emulator.region())
        .access_key(emulator.access_key(), emulator.secret_key())
        .build()
        .unwrap();
    assert_eq!(&*found.project_id().await.unwrap(), emulator.project_id());
    let login = builder(&emulator)
        .iam_endpoint(emulator.url())
        .password_login("emulator", "emulator", emulator.secret_key())
        .build()
        .unwrap();
    login.enhanced_connections().list(Default::default()).await.unwrap();
}

#[tokio::test]
async fn every_fault_of_the_emulator_is_survived_by_an_idempotent_call() {
    let emulator = emulator().await;
    let dli = builder(&emulator).build().unwrap();
    for fault in
        ["throttle=0*2", "error=503*2", "reset*2", "reset-after*2", "truncate*2", "html=502*2"]
    {
        let body = serde_json::json!({ "fault": format!("list_enhanced_connections:{fault}") });
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let set = client
            .post(format!("{}/_emulator/faults", emulator.url()))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(set.status().is_success(), "{fault}: {}", set.text().await.unwrap());
        let reply = dli.enhanced_connections().list(Default::default()).await;
        let reply = reply.unwrap_or_else(|error| panic!("{fault}: {error}"));
        assert!(reply.attempts() > 1, "{fault}");
    }
}

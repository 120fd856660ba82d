//! The tour of the README: an emulator inside the process, and datasource connections of both
//! kinds created, waited for, listed, shown and deleted through the typed client.
//!
//! `cargo run --example tour -p dli-ext`

use std::time::{Duration, Instant};

use dli_emulator::Emulator;
use dli_ext::handles::{ListDatasourceConnectionsParams, ListEnhancedConnectionsParams};
use dli_ext::types::{CreateDatasourceConnectionRequest, CreateEnhancedConnectionRequest};
use dli_ext::{Dli, Error};
use futures_util::{StreamExt, TryStreamExt};

/// The emulator is quick; against the cloud the waiters' own pace is right.
const OFTEN: Duration = Duration::from_millis(20);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = Instant::now();
    let emulator = Emulator::start().await?;
    println!("An emulator runs on {} ({:.0?}).", emulator.url(), start.elapsed());
    println!("Every request below is signed by the client and its signature checked there.\n");
    let dli = Dli::builder()
        .endpoint(emulator.url())
        .access_key(emulator.access_key(), emulator.secret_key())
        .project_id(emulator.project_id())
        .build()?;

    enhanced_connections(&dli).await?;
    basic_connections(&dli).await?;

    println!(
        "\nDone in {:.1?}. The same code talks to the cloud: give `Dli` a region instead",
        start.elapsed()
    );
    println!("of an endpoint, and your own keys.");
    Ok(())
}

/// The kind to use today: a peering between queues and the network of a peer service.
async fn enhanced_connections(dli: &Dli) -> Result<(), Error> {
    println!("Enhanced connections");
    let connections = dli.enhanced_connections();
    let mut ids = Vec::new();
    for name in ["warehouse", "lake", "archive"] {
        let body = CreateEnhancedConnectionRequest::builder()
            .name(name)
            .dest_vpc_id("0b6c6e1e-3a0f-4a5e-9f8b-4f6d1f1c2a11")
            .dest_network_id("5d2f9c0a-7f0e-4f43-8a56-0d7a3b9e6c22")
            .queues(vec!["etl".to_owned()])
            .build();
        let created = connections.create(&body).await?;
        let id = created.connection_id.clone().unwrap_or_default();
        println!("  + {name:<12} {id}  (request {})", created.request_id().unwrap_or("-"));
        ids.push(id);
    }

    print!("  … {:<12}", "warehouse");
    let mut states = connections.wait_until_active(&ids[0]).interval(OFTEN).states();
    while let Some(state) = states.next().await {
        let state = state?;
        print!(" {} ({:.0?})", state.name, state.elapsed);
    }
    println!();

    let mut list = connections.list_items(ListEnhancedConnectionsParams::default().limit(2));
    while let Some(connection) = list.try_next().await? {
        let status = connection.status.as_ref().map_or("?", |status| status.as_str());
        println!("  · {:<12} {status}", connection.name.as_deref().unwrap_or("?"));
    }

    let shown = connections.show(&ids[0]).await?;
    for queue in shown.available_queue_info.iter().flatten() {
        let status = queue.status.as_ref().map_or("?", |status| status.as_str());
        println!(
            "  ? {:<12} queue {} is {status}",
            "warehouse",
            queue.name.as_deref().unwrap_or("?")
        );
    }

    for id in &ids {
        connections.delete(id).await?;
        connections.wait_until_gone(id).interval(OFTEN).await?;
    }
    println!("  - all three are gone");
    match connections.delete(&ids[0]).await {
        Err(error) if error.is_not_found() => {
            println!("  ! a second delete fails, as it should:\n    {error}")
        }
        other => println!("  ! a second delete was answered with {other:?}"),
    }
    Ok(())
}

/// The kind before it, for what still uses it.
async fn basic_connections(dli: &Dli) -> Result<(), Error> {
    println!("\nBasic connections");
    let connections = dli.datasource_connections();
    let body = CreateDatasourceConnectionRequest::builder()
        .name("metrics")
        .service("CloudTable.OpenTSDB")
        .security_group_id("1f0e9d8c-7b6a-4958-8776-655443322110")
        .network_id("5d2f9c0a-7f0e-4f43-8a56-0d7a3b9e6c22")
        .url("opentsdb.example.com:4242")
        .build();
    let created = connections.create(&body).await?;
    let id = created.connection_id.clone().unwrap_or_default();
    println!("  + {:<12} {id}", "metrics");
    connections.wait_until_active(&id).interval(OFTEN).await?;
    let list = connections.list(ListDatasourceConnectionsParams::default()).await?;
    for connection in list.connections.iter().flatten() {
        let state = connection.state.as_ref().map_or("?", |state| state.as_str());
        println!("  · {:<12} {state}", connection.name.as_deref().unwrap_or("?"));
    }
    let shown = connections.show(&id).await?;
    println!("  ? {:<12} reaches {}", "metrics", shown.destination.as_deref().unwrap_or("?"));
    connections.delete(&id).await?;
    connections.wait_until_gone(&id).interval(OFTEN).await?;
    println!("  - it is gone");
    Ok(())
}

//! Creates an enhanced connection and follows it until it is active:
//! `cargo run -p dli-ext --example create_connection -- NAME VPC_ID SUBNET_ID QUEUE`.

use std::time::Duration;

use dli_ext::{Dli, types::CreateEnhancedConnectionRequest};
use futures_util::StreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, vpc, subnet, queue] = arguments.as_slice() else {
        return Err("usage: create_connection NAME VPC_ID SUBNET_ID QUEUE".into());
    };
    let connections = Dli::from_env()?.enhanced_connections();
    let request = CreateEnhancedConnectionRequest::builder()
        .name(name)
        .dest_vpc_id(vpc)
        .dest_network_id(subnet)
        .queues(vec![queue.clone()])
        .build();
    let id = connections.create(&request).await?.into_inner().connection_id.unwrap_or_default();
    println!("created {id}");
    let mut states =
        connections.wait_until_active(&id).deadline(Duration::from_secs(15 * 60)).states();
    while let Some(state) = states.next().await {
        let state = state?;
        println!("{} after {:.1?}", state.name, state.elapsed);
    }
    Ok(())
}

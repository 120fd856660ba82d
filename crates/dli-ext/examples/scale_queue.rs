//! Scales a queue out by 16 compute units and waits until it has them:
//! `cargo run -p dli-ext --example scale_queue -- QUEUE`.

use dli_ext::{Dli, types::RunQueueActionRequest};
use futures_util::StreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).ok_or("usage: scale_queue QUEUE")?;
    let queues = Dli::from_env()?.queues();
    let before = queues.show(&name, Default::default()).await?.cu_count.unwrap_or_default();
    let action = RunQueueActionRequest::builder().action("scale_out").cu_count(16).build();
    queues.run_queue_action(&name, &action).await?;
    let mut states = queues.wait_until_scaled(&name, before + 16).states();
    while let Some(state) = states.next().await {
        println!("{}", state?.name);
    }
    Ok(())
}

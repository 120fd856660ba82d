//! Submits a Spark batch and follows it to its end:
//! `cargo run -p dli-ext --example spark_batch -- QUEUE obs://bucket/app.jar com.example.Main`.

use dli_ext::{Dli, types::CreateSparkJobRequest};
use futures_util::StreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [queue, file, class] = arguments.as_slice() else {
        return Err("usage: spark_batch QUEUE FILE CLASS".into());
    };
    let batches = Dli::from_env()?.spark_jobs();
    let request =
        CreateSparkJobRequest::builder().file(file).class_name(class).queue(queue).build();
    let id =
        batches.create(&request, Default::default()).await?.into_inner().id.unwrap_or_default();
    println!("submitted {id}");
    let mut states = batches.wait_until_finished(&id).states();
    while let Some(state) = states.next().await {
        let state = state?;
        println!("{} after {:.0?}", state.name, state.elapsed);
    }
    Ok(())
}

//! Starts a Flink job, waits until it runs, and stops it with a savepoint:
//! `cargo run -p dli-ext --example flink_job -- JOB_ID`.

use dli_ext::Dli;
use dli_ext::types::{BatchRunFlinkJobsRequest, BatchStopFlinkJobsRequest};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let id: i64 = std::env::args().nth(1).ok_or("usage: flink_job JOB_ID")?.parse()?;
    let jobs = Dli::from_env()?.flink_jobs();
    jobs.batch_run_flink_jobs(&BatchRunFlinkJobsRequest::builder().job_ids(vec![id]).build())
        .await?;
    let job = jobs.wait_until_running(id).await?;
    println!("{} runs", job.name.unwrap_or_default());
    let stop =
        BatchStopFlinkJobsRequest::builder().job_ids(vec![id]).trigger_savepoint(true).build();
    jobs.batch_stop_flink_jobs(&stop).await?;
    let job = jobs.wait_until_stopped(id).await?;
    println!("{}", job.status.map_or("?".to_owned(), |status| status.to_string()));
    Ok(())
}

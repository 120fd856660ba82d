//! What a job may use, and how it ends before its time.

use std::time::{Duration, Instant};

use dli_emulator::Sql;
use dli_ext::ErrorKind;

use crate::scene::Scene;

/// Would take minutes: every row of a large square with every other.
const ENDLESS: &str = "WITH t AS (SELECT explode(sequence_of) AS n FROM (SELECT split(repeat('x,', 3000), ',') AS sequence_of)) \
     SELECT count(*) FROM t a, t b, t c WHERE concat(a.n, b.n) > c.n";

/// Seconds of CPU that a process has used.
#[cfg(target_os = "linux")]
fn cpu(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("/proc");
    let after = stat.rsplit_once(") ").expect("a name in brackets").1;
    let ticks: u64 = after.split(' ').skip(11).take(2).map(|n| n.parse::<u64>().unwrap()).sum();
    ticks as f64 / 100.0
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_query_uses_no_cpu_a_second_later() {
    // In a process of its own, so that nothing else counts.
    let folder = tempfile::tempdir().expect("a folder");
    let program = crate::program::start(folder.path());
    let cpu = || cpu(program.child.id());
    let job = program.dli.sql(ENDLESS).queue("default").submit().await.expect("a job");
    // It is under way once it has used some time of the processor.
    let before = cpu();
    let patience = Instant::now();
    while cpu() - before < 0.5 {
        assert!(patience.elapsed() < Duration::from_secs(60), "the query does not start");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    job.cancel().await.expect("a cancellation");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stopped = cpu();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let used = cpu() - stopped;
    assert!(used < 0.5, "{used} seconds of CPU within two seconds after the cancellation");
    let status = job.status().await.expect("a status");
    assert_eq!(status.status.as_ref().map(ToString::to_string).as_deref(), Some("CANCELLED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_runs_too_long_is_ended_with_the_code_for_it() {
    let scene = Scene::with(Sql::new().time_limit(Duration::from_secs(1))).await;
    let error = scene.run(ENDLESS).await.expect_err("too long");
    assert!(error.message().contains("DLI.0019"), "{error:?}");
    // The emulator goes on.
    assert_eq!(scene.rows("SELECT 1").await[0][0], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sort_larger_than_its_memory_goes_to_the_disk_and_what_cannot_fails_alone() {
    let scene = Scene::with(Sql::new().memory_limit(24 << 20).threads(1)).await;
    let sorted = "SELECT count(*), max(r) FROM (SELECT row_number() OVER (ORDER BY word) AS r FROM \
         (SELECT explode(split(repeat('some words of text,', 200000), ',')) AS word) t) u";
    assert_eq!(scene.rows(sorted).await[0][0], 200_001);
    let small = Scene::with(Sql::new().memory_limit(1 << 20).threads(1)).await;
    let error = small.run(sorted).await.expect_err("too little memory");
    assert!(error.message().contains("DLI.0009"), "{error:?}");
    assert_eq!(small.rows("SELECT 1").await[0][0], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_is_too_large_is_an_error_and_leaves_nothing() {
    let scene = Scene::with(Sql::new().result_limit(1 << 20)).await;
    let error = scene
        .run("SELECT explode(split(repeat('some words of text,', 500000), ',')) AS word")
        .await
        .expect_err("too large");
    assert!(error.message().contains("larger than 1 MiB"), "{error:?}");
    let left = std::fs::read_dir(scene.emulator.buckets().unwrap().join("dli-jobs/dli/jobs"));
    let left: Vec<_> = left.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    let files = left.iter().filter(|path| path.join("result").exists()).count();
    assert_eq!(files, 0, "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_answers_while_a_query_keeps_all_threads_busy() {
    let scene = Scene::with(Sql::new().threads(1)).await;
    let job = scene.dli.sql(ENDLESS).queue("default").submit().await.expect("a job");
    for _ in 0..20 {
        scene.dli.queues().list(Default::default()).await.expect("a list");
    }
    job.cancel().await.expect("a cancellation");
    let error = job.wait().await.expect_err("a cancelled job");
    assert!(!matches!(error.kind(), ErrorKind::Connect), "{error:?}");
}

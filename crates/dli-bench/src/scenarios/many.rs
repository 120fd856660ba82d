//! Ten thousand calls at once, and ten thousand waits.

use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::task::JoinSet;

use super::{PROJECT, Side, Words, bare_client, client};
use crate::connections::{self, Connection};
use crate::measure::{Figures, memory, percentile, raise_open_files};

/// How long the waits go on.
const WAITING: Duration = Duration::from_secs(8);

/// Calls that are all under way before the first is answered.
pub fn calls(side: Side, mut words: Words) -> anyhow::Result<Figures> {
    let url = words.text("the URL")?;
    let many = words.number("how many calls")?;
    raise_open_files()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (ours, floor) = (client(&url)?.enhanced_connections(), bare_client()?);
        let base = format!("{url}{}", connections::path(PROJECT));
        let before = memory("VmRSS");
        let mut calls = JoinSet::new();
        for number in 0..many {
            let id = format!("slow{number}");
            match side {
                Side::Ours => {
                    let connections = ours.clone();
                    calls.spawn(async move {
                        let started = Instant::now();
                        connections.show(&id).await?;
                        anyhow::Ok(started.elapsed())
                    });
                }
                Side::Floor => {
                    let request = floor.get(format!("{base}/{id}"));
                    calls.spawn(async move {
                        let started = Instant::now();
                        let answer = request.send().await?.error_for_status()?;
                        answer.json::<Connection>().await?;
                        anyhow::Ok(started.elapsed())
                    });
                }
            }
        }
        let mut latencies = Vec::with_capacity(many);
        while let Some(latency) = calls.join_next().await {
            latencies.push(latency??);
        }
        latencies.sort_unstable();
        Ok(Figures::from([
            ("kib_a_call", (memory("VmHWM") - before) / count(many)),
            ("p50_us", percentile(&latencies, 0.5)),
            ("p99_us", percentile(&latencies, 0.99)),
        ]))
    })
}

/// Waits for what does not come about. The floor looks in a loop, as often.
pub fn waiters(side: Side, mut words: Words) -> anyhow::Result<Figures> {
    let url = words.text("the URL")?;
    let many = words.number("how many waits")?;
    raise_open_files()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (ours, floor) = (client(&url)?.enhanced_connections(), bare_client()?);
        let base = format!("{url}{}", connections::path(PROJECT));
        let before = memory("VmRSS");
        let mut waits = JoinSet::new();
        for number in 0..many {
            let id = format!("pending{number}");
            match side {
                Side::Ours => {
                    let connections = ours.clone();
                    waits.spawn(async move {
                        connections.wait_until_active(&id).await?;
                        anyhow::Ok(())
                    });
                }
                Side::Floor => {
                    let (floor, url) = (floor.clone(), format!("{base}/{id}"));
                    waits.spawn(async move { look_by_hand(&floor, &url).await });
                }
            }
        }
        let ended = tokio::time::timeout(WAITING, waits.join_next()).await;
        ensure!(ended.is_err(), "a wait came to an end: {ended:?}");
        Ok(Figures::from([
            ("peak_kib_a_wait", (memory("VmHWM") - before) / count(many)),
            ("kib_a_wait", (memory("VmRSS") - before) / count(many)),
        ]))
    })
}

async fn look_by_hand(client: &reqwest::Client, url: &str) -> anyhow::Result<()> {
    let mut pause = Duration::from_secs(1);
    loop {
        let answer = client.get(url).send().await?.error_for_status()?;
        let connection: Connection = answer.json().await?;
        if connection.status.as_deref() == Some("ACTIVE") {
            return Ok(());
        }
        tokio::time::sleep(pause).await;
        pause = pause.mul_f64(1.5).min(Duration::from_secs(20));
    }
}

#[allow(clippy::cast_precision_loss)]
fn count(many: usize) -> f64 {
    many as f64
}

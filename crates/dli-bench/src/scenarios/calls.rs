//! A whole call, one after the other on one thread: a list of 100 connections, or one shown.

use anyhow::{Context as _, bail, ensure};
use dli_ext::handles::ListEnhancedConnectionsParams;

use super::{PROJECT, Side, Words, bare_client, client, one_thread};
use crate::connections::{self, Connection, List};
use crate::measure::{Figures, Meter};

pub fn run(side: Side, mut words: Words) -> anyhow::Result<Figures> {
    let url = words.text("the URL")?;
    let what = words.text("`list` or `show`")?;
    let times = words.number("how many calls")?;
    let list = match what.as_str() {
        "list" => true,
        "show" => false,
        other => bail!("there is no call `{other}`"),
    };
    one_thread()?.block_on(async {
        match side {
            Side::Ours => ours(&url, list, times).await,
            Side::Floor => floor(&url, list, times).await,
        }
    })
}

/// Calls made before the measuring begins.
const BEFORE: usize = 50;

async fn ours(url: &str, list: bool, times: usize) -> anyhow::Result<Figures> {
    let connections = client(url)?.enhanced_connections();
    let mut meter = Meter::start();
    for call in 0..times + BEFORE {
        if call == BEFORE {
            meter = Meter::start();
        }
        if list {
            let params = ListEnhancedConnectionsParams::default().limit(100).offset(0);
            let page = connections.list(params).await?;
            ensure!(page.connections.as_ref().map(Vec::len) == Some(100), "not 100");
        } else {
            let connection = connections.show("c3f0a1d2-7b6e-4a59-8d3c-000000000001").await?;
            connection.id.as_ref().context("no id")?;
        }
    }
    Ok(meter.stop(times))
}

async fn floor(url: &str, list: bool, times: usize) -> anyhow::Result<Figures> {
    let client = bare_client()?;
    let base = format!("{url}{}", connections::path(PROJECT));
    let mut meter = Meter::start();
    for call in 0..times + BEFORE {
        if call == BEFORE {
            meter = Meter::start();
        }
        if list {
            let request = client.get(&base).query(&[("limit", 100), ("offset", 0)]);
            let page: List = request.send().await?.error_for_status()?.json().await?;
            ensure!(page.connections.as_ref().map(Vec::len) == Some(100), "not 100");
        } else {
            let url = format!("{base}/{}", "c3f0a1d2-7b6e-4a59-8d3c-000000000001");
            let answer = client.get(url).send().await?.error_for_status()?;
            let connection: Connection = answer.json().await?;
            connection.id.as_ref().context("no id")?;
        }
    }
    Ok(meter.stop(times))
}

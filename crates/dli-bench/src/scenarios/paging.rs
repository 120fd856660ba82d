//! Walking a list of a million items, a thousand a page.

use anyhow::ensure;
use dli_ext::handles::ListEnhancedConnectionsParams;
use futures_util::TryStreamExt as _;

use super::{PROJECT, Side, Words, bare_client, client, one_thread};
use crate::connections::{self, List};
use crate::measure::{Figures, Meter, memory};

const PAGE: i64 = 1000;

pub fn run(side: Side, mut words: Words) -> anyhow::Result<Figures> {
    let url = words.text("the URL")?;
    let items = words.number("how many items")?;
    let meter = Meter::start();
    let (count, early) = one_thread()?.block_on(async {
        match side {
            Side::Ours => ours(&url, items).await,
            Side::Floor => floor(&url, items).await,
        }
    })?;
    let mut figures = meter.stop(count);
    ensure!(count == items, "{count} items, not {items}");
    figures.insert("early_kib", early);
    figures.insert("peak_kib", memory("VmHWM"));
    Ok(figures)
}

/// How many there were, and the peak of the memory after a tenth of them.
async fn ours(url: &str, items: usize) -> anyhow::Result<(usize, f64)> {
    let params = ListEnhancedConnectionsParams::default().limit(PAGE);
    let mut stream = client(url)?.enhanced_connections().list_items(params);
    let (mut count, mut early) = (0, 0.0);
    while let Some(connection) = stream.try_next().await? {
        ensure!(connection.id.is_some(), "a connection without an id");
        count += 1;
        if count == items / 10 {
            early = memory("VmHWM");
        }
    }
    Ok((count, early))
}

async fn floor(url: &str, items: usize) -> anyhow::Result<(usize, f64)> {
    let client = bare_client()?;
    let address = format!("{url}{}", connections::path(PROJECT));
    let (mut count, mut early) = (0, 0.0);
    loop {
        let offset = i64::try_from(count)?;
        let request = client.get(&address).query(&[("limit", PAGE), ("offset", offset)]);
        let page: List = request.send().await?.error_for_status()?.json().await?;
        let connections = page.connections.unwrap_or_default();
        if connections.is_empty() {
            return Ok((count, early));
        }
        for connection in connections {
            ensure!(connection.id.is_some(), "a connection without an id");
            count += 1;
            if count == items / 10 {
                early = memory("VmHWM");
            }
        }
    }
}

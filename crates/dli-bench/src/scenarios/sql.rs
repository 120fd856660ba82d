//! A query from its statement to its rows: submitted to the emulator through the client, waited for
//! and read; and the same query by DataFusion alone, over the same file. The emulator keeps its
//! state in memory, in this process.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::prelude::{ParquetReadOptions, SessionContext};
use dli_emulator::{Emulator, Sql};
use dli_ext::Dli;
use futures_util::TryStreamExt as _;

use super::{Side, Words};
use crate::measure::{Figures, Meter};

/// Between two looks at a job. The client's own first pause is 300 ms.
const POLL: Duration = Duration::from_millis(2);
/// Rows of the table.
const ROWS: usize = 100_000;
/// Queries before those that count: caches fill, connections open.
const BEFORE: usize = 20;

/// What is asked, and how many rows answer.
fn query(name: &str) -> anyhow::Result<(&'static str, usize)> {
    Ok(match name {
        "trivial" => ("SELECT 1", 1),
        "group" => (
            "SELECT shop, count(*) AS sales, sum(amount) AS total \
             FROM sales GROUP BY shop ORDER BY shop",
            100,
        ),
        other => bail!("there is no query `{other}`"),
    })
}

pub fn run(side: Side, mut words: Words) -> anyhow::Result<Figures> {
    let folder = PathBuf::from(words.text("the folder for the table")?);
    let (query, rows) = query(&words.text("`trivial` or `group`")?)?;
    let times = words.number("how many")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        // Both sides find the file that the first of them wrote.
        let table = folder.join("bucket/sales");
        if !table.exists() {
            write(&table).await?;
        }
        let mut figures = match side {
            Side::Ours => through_the_emulator(&folder, query, rows, times).await?,
            Side::Floor => alone(&table, query, rows, times).await?,
        };
        figures.insert("poll_us", POLL.as_secs_f64() * 1e6);
        Ok(figures)
    })
}

/// Writes the table as one file.
async fn write(table: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(table)?;
    let file = table.join("part-00000.parquet");
    let file = file.to_str().context("the folder has a name in Unicode")?;
    SessionContext::new()
        .sql(&format!(
            "SELECT value % 100 AS shop, value * 7 % 1000 AS amount \
             FROM generate_series(1, {ROWS}) AS series(value)"
        ))
        .await?
        .write_parquet(file, DataFrameWriteOptions::new().with_single_file_output(true), None)
        .await?;
    Ok(())
}

async fn through_the_emulator(
    folder: &Path,
    query: &str,
    rows: usize,
    times: usize,
) -> anyhow::Result<Figures> {
    let emulator = Emulator::builder().sql(Sql::new().buckets(folder)).start().await?;
    let dli = Dli::builder()
        .environment(std::iter::empty::<(String, String)>())
        .endpoint(emulator.url())
        .access_key(emulator.access_key(), emulator.secret_key())
        .project_id(emulator.project_id())
        .no_proxy()
        .build()?;
    let rows_of = async |statement: &str| {
        let job = dli.sql(statement).queue("default").submit().await?;
        job.wait().interval(POLL).longest_interval(POLL).await?;
        job.results().await?.raw_rows().try_collect::<Vec<_>>().await
    };
    rows_of(
        "CREATE TABLE sales (shop BIGINT, amount BIGINT) USING parquet \
         OPTIONS (path 'obs://bucket/sales')",
    )
    .await?;
    for _ in 0..BEFORE {
        let found = rows_of(query).await?.len();
        ensure!(found == rows, "{found} rows answered `{query}`, not {rows}");
    }
    let meter = Meter::start();
    for _ in 0..times {
        rows_of(query).await?;
    }
    Ok(meter.stop(times))
}

async fn alone(table: &Path, query: &str, rows: usize, times: usize) -> anyhow::Result<Figures> {
    let context = SessionContext::new();
    let path = table.to_str().context("the folder has a name in Unicode")?;
    context.register_parquet("sales", path, ParquetReadOptions::default()).await?;
    let rows_of = async || -> datafusion::error::Result<usize> {
        let batches = context.sql(query).await?.collect().await?;
        Ok(batches.iter().map(|batch| batch.num_rows()).sum())
    };
    for _ in 0..BEFORE {
        let found = rows_of().await?;
        ensure!(found == rows, "{found} rows answered `{query}`, not {rows}");
    }
    let meter = Meter::start();
    for _ in 0..times {
        rows_of().await?;
    }
    Ok(meter.stop(times))
}

//! SQLite alone: what the emulator's state costs at the least, one transaction a request.

use std::time::{Duration, Instant};

use anyhow::bail;
use rusqlite::Connection;

use super::Words;
use crate::connections;
use crate::measure::{Figures, percentile};

pub fn run(mut words: Words) -> anyhow::Result<Figures> {
    let folder = words.text("the folder for the file")?;
    let what = words.text("`show`, `list` or `create`")?;
    let times = words.number("how many")?;
    let connection = Connection::open(std::path::Path::new(&folder).join("bare.sqlite"))?;
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS objects (
             seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, doc TEXT NOT NULL
         )",
    )?;
    let doc = connections::one("ACTIVE");
    let create = |number: usize| -> rusqlite::Result<()> {
        let id = format!("{number:036}");
        connection
            .prepare_cached("INSERT OR REPLACE INTO objects (id, doc) VALUES (?1, ?2)")?
            .execute((&id, &doc))?;
        Ok(())
    };
    for number in 0..100 {
        create(number)?;
    }
    let read = |sql: &str| -> rusqlite::Result<usize> {
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            bytes += row.get_ref(0)?.as_str()?.len();
        }
        Ok(bytes)
    };
    let one = format!("SELECT doc FROM objects WHERE id = '{:036}'", 7);
    let mut latencies: Vec<Duration> = Vec::with_capacity(times);
    let started = Instant::now();
    for number in 0..times {
        let begun = Instant::now();
        match what.as_str() {
            "show" => drop(read(&one)?),
            "list" => drop(read("SELECT doc FROM objects ORDER BY seq LIMIT 100")?),
            "create" => create(1000 + number)?,
            other => bail!("there is no request `{other}`"),
        }
        latencies.push(begun.elapsed());
    }
    let wall = started.elapsed();
    latencies.sort_unstable();
    #[allow(clippy::cast_precision_loss)]
    let a_second = times as f64 / wall.as_secs_f64();
    Ok(Figures::from([
        ("requests_a_second", a_second),
        ("p50_us", percentile(&latencies, 0.5)),
        ("p99_us", percentile(&latencies, 0.99)),
    ]))
}

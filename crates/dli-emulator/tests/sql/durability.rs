//! What is left when the process is killed while it writes.

use std::path::Path;
use std::time::Duration;

use dli_ext::Dli;
use futures_util::TryStreamExt;

use crate::program::start;

async fn run(dli: &Dli, statement: &str) -> Result<Vec<Vec<serde_json::Value>>, dli_ext::Error> {
    let results = dli.sql(statement).queue("default").run().await?;
    let rows: Vec<dli_ext::sql::Row> = results.raw_rows().try_collect().await?;
    Ok(rows.into_iter().map(|row| row.values().to_vec()).collect())
}

/// Rounds that are killed at one moment after another of an `INSERT OVERWRITE`.
const ROUNDS: u64 = 24;

#[tokio::test(flavor = "multi_thread")]
async fn insert_overwrite_that_is_killed_leaves_the_old_rows_or_the_new_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = start(folder.path());
    for create in [
        "CREATE TABLE plain (v INT, n INT)",
        "CREATE TABLE lake (v INT, n INT) USING csv OPTIONS (path 'obs://lake/t')",
        "CREATE TABLE parts (v INT, n INT, p INT) PARTITIONED BY (p)",
    ] {
        run(&program.dli, create).await.expect("a table");
    }
    let (mut old, mut new) = (0, 0);
    for round in 0..ROUNDS {
        let table = ["plain", "lake", "parts"][(round % 3) as usize];
        let partition = if table == "parts" { ", n % 4" } else { "" };
        let rows = "(SELECT length(c) AS n FROM (SELECT explode(split(repeat('a,bb,ccc,dddd,', 500), ',')) AS c) t)";
        let insert =
            format!("INSERT OVERWRITE TABLE {table} SELECT {round}, n{partition} FROM {rows}");
        let job = program.dli.sql(&insert).queue("default").submit().await.expect("a job");
        tokio::time::sleep(Duration::from_millis(5 + 13 * (round / 3))).await;
        program.child.kill().expect("a kill");
        program.child.wait().expect("an end");
        drop(job);
        program = start(folder.path());
        let found = run(&program.dli, &format!("SELECT v, count(*) FROM {table} GROUP BY v")).await;
        let found = found.expect("rows after the kill");
        match found.as_slice() {
            [] => old += 1,
            [row] if row[0] == round => {
                assert_eq!(row[1], 2001, "round {round}: {found:?}");
                new += 1;
            }
            [row] => {
                assert_eq!(row[1], 2001, "round {round}: {found:?}");
                old += 1;
            }
            mixture => panic!("round {round}: {mixture:?}"),
        }
        // Now to its end, so that the next round has something to lose.
        run(&program.dli, &insert).await.expect("an insert");
        // The place of preparation of this process, with its lock and nothing else.
        let entries = |folder: &Path| -> Vec<_> {
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
        };
        let places = entries(&folder.path().join("warehouse/.staging"));
        assert_eq!(places.len(), 1, "round {round}: {places:?}");
        assert_eq!(entries(&places[0]).len(), 1, "round {round}");
    }
    println!("{old} times the old rows, {new} times the new ones");
}

//! Runs a query and takes its rows as structs:
//! `cargo run -p dli-ext --example sql_into_structs -- QUEUE`.

use dli_ext::Dli;
use futures_util::StreamExt;

#[derive(Debug, serde::Deserialize)]
struct Number {
    n: i64,
    square: f64,
    remark: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), dli_ext::Error> {
    let queue = std::env::args().nth(1).unwrap_or_else(|| "default".to_owned());
    let dli = Dli::from_env()?;
    let results = dli
        .sql("select 1 as n, cast(1 as decimal(10,2)) as square, cast(null as string) as remark")
        .queue(queue)
        .on_progress(|state| eprintln!("{} {:?}", state.name, state.progress))
        .cancel_on_drop(true)
        .run()
        .await?;
    let mut numbers = results.rows::<Number>();
    while let Some(number) = numbers.next().await {
        let Number { n, square, remark } = number?;
        println!("{n} {square} {remark:?}");
    }
    Ok(())
}

//! Runs a query and has its whole result written to OBS:
//! `cargo run -p dli-ext --example export_result -- QUEUE "select * from t" obs://bucket/folder`.

use dli_ext::Dli;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [queue, statement, folder] = arguments.as_slice() else {
        return Err("usage: export_result QUEUE STATEMENT obs://BUCKET/FOLDER".into());
    };
    let dli = Dli::from_env()?;
    let query = dli.sql(statement).queue(queue).submit().await?;
    println!("submitted {}", query.id());
    let finished = query.wait().await?;
    println!("{} rows", finished.result_count.unwrap_or_default());
    let export = query.export(folder, "csv").await?;
    export.wait().await?;
    println!("written to {folder}");
    Ok(())
}

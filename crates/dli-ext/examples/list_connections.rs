//! Lists the enhanced connections of the project: `cargo run -p dli-ext --example list_connections`.

use dli_ext::Dli;
use futures_util::StreamExt;

#[tokio::main]
async fn main() -> Result<(), dli_ext::Error> {
    let dli = Dli::from_env()?;
    let mut connections = dli.enhanced_connections().list_items(Default::default());
    while let Some(connection) = connections.next().await {
        let connection = connection?;
        println!(
            "{}  {}  {}",
            connection.id.unwrap_or_default(),
            connection.status.map_or("?".to_owned(), |status| status.to_string()),
            connection.name.unwrap_or_default(),
        );
    }
    Ok(())
}

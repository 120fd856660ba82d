//! Tests code without a socket, by scripted answers:
//! `cargo run -p dli-ext --features test-util --example inject_transport`.

use dli_ext::Dli;
use dli_ext::test_util::{Answer, Script};

/// The code under test.
async fn is_usable(dli: &Dli, id: &str) -> Result<bool, dli_ext::Error> {
    match dli.enhanced_connections().show(id).await {
        Ok(connection) => Ok(connection.status == Some("ACTIVE".into())),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

#[tokio::main]
async fn main() -> Result<(), dli_ext::Error> {
    let script = Script::new();
    script
        .on("show_enhanced_connection", Answer::error(429, "APIGW.0308", "slow down"))
        .on("show_enhanced_connection", Answer::json(200, r#"{"id":"c1","status":"ACTIVE"}"#))
        .on("show_enhanced_connection", Answer::error(400, "DLI.0002", "there is none"));
    let dli = script.client();
    assert!(is_usable(&dli, "c1").await?, "the throttled answer is waited out");
    assert!(!is_usable(&dli, "c2").await?);
    for request in script.requests() {
        println!("{} {} {}", request.operation, request.method, request.path);
    }
    Ok(())
}

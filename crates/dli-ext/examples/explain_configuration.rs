//! Tells where each value of the configuration comes from:
//! `cargo run -p dli-ext --example explain_configuration`.

use dli_ext::Dli;

#[tokio::main]
async fn main() -> Result<(), dli_ext::Error> {
    let dli = Dli::builder().region("cn-north-4").build()?;
    println!("{}", dli.explain().await);
    Ok(())
}

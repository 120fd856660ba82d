//! `cargo xtask fuzz-requests`: generated requests, good and bad, against the emulator. Every
//! answer has to be a documented one.

use anyhow::Context;

use crate::command::{self, target_directory};
use crate::emulator::Emulator;
use crate::python;

#[derive(clap::Args)]
pub struct Arguments {
    /// Generated requests an operation, about.
    #[arg(long, default_value_t = 5)]
    per_operation: u32,
    /// Where generation starts, to see a run again.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A release build of the emulator, for many requests; it checks its answers as well.
    #[arg(long)]
    release: bool,
}

const PROJECT: &str = "0123456789abcdef0123456789abcdef";
const PASSWORD: &str = "fuzz-secret";

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let programs = python::install(python::FUZZER)?;
    let key = format!("AKFUZZ:{PASSWORD}");
    let project = format!("{PROJECT}=local-1");
    let options = ["--access-key", &key, "--project", &project, "--check-answers"];
    let emulator = Emulator::start_built(arguments.release, &options)?;
    let token = emulator.token("emulator", PASSWORD, PROJECT).context("no token")?;
    let schema = target_directory().join("fuzz.json");
    write_schema(&schema)?;
    command::new(programs.join("schemathesis"))
        .args(["run", &schema.to_string_lossy(), "--url", &emulator.url])
        .args(["--header", &format!("X-Auth-Token: {token}"), "--no-color"])
        // With more, Python's parser fails now and then: "AST constructor recursion depth mismatch".
        .args(["--workers", "1"])
        .args([
            "--checks",
            "not_a_server_error,response_schema_conformance,content_type_conformance",
        ])
        .args(["--max-examples", &arguments.per_operation.to_string()])
        .args(["--seed", &arguments.seed.to_string(), "--suppress-health-check", "all"])
        .args(["--phases", "examples,coverage,fuzzing"])
        .run()
}

/// The description with the project's id filled in, so that requests reach the handlers.
fn write_schema(path: &std::path::Path) -> anyhow::Result<()> {
    let bundle = dli_spec::Description::load("openapi")?.bundle_all()?;
    let mut document = bundle.document().clone();
    document["components"]["parameters"]["ProjectId"]["schema"] =
        serde_json::json!({ "type": "string", "enum": [PROJECT] });
    std::fs::write(path, document.to_string())?;
    Ok(())
}

//! `cargo xtask bindings`: how long `dli-api` takes to build from nothing, and how much is generated.

use std::time::Instant;

use anyhow::Context;
use dli_spec::Description;

use crate::command::cargo;

#[derive(clap::Args)]
pub struct Arguments {
    /// Put the table into README.md, between its markers.
    #[arg(long)]
    write_readme: bool,
}

/// The family that stands for one.
const ONE: &str = "enhanced_connections";
const BEGIN: &str = "<!-- written by `cargo xtask bindings --write-readme` -->";
const END: &str = "<!-- end -->";

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let description = Description::load("openapi")?;
    let families = description.families();
    let mut table = String::from(
        "| `dli-api` with | operations | generated lines | generator, seconds | clean build, seconds | crate alone, seconds |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    for (name, feature, families) in
        [("one family", ONE, vec![ONE]), ("all families", "all-families", families)]
    {
        let bundle = description.bundle(&families)?;
        let start = Instant::now();
        let source = dli_codegen::api_source(&bundle)?;
        let generator = start.elapsed().as_secs_f64();
        let (clean, alone) = build(feature)?;
        table.push_str(&format!(
            "| {name} | {} | {} | {generator:.1} | {clean:.0} | {alone:.0} |\n",
            bundle.operations().len(),
            source.lines().count(),
        ));
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    table.push_str(&format!("\nDebug builds on {cores} cores, downloads not counted.\n"));
    println!("{table}");
    if arguments.write_readme {
        write_readme(&table)?;
    }
    Ok(())
}

/// Seconds of a build from nothing, and of the crate alone once its dependencies are there.
fn build(feature: &str) -> anyhow::Result<(f64, f64)> {
    let folder = tempfile::tempdir()?;
    let target = folder.path().to_string_lossy().into_owned();
    let run = || -> anyhow::Result<f64> {
        let start = Instant::now();
        cargo([
            "build",
            "--quiet",
            "--package",
            "dli-api",
            "--no-default-features",
            "--features",
            feature,
        ])
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_INCREMENTAL", "0")
        .run()?;
        Ok(start.elapsed().as_secs_f64())
    };
    cargo(["fetch", "--quiet"]).run()?;
    let clean = run()?;
    cargo(["clean", "--quiet", "--package", "dli-api"]).env("CARGO_TARGET_DIR", &target).run()?;
    Ok((clean, run()?))
}

fn write_readme(table: &str) -> anyhow::Result<()> {
    let readme = std::fs::read_to_string("README.md")?;
    let (before, rest) =
        readme.split_once(BEGIN).context("README.md has no marker for the table")?;
    let (_, after) = rest.split_once(END).context("README.md has no end marker for the table")?;
    std::fs::write("README.md", format!("{before}{BEGIN}\n{table}{END}{after}"))?;
    Ok(())
}

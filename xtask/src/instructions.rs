//! `cargo xtask instructions`: how many instructions the bare work of a call takes, below Valgrind,
//! held to the committed baseline. Times differ from run to run; these do not.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};

use crate::command::cargo;
use crate::tools::{self, Tool};

#[derive(clap::Args, Default)]
pub struct Arguments {
    /// Write what was counted as the new baseline.
    #[arg(long)]
    write: bool,
}

/// Runs the benchmarks below Valgrind; its version is that of the library in Cargo.toml.
pub const RUNNER: Tool = Tool { package: "gungraun-runner", version: "0.20.0" };
const BASELINE: &str = "crates/dli-bench/instructions.json";
/// How far a count may be from its baseline, to either side: what got cheaper is a new baseline.
const TOLERANCE: f64 = 0.05;

/// Counts by name, `call_show::ours`.
type Counts = BTreeMap<String, u64>;

/// Each line of the table: what, our count and the floor's.
const ROWS: [(&str, &str, &str); 6] = [
    ("show of one, without the network", "call_show::ours", "bare_show::floor"),
    ("list of 100, without the network", "call_list::ours", "bare_list::floor"),
    ("decoding a list of 1", "decode::ours_1", "decode_bare::floor_1"),
    ("decoding a list of 100", "decode::ours_100", "decode_bare::floor_100"),
    ("decoding a list of 10,000", "decode::ours_10000", "decode_bare::floor_10000"),
    ("signing", "sign::ours", "sign_bare::floor"),
];

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    tools::of_the_system(&["valgrind"])?;
    let counts = count()?;
    if arguments.write {
        let text = serde_json::to_string_pretty(&counts)? + "\n";
        std::fs::write(BASELINE, text).with_context(|| format!("cannot write {BASELINE}"))?;
    }
    let text = std::fs::read_to_string(BASELINE)
        .with_context(|| format!("cannot read {BASELINE}; `--write` makes it"))?;
    let baseline: Counts = serde_json::from_str(&text)?;
    show(&counts, &baseline)
}

fn count() -> anyhow::Result<Counts> {
    let runner = RUNNER.install()?;
    let output = cargo(["bench", "--quiet", "--package", "dli-bench", "--bench", "instructions"])
        .args(["--no-default-features"])
        .args(["--", "--output-format=json"])
        .env("GUNGRAUN_RUNNER", &runner.to_string_lossy())
        .output()?;
    let mut counts = Counts::new();
    for line in output.lines().filter(|line| line.starts_with('{')) {
        let summary: serde_json::Value = serde_json::from_str(line)?;
        let (name, count) = read(&summary).context("a summary of another shape than we know")?;
        counts.insert(name, count);
    }
    ensure!(!counts.is_empty(), "nothing was counted; gungraun said: {output}");
    Ok(counts)
}

/// The name of a benchmark and its instructions.
fn read(summary: &serde_json::Value) -> Option<(String, u64)> {
    let function = summary["function_name"].as_str()?;
    let id = summary["id"].as_str()?;
    let profile = summary["profiles"].as_array()?.iter().find(|p| p["tool"] == "Callgrind")?;
    let count = profile["data"]["total"]["metrics"]["Ir"]["values"]["new"].as_u64()?;
    Some((format!("{function}::{id}"), count))
}

#[allow(clippy::cast_precision_loss)]
fn show(counts: &Counts, baseline: &Counts) -> anyhow::Result<()> {
    println!(
        "{:<36} {:>12} {:>12} {:>6} {:>9}",
        "instructions", "ours", "floor", "ratio", "change"
    );
    let count = |name: &str| counts.get(name).with_context(|| format!("`{name}` was not counted"));
    let mut moved = Vec::new();
    for (what, ours, floor) in ROWS {
        let (now, bare) = (*count(ours)? as f64, *count(floor)? as f64);
        let before = baseline.get(ours).with_context(|| format!("{BASELINE} lacks `{ours}`"))?;
        let change = now / *before as f64 - 1.0;
        println!(
            "{what:<36} {now:>12.0} {bare:>12.0} {:>6.2} {:>+8.1}%",
            now / bare,
            change * 100.0
        );
        if change.abs() > TOLERANCE {
            moved.push(format!("{what} by {:+.1}%", change * 100.0));
        }
    }
    if !moved.is_empty() {
        bail!(
            "instructions moved by more than {:.0}%: {}; if that is meant, `cargo xtask instructions \
             --write` makes it the baseline",
            TOLERANCE * 100.0,
            moved.join(", ")
        );
    }
    Ok(())
}

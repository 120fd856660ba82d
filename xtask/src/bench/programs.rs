//! The measured programs: built, run side by side, served from.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};

use crate::command::{self, cargo, target_directory};

/// Where cargo tells emulators of tests to take notes. A benchmark is no test.
const RECORD: &str = "DLI_EMULATOR_RECORD";

/// Runs of each side; odd, so that there is one in the middle.
pub const RUNS: usize = 5;

/// Makes a release build of a package.
pub fn build(package: &str) -> anyhow::Result<()> {
    cargo(["build", "--quiet", "--release", "--package", package]).run()
}

/// Makes a release build of the program that has DataFusion, which takes minutes the first time.
pub fn build_sql() -> anyhow::Result<()> {
    let arguments = ["--package", "dli-bench", "--features", "sql", "--bin", "dli-bench-sql"];
    cargo(["build", "--quiet", "--release"]).args(arguments).run()
}

/// A program of a release build.
pub fn program(name: &str) -> PathBuf {
    target_directory().join("release").join(name)
}

/// Figures by name, as a side printed them.
#[derive(Debug, Clone)]
pub struct Figures(BTreeMap<String, f64>);

impl Figures {
    /// What a side printed.
    pub fn read(output: &str) -> anyhow::Result<Self> {
        let figures = serde_json::from_str(output.trim());
        Ok(Self(figures.with_context(|| format!("no figures were printed, but `{output}`"))?))
    }

    pub fn get(&self, name: &str) -> anyhow::Result<f64> {
        self.0.get(name).copied().with_context(|| format!("no figure `{name}` in {:?}", self.0))
    }
}

/// Runs one side of a scenario once.
pub fn once(scenario: &str, side: &str, arguments: &[&str]) -> anyhow::Result<Figures> {
    run("dli-bench", scenario, side, arguments)
}

/// Runs one side with every allocation counted.
pub fn counted(scenario: &str, side: &str, arguments: &[&str]) -> anyhow::Result<Figures> {
    run("dli-bench-allocations", scenario, side, arguments)
}

/// Runs one side of the scenario of SQL once.
pub fn once_sql(scenario: &str, side: &str, arguments: &[&str]) -> anyhow::Result<Figures> {
    run("dli-bench-sql", scenario, side, arguments)
}

fn run(name: &str, scenario: &str, side: &str, arguments: &[&str]) -> anyhow::Result<Figures> {
    let output = command::new(program(name))
        .args([scenario, side])
        .args(arguments.iter().copied())
        .env_remove(RECORD)
        .output()?;
    Figures::read(&output).with_context(|| format!("{name} {scenario} {side}"))
}

/// Runs of both sides of a scenario, taken in turn.
pub struct Sides {
    ours: Vec<Figures>,
    floor: Vec<Figures>,
}

/// Runs both sides in turn, [`RUNS`] times each.
pub fn alternately(scenario: &str, arguments: &[&str]) -> anyhow::Result<Sides> {
    in_turn(|side| once(scenario, side, arguments))
}

/// Runs both sides in turn, whatever they are.
pub fn in_turn(run: impl Fn(&str) -> anyhow::Result<Figures>) -> anyhow::Result<Sides> {
    let mut sides = Sides { ours: Vec::new(), floor: Vec::new() };
    for turn in 0..RUNS {
        // Who goes first changes, so that neither always finds the machine warm.
        let (first, second) = if turn % 2 == 0 { ("ours", "floor") } else { ("floor", "ours") };
        for side in [first, second] {
            let figures = run(side)?;
            if side == "ours" { &mut sides.ours } else { &mut sides.floor }.push(figures);
        }
    }
    Ok(sides)
}

impl Sides {
    pub fn ours(&self, name: &str) -> anyhow::Result<f64> {
        median(&self.ours, name)
    }

    pub fn floor(&self, name: &str) -> anyhow::Result<f64> {
        median(&self.floor, name)
    }

    /// The middle one of the ratios of each turn: what disturbed a turn disturbed both sides.
    pub fn ratio(&self, name: &str) -> anyhow::Result<f64> {
        let pairs = self.ours.iter().zip(&self.floor);
        let ratios: anyhow::Result<Vec<f64>> =
            pairs.map(|(ours, floor)| Ok(ours.get(name)? / floor.get(name)?)).collect();
        middle(ratios?)
    }
}

/// The middle one of a figure.
pub fn median(runs: &[Figures], name: &str) -> anyhow::Result<f64> {
    middle(runs.iter().map(|run| run.get(name)).collect::<anyhow::Result<Vec<_>>>()?)
}

pub fn middle(mut values: Vec<f64>) -> anyhow::Result<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().context("nothing was measured")
}

/// A server in a process of its own, stopped when dropped.
pub struct Server {
    process: Child,
    pub url: String,
}

impl Server {
    /// Starts one side of a scenario that serves, and prints its address first.
    pub fn start(scenario: &str, side: &str, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut process = Command::new(program("dli-bench"))
            .args([scenario, side])
            .args(arguments)
            .env_remove(RECORD)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start dli-bench {scenario}"))?;
        let output = process.stdout.take().context("the server has no output")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        let server = Self { process, url: url.trim().to_owned() };
        ensure!(server.url.starts_with("http://"), "dli-bench {scenario} printed no address");
        Ok(server)
    }

    /// The most memory it had, in KiB.
    pub fn peak(&self) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.context("the system tells no peak of memory")?.parse()?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Microseconds as one reads them.
pub fn time(micros: f64) -> String {
    match micros {
        m if m < 10.0 => format!("{m:.2} µs"),
        m if m < 1e3 => format!("{m:.0} µs"),
        m if m < 1e4 => format!("{:.2} ms", m / 1e3),
        m if m < 1e6 => format!("{:.0} ms", m / 1e3),
        m => format!("{:.1} s", m / 1e6),
    }
}

/// KiB as one reads them.
pub fn size(kib: f64) -> String {
    match kib {
        k if k < 1024.0 => format!("{k:.1} KiB"),
        k => format!("{:.1} MiB", k / 1024.0),
    }
}

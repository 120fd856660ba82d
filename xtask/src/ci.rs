//! `cargo xtask ci`: everything that decides whether a change lands, stage by stage, with the
//! time of each.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::command::{self, Program, cargo, target_directory};
use crate::coverage;
use crate::{
    book, dependencies, documentation, features, fuzz, instructions, manifests, package,
    public_api, python, reproducible, tools,
};

#[derive(clap::Args)]
pub struct Arguments {
    /// Only the stages of these names.
    stages: Vec<String>,
    /// Go on after a stage has failed, to see all failures.
    #[arg(long)]
    keep_going: bool,
}

/// A stage, its name and what it runs.
type Stage = (&'static str, fn() -> anyhow::Result<Outcome>);

/// How a stage ended, if it did not fail.
enum Outcome {
    Passed,
    /// Passed, but for what it left out, for these reasons.
    Partly(Vec<String>),
    Skipped(String),
}

const IMAGE: &str = "crates/dli-emulator/Dockerfile";

const STAGES: &[Stage] = &[
    ("toolchain", toolchain),
    ("format", || passed(cargo(["fmt", "--all", "--check"]))),
    ("manifests", || done(manifests::run())),
    ("dependencies", dependencies_allowed),
    ("tools", tools_of_tests),
    ("regen", || passed(cargo(["run", "--quiet", "--package", "xtask", "--", "regen", "--check"]))),
    ("audit", audit),
    ("clippy", clippy),
    ("test", test),
    ("coverage", || {
        passed(cargo(["run", "--quiet", "--package", "xtask", "--", "coverage", "--check"]))
    }),
    ("interop", || with_python("huaweicloudsdkdli", "interop")),
    ("fuzz", || with_python("schemathesis", "fuzz-requests")),
    ("fuzz targets", fuzz_targets),
    ("secrets", || passed(cargo(["run", "--quiet", "--package", "xtask", "--", "search-secrets"]))),
    ("doc", || done(documentation::run())),
    ("public api", || done(public_api::run(&public_api::Arguments { check: true }))),
    ("book", || Ok(book::build()?.map_or_else(Outcome::Skipped, |()| Outcome::Passed))),
    ("light", light),
    ("instructions", instructions_held),
    ("one family", one_family),
    ("features", || done(features::run())),
    ("reproducible", || done(reproducible::run())),
    ("bundle", bundle),
    ("package", || done(package::run(&package::Arguments::default()))),
];

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let chosen =
        |name: &str| arguments.stages.is_empty() || arguments.stages.iter().any(|s| s == name);
    let mut times: Vec<(&str, Duration, String)> = Vec::new();
    let mut failure = None;
    for (name, stage) in STAGES.iter().filter(|(name, _)| chosen(name)) {
        println!("── {name}");
        let start = Instant::now();
        let result = stage().and_then(complete);
        let verdict = match &result {
            Ok(Outcome::Passed) => "passed".to_owned(),
            Ok(Outcome::Partly(why)) => format!("passed; left out: {}", why.join("; ")),
            Ok(Outcome::Skipped(why)) => format!("skipped: {why}"),
            Err(_) => "FAILED".to_owned(),
        };
        times.push((name, start.elapsed(), verdict));
        if let Err(error) = result {
            let error = error.context(format!("stage `{name}`"));
            eprintln!("error: {error:#}");
            failure.get_or_insert(error);
            if !arguments.keep_going {
                break;
            }
        }
    }
    println!("\nstage            seconds");
    for (name, time, verdict) in &times {
        println!("{name:<16} {:>7.1}  {verdict}", time.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, time, _)| *time).sum();
    println!("{:<16} {:>7.1}", "total", total.as_secs_f64());
    failure.map_or(Ok(()), Err)
}

/// What is skipped on a developer's machine is not skipped in CI.
fn complete(outcome: Outcome) -> anyhow::Result<Outcome> {
    match outcome {
        Outcome::Partly(why) if in_ci() => bail!("left out in CI: {}", why.join("; ")),
        Outcome::Skipped(why) if in_ci() => bail!("skipped in CI: {why}"),
        outcome => Ok(outcome),
    }
}

fn passed(program: Program) -> anyhow::Result<Outcome> {
    program.run()?;
    Ok(Outcome::Passed)
}

/// For a task of this program that needs no process of its own.
fn done(result: anyhow::Result<()>) -> anyhow::Result<Outcome> {
    result.map(|()| Outcome::Passed)
}

fn in_ci() -> bool {
    std::env::var_os("CI").is_some()
}

/// The version that the manifests promise is the one that runs here and in the emulator's image.
fn toolchain() -> anyhow::Result<Outcome> {
    let manifest = std::fs::read_to_string("Cargo.toml")?;
    let promised = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'))
        .context("Cargo.toml promises no rust-version")?;
    let image = std::fs::read_to_string(IMAGE)?;
    ensure!(
        image.contains(&format!("FROM rust:{promised}-")),
        "{IMAGE} builds with another version than {promised}, which Cargo.toml promises"
    );
    // Clippy keeps to the promise unless a file of its own says otherwise.
    for file in ["clippy.toml", ".clippy.toml"] {
        let own = std::fs::read_to_string(file).unwrap_or_default();
        ensure!(!own.contains("msrv"), "{file} promises an msrv of its own");
    }
    let running = command::new("rustc").args(["--version"]).output()?;
    println!("{}", running.trim());
    if !running.starts_with(&format!("rustc {promised}.")) {
        let why =
            format!("the promised version is {promised}; only a run on it checks the promise");
        return Ok(Outcome::Skipped(why));
    }
    Ok(Outcome::Passed)
}

/// What tests want and Rust does not bring. On a developer's machine the tests that want them
/// skip by name; here they are installed.
fn tools_of_tests() -> anyhow::Result<Outcome> {
    if !in_ci() {
        return Ok(Outcome::Skipped("tools are installed in CI only".to_owned()));
    }
    python::install(python::VALIDATOR)?;
    // For the tests of the emulator's page.
    tools::of_the_system(&["chromium-headless-shell", "chromium"])?;
    Ok(Outcome::Passed)
}

/// The description against the copy of the documentation beside the project.
fn audit() -> anyhow::Result<Outcome> {
    let folders = ["zh", "en", "seeds", "explorer"].map(|part| format!("../shared/docs/{part}"));
    if !folders.iter().all(|folder| Path::new(folder).is_dir()) {
        let why = "no copy of the documentation beside the project";
        ensure!(!in_ci(), "{why}");
        return Ok(Outcome::Skipped(why.to_owned()));
    }
    let program = cargo(["run", "--quiet", "--package", "xtask", "--", "audit", "--docs"]);
    let program = program.args(folders.iter().map(String::as_str));
    passed(program.args(["--reference", "../shared/reference", "--check"]))
}

/// The graph of dependencies, if `cargo deny` is there to hold it to deny.toml.
fn dependencies_allowed() -> anyhow::Result<Outcome> {
    Ok(dependencies::check()?.map_or_else(Outcome::Skipped, |()| Outcome::Passed))
}

fn clippy() -> anyhow::Result<Outcome> {
    let arguments =
        ["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];
    passed(cargo(arguments))
}

/// The README's own command for the tests. What emulators answer meanwhile is noted, and nothing
/// older counts.
fn test() -> anyhow::Result<Outcome> {
    if Path::new(coverage::ANSWERED).exists() {
        std::fs::remove_dir_all(coverage::ANSWERED)?;
    }
    // Tests that lack something say so there; the output of a test that passes is not shown.
    let skipped = target_directory().join("skipped-tests");
    if skipped.exists() {
        std::fs::remove_file(&skipped)?;
    }
    let words = readme_command("cargo test")?;
    let program = cargo(words.split_whitespace().skip(1));
    program.env("DLI_SKIPPED_TESTS", &skipped.to_string_lossy()).run()?;
    let reasons = std::fs::read_to_string(&skipped).unwrap_or_default();
    let mut reasons: Vec<String> = reasons.lines().map(str::to_owned).collect();
    reasons.sort();
    reasons.dedup();
    Ok(if reasons.is_empty() { Outcome::Passed } else { Outcome::Partly(reasons) })
}

/// A task that installs a Python package and runs it. Outside CI it runs where somebody has run it
/// before, and so wants it.
fn with_python(module: &str, task: &str) -> anyhow::Result<Outcome> {
    let import = format!("import {module}");
    let python = target_directory().join("venv/bin/python");
    if !in_ci() && command::new(python).args(["-c", &import]).output().is_err() {
        let why = format!("{module} is not installed; `cargo xtask {task}` installs it");
        return Ok(Outcome::Skipped(why));
    }
    passed(cargo(["run", "--quiet", "--package", "xtask", "--", task]))
}

/// Each target of fuzz/ for a short time, from its corpus.
fn fuzz_targets() -> anyhow::Result<Outcome> {
    match fuzz::CARGO_FUZZ.in_ci_or_there()? {
        Ok(_) => done(fuzz::run(&fuzz::Arguments::seconds(10))),
        Err(why) => Ok(Outcome::Skipped(why)),
    }
}

/// What a call costs, in instructions: below Valgrind these are the same on any machine.
fn instructions_held() -> anyhow::Result<Outcome> {
    if let Err(why) = instructions::RUNNER.in_ci_or_there()? {
        return Ok(Outcome::Skipped(why));
    }
    done(instructions::run(&instructions::Arguments::default()))
}

/// The README's first command, that it stays light, and the command line without its emulator.
fn light() -> anyhow::Result<Outcome> {
    let words = readme_command("cargo run")?;
    passed(cargo(words.split_whitespace().skip(1)))?;
    for package in ["dli-ext", "dli-emulator"] {
        let arguments =
            ["tree", "--package", package, "--edges", "normal,build,dev", "--prefix", "none"];
        let tree = cargo(arguments).output()?;
        let heavy =
            tree.lines().find(|line| line.starts_with("datafusion") || line.starts_with("arrow"));
        ensure!(heavy.is_none(), "{package} pulls in {heavy:?} by default");
    }
    // Other stages build it with all its features.
    passed(cargo(["check", "--package", "dli-cli", "--no-default-features"]))
}

fn readme_command(start: &str) -> anyhow::Result<String> {
    let readme = std::fs::read_to_string("README.md")?;
    let line = readme.lines().find(|line| line.starts_with(start));
    line.map(str::to_owned).with_context(|| format!("README.md has no command `{start} …`"))
}

/// A crate that wants one family compiles one family.
fn one_family() -> anyhow::Result<Outcome> {
    let family = "datasource_connections";
    cargo(["build", "--package", "dli-api", "--no-default-features", "--features", family])
        .run()?;
    let program = cargo(["run", "--quiet", "--package", "dli-codegen", "--example", "print"]);
    let source = program.args(["--", "api", family]).output()?;
    if source.contains("list_queues") || !source.contains("list_datasource_connections") {
        bail!("the bindings of {family} are not those of {family} alone");
    }
    Ok(Outcome::Passed)
}

/// An independent validator takes the one-file document.
fn bundle() -> anyhow::Result<Outcome> {
    cargo(["run", "--quiet", "--package", "xtask", "--", "bundle", "-o", "target/dli.yaml"])
        .run()?;
    let validator = target_directory().join("venv/bin/openapi-spec-validator");
    if !validator.exists() {
        ensure!(!in_ci(), "{} is missing; the stage `tools` installs it", validator.display());
        return Ok(Outcome::Skipped("openapi-spec-validator is not installed".to_owned()));
    }
    passed(command::new(validator).args(["target/dli.yaml"]))
}

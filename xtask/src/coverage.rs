//! `cargo xtask coverage`: what there is of each operation. Every cell is computed.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};
use dli_spec::{Description, Operation};

use crate::command::{cargo, target_directory};
use crate::emulator::Emulator;

#[derive(clap::Args)]
pub struct Arguments {
    /// Fail when the table is not the one in COVERAGE.md.
    #[arg(long)]
    check: bool,
    /// Write the table to COVERAGE.md.
    #[arg(long)]
    write: bool,
}

const FILE: &str = "COVERAGE.md";
/// Where emulators in tests noted what they answered; see `.cargo/config.toml`.
pub const ANSWERED: &str = "target/answered";
const COLUMNS: [&str; 7] =
    ["described", "sources", "typed", "handle", "emulator", "command", "tested"];

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let description = Description::load("openapi")?;
    let bundle = description.bundle_all()?;
    let api = dli_codegen::api_source(&bundle)?;
    let handles = dli_codegen::handle_source(&bundle)?;
    let documented = documented()?;
    let answered = answered()?;
    let commands = commands(bundle.operations())?;
    let tested = tested()?;
    // What the documentation has and the description lacks is a row as well.
    let mut rows = Vec::new();
    let mut described = BTreeSet::new();
    for operation in bundle.operations() {
        let id = operation.id.as_str();
        described.insert(format!("{} {}", operation.method, operation.path));
        let cells = [
            true,
            !operation.sources.is_empty(),
            api.contains(&format!("pub async fn {id}<")),
            handles.contains(&format!("begin(\"{id}\")")),
            answered.contains(id),
            commands.contains(id),
            tested.contains(id),
        ];
        rows.push((id.to_owned(), cells));
    }
    rows.extend(documented.difference(&described).map(|address| (address.clone(), [false; 7])));
    let text = table(&rows);
    println!("{}", text.lines().skip(4).collect::<Vec<_>>().join("\n"));
    if arguments.write {
        fs::write(FILE, &text)?;
    }
    if arguments.check && fs::read_to_string(FILE).unwrap_or_default() != text {
        bail!("{FILE} is stale: run the tests, then `cargo xtask coverage --write`");
    }
    Ok(())
}

/// Every operation that a page of the documentation has, by method and path, as the lock of the
/// documentation's facts holds them.
fn documented() -> anyhow::Result<BTreeSet<String>> {
    let lock = fs::read_to_string("openapi/docs.lock").context("no openapi/docs.lock")?;
    let addresses = lock.lines().filter_map(|line| line.strip_prefix("\t@\t"));
    // Remarks about the operation follow after a tab.
    let addresses = addresses.filter_map(|rest| rest.split('\t').next()).map(str::to_owned);
    let addresses: BTreeSet<String> = addresses.collect();
    ensure!(!addresses.is_empty(), "openapi/docs.lock names no operation");
    Ok(addresses)
}

/// Operations that a running emulator says it answers.
fn answered() -> anyhow::Result<BTreeSet<String>> {
    let emulator = Emulator::start(&[])?;
    let listed = emulator.get("/_emulator/operations")?;
    let operations = listed["operations"].as_array().context("no list of operations")?;
    Ok(operations
        .iter()
        .filter(|operation| operation["answered"] == true)
        .filter_map(|operation| operation["id"].as_str())
        .map(str::to_owned)
        .collect())
}

/// Operations that the command line knows by name.
fn commands(operations: &[Operation]) -> anyhow::Result<BTreeSet<String>> {
    cargo(["build", "--quiet", "--package", "dli-cli"]).run()?;
    let program = target_directory().join("debug/dli");
    let mut known = BTreeSet::new();
    for operation in operations {
        let status = Command::new(&program)
            .args(["api", &operation.id, "--help"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .context("cannot start dli")?;
        if status.success() {
            known.insert(operation.id.clone());
        }
    }
    Ok(known)
}

/// Operations that were answered with success while tests ran.
fn tested() -> anyhow::Result<BTreeSet<String>> {
    let mut seen = BTreeSet::new();
    let Ok(entries) = fs::read_dir(ANSWERED) else { return Ok(seen) };
    for entry in entries {
        let text = fs::read_to_string(entry?.path())?;
        seen.extend(text.lines().map(str::to_owned));
    }
    Ok(seen)
}

fn table(rows: &[(String, [bool; 7])]) -> String {
    let mut out = String::from(
        "# Coverage\n\nWritten by `cargo xtask coverage --write` after the tests; every cell is computed.\n\n",
    );
    let counts: Vec<usize> =
        (0..COLUMNS.len()).map(|at| rows.iter().filter(|(_, cells)| cells[at]).count()).collect();
    for (column, count) in COLUMNS.iter().zip(&counts) {
        let _ = writeln!(out, "- {column}: {count} of {}", rows.len());
    }
    let _ = write!(out, "\n| operation | {} |\n|---|", COLUMNS.join(" | "));
    out.push_str(&"---|".repeat(COLUMNS.len()));
    out.push('\n');
    for (operation, cells) in rows {
        let marks: Vec<&str> = cells.iter().map(|cell| if *cell { "✓" } else { "–" }).collect();
        let _ = writeln!(out, "| {} | {} |", operation, marks.join(" | "));
    }
    out
}

//! `cargo xtask bench`: what is claimed, measured. Each row runs our side and a floor in the same
//! run, alternately; the programs are in `crates/dli-bench`. One file a row.

mod build;
mod calls;
mod concurrency;
mod decoding;
mod emulator;
mod paging;
mod programs;
mod signing;
mod sql;
mod start;
mod table;
mod vendor;

use anyhow::ensure;

use table::Line;

#[derive(clap::Args)]
pub struct Arguments {
    /// Only these rows: calls, decoding, signing, paging, concurrency, emulator, sql, start,
    /// build, vendor.
    rows: Vec<String>,
    /// Put the lines into the table of README.md; those of other rows stay.
    #[arg(long)]
    write_readme: bool,
}

/// A row: its name and what measures it, in the order of the table.
type Row = (&'static str, fn() -> anyhow::Result<Vec<Line>>);

const ROWS: [Row; 10] = [
    ("calls", calls::run),
    ("decoding", decoding::run),
    ("signing", signing::run),
    ("paging", paging::run),
    ("concurrency", concurrency::run),
    ("emulator", emulator::run),
    ("sql", sql::run),
    ("start", start::run),
    ("build", build::run),
    ("vendor", vendor::run),
];

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let names: Vec<&str> = ROWS.iter().map(|(name, _)| *name).collect();
    for row in &arguments.rows {
        let known = names.contains(&row.as_str());
        ensure!(known, "there is no row `{row}`; there are {}", names.join(", "));
    }
    programs::build("dli-bench")?;
    let chosen = |name: &str| arguments.rows.is_empty() || arguments.rows.iter().any(|r| r == name);
    let (mut lines, mut failed) = (Vec::new(), Vec::new());
    for (name, measure) in ROWS.iter().filter(|(name, _)| chosen(name)) {
        eprintln!("… {name}");
        match measure() {
            Ok(measured) => lines.extend(measured.into_iter().map(|line| line.of(name))),
            // What took half an hour to measure is not lost to a later row.
            Err(error) => {
                eprintln!("{name}: {error:#}");
                failed.push(*name);
            }
        }
    }
    println!("{}", table::show(&lines));
    if arguments.write_readme {
        table::write_readme(&lines, &names)?;
    }
    ensure!(failed.is_empty(), "not measured: {}; what went wrong is above", failed.join(", "));
    Ok(())
}

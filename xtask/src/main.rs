//! The maintainers' tool. `cargo xtask help` lists what it does.

mod command;
mod lint;
mod regen;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What a maintainer of the SDK runs.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Hold the description in openapi/ to the project's rules.
    Lint(lint::Arguments),
    /// Lint, regenerate, and refresh the snapshots that a reviewer reads.
    Regen(regen::Arguments),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Regen(arguments) => regen::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

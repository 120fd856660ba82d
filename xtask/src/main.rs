//! The maintainers' tool. `cargo xtask help` lists what it does.

mod bench;
mod bindings;
mod book;
mod bundle;
mod ci;
mod command;
mod coverage;
mod dependencies;
mod documentation;
mod emulator;
mod features;
mod fuzz;
mod fuzz_requests;
mod instructions;
mod interop;
mod lint;
mod manifests;
mod package;
mod public_api;
mod python;
mod regen;
mod reproducible;
mod secrets;
mod tools;
mod workspace;

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
    /// Hold the description to the documentation; `audit --help` lists what it can do.
    #[command(disable_help_flag = true)]
    Audit {
        /// Handed to the audit as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Operation by operation: described, typed, handle, emulator, command, tested.
    Coverage(coverage::Arguments),
    /// Write the description as one OpenAPI file.
    Bundle(bundle::Arguments),
    /// Whole lifecycles through the vendor's own Python SDK against the emulator.
    Interop,
    /// Generated requests, good and bad, against the emulator.
    FuzzRequests(fuzz_requests::Arguments),
    /// Inputs that nobody thought of, for everything that reads what others wrote.
    Fuzz(fuzz::Arguments),
    /// Search all output of the tests for the secrets they use.
    SearchSecrets,
    /// Hold the manifests to what crates.io, docs.rs and this project want of them.
    Manifests,
    /// Check every published crate without features and with each of them alone.
    Features,
    /// List the public face of the crates that are written by hand, in their `public-api.txt`.
    PublicApi(public_api::Arguments),
    /// Generate everything twice, in different surroundings, and compare the bytes.
    Reproducible,
    /// Package every crate twice, compile each from its archive with its least versions, and call
    /// the emulator through the packaged `dli-api`.
    Package(package::Arguments),
    /// Measure what is claimed.
    Bench(bench::Arguments),
    /// Count the instructions of a call, and hold them to the baseline.
    Instructions(instructions::Arguments),
    /// Measure what the bindings cost: the generator's run, a clean build with one family and all.
    Bindings(bindings::Arguments),
    /// Everything that decides whether a change lands.
    Ci(ci::Arguments),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Lint(arguments) => lint::run(&arguments),
        Command::Regen(arguments) => regen::run(&arguments),
        Command::Audit { arguments } => {
            // A program of its own: it is large, and the other commands should start at once.
            let words = ["run", "--quiet", "--package", "dli-audit", "--bin", "audit", "--"];
            return command::cargo(words).args(arguments.iter().map(String::as_str)).code();
        }
        Command::Coverage(arguments) => coverage::run(&arguments),
        Command::Bundle(arguments) => bundle::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Instructions(arguments) => instructions::run(&arguments),
        Command::Bindings(arguments) => bindings::run(&arguments),
        Command::Interop => interop::run(),
        Command::FuzzRequests(arguments) => fuzz_requests::run(&arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::SearchSecrets => secrets::run(),
        Command::Manifests => manifests::run(),
        Command::Features => features::run(),
        Command::PublicApi(arguments) => public_api::run(&arguments),
        Command::Reproducible => reproducible::run(),
        Command::Package(arguments) => package::run(&arguments),
        Command::Ci(arguments) => ci::run(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

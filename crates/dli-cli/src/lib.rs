#![cfg_attr(docsrs, feature(doc_cfg))]
#![doc = include_str!("../README.md")]
//!
//! # The library
//!
//! The program is a thin `main` around [`run`]; [`command`] is its whole surface, for
//! completions, man pages and the test that guards it.

mod cli;
mod commands;
mod complete;
mod description;
mod error;
mod globals;
mod output;
mod request;
mod session;
mod trace;
mod usage;

use std::collections::HashMap;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

pub use error::{Exit, Failure};

/// Runs the program with these arguments, the name of the program first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // A shell that asks for completions is answered, and that is all.
    clap_complete::CompleteEnv::with_factory(command).complete();
    let cli = match cli::Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage::report(&error),
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::eprint_line(&format!("error: the program cannot start: {error}"));
            return ExitCode::from(Exit::Service as u8);
        }
    };
    let result = runtime.block_on(cli.run());
    // What still runs in the background has nobody to wait for it.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => conclude(&failure),
    }
}

/// The whole command line, as clap knows it.
pub fn command() -> clap::Command {
    cli::Cli::command()
}

/// The command lines of `dli api OPERATION`, one for each operation.
pub fn operation_commands() -> impl Iterator<Item = clap::Command> {
    description::OPERATIONS.iter().map(commands::api::command)
}

/// What `dli api OPERATION` would send, as a command for curl. For fuzzing, which cannot wait for
/// the program to start.
///
/// # Errors
/// What the program would say in place of sending it.
#[doc(hidden)]
pub fn would_send(
    operation: &str,
    parameters: HashMap<String, Vec<String>>,
    body: Option<String>,
    fields: Vec<String>,
) -> Result<String, Failure> {
    let entry = description::find(operation)?;
    let words = commands::api::Words { parameters, body, fields };
    let request = commands::api::put_together(entry, words)?;
    request.check_noting(&mut Vec::new())?;
    let (target, body) = (request.target("PROJECT")?, request::redacted(&request));
    Ok(request::curl(entry.method, &target, &request.headers(), body.as_ref()))
}

fn conclude(failure: &Failure) -> ExitCode {
    let Some(exit) = failure.exit() else { return ExitCode::SUCCESS };
    let text = failure.to_string();
    if !text.is_empty() {
        output::eprint_line(&format!("error: {text}"));
    }
    ExitCode::from(exit as u8)
}

/// Where the program keeps what it remembers: what was typed, the state of the local service.
fn state_folder() -> Option<std::path::PathBuf> {
    let var = |name: &str| {
        std::env::var_os(name).filter(|path| !path.is_empty()).map(std::path::PathBuf::from)
    };
    let base = var("XDG_STATE_HOME")
        .or_else(|| var("LOCALAPPDATA"))
        .or_else(|| var("HOME").map(|home| home.join(".local/state")))?;
    Some(base.join("dli"))
}

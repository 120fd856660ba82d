//! The command tree.

use clap::{Parser, Subcommand};

use crate::commands::*;
use crate::error::Result;
use crate::globals::Globals;
use crate::session::Session;

/// Data Lake Insight (DLI) of Huawei Cloud from a terminal.
///
/// Results go to standard output, everything else to standard error. `dli help exit-codes`
/// tells what the program ends with; `dli help topics` lists more to read.
#[derive(Debug, Parser)]
#[command(name = "dli", version, propagate_version = false, disable_help_subcommand = true)]
#[command(arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
enum Command {
    /// Any operation of the service, by its name
    Api(api::Api),
    /// Datasource connections of the classic kind
    #[command(subcommand)]
    Connection(connection::Connection),
    /// Enhanced datasource connections: a way from queues into your networks
    #[command(subcommand)]
    EnhancedConnection(enhanced_connection::EnhancedConnection),
}

impl Cli {
    /// Runs the command.
    pub async fn run(self) -> Result<()> {
        if self.globals.debug {
            crate::trace::show();
        }
        if let Command::Api(api) = self.command {
            return api.run(self.globals).await;
        }
        let session = Session::new(self.globals)?;
        match self.command {
            Command::Api(_) => Ok(()),
            Command::Connection(command) => command.run(&session).await,
            Command::EnhancedConnection(command) => command.run(&session).await,
        }
    }
}

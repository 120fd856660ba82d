//! The command tree.

use clap::{Parser, Subcommand};

use crate::commands::*;
use crate::error::Result;
use crate::globals::Globals;
use crate::session::Session;

/// Data Lake Insight (DLI) of Huawei Cloud from a terminal.
///
/// Results go to standard output, everything else to standard error. `dli help topics` lists
/// more to read, and `dli help exit-codes` tells what the program ends with.
#[derive(Debug, Parser)]
#[command(name = "dli", version, disable_help_subcommand = true)]
#[command(arg_required_else_help = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run SQL
    Sql(sql::Sql),
    /// SQL jobs: those that run and those that ran
    #[command(subcommand, disable_help_subcommand = true)]
    Job(job::Job),
    /// Spark programs
    #[command(subcommand, disable_help_subcommand = true)]
    Spark(spark::Spark),
    /// Flink jobs
    #[command(subcommand, disable_help_subcommand = true)]
    Flink(flink::Flink),
    /// Queues, which run jobs
    #[command(subcommand, disable_help_subcommand = true)]
    Queue(queue::Queue),
    /// Elastic resource pools, which queues take their compute units from
    #[command(subcommand, disable_help_subcommand = true)]
    Pool(pool::Pool),
    /// Databases
    #[command(subcommand, disable_help_subcommand = true)]
    Database(database::Database),
    /// Tables
    #[command(subcommand, disable_help_subcommand = true)]
    Table(table::Table),
    /// Datasource connections of the classic kind
    #[command(subcommand, disable_help_subcommand = true)]
    Connection(connection::Connection),
    /// Enhanced datasource connections: a way from queues into your networks
    #[command(subcommand, disable_help_subcommand = true)]
    EnhancedConnection(enhanced_connection::EnhancedConnection),
    /// Packages that Spark and Flink jobs use
    #[command(subcommand, disable_help_subcommand = true)]
    Resource(resource::Resource),
    /// Values that SQL jobs name as `{{name}}`
    #[command(subcommand, disable_help_subcommand = true)]
    Variable(variable::Variable),
    /// Who may do what with what
    #[command(subcommand, disable_help_subcommand = true)]
    Permission(permission::Permission),
    /// Labels on queues, connections and other things
    #[command(subcommand, disable_help_subcommand = true)]
    Tag(tag::Tag),
    /// How much of everything there may be
    Quota,
    /// Any operation of the service, by its name
    Api(api::Api),
    /// Write down region, project and keys
    Configure(configure::Configure),
    /// Tell what is configured, what can be reached, and what to do about the rest
    Doctor,
    /// Run the service on this machine
    Local(local::Local),
    /// Print a script that teaches a shell to complete
    Completions(shell_help::Completions),
    /// Print the manual page
    Man(shell_help::Man),
    /// Explain a command or a topic
    Help(help::Help),
}

impl Cli {
    /// Runs the command.
    pub async fn run(self) -> Result<()> {
        if self.globals.debug {
            crate::trace::show();
        }
        match self.command {
            Command::Api(api) => return api.run(self.globals).await,
            Command::Help(help) => return help.run(),
            Command::Completions(completions) => return completions.run(),
            Command::Man(man) => return man.run(),
            _ => {}
        }
        let session = &Session::new(self.globals)?;
        match self.command {
            Command::Sql(command) => command.run(session).await,
            Command::Job(command) => command.run(session).await,
            Command::Spark(command) => command.run(session).await,
            Command::Flink(command) => command.run(session).await,
            Command::Queue(command) => command.run(session).await,
            Command::Pool(command) => command.run(session).await,
            Command::Database(command) => command.run(session).await,
            Command::Table(command) => command.run(session).await,
            Command::Connection(command) => command.run(session).await,
            Command::EnhancedConnection(command) => command.run(session).await,
            Command::Resource(command) => command.run(session).await,
            Command::Variable(command) => command.run(session).await,
            Command::Permission(command) => command.run(session).await,
            Command::Tag(command) => command.run(session).await,
            Command::Quota => quota::run(session).await,
            Command::Configure(command) => command.run(session).await,
            Command::Doctor => doctor::run(session).await,
            Command::Local(command) => command.run(session).await,
            Command::Api(_) | Command::Help(_) | Command::Completions(_) | Command::Man(_) => {
                Ok(())
            }
        }
    }
}

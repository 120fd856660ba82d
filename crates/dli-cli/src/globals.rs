//! Options that every command takes.

use clap::{Args, ValueEnum};

/// Options that every command takes, before or after its name.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// Section of ~/.dli/profiles to use
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Region, `cn-north-4` for instance
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Id of the project
    #[arg(long, global = true, value_name = "ID")]
    pub project_id: Option<String>,
    /// Address of the service, instead of the one of the region
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint: Option<String>,
    /// Use an emulator inside this program; needs no account
    #[arg(long, global = true)]
    pub local: bool,
    /// How results are printed
    #[arg(long, short, global = true, value_name = "FORMAT", env = "DLI_OUTPUT")]
    pub output: Option<Format>,
    /// JMESPath expression applied to the result
    #[arg(long, global = true, value_name = "JMESPATH")]
    pub query: Option<String>,
    /// Print the requests instead of sending them
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Show on standard error what happens on the wire
    #[arg(long, global = true)]
    pub debug: bool,
    /// Answer yes to every question
    #[arg(long, short, global = true)]
    pub yes: bool,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    // Not documentation: that would make every help long.
    Table,
    Json,
    Yaml,
    Csv,
    Parquet,
}

impl Globals {
    /// What `later` says, and where it says nothing, what these say.
    #[must_use]
    pub fn merged(self, later: Globals) -> Globals {
        Globals {
            profile: later.profile.or(self.profile),
            region: later.region.or(self.region),
            project_id: later.project_id.or(self.project_id),
            endpoint: later.endpoint.or(self.endpoint),
            local: self.local || later.local,
            output: later.output.or(self.output),
            query: later.query.or(self.query),
            dry_run: self.dry_run || later.dry_run,
            debug: self.debug || later.debug,
            yes: self.yes || later.yes,
        }
    }
}

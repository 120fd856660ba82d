//! `dli completions` and `dli man`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};

use crate::error::{self, Exit, Failure, Result};
use crate::output::{eprint_line, write_stdout};

/// Print a script that completes commands, options, and names of queues and connections.
///
/// bash: `source <(dli completions bash)`; zsh: `source <(dli completions zsh)`;
/// fish: `dli completions fish | source`;
/// PowerShell: `dli completions powershell | Out-String | Invoke-Expression`.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// A shell that can be taught.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Fish,
    Powershell,
    Zsh,
}

impl Completions {
    /// Runs the command.
    pub fn run(self) -> Result<()> {
        let completer: &dyn EnvCompleter = match self.shell {
            Shell::Bash => &Bash,
            Shell::Fish => &Fish,
            Shell::Powershell => &Powershell,
            Shell::Zsh => &Zsh,
        };
        let program = std::env::args().next().unwrap_or_else(|| "dli".to_owned());
        let mut script = Vec::new();
        completer.write_registration("COMPLETE", "dli", "dli", &program, &mut script).map_err(
            |error| Failure::new(Exit::Service, format!("the script cannot be made: {error}")),
        )?;
        write_stdout(&script)
    }
}

/// Print the manual page, or write the pages of all commands.
#[derive(Debug, Args)]
pub struct Man {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

impl Man {
    /// Runs the command.
    pub fn run(self) -> Result<()> {
        if let Some(folder) = self.to {
            let fail = |error| error::file("write", &folder, &error);
            std::fs::create_dir_all(&folder).map_err(fail)?;
            clap_mangen::generate_to(crate::command(), &folder).map_err(fail)?;
            eprint_line(&format!("Wrote the pages into {}.", folder.display()));
            return Ok(());
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(crate::command())
            .render(&mut page)
            .map_err(|error| error::stdout(&error))?;
        write_stdout(&page)
    }
}

//! `dli sql`: statements from the command line, a file or standard input.

mod execute;
mod shell;
mod split;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::common::pair;
use crate::complete::queues;
use crate::error::{Exit, Failure, Result};
use crate::globals::Format;
use crate::output::{View, duration, eprint_line};
use crate::request::{Request, read_file, read_stdin};
use crate::session::Session;

pub use execute::{finished, follow, follow_own, grouped};

/// Run SQL.
///
/// The statements come from the arguments, from a file or from standard input, parted by
/// semicolons. They run one after the other; the first that fails ends the run. Ctrl-C cancels
/// the statement that runs, on the server as well.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(disable_help_subcommand = true)]
pub struct Sql {
    #[command(subcommand)]
    shell: Option<Sub>,
    /// The statements
    #[arg(value_name = "SQL")]
    sql: Vec<String>,
    /// Read the statements from a file; `-` is standard input
    #[arg(long, short, value_name = "FILE", conflicts_with = "sql")]
    file: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    /// Submit the statements and do not wait for them
    #[arg(long)]
    detach: bool,
    /// Have the statements checked, and do not run them
    #[arg(long, conflicts_with = "detach")]
    check: bool,
    /// Write the rows into a file; the format is `--output`, or what its name ends with
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Sub {
    /// Type statements, with history and completion
    Shell {
        #[command(flatten)]
        settings: Settings,
    },
}

/// Where and how statements run.
#[derive(Debug, Clone, Default, Args)]
pub struct Settings {
    /// Queue to run in
    #[arg(long, value_name = "NAME", env = "DLI_QUEUE", add = queues())]
    pub queue: Option<String>,
    /// Database that names without one belong to
    #[arg(long, short, value_name = "NAME", env = "DLI_DATABASE")]
    pub database: Option<String>,
    /// Catalog of the database
    #[arg(long, value_name = "NAME")]
    pub catalog: Option<String>,
    /// Engine: `spark` or `hetuEngine`
    #[arg(long)]
    pub engine: Option<String>,
    /// A setting of the engine; can be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub conf: Vec<String>,
    /// A tag of the jobs; can be given several times
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
    pub tags: Vec<(String, String)>,
}

impl Sql {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        if let Some(Sub::Shell { settings }) = self.shell {
            return shell::run(session, settings).await;
        }
        let text = match &self.file {
            Some(file) if file.as_os_str() == "-" => read_stdin()?,
            Some(file) => read_file(file)?,
            None if self.sql.is_empty() || self.sql == ["-"] => {
                if std::io::stdin().is_terminal() {
                    return Err(Failure::usage(
                        "no SQL is given; write it as `dli sql \"select 1\"`, name a file with \
                         `--file`, or type it in `dli sql shell`",
                    ));
                }
                read_stdin()?
            }
            None => self.sql.join("\n"),
        };
        let statements = split::statements(&text);
        if statements.is_empty() {
            return Err(Failure::usage(
                "there is no statement in what was given; it is empty or a comment",
            ));
        }
        let target = self.to.as_deref();
        if target.is_some() && statements.len() > 1 {
            return Err(Failure::usage(
                "one file takes the rows of one statement; run the statements one by one",
            ));
        }
        for (number, statement) in statements.iter().enumerate() {
            if statements.len() > 1 && session.output.is_table() {
                eprint_line(&format!(
                    "-- {} of {}: {}",
                    number + 1,
                    statements.len(),
                    first_line(statement)
                ));
            }
            let ran = self.one(session, statement, target).await;
            match ran {
                Err(error) if session.is_dry() && error.exit().is_none() => {}
                ran => ran?,
            }
        }
        Ok(())
    }

    async fn one(&self, session: &Session, statement: &str, target: Option<&Path>) -> Result<()> {
        if self.check {
            return check(session, &self.settings, statement).await;
        }
        if self.detach {
            let answer = execute::submit(session, &self.settings, statement).await?;
            let id = answer["job_id"].as_str().unwrap_or_default().to_owned();
            return match session.output.is_table() && !session.output.has_query() {
                true => session.output.text(&format!("{id}\n")),
                false => session.output.show(View::any(answer)),
            };
        }
        let started = Instant::now();
        let finished = execute::run(session, &self.settings, statement).await?;
        present(session, &finished, target, Some(started))
    }
}

/// The format of a file: what was asked for, or what its name ends with.
fn format_of(asked: Option<Format>, path: &Path) -> Format {
    if let Some(format) = asked {
        return format;
    }
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    match extension.as_deref() {
        Some("csv") => Format::Csv,
        Some("json") => Format::Json,
        Some("yaml" | "yml") => Format::Yaml,
        Some("parquet") => Format::Parquet,
        _ => Format::Table,
    }
}

/// Prints what became of a statement, and how long it took if that is known.
pub fn present(
    session: &Session,
    finished: &execute::Finished,
    target: Option<&Path>,
    started: Option<Instant>,
) -> Result<()> {
    let elapsed = started.map_or_else(String::new, |started| {
        let elapsed = i64::try_from(started.elapsed().as_millis()).unwrap_or(0);
        format!(" in {}", duration(elapsed))
    });
    let Some(rows) = &finished.rows else {
        return session.output.done(&format!("Done{elapsed}."), finished.status.clone());
    };
    let (shown, total) = (rows.rows.len() as u64, finished.total());
    if let Some(path) = target {
        rows.write(format_of(session.globals.output, path), path)?;
    } else {
        rows.show(&session.output)?;
    }
    let plural = if total == 1 { "" } else { "s" };
    if shown < total {
        // Never a silent cut.
        let whole = match finished.status["result_path"].as_str().filter(|path| !path.is_empty()) {
            Some(path) => format!("all of them are in {path}"),
            None => format!("`dli job export {} OBS-FOLDER` writes all of them", finished.job_id),
        };
        eprint_line(&format!(
            "warning: these are {} of {} rows; {whole}",
            grouped(shown),
            grouped(total)
        ));
    } else if let Some(path) = target {
        let path = path.display();
        eprint_line(&format!("Wrote {} row{plural} into {path}{elapsed}.", grouped(total)));
    } else if session.output.is_table() {
        eprint_line(&format!("{} row{plural}{elapsed}.", grouped(total)));
    }
    Ok(())
}

async fn check(session: &Session, settings: &Settings, statement: &str) -> Result<()> {
    let body = json!({ "sql": statement, "currentdb": settings.database });
    let answer = session.call(&Request::of("check_sql").body(body)).await.map_err(|error| {
        match error.exit() {
            Some(Exit::Service) => Failure::new(Exit::JobFailed, error.to_string()),
            _ => error,
        }
    })?;
    let kind = match &answer["job_type"] {
        Value::String(kind) => format!(" ({kind})"),
        _ => String::new(),
    };
    session.output.done(&format!("The statement is correct{kind}."), answer)
}

fn first_line(statement: &str) -> String {
    let lines = statement.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with("--"));
    let line = lines.next().unwrap_or_default();
    match line.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line.to_owned(),
    }
}

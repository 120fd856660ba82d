//! `dli sql shell`: statements typed one after the other.

mod catalog;
mod editor;

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};
use tokio::sync::mpsc;

use super::{Settings, execute, present, split};
use crate::error::{Exit, Failure, Result};
use crate::output::{Column, View, eprint_line};
use crate::request::Request;
use crate::session::{Interrupt, Session};
use catalog::{Catalog, Question};
use editor::Help;

const USAGE: &str = "\
\\d            tables of the database        \\d TABLE      columns of a table
\\l            databases                     \\c DATABASE   use another database
\\queue NAME   use another queue             \\i FILE       run the statements of a file
\\?            this list                    \\q            leave (or Ctrl-D)
A statement ends with a semicolon. Ctrl-C cancels the one that runs.";

const DATABASES: &[Column] =
    &[Column::text("NAME", "database_name"), Column::number("TABLES", "table_number")];
const TABLES: &[Column] = &[
    Column::text("NAME", "table_name"),
    Column::text("TYPE", "table_type"),
    Column::text("FORMAT", "data_type").rank(1),
];
const COLUMNS: &[Column] = &[
    Column::text("COLUMN", "column_name"),
    Column::text("TYPE", "type"),
    Column::text("DESCRIPTION", "description").rank(1),
];

type Line = Editor<Help, FileHistory>;

/// Reads statements until the end of the input.
pub async fn run(session: &Session, settings: Settings) -> Result<()> {
    let interactive = std::io::stdin().is_terminal();
    let (ask, mut questions) = mpsc::unbounded_channel::<Question>();
    let mut shell = Shell { session, settings, catalog: Catalog::default() };
    let history = history();
    let mut editor = open(Help::new(ask), history.as_deref())?;
    if interactive {
        eprint_line("Statements end with a semicolon; \\? tells more, \\q leaves.");
        // Told at once if nothing can be reached.
        session.dli().await?;
    }
    loop {
        let prompt = format!("{}> ", shell.settings.database.as_deref().unwrap_or("dli"));
        let mut reading = tokio::task::spawn_blocking(move || {
            let line = editor.readline(&prompt);
            (editor, line)
        });
        // While a line is typed, its completer asks for names.
        let (back, line) = loop {
            tokio::select! {
                read = &mut reading => break read.map_err(|error| {
                    Failure::new(Exit::Service, format!("the line cannot be read: {error}"))
                })?,
                Some(question) = questions.recv() => {
                    let database = shell.settings.database.clone();
                    shell.catalog.answer(session, database.as_deref(), question).await;
                }
            }
        };
        editor = back;
        let line = match line {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => {
                return Err(Failure::new(
                    Exit::File,
                    format!("standard input cannot be read: {error}"),
                ));
            }
        };
        if line.trim().is_empty() {
            continue;
        }
        if interactive {
            let _ = editor.add_history_entry(line.trim());
            // At once, so that nothing is lost however the shell ends, and shells that run side
            // by side keep what the others remember.
            if let Some(path) = &history {
                let _ = editor.append_history(path);
            }
        }
        match shell.take(line.trim()).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => match error.exit() {
                None => return Err(error),
                // A script ends with its first failure; a person goes on.
                Some(_) if !interactive => return Err(error),
                Some(_) => eprint_line(&format!("error: {error}")),
            },
        }
    }
    Ok(())
}

fn open(help: Help, history: Option<&Path>) -> Result<Line> {
    let config = Config::builder().max_history_size(2000).map_err(|error| unable(&error))?;
    let config = config.auto_add_history(false).build();
    let mut editor = Line::with_config(config).map_err(|error| unable(&error))?;
    editor.set_helper(Some(help));
    if let Some(path) = history {
        let _ = editor.load_history(path);
    }
    Ok(editor)
}

fn unable(error: &ReadlineError) -> Failure {
    Failure::new(
        Exit::File,
        format!("the terminal cannot be used: {error}; use `dli sql` with a file"),
    )
}

/// Where typed statements are remembered.
fn history() -> Option<PathBuf> {
    let folder = crate::state_folder()?;
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join("sql_history"))
}

struct Shell<'a> {
    session: &'a Session,
    settings: Settings,
    catalog: Catalog,
}

impl Shell<'_> {
    /// Does what a line says; `false` to leave.
    async fn take(&mut self, line: &str) -> Result<bool> {
        if let Some(command) = line.strip_prefix('\\') {
            let mut words = command.trim_end_matches(';').split_whitespace();
            let (command, argument) = (words.next().unwrap_or_default(), words.next());
            if let ("i", Some(file)) = (command, argument) {
                return self.file(Path::new(file)).await;
            }
            let mut interrupt = Interrupt::new();
            return tokio::select! {
                done = self.command(command, argument) => done,
                () = interrupt.came() => Err(Failure::new(Exit::Interrupted, "interrupted")),
            };
        }
        if matches!(line.trim_end_matches(';').to_ascii_lowercase().as_str(), "quit" | "exit") {
            return Ok(false);
        }
        for statement in split::statements(line) {
            self.statement(&statement).await?;
        }
        Ok(true)
    }

    async fn statement(&mut self, statement: &str) -> Result<()> {
        let words: Vec<&str> = statement.split_whitespace().collect();
        if let [word, database] = words.as_slice()
            && word.eq_ignore_ascii_case("use")
        {
            // A job of its own would forget it at once.
            self.settings.database = Some(database.trim_matches('`').to_owned());
            return Ok(());
        }
        let started = Instant::now();
        let finished = execute::run(self.session, &self.settings, statement).await?;
        let changes = ["create", "drop", "alter"];
        if words.first().is_some_and(|word| changes.iter().any(|c| word.eq_ignore_ascii_case(c))) {
            self.catalog.forget();
        }
        present(self.session, &finished, None, Some(started))
    }

    /// Runs the statements of a file.
    async fn file(&mut self, file: &Path) -> Result<bool> {
        for statement in split::statements(&crate::request::read_file(file)?) {
            self.statement(&statement).await?;
        }
        Ok(true)
    }

    async fn command(&mut self, command: &str, argument: Option<&str>) -> Result<bool> {
        let session = self.session;
        match (command, argument) {
            ("q", _) => return Ok(false),
            ("?" | "h" | "help", _) => eprint_line(USAGE),
            ("l", _) => {
                let items = session.list(Request::of("list_databases"), None).await?;
                session.output.show(View::rows(items, DATABASES, "There are no databases."))?;
            }
            ("d" | "dt", None) => {
                let database = self.database();
                let request = Request::of("list_tables").set("database_name", database);
                let items = session.list(request, None).await?;
                session.output.show(View::rows(items, TABLES, "The database has no tables."))?;
            }
            ("d", Some(table)) => {
                let (database, table) = match table.split_once('.') {
                    Some((database, table)) => (database.to_owned(), table),
                    None => (self.database(), table),
                };
                let request = Request::of("show_table")
                    .set("database_name", database)
                    .set("table_name", table);
                let answer = session.call(&request).await?;
                let items = answer["columns"].as_array().cloned().unwrap_or_default();
                session.output.show(View::rows(items, COLUMNS, "It has no columns."))?;
            }
            ("c", Some(database)) => self.settings.database = Some(database.to_owned()),
            ("queue", queue) => self.settings.queue = queue.map(str::to_owned),
            _ => {
                return Err(Failure::usage(format!(
                    "there is no `\\{command}` like this; `\\?` tells what there is"
                )));
            }
        }
        Ok(true)
    }

    fn database(&self) -> String {
        self.settings.database.clone().unwrap_or_else(|| "default".to_owned())
    }
}

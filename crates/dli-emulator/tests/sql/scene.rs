//! An emulator that runs SQL, a client of it, and what they say to one another.

use dli_emulator::{Emulator, Sql};
use dli_ext::sql::{Results, Row, Storage};
use dli_ext::{Credential, Dli, Error};
use futures_util::TryStreamExt;
use serde_json::Value;

pub struct Scene {
    pub emulator: Emulator,
    pub dli: Dli,
    transcript: String,
}

/// A client of an emulator, whose job bucket it can read.
pub fn client(emulator: &Emulator, project: &str, key: (&str, &str)) -> Dli {
    let buckets = emulator.buckets().expect("the emulator runs SQL");
    Dli::builder()
        .environment([("NONE", "")])
        .home("/nonexistent")
        .no_proxy()
        .endpoint(emulator.url())
        .project_id(project)
        .credential(Credential::new(key.0, key.1))
        .storage(Storage::folder(buckets))
        .build()
        .expect("a client")
}

impl Scene {
    pub async fn new() -> Self {
        Self::with(Sql::new()).await
    }

    pub async fn with(sql: Sql) -> Self {
        let emulator = Emulator::builder().sql(sql).start().await.expect("an emulator");
        let key = (emulator.access_key(), emulator.secret_key());
        let dli = client(&emulator, emulator.project_id(), key);
        Self { dli, emulator, transcript: String::new() }
    }

    pub async fn run(&self, statement: &str) -> Result<Results, Error> {
        self.dli.sql(statement).queue("default").run().await
    }

    /// Runs what has to work and has nothing to show.
    pub async fn done(&self, statement: &str) {
        if let Err(error) = self.run(statement).await {
            panic!("{statement}\n{error:?}");
        }
    }

    /// The rows of a query that has to work.
    pub async fn rows(&self, statement: &str) -> Vec<Vec<Value>> {
        let results = match self.run(statement).await {
            Ok(results) => results,
            Err(error) => panic!("{statement}\n{error:?}"),
        };
        let rows: Vec<Row> = results.raw_rows().try_collect().await.expect("rows");
        rows.into_iter().map(|row| row.values().to_vec()).collect()
    }

    /// Runs a statement and notes what it answers.
    pub async fn note(&mut self, statement: &str) {
        self.transcript.push_str(&format!("> {statement}\n"));
        let answer = match self.run(statement).await {
            Ok(results) => {
                let types: Vec<String> = results
                    .columns()
                    .iter()
                    .map(|column| format!("{} {}", column.name, column.ty))
                    .collect();
                let rows: Vec<Row> = results.raw_rows().try_collect().await.expect("rows");
                let mut answer = String::new();
                if !types.is_empty() {
                    answer.push_str(&format!("  {}\n", types.join(", ")));
                }
                for row in rows {
                    answer.push_str(&format!("  {}\n", Value::from(row.values().to_vec())));
                }
                answer
            }
            Err(error) => format!("  {}\n", reason(&error)),
        };
        self.transcript.push_str(if answer.is_empty() { "  done\n" } else { &answer });
    }

    pub async fn note_all(&mut self, statements: &str) {
        for statement in statements.split(";\n") {
            if !statement.trim().is_empty() {
                self.note(statement.trim()).await;
            }
        }
    }

    pub fn transcript(&self) -> &str {
        &self.transcript
    }
}

/// What the emulator said, without what the client adds.
fn reason(error: &Error) -> String {
    let message = error.message();
    let message = message.split_once("state FAILED: ").map_or(message, |(_, reason)| reason);
    match error.code() {
        Some(code) => format!("! {code}: {message}"),
        None => format!("! {message}"),
    }
}

/// Holds a transcript against its snapshot.
#[macro_export]
macro_rules! assert_transcript {
    ($scene:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($scene.transcript());
        });
    };
}

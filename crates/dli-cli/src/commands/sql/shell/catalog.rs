//! Names of tables and columns for completion, fetched when they are first asked for.

use std::collections::HashMap;
use std::sync::mpsc::Sender;
use std::time::Duration;

use serde_json::Value;

use crate::request::Request;
use crate::session::Session;

/// What the completer wants to know, and where it waits for the answer.
pub enum Question {
    /// The tables of the database.
    Tables(Sender<Vec<String>>),
    /// The columns of some tables.
    Columns(Vec<String>, Sender<Vec<String>>),
    /// The databases.
    Databases(Sender<Vec<String>>),
}

/// What is known of the service's tables.
#[derive(Default)]
pub struct Catalog {
    known: HashMap<String, Vec<String>>,
}

/// How long a person waits for a completion.
const PATIENCE: Duration = Duration::from_millis(1500);

impl Catalog {
    /// Forgets everything, since a statement may have changed it.
    pub fn forget(&mut self) {
        self.known.clear();
    }

    /// Answers a question; with nothing if the service does not answer in time.
    pub async fn answer(&mut self, session: &Session, database: Option<&str>, question: Question) {
        let database = database.unwrap_or("default");
        match question {
            Question::Databases(reply) => {
                let request = Request::of("list_databases");
                let _ =
                    reply.send(self.names(session, "databases", request, "database_name").await);
            }
            Question::Tables(reply) => {
                let request = Request::of("list_tables").set("database_name", database);
                let key = format!("tables of {database}");
                let _ = reply.send(self.names(session, &key, request, "table_name").await);
            }
            Question::Columns(tables, reply) => {
                let mut columns = Vec::new();
                for table in tables {
                    let (database, table) = table.split_once('.').unwrap_or((database, &table));
                    let request = Request::of("show_table")
                        .set("database_name", database)
                        .set("table_name", table);
                    let key = format!("columns of {database}.{table}");
                    columns.extend(self.names(session, &key, request, "column_name").await);
                }
                let _ = reply.send(columns);
            }
        }
    }

    async fn names(
        &mut self,
        session: &Session,
        key: &str,
        request: Request,
        field: &str,
    ) -> Vec<String> {
        if let Some(names) = self.known.get(key) {
            return names.clone();
        }
        let found = tokio::time::timeout(PATIENCE, session.list(request, Some(1000))).await;
        let items: Vec<Value> = match found {
            Ok(Ok(items)) => items,
            _ => return Vec::new(),
        };
        let names = items.iter().filter_map(|item| item[field].as_str()).map(str::to_owned);
        let names: Vec<String> = names.collect();
        self.known.insert(key.to_owned(), names.clone());
        names
    }
}

//! `dli table`.

use clap::{Args, Subcommand};
use serde_json::json;

use super::common::Most;
use super::rows::Rows;
use crate::error::Result;
use crate::output::{Column, Kind, View};
use crate::request::Request;
use crate::session::Session;

/// Tables.
#[derive(Debug, Subcommand)]
pub enum Table {
    /// List the tables of a database
    #[command(visible_alias = "ls")]
    List {
        /// Name of the database
        #[arg(add = crate::complete::databases())]
        database: String,
        /// Only those with this in their name
        #[arg(long)]
        keyword: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Show the columns of a table, and what else is known of it
    #[command(visible_alias = "show")]
    Describe {
        #[command(flatten)]
        table: TableName,
    },
    /// Show the first rows of a table
    Preview {
        #[command(flatten)]
        table: TableName,
    },
    /// List the partitions of a table
    Partitions {
        #[command(flatten)]
        table: TableName,
        #[command(flatten)]
        most: Most,
    },
    /// Delete a table
    Delete {
        #[command(flatten)]
        table: TableName,
    },
    /// Give a table another owner
    SetOwner {
        #[command(flatten)]
        table: TableName,
        /// Name of the new owner
        owner: String,
    },
}

/// Which table.
#[derive(Debug, Args)]
pub struct TableName {
    /// The table as `database.table`
    #[arg(value_name = "DATABASE.TABLE", value_parser = table_name)]
    table: (String, String),
}

fn table_name(text: &str) -> Result<(String, String), String> {
    match text.split_once('.') {
        Some((database, table)) if !database.is_empty() && !table.is_empty() => {
            Ok((database.to_owned(), table.to_owned()))
        }
        _ => Err(format!("`{text}` does not say of which database; write it as `database.table`")),
    }
}

impl TableName {
    fn request(&self, id: &str) -> Request {
        let (database, table) = &self.table;
        Request::of(id).set("database_name", database.as_str()).set("table_name", table.as_str())
    }
}

impl std::fmt::Display for TableName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.table.0, self.table.1)
    }
}

const LISTED: &[Column] = &[
    Column::text("NAME", "table_name"),
    Column::text("TYPE", "table_type"),
    Column::text("FORMAT", "data_type").rank(1),
    Column::text("WHERE", "data_location").rank(2),
    Column::new("SIZE", "table_size", Kind::Bytes).rank(3),
    Column::text("OWNER", "owner").rank(4),
    Column::time("CREATED", "create_time").rank(2),
];

const COLUMNS: &[Column] = &[
    Column::text("COLUMN", "column_name"),
    Column::text("TYPE", "type"),
    Column::text("PARTITION", "is_partition_column").rank(2),
    Column::text("DESCRIPTION", "description").rank(1),
];

const PARTITIONS: &[Column] = &[
    Column::text("PARTITION", "partition_name"),
    Column::number("ROWS", "num_rows").rank(2),
    Column::number("FILES", "num_files").rank(3),
    Column::new("SIZE", "total_size", Kind::Bytes).rank(2),
    Column::time("CREATED", "create_time").rank(1),
];

impl Table {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { database, keyword, most } => {
                let request = Request::of("list_tables")
                    .set("database_name", database)
                    .set("with-detail", true)
                    .maybe("keyword", keyword);
                let items = session.list(request, most.get()).await?;
                session.output.show(View::rows(items, LISTED, "The database has no tables."))
            }
            Self::Describe { table } => {
                let answer = session.call(&table.request("show_table")).await?;
                if session.output.is_table() && session.globals.query.is_none() {
                    let items = answer["columns"].as_array().cloned().unwrap_or_default();
                    return session.output.show(View::rows(items, COLUMNS, "It has no columns."));
                }
                session.output.show(View::record(answer, COLUMNS))
            }
            Self::Preview { table } => {
                let answer = session.call(&table.request("preview_table")).await?;
                Rows::of_answer(&answer).show(&session.output)
            }
            Self::Partitions { table, most } => {
                let items = session.list(table.request("list_partitions"), most.get()).await?;
                session.output.show(View::rows(items, PARTITIONS, "It has no partitions."))
            }
            Self::Delete { table } => {
                session.confirm(&format!("Delete the table {table}"))?;
                let answer = session.call(&table.request("delete_table")).await?;
                session.output.done(&format!("Deleted the table {table}."), answer)
            }
            Self::SetOwner { table, owner } => {
                let request = table.request("update_table_owner");
                let answer = session.call(&request.body(json!({ "new_owner": owner }))).await?;
                session.output.done(&format!("{owner} owns the table {table} now."), answer)
            }
        }
    }
}

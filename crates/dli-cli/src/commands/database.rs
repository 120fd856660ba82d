//! `dli database`.

use clap::Subcommand;
use serde_json::json;

use super::common::{self, Most, pair};
use crate::error::Result;
use crate::output::{Column, View};
use crate::request::Request;
use crate::session::Session;

/// Databases.
#[derive(Debug, Subcommand)]
pub enum Database {
    /// List databases
    #[command(visible_alias = "ls")]
    List {
        /// Only those with this in their name
        #[arg(long)]
        keyword: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Create a database
    Create {
        /// Name of the database
        #[arg(add = crate::complete::databases())]
        name: String,
        /// What it is for, in your words
        #[arg(long)]
        description: Option<String>,
        /// A tag; can be given several times
        #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
        tags: Vec<(String, String)>,
    },
    /// Delete a database
    Delete {
        /// Name of the database
        #[arg(add = crate::complete::databases())]
        name: String,
        /// Delete its tables as well
        #[arg(long)]
        cascade: bool,
    },
    /// Give a database another owner
    SetOwner {
        /// Name of the database
        #[arg(add = crate::complete::databases())]
        name: String,
        /// Name of the new owner
        owner: String,
    },
}

const LISTED: &[Column] = &[
    Column::text("NAME", "database_name"),
    Column::text("OWNER", "owner"),
    Column::number("TABLES", "table_number"),
    Column::text("DESCRIPTION", "description").rank(1),
];

impl Database {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { keyword, most } => {
                let request = Request::of("list_databases").maybe("keyword", keyword);
                let items = session.list(request, most.get()).await?;
                session.output.show(View::rows(items, LISTED, "There are no databases."))
            }
            Self::Create { name, description, tags } => {
                let request = Request::of("create_database").body(json!({
                    "database_name": name,
                    "description": description,
                    "tags": common::tags(&tags),
                }));
                let answer = session.call(&request).await?;
                session.output.done(&format!("Created the database {name}."), answer)
            }
            Self::Delete { name, cascade } => {
                let all = if cascade { " and its tables" } else { "" };
                session.confirm(&format!("Delete the database {name}{all}"))?;
                let request = Request::of("delete_database")
                    .set("database_name", name.as_str())
                    .maybe("cascade", cascade.then_some(true));
                let answer = session.call(&request).await?;
                session.output.done(&format!("Deleted the database {name}{all}."), answer)
            }
            Self::SetOwner { name, owner } => {
                let request = Request::of("update_database_owner")
                    .set("database_name", name.as_str())
                    .body(json!({ "new_owner": owner }));
                let answer = session.call(&request).await?;
                session.output.done(&format!("{owner} owns the database {name} now."), answer)
            }
        }
    }
}

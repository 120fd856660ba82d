//! `dli permission`: who may do what with what.

use clap::Subcommand;
use serde_json::json;

use super::common::Most;
use crate::error::Result;
use crate::output::{Column, View};
use crate::request::Request;
use crate::session::Session;

/// Permissions. An object is named as `databases.sales`, `databases.sales.tables.orders`,
/// `queues.reports` or `jobs.flink.42`.
#[derive(Debug, Subcommand)]
pub enum Permission {
    /// List who may use an object
    #[command(visible_alias = "ls")]
    List {
        /// The object, `queues.reports` for instance
        object: String,
        #[command(flatten)]
        most: Most,
    },
    /// Let a user do something with an object
    Grant(Change),
    /// Take permissions from a user
    Revoke(Change),
}

/// Whose permissions for what.
#[derive(Debug, clap::Args)]
pub struct Change {
    /// Name of the user
    user: String,
    /// The object, `databases.sales` for instance
    object: String,
    /// The permissions, `SELECT` for instance
    #[arg(required = true)]
    privileges: Vec<String>,
}

const LISTED: &[Column] = &[
    Column::text("USER", "user_name"),
    Column::text("PRIVILEGES", "privileges"),
    Column::text("ADMIN", "is_admin").rank(1),
    Column::text("OBJECT", "object").rank(2),
];

impl Permission {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { object, most } => {
                // Queues, databases and tables have operations of their own.
                let parts: Vec<&str> = object.split('.').collect();
                let request = match parts.as_slice() {
                    ["queues", queue] => Request::of("list_queue_users").set("queue_name", *queue),
                    ["databases", database] => {
                        Request::of("list_database_users").set("database_name", *database)
                    }
                    ["databases", database, "tables", table] => Request::of("list_table_users")
                        .set("database_name", *database)
                        .set("table_name", *table),
                    _ => {
                        Request::of("list_authorization_privileges").set("object", object.as_str())
                    }
                };
                let items = session.list(request, most.get()).await?;
                session.output.show(View::rows(items, LISTED, "Nobody but its owner may use it."))
            }
            Self::Grant(change) => change.run(session, "grant", "may").await,
            Self::Revoke(change) => {
                let Change { user, object, privileges } = &change;
                let what = format!("Take {} on {object} from {user}", privileges.join(", "));
                session.confirm(&what)?;
                change.run(session, "revoke", "may no longer").await
            }
        }
    }
}

impl Change {
    async fn run(self, session: &Session, action: &str, may: &str) -> Result<()> {
        let Self { user, object, privileges } = self;
        let privileges: Vec<String> =
            privileges.iter().map(|privilege| privilege.to_ascii_uppercase()).collect();
        let queue = object.strip_prefix("queues.");
        let request = match queue {
            Some(queue) => Request::of("register_authorized_queue").body(json!({
                "queue_name": queue,
                "user_name": user,
                "action": action,
                "privileges": privileges,
            })),
            None if object.starts_with("databases.") => {
                Request::of("run_data_authorization_action").body(json!({
                    "user_name": user,
                    "action": action,
                    "privileges": [{ "object": object, "privileges": privileges }],
                }))
            }
            None => Request::of("run_authorization_action").body(json!({
                "user_name": user,
                "action": action,
                "privileges": [{ "object": object, "privileges": privileges }],
            })),
        };
        let answer = session.call(&request).await?;
        let sentence = format!("{user} {may} {} on {object}.", privileges.join(", "));
        session.output.done(&sentence, answer)
    }
}

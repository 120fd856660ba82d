//! `dli connection`: datasource connections of the classic kind.

use clap::Subcommand;
use serde_json::Value;

use super::common::{self, Most};
use crate::error::Result;
use crate::output::{Column, Kind, View};
use crate::request::Request;
use crate::session::Session;

/// Datasource connections of the classic kind.
#[derive(Debug, Subcommand)]
pub enum Connection {
    /// List connections
    #[command(visible_alias = "ls")]
    List {
        /// Only those with these tags, `key=value,key=value`
        #[arg(long, value_name = "TAGS")]
        tags: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Show one connection
    Show {
        /// Name or id
        #[arg(add = crate::complete::connections())]
        connection: String,
    },
    /// Delete a connection
    Delete {
        /// Name or id
        #[arg(add = crate::complete::connections())]
        connection: String,
    },
}

const LISTED: &[Column] = &[
    Column::text("NAME", "name"),
    Column::state("STATE", "state"),
    Column::text("SERVICE", "service"),
    Column::text("DESTINATION", "destination|connection_url").rank(2),
    Column::time("CREATED", "create_time").rank(1),
    Column::id("ID", "connection_id").rank(3),
];

const SHOWN: &[Column] = &[
    Column::text("Name", "name"),
    Column::id("Id", "connection_id"),
    Column::state("State", "state"),
    Column::text("Service", "service"),
    Column::text("Destination", "destination"),
    Column::text("Address", "connection_url"),
    Column::new("Progress", "process", Kind::Fraction),
    Column::text("Connectivity", "connectivity"),
    Column::text("Cluster", "cluster_name"),
    Column::new("Queues", "available_queue_info", Kind::Names("name")),
    Column::time("Created", "create_time"),
    Column::text("Message", "message"),
];

impl Connection {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { tags, most } => {
                let request = Request::of("list_datasource_connections").maybe("tags", tags);
                let items = session.list(request, most.get()).await?;
                session.output.show(View::rows(items, LISTED, "There are no connections."))
            }
            Self::Show { connection } => {
                let id = id_of(session, &connection).await?;
                let answer = session.call(&show(&id)).await?;
                session.output.show(View::record(answer, SHOWN))
            }
            Self::Delete { connection } => {
                let id = id_of(session, &connection).await?;
                session.confirm(&format!("Delete the connection {connection}"))?;
                let request = Request::of("delete_datasource_connection").set("connection_id", id);
                let answer = session.call(&request).await?;
                session.output.done(&format!("Deleted the connection {connection}."), answer)
            }
        }
    }
}

fn show(id: &str) -> Request {
    Request::of("show_datasource_connection").set("connection_id", id)
}

/// The id of a connection that is given by name or id.
async fn id_of(session: &Session, connection: &str) -> Result<String> {
    if common::is_id(connection) || session.is_dry() {
        return Ok(connection.to_owned());
    }
    let items: Vec<Value> = session.list(Request::of("list_datasource_connections"), None).await?;
    let items: Vec<Value> = items.into_iter().filter(|item| item["state"] != "DELETED").collect();
    let found = common::the_one(&items, "name", connection, "connection")?;
    Ok(found["connection_id"].as_str().unwrap_or(connection).to_owned())
}

//! `dli enhanced-connection`: a way from queues into your networks.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::common::{self, Most, Waiting, pair};
use crate::error::{Failure, Result};
use crate::output::{Column, Kind, View};
use crate::request::Request;
use crate::session::{Outcome, Session, Wait};

/// Enhanced datasource connections.
#[derive(Debug, Subcommand)]
pub enum EnhancedConnection {
    /// List connections
    #[command(visible_alias = "ls")]
    List {
        /// Only those with this in their name
        #[arg(long)]
        name: Option<String>,
        /// Only those in this state, `ACTIVE` for instance
        #[arg(long)]
        status: Option<String>,
        /// Only those with these tags, `key=value,key=value`
        #[arg(long, value_name = "TAGS")]
        tags: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Show one connection
    Show {
        /// Name or id
        #[arg(add = crate::complete::enhanced_connections())]
        connection: String,
    },
    /// Create a connection
    Create(Create),
    /// Delete connections
    Delete {
        /// Names or ids
        #[arg(required = true, add = crate::complete::enhanced_connections())]
        connections: Vec<String>,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Let queues or elastic resource pools use a connection
    Bind(Binding),
    /// Keep queues or elastic resource pools from using a connection
    Unbind(Binding),
    /// Show, or replace, the host names that are known over a connection
    Hosts {
        /// Name or id
        #[arg(add = crate::complete::enhanced_connections())]
        connection: String,
        /// A host that is known from now on; all that are not given are forgotten
        #[arg(long = "set", value_name = "NAME=IP", value_parser = pair)]
        set: Vec<(String, String)>,
        /// Forget all hosts
        #[arg(long, conflicts_with = "set")]
        clear: bool,
    },
    /// Add a route
    AddRoute {
        /// Name or id of the connection
        #[arg(add = crate::complete::enhanced_connections())]
        connection: String,
        /// Name of the route
        name: String,
        /// Network to be reached, `10.1.0.0/16` for instance
        cidr: String,
    },
    /// Remove a route
    RemoveRoute {
        /// Name or id of the connection
        #[arg(add = crate::complete::enhanced_connections())]
        connection: String,
        /// Name of the route
        name: String,
    },
    /// Show who else may use a connection
    Privileges {
        /// Name or id
        #[arg(add = crate::complete::enhanced_connections())]
        connection: String,
    },
}

/// What a new connection needs.
#[derive(Debug, Args)]
pub struct Create {
    /// Name of the connection
    name: String,
    /// Id of the network (VPC) it leads to
    #[arg(long = "vpc", value_name = "ID")]
    vpc: String,
    /// Id of the subnet it leads to
    #[arg(long = "subnet", value_name = "ID")]
    subnet: String,
    /// Queue that may use it; can be given several times
    #[arg(long = "queue", value_name = "NAME")]
    queues: Vec<String>,
    /// Elastic resource pool that may use it; can be given several times
    #[arg(long = "pool", value_name = "NAME")]
    pools: Vec<String>,
    /// Id of the route table of the subnet
    #[arg(long, value_name = "ID")]
    route_table: Option<String>,
    /// A host that is known over it; can be given several times
    #[arg(long = "host", value_name = "NAME=IP", value_parser = pair)]
    hosts: Vec<(String, String)>,
    /// A tag; can be given several times
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
    tags: Vec<(String, String)>,
    #[command(flatten)]
    waiting: Waiting,
}

/// Who may use a connection.
#[derive(Debug, Args)]
pub struct Binding {
    /// Name or id of the connection
    #[arg(add = crate::complete::enhanced_connections())]
    connection: String,
    /// A queue; can be given several times
    #[arg(long = "queue", value_name = "NAME")]
    queues: Vec<String>,
    /// An elastic resource pool; can be given several times
    #[arg(long = "pool", value_name = "NAME")]
    pools: Vec<String>,
}

const LISTED: &[Column] = &[
    Column::text("NAME", "name"),
    Column::state("STATUS", "status"),
    Column::new("QUEUES", "available_queue_info", Kind::Names("name")).rank(2),
    Column::new("POOLS", "elastic_resource_pools", Kind::Names("name")).rank(4),
    Column::time("CREATED", "create_time").rank(1),
    Column::id("ID", "id").rank(3),
];

const SHOWN: &[Column] = &[
    Column::text("Name", "name"),
    Column::id("Id", "id"),
    Column::state("Status", "status"),
    Column::id("VPC", "dest_vpc_id"),
    Column::id("Subnet", "dest_network_id"),
    Column::text("Queues", "available_queue_info"),
    Column::text("Pools", "elastic_resource_pools"),
    Column::text("Hosts", "hosts"),
    Column::text("Routes", "routes"),
    Column::text("Shared", "isPrivis"),
    Column::text("IPv6", "ipv6_enable"),
    Column::time("Created", "create_time"),
    Column::text("Message", "message"),
];

const HOSTS: &[Column] = &[Column::text("NAME", "name"), Column::text("IP", "ip")];

const PRIVILEGES: &[Column] = &[
    Column::id("PROJECT", "applicant_project_id"),
    Column::text("OBJECT", "object"),
    Column::text("PRIVILEGES", "privileges"),
];

impl EnhancedConnection {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { name, status, tags, most } => {
                let request = Request::of("list_enhanced_connections")
                    .maybe("name", name)
                    .maybe("status", status.map(|status| status.to_ascii_uppercase()))
                    .maybe("tags", tags);
                let items = session.list(request, most.get()).await?;
                session.output.show(View::rows(items, LISTED, "There are no enhanced connections."))
            }
            Self::Show { connection } => {
                let id = id_of(session, &connection).await?;
                let answer = session.call(&show(&id)).await?;
                session.output.show(View::record(answer, SHOWN))
            }
            Self::Create(create) => create.run(session).await,
            Self::Delete { connections, waiting } => delete(session, &connections, &waiting).await,
            Self::Bind(binding) => {
                binding.run(session, "associate_queue_to_enhanced_connection", "can use").await
            }
            Self::Unbind(binding) => {
                let operation = "disassociate_queue_from_enhanced_connection";
                binding.run(session, operation, "can no longer use").await
            }
            Self::Hosts { connection, set, clear } => {
                hosts(session, &connection, &set, clear).await
            }
            Self::AddRoute { connection, name, cidr } => {
                let id = id_of(session, &connection).await?;
                let request = Request::of("create_route_to_enhanced_connection")
                    .set("connection_id", id)
                    .body(json!({ "name": name, "cidr": cidr }));
                let answer = session.call(&request).await?;
                session.output.done(&format!("{connection} leads to {cidr} now."), answer)
            }
            Self::RemoveRoute { connection, name } => {
                let id = id_of(session, &connection).await?;
                session.confirm(&format!("Remove the route {name} from {connection}"))?;
                let request = Request::of("delete_route_from_enhanced_connection")
                    .set("connection_id", id)
                    .set("name", name.as_str());
                let answer = session.call(&request).await?;
                session.output.done(&format!("Removed the route {name}."), answer)
            }
            Self::Privileges { connection } => {
                let id = id_of(session, &connection).await?;
                let request =
                    Request::of("show_enhanced_connection_privilege").set("connection_id", id);
                let items = session.list(request, None).await?;
                let none = "No other project may use it.";
                session.output.show(View::rows(items, PRIVILEGES, none))
            }
        }
    }
}

impl Create {
    async fn run(self, session: &Session) -> Result<()> {
        let hosts: Vec<Value> =
            self.hosts.iter().map(|(name, ip)| json!({ "name": name, "ip": ip })).collect();
        let request = Request::of("create_enhanced_connection").body(json!({
            "name": self.name,
            "dest_vpc_id": self.vpc,
            "dest_network_id": self.subnet,
            "queues": common::some_list(&self.queues),
            "elastic_resource_pools": common::some_list(&self.pools),
            "routetable_id": self.route_table,
            "hosts": if hosts.is_empty() { Value::Null } else { hosts.into() },
            "tags": common::tags(&self.tags),
        }));
        let answer = session.call(&request).await?;
        let id = answer["connection_id"].as_str().unwrap_or_default().to_owned();
        if !self.waiting.wait {
            let sentence = format!("Created the connection {} ({id}).", self.name);
            return session.output.done(&sentence, answer);
        }
        let what = format!("the connection {}", self.name);
        let answer = wait_for(session, &id, &what, self.waiting.timeout, false).await?;
        session.output.done(&format!("The connection {} ({id}) is active.", self.name), answer)
    }
}

async fn delete(session: &Session, connections: &[String], waiting: &Waiting) -> Result<()> {
    let mut ids = Vec::new();
    for connection in connections {
        ids.push(id_of(session, connection).await?);
    }
    session.confirm(&format!("Delete {}", connections.join(", ")))?;
    for (connection, id) in connections.iter().zip(&ids) {
        let request = Request::of("delete_enhanced_connection").set("connection_id", id.as_str());
        let answer = session.call(&request).await?;
        if waiting.wait {
            let what = format!("the deletion of {connection}");
            wait_for(session, id, &what, waiting.timeout, true).await?;
        }
        session.output.done(&format!("Deleted the connection {connection}."), answer)?;
    }
    Ok(())
}

impl Binding {
    async fn run(self, session: &Session, operation: &str, now: &str) -> Result<()> {
        if self.queues.is_empty() && self.pools.is_empty() {
            return Err(Failure::usage(
                "nothing to bind is named; give `--queue NAME` or `--pool NAME`",
            ));
        }
        let id = id_of(session, &self.connection).await?;
        let request = Request::of(operation).set("connection_id", id).body(json!({
            "queues": common::some_list(&self.queues),
            "elastic_resource_pools": common::some_list(&self.pools),
        }));
        let answer = session.call(&request).await?;
        let names = [self.queues, self.pools].concat().join(", ");
        session.output.done(&format!("{names} {now} {}.", self.connection), answer)
    }
}

async fn hosts(
    session: &Session,
    connection: &str,
    set: &[(String, String)],
    clear: bool,
) -> Result<()> {
    let id = id_of(session, connection).await?;
    if set.is_empty() && !clear {
        let answer = session.call(&show(&id)).await?;
        let items = answer["hosts"].as_array().cloned().unwrap_or_default();
        return session.output.show(View::rows(items, HOSTS, "It knows no hosts."));
    }
    let hosts: Vec<Value> =
        set.iter().map(|(name, ip)| json!({ "name": name, "ip": ip })).collect();
    let request = Request::of("update_enhanced_connection")
        .set("connection_id", id)
        .body(json!({ "hosts": hosts }));
    let answer = session.call(&request).await?;
    let sentence = format!(
        "{connection} knows {} host{} now.",
        set.len(),
        if set.len() == 1 { "" } else { "s" }
    );
    session.output.done(&sentence, answer)
}

fn show(id: &str) -> Request {
    Request::of("show_enhanced_connection").set("connection_id", id)
}

async fn wait_for(
    session: &Session,
    id: &str,
    what: &str,
    timeout: Duration,
    until_gone: bool,
) -> Result<Value> {
    let look = format!("dli enhanced-connection show {id}");
    let wait = Wait { request: show(id), what, timeout, until_gone, look };
    let read = |answer: &Value| {
        let status = answer["status"].as_str().unwrap_or_default();
        match status.to_ascii_uppercase().as_str() {
            "ACTIVE" if !until_gone => Outcome::Done,
            "DELETED" if until_gone => Outcome::Done,
            "FAILED" if !until_gone => Outcome::Failed("its status is FAILED".to_owned()),
            "DELETED" => Outcome::Failed("it was deleted meanwhile".to_owned()),
            _ => Outcome::Busy(status.to_owned()),
        }
    };
    session.wait(wait, read).await
}

/// The id of a connection that is given by name or id.
async fn id_of(session: &Session, connection: &str) -> Result<String> {
    if common::is_id(connection) || session.is_dry() {
        return Ok(connection.to_owned());
    }
    let request = Request::of("list_enhanced_connections").set("name", connection);
    let items = session.list(request, None).await?;
    if let Ok(found) = common::the_one(&items, "name", connection, "enhanced connection") {
        return Ok(found["id"].as_str().unwrap_or(connection).to_owned());
    }
    // The filter hides names that are spelled alike.
    let items = session.list(Request::of("list_enhanced_connections"), None).await?;
    let found = common::the_one(&items, "name", connection, "enhanced connection")?;
    Ok(found["id"].as_str().unwrap_or(connection).to_owned())
}

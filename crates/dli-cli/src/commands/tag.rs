//! `dli tag`: labels on queues, connections and other things.

use clap::{Subcommand, ValueEnum};
use serde_json::{Value, json};

use super::common::{Most, pair, tags};
use crate::error::Result;
use crate::output::{Column, View};
use crate::request::Request;
use crate::session::Session;

/// Tags.
#[derive(Debug, Subcommand)]
pub enum Tag {
    /// List the tags of one thing, or all tags of a type
    #[command(visible_alias = "ls")]
    List {
        /// Type of the thing
        kind: Type,
        /// Its id; without it, all tags of the type
        id: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Set tags
    Set {
        /// Type of the thing
        kind: Type,
        /// Its id
        id: String,
        /// The tags
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = pair)]
        tags: Vec<(String, String)>,
    },
    /// Remove tags
    Remove {
        /// Type of the thing
        kind: Type,
        /// Its id
        id: String,
        /// The tags, with their values
        #[arg(required = true, value_name = "KEY=VALUE", value_parser = pair)]
        tags: Vec<(String, String)>,
    },
    /// Find what carries tags
    Find {
        /// Type of the things
        kind: Type,
        /// The tags; without any, all things without a tag
        #[arg(value_name = "KEY=VALUE", value_parser = pair)]
        tags: Vec<(String, String)>,
        #[command(flatten)]
        most: Most,
    },
}

/// What can carry tags.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Type {
    Queue,
    EnhancedConnection,
    Database,
    Resource,
    Flink,
    Pool,
}

impl Type {
    fn wire(self) -> &'static str {
        match self {
            Self::Queue => "dli_queue",
            Self::EnhancedConnection => "dli_enhanced_datasource",
            Self::Database => "dli_database",
            Self::Resource => "dli_package_resource",
            Self::Flink => "dli_flink_job",
            Self::Pool => "dli_elastic_resource_pool",
        }
    }
}

const TAGS: &[Column] = &[Column::text("KEY", "key"), Column::text("VALUE", "value|values")];

const FOUND: &[Column] = &[
    Column::text("NAME", "resource_name"),
    Column::id("ID", "resource_id"),
    Column::text("TAGS", "tags").rank(1),
];

impl Tag {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { kind, id, most } => {
                let request = match id {
                    Some(id) => Request::of("show_resource_tags").set("resource_id", id),
                    None => Request::of("list_resources_tags"),
                };
                let items =
                    session.list(request.set("resource_type", kind.wire()), most.get()).await?;
                session.output.show(View::rows(items, TAGS, "There are no tags."))
            }
            Self::Set { kind, id, tags: pairs } => {
                let answer =
                    session.call(&change("batch_create_resource_tags", kind, &id, &pairs)).await?;
                session.output.done(&format!("Set {} on {id}.", names(&pairs)), answer)
            }
            Self::Remove { kind, id, tags: pairs } => {
                session.confirm(&format!("Remove {} from {id}", names(&pairs)))?;
                let answer =
                    session.call(&change("batch_delete_resource_tags", kind, &id, &pairs)).await?;
                session.output.done(&format!("Removed {} from {id}.", names(&pairs)), answer)
            }
            Self::Find { kind, tags: pairs, most } => {
                let wanted: Vec<Value> = pairs
                    .iter()
                    .map(|(key, value)| json!({ "key": key, "values": [value] }))
                    .collect();
                let body = match wanted.is_empty() {
                    true => json!({ "without_any_tag": true }),
                    false => json!({ "tags": wanted }),
                };
                let request =
                    Request::of("list_resources_by_tags").set("resource_type", kind.wire());
                let items = session.list(request.body(body), most.get()).await?;
                session.output.show(View::rows(items, FOUND, "Nothing carries these tags."))
            }
        }
    }
}

fn change(id: &str, kind: Type, resource: &str, pairs: &[(String, String)]) -> Request {
    Request::of(id)
        .set("resource_type", kind.wire())
        .set("resource_id", resource)
        .body(json!({ "tags": tags(pairs) }))
}

fn names(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("{key}={value}")).collect();
    pairs.join(", ")
}

//! `dli pool`: elastic resource pools, which queues take their compute units from.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::common::{self, Most, Waiting, pair};
use crate::error::{Failure, Result};
use crate::output::{Column, View};
use crate::request::Request;
use crate::session::{Outcome, Session, Wait};

/// Elastic resource pools.
#[derive(Debug, Subcommand)]
pub enum Pool {
    /// List pools
    #[command(visible_alias = "ls")]
    List {
        /// Only those with this in their name
        #[arg(long)]
        name: Option<String>,
        /// Only those in this state, `AVAILABLE` for instance
        #[arg(long)]
        status: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Show one pool
    Show {
        /// Name of the pool
        pool: String,
    },
    /// Create a pool
    Create(Create),
    /// Change the limits or the description of a pool
    Update {
        /// Name of the pool
        pool: String,
        /// Fewest compute units
        #[arg(long, value_name = "COUNT")]
        min: Option<i64>,
        /// Most compute units
        #[arg(long, value_name = "COUNT")]
        max: Option<i64>,
        /// What it is for, in your words
        #[arg(long)]
        description: Option<String>,
    },
    /// Delete a pool
    Delete {
        /// Name of the pool
        pool: String,
    },
    /// List the queues of a pool
    Queues {
        /// Name of the pool
        pool: String,
        #[command(flatten)]
        most: Most,
    },
    /// Put a queue into a pool
    AddQueue {
        /// Name of the pool
        pool: String,
        /// Name of the queue
        queue: String,
    },
    /// Show how a pool grew and shrank
    History {
        /// Name of the pool
        pool: String,
        #[command(flatten)]
        most: Most,
    },
}

/// What a new pool needs.
#[derive(Debug, Args)]
pub struct Create {
    /// Name of the pool
    name: String,
    /// Fewest compute units
    #[arg(long, value_name = "COUNT")]
    min: i64,
    /// Most compute units
    #[arg(long, value_name = "COUNT")]
    max: i64,
    /// Its network, `172.16.0.0/18` for instance
    #[arg(long, value_name = "NETWORK")]
    cidr: Option<String>,
    /// What it is for, in your words
    #[arg(long)]
    description: Option<String>,
    /// A tag; can be given several times
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
    tags: Vec<(String, String)>,
    #[command(flatten)]
    waiting: Waiting,
}

const NAME: &str = "elastic_resource_pool_name";

const LISTED: &[Column] = &[
    Column::text("NAME", NAME),
    Column::state("STATUS", "status"),
    Column::number("MIN", "min_cu"),
    Column::number("MAX", "max_cu"),
    Column::number("NOW", "current_cu"),
    Column::text("QUEUES", "queues").rank(2),
    Column::time("CREATED", "create_time").rank(1),
    Column::text("OWNER", "owner").rank(3),
];

const SHOWN: &[Column] = &[
    Column::text("Name", NAME),
    Column::state("Status", "status"),
    Column::text("Reason", "fail_reason"),
    Column::number("Fewest CU", "min_cu"),
    Column::number("Most CU", "max_cu"),
    Column::number("CU now", "current_cu"),
    Column::number("CU in use", "actual_cu"),
    Column::text("Network", "cidr_in_vpc"),
    Column::text("Queues", "queues"),
    Column::text("Owner", "owner"),
    Column::text("Description", "description"),
    Column::id("Resource", "resource_id"),
    Column::time("Created", "create_time"),
    Column::time("Changed", "update_time"),
];

const QUEUES: &[Column] = &[
    Column::text("NAME", "queue_name"),
    Column::text("TYPE", "queue_type"),
    Column::text("ENGINE", "engine").rank(2),
    Column::text("OWNER", "owner").rank(3),
    Column::time("CREATED", "create_time").rank(1),
];

const HISTORY: &[Column] = &[
    Column::time("TIME", "record_time"),
    Column::state("STATUS", "status"),
    Column::number("FROM", "origin_cu"),
    Column::number("TO", "target_cu"),
    Column::number("NOW", "current_cu"),
    Column::text("REASON", "fail_reason").rank(1),
];

impl Pool {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { name, status, most } => {
                let request = Request::of("list_elastic_resource_pools")
                    .maybe("name", name)
                    .maybe("status", status.map(|status| status.to_ascii_uppercase()));
                let items = session.list(request, most.get()).await?;
                session.output.show(View::rows(items, LISTED, "There are no pools."))
            }
            Self::Show { pool } => {
                let found = find(session, &pool).await?;
                session.output.show(View::record(found, SHOWN))
            }
            Self::Create(create) => create.run(session).await,
            Self::Update { pool, min, max, description } => {
                if min.is_none() && max.is_none() && description.is_none() {
                    return Err(Failure::usage(
                        "nothing to change is given; use `--min`, `--max` or `--description`",
                    ));
                }
                let request = Request::of("update_elastic_resource_pool").set(NAME, pool.as_str());
                let body = json!({ "min_cu": min, "max_cu": max, "description": description });
                let answer = session.call(&request.body(body)).await?;
                session.output.done(&format!("Changed the pool {pool}."), answer)
            }
            Self::Delete { pool } => {
                session.confirm(&format!("Delete the pool {pool}"))?;
                let request = Request::of("delete_elastic_resource_pool").set(NAME, pool.as_str());
                let answer = session.call(&request).await?;
                session.output.done(&format!("Deleted the pool {pool}."), answer)
            }
            Self::Queues { pool, most } => {
                let request = Request::of("list_elastic_resource_pool_queues").set(NAME, pool);
                let items = session.list(request, most.get()).await?;
                session.output.show(View::rows(items, QUEUES, "It has no queues."))
            }
            Self::AddQueue { pool, queue } => {
                let request = Request::of("associate_queue_to_elastic_resource_pool")
                    .set(NAME, pool.as_str())
                    .body(json!({ "queue_name": queue }));
                let answer = session.call(&request).await?;
                session.output.done(&format!("The queue {queue} is in the pool {pool}."), answer)
            }
            Self::History { pool, most } => {
                let request =
                    Request::of("list_elastic_resource_pool_scale_records").set(NAME, pool);
                let items = session.list(request, most.get()).await?;
                session.output.show(View::rows(items, HISTORY, "It never grew or shrank."))
            }
        }
    }
}

impl Create {
    async fn run(self, session: &Session) -> Result<()> {
        let request = Request::of("create_elastic_resource_pool").body(json!({
            NAME: self.name,
            "min_cu": self.min,
            "max_cu": self.max,
            "cidr_in_vpc": self.cidr,
            "description": self.description,
            "tags": common::tags(&self.tags),
        }));
        let answer = session.call(&request).await?;
        if self.waiting.wait {
            let what = format!("the pool {}", self.name);
            let request =
                Request::of("list_elastic_resource_pools").set("name", self.name.as_str());
            let timeout = self.waiting.timeout;
            let look = format!("dli pool show {}", self.name);
            let wait = Wait { request, what: &what, timeout, until_gone: false, look };
            session
                .wait(wait, |answer| {
                    let items = answer["elastic_resource_pools"].as_array().into_iter().flatten();
                    let found = items.clone().find(|item| {
                        item[NAME]
                            .as_str()
                            .is_some_and(|name| name.eq_ignore_ascii_case(&self.name))
                    });
                    match found.and_then(|pool| pool["status"].as_str()) {
                        Some("AVAILABLE") => Outcome::Done,
                        Some("FAILED") => Outcome::Failed(reason(found)),
                        status => Outcome::Busy(status.unwrap_or("not listed yet").to_owned()),
                    }
                })
                .await?;
            return session.output.done(&format!("The pool {} is available.", self.name), answer);
        }
        session.output.done(&format!("Created the pool {}.", self.name), answer)
    }
}

fn reason(pool: Option<&Value>) -> String {
    let reason = pool.and_then(|pool| pool["fail_reason"].as_str()).unwrap_or_default();
    if reason.is_empty() { "its status is FAILED".to_owned() } else { reason.to_owned() }
}

async fn find(session: &Session, pool: &str) -> Result<Value> {
    let items = session.list(Request::of("list_elastic_resource_pools"), None).await?;
    Ok(common::the_one(&items, NAME, &pool.to_ascii_lowercase(), "pool")
        .or_else(|_| common::the_one(&items, NAME, pool, "pool"))?
        .clone())
}

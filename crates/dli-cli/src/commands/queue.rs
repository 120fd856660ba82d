//! `dli queue`: what runs jobs.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::common::{self, Most, Waiting, pair};
use crate::complete::queues;
use crate::error::{Failure, Result};
use crate::output::{Column, View};
use crate::request::Request;
use crate::session::{Outcome, Session, Wait};

/// Queues.
#[derive(Debug, Subcommand)]
pub enum Queue {
    /// List queues
    #[command(visible_alias = "ls")]
    List {
        /// Only queues of this type: `sql`, `general` or `all`
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
        /// Only those with these tags, `key=value,key=value`
        #[arg(long, value_name = "TAGS")]
        tags: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Show one queue
    Show {
        /// Name of the queue
        #[arg(add = queues())]
        queue: String,
    },
    /// Create a queue
    Create(Create),
    /// Delete queues
    Delete {
        /// Names of the queues
        #[arg(required = true, add = queues())]
        queues: Vec<String>,
    },
    /// Give a queue another number of compute units
    Scale {
        /// Name of the queue
        #[arg(add = queues())]
        queue: String,
        /// Compute units it shall have; a multiple of 16
        #[arg(long, value_name = "COUNT")]
        cu: i64,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Restart a queue
    Restart {
        /// Name of the queue
        #[arg(add = queues())]
        queue: String,
        /// Cancel the jobs that run in it
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Test whether an address can be reached from a queue
    Test {
        /// Name of the queue
        #[arg(add = queues())]
        queue: String,
        /// `host:port`
        address: String,
        /// The longest time to wait for the answer
        #[arg(long, value_name = "TIME", default_value = "2m", value_parser = common::time)]
        timeout: Duration,
    },
    /// Show, set or unset properties of a queue
    Properties {
        /// Name of the queue
        #[arg(add = queues())]
        queue: String,
        /// A property to set; can be given several times
        #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
        set: Vec<(String, String)>,
        /// A property to forget; can be given several times
        #[arg(long, value_name = "KEY", conflicts_with = "set")]
        unset: Vec<String>,
    },
}

/// What a new queue needs.
#[derive(Debug, Args)]
pub struct Create {
    /// Name of the queue
    name: String,
    /// Compute units: 16, 64 or 256; other multiples of 16 by `queue scale`
    #[arg(long, value_name = "COUNT")]
    cu: i64,
    /// What it is for: `sql` or `general`
    #[arg(long = "type", value_name = "TYPE", default_value = "sql")]
    kind: String,
    /// Keep the compute units for this queue alone
    #[arg(long)]
    dedicated: bool,
    /// Elastic resource pool to take the compute units from
    #[arg(long, value_name = "NAME")]
    pool: Option<String>,
    /// What it is for, in your words
    #[arg(long)]
    description: Option<String>,
    /// A tag; can be given several times
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
    tags: Vec<(String, String)>,
    #[command(flatten)]
    waiting: Waiting,
}

const LISTED: &[Column] = &[
    Column::text("NAME", "queue_name"),
    Column::text("TYPE", "queue_type"),
    Column::number("CU", "cu_count"),
    Column::text("POOL", "elastic_resource_pool_name").rank(2),
    Column::text("OWNER", "owner").rank(3),
    Column::time("CREATED", "create_time").rank(1),
    Column::text("DESCRIPTION", "description").rank(4),
];

const SHOWN: &[Column] = &[
    Column::text("Name", "queueName|queue_name"),
    Column::text("Type", "queueType|queue_type"),
    Column::number("CU", "cuCount|cu_count"),
    Column::text("Pool", "elastic_resource_pool_name"),
    Column::text("Owner", "owner"),
    Column::text("Description", "description"),
    Column::text("Charging", "chargingMode"),
    Column::id("Resource", "resource_id"),
    Column::text("Spark", "default_spark_version"),
    Column::time("Created", "create_time"),
];

const PROPERTIES: &[Column] = &[Column::text("KEY", "key"), Column::text("VALUE", "value")];

impl Queue {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { kind, tags, most } => {
                // Without a type the service lists those for SQL alone.
                let kind = kind.unwrap_or_else(|| "all".to_owned());
                let request =
                    Request::of("list_queues").set("queue_type", kind).maybe("tags", tags);
                let items = session.list(request, most.get()).await?;
                session.output.show(View::rows(items, LISTED, "There are no queues."))
            }
            Self::Show { queue } => {
                let answer = session.call(&show(&queue)).await?;
                session.output.show(View::record(answer, SHOWN))
            }
            Self::Create(create) => create.run(session).await,
            Self::Delete { queues } => {
                session.confirm(&format!("Delete {}", queues.join(", ")))?;
                for queue in queues {
                    let request = Request::of("delete_queue").set("queue_name", queue.as_str());
                    let answer = session.call(&request).await?;
                    session.output.done(&format!("Deleted the queue {queue}."), answer)?;
                }
                Ok(())
            }
            Self::Scale { queue, cu, waiting } => scale(session, &queue, cu, &waiting).await,
            Self::Restart { queue, force, waiting } => {
                if force {
                    session.confirm(&format!("Restart {queue} and cancel its jobs"))?;
                }
                let body = json!({ "action": "restart", "force": force });
                let answer = session.call(&action(&queue, body)).await?;
                if waiting.wait {
                    until(session, &queue, "the restart", waiting.timeout, |found| {
                        found["is_restarting"] != Value::Bool(true)
                    })
                    .await?;
                }
                session.output.done(&format!("Restarted the queue {queue}."), answer)
            }
            Self::Test { queue, address, timeout } => {
                test(session, &queue, &address, timeout).await
            }
            Self::Properties { queue, set, unset } => {
                properties(session, &queue, &set, &unset).await
            }
        }
    }
}

impl Create {
    async fn run(self, session: &Session) -> Result<()> {
        let request = Request::of("create_queue").body(json!({
            "queue_name": self.name,
            "queue_type": self.kind,
            "cu_count": self.cu,
            "resource_mode": self.dedicated.then_some(1),
            "elastic_resource_pool_name": self.pool,
            "description": self.description,
            "tags": common::tags(&self.tags),
        }));
        let answer = session.call(&request).await?;
        // Names come back in lower case.
        let name = answer["queue_name"].as_str().unwrap_or(&self.name).to_owned();
        if self.waiting.wait {
            until(session, &name, "the queue", self.waiting.timeout, |_| true).await?;
        }
        session.output.done(&format!("Created the queue {name} with {} CU.", self.cu), answer)
    }
}

async fn scale(session: &Session, queue: &str, cu: i64, waiting: &Waiting) -> Result<()> {
    let now = match session.is_dry() {
        true => 0,
        false => session.call(&show(queue)).await?["cuCount"].as_i64().unwrap_or_default(),
    };
    if now == cu {
        return session
            .output
            .done(&format!("The queue {queue} has {cu} CU already."), Value::Null);
    }
    let action_name = if cu > now { "scale_out" } else { "scale_in" };
    let body = json!({ "action": action_name, "cu_count": (cu - now).abs() });
    let answer = session.call(&action(queue, body)).await?;
    if !waiting.wait {
        let sentence = format!("The queue {queue} goes from {now} to {cu} CU.");
        return session.output.done(&sentence, answer);
    }
    let what = format!("the scaling of {queue}");
    let (timeout, look) = (waiting.timeout, format!("dli queue show {queue}"));
    let wait = Wait { request: show(queue), what: &what, timeout, until_gone: false, look };
    session
        .wait(wait, |answer| match answer["cuCount"].as_i64() {
            Some(count) if count == cu => Outcome::Done,
            count => Outcome::Busy(format!("{} of {cu} CU", count.unwrap_or_default())),
        })
        .await?;
    session.output.done(&format!("The queue {queue} has {cu} CU."), answer)
}

/// Waits until the list shows a queue as it shall be.
async fn until(
    session: &Session,
    queue: &str,
    what: &str,
    timeout: Duration,
    ready: impl Fn(&Value) -> bool,
) -> Result<()> {
    // Without a length of the page all of them come at once.
    let request = Request::of("list_queues").set("queue_type", "all");
    let what = format!("{what} {queue}");
    let look = format!("dli queue show {queue}");
    let wait = Wait { request, what: &what, timeout, until_gone: false, look };
    let read = |answer: &Value| {
        let items = answer["queues"].as_array().map_or(&[][..], Vec::as_slice);
        match items.iter().find(|item| item["queue_name"].as_str() == Some(queue)) {
            Some(found) if ready(found) => Outcome::Done,
            Some(_) => Outcome::Busy("not yet".to_owned()),
            None => Outcome::Busy("not listed yet".to_owned()),
        }
    };
    session.wait(wait, read).await.map(|_| ())
}

async fn test(session: &Session, queue: &str, address: &str, timeout: Duration) -> Result<()> {
    let request = Request::of("create_connectivity_task")
        .set("queue_name", queue)
        .body(json!({ "address": address }));
    let answer = session.call(&request).await?;
    let task = match &answer["task_id"] {
        Value::String(id) => id.clone(),
        other => other.to_string(),
    };
    let look = format!("dli api show_connectivity_task --queue-name {queue} --task-id {task}");
    let request =
        Request::of("show_connectivity_task").set("queue_name", queue).set("task_id", task);
    let what = format!("the test of {address}");
    let wait = Wait { request, what: &what, timeout, until_gone: false, look };
    let answer = session
        .wait(wait, |answer| match answer["connectivity"].as_str().unwrap_or_default() {
            "" => Outcome::Busy("no answer yet".to_owned()),
            text if ["RUNNING", "TESTING"].contains(&text.to_ascii_uppercase().as_str()) => {
                Outcome::Busy(text.to_owned())
            }
            _ => Outcome::Done,
        })
        .await?;
    const SHOWN: &[Column] = &[Column::state("Connectivity", "connectivity")];
    session.output.show(View::record(answer, SHOWN))
}

async fn properties(
    session: &Session,
    queue: &str,
    set: &[(String, String)],
    unset: &[String],
) -> Result<()> {
    let of = |id: &str| Request::of(id).set("queue_name", queue);
    if !unset.is_empty() {
        session.confirm(&format!("Unset {} of {queue}", unset.join(", ")))?;
        let answer =
            session.call(&of("delete_queue_property").body(json!({ "keys": unset }))).await?;
        return session.output.done(&format!("Unset {}.", unset.join(", ")), answer);
    }
    if !set.is_empty() {
        let mut body = Value::Null;
        let request = of("update_queue_property");
        let bundle = request.entry.bundle();
        let schema = &bundle.schemas()["ChangedQueueProperties"];
        let mut properties = serde_json::Map::new();
        for (key, value) in set {
            let Some(property) = schema["properties"].get(key) else {
                let known = schema["properties"].as_object().into_iter().flatten();
                let known: Vec<&str> = known.map(|(name, _)| name.as_str()).collect();
                return Err(Failure::usage(format!(
                    "there is no property `{key}` to set; known are {}",
                    known.join(", ")
                )));
            };
            let value = crate::request::typed(key, bundle.resolve(property), value.clone())?;
            properties.insert(key.clone(), value);
        }
        body["properties"] = properties.into();
        let answer = session.call(&request.body(body)).await?;
        let names: Vec<&str> = set.iter().map(|(key, _)| key.as_str()).collect();
        return session.output.done(&format!("Set {}.", names.join(", ")), answer);
    }
    let items = session.list(of("list_queue_properties"), None).await?;
    session.output.show(View::rows(items, PROPERTIES, "It has no properties of its own."))
}

fn show(queue: &str) -> Request {
    Request::of("show_queue").set("queue_name", queue).set("queue_type", "all")
}

fn action(queue: &str, body: Value) -> Request {
    Request::of("run_queue_action").set("queue_name", queue).body(body)
}

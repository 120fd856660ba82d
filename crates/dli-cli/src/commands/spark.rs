//! `dli spark`: Spark programs.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::common::{self, Most, pair};
use crate::error::{Exit, Failure, Result};
use crate::output::{Column, Kind, View, eprint_line};
use crate::request::{Request, read_document};
use crate::session::{Interrupt, Session, look_on};

/// Spark jobs.
#[derive(Debug, Subcommand)]
pub enum Spark {
    /// List jobs
    #[command(visible_alias = "ls")]
    List {
        /// Only jobs in this state, `running` for instance
        #[arg(long)]
        state: Option<String>,
        /// Only jobs of this queue
        #[arg(long, value_name = "NAME", add = crate::complete::queues())]
        queue: Option<String>,
        /// Only jobs of this name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Show one job
    Show {
        /// Id of the job
        id: String,
    },
    /// Submit a program
    Submit(Box<Submit>),
    /// Print the log of a job
    Logs {
        /// Id of the job
        id: String,
    },
    /// Print the log of a job as it grows, until the job ends; Ctrl-C leaves the job running
    Follow {
        /// Id of the job
        id: String,
    },
    /// Cancel jobs
    Cancel {
        /// Ids of the jobs
        #[arg(required = true)]
        ids: Vec<String>,
    },
}

/// What a program needs.
#[derive(Debug, Args)]
pub struct Submit {
    /// The program: the name of a package, or an address in object storage
    file: String,
    /// Arguments of the program
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
    /// Main class; Python programs have none
    #[arg(long, value_name = "CLASS", default_value = "")]
    class: String,
    /// Queue to run in
    #[arg(long, value_name = "NAME", env = "DLI_QUEUE", add = crate::complete::queues())]
    queue: Option<String>,
    /// Name of the job
    #[arg(long)]
    name: Option<String>,
    /// A package of classes; can be given several times
    #[arg(long = "jar", value_name = "PACKAGE")]
    jars: Vec<String>,
    /// A package of Python; can be given several times
    #[arg(long = "py-file", value_name = "PACKAGE")]
    py_files: Vec<String>,
    /// A file the program reads; can be given several times
    #[arg(long = "with-file", value_name = "PACKAGE")]
    files: Vec<String>,
    /// A setting of Spark; can be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    conf: Vec<(String, String)>,
    /// Version of Spark
    #[arg(long, value_name = "VERSION")]
    spark_version: Option<String>,
    /// Memory of the driver, `2G` for instance
    #[arg(long, value_name = "SIZE")]
    driver_memory: Option<String>,
    /// Cores of the driver
    #[arg(long, value_name = "COUNT")]
    driver_cores: Option<i64>,
    /// Memory of an executor
    #[arg(long, value_name = "SIZE")]
    executor_memory: Option<String>,
    /// Cores of an executor
    #[arg(long, value_name = "COUNT")]
    executor_cores: Option<i64>,
    /// Number of executors
    #[arg(long, value_name = "COUNT")]
    executors: Option<i64>,
    /// More fields of the request, as a JSON or YAML document or `@file`
    #[arg(long, value_name = "@FILE|JSON")]
    body: Option<String>,
    /// Print the log until the job ends; Ctrl-C leaves the job running
    #[arg(long, short)]
    follow: bool,
}

const LISTED: &[Column] = &[
    Column::id("ID", "id"),
    Column::text("NAME", "name"),
    Column::state("STATE", "state"),
    Column::text("QUEUE", "queue|cluster_name").rank(2),
    Column::text("OWNER", "owner").rank(4),
    Column::time("CREATED", "create_time").rank(1),
    Column::new("TOOK", "duration", Kind::Duration).rank(3),
];

const SHOWN: &[Column] = &[
    Column::id("Id", "id"),
    Column::text("Name", "name"),
    Column::state("State", "state"),
    Column::id("Application", "appId"),
    Column::text("Queue", "queue|cluster_name"),
    Column::text("Owner", "owner"),
    Column::text("Spark", "spark_version"),
    Column::text("Image", "image"),
    Column::time("Created", "create_time"),
    Column::time("Changed", "update_time"),
    Column::new("Took", "duration", Kind::Duration),
    Column::text("Request", "req_body"),
];

impl Spark {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { state, queue, name, most } => {
                let request = Request::of("list_spark_jobs")
                    .maybe("state", state.map(|state| state.to_ascii_lowercase()))
                    .maybe("queue_name", queue)
                    .maybe("job_name", name);
                let items = session.list(request, most.get()).await?;
                session.output.show(View::rows(items, LISTED, "There are no Spark jobs."))
            }
            Self::Show { id } => {
                let answer = session.call(&of("show_spark_job", &id)).await?;
                session.output.show(View::record(answer, SHOWN))
            }
            Self::Submit(submit) => submit.run(session).await,
            Self::Logs { id } => log(session, &id, 0).await.map(|_| ()),
            Self::Follow { id } => follow(session, &id).await,
            Self::Cancel { ids } => {
                for id in ids {
                    let answer = session.call(&of("cancel_spark_job", &id)).await?;
                    session.output.done(&format!("Cancelled the job {id}."), answer)?;
                }
                Ok(())
            }
        }
    }
}

impl Submit {
    async fn run(self, session: &Session) -> Result<()> {
        let conf: serde_json::Map<String, Value> =
            self.conf.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
        let mut body = match &self.body {
            Some(body) => read_document(body)?,
            None => json!({}),
        };
        let given = json!({
            "file": self.file,
            "className": self.class,
            "args": common::some_list(&self.args),
            "queue": self.queue,
            "name": self.name,
            "jars": common::some_list(&self.jars),
            "pyFiles": common::some_list(&self.py_files),
            "files": common::some_list(&self.files),
            "conf": if conf.is_empty() { Value::Null } else { conf.into() },
            "spark_version": self.spark_version,
            "driverMemory": self.driver_memory,
            "driverCores": self.driver_cores,
            "executorMemory": self.executor_memory,
            "executorCores": self.executor_cores,
            "numExecutors": self.executors,
        });
        common::overlay(&mut body, given)?;
        let answer = session.call(&Request::of("create_spark_job").body(body)).await?;
        let id = answer["id"].as_str().unwrap_or_default().to_owned();
        if self.follow {
            eprint_line(&format!("Submitted the job {id}."));
            return follow(session, &id).await;
        }
        match session.output.is_table() && !session.output.has_query() {
            true => session.output.text(&format!("{id}\n")),
            false => session.output.show(View::any(answer)),
        }
    }
}

fn of(operation: &str, id: &str) -> Request {
    Request::of(operation).set("batch_id", id)
}

/// Prints the log from a line on; gives the number of the line after the last.
async fn log(session: &Session, id: &str, from: i64) -> Result<i64> {
    let mut from = from;
    loop {
        let request = of("show_spark_job_log", id).set("from", from).set("size", 500);
        let answer = session.call(&request).await?;
        let lines = answer["log"].as_array().map_or(&[][..], Vec::as_slice);
        let text: String =
            lines.iter().map(|line| format!("{}\n", line.as_str().unwrap_or_default())).collect();
        session.output.text(&text)?;
        from += i64::try_from(lines.len()).unwrap_or(0);
        if lines.len() < 500 {
            return Ok(from);
        }
    }
}

/// Prints the log until the job has ended. Ctrl-C leaves the job alone.
async fn follow(session: &Session, id: &str) -> Result<()> {
    let left = || {
        format!(
            "the job {id} goes on: `dli spark follow {id}` looks on again, `dli spark cancel {id}` \
             ends it"
        )
    };
    look_on(Interrupt::new(), log_until_end(session, id), left).await
}

async fn log_until_end(session: &Session, id: &str) -> Result<()> {
    let mut from = 0;
    let mut last = String::new();
    loop {
        let status = session.call(&of("show_spark_job_status", id)).await?;
        let state = status["state"].as_str().unwrap_or_default().to_owned();
        if state != last {
            eprint_line(&format!("The job is {state}."));
            last = state.clone();
        }
        from = log(session, id, from).await?;
        match state.as_str() {
            "success" => return Ok(()),
            "dead" => {
                return Err(Failure::new(
                    Exit::JobFailed,
                    format!("the job {id} is dead; the log above tells why, as far as it is known"),
                ));
            }
            _ => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
}

//! `dli flink`: Flink jobs.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::common::{self, Most, Waiting, pair};
use crate::error::{Exit, Failure, Result};
use crate::output::{Column, Kind, View, eprint_line};
use crate::request::{Request, read_document, read_file};
use crate::session::{Outcome, Session, Wait};

/// Flink jobs.
#[derive(Debug, Subcommand)]
pub enum Flink {
    /// List jobs
    #[command(visible_alias = "ls")]
    List {
        /// Only jobs in this state, `job_running` for instance
        #[arg(long)]
        status: Option<String>,
        /// Only jobs of this queue
        #[arg(long, value_name = "NAME", add = crate::complete::queues())]
        queue: Option<String>,
        /// Only jobs with this in their name
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Show one job
    Show {
        /// Id of the job
        id: i64,
    },
    /// Create a job from SQL or from a package; it does not run yet
    Create(Box<Create>),
    /// Run jobs
    Run {
        /// Ids of the jobs
        #[arg(required = true)]
        ids: Vec<i64>,
        /// Go on from the last savepoint
        #[arg(long)]
        resume: bool,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Stop jobs
    Stop {
        /// Ids of the jobs
        #[arg(required = true)]
        ids: Vec<i64>,
        /// Make a savepoint first
        #[arg(long)]
        savepoint: bool,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// Delete jobs
    Delete {
        /// Ids of the jobs
        #[arg(required = true)]
        ids: Vec<i64>,
    },
    /// Write jobs into object storage, to import them elsewhere
    Export {
        /// The folder, `bucket/folder/`
        folder: String,
        /// Ids of the jobs; all without any
        ids: Vec<i64>,
    },
    /// Take jobs from a file that an export wrote
    Import {
        /// The file, `bucket/folder/jobs.zip`
        file: String,
        /// Replace jobs of the same name
        #[arg(long)]
        replace: bool,
    },
}

/// What a job needs.
#[derive(Debug, Args)]
pub struct Create {
    /// Name of the job
    name: String,
    /// File with the statements of a SQL job
    #[arg(long, value_name = "FILE", required_unless_present_any = ["jar", "body"])]
    sql: Option<PathBuf>,
    /// Package with the program of a job
    #[arg(long, value_name = "PACKAGE", conflicts_with = "sql")]
    jar: Option<String>,
    /// Main class of the program
    #[arg(long, value_name = "CLASS", requires = "jar")]
    class: Option<String>,
    /// Arguments of the program
    #[arg(long, value_name = "TEXT", requires = "jar")]
    args: Option<String>,
    /// Queue to run in
    #[arg(long, value_name = "NAME", env = "DLI_QUEUE", add = crate::complete::queues())]
    queue: Option<String>,
    /// Version of Flink
    #[arg(long, value_name = "VERSION")]
    flink_version: Option<String>,
    /// Compute units
    #[arg(long, value_name = "COUNT")]
    cu: Option<i64>,
    /// Subtasks at the same time
    #[arg(long, value_name = "COUNT")]
    parallel: Option<i64>,
    /// What it is for, in your words
    #[arg(long)]
    description: Option<String>,
    /// A tag; can be given several times
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair)]
    tags: Vec<(String, String)>,
    /// More fields of the request, as a JSON or YAML document or `@file`
    #[arg(long, value_name = "@FILE|JSON")]
    body: Option<String>,
}

const LISTED: &[Column] = &[
    Column::id("ID", "job_id"),
    Column::text("NAME", "name"),
    Column::state("STATUS", "status"),
    Column::text("TYPE", "job_type").rank(3),
    Column::text("QUEUE", "queue_name").rank(2),
    Column::text("OWNER", "user_name").rank(4),
    Column::time("CREATED", "create_time").rank(1),
    Column::new("RAN", "duration", Kind::Duration).rank(3),
];

const SHOWN: &[Column] = &[
    Column::id("Id", "job_detail.job_id"),
    Column::text("Name", "job_detail.name"),
    Column::state("Status", "job_detail.status"),
    Column::text("Reason", "job_detail.status_desc"),
    Column::text("Type", "job_detail.job_type"),
    Column::text("Description", "job_detail.desc"),
    Column::text("Queue", "job_detail.queue_name"),
    Column::text("Owner", "job_detail.user_name"),
    Column::text("Flink", "job_detail.job_config.flink_version"),
    Column::number("CU", "job_detail.job_config.cu_number"),
    Column::number("Parallel", "job_detail.job_config.parallel_number"),
    Column::text("Class", "job_detail.main_class"),
    Column::text("Program", "job_detail.job_config.entrypoint"),
    Column::text("SQL", "job_detail.sql_body"),
    Column::text("Savepoint", "job_detail.savepoint_path"),
    Column::time("Created", "job_detail.create_time"),
    Column::time("Started", "job_detail.start_time"),
    Column::new("Ran", "job_detail.duration", Kind::Duration),
];

const IMPORTED: &[Column] = &[
    Column::id("OLD", "old_job_id"),
    Column::id("NEW", "new_job_id"),
    Column::text("REMARK", "remark"),
];

impl Flink {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { status, queue, name, most } => {
                let request = Request::of("list_flink_jobs")
                    .maybe("status", status.map(|status| status.to_ascii_lowercase()))
                    .maybe("queue_name", queue)
                    .maybe("name", name);
                let items = session.list(request, most.get()).await?;
                session.output.show(View::rows(items, LISTED, "There are no Flink jobs."))
            }
            Self::Show { id } => {
                let answer = session.call(&show(id)).await?;
                session.output.show(View::record(answer, SHOWN))
            }
            Self::Create(create) => create.run(session).await,
            Self::Run { ids, resume, waiting } => {
                let body = json!({ "job_ids": ids, "resume_savepoint": resume.then_some(true) });
                let answer = session.call(&Request::of("batch_run_flink_jobs").body(body)).await?;
                outcomes(&ids, &answer)?;
                if waiting.wait {
                    for id in &ids {
                        until(session, *id, &waiting, RUNNING).await?;
                    }
                }
                session.output.done(&format!("Started {}.", named(&ids)), answer)
            }
            Self::Stop { ids, savepoint, waiting } => {
                let body =
                    json!({ "job_ids": ids, "trigger_savepoint": savepoint.then_some(true) });
                let answer = session.call(&Request::of("batch_stop_flink_jobs").body(body)).await?;
                outcomes(&ids, &answer)?;
                if waiting.wait {
                    for id in &ids {
                        until(session, *id, &waiting, STOPPED).await?;
                    }
                }
                session.output.done(&format!("Stopped {}.", named(&ids)), answer)
            }
            Self::Delete { ids } => {
                session.confirm(&format!("Delete {}", named(&ids)))?;
                let body = json!({ "job_ids": ids });
                let answer =
                    session.call(&Request::of("batch_delete_flink_jobs").body(body)).await?;
                outcomes(&ids, &answer)?;
                session.output.done(&format!("Deleted {}.", named(&ids)), answer)
            }
            Self::Export { folder, ids } => {
                let request = Request::of("export_flink_jobs").body(json!({
                    "obs_dir": folder,
                    "is_selected": !ids.is_empty(),
                    "job_selected": if ids.is_empty() { Value::Null } else { ids.into() },
                }));
                let answer = session.call(&request).await?;
                match session.output.is_table() && !session.output.has_query() {
                    true => session.output.show(View::any(answer["zip_file"].clone())),
                    false => session.output.show(View::any(answer)),
                }
            }
            Self::Import { file, replace } => {
                let request = Request::of("import_flink_jobs").body(json!({
                    "zip_file": file,
                    "is_cover": replace.then_some(true),
                }));
                let answer = session.call(&request).await?;
                let items = answer["job_mapping"].as_array().cloned().unwrap_or_default();
                session.output.show(View::rows(items, IMPORTED, "Nothing was imported."))
            }
        }
    }
}

impl Create {
    async fn run(self, session: &Session) -> Result<()> {
        let mut body = match &self.body {
            Some(body) => read_document(body)?,
            None => json!({}),
        };
        let sql = self.sql.as_deref().map(read_file).transpose()?;
        let jar = self.jar.is_some() || body.get("entrypoint").is_some();
        common::overlay(
            &mut body,
            json!({
                "name": self.name,
                "sql_body": sql,
                "entrypoint": self.jar,
                "main_class": self.class,
                "entrypoint_args": self.args,
                "queue_name": self.queue,
                "flink_version": self.flink_version,
                "cu_number": self.cu,
                "parallel_number": self.parallel,
                "desc": self.description,
                "tags": common::tags(&self.tags),
            }),
        )?;
        let operation = if jar { "create_flink_jar_job" } else { "create_flink_sql_job" };
        let answer = session.call(&Request::of(operation).body(body)).await?;
        let id = &answer["job"]["job_id"];
        if !session.output.is_table() || session.output.has_query() {
            return session.output.show(View::any(answer));
        }
        // The id alone on standard output, for scripts.
        session.output.text(&format!("{id}\n"))?;
        eprint_line(&format!("Created the job {}; `dli flink run {id}` runs it.", self.name));
        Ok(())
    }
}

fn show(id: i64) -> Request {
    Request::of("show_flink_job").set("job_id", id)
}

fn named(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    format!("the job{} {}", if ids.len() == 1 { "" } else { "s" }, ids.join(", "))
}

/// Each job has an outcome of its own.
fn outcomes(ids: &[i64], answer: &Value) -> Result<()> {
    let outcomes = answer.as_array().map_or(&[][..], Vec::as_slice);
    let failed: Vec<String> = ids
        .iter()
        .zip(outcomes)
        .filter(|(_, outcome)| {
            outcome["is_success"] == Value::Bool(false) || outcome["is_success"] == "false"
        })
        .map(|(id, outcome)| {
            let why = [&outcome["error_msg"], &outcome["message"]];
            let why = why.iter().find_map(|why| why.as_str().filter(|why| !why.is_empty()));
            format!("{id}: {}", why.unwrap_or("no reason given").trim_end_matches('.'))
        })
        .collect();
    match failed.is_empty() {
        true => Ok(()),
        false => Err(Failure::new(
            Exit::Service,
            format!(
                "not done for {}; `dli flink show ID` tells the state of a job",
                failed.join(", ")
            ),
        )),
    }
}

const RUNNING: &[&str] = &["job_running", "job_finish"];
const STOPPED: &[&str] = &["job_init", "job_cancel_success", "job_finish"];

async fn until(session: &Session, id: i64, waiting: &Waiting, good: &[&str]) -> Result<()> {
    let what = format!("the job {id}");
    let timeout = waiting.timeout;
    let look = format!("dli flink show {id}");
    let wait = Wait { request: show(id), what: &what, timeout, until_gone: false, look };
    let read = |answer: &Value| {
        let job = &answer["job_detail"];
        let status = job["status"].as_str().unwrap_or_default();
        if good.contains(&status) {
            return Outcome::Done;
        }
        if status.ends_with("_fail") || status.ends_with("_exception") || status.contains("arrear")
        {
            let why = job["status_desc"].as_str().filter(|why| !why.is_empty());
            return Outcome::Failed(why.unwrap_or(status).to_owned());
        }
        Outcome::Busy(status.to_owned())
    };
    session.wait(wait, read).await.map(|_| ())
}

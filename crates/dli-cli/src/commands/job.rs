//! `dli job`: SQL jobs, those that run and those that ran.

use std::time::Instant;

use clap::Subcommand;
use serde_json::json;

use super::common::Most;
use super::sql;
use crate::error::Result;
use crate::output::{Column, Kind, View};
use crate::request::Request;
use crate::session::Session;

/// SQL jobs.
#[derive(Debug, Subcommand)]
pub enum Job {
    /// List jobs, the latest first
    #[command(visible_alias = "ls")]
    List {
        /// Only jobs in this state, `RUNNING` for instance
        #[arg(long)]
        status: Option<String>,
        /// Only jobs of this type, `QUERY` for instance
        #[arg(long = "type", value_name = "TYPE")]
        kind: Option<String>,
        /// Only jobs of this queue
        #[arg(long, value_name = "NAME", add = crate::complete::queues())]
        queue: Option<String>,
        /// Only jobs of this database
        #[arg(long, value_name = "NAME")]
        database: Option<String>,
        /// Only jobs whose statement has this in it
        #[arg(long, value_name = "TEXT")]
        sql: Option<String>,
        /// Only jobs of this user
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
        #[command(flatten)]
        most: Most,
    },
    /// Show one job
    Show {
        /// Id of the job
        id: String,
    },
    /// Cancel jobs
    Cancel {
        /// Ids of the jobs
        #[arg(required = true)]
        ids: Vec<String>,
    },
    /// Wait for the end of a job and show its rows; Ctrl-C leaves the job running
    Follow {
        /// Id of the job
        id: String,
    },
    /// Show the rows of a finished query
    Results {
        /// Id of the job
        id: String,
    },
    /// Write the whole result of a query into object storage
    Export {
        /// Id of the job
        id: String,
        /// The folder, `obs://bucket/folder`
        folder: String,
        /// Format of the files: `csv`, `json`, `parquet` or `orc`
        #[arg(long, default_value = "csv")]
        format: String,
        /// Replace what is there
        #[arg(long)]
        overwrite: bool,
        /// Queue to do the work
        #[arg(long, value_name = "NAME", add = crate::complete::queues())]
        queue: Option<String>,
    },
}

const LISTED: &[Column] = &[
    Column::id("ID", "job_id"),
    Column::state("STATUS", "status"),
    Column::text("TYPE", "job_type").rank(2),
    Column::text("STATEMENT", "statement").rank(1),
    Column::text("QUEUE", "queue_name").rank(3),
    Column::time("STARTED", "start_time").rank(4),
    Column::new("TOOK", "duration", Kind::Duration).rank(4),
    Column::number("ROWS", "result_count").rank(5),
    Column::text("OWNER", "owner").rank(6),
];

const SHOWN: &[Column] = &[
    Column::id("Id", "job_id"),
    Column::state("Status", "status"),
    Column::text("Type", "job_type"),
    Column::text("Statement", "statement"),
    Column::new("Detail", "detail", Kind::Schema),
    Column::text("Queue", "queue_name"),
    Column::text("Database", "database_name"),
    Column::text("Table", "table_name"),
    Column::text("Owner", "owner"),
    Column::time("Started", "start_time"),
    Column::new("Took", "duration", Kind::Duration),
    Column::number("Rows read", "input_row_count"),
    Column::new("Bytes read", "input_size", Kind::Bytes),
    Column::number("Rows of result", "result_count"),
    Column::text("Result", "result_path"),
    Column::text("Tags", "tags"),
];

impl Job {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { status, kind, queue, database, sql, owner, most } => {
                let upper = |text: Option<String>| text.map(|text| text.to_ascii_uppercase());
                let request = Request::of("list_sql_jobs")
                    .maybe("job-status", upper(status))
                    .maybe("job-type", upper(kind))
                    .maybe("queue_name", queue)
                    .maybe("db_name", database)
                    .maybe("sql_pattern", sql)
                    .maybe("owner", owner);
                // There can be very many; the latest are what one wants to see.
                let most = most.get().or(Some(50));
                let items = session.list(request, most).await?;
                session.output.show(View::rows(items, LISTED, "There are no jobs."))
            }
            Self::Show { id } => {
                let answer =
                    session.call(&Request::of("show_sql_job_status").set("job_id", id)).await?;
                session.output.show(View::record(answer, SHOWN))
            }
            Self::Cancel { ids } => {
                for id in ids {
                    let request = Request::of("cancel_sql_job").set("job_id", id.as_str());
                    let answer = session.call(&request).await?;
                    session.output.done(&format!("Cancelled the job {id}."), answer)?;
                }
                Ok(())
            }
            Self::Follow { id } => {
                let started = Instant::now();
                let finished = sql::follow(session, &id).await?;
                sql::present(session, &finished, None, Some(started))
            }
            Self::Results { id } => {
                let finished = sql::finished(session, &id).await?;
                sql::present(session, &finished, None, None)
            }
            Self::Export { id, folder, format, overwrite, queue } => {
                let request = Request::of("export_sql_job_result").set("job_id", id).body(json!({
                    "data_path": folder,
                    "data_type": format,
                    "queue_name": queue,
                    "export_mode": overwrite.then_some("Overwrite"),
                }));
                let answer = session.call(&request).await?;
                let job = answer["job_id"].as_str().unwrap_or_default();
                let finished = sql::follow_own(session, job).await?;
                session.output.done(&format!("The rows are in {folder}."), finished.status)
            }
        }
    }
}

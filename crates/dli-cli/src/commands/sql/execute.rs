//! One statement: submitted, watched, and its rows fetched.

use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::Settings;
use crate::commands::common::tags;
use crate::commands::rows::Rows;
use crate::error::{Exit, Failure, Result};
use crate::output::{bytes, duration, eprint_line};
use crate::request::Request;
use crate::session::{Session, spinner};

/// What became of a statement.
pub struct Finished {
    /// Id of the job.
    pub job_id: String,
    /// The last answer about the job.
    pub status: Value,
    /// Its rows, where it has any.
    pub rows: Option<Rows>,
}

impl Finished {
    /// How many rows there are, fetched or not.
    pub fn total(&self) -> u64 {
        let fetched = self.rows.as_ref().map_or(0, |rows| rows.rows.len() as u64);
        self.status["result_count"].as_u64().unwrap_or(0).max(fetched)
    }
}

/// Submits a statement; gives the answer.
pub async fn submit(session: &Session, settings: &Settings, sql: &str) -> Result<Value> {
    let request = Request::of("create_sql_job").body(json!({
        "sql": sql,
        "queue_name": settings.queue,
        "currentdb": settings.database,
        "current_catalog": settings.catalog,
        "engine_type": settings.engine,
        "conf": crate::commands::common::some_list(&settings.conf),
        "tags": tags(&settings.tags),
    }));
    session.call(&request).await
}

/// Submits a statement and waits for its end. Ctrl-C cancels the job on the server.
pub async fn run(session: &Session, settings: &Settings, sql: &str) -> Result<Finished> {
    let started = Instant::now();
    let answer = tokio::select! {
        answer = submit(session, settings, sql) => answer?,
        _ = tokio::signal::ctrl_c() => return Err(Failure::new(
            Exit::Interrupted,
            "interrupted while the statement was being submitted; `dli job list` shows whether it was",
        )),
    };
    let job_id = answer["job_id"].as_str().unwrap_or_default().to_owned();
    if answer["job_mode"].as_str().is_some_and(|mode| mode.eq_ignore_ascii_case("sync")) {
        // Statements that only change the catalog answer at once.
        let rows = Rows::of_answer(&answer);
        let rows = (!rows.columns.is_empty()).then_some(rows);
        return Ok(Finished { job_id, status: answer, rows });
    }
    follow(session, settings.queue.as_deref(), &job_id, started).await
}

/// Waits for the end of a job. Ctrl-C cancels it on the server.
pub async fn follow(
    session: &Session,
    queue: Option<&str>,
    job_id: &str,
    started: Instant,
) -> Result<Finished> {
    let bar = spinner("");
    let done = tokio::select! {
        status = watch(session, job_id, &bar, started) => Some(status),
        _ = tokio::signal::ctrl_c() => None,
    };
    bar.finish_and_clear();
    let Some(status) = done else { return Err(cancel(session, job_id).await) };
    let status = status?;
    let state = status["status"].as_str().unwrap_or_default().to_ascii_uppercase();
    match state.as_str() {
        "FAILED" => {
            let why = [&status["detail"], &status["message"]];
            let why = why.iter().find_map(|why| why.as_str().filter(|why| !why.trim().is_empty()));
            let why = why.unwrap_or("the service does not say why").trim().trim_end_matches('.');
            Err(Failure::new(
                Exit::JobFailed,
                format!("the statement failed: {why} (job {job_id}); correct it and run it again"),
            ))
        }
        "CANCELLED" => {
            Err(Failure::new(Exit::JobFailed, format!("the job {job_id} was cancelled")))
        }
        _ => {
            let is_query = status["job_type"].as_str().is_none_or(|kind| kind == "QUERY");
            let mut rows = match is_query {
                true => Some(fetch(session, queue, job_id).await?),
                false => None,
            };
            let total = status["result_count"].as_u64().unwrap_or(0);
            let here = rows.as_ref().map_or(0, |rows| rows.rows.len() as u64);
            if is_query && here < total && !text(&status["result_path"]).is_empty() {
                // A preview has 1,000 rows at most; the job bucket has all of them.
                match whole(session, job_id).await {
                    Ok(all) => rows = Some(all),
                    Err(error) => eprint_line(&format!("warning: {}", error.message())),
                }
            }
            Ok(Finished { job_id: job_id.to_owned(), status, rows })
        }
    }
}

/// The first rows of a finished job.
pub async fn fetch(session: &Session, queue: Option<&str>, job_id: &str) -> Result<Rows> {
    let request =
        Request::of("preview_sql_job_result").set("job_id", job_id).maybe("queue-name", queue);
    Ok(Rows::of_answer(&session.call(&request).await?))
}

/// All rows of a job, from the bucket that the service wrote them to.
async fn whole(session: &Session, job_id: &str) -> Result<Rows, dli_ext::Error> {
    let Ok(dli) = session.dli().await else { return Ok(Rows::default()) };
    let results = dli.sql_job(job_id).results().await?;
    let columns = results.columns().iter();
    let columns = columns.map(|column| (column.name.clone(), column.ty.to_string())).collect();
    let mut rows = Vec::new();
    let mut stream = results.raw_rows();
    while let Some(row) = stream.try_next().await? {
        rows.push(row.values().to_vec());
    }
    Ok(Rows { columns, rows })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Looks at a job until it has ended.
async fn watch(
    session: &Session,
    job_id: &str,
    bar: &ProgressBar,
    started: Instant,
) -> Result<Value> {
    let mut pause = Duration::from_millis(100);
    let mut progress_known = true;
    loop {
        let request = Request::of("show_sql_job_status").set("job_id", job_id);
        let status = session.call(&request).await?;
        let state = status["status"].as_str().unwrap_or_default().to_ascii_uppercase();
        if matches!(state.as_str(), "FINISHED" | "FAILED" | "CANCELLED") {
            return Ok(status);
        }
        let mut share = None;
        if progress_known && !bar.is_hidden() && state == "RUNNING" {
            let request = Request::of("show_sql_job_progress").set("job_id", job_id);
            match session.call(&request).await {
                Ok(answer) => share = answer["progress"].as_f64(),
                // Old queues cannot tell.
                Err(_) => progress_known = false,
            }
        }
        bar.set_message(describe(&state, share, &status, started));
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(2));
    }
}

/// `RUNNING ━━━━━━━───── 55 % · 1,024 rows · 3.2 MiB`.
fn describe(state: &str, share: Option<f64>, status: &Value, started: Instant) -> String {
    let mut parts = vec![match share {
        Some(share) => {
            let share = share.clamp(0.0, 1.0);
            let full = (share * 24.0).round() as usize;
            let bar = format!("{}{}", "━".repeat(full), "─".repeat(24 - full));
            format!("{} {bar} {:.0} %", state.to_lowercase(), share * 100.0)
        }
        None => state.to_lowercase(),
    }];
    let count = |field: &str| status[field].as_f64().filter(|count| *count > 0.0);
    if let Some(rows) = count("input_row_count") {
        parts.push(format!("{} rows", grouped(rows as u64)));
    }
    if let Some(size) = count("input_size") {
        parts.push(bytes(size));
    }
    let elapsed = i64::try_from(started.elapsed().as_millis()).unwrap_or(0);
    if elapsed > 60_000 {
        parts.push(duration(elapsed));
    }
    parts.join(" · ")
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Cancels a job after Ctrl-C.
async fn cancel(session: &Session, job_id: &str) -> Failure {
    eprint_line(&format!("Cancelling the job {job_id} …"));
    let request = Request::of("cancel_sql_job").set("job_id", job_id);
    let patience = Duration::from_secs(15);
    let said = tokio::select! {
        answer = tokio::time::timeout(patience, session.call(&request)) => match answer {
            Ok(Ok(_)) => "was cancelled".to_owned(),
            Ok(Err(error)) => format!("could not be cancelled: {error}"),
            Err(_) => "could not be cancelled: no answer in time; try `dli job cancel`".to_owned(),
        },
        _ = tokio::signal::ctrl_c() => "may still run; try `dli job cancel`".to_owned(),
    };
    Failure::new(Exit::Interrupted, format!("interrupted; the job {job_id} {said}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([grouped(7), grouped(1000), grouped(1_234_567)], ["7", "1,000", "1,234,567"]);
    }
}

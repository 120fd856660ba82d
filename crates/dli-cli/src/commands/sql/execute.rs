//! One statement: submitted, watched, and its rows fetched.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::TryStreamExt;
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::Settings;
use crate::commands::common::tags;
use crate::commands::rows::Rows;
use crate::error::{Exit, Failure, Result};
use crate::output::{bytes, eprint_line};
use crate::request::Request;
use crate::session::{Interrupt, Session, look_on, spinner};

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
    let mut interrupt = Interrupt::new();
    let mut submitting = pin!(submit(session, settings, sql));
    let bar = spinner("submitting");
    let answer = tokio::select! {
        answer = &mut submitting => Some(answer),
        () = interrupt.came() => None,
    };
    bar.finish_and_clear();
    let Some(answer) = answer else {
        return Err(cancel_submitted(session, submitting, interrupt).await);
    };
    let answer = answer?;
    let job_id = answer["job_id"].as_str().unwrap_or_default().to_owned();
    if answer["job_mode"].as_str().is_some_and(|mode| mode.eq_ignore_ascii_case("sync")) {
        // Statements that only change the catalog answer at once.
        let rows = Rows::of_answer(&answer);
        let rows = (!rows.columns.is_empty()).then_some(rows);
        return Ok(Finished { job_id, status: answer, rows });
    }
    follow_until(session, settings.queue.as_deref(), &job_id, interrupt).await
}

/// Waits for the end of a job that the same command began. Ctrl-C cancels it on the server.
pub async fn follow_own(session: &Session, job_id: &str) -> Result<Finished> {
    follow_until(session, None, job_id, Interrupt::new()).await
}

/// Waits for the end of a job that was there before. Ctrl-C leaves it alone.
pub async fn follow(session: &Session, job_id: &str) -> Result<Finished> {
    let left = || {
        format!(
            "the job {job_id} goes on: `dli job follow {job_id}` waits again, `dli job cancel \
             {job_id}` ends it"
        )
    };
    let interrupt = Interrupt::new();
    let bar = spinner("");
    let status = look_on(interrupt, watch(session, job_id, &bar), left).await;
    bar.finish_and_clear();
    let done = || format!("the job is done, and `dli job results {job_id}` shows its rows");
    look_on(Interrupt::new(), conclude(session, None, job_id, status?), done).await
}

async fn follow_until(
    session: &Session,
    queue: Option<&str>,
    job_id: &str,
    mut interrupt: Interrupt,
) -> Result<Finished> {
    let bar = spinner("");
    let done = tokio::select! {
        status = watch(session, job_id, &bar) => Some(status),
        () = interrupt.came() => None,
    };
    bar.finish_and_clear();
    let Some(status) = done else { return Err(cancel(session, job_id, interrupt).await) };
    tokio::select! {
        finished = conclude(session, queue, job_id, status?) => finished,
        () = interrupt.came() => Err(Failure::new(
            Exit::Interrupted,
            format!(
                "interrupted while the rows were fetched; the job is done, and `dli job results \
                 {job_id}` shows them"
            ),
        )),
    }
}

/// What a job that ran before left.
pub async fn finished(session: &Session, job_id: &str) -> Result<Finished> {
    let status = session.call(&status_of(job_id)).await?;
    if !has_ended(&status) {
        let state = text(&status["status"]).to_lowercase();
        return Err(Failure::new(
            Exit::Conflict,
            format!(
                "the job {job_id} is still {state}; `dli job follow {job_id}` waits for its end"
            ),
        ));
    }
    conclude(session, None, job_id, status).await
}

fn status_of(job_id: &str) -> Request {
    Request::of("show_sql_job_status").set("job_id", job_id)
}

fn has_ended(status: &Value) -> bool {
    let ends = ["FINISHED", "FAILED", "CANCELLED"];
    ends.iter().any(|end| text(&status["status"]).eq_ignore_ascii_case(end))
}

/// What a job that has ended leaves.
async fn conclude(
    session: &Session,
    queue: Option<&str>,
    job_id: &str,
    status: Value,
) -> Result<Finished> {
    match text(&status["status"]).to_ascii_uppercase().as_str() {
        "FAILED" => {
            let why = [&status["detail"], &status["message"]];
            let why = why.iter().find_map(|why| why.as_str().filter(|why| !why.trim().is_empty()));
            let why = why.unwrap_or("the service does not say why").trim().trim_end_matches('.');
            let advice = match session.globals.local && cfg!(not(feature = "local-sql")) {
                true => "`--local` runs SQL where `dli` was built with the feature `local-sql`",
                false => "correct it and run it again",
            };
            Err(Failure::new(
                Exit::JobFailed,
                format!("the statement failed: {why} (job {job_id}); {advice}"),
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
async fn fetch(session: &Session, queue: Option<&str>, job_id: &str) -> Result<Rows> {
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
async fn watch(session: &Session, job_id: &str, bar: &ProgressBar) -> Result<Value> {
    let mut pause = Duration::from_millis(100);
    let mut progress_known = true;
    loop {
        let status = session.call(&status_of(job_id)).await?;
        if has_ended(&status) {
            return Ok(status);
        }
        let state = text(&status["status"]).to_ascii_uppercase();
        let mut share = None;
        if progress_known && !bar.is_hidden() && state == "RUNNING" {
            let request = Request::of("show_sql_job_progress").set("job_id", job_id);
            match session.call(&request).await {
                Ok(answer) => share = answer["progress"].as_f64(),
                // Old queues cannot tell.
                Err(_) => progress_known = false,
            }
        }
        bar.set_message(describe(&state, share, &status));
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_secs(2));
    }
}

/// `RUNNING ━━━━━━━───── 55 % · 1,024 rows · 3.2 MiB`.
fn describe(state: &str, share: Option<f64>, status: &Value) -> String {
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

/// How long the service may take for what comes after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(15);

/// Cancels a job whose id was not known yet when Ctrl-C came.
async fn cancel_submitted(
    session: &Session,
    submitting: Pin<&mut impl Future<Output = Result<Value>>>,
    mut interrupt: Interrupt,
) -> Failure {
    eprint_line("Waiting for the id of the job, to cancel it …");
    let answer = tokio::select! {
        answer = tokio::time::timeout(PATIENCE, submitting) => answer.ok(),
        () = interrupt.came() => None,
    };
    match answer.as_ref().map(|answer| answer.as_ref().map(|answer| answer["job_id"].as_str())) {
        Some(Ok(Some(job_id))) => cancel(session, job_id, interrupt).await,
        Some(Err(error)) => {
            Failure::new(Exit::Interrupted, format!("interrupted; nothing was submitted: {error}"))
        }
        _ => Failure::new(
            Exit::Interrupted,
            "interrupted while the statement was being submitted; `dli job list` shows whether \
             it was",
        ),
    }
}

/// Cancels a job after Ctrl-C.
async fn cancel(session: &Session, job_id: &str, mut interrupt: Interrupt) -> Failure {
    eprint_line(&format!("Cancelling the job {job_id} …"));
    let request = Request::of("cancel_sql_job").set("job_id", job_id);
    let said = tokio::select! {
        answer = tokio::time::timeout(PATIENCE, session.call(&request)) => match answer {
            Ok(Ok(_)) => "was cancelled".to_owned(),
            Ok(Err(error)) => format!("could not be cancelled: {error}"),
            Err(_) => "could not be cancelled: no answer in time; try `dli job cancel`".to_owned(),
        },
        () = interrupt.came() => "may still run; try `dli job cancel`".to_owned(),
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

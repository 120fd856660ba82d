//! Waiting for a state, with something to look at meanwhile.

use std::fmt;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde_json::Value;

use super::Session;
use crate::error::{Exit, Failure, Result};
use crate::output::duration;
use crate::request::Request;

/// What an answer says of what is waited for.
pub enum Outcome {
    /// Not yet; the text says how far it is.
    Busy(String),
    /// It has come.
    Done,
    /// It will never come.
    Failed(String),
}

/// What to wait for.
pub struct Wait<'a> {
    /// The request that tells the state.
    pub request: Request,
    /// What is waited for, in words.
    pub what: &'a str,
    /// The longest time.
    pub timeout: Duration,
    /// Whether an object that is not there is what is waited for.
    pub until_gone: bool,
}

impl Session {
    /// Asks until the answer says that it is done. Gives the last answer.
    ///
    /// # Errors
    /// When it fails, or time runs out.
    pub async fn wait(&self, wait: Wait<'_>, read: impl Fn(&Value) -> Outcome) -> Result<Value> {
        let started = Instant::now();
        let spinner = spinner(wait.what);
        let mut pause = Duration::from_millis(200);
        loop {
            let answer = match self.call(&wait.request).await {
                Ok(answer) => answer,
                Err(error) if wait.until_gone && error.exit() == Some(Exit::NotFound) => {
                    spinner.finish_and_clear();
                    return Ok(Value::Null);
                }
                Err(error) => {
                    spinner.finish_and_clear();
                    return Err(error);
                }
            };
            match read(&answer) {
                Outcome::Done => {
                    spinner.finish_and_clear();
                    return Ok(answer);
                }
                Outcome::Failed(why) => {
                    spinner.finish_and_clear();
                    return Err(Failure::new(
                        Exit::JobFailed,
                        format!("{} failed: {why}", wait.what),
                    ));
                }
                Outcome::Busy(state) => spinner.set_message(format!("{}: {state}", wait.what)),
            }
            let left = wait.timeout.saturating_sub(started.elapsed());
            if left.is_zero() {
                spinner.finish_and_clear();
                let waited = duration(i64::try_from(wait.timeout.as_millis()).unwrap_or(0));
                return Err(Failure::new(
                    Exit::Timeout,
                    format!(
                        "{} was not done after {waited}; it goes on all the same, look again later or \
                         wait longer with `--timeout`",
                        wait.what
                    ),
                ));
            }
            tokio::time::sleep(pause.min(left)).await;
            pause = (pause * 3 / 2).min(Duration::from_secs(5));
        }
    }
}

/// Something that turns on standard error, where there is a terminal.
pub fn spinner(what: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({took})") {
        bar.set_style(style.with_key(
            "took",
            |state: &ProgressState, text: &mut dyn fmt::Write| {
                let seconds = i64::try_from(state.elapsed().as_secs()).unwrap_or(0);
                let _ = match seconds {
                    // Tenths of a second would only flicker.
                    ..60 => write!(text, "{seconds} s"),
                    _ => text.write_str(&duration(seconds * 1000)),
                };
            },
        ));
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

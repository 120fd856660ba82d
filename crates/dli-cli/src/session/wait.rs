//! Waiting for a state, with something to look at meanwhile.

use std::fmt;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use serde_json::Value;

use super::{Interrupt, Session, look_on};
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
    /// The command that tells how far it is.
    pub look: String,
}

impl Session {
    /// Asks until the answer says that it is done. Gives the last answer.
    ///
    /// # Errors
    /// When it fails, time runs out, or Ctrl-C comes.
    pub async fn wait(&self, wait: Wait<'_>, read: impl Fn(&Value) -> Outcome) -> Result<Value> {
        let interrupt = Interrupt::new();
        let spinner = spinner(wait.what);
        let left = || {
            let Wait { what, look, .. } = &wait;
            format!("{what} goes on all the same, and `{look}` tells how far it is")
        };
        let looked = look_on(interrupt, self.look(&wait, &spinner, read), left).await;
        spinner.finish_and_clear();
        looked
    }

    async fn look(
        &self,
        wait: &Wait<'_>,
        spinner: &ProgressBar,
        read: impl Fn(&Value) -> Outcome,
    ) -> Result<Value> {
        let Wait { what, look, .. } = wait;
        let started = Instant::now();
        let mut pause = Duration::from_millis(200);
        loop {
            let answer = match self.call(&wait.request).await {
                Err(error) if wait.until_gone && error.exit() == Some(Exit::NotFound) => {
                    return Ok(Value::Null);
                }
                answer => answer?,
            };
            match read(&answer) {
                Outcome::Done => return Ok(answer),
                Outcome::Failed(why) => {
                    return Err(Failure::new(Exit::JobFailed, format!("{what} failed: {why}")));
                }
                Outcome::Busy(state) => spinner.set_message(format!("{what}: {state}")),
            }
            let left = wait.timeout.saturating_sub(started.elapsed());
            if left.is_zero() {
                let waited = duration(i64::try_from(wait.timeout.as_millis()).unwrap_or(0));
                return Err(Failure::new(
                    Exit::Timeout,
                    format!(
                        "{what} was not done after {waited}; it goes on all the same, and `{look}` \
                         tells how far it is; wait longer with `--timeout`"
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

//! Ctrl-C as an event rather than as the end of the program.

use crate::error::{Exit, Failure, Result};

/// Looks on at something that goes on without this program. After Ctrl-C the failure says what
/// becomes of it. Ctrl-C is to be caught before anything is shown that invites it.
pub async fn look_on<T>(
    mut interrupt: Interrupt,
    looking: impl Future<Output = Result<T>>,
    what_becomes: impl FnOnce() -> String,
) -> Result<T> {
    tokio::select! {
        seen = looking => seen,
        () = interrupt.came() => {
            Err(Failure::new(Exit::Interrupted, format!("interrupted; {}", what_becomes())))
        }
    }
}

/// Ctrl-C is caught from the moment that this is made.
pub struct Interrupt(Option<Signal>);

#[cfg(unix)]
use tokio::signal::unix::Signal;
#[cfg(windows)]
use tokio::signal::windows::CtrlC as Signal;

impl Interrupt {
    /// Begins to listen.
    pub fn new() -> Self {
        #[cfg(unix)]
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt());
        #[cfg(windows)]
        let signal = tokio::signal::windows::ctrl_c();
        Self(signal.ok())
    }

    /// Waits for Ctrl-C. None that came before is missed.
    pub async fn came(&mut self) {
        match &mut self.0 {
            Some(signal) => {
                signal.recv().await;
            }
            // The program ends by Ctrl-C, as it does without a listener.
            None => std::future::pending().await,
        }
    }
}

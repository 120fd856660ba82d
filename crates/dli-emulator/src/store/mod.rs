//! State in SQLite: one thread owns the connection, requests that wait are committed together.

mod browse;
mod objects;
mod schema;
mod timeline;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

use rusqlite::Connection;
use tokio::sync::oneshot;

pub(crate) use objects::{Object, Objects, Token};
pub(crate) use timeline::Timeline;

use crate::error::{ApiError, ApiResult};

/// Largest number of requests that share one commit.
const BATCH: usize = 256;

/// The emulator's state.
pub(crate) struct Store {
    jobs: Sender<Job>,
}

/// Work on the connection; what it returns is called with the outcome of the commit.
type Job = Box<dyn FnOnce(&Connection) -> Finish + Send>;
type Finish = Box<dyn FnOnce(Result<(), String>) + Send>;

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// SQLite refused.
    #[error("cannot open the emulator's state in {place}: {source}")]
    Sqlite {
        /// The file, or `memory`.
        place: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// The system gave no thread.
    #[error("cannot start the thread that keeps the emulator's state: {0}")]
    Thread(std::io::Error),
    /// The folder could not be made.
    #[error("cannot create the folder {place} for the emulator's state: {source}")]
    Folder {
        /// The folder.
        place: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file was written by something else, or by a later version.
    #[error("{place} cannot be used: {problem}")]
    Foreign {
        /// The file.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl Store {
    /// Opens the file, or a database in memory.
    ///
    /// The receiver comes to its end when the file is closed, which happens once the store was
    /// dropped and the last commit is done.
    pub async fn open(file: Option<&Path>) -> Result<(Self, oneshot::Receiver<()>), StoreError> {
        let file = file.map(Path::to_owned);
        let (jobs, queue) = channel::<Job>();
        let (opened, wait) = oneshot::channel();
        let (closed, closing) = oneshot::channel();
        let thread = std::thread::Builder::new().name("dli-emulator-store".to_owned());
        let spawned = thread.spawn(move || match schema::open(file.as_deref()) {
            Ok(connection) => {
                let _ = opened.send(Ok(()));
                serve(&connection, &queue);
                drop(connection);
                drop::<oneshot::Sender<()>>(closed);
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        });
        spawned.map_err(StoreError::Thread)?;
        match wait.await {
            Ok(opened) => opened?,
            Err(_) => unreachable!("the thread answers before it ends"),
        }
        Ok((Self { jobs }, closing))
    }

    /// Runs one request's work as one transaction. When this returns `Ok`, what was written is
    /// committed and synced: it survives the end of the process.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Objects<'_>) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let (send, receive) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let outcome = in_savepoint(connection, work);
            Box::new(move |committed| {
                let _ = send.send(match committed {
                    Ok(()) => outcome,
                    Err(problem) => Err(ApiError::internal(problem)),
                });
            })
        });
        let gone = || ApiError::internal("The emulator is shutting down.");
        self.jobs.send(job).map_err(|_| gone())?;
        receive.await.map_err(|_| gone())?
    }
}

/// One request among those that share a commit.
fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Objects<'_>) -> ApiResult<T>,
) -> ApiResult<T> {
    let run = |sql: &str| connection.prepare_cached(sql)?.execute([]).map(|_| ());
    run("SAVEPOINT request")?;
    // A defect in one handler must not take the store down.
    let outcome = catch_unwind(AssertUnwindSafe(|| work(&Objects::new(connection))));
    let outcome = outcome.unwrap_or_else(|cause| {
        let cause = cause.downcast_ref::<String>().map(String::as_str);
        Err(ApiError::internal(format!(
            "A defect of the emulator: {}. Please report it with the request that caused it.",
            cause.unwrap_or("a handler panicked")
        )))
    });
    if outcome.is_err() {
        run("ROLLBACK TO request")?;
    }
    run("RELEASE request")?;
    outcome
}

fn serve(connection: &Connection, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut batch = vec![first];
        batch.extend(queue.try_iter().take(BATCH - 1));
        let finishes: Vec<Finish>;
        let committed = match connection.execute_batch("BEGIN IMMEDIATE") {
            Ok(()) => {
                finishes = batch.into_iter().map(|job| job(connection)).collect();
                connection.execute_batch("COMMIT")
            }
            Err(error) => {
                // Nothing runs outside a transaction; those who wait see the store as gone.
                drop(batch);
                finishes = Vec::new();
                Err(error)
            }
        };
        if committed.is_err() && !connection.is_autocommit() {
            let _ = connection.execute_batch("ROLLBACK");
        }
        let committed =
            committed.map_err(|error| format!("The emulator could not write its state: {error}"));
        for finish in finishes {
            finish(committed.clone());
        }
    }
}

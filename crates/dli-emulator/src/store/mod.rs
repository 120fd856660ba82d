//! State in SQLite. A thread carries out what writes, and commits what waits together; what reads is
//! done where it is asked for, on a connection that is not in use.

mod browse;
mod decoded;
mod objects;
mod schema;
mod timeline;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use rusqlite::Connection;
use tokio::sync::oneshot;

pub(crate) use objects::{Fields, Object, Objects, Token};
pub(crate) use timeline::Timeline;

use crate::error::{ApiError, ApiResult};
use decoded::Decoded;

/// Largest number of requests that share one commit.
const BATCH: usize = 256;
/// Largest number of connections that read.
const MOST_READERS: usize = 4;

/// The emulator's state.
pub(crate) struct Store {
    /// What reads: connections of their own to a file; memory has but the one that writes.
    /// Dropped before the queue, so that the thread is the last to close one.
    readers: Vec<Arc<Mutex<Connection>>>,
    jobs: Sender<Job>,
    decoded: Arc<Decoded>,
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
                let connection = Arc::new(Mutex::new(connection));
                let _ = opened.send(readers(&connection, file.as_deref()));
                serve(&connection, &queue);
                drop(connection);
                drop::<oneshot::Sender<()>>(closed);
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        });
        spawned.map_err(StoreError::Thread)?;
        let readers = match wait.await {
            Ok(opened) => opened?,
            Err(_) => unreachable!("the thread answers before it ends"),
        };
        Ok((Self { readers, jobs, decoded: Arc::default() }, closing))
    }

    /// Runs work that only reads, here and now if a connection is free: handing it to the thread
    /// and back takes longer than most reads.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Objects<'_>) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        if let Some(connection) = self.readers.iter().find_map(|reader| free(reader)) {
            return read_now(&connection, &self.decoded, work);
        }
        self.run(work).await
    }

    /// Runs one request's work as one transaction. When this returns `Ok`, what was written is
    /// committed and synced: it survives the end of the process.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Objects<'_>) -> ApiResult<T> + Send + 'static,
    ) -> ApiResult<T> {
        let (send, receive) = oneshot::channel();
        let decoded = Arc::clone(&self.decoded);
        let job: Job = Box::new(move |connection| {
            let outcome = in_savepoint(connection, &decoded, work);
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

/// Runs a statement that has no values, parsed once.
fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(|_| ())
}

/// The connections that read, when this one writes.
fn readers(
    writer: &Arc<Mutex<Connection>>,
    file: Option<&Path>,
) -> Result<Vec<Arc<Mutex<Connection>>>, StoreError> {
    let Some(file) = file else { return Ok(vec![Arc::clone(writer)]) };
    let many = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_READERS);
    let reader = |_| schema::open_reader(file).map(|reader| Arc::new(Mutex::new(reader)));
    (0..many).map(reader).collect()
}

/// A connection, unless it is in use.
fn free(connection: &Mutex<Connection>) -> Option<MutexGuard<'_, Connection>> {
    match connection.try_lock() {
        Ok(connection) => Some(connection),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Work that only reads, in a transaction of its own.
fn read_now<T>(
    connection: &Connection,
    decoded: &Decoded,
    work: impl FnOnce(&Objects<'_>) -> ApiResult<T>,
) -> ApiResult<T> {
    execute(connection, "BEGIN")?;
    let before = connection.total_changes();
    let outcome = guarded(connection, decoded, work);
    debug_assert_eq!(connection.total_changes(), before, "what reads has written");
    match execute(connection, "COMMIT") {
        Ok(()) => outcome,
        Err(error) => {
            let _ = connection.execute_batch("ROLLBACK");
            outcome.and(Err(error.into()))
        }
    }
}

/// Work on the objects. A defect in one handler must not take the store down.
fn guarded<T>(
    connection: &Connection,
    decoded: &Decoded,
    work: impl FnOnce(&Objects<'_>) -> ApiResult<T>,
) -> ApiResult<T> {
    let outcome = catch_unwind(AssertUnwindSafe(|| work(&Objects::new(connection, decoded))));
    outcome.unwrap_or_else(|cause| {
        let cause = cause.downcast_ref::<String>().map(String::as_str);
        Err(ApiError::internal(format!(
            "A defect of the emulator: {}. Please report it with the request that caused it.",
            cause.unwrap_or("a handler panicked")
        )))
    })
}

/// One request among those that share a commit.
fn in_savepoint<T>(
    connection: &Connection,
    decoded: &Decoded,
    work: impl FnOnce(&Objects<'_>) -> ApiResult<T>,
) -> ApiResult<T> {
    let run = |sql: &str| execute(connection, sql);
    run("SAVEPOINT request")?;
    let outcome = guarded(connection, decoded, work);
    if outcome.is_err() {
        run("ROLLBACK TO request")?;
    }
    run("RELEASE request")?;
    outcome
}

fn serve(connection: &Mutex<Connection>, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let connection = &*connection.lock().unwrap_or_else(PoisonError::into_inner);
        let mut batch = vec![first];
        batch.extend(queue.try_iter().take(BATCH - 1));
        let finishes: Vec<Finish>;
        let committed = match execute(connection, "BEGIN IMMEDIATE") {
            Ok(()) => {
                finishes = batch.into_iter().map(|job| job(connection)).collect();
                execute(connection, "COMMIT")
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

//! Waiting for long work: a future of the end, or a stream of the states on the way.

#[cfg(feature = "datasource_connections")]
mod classic_connections;
#[cfg(feature = "elastic_resource_pools")]
mod elastic_resource_pools;
#[cfg(feature = "enhanced_connections")]
mod enhanced_connections;
#[cfg(feature = "flink_jobs")]
mod flink_jobs;
#[cfg(feature = "queues")]
mod queues;
#[cfg(feature = "spark_jobs")]
mod spark_jobs;
#[cfg(feature = "sql_jobs")]
pub(crate) mod sql_jobs;

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::{self, Stream, StreamExt};
use tokio::time::Instant;

use crate::{Error, ErrorKind};

/// What a look at the work showed.
///
/// ```no_run
/// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
/// use futures_util::StreamExt;
/// let mut states = dli.enhanced_connections().wait_until_active("3f9c…").states();
/// while let Some(state) = states.next().await {
///     println!("{}", state?.name);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct State<T> {
    /// The state's name, as the service writes it.
    pub name: String,
    /// How much is done, from 0.0 to 1.0, where the service tells.
    pub progress: Option<f64>,
    /// What the service answered.
    pub value: T,
    /// Whether this is what was waited for.
    pub done: bool,
    /// Since the waiting began.
    pub elapsed: Duration,
}

/// What a look means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Meaning {
    Pending,
    Done,
    /// It can no longer come to what is waited for; the text says why.
    Failed(String),
}

/// A look at the work, not yet part of a wait.
pub(crate) struct Look<T> {
    pub name: String,
    pub progress: Option<f64>,
    pub value: T,
    pub meaning: Meaning,
}

type Looking<T> = Pin<Box<dyn Future<Output = Result<Look<T>, Error>> + Send>>;

/// A wait that has not begun. Await it for the end, or take [`Waiter::states`] for the way there.
///
/// It looks again and again, in growing intervals, until the end or the deadline. Faults that
/// pass are looked past. Nothing runs in the background: dropping the future or the stream ends
/// the wait and any request under way at once.
///
/// ```no_run
/// use std::time::Duration;
/// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
/// let connection = dli
///     .enhanced_connections()
///     .wait_until_active("3f9c…")
///     .deadline(Duration::from_secs(600))
///     .await?;
/// println!("{:?} is active", connection.name);
/// # Ok(())
/// # }
/// ```
#[must_use = "a wait does nothing until it is awaited or its states are taken"]
pub struct Waiter<T> {
    what: String,
    operation: &'static str,
    look: Box<dyn FnMut() -> Looking<T> + Send>,
    delay: Duration,
    interval: Duration,
    longest: Duration,
    deadline: Duration,
}

/// Faults in a row that a wait looks past.
const PATIENCE: u32 = 5;

impl<T: Send + 'static> Waiter<T> {
    pub(crate) fn new<F, Fut>(operation: &'static str, what: impl Into<String>, mut look: F) -> Self
    where
        F: FnMut() -> Fut + Send + 'static,
        Fut: Future<Output = Result<Look<T>, Error>> + Send + 'static,
    {
        Self {
            what: what.into(),
            operation,
            look: Box::new(move || Box::pin(look())),
            delay: Duration::ZERO,
            interval: Duration::from_secs(1),
            longest: Duration::from_secs(20),
            deadline: Duration::from_secs(30 * 60),
        }
    }

    /// A wait whose looks are made by a handle at an argument.
    pub(crate) fn of<H, A, F, Fut>(
        operation: &'static str,
        what: impl Into<String>,
        handle: &H,
        argument: A,
        look: F,
    ) -> Self
    where
        H: Clone + Send + 'static,
        A: Clone + Send + 'static,
        F: Fn(H, A) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Look<T>, Error>> + Send + 'static,
    {
        let handle = handle.clone();
        Self::new(operation, what, move || look(handle.clone(), argument.clone()))
    }

    /// How long to wait at most; 30 minutes unless set.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// use std::time::Duration;
    /// let wait = dli.enhanced_connections().wait_until_active("3f9c…");
    /// wait.deadline(Duration::from_secs(600)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The first interval between two looks; each is half as long again as the one before.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// use std::time::Duration;
    /// let wait = dli.enhanced_connections().wait_until_active("3f9c…");
    /// wait.interval(Duration::from_secs(2)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn interval(mut self, first: Duration) -> Self {
        self.interval = first;
        self.longest = self.longest.max(first);
        self
    }

    /// The longest interval between two looks.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// use std::time::Duration;
    /// let wait = dli.enhanced_connections().wait_until_active("3f9c…");
    /// wait.longest_interval(Duration::from_secs(30)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn longest_interval(mut self, longest: Duration) -> Self {
        self.longest = longest;
        self.interval = self.interval.min(longest);
        self
    }

    /// How long to wait before the first look.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// use std::time::Duration;
    /// let wait = dli.enhanced_connections().wait_until_active("3f9c…");
    /// wait.delay(Duration::from_secs(10)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// The state at each look, to the one waited for. Ends after that, or after an error.
    ///
    /// ```no_run
    /// use futures_util::StreamExt;
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let mut states = dli.enhanced_connections().wait_until_active("3f9c…").states();
    /// while let Some(state) = states.next().await {
    ///     let state = state?;
    ///     println!("{} after {:?}", state.name, state.elapsed);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn states(self) -> Pin<Box<dyn Stream<Item = Result<State<T>, Error>> + Send>> {
        let started = Instant::now();
        let run = Run {
            pause: self.delay,
            next: self.interval,
            end: crate::transport::later(started, self.deadline),
            waiter: self,
            started,
            last: None,
            over: false,
        };
        stream::unfold(run, |mut run| async move {
            if run.over {
                return None;
            }
            let state = run.next_state().await;
            run.over = !matches!(&state, Ok(state) if !state.done);
            Some((state, run))
        })
        .boxed()
    }
}

struct Run<T> {
    waiter: Waiter<T>,
    started: Instant,
    end: Instant,
    /// Before the next look.
    pause: Duration,
    /// After it.
    next: Duration,
    last: Option<String>,
    over: bool,
}

impl<T: Send + 'static> Run<T> {
    async fn next_state(&mut self) -> Result<State<T>, Error> {
        let mut faults = 0;
        // The last fault that was looked past; at the deadline it is the reason.
        let mut passed = None;
        loop {
            if self.end.saturating_duration_since(Instant::now()) < self.pause {
                tokio::time::sleep_until(self.end).await;
                return Err(self.expired(passed));
            }
            tokio::time::sleep(self.pause).await;
            self.pause = self.next;
            self.next = (self.next.saturating_mul(3) / 2).min(self.waiter.longest);
            let looked = match tokio::time::timeout_at(self.end, (self.waiter.look)()).await {
                Ok(looked) => looked,
                Err(_) => return Err(self.expired(passed)),
            };
            let look = match looked {
                Ok(look) => look,
                Err(error) if error.is_retryable() && faults < PATIENCE => {
                    faults += 1;
                    tracing::debug!(%error, "looking again");
                    passed = Some(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            if let Meaning::Failed(why) = look.meaning {
                return Err(Error::new(
                    ErrorKind::Wait,
                    format!("{} came to the state {}: {why}", self.waiter.what, look.name),
                )
                .of(self.waiter.operation)
                .after(1));
            }
            self.last = Some(look.name.clone());
            return Ok(State {
                name: look.name,
                progress: look.progress,
                value: look.value,
                done: look.meaning == Meaning::Done,
                elapsed: self.started.elapsed(),
            });
        }
    }

    fn expired(&self, source: Option<Error>) -> Error {
        let last = match &self.last {
            Some(state) => format!("its last state was {state}"),
            None => "no state was seen".to_owned(),
        };
        let error = Error::new(
            ErrorKind::Timeout,
            format!(
                "{} did not come to its end within {:?}; {last}",
                self.waiter.what, self.waiter.deadline
            ),
        )
        .of(self.waiter.operation)
        .hint("it may still come to it: wait on with a longer Waiter::deadline");
        match source {
            Some(source) => error.source_error(source),
            None => error,
        }
    }
}

impl<T: Send + 'static> IntoFuture for Waiter<T> {
    type Output = Result<T, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let mut states = self.states();
            while let Some(state) = states.next().await {
                let state = state?;
                if state.done {
                    return Ok(state.value);
                }
            }
            Err(Error::new(ErrorKind::Wait, "the wait ended without an end"))
        })
    }
}

impl<T> fmt::Debug for Waiter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter")
            .field("what", &self.what)
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl<T> Look<T> {
    pub fn new(name: impl Into<String>, meaning: Meaning, value: T) -> Self {
        Self { name: name.into(), progress: None, value, meaning }
    }
}

impl Meaning {
    pub fn failed(why: impl Into<String>) -> Self {
        Self::Failed(why.into())
    }

    pub fn done_if(done: bool) -> Self {
        if done { Self::Done } else { Self::Pending }
    }
}

/// A look for something that shall be gone: not finding it is the end.
pub(crate) fn gone<T>(found: Result<Look<T>, Error>) -> Result<Look<Option<T>>, Error> {
    match found {
        Ok(look) => Ok(Look {
            name: look.name,
            progress: look.progress,
            value: Some(look.value),
            meaning: look.meaning,
        }),
        Err(error) if error.is_not_found() => Ok(Look {
            name: "gone".to_owned(),
            progress: None,
            value: None,
            meaning: Meaning::Done,
        }),
        Err(error) => Err(error),
    }
}

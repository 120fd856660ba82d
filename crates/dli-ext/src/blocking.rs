//! The client for programs that do not use `async`: the same handles, whose methods wait.
//!
//! ```no_run
//! # fn example() -> Result<(), dli_ext::Error> {
//! let dli = dli_ext::blocking::Dli::new(dli_ext::Dli::from_env()?)?;
//! for connection in dli.enhanced_connections().list_items(Default::default()) {
//!     println!("{:?}", connection?.name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! As with the blocking client of `reqwest`, calling it from within an async runtime panics.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::sync::Arc;

use futures_util::StreamExt;

use crate::Error;
use crate::paging::Stream;

pub use crate::handles::blocking as handles;

/// The client, waiting for its answers. Clones share connections and a runtime of their own.
///
/// ```no_run
/// # fn example() -> Result<(), dli_ext::Error> {
/// let dli = dli_ext::blocking::Dli::new(dli_ext::Dli::from_env()?)?;
/// println!("{:?}", dli.enhanced_connections().list(Default::default())?.connections);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Dli {
    dli: crate::Dli,
    runtime: Runtime,
}

impl Dli {
    /// Takes a client and gives it a runtime.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), dli_ext::Error> {
    /// let dli = dli_ext::blocking::Dli::new(dli_ext::Dli::from_env()?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the system does not let a thread be started.
    pub fn new(dli: crate::Dli) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("dli-blocking")
            .enable_all()
            .build()
            .map_err(|error| {
                Error::configuration("a thread for the client cannot be started")
                    .source_error(error)
            })?;
        Ok(Self { dli, runtime: Runtime(Arc::new(runtime)) })
    }

    /// The client for `async`.
    ///
    /// ```
    /// fn endpoint(dli: &dli_ext::blocking::Dli) -> &str {
    ///     dli.as_async().config().endpoint()
    /// }
    /// ```
    pub fn as_async(&self) -> &crate::Dli {
        &self.dli
    }

    /// The same client with other settings for the calls made through it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use dli_ext::{CallOptions, blocking::Dli};
    ///
    /// fn hasty(dli: &Dli) -> Dli {
    ///     dli.with_options(CallOptions::new().timeout(Duration::from_secs(2)))
    /// }
    /// ```
    #[must_use]
    pub fn with_options(&self, options: crate::CallOptions) -> Self {
        Self { dli: self.dli.with_options(options), runtime: self.runtime.clone() }
    }

    /// Waits for a future of the client: a waiter, a statement, a request.
    ///
    /// ```no_run
    /// # fn example(dli: dli_ext::blocking::Dli) -> Result<(), dli_ext::Error> {
    /// let queues = dli.as_async().queues();
    /// let queue = dli.wait(queues.wait_until_ready("q"))?;
    /// let results = dli.wait(dli.as_async().sql("select 1").queue("q").run())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait<F: IntoFuture>(&self, future: F) -> F::Output {
        self.runtime.block_on(future.into_future())
    }

    /// The items of a stream of the client, one after the other.
    ///
    /// ```no_run
    /// # fn example(dli: dli_ext::blocking::Dli) -> Result<(), dli_ext::Error> {
    /// let results = dli.wait(dli.as_async().sql("select 1").queue("q").run())?;
    /// for row in dli.iterate(results.values()) {
    ///     println!("{}", row?);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn iterate<T>(&self, stream: Stream<T>) -> Iter<T> {
        self.runtime.iterate(stream)
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.runtime
    }
}

/// What drives the futures.
#[derive(Clone)]
pub(crate) struct Runtime(Arc<tokio::runtime::Runtime>);

impl Runtime {
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    pub fn iterate<T>(&self, stream: Stream<T>) -> Iter<T> {
        Iter { stream, runtime: self.clone() }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Runtime")
    }
}

/// The items of a list, each waited for. Ends after the first error.
///
/// ```
/// fn names(dli: &dli_ext::blocking::Dli) -> Result<Vec<Option<String>>, dli_ext::Error> {
///     dli.enhanced_connections().list_items(Default::default()).map(|c| Ok(c?.name)).collect()
/// }
/// ```
#[must_use = "an iterator does nothing until it is iterated"]
pub struct Iter<T> {
    stream: Stream<T>,
    runtime: Runtime,
}

impl<T> Iterator for Iter<T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.runtime.block_on(self.stream.next())
    }
}

impl<T> fmt::Debug for Iter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iter")
    }
}

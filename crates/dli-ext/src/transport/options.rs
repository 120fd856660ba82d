//! What one call, or a few, do differently from the client.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::RetryPolicy;
use crate::Error;

/// Settings for the calls of one clone of the client, see
/// [`Dli::with_options`](crate::Dli::with_options). What is not set is as the client has it.
///
/// ```
/// use std::time::Duration;
/// use dli_ext::{CallOptions, RetryPolicy};
///
/// let options = CallOptions::new()
///     .timeout(Duration::from_secs(20))
///     .attempt_timeout(Duration::from_secs(5))
///     .retry(RetryPolicy::none())
///     .header("x-language", "en-us")?;
/// # let _ = options;
/// # Ok::<(), dli_ext::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) headers: Option<HeaderMap>,
}

impl CallOptions {
    /// Nothing different yet.
    ///
    /// ```
    /// use dli_ext::CallOptions;
    ///
    /// let options = CallOptions::new();
    /// # let _ = options;
    /// ```
    pub const fn new() -> Self {
        Self { timeout: None, attempt_timeout: None, retry: None, headers: None }
    }

    /// The time for the whole call: all attempts and the pauses between them.
    ///
    /// ```
    /// use dli_ext::CallOptions;
    ///
    /// let options = CallOptions::new().timeout(std::time::Duration::from_secs(20));
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The time for one attempt, from the first byte sent to the last byte received.
    ///
    /// ```
    /// use dli_ext::CallOptions;
    ///
    /// let options = CallOptions::new().attempt_timeout(std::time::Duration::from_secs(5));
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }

    /// How often and when to try again.
    ///
    /// ```
    /// use dli_ext::CallOptions;
    ///
    /// let options = CallOptions::new().retry(dli_ext::RetryPolicy::none());
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// A header to send besides the others. It is signed like them.
    ///
    /// ```
    /// use dli_ext::CallOptions;
    ///
    /// let options = CallOptions::new().header("x-language", "en-us")?;
    /// # let _ = options;
    /// # Ok::<(), dli_ext::Error>(())
    /// ```
    ///
    /// # Errors
    /// When name or value cannot be a header.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, Error> {
        let invalid = |what: &str| {
            Error::new(
                crate::ErrorKind::InvalidRequest,
                format!("the {what} of the extra header `{name}` cannot be sent"),
            )
        };
        let header = HeaderName::try_from(name).map_err(|_| invalid("name"))?;
        let mut value = HeaderValue::try_from(value).map_err(|_| invalid("value"))?;
        value.set_sensitive(true);
        self.headers.get_or_insert_default().append(header, value);
        Ok(self)
    }
}

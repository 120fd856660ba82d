//! When to try again: how often, after which pause, and whether all calls together may.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::Plan;
use super::classify::{Again, Refused};

/// How often, and after which pauses, a failed attempt is followed by another.
///
/// Whether it may be followed by one at all is not a matter of policy: an operation that is not
/// idempotent is sent again only where it was surely not done. Pauses grow with decorrelated
/// jitter; a `Retry-After` of the service is kept to.
///
/// ```
/// use std::time::Duration;
/// use dli_ext::RetryPolicy;
///
/// let patient = RetryPolicy::new().max_attempts(8).max_delay(Duration::from_secs(60));
/// # let _ = patient;
/// ```
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    max_attempts: u32,
    base_delay: Duration,
    max_delay: Duration,
    max_retry_after: Duration,
    budget: RetryBudget,
}

impl RetryPolicy {
    /// Four attempts, pauses from 0.1 to 20 seconds, a budget of its own.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let policy = dli_ext::RetryPolicy::new();
    /// # let _ = (policy, Duration::ZERO);
    /// ```
    pub fn new() -> Self {
        Self {
            max_attempts: 4,
            base_delay: Duration::from_millis(100),
            max_delay: Duration::from_secs(20),
            max_retry_after: Duration::from_secs(120),
            budget: RetryBudget::default(),
        }
    }

    /// One attempt and no other.
    ///
    /// ```
    /// let policy = dli_ext::RetryPolicy::none();
    /// # let _ = policy;
    /// ```
    pub fn none() -> Self {
        Self::new().max_attempts(1)
    }

    /// How many attempts there may be, the first included; at least one.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let policy = dli_ext::RetryPolicy::new().max_attempts(6);
    /// # let _ = (policy, Duration::ZERO);
    /// ```
    #[must_use]
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// The shortest pause.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let policy = dli_ext::RetryPolicy::new().base_delay(Duration::from_millis(50));
    /// # let _ = (policy, Duration::ZERO);
    /// ```
    #[must_use]
    pub fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// The longest pause, unless the service asks for a longer one.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let policy = dli_ext::RetryPolicy::new().max_delay(Duration::from_secs(5));
    /// # let _ = (policy, Duration::ZERO);
    /// ```
    #[must_use]
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// The longest `Retry-After` that is waited for; a longer one ends the call with the error,
    /// which tells it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let policy = dli_ext::RetryPolicy::new().max_retry_after(Duration::from_secs(10));
    /// # let _ = (policy, Duration::ZERO);
    /// ```
    #[must_use]
    pub fn max_retry_after(mut self, delay: Duration) -> Self {
        self.max_retry_after = delay;
        self
    }

    /// The budget that all calls with this policy share.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let policy = dli_ext::RetryPolicy::new().budget(dli_ext::RetryBudget::of(20));
    /// # let _ = (policy, Duration::ZERO);
    /// ```
    #[must_use]
    pub fn budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// Keeps retries from adding to the load of a service that is down: each costs one token, each
/// success gives a tenth of one back. Without tokens, calls fail at their first error.
///
/// Clones share the tokens.
///
/// ```
/// use dli_ext::RetryBudget;
///
/// let generous = RetryBudget::of(1_000);
/// let endless = RetryBudget::unlimited();
/// # let _ = (generous, endless);
/// ```
#[derive(Clone)]
pub struct RetryBudget(Option<Arc<Tokens>>);

struct Tokens {
    /// In tenths of a token.
    left: AtomicI64,
    most: i64,
}

const TOKEN: i64 = 10;
const PER_SUCCESS: i64 = 1;

impl RetryBudget {
    /// A budget that begins with, and holds at most, so many retries.
    ///
    /// ```
    /// let budget = dli_ext::RetryBudget::of(500);
    /// # let _ = budget;
    /// ```
    pub fn of(retries: u32) -> Self {
        let most = i64::from(retries) * TOKEN;
        Self(Some(Arc::new(Tokens { left: AtomicI64::new(most), most })))
    }

    /// No budget.
    ///
    /// ```
    /// let budget = dli_ext::RetryBudget::unlimited();
    /// # let _ = budget;
    /// ```
    pub fn unlimited() -> Self {
        Self(None)
    }

    fn take(&self) -> bool {
        let Some(tokens) = &self.0 else { return true };
        tokens
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                (left >= TOKEN).then_some(left - TOKEN)
            })
            .is_ok()
    }

    fn give(&self) {
        let Some(tokens) = &self.0 else { return };
        // The usual case by far: it is full, and no two threads fight for it.
        if tokens.left.load(Ordering::Relaxed) < tokens.most {
            let _ = tokens.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                Some((left + PER_SUCCESS).min(tokens.most))
            });
        }
    }
}

impl Default for RetryBudget {
    /// A hundred retries.
    fn default() -> Self {
        Self::of(100)
    }
}

impl fmt::Debug for RetryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(tokens) => {
                write!(f, "RetryBudget({})", tokens.left.load(Ordering::Relaxed) / TOKEN)
            }
            None => f.write_str("RetryBudget(unlimited)"),
        }
    }
}

/// The retries of one call.
pub(crate) struct Retries<'a> {
    policy: &'a RetryPolicy,
    idempotent: bool,
    attempts: u32,
    /// Attempts that do not count against the policy: they followed a correction.
    free: u32,
    pause: Duration,
}

impl<'a> Retries<'a> {
    pub fn new(policy: &'a RetryPolicy, plan: &Plan<'_>) -> Self {
        Self {
            policy,
            idempotent: plan.idempotent,
            attempts: plan.made,
            free: 0,
            pause: policy.base_delay,
        }
    }

    /// Attempts made so far.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Begins an attempt and gives its number, from 1 on.
    pub fn begin(&mut self) -> u32 {
        self.attempts += 1;
        self.attempts
    }

    pub fn succeeded(&self) {
        self.policy.budget.give();
    }

    /// How long to wait before an answer that turned out to be unusable is asked for again, if
    /// it may be.
    pub fn ask_again(
        policy: &RetryPolicy,
        idempotent: bool,
        attempts: u32,
        end: Option<Instant>,
    ) -> Option<Duration> {
        let base = policy.base_delay;
        let pause = base.saturating_add(base.mul_f64(fastrand::f64())).min(policy.max_delay);
        let may = idempotent && attempts < policy.max_attempts && has_room(pause, end);
        (may && policy.budget.take()).then_some(pause)
    }

    /// How long to wait for the next attempt; `None` if there shall be none.
    pub fn pause(
        &mut self,
        refused: &Refused,
        corrected: bool,
        end: Option<Instant>,
    ) -> Option<Duration> {
        if corrected && self.free < 2 {
            self.free += 1;
            return Some(Duration::ZERO);
        }
        let allowed = match refused.again {
            Again::Never => false,
            Again::IfIdempotent => self.idempotent,
            Again::Always => true,
        };
        if !allowed || self.attempts - self.free >= self.policy.max_attempts {
            return None;
        }
        let pause = match refused.retry_after {
            Some(asked) if asked > self.policy.max_retry_after => return None,
            Some(asked) => asked.max(self.jittered()),
            None => self.jittered(),
        };
        if !has_room(pause, end) || !self.policy.budget.take() {
            return None;
        }
        Some(pause)
    }

    /// Somewhere between the shortest pause and three times the last one.
    fn jittered(&mut self) -> Duration {
        let base = self.policy.base_delay;
        let spread = self.pause.saturating_mul(3).saturating_sub(base);
        let grown = base.saturating_add(spread.mul_f64(fastrand::f64()));
        self.pause = grown.min(self.policy.max_delay);
        self.pause
    }
}

/// Whether there is time left for an attempt after this pause.
fn has_room(pause: Duration, end: Option<Instant>) -> bool {
    end.is_none_or(|end| end.saturating_duration_since(Instant::now()) > pause)
}

//! The difference between this machine's clock and the service's, learnt from a refusal.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Differences below this are not why a signature is refused; the service allows 15 minutes.
const NOTEWORTHY_SECONDS: i64 = 120;

/// What to add to this machine's clock, in seconds.
#[derive(Debug, Default)]
pub(crate) struct Skew(AtomicI64);

impl Skew {
    /// The service's time, as far as it is known.
    pub fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        match self.0.load(Ordering::Relaxed) {
            0 => now,
            seconds => now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now),
        }
    }

    /// Takes the service's clock from an answer that refused a signature; `true` if that
    /// changes the time that the next signature carries.
    pub fn learn(&self, date: Timestamp) -> bool {
        let seconds = date.duration_since(Timestamp::now()).as_secs();
        if (seconds - self.0.load(Ordering::Relaxed)).abs() < NOTEWORTHY_SECONDS {
            return false;
        }
        tracing::warn!(seconds, "the clock differs from the service's; signing with the service's");
        self.0.store(seconds, Ordering::Relaxed);
        true
    }
}

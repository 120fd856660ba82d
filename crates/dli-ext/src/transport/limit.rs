//! The limit that the client sets itself on requests a second.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// Lets requests pass at a steady pace; as many as fit into a second may pass at once after a rest.
#[derive(Debug)]
pub(crate) struct RateLimit {
    interval: Duration,
    burst: Duration,
    /// When the next request may go, if all before it go at their turn.
    next: Mutex<Instant>,
}

impl RateLimit {
    pub fn per_second(requests: f64) -> Self {
        let interval = Duration::from_secs_f64(1.0 / requests.max(0.001));
        Self {
            interval,
            burst: Duration::from_secs(1).saturating_sub(interval),
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for this request's turn.
    pub async fn turn(&self) {
        let at = {
            let mut next = self.next.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let now = Instant::now();
            let earliest = now.checked_sub(self.burst).unwrap_or(now);
            let turn = (*next).max(earliest);
            *next = turn + self.interval;
            turn
        };
        tokio::time::sleep_until(at).await;
    }
}

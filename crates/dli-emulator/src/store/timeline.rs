//! When an object is in which state: decided when a change begins, read off by the clock.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The states of an object, each with the time (in milliseconds since 1970) it begins.
///
/// No task moves objects on: asked at any time, also after a restart, the timeline answers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Timeline(Vec<(i64, String)>);

impl Timeline {
    /// The one that a document holds as a field; an empty one if it holds none.
    pub fn within(document: &Value) -> Self {
        Self::deserialize(document).unwrap_or_default()
    }

    /// In one state from now on.
    pub fn starting(now: i64, state: &str) -> Self {
        Self(vec![(now, state.to_owned())])
    }

    /// Goes over to another state after so many milliseconds in the last one.
    pub fn then(mut self, after: i64, state: &str) -> Self {
        let last = self.0.last().map_or(0, |(at, _)| *at);
        self.0.push((last + after, state.to_owned()));
        self
    }

    /// Forgets what was still to come and goes over to another state now.
    pub fn change(&mut self, now: i64, state: &str) {
        self.0.retain(|(at, _)| *at <= now);
        self.0.push((now, state.to_owned()));
    }

    /// The state at a time.
    pub fn state(&self, now: i64) -> &str {
        self.entry(now).map_or("", |(_, state)| state)
    }

    /// Since when it is in the state it has at a time.
    pub fn since(&self, now: i64) -> i64 {
        self.entry(now).map_or(0, |(at, _)| *at)
    }

    /// The last state it will come to, as far as is decided.
    pub fn last(&self) -> &str {
        self.0.last().map_or("", |(_, state)| state)
    }

    /// When it comes, or came, to a state for the first time.
    pub fn when(&self, state: &str) -> Option<i64> {
        self.0.iter().find(|(_, s)| s == state).map(|(at, _)| *at)
    }

    /// The states it has been in until a time, each with when it began.
    pub fn until(&self, now: i64) -> impl Iterator<Item = (i64, &str)> {
        self.0.iter().filter(move |(at, _)| *at <= now).map(|(at, state)| (*at, state.as_str()))
    }

    /// How far it has come on the way from the first state to the last, 0.0 to 1.0.
    pub fn progress(&self, now: i64) -> f64 {
        let (Some((first, _)), Some((last, _))) = (self.0.first(), self.0.last()) else {
            return 1.0;
        };
        if now >= *last || last <= first {
            return 1.0;
        }
        let fraction = (now - first) as f64 / (last - first) as f64;
        (fraction.max(0.0) * 100.0).floor() / 100.0
    }

    fn entry(&self, now: i64) -> Option<&(i64, String)> {
        self.0.iter().rev().find(|(at, _)| *at <= now).or(self.0.first())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_read_off_by_the_clock() {
        let timeline = Timeline::starting(100, "CREATING").then(50, "ACTIVE");
        assert_eq!(timeline.state(99), "CREATING");
        assert_eq!(timeline.state(149), "CREATING");
        assert_eq!(timeline.state(150), "ACTIVE");
        assert_eq!(timeline.since(400), 150);
        assert!((timeline.progress(125) - 0.5).abs() < 1e-9);
        assert!((timeline.progress(1000) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_change_cancels_what_was_still_to_come() {
        let mut timeline = Timeline::starting(100, "RUNNING").then(50, "FINISHED");
        timeline.change(120, "CANCELLED");
        assert_eq!(timeline.state(119), "RUNNING");
        assert_eq!(timeline.state(1000), "CANCELLED");
        assert_eq!(timeline.when("FINISHED"), None);
    }
}

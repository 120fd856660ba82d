//! Faults on demand.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FaultKind {
    /// The answer comes later.
    Latency(Duration),
    /// 429, with `Retry-After` in seconds. The request is not carried out.
    Throttle(u64),
    /// A 5xx. The request is not carried out.
    Error(u16),
    /// The connection is reset before the request is carried out.
    Reset,
    /// The connection is reset after the request was carried out.
    ResetAfter,
    /// The request is carried out, the answer's body ends in the middle.
    Truncate,
    /// A gateway's HTML page with this status. The request is not carried out.
    Html(u16),
    /// The emulator's clock is wrong by so many seconds: while it verifies the request, and in the
    /// `Date` of the answer.
    ClockSkew(i64),
    /// What the request starts (a job, a connection) ends in its state of failure, for this
    /// reason.
    FailJob(String),
}

/// A fault, the operation it strikes, and how often.
///
/// In text it is `[operation:]kind[=value][*times]`; operation is an id (`create_queue`), a
/// family (`queues`), or absent for all.
///
/// ```
/// use dli_emulator::{Fault, FaultKind};
///
/// let fault: Fault = "create_queue:throttle=2*3".parse()?;
/// assert_eq!(fault.kind, FaultKind::Throttle(2));
/// assert_eq!(fault.operation.as_deref(), Some("create_queue"));
/// assert_eq!(fault.times, Some(3));
/// assert_eq!(fault.to_string(), "create_queue:throttle=2*3");
/// # Ok::<(), dli_emulator::FaultParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Fault {
    /// Operation id or family; every operation if `None`.
    pub operation: Option<String>,
    /// What goes wrong.
    pub kind: FaultKind,
    /// How often it strikes; always if `None`.
    pub times: Option<u32>,
}

impl Fault {
    /// A fault that strikes every operation, always.
    pub fn new(kind: FaultKind) -> Self {
        Self { operation: None, kind, times: None }
    }

    /// Strikes only this operation or family.
    #[must_use]
    pub fn on(mut self, operation: impl Into<String>) -> Self {
        self.operation = Some(operation.into());
        self
    }

    /// Strikes only so often.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    fn strikes(&self, operation: &str, family: &str) -> bool {
        let named = |name: &String| name == operation || name == family;
        self.operation.as_ref().is_none_or(named) && self.times != Some(0)
    }
}

impl From<FaultKind> for Fault {
    fn from(kind: FaultKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = &self.operation {
            write!(f, "{operation}:")?;
        }
        match &self.kind {
            FaultKind::Latency(delay) => write!(f, "latency={}", delay.as_millis())?,
            FaultKind::Throttle(seconds) => write!(f, "throttle={seconds}")?,
            FaultKind::Error(status) => write!(f, "error={status}")?,
            FaultKind::Reset => f.write_str("reset")?,
            FaultKind::ResetAfter => f.write_str("reset-after")?,
            FaultKind::Truncate => f.write_str("truncate")?,
            FaultKind::Html(status) => write!(f, "html={status}")?,
            FaultKind::ClockSkew(seconds) => write!(f, "clock-skew={seconds}")?,
            FaultKind::FailJob(reason) => write!(f, "fail-job={reason}")?,
        }
        match self.times {
            Some(times) => write!(f, "*{times}"),
            None => Ok(()),
        }
    }
}

/// Why a text is not a fault.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is not a fault; write [operation:]kind[=value][*times] with one of latency=MILLISECONDS, \
     throttle[=SECONDS], error[=STATUS], reset, reset-after, truncate, html[=STATUS], \
     clock-skew[=SECONDS], fail-job[=REASON]"
)]
pub struct FaultParseError(String);

impl FromStr for Fault {
    type Err = FaultParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || FaultParseError(text.to_owned());
        let mut rest = text.trim();
        let mut times = None;
        if let Some((front, count)) = rest.rsplit_once('*')
            && let Ok(count) = count.trim().parse()
        {
            (rest, times) = (front, Some(count));
        }
        let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        let (operation, rest) = match rest.split_once(':') {
            Some((operation, rest)) if is_name(operation) => (Some(operation.to_owned()), rest),
            _ => (None, rest),
        };
        let (kind, value) = match rest.split_once('=') {
            Some((kind, value)) => (kind.trim(), Some(value.trim())),
            None => (rest.trim(), None),
        };
        let number = |default: i64| match value {
            Some(value) => value.parse::<i64>().map_err(|_| error()),
            None => Ok(default),
        };
        let natural = |default| number(default).and_then(|n| u64::try_from(n).map_err(|_| error()));
        let status = |default, range: std::ops::Range<u16>| {
            let status = natural(default)?;
            let status = u16::try_from(status).map_err(|_| error())?;
            if range.contains(&status) { Ok(status) } else { Err(error()) }
        };
        let kind = match kind {
            "latency" => FaultKind::Latency(Duration::from_millis(natural(1000)?)),
            "throttle" => FaultKind::Throttle(natural(1)?),
            "error" => FaultKind::Error(status(503, 500..600)?),
            "reset" => FaultKind::Reset,
            "reset-after" => FaultKind::ResetAfter,
            "truncate" => FaultKind::Truncate,
            "html" => FaultKind::Html(status(502, 200..600)?),
            "clock-skew" => FaultKind::ClockSkew(number(1200)?),
            "fail-job" => FaultKind::FailJob(
                value.unwrap_or("The emulator was told to let it fail.").to_owned(),
            ),
            _ => return Err(error()),
        };
        Ok(Self { operation, kind, times })
    }
}

/// The faults in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    next: u64,
    list: Vec<(u64, Fault)>,
}

impl Faults {
    pub fn add(&self, fault: Fault) -> u64 {
        let mut state = self.lock();
        state.next += 1;
        let id = state.next;
        state.list.push((id, fault));
        id
    }

    /// Takes one fault away, or all. Whether there was one.
    pub fn remove(&self, id: Option<u64>) -> bool {
        let mut state = self.lock();
        let before = state.list.len();
        state.list.retain(|(known, _)| id.is_some_and(|id| id != *known));
        state.list.len() < before
    }

    pub fn to_json(&self) -> Value {
        let state = self.lock();
        let entry = |(id, fault): &(u64, Fault)| json!({ "id": id, "fault": fault.to_string() });
        state.list.iter().map(entry).collect()
    }

    /// What strikes a request to this operation: the faults in force, each of which is used up
    /// by one, and those that the request asked for itself.
    pub fn strike(&self, operation: &str, family: &str, asked: Vec<Fault>) -> Vec<FaultKind> {
        let mut kinds = Vec::new();
        let mut state = self.lock();
        for (_, fault) in &mut state.list {
            if fault.strikes(operation, family) {
                fault.times = fault.times.map(|times| times - 1);
                kinds.push(fault.kind.clone());
            }
        }
        state.list.retain(|(_, fault)| fault.times != Some(0));
        kinds.extend(asked.into_iter().filter(|f| f.strikes(operation, family)).map(|f| f.kind));
        kinds
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_read_and_written_alike() {
        for text in [
            "latency=250",
            "throttle=2",
            "create_queue:error=503*2",
            "reset",
            "reset-after",
            "truncate",
            "queues:html=502",
            "clock-skew=-1200",
            "sql_jobs:fail-job=no memory",
        ] {
            assert_eq!(text.parse::<Fault>().unwrap().to_string(), text);
        }
        for text in ["", "slow", "error=200", "latency=x", "throttle=-1"] {
            assert!(text.parse::<Fault>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_fault_strikes_as_often_as_it_says() {
        let faults = Faults::default();
        faults.add("queues:reset*2".parse().unwrap());
        assert!(faults.strike("list_clusters", "clusters", Vec::new()).is_empty());
        for left in [1, 1, 0] {
            let struck = faults.strike("list_queues", "queues", Vec::new());
            assert_eq!(struck.len(), left);
        }
    }
}

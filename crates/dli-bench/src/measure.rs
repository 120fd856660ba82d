//! What a side measures of itself.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use nix::sys::resource::{Resource, UsageWho, getrlimit, getrusage, setrlimit};
use nix::sys::time::TimeVal;

/// Figures by name; the unit is the end of the name.
pub type Figures = BTreeMap<&'static str, f64>;

static ALLOCATIONS: OnceLock<fn() -> u64> = OnceLock::new();

/// Has allocations counted by this function from now on.
pub fn count_allocations_by(count: fn() -> u64) {
    let _ = ALLOCATIONS.set(count);
}

/// Runs from its start to its `stop`.
pub struct Meter {
    wall: Instant,
    cpu: Duration,
    allocations: Option<u64>,
}

impl Meter {
    /// Starts.
    #[must_use]
    pub fn start() -> Self {
        Self {
            allocations: ALLOCATIONS.get().map(|count| count()),
            cpu: cpu_time(),
            wall: Instant::now(),
        }
    }

    /// What each of `times` doings took.
    #[allow(clippy::cast_precision_loss)]
    pub fn stop(self, times: usize) -> Figures {
        let wall = self.wall.elapsed();
        let cpu = cpu_time() - self.cpu;
        let times = times as f64;
        let mut figures = Figures::from([
            ("wall_us", wall.as_secs_f64() * 1e6 / times),
            ("cpu_us", cpu.as_secs_f64() * 1e6 / times),
        ]);
        if let (Some(before), Some(count)) = (self.allocations, ALLOCATIONS.get()) {
            figures.insert("allocations", (count() - before) as f64 / times);
        }
        figures
    }
}

/// Time that this process spent on processors, in the kernel and outside.
pub fn cpu_time() -> Duration {
    getrusage(UsageWho::RUSAGE_SELF)
        .map_or(Duration::ZERO, |usage| duration(usage.user_time()) + duration(usage.system_time()))
}

fn duration(time: TimeVal) -> Duration {
    let micros = time.tv_sec() * 1_000_000 + time.tv_usec();
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

/// The largest memory that an ended child of this process had, in KiB.
#[allow(clippy::cast_precision_loss)]
pub fn peak_of_children() -> f64 {
    getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0.0, |usage| usage.max_rss() as f64)
}

/// A line of `/proc/self/status` in KiB: `VmHWM` for the peak, `VmRSS` for now.
pub fn memory(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let found = status.lines().find_map(|text| text.strip_prefix(line)?.strip_prefix(':'));
    found.and_then(|text| text.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// As many open files as the system lets this process have.
pub fn raise_open_files() -> anyhow::Result<u64> {
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, most, most)?;
    Ok(most)
}

/// The part of sorted latencies that `share` of them do not exceed, in microseconds.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn percentile(sorted: &[Duration], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let index = (last as f64 * share).round() as usize;
    sorted.get(index).map_or(0.0, |latency| latency.as_secs_f64() * 1e6)
}

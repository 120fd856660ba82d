//! What libFuzzer says at the end, as a row of a table.

use std::process::ExitStatus;

use anyhow::Context;

/// What came of one target.
pub struct Report {
    pub target: &'static str,
    executions: u64,
    per_second: u64,
    covered: u64,
    edges: u64,
    megabytes: u64,
    /// What failed and where the input is.
    pub finding: Option<String>,
}

impl Report {
    /// Reads the output of a run. An error is a run that did not come to fuzzing.
    pub fn read(target: &'static str, said: &str, ended: ExitStatus) -> anyhow::Result<Self> {
        let edges = between(said, " modules   (", " inline 8-bit counters)");
        let edges = edges.with_context(|| {
            format!("the target {target} did not start, {ended}:\n{}", tail(said, 30))
        })?;
        let stat = |name: &str| {
            let line = said.lines().rev().find_map(|line| line.strip_prefix(name));
            line.and_then(|value| value.trim().parse().ok()).unwrap_or_default()
        };
        let covered = said.lines().rev().find_map(|line| between(line, "cov: ", " "));
        let finding = (!ended.success()).then(|| {
            let what = "Where no input was written, the stack overflowed or the system ended it.";
            format!("{}\n{target}: {ended}. {what}", tail(said, 40))
        });
        Ok(Self {
            target,
            executions: stat("stat::number_of_executed_units:"),
            per_second: stat("stat::average_exec_per_sec:"),
            covered: covered.unwrap_or_default(),
            edges,
            megabytes: stat("stat::peak_rss_mb:"),
            finding,
        })
    }

    pub fn line(&self) -> String {
        let share = 100.0 * self.covered as f64 / self.edges.max(1) as f64;
        format!(
            "{:<22} {:>10} {:>9} {:>8} of {:>6} ({share:>4.1} %) {:>7}  {}",
            self.target,
            self.executions,
            self.per_second,
            self.covered,
            self.edges,
            self.megabytes,
            if self.finding.is_some() { "1" } else { "none" },
        )
    }
}

/// All rows below their headings.
pub fn table(reports: &[Report]) -> String {
    let mut lines = vec![format!(
        "\n{:<22} {:>10} {:>9} {:>27} {:>7}  {}",
        "target", "executions", "a second", "edges covered", "peak MB", "findings"
    )];
    lines.extend(reports.iter().map(Report::line));
    lines.join("\n")
}

fn between(text: &str, before: &str, after: &str) -> Option<u64> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once(after)?.0.trim().parse().ok()
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

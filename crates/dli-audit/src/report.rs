//! Prints the outcome of a run, for people or for machines.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::json;

use crate::difference::Difference;
use crate::drift::DriftKind;
use crate::run::{Options, Outcome};
use crate::summary::Counts;

macro_rules! put {
    ($out:expr, $($arg:tt)*) => { writeln!($out, $($arg)*).expect("writing to a text") };
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For machines.
    Json,
}

/// Differences shown unless everything is asked for.
const SHOWN: usize = 40;

/// The report.
pub fn print(outcome: &Outcome, options: &Options) -> String {
    match options.format {
        Format::Human => human(outcome, options),
        Format::Json => machine(outcome),
    }
}

fn human(outcome: &Outcome, options: &Options) -> String {
    let mut out = String::new();
    counts(&mut out, outcome);
    problems(&mut out, outcome, options);
    measure(&mut out, outcome, options);
    changes(&mut out, outcome, options);
    differences(&mut out, outcome, options);
    drift(&mut out, outcome);
    let faults = outcome.faults();
    if faults.is_empty() {
        put!(out, "\nThe description holds what the documentation says, or says why not.");
    } else {
        put!(out, "\nFails: {}.", faults.join(", "));
    }
    out
}

fn counts(out: &mut String, outcome: &Outcome) {
    let summary = &outcome.summary;
    let mut table = |title: &str, rows: &BTreeMap<String, Counts>| {
        put!(
            out,
            "{title:26}{:>6}{:>7}{:>12}{:>8}{:>10}{:>8}",
            "files",
            "pages",
            "operations",
            "fields",
            "examples",
            "broken"
        );
        for (name, c) in
            rows.iter().map(|(n, c)| (n.as_str(), c)).chain([("total", &summary.total)])
        {
            let name = if name.is_empty() { "(not described)" } else { name };
            put!(
                out,
                "  {name:24}{:>6}{:>7}{:>12}{:>8}{:>10}{:>8}",
                c.files,
                c.pages,
                c.operations,
                c.fields,
                c.examples,
                c.broken_examples
            );
        }
    };
    table("By kind of source", &summary.by_kind);
    out.push('\n');
    let mut table = |title: &str, rows: &BTreeMap<String, Counts>| {
        put!(
            out,
            "{title:26}{:>13}{:>12}{:>8}{:>10}{:>8}",
            "pages",
            "operations",
            "fields",
            "examples",
            "broken"
        );
        for (name, c) in rows {
            let name = if name.is_empty() { "(not described)" } else { name };
            put!(
                out,
                "  {name:24}{:>13}{:>12}{:>8}{:>10}{:>8}",
                c.pages,
                c.operations,
                c.fields,
                c.examples,
                c.broken_examples
            );
        }
    };
    table("By family", &summary.by_family);
    put!(
        out,
        "\n{} different operations documented, {} described without any of these sources.",
        summary.distinct_operations,
        summary.without_source.len()
    );
}

fn problems(out: &mut String, outcome: &Outcome, options: &Options) {
    let summary = &outcome.summary;
    put!(
        out,
        "{} pages could not be read fully, {} files are no documentation.",
        summary.failures.len(),
        summary.skipped.len()
    );
    for failure in &summary.failures {
        put!(out, "  failed: {failure}");
    }
    put!(
        out,
        "{} pages are not among the sources of the operation they document, {} sources do not document theirs, \
         {} places are held that none of these sources names.",
        summary.unnamed.len(),
        summary.misnamed.len(),
        summary.unsaid.len()
    );
    if options.verbose {
        let lists = [
            ("skipped", &summary.skipped),
            ("described without source", &summary.without_source),
            ("not among the sources", &summary.unnamed),
            ("does not document it", &summary.misnamed),
            ("held only", &summary.unsaid),
        ];
        for (what, list) in lists {
            for entry in list {
                put!(out, "  {what}: {entry}");
            }
        }
    }
}

fn measure(out: &mut String, outcome: &Outcome, options: &Options) {
    let Some(measure) = &outcome.measure else {
        return;
    };
    put!(out, "\nMeasured against the reference tables:");
    let all = measure
        .fields
        .iter()
        .map(|r| ("fields", r))
        .chain(measure.statuses.iter().map(|r| ("statuses", r)));
    for (what, (source, rate)) in all {
        put!(
            out,
            "  {what:9}{source:10}{:>6} of {:>5}  {:6.2}%",
            rate.found,
            rate.rows,
            rate.percent()
        );
        if options.verbose {
            for miss in &rate.misses {
                put!(out, "    missed: {miss}");
            }
        }
    }
    if options.verbose {
        for beyond in &measure.beyond {
            put!(out, "    beyond the tables: {beyond}");
        }
    }
}

fn differences(out: &mut String, outcome: &Outcome, options: &Options) {
    let verdict = &outcome.verdict;
    let mut by_aspect: BTreeMap<&str, usize> = BTreeMap::new();
    for difference in &outcome.differences {
        *by_aspect.entry(difference.aspect.name()).or_default() += 1;
    }
    let by_aspect: Vec<String> =
        by_aspect.iter().map(|(aspect, n)| format!("{aspect} {n}")).collect();
    let by_aspect =
        if by_aspect.is_empty() { String::new() } else { format!(" ({})", by_aspect.join(", ")) };
    put!(
        out,
        "\n{} differences{by_aspect}, {} explained by rulings.",
        outcome.differences.len(),
        verdict.explained
    );
    put!(
        out,
        "{} unexplained, {} stale rulings, {} rulings by a reader, {} about sources not given.",
        verdict.unexplained.len(),
        verdict.stale.len(),
        verdict.by_reader,
        verdict.unchecked
    );
    let limit = if options.verbose { usize::MAX } else { SHOWN };
    for difference in verdict.unexplained.iter().take(limit) {
        put!(out, "  {}", line(difference));
    }
    more(out, verdict.unexplained.len(), limit);
    for stale in verdict.stale.iter().take(limit) {
        put!(out, "  stale: {stale}");
    }
    more(out, verdict.stale.len(), limit);
}

fn more(out: &mut String, all: usize, shown: usize) {
    if all > shown {
        put!(out, "  … and {} more (--verbose)", all - shown);
    }
}

fn changes(out: &mut String, outcome: &Outcome, options: &Options) {
    let Some(changes) = &outcome.changes else {
        put!(out, "\nThere is no lock to compare the pages with (--update-lock writes it).");
        return;
    };
    if changes.pages.is_empty() {
        put!(out, "\nThe pages say what the lock says.");
        return;
    }
    let written = if outcome.lock_written { " (the lock is written anew)" } else { "" };
    put!(
        out,
        "\n{} pages changed since the lock was written, {} changes{written}:",
        changes.pages.len(),
        changes.count()
    );
    let limit = if options.verbose { usize::MAX } else { SHOWN };
    let mut shown = 0;
    for (page, list) in &changes.pages {
        if shown >= limit {
            break;
        }
        put!(out, "  {page}");
        for change in list.iter().take(limit - shown) {
            put!(out, "    {change}");
        }
        shown += list.len();
    }
    more(out, changes.count(), limit);
}

fn drift(out: &mut String, outcome: &Outcome) {
    let mut by_kind: BTreeMap<DriftKind, usize> = BTreeMap::new();
    for finding in &outcome.drift {
        *by_kind.entry(finding.kind).or_default() += 1;
    }
    let end = if by_kind.is_empty() { "." } else { ":" };
    put!(
        out,
        "\n{} contradictions inside the documentation (DRIFT.md lists them){end}",
        outcome.drift.len()
    );
    for (kind, count) in by_kind {
        put!(out, "  {count:>5} {}", kind.title());
    }
    if outcome.drift_stale {
        put!(out, "DRIFT.md is out of date: write it with --write-drift.");
    }
}

/// A difference in one line.
pub fn line(d: &Difference) -> String {
    format!(
        "{} {} {}: {} says {}; held: {}",
        d.operation,
        d.at,
        d.aspect.name(),
        d.source,
        d.said,
        d.held
    )
}

fn machine(outcome: &Outcome) -> String {
    let value = json!({
        "clean": outcome.is_clean(),
        "summary": outcome.summary,
        "reference": outcome.measure,
        "changes": outcome.changes,
        "drift": outcome.drift,
        "drift_stale": outcome.drift_stale,
        "differences": outcome.differences.len(),
        "explained": outcome.verdict.explained,
        "unexplained": outcome.verdict.unexplained,
        "stale_rulings": outcome.verdict.stale,
        "rulings_by_reader": outcome.verdict.by_reader,
        "rulings_not_checked": outcome.verdict.unchecked,
    });
    let mut text = serde_json::to_string_pretty(&value).expect("plain data");
    text.push('\n');
    text
}

//! `openapi/DRIFT.md`: the drift of the documentation with totals by kind and by family.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::drift::{Drift, DriftKind};

/// The report as Markdown.
pub fn markdown(drift: &[Drift]) -> String {
    let mut out = String::from(
        "# Where the documentation contradicts itself\n\n\
         Written by `cargo xtask audit --write-drift FILE`; do not edit. An example against its own table,\n\
         a table against another of the page, the sources of an operation against one another. What this\n\
         project holds in each case is in the description and in `rulings.yaml`.\n\n",
    );
    let mut by_kind: BTreeMap<DriftKind, usize> = BTreeMap::new();
    let mut families: BTreeMap<&str, BTreeMap<DriftKind, usize>> = BTreeMap::new();
    for finding in drift {
        *by_kind.entry(finding.kind).or_default() += 1;
        *families.entry(&finding.family).or_default().entry(finding.kind).or_default() += 1;
    }
    out.push_str("## By kind\n\n| | kind | findings |\n|---|---|---:|\n");
    for (i, (kind, title)) in DriftKind::ALL.iter().enumerate() {
        let count = by_kind.get(kind).copied().unwrap_or(0);
        put(&mut out, &format!("| {} | {title} | {count} |", letter(i)));
    }
    put(&mut out, &format!("| | **all** | **{}** |", drift.len()));
    let letters: Vec<String> = (0..DriftKind::ALL.len()).map(letter).collect();
    put(&mut out, &format!("\n## By family\n\n| family | {} | all |", letters.join(" | ")));
    put(&mut out, &format!("|---|{}---:|", "---:|".repeat(letters.len())));
    for (family, counts) in &families {
        let cells: Vec<String> = DriftKind::ALL
            .iter()
            .map(|(kind, _)| counts.get(kind).map_or(String::new(), usize::to_string))
            .collect();
        let all: usize = counts.values().sum();
        put(&mut out, &format!("| {} | {} | {all} |", family_name(family), cells.join(" | ")));
    }
    let mut family = None;
    let mut operation = None;
    for finding in drift {
        if family != Some(&finding.family) {
            family = Some(&finding.family);
            operation = None;
            put(&mut out, &format!("\n## {}", family_name(&finding.family)));
        }
        if operation != Some(&finding.operation) {
            operation = Some(&finding.operation);
            put(&mut out, &format!("\n### {}\n", finding.operation));
        }
        let what = finding.what.replace(['\n', '\r'], " ").replace('|', "\\|");
        put(&mut out, &format!("- {}, `{}`: {what}", finding.kind.title(), finding.at));
    }
    out
}

fn family_name(family: &str) -> &str {
    if family.is_empty() { "(not described)" } else { family }
}

fn letter(i: usize) -> String {
    char::from(b'a' + u8::try_from(i % 26).unwrap_or(0)).to_string()
}

fn put(out: &mut String, line: &str) {
    writeln!(out, "{line}").expect("writing to a text");
}

//! Reads the real documentation when it lies beside the repository, and measures how much of the
//! reference tables the audit finds in it. In CI the documentation has to be there.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use dli_audit::reference::{WANTED_PERCENT, measure};
use dli_audit::source_files::read_all;

#[test]
fn at_least_95_percent_of_the_reference_rows_are_found_in_the_real_documentation() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let strict = std::env::var_os("CI").is_some();
    let docs: Vec<PathBuf> = ["zh", "en", "seeds", "explorer"]
        .iter()
        .map(|d| shared.join("docs").join(d))
        .filter(|d| d.is_dir())
        .collect();
    let reference = shared.join("reference");
    if docs.is_empty() || !reference.is_dir() {
        assert!(!strict, "CI has to have the documentation");
        left_out("no documentation beside the project");
        return;
    }
    let sources = read_all(&docs, &[]).expect("readable");
    let operations: usize = sources.files.iter().map(|f| f.facts.operations.len()).sum();
    let fields: usize = sources.files.iter().map(|f| f.facts.field_count()).sum();
    let examples: usize = sources.files.iter().map(|f| f.facts.example_count()).sum();
    println!(
        "{} files, {operations} operations, {fields} fields, {examples} examples",
        sources.files.len()
    );
    let failures: Vec<String> = sources
        .files
        .iter()
        .flat_map(|f| f.facts.failures.iter().map(move |x| format!("{}: {x}", f.name)))
        .collect();
    assert!(failures.is_empty(), "{failures:#?}");
    let measure = measure(&sources, &reference).expect("readable tables");
    let all = measure
        .fields
        .iter()
        .map(|r| ("fields", r))
        .chain(measure.statuses.iter().map(|r| ("statuses", r)));
    for (what, (source, rate)) in all {
        println!("{what} of {source}: {} of {} ({:.2}%)", rate.found, rate.rows, rate.percent());
        assert!(
            rate.rows > 0 && rate.percent() >= WANTED_PERCENT,
            "{what} of {source}: {:#?}",
            rate.misses
        );
    }
    assert!(measure.suffices());
    if strict {
        assert!(operations > 0 && fields > 0 && examples > 0, "nothing was read");
    }
}

/// Says why a test is left out, to `cargo xtask ci` as well.
fn left_out(why: &str) {
    println!("skipped: {why}");
    if let Some(list) = std::env::var_os("DLI_SKIPPED_TESTS") {
        let mut list = std::fs::File::options().create(true).append(true).open(list).unwrap();
        list.write_all(format!("{why}\n").as_bytes()).unwrap();
    }
}

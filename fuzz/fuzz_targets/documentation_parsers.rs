//! Pages of documentation in all five forms: reading them, comparing them with a description,
//! keeping their facts and finding where they contradict one another.
//!
//! The input is the text itself; a byte 0 begins another edition of the page.

#![no_main]

use std::sync::LazyLock;

use dli_audit::description::Description;
use dli_audit::lock::Lock;
use dli_audit::source_files::{SourceFile, Sources};
use dli_audit::{compare, drift, sources};
use libfuzzer_sys::fuzz_target;

static DESCRIBED: LazyLock<Description> = LazyLock::new(|| {
    Description::from_texts(&[
        ("dli.yaml", include_str!("../../crates/dli-audit/tests/fixtures/dli.yaml")),
        ("kettles.yaml", include_str!("../../crates/dli-audit/tests/fixtures/kettles.yaml")),
    ])
    .expect("it is well formed")
});

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let editions = ["zh/kettle", "en/kettle", "seeds/kettle"].iter().zip(text.split('\0'));
    let files = editions.filter_map(|(name, text)| {
        let (kind, facts) = sources::read(text)?;
        Some(SourceFile { name: (*name).to_owned(), kind, facts })
    });
    let sources = Sources { files: files.collect(), skipped: Vec::new() };
    let lock = Lock::of(&sources);
    assert_eq!(Lock::parse(&lock.to_text()).expect("what was written can be read"), lock);
    compare::compare(&sources, &DESCRIBED);
    drift::find(&sources, &DESCRIBED);
});

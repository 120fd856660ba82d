//! Renderings of pipe tables as they are met: rows broken by their paragraphs, cells on lines of
//! their own, tables without captions, the template of four parts, types named by their table.

use dli_audit::lock::Lock;
use dli_audit::source_files::{SourceFile, Sources};
use dli_audit::sources::{self, SourceKind};

/// The facts of a page as the lock writes them, without the digests.
fn facts(text: &str) -> String {
    let (kind, facts) = sources::read(text).expect("documentation");
    assert_eq!(kind, SourceKind::MarkdownPipe);
    assert!(facts.failures.is_empty(), "{:?}", facts.failures);
    assert!(facts.unplaced.is_empty(), "{:?}", facts.unplaced);
    let files = vec![SourceFile { name: "pages/kettle".to_owned(), kind, facts }];
    let lock = Lock::of(&Sources { files, skipped: Vec::new() }).to_text();
    let lines = lock.lines().filter(|l| l.starts_with('\t')).map(|line| {
        let mut columns: Vec<&str> = line.trim().split('\t').collect();
        if columns[0] == "~" {
            columns.remove(4);
        }
        let keep =
            if matches!(columns[0], ">" | "<") { 7.min(columns.len() - 1) } else { columns.len() };
        columns[..keep].iter().filter(|c| !c.is_empty()).copied().collect::<Vec<_>>().join(" ")
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_page_in_the_vendors_present_template_is_read() {
    insta::assert_snapshot!(facts(include_str!("fixtures/kettle_template.md")), @r"
    @ PUT /v9/{project_id}/kettles/{kettle_id}
    = 200 400
    > body.label string must
    > body.mode string may slow|fast =slow
    > body.spouts array of object may
    > body.spouts[].width integer must maximum 100|minimum 1
    > header.X-Auth-Token string must
    > path.kettle_id string must maxLength 64|minLength 1
    > path.project_id string must
    < body.spouts array of object
    < body.spouts[].width integer must maximum 100|minimum 1
    ~ request 1 0 label s
    ~ response 1 200 spouts a
    ~ response 2 400 error_code s
    ");
}

#[test]
fn a_page_with_cells_on_lines_of_their_own_and_tables_without_captions_is_read() {
    insta::assert_snapshot!(facts(include_str!("fixtures/kettle_cells_on_lines.md")), @r"
    @ PUT /v9/{project_id}/kettles/{kettle_id}
    > body.pool object must
    > body.pool.label string may
    > header.X-Auth-Token string must
    > path.kettle_id string must maxLength 64|minLength 1
    > path.project_id string must
    < body.is_success boolean
    ");
}

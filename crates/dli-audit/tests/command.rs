//! The audit as a command, on a small documentation of its own in a temporary directory.

use std::fs;
use std::path::{Path, PathBuf};

use dli_audit::report;
use dli_audit::run::{self, Options, Outcome, audit};
use tempfile::TempDir;

const PAGES: [(&str, &str); 5] = [
    ("kettle_html.md", include_str!("fixtures/kettle_html.md")),
    ("kettle_pipe.md", include_str!("fixtures/kettle_pipe.md")),
    ("kettle.rst", include_str!("fixtures/kettle.rst")),
    ("kettle.txt", include_str!("fixtures/kettle.txt")),
    ("Kettle.json", include_str!("fixtures/Kettle.json")),
];

/// A documentation of five pages and the description of what they say.
struct House {
    directory: TempDir,
}

impl House {
    fn new() -> Self {
        let house = Self { directory: tempfile::tempdir().expect("a directory") };
        for folder in ["pages", "openapi"] {
            fs::create_dir(house.path(folder)).expect("a folder");
        }
        for (name, text) in PAGES {
            fs::write(house.path("pages").join(name), text).expect("written");
        }
        fs::write(house.path("openapi/dli.yaml"), include_str!("fixtures/dli.yaml"))
            .expect("written");
        fs::write(house.path("openapi/kettles.yaml"), include_str!("fixtures/kettles.yaml"))
            .expect("written");
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn options(&self) -> Options {
        Options {
            docs: vec![self.path("pages")],
            openapi: self.path("openapi"),
            ..Options::default()
        }
    }

    fn run(&self) -> Outcome {
        audit(&self.options()).expect("runs")
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.path(file);
        let text = fs::read_to_string(&path).expect("readable");
        assert_eq!(text.matches(from).count(), 1, "{from}");
        fs::write(path, text.replace(from, to)).expect("written");
    }

    fn arguments(&self, more: &[&str]) -> Vec<String> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let mut arguments = vec![
            "--docs".to_owned(),
            text(&self.path("pages")),
            "--openapi".to_owned(),
            text(&self.path("openapi")),
        ];
        arguments.extend(more.iter().map(|m| (*m).to_owned()));
        arguments
    }
}

#[test]
fn pages_that_say_what_is_held_pass_and_the_counts_are_printed() {
    let house = House::new();
    let outcome = house.run();
    assert!(outcome.is_clean());
    insta::assert_snapshot!(report::print(&outcome, &house.options()), @r"
    By kind of source          files  pages  operations  fields  examples  broken
      API Explorer                 1      1           1      12         2       0
      Markdown, HTML tables        1      1           1      11         2       0
      Markdown, pipe tables        1      1           1      12         2       0
      plain text                   1      1           1      11         2       0
      reStructuredText             1      1           1      11         2       0
      total                        5      5           5      57        10       0

    By family                         pages  operations  fields  examples  broken
      kettles                             5           5      57        10       0

    1 different operations documented, 0 described without any of these sources.
    0 pages could not be read fully, 0 files are no documentation.
    0 pages are not among the sources of the operation they document, 0 sources do not document theirs, 0 places are held that none of these sources names.

    There is no lock to compare the pages with (--update-lock writes it).

    0 differences, 0 explained by rulings.
    0 unexplained, 0 stale rulings, 0 rulings by a reader, 0 about sources not given.

    0 contradictions inside the documentation (DRIFT.md lists them).

    The description holds what the documentation says, or says why not.
    ");
}

#[test]
fn a_difference_fails_until_a_ruling_with_a_reason_explains_it_and_the_ruling_fails_when_it_is_gone()
 {
    let house = House::new();
    house.edit("pages/kettle.rst", "width     Yes       Long", "width     Yes       Text");
    house.edit("pages/kettle_pipe.md", "| material | No | String |", "| material | No | Double |");
    let proposal = house.path("proposal.yaml");
    let outcome =
        audit(&Options { propose: Some(proposal.clone()), ..house.options() }).expect("runs");
    assert!(!outcome.is_clean());
    let text = fs::read_to_string(&proposal).expect("written");
    insta::assert_snapshot!(text, @r#"
    - operation: change_kettle
      at: request.body.spouts[].material
      aspect: type
      says:
        pages/kettle_pipe.md: "number"
      holds: "string"
      why: ""
    - operation: change_kettle
      at: request.body.spouts[].width
      aspect: type
      says:
        pages/kettle.rst: "string"
      holds: "integer"
      why: ""
    "#);
    let rulings = house.path("openapi/rulings.yaml");
    fs::write(&rulings, &text).expect("written");
    let outcome = house.run();
    assert!(outcome.verdict.unexplained.is_empty());
    assert_eq!(outcome.verdict.stale.len(), 2, "no reasons yet: {:?}", outcome.verdict.stale);
    fs::write(&rulings, text.replace("why: \"\"", "why: \"Widths are measured.\""))
        .expect("written");
    assert!(house.run().is_clean());
    // The page is mended: now the ruling is about nothing.
    house.edit("pages/kettle.rst", "width     Yes       Text", "width     Yes       Long");
    let outcome = house.run();
    assert!(!outcome.is_clean());
    assert_eq!(outcome.verdict.stale.len(), 1, "{:?}", outcome.verdict.stale);
}

#[test]
fn a_newer_copy_is_told_apart_page_by_page_in_one_screen() {
    let house = House::new();
    let lock = audit(&Options { update_lock: true, ..house.options() }).expect("runs");
    assert!(lock.is_clean());
    let first = fs::read_to_string(house.path("openapi/docs.lock")).expect("written");
    assert!(house.run().changes.expect("a lock").pages.is_empty());
    // A copy in a folder of another name keeps the names of its pages.
    fs::rename(house.path("pages"), house.path("newer")).expect("renamed");
    house.edit("newer/kettle.txt", "material\n\nNo", "material\n\nYes");
    house.edit("newer/Kettle.json", "\"maximum\": 100, ", "\"maximum\": 110, ");
    let options = Options { docs: vec![house.path("newer")], ..house.options() };
    let outcome = audit(&options).expect("runs");
    assert!(!outcome.is_clean());
    let text = report::print(&outcome, &options);
    let changed: Vec<&str> = text
        .lines()
        .skip_while(|l| !l.contains("changed since"))
        .take_while(|l| !l.is_empty())
        .collect();
    insta::assert_snapshot!(changed.join("\n"), @r"
    2 pages changed since the lock was written, 2 changes:
      pages/Kettle.json
        request.body.temperature: limit changed: maximum from 100 to 110
      pages/kettle.txt
        request.body.spouts[].material: changed from optional to mandatory
    ");
    // Written anew, the lock differs in these two lines and the digests of the two pages only.
    audit(&Options { update_lock: true, ..options }).expect("runs");
    let second = fs::read_to_string(house.path("openapi/docs.lock")).expect("written");
    let changed = first.lines().zip(second.lines()).filter(|(a, b)| a != b).count();
    assert_eq!((first.lines().count(), changed), (second.lines().count(), 4));
}

#[test]
fn a_page_that_is_gone_is_reported_and_a_single_page_is_no_copy_of_all() {
    let house = House::new();
    audit(&Options { update_lock: true, ..house.options() }).expect("runs");
    fs::remove_file(house.path("pages/kettle.txt")).expect("removed");
    let changes = house.run().changes.expect("a lock");
    assert_eq!(changes.pages.keys().collect::<Vec<_>>(), ["pages/kettle.txt"]);
    let one = Options { docs: vec![house.path("pages/kettle.rst")], ..house.options() };
    assert!(audit(&one).expect("runs").changes.expect("a lock").pages.is_empty());
}

#[test]
fn drift_inside_the_documentation_is_reported_by_kind_and_family_and_kept_current() {
    let house = House::new();
    house.edit(
        "pages/kettle_html.md",
        "\"state\": \"HEATING\"",
        "\"state\": \"COLD\", \"colour\": 1",
    );
    house.edit(
        "pages/kettle.rst",
        "| label       | Yes       | String ",
        "| label       | No        | Integer",
    );
    let file = house.path("openapi/DRIFT.md");
    let options = Options { write_drift: Some(file.clone()), ..house.options() };
    audit(&options).expect("runs");
    let text = fs::read_to_string(&file).expect("written");
    let findings = text.split("\n## kettles").nth(1).expect("a section");
    insta::assert_snapshot!(findings.trim(), @r#"
    ### change_kettle

    - example has a field its table lacks, `example.response.colour`: pages/kettle_html.md: integer colour
    - example contradicts the type in its table, `example.request.label`: pages/kettle.rst: "tea" where the table says integer
    - example has a value its table does not list, `example.response.state`: pages/kettle_html.md: "COLD" is none of HEATING, READY
    - sources differ in the type, `request.body.label`: integer (pages/kettle.rst); string (pages/Kettle.json, pages/kettle.txt, pages/kettle_html.md, pages/kettle_pipe.md)
    - sources differ in the mandatory flag, `request.body.label`: mandatory (pages/Kettle.json, pages/kettle.txt, pages/kettle_html.md, pages/kettle_pipe.md); optional (pages/kettle.rst)
    "#);
    let check = Options { check_drift: Some(file), ..house.options() };
    assert!(!audit(&check).expect("runs").drift_stale);
    house.edit("pages/kettle.rst", "200         Fine.", "202         Fine.");
    assert!(audit(&check).expect("runs").drift_stale);
}

#[test]
fn a_page_nobody_can_read_fails_the_audit() {
    let house = House::new();
    house.edit("pages/kettle.txt", "PUT /v9/{project_id}/kettles/{kettle_id}", "Put it there.");
    let outcome = house.run();
    assert_eq!(outcome.summary.failures.len(), 1, "{:?}", outcome.summary.failures);
    assert!(!outcome.is_clean());
}

#[test]
fn an_operation_nobody_described_and_a_table_nobody_refers_to_are_differences() {
    let house = House::new();
    house.edit("openapi/kettles.yaml", "pages/kettle.txt, ", "");
    house.edit("pages/kettle.txt", "PUT /v9/{project_id}/kettles/", "PUT /v9/{project_id}/pans/");
    house.edit(
        "pages/kettle.rst",
        "see :ref:`Table 5 <kettle__spouts>`.",
        "not described any further.  ",
    );
    house.edit("pages/kettle.rst", "**spouts** parameters", "**lids** parameters  ");
    let outcome = house.run();
    let seen: Vec<String> = outcome.differences.iter().map(report::line).collect();
    assert_eq!(
        seen,
        [
            "PUT /v9/{project_id}/pans/{kettle_id} operation operation: pages/kettle.txt says PUT /v9/{project_id}/pans/{kettle_id}; held: nothing",
            "change_kettle table.5 field: pages/kettle.rst says Table 5 (lids parameters) with 2 fields that no field refers to; held: nothing",
        ]
    );
}

#[test]
fn the_command_gives_an_exit_code_and_speaks_json() {
    let house = House::new();
    assert_eq!(run::run(house.arguments(&[])), 0);
    assert_eq!(run::run(house.arguments(&["--format", "json", "--update-lock"])), 0);
    house.edit("pages/kettle.rst", "200         Fine.", "202         Fine.");
    assert_eq!(run::run(house.arguments(&[])), 1);
    assert_eq!(run::run(house.arguments(&["--colour"])), 2);
    assert_eq!(run::run(house.arguments(&["--openapi", "/nowhere"])), 2);
    assert_eq!(run::run(["--help"]), 0);
    assert_eq!(run::run(Vec::<String>::new()), 2);
    let options = run::parse(house.arguments(&["--format", "json"])).expect("known arguments");
    let outcome = audit(&options).expect("runs");
    let json: serde_json::Value =
        serde_json::from_str(&report::print(&outcome, &options)).expect("JSON");
    assert_eq!(json["clean"], false);
    assert_eq!(json["summary"]["total"]["pages"], 5);
    assert_eq!(json["unexplained"][0]["aspect"], "status");
    assert_eq!(json["changes"]["pages"]["pages/kettle.rst"][0]["kind"], "status-added");
}

#[test]
fn a_name_twice_a_page_without_mention_and_a_field_nobody_says_are_told() {
    let house = House::new();
    fs::create_dir_all(house.path("other/pages")).expect("a folder");
    fs::write(house.path("other/pages/kettle.txt"), "another").expect("written");
    house.edit("openapi/kettles.yaml", "pages/kettle.rst, ", "");
    house.edit(
        "openapi/kettles.yaml",
        "        material:",
        "        colour:\n          type: string\n        material:",
    );
    let docs = vec![house.path("pages"), house.path("other/pages")];
    let outcome = audit(&Options { docs, ..house.options() }).expect("runs");
    assert_eq!(outcome.summary.skipped.len(), 1, "{:?}", outcome.summary.skipped);
    assert_eq!(outcome.summary.unnamed, ["change_kettle pages/kettle.rst"]);
    assert_eq!(outcome.summary.unsaid, ["change_kettle request.body.spouts[].colour"]);
}

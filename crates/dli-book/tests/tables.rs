//! The tables of the chapters say what the code does.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dli_ext::test_util::{Answer, Script};
use dli_ext::{CallOptions, Error, ErrorKind, types};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn chapter(name: &str) -> String {
    std::fs::read_to_string(root().join("docs/src").join(name)).unwrap()
}

/// The rows of the table below a heading, cell by cell, without its head.
fn table(text: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, section) = text.split_once(&format!("\n{heading}\n")).expect(heading);
    let rows = section.lines().skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    let cells =
        |row: &str| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.map(cells).collect()
}

/// What stands in backticks.
fn code(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The outcome of a call whose every attempt is answered so: an idempotent one, or another.
async fn call(answer: &Answer, idempotent: bool) -> (Error, usize) {
    let script = Script::new();
    script.on("show_queue", answer.clone()).on("create_database", answer.clone());
    let dli = script.client();
    let dli = dli.with_options(CallOptions::new().attempt_timeout(Duration::from_millis(50)));
    let error = match idempotent {
        true => dli.queues().show("q", Default::default()).await.map(drop),
        false => {
            let body = types::CreateDatabaseRequest::builder().database_name("d").build();
            dli.databases().create(&body).await.map(drop)
        }
    };
    (error.expect_err("an answer that is an error"), script.requests().len())
}

#[tokio::test]
async fn what_is_sent_again_is_what_the_table_says() {
    let page = "<html><body>Sign in</body></html>";
    let status = |status| Answer::error(status, "DLI.0999", "as the test says");
    let answers: Vec<(&str, Vec<Answer>)> = vec![
        ("no connection", vec![Answer::no_connection()]),
        (
            "429, or a code of throttling",
            vec![status(429), Answer::error(403, "APIGW.0308", "slow down")],
        ),
        ("no answer in the time of an attempt", vec![Answer::hang()]),
        ("a broken connection", vec![Answer::interrupted()]),
        ("408, 500, 502, 503, 504", [408, 500, 502, 503, 504].map(status).to_vec()),
        ("a success that is a web page", vec![Answer::body(200, "text/html", page)]),
        ("a success that is cut off", vec![Answer::json(200, r#"{"is_success": tr"#)]),
        ("a redirect", vec![Answer::body(302, "text/html", page).header("location", "/login")]),
        ("any other error status", [400, 404, 409, 501].map(status).to_vec()),
        (
            "a success with `is_success: false`",
            vec![Answer::json(200, r#"{"is_success": false, "message": "no"}"#)],
        ),
    ];
    let rows = table(&chapter("errors.md"), "## What is sent again");
    assert_eq!(rows.len(), answers.len());
    for (row, (name, answers)) in rows.iter().zip(answers) {
        assert_eq!(row[0], name);
        for answer in answers {
            for (column, idempotent) in [(2, true), (3, false)] {
                let (error, sent) = call(&answer, idempotent).await;
                let said = format!("{name}, idempotent {idempotent}: {error:?}");
                assert_eq!(format!("`{:?}`", error.kind()), row[1], "{said}");
                let expected = if row[column] == "again" { 4 } else { 1 };
                assert_eq!(sent, expected, "{said}");
            }
        }
    }
}

#[test]
fn every_kind_of_error_is_in_the_table() {
    let rows = table(&chapter("errors.md"), "## Kinds");
    let there: BTreeSet<String> = rows.iter().flat_map(|row| code(&row[0])).collect();
    // The names as they stand in the source, since nothing lists the values of an enumeration.
    let source = root().join("crates/dli-ext/src/error/mod.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let (_, body) = source.split_once("pub enum ErrorKind {").unwrap();
    let (body, _) = body.split_once("\n}").unwrap();
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let known: BTreeSet<String> =
        lines.filter_map(|line| line.strip_suffix(',')).map(str::to_owned).collect();
    assert!(known.contains(&format!("{:?}", ErrorKind::Results)));
    assert_eq!(there, known);
}

#[tokio::test]
async fn each_predicate_holds_for_the_statuses_and_codes_of_its_row() {
    type Predicate = fn(&Error) -> bool;
    let predicates: [(&str, Predicate); 9] = [
        ("is_not_found", Error::is_not_found),
        ("is_already_exists", Error::is_already_exists),
        ("is_throttled", Error::is_throttled),
        ("is_unauthenticated", Error::is_unauthenticated),
        ("is_permission_denied", Error::is_permission_denied),
        ("is_quota_exceeded", Error::is_quota_exceeded),
        ("is_invalid_request", Error::is_invalid_request),
        ("is_timeout", Error::is_timeout),
        ("is_retryable", Error::is_retryable),
    ];
    let rows = table(&chapter("errors.md"), "## Predicates");
    assert_eq!(rows.len(), predicates.len());
    let mut codes = BTreeSet::new();
    for (row, (name, predicate)) in rows.iter().zip(predicates) {
        assert_eq!(code(&row[0]), [name]);
        for status in row[1].split_whitespace() {
            let (error, _) = call(&Answer::error(status.parse().unwrap(), "X.1", "m"), false).await;
            assert!(predicate(&error), "{name} {status}");
        }
        let (always, with_message) = row[2].split_once('(').unwrap_or((&row[2], ""));
        for code in code(always) {
            let (error, _) = call(&Answer::error(400, &code, "m"), false).await;
            assert!(predicate(&error), "{name} {code}");
            codes.insert(code);
        }
        for code in code(with_message) {
            let message = with_message.split_once('“').unwrap().1.trim_end_matches(['”', ')']);
            let (error, _) = call(&Answer::error(400, &code, "m"), false).await;
            assert!(!predicate(&error), "{name} {code}");
            let (error, _) =
                call(&Answer::error(400, &code, &format!("does {message}")), false).await;
            assert!(predicate(&error), "{name} {code}");
            codes.insert(code);
        }
    }
    // No code that the client knows is left out.
    let source = root().join("crates/dli-ext/src/error/code.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let (_, known) = source.split_once("fn is_not_found").unwrap();
    let (known, _) = known.split_once("fn gateway_meaning").unwrap();
    let known = known.split('"').skip(1).step_by(2);
    let known = known.filter(|text| text.starts_with("DLI.") || text.starts_with("API"));
    assert_eq!(codes, known.map(str::to_owned).collect());
}

/// Rust sources below `crates/*/src`.
fn sources() -> Vec<String> {
    fn walk(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                found.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path().join("src");
        if folder.is_dir() {
            walk(&folder, &mut found);
        }
    }
    found
}

fn is_variable(text: &str) -> bool {
    let first = ["HUAWEICLOUD_", "HC_", "HW_", "DLI_", "NO_COLOR", "XDG_", "LOCALAPPDATA"];
    first.iter().any(|first| text.starts_with(first))
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[test]
fn every_environment_variable_is_told_and_no_other() {
    let read: BTreeSet<String> = sources()
        .iter()
        .flat_map(|text| text.split('"').map(str::to_owned).collect::<Vec<_>>())
        .filter(|text| is_variable(text))
        .collect();
    let told: BTreeSet<String> = code(&chapter("configuration.md"))
        .into_iter()
        .map(|text| text.replace("<REGION>", ""))
        .filter(|text| is_variable(text))
        .collect();
    // Where the emulator's tests note what was answered; nothing for users.
    let read: BTreeSet<String> =
        read.into_iter().filter(|name| name != "DLI_EMULATOR_RECORD").collect();
    assert_eq!(told, read);
}

#[test]
fn every_option_of_the_emulator_is_told_and_no_other() {
    let source = root().join("crates/dli-emulator/src/main.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let (_, structs) = source.split_once("struct Options {").unwrap();
    let (structs, _) = structs.split_once("impl SqlOptions").unwrap();
    let known: BTreeSet<String> = structs
        .lines()
        .map(str::trim)
        .filter(|line| line.ends_with(',') && !line.starts_with(['/', '#', '"']))
        .filter_map(|line| line.split_once(": "))
        .map(|(name, _)| name)
        .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && *name != "sql")
        .map(|name| format!("--{}", name.replace('_', "-")))
        .collect();
    assert!(known.len() > 12, "{known:?}");
    let rows = table(&chapter("emulator.md"), "## Options");
    let options = rows.iter().flat_map(|row| code(&row[0]));
    let told = options.map(|text| text.split(' ').next().unwrap_or_default().to_owned());
    assert_eq!(told.collect::<BTreeSet<_>>(), known);
}

#[test]
fn every_route_of_the_control_interface_is_told_and_no_other() {
    let source = root().join("crates/dli-emulator/src/control.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let (_, routes) = source.split_once("match (method, ").unwrap();
    let (routes, _) = routes.split_once("\n}").unwrap();
    let mut known = BTreeSet::new();
    for line in routes.lines().map(str::trim).filter(|line| line.starts_with("(\"")) {
        let words: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
        let Some(path) = words.iter().find(|word| word.starts_with('/')) else { continue };
        // A path that goes on does so with a number.
        let id = if path.ends_with('/') { "{id}" } else { "" };
        known.insert(format!("{} {path}{id}", words[0]));
    }
    let page = root().join("crates/dli-emulator/docs/other-languages.md");
    let rows = table(&std::fs::read_to_string(page).unwrap(), "## Steering and looking");
    let told: BTreeSet<String> = rows.iter().flat_map(|row| code(&row[0])).collect();
    assert!(known.len() > 10, "{known:?}");
    assert_eq!(told, known);
}

//! Whatever is wrong is said in one paragraph with what to do about it, and has its exit code.

mod common;

use common::{Scene, bare, finish, words};

/// What is wrong, the command line, what it ends with, and what the message has to name.
type Wrong = (&'static str, &'static str, i32, &'static str);

const WRONG: &[Wrong] = &[
    ("no such command", "qeue list", 2, "queue"),
    ("no such subcommand", "queue lst", 2, "list"),
    ("no such option", "queue list --lmit 3", 2, "--limit"),
    ("an option without its value", "queue list --limit", 2, "--limit"),
    ("a value that is no number", "queue create a --cu many", 2, "--cu"),
    ("a number out of range", "queue list --limit 0", 2, "--limit"),
    ("an argument is missing", "queue create --cu 16", 2, "NAME"),
    ("an unknown format", "queue list --output tble", 2, "table"),
    ("a query that is none", "queue list --query '[?'", 2, "JMESPath"),
    ("a query that does not fit", "quota --query 'sum(@)'", 2, "does not fit"),
    ("a function that does not exist", "queue list --query 'maxi(@)'", 2, "maxi"),
    ("no such operation", "api list_queue", 2, "list_queues"),
    ("no such parameter", "api show_queue --queue-nam a", 2, "--queue-name"),
    ("a parameter is missing", "api show_queue", 2, "--queue-name"),
    ("a parameter of the wrong type", "api list_queues --page-size few", 2, "--page-size"),
    ("a parameter out of range", "api list_sql_jobs --page-size 1000", 2, "at most 100"),
    ("a parameter that is no known value", "api list_queues --order sideways", 2, "queue_name_asc"),
    (
        "a path that leads elsewhere",
        "api show_job_resource --resource-name ..",
        2,
        "another resource",
    ),
    (
        "a path with nothing in it",
        "api show_job_resource --resource-name ''",
        2,
        "must not be empty",
    ),
    ("a body is missing", "api create_queue", 2, "--skeleton"),
    ("a body that is not wanted", "api list_queues name=a", 2, "takes no body"),
    ("bad JSON", "api create_queue --body '{\"queue_name\": }'", 2, "not valid JSON"),
    ("bad YAML", "api create_queue --body @bad.yaml", 2, "YAML"),
    ("a file that is not there", "api create_queue --body @missing.json", 11, "missing.json"),
    ("a field is missing", "api create_queue queue_name=a", 2, "`cu_count` is missing"),
    (
        "a field is misspelled",
        "api create_queue queue_nam=a cu_count=16",
        2,
        "did you mean `queue_name`",
    ),
    ("a field of the wrong type", "api create_queue queue_name=a cu_count=x", 2, "whole number"),
    (
        "a field out of range",
        "api create_queue queue_name=a cu_count=17",
        2,
        "`cu_count` must be one of",
    ),
    (
        "a nested field is missing",
        "api create_queue queue_name=a cu_count=16 tags[0].key=b",
        2,
        "tags[0].value",
    ),
    ("no field but a word", "api create_queue reports", 2, "field=value"),
    ("a connection that does not exist", "enhanced-connection show nowhere", 5, "nowhere"),
    ("an id that is none", "spark logs 4711", 2, "an id such as"),
    ("a queue that does not exist", "queue show nowhere", 5, "nowhere"),
    ("a name that is nearly right", "database delete takn --yes", 5, "did you mean `taken`?"),
    (
        "a database that is nearly right",
        "sql 'select 1' --database takn",
        5,
        "did you mean `taken`?",
    ),
    ("a name that is taken", "database create taken", 6, "another name"),
    ("a question without a terminal", "queue delete nowhere", 12, "--yes"),
    ("a time that is none", "enhanced-connection delete a --wait --timeout soon", 2, "90s"),
    ("a tag that is none", "tag set queue a team", 2, "key=value"),
    ("a table without its database", "table describe orders", 2, "database.table"),
    ("no SQL at all", "sql ''", 2, "no statement"),
    ("SQL that fails", "sql 'select nonsense'", 10, "failed"),
    ("a file for two statements", "sql 'select 1; select 2' --to a.csv", 2, "one by one"),
    ("help on nothing", "help nothing", 2, "dli help"),
];

#[test]
fn every_wrong_input_is_told_in_a_paragraph_with_its_exit_code() {
    let mut scene = Scene::new();
    std::fs::write(scene.folder.path().join("bad.yaml"), "a: [1\nb: {").unwrap();
    scene.quietly("database create taken");
    for (what, line, code, names) in WRONG {
        let output = scene.run(line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(*code), "{what}: dli {line}: {said}");
        assert!(said.contains(names), "{what}: dli {line}: {said}");
        if *code != 0 {
            assert_eq!(said.trim_end().lines().count(), 1, "{what}: dli {line}: {said}");
            assert!(said.starts_with("error: "), "{what}: {said}");
        }
    }
    assert_transcript!(scene);
}

/// What is wrong, more variables, the command line, the code, and what the message has to name.
type Misconfigured =
    (&'static str, &'static [(&'static str, &'static str)], &'static str, i32, &'static str);

const KEYS: (&str, &str) = ("HUAWEICLOUD_SDK_AK", "AK");
const SECRET: (&str, &str) = ("HUAWEICLOUD_SDK_SK", "hunter2");
const PROJECT: (&str, &str) = ("HUAWEICLOUD_SDK_PROJECT_ID", "p");

const MISCONFIGURED: &[Misconfigured] = &[
    ("nothing at all", &[], "queue list", 3, "--region"),
    ("an unknown region", &[KEYS, SECRET], "queue list --region atlantis", 3, "help regions"),
    (
        "an address that is none",
        &[KEYS, SECRET],
        "queue list --endpoint ftp://x",
        3,
        "--endpoint https",
    ),
    ("half of the keys", &[KEYS], "queue list --region cn-north-4", 3, "HUAWEICLOUD_SDK_SK"),
    ("an unknown profile", &[], "queue list --profile nowhere", 3, "nowhere"),
    (
        "no network",
        &[KEYS, SECRET, PROJECT],
        "queue list --endpoint http://127.0.0.1:9",
        8,
        "doctor",
    ),
    (
        "an unknown host",
        &[KEYS, SECRET, PROJECT],
        "queue list --endpoint http://nowhere.invalid",
        8,
        "doctor",
    ),
];

#[test]
fn every_wrong_configuration_is_told_in_a_paragraph_with_its_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    for (what, variables, line, code, names) in MISCONFIGURED {
        let mut command = bare(folder.path());
        command.envs(variables.iter().copied()).args(words(line));
        let output = finish(command, "");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(*code), "{what}: {said}");
        assert!(said.contains(names), "{what}: {said}");
        assert!(!said.contains("hunter2") && !said.contains("Builder::"), "{what}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{what}: {said}");
    }
}

/// A fault of the service, the code, and what the message has to name.
const FAULTS: &[(&str, i32, &str)] = &[
    ("list_queues:html=502", 8, "proxy"),
    ("list_queues:html=200", 8, "proxy"),
    ("list_queues:error=500", 1, "request id"),
    ("list_queues:throttle=0", 7, "wait"),
    ("list_queues:reset", 8, "connection"),
    ("list_queues:truncate", 8, "try again"),
];

#[test]
fn every_fault_of_the_service_is_told_in_a_paragraph_with_its_exit_code() {
    for (fault, code, names) in FAULTS {
        let mut scene = Scene::with(move |builder| {
            builder.fault(fault.parse::<dli_emulator::Fault>().unwrap())
        });
        let output = scene.run("queue list");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(*code), "{fault}: {said}");
        assert!(said.contains(names), "{fault}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{fault}: {said}");
    }
}

/// Whatever comes as deep as can be is refused like any other wrong input; a stack that runs over
/// would end the program with a signal.
#[test]
fn what_is_as_deep_as_can_be_is_wrong_input_like_any_other() {
    let scene = Scene::new();
    // A single argument may have 128 KiB.
    let many = |text: &str| text.repeat(120_000 / text.len());
    std::fs::write(scene.folder.path().join("deep.json"), "[".repeat(1_000_000)).unwrap();
    std::fs::write(scene.folder.path().join("deep.yaml"), "- ".repeat(1_000_000)).unwrap();
    let api = ["api".to_owned(), "create_queue".to_owned()];
    let wrong: [(&[String], [String; 2]); 9] = [
        (&api, ["--body".to_owned(), many("[")]),
        (&api, ["--body".to_owned(), many(r#"{"a":"#)]),
        (&api, ["--body".to_owned(), "@deep.json".to_owned()]),
        (&api, ["--body".to_owned(), "@deep.yaml".to_owned()]),
        (&api, ["cu_count=16".to_owned(), format!("{}=1", many("a.").trim_end_matches('.'))]),
        (&api, ["cu_count=16".to_owned(), format!("tags:={}", many("["))]),
        (&["quota".to_owned()], ["--query".to_owned(), many("(")]),
        (&["quota".to_owned()], ["--query".to_owned(), many("a|")]),
        (&["quota".to_owned()], ["--query".to_owned(), many("!")]),
    ];
    for (command, rest) in wrong {
        let mut program = scene.command();
        program.args(command).args(&rest);
        let output = finish(program, "");
        let said = String::from_utf8(output.stderr).unwrap();
        let what = format!("{command:?} {} {:.20}: {:.300}", rest[0], rest[1], said);
        assert_eq!(output.status.code(), Some(2), "{what}");
        assert!(said.starts_with("error: ") && said.len() < 1_000, "{what}");
    }
}

/// An answer of someone who plays the service is neither a program for the terminal nor endless.
#[test]
fn an_error_with_the_words_of_a_stranger_is_still_one_line() {
    let server = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        for mut stream in server.incoming().flatten() {
            let _ = stream.read(&mut [0; 65536]);
            let long = "x".repeat(100_000);
            let body = format!(
                r#"{{"error_code":"\u001b[2J","error_msg":"\u001b]0;a\u0007\u009b {long}"}}"#
            );
            let head = format!("HTTP/1.1 400 X\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare(folder.path());
    command.envs([KEYS, SECRET, PROJECT]).args(["queue", "list", "--endpoint", &url]);
    let output = finish(command, "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said:.300}");
    assert!(!said.trim_end().contains(|c: char| c.is_control()), "{said:.300}");
    assert!(said.len() < 4_000 && said.contains("correct the request"), "{} bytes", said.len());
}

#[test]
fn a_wrong_key_is_refused_and_not_repeated() {
    let scene = Scene::new();
    let mut command = scene.command();
    command.env("HUAWEICLOUD_SDK_SK", "hunter2-is-wrong").args(["queue", "list", "--debug"]);
    let output = finish(command, "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("check the access key and its secret"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_as_what_it_is() {
    let scene = Scene::with(|builder| {
        builder.seed(
            r#"{"sql_scripts": [{"sql": "select 1", "schema": [{"a": "int"}], "rows": [[1]]}]}"#,
        )
    });
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = scene.command();
    command.args(["sql", "select 1", "--output", "csv", "--to", "/dev/full"]);
    let output = finish(command, "");
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(11), "{said}");
    assert!(said.contains("free some space"), "{said}");
    let mut command = scene.command();
    command.args(["help", "errors"]).stdout(full).stderr(std::process::Stdio::null());
    let status = command.status().unwrap();
    assert_eq!(status.code(), Some(11));
}

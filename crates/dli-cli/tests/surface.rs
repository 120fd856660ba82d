//! The whole surface: every command and every flag, and every operation with its options.

mod common;

use std::fmt::Write as _;

use common::{steady, untimed};

#[test]
fn every_command_and_every_flag_is_known() {
    let mut command = dli_cli::command();
    command.build();
    let mut text = String::new();
    write_options(&command, &mut text, true);
    walk(&command, "dli", &mut text);
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("surface", text);
    });
}

#[test]
fn every_operation_and_its_options_are_known() {
    let mut text = String::new();
    for command in dli_cli::operation_commands() {
        let options = command
            .get_arguments()
            .filter(|argument| argument.get_help_heading() == Some("Parameters"));
        let options: Vec<String> = options
            .filter_map(|argument| argument.get_long())
            .map(|long| format!(" --{long}"))
            .collect();
        let body = command.get_arguments().any(|a| a.get_id() == "body" && !a.is_hide_set());
        let body = if body { " [body]" } else { "" };
        let _ = writeln!(text, "{}{}{body}", command.get_name(), options.concat());
    }
    insta::with_settings!({ prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("operations", text);
    });
}

#[test]
fn what_differs_from_run_to_run_is_made_the_same() {
    let same = "at 2026-01-02T03:04:05.006Z starting";
    for time in ["31T23:59:59.123456Z", "01T00:00:00.1Z", "01T00:00:00Z"] {
        assert_eq!(steady(&format!("at 2027-10-{time} starting")), same);
    }
    assert_eq!(steady("{2027-10-01T00:00:00}."), "{2026-01-02T03:04:05}.");
    for time in ["3 ms", "1.5 s", "2 min 1 s", "1 h 59 min"] {
        assert_eq!(untimed(&format!("! 3 rows in {time}.")), "! 3 rows in no time.\n");
    }
}

/// What the tests say to the program.
const TESTS: [&str; 8] = [
    include_str!("around.rs"),
    include_str!("connections.rs"),
    include_str!("data.rs"),
    include_str!("jobs.rs"),
    include_str!("queues.rs"),
    include_str!("sql.rs"),
    include_str!("terminal.rs"),
    include_str!("wrong_input.rs"),
];

#[test]
fn every_command_is_run_by_a_test() {
    let mut untested = Vec::new();
    leaves(&dli_cli::command(), "", &mut |path| {
        let words =
            path.split(' ').map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ");
        let said = |test: &&str| test.contains(&format!("\"{path}")) || test.contains(&words);
        if !TESTS.iter().any(&said) {
            untested.push(path.to_owned());
        }
    });
    assert_eq!(untested, Vec::<String>::new());
}

fn leaves(command: &clap::Command, path: &str, found: &mut impl FnMut(&str)) {
    for sub in command.get_subcommands() {
        let path = format!("{path} {}", sub.get_name()).trim_start().to_owned();
        if sub.get_subcommands().next().is_none() || sub.get_name() == "sql" {
            found(&path);
        }
        leaves(sub, &path, found);
    }
}

fn walk(command: &clap::Command, path: &str, text: &mut String) {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let _ = writeln!(text, "{path}: {about}");
    if path != "dli" {
        write_options(command, text, false);
    }
    for sub in command.get_subcommands() {
        walk(sub, &format!("{path} {}", sub.get_name()), text);
    }
}

fn write_options(command: &clap::Command, text: &mut String, global: bool) {
    let mut line = String::new();
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        if argument.is_global_set() != global || ["help", "version"].contains(&id) {
            continue;
        }
        let value = argument
            .get_value_names()
            .filter(|_| argument.get_action().takes_values())
            .and_then(|names| names.first())
            .map(|name| format!("<{name}>"))
            .unwrap_or_default();
        let short = argument.get_short().map(|short| format!("-{short}/")).unwrap_or_default();
        let _ = match argument.get_long() {
            Some(long) => {
                write!(line, " {short}--{long}{}{value}", if value.is_empty() { "" } else { " " })
            }
            None => write!(line, " {value}"),
        };
        line.push_str(if argument.is_required_set() { "!" } else { "" });
    }
    if !line.is_empty() {
        let _ = writeln!(text, "   {line}");
    }
}

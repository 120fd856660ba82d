//! The book tells what the program does: its transcripts are run, its table of exit codes is the
//! program's.

mod common;

use std::fmt::Write as _;

use common::{Scene, finish, steady, words};

fn chapter(name: &str) -> String {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/src");
    std::fs::read_to_string(format!("{folder}/{name}")).unwrap()
}

/// The command lines of the blocks of `console`, each with what it is to say.
fn transcript(text: &str) -> Vec<(String, String)> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for block in text.split("```console\n").skip(1) {
        let (block, _) = block.split_once("```").unwrap();
        for line in block.lines() {
            match (line.strip_prefix("$ dli "), commands.last_mut()) {
                (Some(command), _) => commands.push((command.to_owned(), String::new())),
                (None, Some((_, said))) => writeln!(said, "{line}").unwrap(),
                (None, None) => panic!("`{line}` comes before a command"),
            }
        }
    }
    commands
}

#[test]
fn the_transcripts_of_the_book_are_what_the_program_says() {
    for (name, least) in [("tour.md", 3), ("command-line.md", 7)] {
        let commands = transcript(&chapter(name));
        assert!(commands.len() >= least, "{name}: {commands:?}");
        let scene = Scene::new();
        for (line, expected) in commands {
            let mut command = scene.command();
            command.args(words(&line));
            let output = finish(command, "");
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8(said).unwrap();
            assert_eq!(steady(&said), steady(&expected), "{name}: dli {line}");
            assert_eq!(output.status.success(), !expected.starts_with("error: "), "dli {line}");
        }
    }
}

#[test]
fn the_exit_codes_of_the_book_are_the_programs() {
    let text = chapter("command-line.md");
    let rows = text.lines().skip_while(|line| !line.starts_with("| code |")).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let told = rows.map(|row| {
        let (code, meaning) = row.trim_matches('|').split_once('|').unwrap();
        (code.trim().parse().unwrap(), meaning.trim())
    });
    assert_eq!(told.collect::<Vec<(u8, &str)>>(), dli_cli::Exit::TABLE);
}

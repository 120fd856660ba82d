//! The real program against a real emulator on a socket, written down as a transcript.

#![allow(dead_code)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use dli_emulator::Emulator;

/// An emulator in a thread of its own, and what was said to it and by it.
pub struct Scene {
    url: String,
    project: String,
    access_key: String,
    secret_key: String,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    pub folder: tempfile::TempDir,
    text: String,
}

impl Scene {
    pub fn new() -> Self {
        Self::with(|builder| builder)
    }

    pub fn with(
        set: impl FnOnce(dli_emulator::Builder) -> dli_emulator::Builder + Send + 'static,
    ) -> Self {
        let (send, receive) = mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let builder = set(Emulator::builder().delay(Duration::ZERO));
                let emulator = builder.start().await.unwrap();
                send.send((
                    emulator.url().to_owned(),
                    emulator.project_id().to_owned(),
                    emulator.access_key().to_owned(),
                    emulator.secret_key().to_owned(),
                ))
                .unwrap();
                let _ = stopped.await;
                emulator.stop().await;
            });
        });
        let (url, project, access_key, secret_key) = receive.recv().unwrap();
        Self {
            url,
            project,
            access_key,
            secret_key,
            stop: Some(stop),
            thread: Some(thread),
            folder: tempfile::tempdir().unwrap(),
            text: String::new(),
        }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// The program with credentials, in a folder of its own, and nothing else around it.
    pub fn command(&self) -> Command {
        let mut command = bare(self.folder.path());
        command
            .env("HUAWEICLOUD_SDK_AK", &self.access_key)
            .env("HUAWEICLOUD_SDK_SK", &self.secret_key)
            .env("HUAWEICLOUD_SDK_PROJECT_ID", &self.project)
            .args(["--endpoint", &self.url]);
        command
    }

    /// Runs a command line and writes it down with what came of it.
    #[track_caller]
    pub fn run(&mut self, line: &str) -> Output {
        self.run_with(line, "")
    }

    /// The same with something on standard input.
    #[track_caller]
    pub fn run_with(&mut self, line: &str, input: &str) -> Output {
        let mut command = self.command();
        command.args(words(line));
        let output = finish(command, input);
        self.note(line, input, &output);
        output
    }

    /// Runs a command line that is not written down, and gives its standard output.
    #[track_caller]
    pub fn quietly(&self, line: &str) -> String {
        let mut command = self.command();
        command.args(words(line));
        let output = finish(command, "");
        assert!(output.status.success(), "dli {line}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn note(&mut self, line: &str, input: &str, output: &Output) {
        let _ = writeln!(self.text, "$ dli {line}");
        for line in input.lines() {
            let _ = writeln!(self.text, "< {line}");
        }
        self.text.push_str(&String::from_utf8_lossy(&output.stdout));
        for line in String::from_utf8_lossy(&output.stderr).lines() {
            let _ = writeln!(self.text, "! {line}");
        }
        match output.status.code() {
            Some(0) => {}
            code => {
                let _ = writeln!(self.text, "[ended with {}]", code.unwrap_or(-1));
            }
        }
        self.text.push('\n');
    }

    /// What happened, with everything that differs from run to run made the same.
    pub fn transcript(&self) -> String {
        let text = self.text.replace(&self.url, "http://emulator");
        let text = text.replace(&*self.folder.path().to_string_lossy(), "FOLDER");
        untimed(&steady(&text))
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The program without configuration.
pub fn bare(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dli"));
    command
        .env_clear()
        .env("HOME", folder)
        .env("TZ", "UTC")
        .env("DLI_LOCAL_DATA", folder.join("local"))
        .current_dir(folder);
    command
}

/// Runs a command to its end.
pub fn finish(mut command: Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// The words of a command line; single quotes hold words together.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut quoted, mut any) = (false, false);
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                any = true;
            }
            ' ' if !quoted => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            c => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        words.push(word);
    }
    words
}

/// Ids and times replaced by others of the same length.
pub fn steady(text: &str) -> String {
    let mut seen: Vec<String> = Vec::new();
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == ':'))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let word = match word.strip_prefix(':') {
            Some(word) => {
                out.push(':');
                word
            }
            None => word,
        };
        if is_id(word) {
            let number = seen.iter().position(|id| id == word).unwrap_or_else(|| {
                seen.push(word.to_owned());
                seen.len() - 1
            });
            let number = number + 1;
            out.push_str(&match word.len() {
                36 => format!("00000000-0000-0000-0000-{number:012}"),
                _ => format!("{number:032}"),
            });
        } else if word.len() == 13 && word.starts_with('1') && digits(word) {
            out.push_str("1700000000000");
        } else if word.len() == 10 && shape(word) == "0000-00-00" {
            out.push_str("2026-01-02");
        } else if word.len() == 8 && shape(word) == "00:00:00" {
            out.push_str("03:04:05");
        } else if let Some(zone) = moment(word) {
            // Zeros at the end of a fraction, or the whole of it, may be left out.
            let (fraction, behind) = match after.strip_prefix('.').filter(|_| zone.is_empty()) {
                Some(rest) => {
                    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
                    (digits > 0, &rest[digits..])
                }
                None => (false, after),
            };
            out.push_str("2026-01-02T03:04:05");
            out.push_str(if fraction || zone == "Z" { ".006" } else { "" });
            out.push_str(zone);
            rest = behind;
            continue;
        } else {
            out.push_str(word);
        }
        let mut chars = after.chars();
        out.extend(chars.next());
        rest = chars.as_str();
    }
    out
}

/// `3 rows in 97 ms.` without its time.
pub fn untimed(text: &str) -> String {
    let line = |line: &str| match line.rsplit_once(" in ") {
        Some((what, time)) if is_duration(time.trim_end_matches('.')) && line.starts_with("! ") => {
            format!("{what} in no time.\n")
        }
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

/// `97 ms`, `1.5 s`, `2 min 1 s`, `1 h 5 min`.
fn is_duration(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    words.len().is_multiple_of(2)
        && words.chunks(2).all(|pair| {
            pair[0].parse::<f64>().is_ok() && ["ms", "s", "min", "h", "d"].contains(&pair[1])
        })
}

fn digits(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_digit())
}

fn shape(word: &str) -> String {
    word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect()
}

/// What follows the seconds of a date with a time, if it is one: nothing, or `Z`.
fn moment(word: &str) -> Option<&str> {
    let (time, zone) = word.split_at_checked(19)?;
    (shape(time) == "0000-00-00T00:00:00" && matches!(zone, "" | "Z")).then_some(zone)
}

fn is_id(word: &str) -> bool {
    let hex = word.chars().filter(char::is_ascii_hexdigit).count();
    let hyphens = word.chars().filter(|c| *c == '-').count();
    hex == 32 && hex + hyphens == word.len() && (hyphens == 0 || hyphens == 4)
}

/// Holds a transcript against its snapshot.
#[macro_export]
macro_rules! assert_transcript {
    ($scene:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($scene.transcript());
        });
    };
}

//! The emulator's binary as a process, for what has to see it from outside.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context, ensure};

use crate::command::{cargo, target_directory};

/// A running emulator, stopped when dropped.
pub struct Emulator {
    process: Child,
    /// Kept open: the program goes on printing.
    _output: BufReader<ChildStdout>,
    pub url: String,
}

impl Emulator {
    /// Builds and starts it on a free port, with these arguments besides.
    pub fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        Self::start_built(false, arguments)
    }

    /// As [`Emulator::start`], from a release build if that is asked for.
    pub fn start_built(release: bool, arguments: &[&str]) -> anyhow::Result<Self> {
        let build = ["build", "--quiet", "--package", "dli-emulator"];
        let (profile, folder) =
            if release { (&["--release"][..], "release") } else { (&[][..], "debug") };
        cargo(build).args(profile.iter().copied()).run()?;
        let mut process = Command::new(target_directory().join(folder).join("dli-emulator"))
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            // What is asked of it here is no test.
            .env_remove("DLI_EMULATOR_RECORD")
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start dli-emulator")?;
        let output = process.stdout.take().context("dli-emulator has no output")?;
        let mut first = String::new();
        let mut output = BufReader::new(output);
        output.read_line(&mut first)?;
        let url = first.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.context("dli-emulator printed no address")?.to_owned();
        Ok(Self { process, _output: output, url })
    }

    /// What a path answers, as JSON.
    pub fn get(&self, path: &str) -> anyhow::Result<serde_json::Value> {
        let (head, body) = self.exchange("GET", path, "")?;
        ensure!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        Ok(serde_json::from_str(&body)?)
    }

    /// A token of its IAM for a name and a password.
    pub fn token(&self, user: &str, password: &str, project: &str) -> anyhow::Result<String> {
        let user = serde_json::json!({ "name": user, "password": password });
        let body = serde_json::json!({ "auth": {
            "identity": { "methods": ["password"], "password": { "user": user } },
            "scope": { "project": { "id": project } },
        } });
        let (head, _) = self.exchange("POST", "/v3/auth/tokens", &body.to_string())?;
        let line = head.lines().find(|line| line.to_lowercase().starts_with("x-subject-token:"));
        let token = line.and_then(|line| line.split_once(": ")).context("no token was issued")?;
        Ok(token.1.trim().to_owned())
    }

    /// Head and body of the answer to one request.
    fn exchange(&self, method: &str, path: &str, body: &str) -> anyhow::Result<(String, String)> {
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host)?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the answer was cut off")?;
        Ok((head.to_owned(), body.to_owned()))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

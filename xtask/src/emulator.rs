//! The emulator's binary as a process, for what has to see it from outside.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

use crate::command::{cargo, target_directory};

/// A running emulator, stopped when dropped.
pub struct Emulator {
    process: Child,
    pub url: String,
}

impl Emulator {
    /// Builds and starts it on a free port, with these arguments besides.
    pub fn start(arguments: &[&str]) -> anyhow::Result<Self> {
        cargo(["build", "--quiet", "--package", "dli-emulator"]).run()?;
        let mut process = Command::new(target_directory().join("debug/dli-emulator"))
            .args(["--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start dli-emulator")?;
        let output = process.stdout.take().context("dli-emulator has no output")?;
        let mut first = String::new();
        BufReader::new(output).read_line(&mut first)?;
        let url = first.split_whitespace().find(|word| word.starts_with("http://"));
        let url = url.context("dli-emulator printed no address")?.to_owned();
        Ok(Self { process, url })
    }

    /// What a path answers, as JSON.
    pub fn get(&self, path: &str) -> anyhow::Result<serde_json::Value> {
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host)?;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("the answer was cut off")?;
        ensure!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        Ok(serde_json::from_str(body)?)
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

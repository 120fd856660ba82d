//! The program, killed and started again.

mod common;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use common::Caller;
use dli_sign::Credential;
use serde_json::json;

const PATH: &str = "/v2.0/{}/datasource/enhanced-connections";

/// The program on a free port; killed without warning when dropped.
struct Program {
    child: Child,
    caller: Caller,
}

impl Program {
    fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dli-emulator"))
            .args([
                "--listen",
                "127.0.0.1:0",
                "--access-key",
                "AK:SK",
                "--project",
                "p1",
                "--data-dir",
            ])
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap();
        let caller = Caller::new(url, "p1", Credential::new("AK", "SK"));
        Self { child, caller }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGKILL on Unix.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_of_200_creations_it_keeps_every_acknowledged_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged: Vec<String> = Vec::new();
    let mut sent = 0;
    for round in 0..4 {
        let program = Program::start(folder.path());
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..200 {
            let caller = program.caller.clone();
            tasks.spawn(async move {
                let body = json!({ "name": format!("r{round}_{n}"), "dest_vpc_id": "v", "dest_network_id": "n" });
                let request = caller.request("POST", PATH, Some(&body));
                let answer = caller.try_send(request).await.ok().filter(|answer| answer.status == 201)?;
                answer.body["connection_id"].as_str().map(str::to_owned)
            });
        }
        sent += 200;
        let mut now = 0;
        while let Some(done) = tasks.join_next().await {
            if let Some(id) = done.unwrap() {
                acknowledged.push(id);
                now += 1;
            }
            if now == 40 + 20 * round {
                break;
            }
        }
        drop(program);
        while let Some(done) = tasks.join_next().await {
            acknowledged.extend(done.unwrap());
        }
    }
    let program = Program::start(folder.path());
    let list = program.caller.get(&format!("{PATH}?limit=0")).await.ok();
    let kept: Vec<&str> =
        list["connections"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert!(acknowledged.len() < sent, "the kill came too late to prove anything");
    for id in &acknowledged {
        assert!(kept.contains(&id.as_str()), "{id} was acknowledged and is gone");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn asked_to_end_it_ends_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Program::start(folder.path());
    program.caller.get(PATH).await.ok();
    let pid = program.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(program.child.wait().unwrap().success());
    // An orderly end leaves one file, without a log beside it.
    let files: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(files, ["dli-emulator.sqlite"]);
}

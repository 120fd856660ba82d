//! The program, killed and started again.

mod common;

use std::collections::BTreeMap;
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
                "--quota",
                "queue=1000000",
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

/// Kills the program over and over while it is being written to and read from. It starts again
/// each time, and holds what it had acknowledged. `DLI_EMULATOR_KILLS` sets how often (8).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_over_and_over_under_load_it_loses_nothing_and_starts_again() {
    let kills: usize =
        std::env::var("DLI_EMULATOR_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    let folder = tempfile::tempdir().unwrap();
    // What was acknowledged: the queues that are there, and how large each is.
    let mut queues: BTreeMap<String, i64> = BTreeMap::new();
    let mut deleted: Vec<String> = Vec::new();
    let mut acknowledged = 0;
    for kill in 0..kills {
        let program = Program::start(folder.path());
        let list = program.caller.get("/v1.0/{}/queues?queue_type=all").await.ok();
        let found: BTreeMap<String, i64> = list["queues"]
            .as_array()
            .unwrap()
            .iter()
            .map(|queue| {
                (
                    queue["queue_name"].as_str().unwrap().to_owned(),
                    queue["cu_spec"].as_i64().unwrap(),
                )
            })
            .collect();
        for (name, size) in &queues {
            assert_eq!(found.get(name), Some(size), "{name}, after {kill} kills");
        }
        for name in &deleted {
            assert_eq!(found.get(name), None, "{name} is back, after {kill} kills");
        }
        let mut tasks = tokio::task::JoinSet::new();
        for worker in 0..4 {
            let caller = program.caller.clone();
            tasks.spawn(async move {
                let mut done = Vec::new();
                for n in 0.. {
                    let name = format!("k{kill}_w{worker}_{n}");
                    let size = [16, 64, 256][n % 3];
                    let body = json!({ "queue_name": name, "cu_count": size });
                    let request = caller.request("POST", "/v1.0/{}/queues", Some(&body));
                    match caller.try_send(request).await {
                        Ok(answer) if answer.status == 201 => done.push((name.clone(), Some(size))),
                        Ok(answer) => panic!("{answer:?}"),
                        Err(_) => break,
                    }
                    if n % 2 == 0 {
                        // Once a deletion is sent, nothing is known until it is acknowledged.
                        let request =
                            caller.request("DELETE", &format!("/v1.0/{{}}/queues/{name}"), None);
                        match caller.try_send(request).await {
                            Ok(answer) if answer.status == 200 => done.push((name, None)),
                            Ok(answer) => panic!("{answer:?}"),
                            Err(_) => {
                                done.pop();
                                break;
                            }
                        }
                    }
                }
                done
            });
        }
        tokio::time::sleep(std::time::Duration::from_millis(30 + 17 * (kill as u64 % 7))).await;
        drop(program);
        while let Some(done) = tasks.join_next().await {
            for (name, size) in done.unwrap() {
                acknowledged += 1;
                match size {
                    Some(size) => drop(queues.insert(name, size)),
                    None => {
                        queues.remove(&name);
                        deleted.push(name);
                    }
                }
            }
        }
    }
    assert!(
        acknowledged > kills,
        "{acknowledged} writes in {kills} runs are too few to prove anything"
    );
    println!("{acknowledged} acknowledged writes, {kills} kills, nothing lost");
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
    // An orderly end leaves one file of the state, without a log beside it.
    let names = std::fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> =
        names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.starts_with("dli-emulator.sqlite"));
    assert_eq!(names, ["dli-emulator.sqlite"]);
}

#[tokio::test]
async fn a_file_of_another_program_or_of_a_later_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dli-emulator.sqlite");
    let refused = async || {
        let started = dli_emulator::Emulator::builder().data_dir(folder.path()).start().await;
        started.unwrap_err().to_string()
    };
    let sql = |text: &str| rusqlite::Connection::open(&file).unwrap().execute_batch(text).unwrap();
    sql("PRAGMA user_version = 7; CREATE TABLE theirs (a)");
    assert!(refused().await.contains("another program"), "{}", refused().await);
    std::fs::remove_file(&file).unwrap();

    let emulator = dli_emulator::Emulator::builder().data_dir(folder.path()).start().await.unwrap();
    emulator.stop().await;
    sql("PRAGMA user_version = 99");
    assert!(refused().await.contains("version 99"), "{}", refused().await);

    std::fs::write(&file, "not a database at all, whatever its name says").unwrap();
    assert!(refused().await.contains("dli-emulator.sqlite"));
}

//! What the program is told on its command line.

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use common::Caller;
use dli_sign::Credential;

const LIST: &str = "/v1.0/{}/queues";

fn program(arguments: &[&str]) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dli-emulator"));
    program.args(["--listen", "127.0.0.1:0", "--access-key", "AK:SK", "--project", "p1"]);
    program.args(arguments);
    program
}

/// Stops the program when the test ends, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(arguments: &[&str]) -> (Running, Caller) {
    let mut child = program(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let running = Running(child);
    let url = line.split_whitespace().last().unwrap();
    assert!(url.starts_with("http://"), "{line}");
    (running, Caller::new(url, "p1", Credential::new("AK", "SK")))
}

#[tokio::test]
async fn faults_on_the_command_line_strike_where_and_as_often_as_they_say() {
    let faults = ["--fault", "list_queues:throttle=7*2", "--fault", "clusters:error=503"];
    let (_running, caller) = start(&faults);
    for _ in 0..2 {
        let throttled = caller.get(LIST).await;
        assert_eq!(throttled.headers["retry-after"], "7");
        throttled.error(429, "APIGW.0308");
    }
    caller.get(LIST).await.ok();
    for _ in 0..3 {
        caller.get("/v2.0/{}/clusters").await.error(503, "DLI.0999");
    }
}

#[test]
fn what_is_no_fault_is_refused_with_what_there_is() {
    for fault in ["slow", "error=200", "list_queues:latency=soon"] {
        let outcome = program(&["--fault", fault]).output().unwrap();
        let said = String::from_utf8(outcome.stderr).unwrap();
        assert_eq!(outcome.status.code(), Some(2), "{said}");
        assert!(said.contains(fault) && said.contains("latency=MILLISECONDS"), "{said}");
    }
}

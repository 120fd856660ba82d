//! Clients that misbehave: each is refused or left waiting, the others are served as ever, and the
//! emulator takes no more memory than one request may.

mod common;

use std::time::Duration;

use common::Caller;
use dli_emulator::Emulator;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Far more than any case needs, far less than for ever.
const PATIENCE: Duration = Duration::from_secs(60);

const HEAD: &str = "POST /v1.0/p/queues HTTP/1.1\r\nhost: localhost\r\n";

/// Sends a head, then a piece again and again until it was sent `times` or nobody takes it, and
/// reads what comes.
async fn send(emulator: &Emulator, head: &str, piece: &[u8], times: usize) -> String {
    let mut socket = TcpStream::connect(emulator.address()).await.unwrap();
    let (mut reader, mut writer) = socket.split();
    let writing = async {
        writer.write_all(head.as_bytes()).await?;
        for _ in 0..times {
            writer.write_all(piece).await?;
        }
        writer.shutdown().await
    };
    let mut answer = Vec::new();
    let reading = reader.read_to_end(&mut answer);
    let both = async { tokio::join!(writing, reading) };
    let _ = tokio::time::timeout(PATIENCE, both).await.expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

#[cfg(target_os = "linux")]
fn most_resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// What it is, the head, a piece and how often it is sent, and the statuses that may come.
type Flood<'a> = (&'a str, String, &'a [u8], usize, &'a [&'a str]);

/// The process is that of the emulator, and of clients that keep nothing.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_refused_and_takes_no_memory() {
    let emulator = Emulator::start().await.unwrap();
    let caller = Caller::of(&emulator);
    let zeros = [0_u8; 65_536];
    let chunk = [b"10000\r\n".as_slice(), &zeros, b"\r\n"].concat();
    let cases: [Flood<'_>; 8] = [
        ("100,000 headers", HEAD.to_owned(), b"a: b\r\n", 100_000, &["431", ""]),
        ("a header of 100 MB", format!("{HEAD}a: "), &zeros.map(|_| b'x'), 1_600, &["431", ""]),
        ("a path of 100 MB", "GET /".to_owned(), &zeros.map(|_| b'x'), 1_600, &["414", "431", ""]),
        (
            "2 GB announced, nothing sent",
            format!("{HEAD}content-length: 2147483648\r\n\r\n"),
            b"",
            0,
            &["413", ""],
        ),
        (
            "2 GB announced and sent",
            format!("{HEAD}content-length: 2147483648\r\n\r\n"),
            &zeros,
            32_768,
            &["413", ""],
        ),
        (
            "chunks without end",
            format!("{HEAD}transfer-encoding: chunked\r\n\r\n"),
            &chunk,
            32_768,
            &["413", ""],
        ),
        (
            "an extension of a chunk without end",
            format!("{HEAD}transfer-encoding: chunked\r\n\r\n1;"),
            &zeros.map(|_| b'x'),
            1_600,
            &["400", ""],
        ),
        (
            "trailers without end",
            format!("{HEAD}transfer-encoding: chunked\r\n\r\n0\r\n"),
            b"a: b\r\n",
            1_000_000,
            &["400", "401", ""],
        ),
    ];
    for (what, head, piece, times, statuses) in cases {
        let answer = send(&emulator, &head, piece, times).await;
        // A client that is still sending may see its connection reset in place of the answer.
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(statuses.contains(&status), "{what}: {answer:.300}");
        println!("{:>8} KiB after: {what}", most_resident_kib());
    }
    caller.get("/v1.0/{}/queues").await.ok();
    assert!(most_resident_kib() < 128 * 1024, "{} KiB", most_resident_kib());
}

#[tokio::test]
async fn json_as_deep_as_can_be_is_refused_wherever_it_stands() {
    const DEEP: usize = 100_000;
    let emulator = Emulator::start().await.unwrap();
    let caller = Caller::of(&emulator);
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(DEEP), close.repeat(DEEP));
    for body in [
        deep("[", "]"),
        deep("[", ""),
        deep(r#"{"a":"#, "}"),
        format!(r#"{{"queue_name":"q","cu_count":{}}}"#, deep("[", "]")),
        format!(r#"{{"queue_name":"q","cu_count":16,"unknown":{}}}"#, deep("[", "]")),
        // Not JSON at all.
        format!("\u{feff}{}", deep("[", "]")),
        deep("<a>", "</a>"),
    ] {
        let mut request = caller.request("POST", "/v1.0/{}/queues", Some(&json!({})));
        let (mut parts, ()) = http::Request::post(request.url().as_str())
            .header("content-type", "application/json")
            .body(())
            .unwrap()
            .into_parts();
        let digest = dli_sign::PayloadDigest::of(body.as_bytes());
        dli_sign::sign(&mut parts, &digest, &caller.credential, jiff::Timestamp::now()).unwrap();
        *request.headers_mut() = parts.headers;
        let what = format!("{body:.60}");
        *request.body_mut() = Some(body.into());
        let answer = caller.send(request).await;
        assert_eq!(answer.status, 400, "{what}: {answer:?}");
        assert_eq!(answer.body["error_code"], "DLI.0001", "{what}: {answer:?}");
        let message = answer.body["error_msg"].as_str().unwrap();
        assert!(!message.is_empty() && message.len() < 2_000, "{what}: {} bytes", message.len());
    }
}

#[tokio::test]
async fn requests_that_contradict_themselves_are_refused_and_smuggle_nothing() {
    let emulator = Emulator::start().await.unwrap();
    let inner = "GET /v1.0/p/queues HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    for (what, request) in [
        (
            "a length and chunks",
            format!(
                "{HEAD}content-length: {}\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n{inner}",
                inner.len() + 5
            ),
        ),
        ("two lengths", format!("{HEAD}content-length: 0\r\ncontent-length: 70\r\n\r\n{inner}")),
        ("a length with a sign", format!("{HEAD}content-length: +5\r\n\r\n{inner}")),
        ("an unknown encoding", format!("{HEAD}transfer-encoding: gzip\r\n\r\n{inner}")),
    ] {
        let answer = send(&emulator, &request, b"", 0).await;
        let statuses: Vec<&str> =
            answer.split("HTTP/1.1 ").skip(1).map(|part| &part[..3]).collect();
        assert!(statuses.len() <= 1, "{what}: {statuses:?}");
        assert!(statuses.iter().all(|status| status.starts_with('4')), "{what}: {statuses:?}");
    }
    Caller::of(&emulator).get("/v1.0/{}/queues").await.ok();
}

#[tokio::test]
async fn many_requests_at_once_on_one_connection_are_all_answered() {
    const MANY: usize = 500;
    let emulator = Emulator::start().await.unwrap();
    let one = "GET /v1.0/p/queues HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let answer = send(&emulator, "", one.as_bytes(), MANY).await;
    assert_eq!(answer.matches("HTTP/1.1 401").count(), MANY);
}

#[tokio::test]
async fn connections_that_never_say_anything_neither_keep_others_out_nor_the_emulator_alive() {
    let emulator = Emulator::start().await.unwrap();
    let mut idle = Vec::new();
    for nth in 0..300 {
        let mut socket = TcpStream::connect(emulator.address()).await.unwrap();
        // Some begin a request, or a body, and leave it at that.
        let beginning = match nth % 3 {
            0 => String::new(),
            1 => "GET /v1.0/p/queues HT".to_owned(),
            _ => format!("{HEAD}content-length: 100\r\n\r\n{{"),
        };
        socket.write_all(beginning.as_bytes()).await.unwrap();
        idle.push(socket);
    }
    let caller = Caller::of(&emulator);
    caller.get("/v1.0/{}/queues").await.ok();
    tokio::time::timeout(PATIENCE, emulator.stop()).await.expect("it stops all the same");
}

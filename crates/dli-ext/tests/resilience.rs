//! Faults of the network and of the service, in numbers.

mod common;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Server, json};
use dli_ext::RetryBudget;
use dli_ext::{CallOptions, Dli, RetryPolicy, types};
use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does to an attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    DropBefore,
    DropAfter,
    Delay,
    Reset,
    Truncate,
    TruncateQuietly,
    Status(u16),
    Html(u16),
}

impl Fault {
    /// 30 in 100 attempts are faulty; which ones, and how, depends on call and attempt alone.
    fn of(call: u64, attempt: u64) -> Self {
        let mut mixed =
            call.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ attempt.wrapping_mul(0xD1B5_4A32_D192_ED03);
        mixed ^= mixed >> 29;
        mixed = mixed.wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed ^= mixed >> 32;
        if mixed % 100 >= 30 {
            return Self::None;
        }
        match (mixed / 100) % 12 {
            0 => Self::DropBefore,
            1 => Self::DropAfter,
            2 => Self::Delay,
            3 => Self::Reset,
            4 => Self::Truncate,
            5 => Self::TruncateQuietly,
            6 => Self::Status(429),
            7 => Self::Status(500),
            8 => Self::Status(502),
            9 => Self::Status(503),
            10 => Self::Html(200),
            _ => Self::Html(502),
        }
    }

    /// Whether the service does its work before the fault.
    fn works(self) -> bool {
        !matches!(self, Self::DropBefore | Self::Status(429))
    }
}

#[derive(Default)]
struct Seen {
    attempts: HashMap<u64, u64>,
    executions: HashMap<u64, u64>,
}

/// Reads one request; its call number, or nothing at the end of the connection.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<u64> {
    let head = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let header = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_once(':')?.1.trim().parse::<u64>().ok()
    };
    let length = usize::try_from(header("content-length").unwrap_or(0)).unwrap();
    while buffer.len() < head + length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let call = header("x-call");
    buffer.drain(..head + length);
    call
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Seen>>) {
    const BODY: &str = r#"{"is_success":true,"id":"c1","status":"ACTIVE","hosts":[{"name":"h"}]}"#;
    let mut buffer = Vec::new();
    while let Some(call) = read_request(&mut stream, &mut buffer).await {
        let fault = {
            let mut seen = seen.lock().unwrap();
            let attempt = seen.attempts.entry(call).or_default();
            *attempt += 1;
            let fault = Fault::of(call, *attempt);
            if fault.works() {
                *seen.executions.entry(call).or_default() += 1;
            }
            fault
        };
        let answer = |status: u16, kind: &str, body: &str, length: usize| {
            format!(
                "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
            )
        };
        let half = &BODY[..BODY.len() / 2];
        let (text, close) = match fault {
            Fault::None => (answer(200, "application/json", BODY, BODY.len()), false),
            Fault::DropBefore | Fault::DropAfter => (String::new(), true),
            Fault::Delay => {
                tokio::time::sleep(Duration::from_millis(600)).await;
                (answer(200, "application/json", BODY, BODY.len()), false)
            }
            Fault::Reset => {
                let _ = stream.set_zero_linger();
                (String::new(), true)
            }
            Fault::Truncate => (answer(200, "application/json", half, BODY.len()), true),
            Fault::TruncateQuietly => (answer(200, "application/json", half, half.len()), false),
            Fault::Status(status) => {
                let body = r#"{"error_code":"DLI.0999","error_msg":"fault"}"#;
                (answer(status, "application/json", body, body.len()), false)
            }
            Fault::Html(status) => (answer(status, "text/html", "<html></html>", 13), false),
        };
        if stream.write_all(text.as_bytes()).await.is_err() || close {
            return;
        }
    }
}

async fn faulty_server() -> (String, Arc<Mutex<Seen>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Seen::default()));
    let shared = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&shared)));
        }
    });
    (url, seen)
}

fn client(url: &str, policy: RetryPolicy) -> Dli {
    common::builder(url)
        .attempt_timeout(Duration::from_millis(400))
        .retry(policy.base_delay(Duration::from_millis(1)).max_delay(Duration::from_millis(20)))
        .build()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_mixed_calls_survive_faults_in_a_third_of_their_attempts() {
    const CALLS: u64 = 10_000;
    let (url, seen) = faulty_server().await;
    let policy = RetryPolicy::new().max_attempts(30).budget(RetryBudget::unlimited());
    let dli = client(&url, policy);
    let create = types::CreateEnhancedConnectionRequest::builder()
        .name("n")
        .dest_vpc_id("v")
        .dest_network_id("s")
        .build();
    let outcomes: Vec<(u64, bool, Result<u32, dli_ext::Error>)> =
        futures_util::stream::iter(0..CALLS)
            .map(|call| {
                let dli = dli
                    .with_options(CallOptions::new().header("x-call", &call.to_string()).unwrap());
                let create = create.clone();
                async move {
                    let connections = dli.enhanced_connections();
                    let idempotent = call % 4 != 0;
                    let outcome = match call % 4 {
                        0 => connections.create(&create).await.map(|reply| reply.attempts()),
                        1 => connections.delete("c1").await.map(|reply| reply.attempts()),
                        2 => {
                            connections.list(Default::default()).await.map(|reply| reply.attempts())
                        }
                        _ => connections.show("c1").await.map(|reply| reply.attempts()),
                    };
                    (call, idempotent, outcome)
                }
            })
            .buffer_unordered(100)
            .collect()
            .await;
    let (mut succeeded, mut failed) = (0, 0);
    for (call, idempotent, outcome) in &outcomes {
        match outcome {
            Ok(_) => succeeded += 1,
            Err(error) => {
                failed += 1;
                assert!(!idempotent, "call {call}: {error:?}");
                assert_eq!(error.operation(), Some("create_enhanced_connection"), "{error:?}");
                assert!(error.attempts() > 0, "{error:?}");
            }
        }
    }
    let seen = seen.lock().unwrap();
    for (call, executions) in &seen.executions {
        assert!(call % 4 != 0 || *executions <= 1, "call {call} was executed {executions} times");
    }
    let attempts: u64 = seen.attempts.values().sum();
    println!("{succeeded} succeeded, {failed} creations failed, {attempts} attempts");
    assert_eq!(outcomes.len() as u64, CALLS);
    assert!(attempts > CALLS * 5 / 4, "the faults took place");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_default_budget_stops_a_storm_of_retries() {
    let server = Server::start(|_| json(503, "")).await;
    let dli = client(&server.url(), RetryPolicy::new());
    let calls = futures_util::stream::iter(0..1000).map(|_| {
        let dli = dli.clone();
        async move { dli.enhanced_connections().show("c1").await.unwrap_err().attempts() }
    });
    let attempts: Vec<u32> = calls.buffer_unordered(50).collect().await;
    assert_eq!(attempts.len(), 1000);
    assert!(server.requests() <= 1100, "{} requests for 1000 calls", server.requests());
    assert_eq!(*attempts.last().unwrap(), 1, "at last, each call fails at its first attempt");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_waiters_run_on_one_pool_and_a_dropped_one_stops_at_once() {
    let ready = Arc::new(AtomicBool::new(false));
    let dropped_looks = Arc::new(AtomicUsize::new(0));
    let (is_ready, counted) = (Arc::clone(&ready), Arc::clone(&dropped_looks));
    let server = Server::start(move |request| {
        if request.path.ends_with("/dropped") {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        let status = if is_ready.load(Ordering::SeqCst) { "ACTIVE" } else { "CREATING" };
        json(200, &format!(r#"{{"status":"{status}"}}"#))
    })
    .await;
    let dli = client(&server.url(), RetryPolicy::new());
    let dli = dli.with_options(CallOptions::new().attempt_timeout(Duration::from_secs(30)));
    let interval = Duration::from_millis(200);
    let wait = |id: String| {
        let waiter = dli.enhanced_connections().wait_until_active(id);
        tokio::spawn(waiter.interval(interval).longest_interval(interval).into_future())
    };
    let waiters: Vec<_> = (0..1000).map(|n| wait(format!("c{n}"))).collect();
    let dropped = wait("dropped".to_owned());
    while dropped_looks.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    dropped.abort();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let looks = dropped_looks.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(dropped_looks.load(Ordering::SeqCst), looks);
    ready.store(true, Ordering::SeqCst);
    for waiter in waiters {
        waiter.await.unwrap().unwrap();
    }
    assert!(server.requests() >= 2000);
}

#[tokio::test]
async fn dropping_a_waiter_closes_its_request_under_way() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let closed = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut all = Vec::new();
        // Ends when the client closes the connection; there never is an answer.
        stream.read_to_end(&mut all).await.map(|_| Instant::now())
    });
    let dli = client(&url, RetryPolicy::none())
        .with_options(CallOptions::new().attempt_timeout(Duration::from_secs(60)));
    let waiting = tokio::spawn(dli.enhanced_connections().wait_until_active("c1").into_future());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let dropped = Instant::now();
    waiting.abort();
    let closed = tokio::time::timeout(Duration::from_secs(2), closed).await;
    let at = closed.expect("the connection is closed").unwrap().unwrap_or(dropped);
    assert!(at.saturating_duration_since(dropped) < Duration::from_secs(1));
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once_and_remembered() {
    let server = Server::start(|request| {
        let format = "%Y%m%dT%H%M%SZ";
        let sent = jiff::civil::DateTime::strptime(format, request.header("x-sdk-date")).unwrap();
        let sent = sent.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        let here = jiff::Timestamp::now() + Duration::from_secs(3600);
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&here);
        let answer = match here.duration_since(sent).as_secs().abs() < 900 {
            true => json(200, r#"{"id":"c1"}"#),
            false => json(401, r#"{"error_code":"APIGW.0301","error_msg":"expired"}"#),
        };
        answer.header("date", &date.unwrap())
    })
    .await;
    let dli = server.builder().build().unwrap();
    assert_eq!(dli.enhanced_connections().show("c1").await.unwrap().attempts(), 2);
    assert_eq!(dli.enhanced_connections().show("c1").await.unwrap().attempts(), 1);
    assert_eq!(server.requests(), 3);
}

#[tokio::test]
async fn retry_after_is_kept_to_and_a_long_one_is_told() {
    let server = Server::start(|request| match request.number {
        1 => json(429, "").header("retry-after", "1"),
        2 => json(200, r#"{"id":"c1"}"#),
        _ => json(503, "").header("retry-after", "3600"),
    })
    .await;
    let dli = client(&server.url(), RetryPolicy::new());
    let started = Instant::now();
    dli.enhanced_connections().show("c1").await.unwrap();
    assert!(started.elapsed() >= Duration::from_secs(1));
    let error = dli.enhanced_connections().show("c1").await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn a_rate_limit_spreads_requests() {
    let server = Server::start(|_| json(200, r#"{"id":"c1"}"#)).await;
    let dli = server.builder().rate_limit(20.0).build().unwrap();
    let started = Instant::now();
    let calls = (0..40).map(|_| {
        let dli = dli.clone();
        async move { dli.enhanced_connections().show("c1").await.map(drop) }
    });
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_millis(900), "20 at once, 20 more in a second: {elapsed:?}");
}

#[tokio::test]
async fn an_answer_longer_than_allowed_is_refused_and_the_limit_named() {
    let server =
        Server::start(|_| json(200, &format!(r#"{{"name":"{}"}}"#, "x".repeat(5000)))).await;
    let dli = server.builder().body_limit(1000).build().unwrap();
    let error = dli.enhanced_connections().show("c1").await.unwrap_err();
    assert!(error.to_string().contains("1000 bytes"), "{error}");
    assert_eq!(error.attempts(), 1);
}

#[tokio::test]
async fn the_time_of_a_call_bounds_all_its_attempts() {
    let server = Server::start_async(|_| async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        json(200, "{}")
    })
    .await;
    let dli = server.builder().call_timeout(Duration::from_millis(500)).build().unwrap();
    let started = Instant::now();
    let error = dli.enhanced_connections().show("c1").await.unwrap_err();
    assert!(error.is_timeout() && started.elapsed() < Duration::from_secs(2));
}

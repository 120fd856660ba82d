//! Whatever answers in the service's place: the client comes to an end, with an error that says
//! what came and what to do, within its time and its memory.

mod common;
mod hostile;

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use common::{Server, json};
use dli_ext::{CallOptions, Dli, Error, ErrorKind, RetryPolicy};
use futures_util::StreamExt;
use hostile::{Hostile, Then, again, answer, drip};

/// What the client of these tests reads of one answer.
const LIMIT: usize = 4 * 1024 * 1024;
/// What its process may take in all: the program itself, a few answers, nothing like 100 MB.
const MEMORY_KIB: u64 = 96 * 1024;
/// Far more than any case needs, far less than for ever.
const PATIENCE: Duration = Duration::from_secs(60);

const DEEP: usize = 100_000;
const GOOD: &str = r#"{"id":"c1","status":"ACTIVE","hosts":[{"name":"h"}]}"#;

fn client(url: &str) -> Dli {
    Dli::builder()
        .environment([("X", "")])
        .home("/nonexistent")
        .no_proxy()
        .endpoint(url)
        .access_key("AK", "the-secret-key")
        .project_id("p1")
        .body_limit(LIMIT)
        .retry(RetryPolicy::none())
        .build()
        .unwrap()
}

fn deep(open: &str, middle: &str, close: &str) -> String {
    format!("{}{middle}{}", open.repeat(DEEP), close.repeat(DEEP))
}

// ---- one answer ---------------------------------------------------------------------------------

/// An answer, the kind of the error it is (none for one that is good), and words of its text.
struct Case {
    what: &'static str,
    answer: fn(&mut TcpStream) -> std::io::Result<Then>,
    kind: Option<ErrorKind>,
    says: &'static [&'static str],
}

const fn case(
    what: &'static str,
    answer: fn(&mut TcpStream) -> std::io::Result<Then>,
    kind: Option<ErrorKind>,
    says: &'static [&'static str],
) -> Case {
    Case { what, answer, kind, says }
}

const LOOK: &str = "look before sending it again";
const AS_IT_CAME: &str = "Error::body has";
const CHECK: &str = "check that the endpoint";

/// Answers that would take much memory.
const LARGE: &[Case] = &[
    case(
        "2 GB, announced",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 2147483648\r\n\r\n")?;
            again(s, &[b' '; 65536], 32768)
        },
        Some(ErrorKind::TooLarge),
        &["longer than the 4194304 bytes", "Builder::body_limit"],
    ),
    case(
        "chunks without end",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")?;
            let chunk = [b"10000\r\n".as_slice(), &[b' '; 65536], b"\r\n"].concat();
            again(s, &chunk, 32768)
        },
        Some(ErrorKind::TooLarge),
        &["longer than the 4194304 bytes", "Builder::body_limit"],
    ),
    case(
        "small chunks without end",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")?;
            again(
                s,
                &b"40\r\n                                                                \r\n"
                    .repeat(1_000),
                100_000,
            )
        },
        Some(ErrorKind::TooLarge),
        &["Builder::body_limit"],
    ),
    case(
        "a body until the connection closes, which it never does",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\n\r\n")?;
            again(s, &[b' '; 65536], 32768)
        },
        Some(ErrorKind::TooLarge),
        &["Builder::body_limit"],
    ),
    case(
        "an error without end",
        |s| {
            s.write_all(b"HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\n")?;
            again(s, &b"10\r\n[[[[[[[[[[[[[[[[\r\n".repeat(1_000), 100_000)
        },
        Some(ErrorKind::TooLarge),
        &["status 500", "Builder::body_limit"],
    ),
    case(
        "an extension of a chunk without end",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n1;")?;
            again(s, &[b'x'; 65536], 32768)
        },
        Some(ErrorKind::Interrupted),
        &["broke off", LOOK],
    ),
    case(
        "100,000 headers",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\n")?;
            again(s, b"a: b\r\n", 100_000)?;
            s.write_all(b"content-length: 2\r\n\r\n{}")?;
            Ok(Then::Close)
        },
        Some(ErrorKind::Interrupted),
        &["the connection broke", LOOK],
    ),
    case(
        "a header of 100 MB",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\na: ")?;
            again(s, &[b'b'; 100_000], 1_000)
        },
        Some(ErrorKind::Interrupted),
        &["the connection broke", LOOK],
    ),
    case(
        "a status line of 100 MB",
        |s| {
            s.write_all(b"HTTP/1.1 200 ")?;
            again(s, &[b'b'; 100_000], 1_000)
        },
        Some(ErrorKind::Interrupted),
        &["the connection broke", LOOK],
    ),
    case(
        "trailers without end",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")?;
            again(s, b"a: b\r\n", 10_000_000)
        },
        Some(ErrorKind::Interrupted),
        &["broke off", LOOK],
    ),
    case(
        "small values that would be large in memory, as an error",
        |s| {
            let body =
                format!(r#"{{"a":[{}0],"error_code":"DLI.0999"}}"#, "0,".repeat(LIMIT / 2 - 100));
            answer(s, 400, "", body.as_bytes())
        },
        Some(ErrorKind::Refused),
        &["DLI.0999"],
    ),
    case(
        "a message of 3 MB",
        |s| {
            let body =
                format!(r#"{{"error_code":"DLI.0999","error_msg":"{}"}}"#, "long ".repeat(600_000));
            answer(s, 400, "", body.as_bytes())
        },
        Some(ErrorKind::Refused),
        &["DLI.0999", "more bytes"],
    ),
    case(
        "2 GB in a gzip of 2 MB, which was not asked for",
        |s| answer(s, 200, "content-encoding: gzip\r\n", &bomb()),
        Some(ErrorKind::UnexpectedAnswer),
        &["encoded as gzip", "not asked for", CHECK],
    ),
    case(
        "encodings one over the other",
        |s| answer(s, 200, "content-encoding: gzip, br, gzip\r\n", &bomb()),
        Some(ErrorKind::UnexpectedAnswer),
        &["encoded as gzip, br, gzip", CHECK],
    ),
    case(
        "a transfer encoding on top of chunks",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: gzip, chunked\r\n\r\n")?;
            let bomb = bomb();
            write!(s, "{:x}\r\n", bomb.len())?;
            s.write_all(&bomb)?;
            s.write_all(b"\r\n0\r\n\r\n")?;
            Ok(Then::Close)
        },
        Some(ErrorKind::UnexpectedAnswer),
        &["not JSON", CHECK],
    ),
    case(
        "a gzip bomb as an error",
        |s| answer(s, 502, "content-encoding: gzip\r\n", &bomb()),
        Some(ErrorKind::Refused),
        &["status 502", "encoded as gzip", "try again later"],
    ),
    case(
        "lists in lists",
        |s| answer(s, 200, "", deep("[", "", "]").as_bytes()),
        Some(ErrorKind::Undecodable),
        &["does not fit", AS_IT_CAME],
    ),
    case(
        "lists in lists, unfinished",
        |s| answer(s, 200, "", deep("[", "", "").as_bytes()),
        Some(ErrorKind::Undecodable),
        &["cut off after 100000 bytes", AS_IT_CAME],
    ),
    case(
        "objects in objects where a field is unknown, which does no harm",
        |s| answer(s, 200, "", deep(r#"{"a":"#, "1", "}").as_bytes()),
        None,
        &[],
    ),
    case(
        "lists in lists where a text is documented",
        |s| {
            let body = format!(r#"{{"id":"c1","status":{}}}"#, deep("[", "", "]"));
            answer(s, 200, "", body.as_bytes())
        },
        Some(ErrorKind::Undecodable),
        &["does not fit", AS_IT_CAME],
    ),
    case(
        "lists in lists where a list is documented",
        |s| {
            let body = format!(r#"{{"id":"c1","hosts":{}}}"#, deep("[", "", "]"));
            answer(s, 200, "", body.as_bytes())
        },
        Some(ErrorKind::Undecodable),
        &["does not fit", AS_IT_CAME],
    ),
    case(
        "an error of lists in lists",
        |s| answer(s, 400, "", deep("[", "", "]").as_bytes()),
        Some(ErrorKind::Refused),
        &["status 400", "[[[["],
    ),
    case(
        "an error beside lists in lists",
        |s| {
            let body = format!(r#"{{"a":{},"error_code":"DLI.0001"}}"#, deep("[", "", "]"));
            answer(s, 400, "", body.as_bytes())
        },
        Some(ErrorKind::Refused),
        &["DLI.0001"],
    ),
    case(
        "an error inside objects in objects",
        |s| answer(s, 500, "", deep(r#"{"error":"#, "{}", "}").as_bytes()),
        Some(ErrorKind::Refused),
        &["status 500", "try again later"],
    ),
];

/// Answers that are wrong in some other way.
const WRONG: &[Case] = &[
    case("a good one", |s| answer(s, 200, "", GOOD.as_bytes()), None, &[]),
    case(
        "a byte order mark, which does no harm",
        |s| answer(s, 200, "", format!("\u{feff}{GOOD}").as_bytes()),
        None,
        &[],
    ),
    case(
        "JSON that is called a web page, which does no harm",
        |s| answer(s, 200, "content-type: text/html; charset=utf-16\r\n", GOOD.as_bytes()),
        None,
        &[],
    ),
    case(
        "a web page that is called JSON",
        |s| answer(s, 200, "content-type: application/json\r\n", b"<html>Log in</html>"),
        Some(ErrorKind::UnexpectedAnswer),
        &["a web page", CHECK],
    ),
    case(
        "a picture",
        |s| answer(s, 200, "content-type: image/png\r\n", b"\x89PNG\r\n\x1a\n\0\0\0"),
        Some(ErrorKind::UnexpectedAnswer),
        &["not JSON", CHECK],
    ),
    case(
        "UTF-16",
        |s| answer(s, 200, "", b"\xff\xfe{\0\"\0i\0d\0\"\0:\0"),
        Some(ErrorKind::UnexpectedAnswer),
        &["not JSON", CHECK],
    ),
    case(
        "a text that is not UTF-8",
        |s| answer(s, 200, "", b"{\"id\":\"\xff\xfe\"}"),
        Some(ErrorKind::Undecodable),
        &["does not fit", AS_IT_CAME],
    ),
    case(
        "half a pair of surrogates",
        |s| answer(s, 200, "", br#"{"id":"\ud800"}"#),
        Some(ErrorKind::Undecodable),
        &["does not fit", AS_IT_CAME],
    ),
    case(
        "NaN",
        |s| answer(s, 200, "", br#"{"id":NaN}"#),
        Some(ErrorKind::Undecodable),
        &["does not fit", AS_IT_CAME],
    ),
    case(
        "a key twice",
        |s| answer(s, 200, "", br#"{"id":"a","id":"b"}"#),
        Some(ErrorKind::Undecodable),
        &["duplicate field `id`", AS_IT_CAME],
    ),
    case(
        "a number out of range",
        |s| answer(s, 200, "", br#"{"create_time":99999999999999999999}"#),
        Some(ErrorKind::Undecodable),
        &["does not fit", AS_IT_CAME],
    ),
    case(
        "a number far out of range",
        |s| answer(s, 200, "", br#"{"create_time":1e999999999}"#),
        Some(ErrorKind::Undecodable),
        &["out of range", AS_IT_CAME],
    ),
    case(
        "something after the end",
        |s| answer(s, 200, "", format!("{GOOD}<!-- proxied -->").as_bytes()),
        Some(ErrorKind::Undecodable),
        &["goes on after its end: <!-- proxied -->", AS_IT_CAME],
    ),
    case(
        "two answers in one",
        |s| answer(s, 200, "", format!("{GOOD}{GOOD}").as_bytes()),
        Some(ErrorKind::Undecodable),
        &["trailing characters", AS_IT_CAME],
    ),
    case(
        "a redirect to itself",
        |s| answer(s, 302, "location: /v2.0/p1/datasource/enhanced-connections/r\r\n", b""),
        Some(ErrorKind::UnexpectedAnswer),
        &["redirects to /v2.0", CHECK],
    ),
    case(
        "a redirect that keeps the method, with a body",
        |s| answer(s, 308, "location: http://127.0.0.1:1/\r\n", GOOD.as_bytes()),
        Some(ErrorKind::UnexpectedAnswer),
        &["redirects to http://127.0.0.1:1/", CHECK],
    ),
    case(
        "less than was announced",
        |s| {
            write!(s, "HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n{GOOD}")?;
            Ok(Then::Close)
        },
        Some(ErrorKind::Interrupted),
        &["broke off", LOOK],
    ),
    case(
        "more than was announced",
        |s| {
            write!(s, "HTTP/1.1 200 X\r\ncontent-length: 5\r\n\r\n{GOOD}")?;
            Ok(Then::Close)
        },
        Some(ErrorKind::Undecodable),
        &["cut off after 5 bytes", AS_IT_CAME],
    ),
    case(
        "two lengths",
        |s| {
            write!(s, "HTTP/1.1 200 X\r\ncontent-length: 5\r\ncontent-length: 50\r\n\r\n{GOOD}")?;
            Ok(Then::Close)
        },
        Some(ErrorKind::Interrupted),
        &["the connection broke", LOOK],
    ),
    case(
        "a length that is none",
        |s| {
            write!(s, "HTTP/1.1 200 X\r\ncontent-length: -5\r\n\r\n{GOOD}")?;
            Ok(Then::Close)
        },
        Some(ErrorKind::Interrupted),
        &["the connection broke", LOOK],
    ),
    case(
        "a length beyond all numbers",
        |s| {
            write!(s, "HTTP/1.1 200 X\r\ncontent-length: 99999999999999999999\r\n\r\n{GOOD}")?;
            Ok(Then::Close)
        },
        Some(ErrorKind::Interrupted),
        &["the connection broke", LOOK],
    ),
    case(
        "a chunk of a length that is none",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")?;
            Ok(Then::Close)
        },
        Some(ErrorKind::Interrupted),
        &["broke off", LOOK],
    ),
    case(
        "a chunk of a length beyond all numbers",
        |s| {
            s.write_all(
                b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
            )?;
            Ok(Then::Close)
        },
        Some(ErrorKind::Interrupted),
        &["broke off", LOOK],
    ),
    case(
        "what is not HTTP",
        |s| {
            s.write_all(b"\x15\x03\x01\x00\x02\x02\x28")?;
            Ok(Then::Close)
        },
        Some(ErrorKind::Interrupted),
        &["the connection broke", LOOK],
    ),
    case(
        "another protocol after a switch that nobody asked for",
        |s| {
            s.write_all(b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nhi")?;
            Ok(Then::Close)
        },
        Some(ErrorKind::Refused),
        &["status 101"],
    ),
    case(
        "a status that no one knows",
        |s| answer(s, 999, "", b""),
        Some(ErrorKind::Refused),
        &["status 999"],
    ),
    case(
        "words that would steer a terminal",
        |s| {
            let body =
                br#"{"error_code":"DLI.\u001b[2J","error_msg":"\u001b]0;gone\u0007\u009b2J\r"}"#;
            answer(s, 400, "x-request-id: r1\r\n", body)
        },
        Some(ErrorKind::Refused),
        &["\u{fffd}]0;gone\u{fffd}\u{fffd}2J\u{fffd}", "request id r1"],
    ),
    case(
        "an error that is JSON and says nothing",
        |s| answer(s, 400, "", br#"{"oh":1}"#),
        Some(ErrorKind::Refused),
        &["without a code or a message", r#"{"oh":1}"#],
    ),
    case(
        "an asked pause beyond all time",
        |s| answer(s, 503, "retry-after: 18446744073709551615\r\n", b""),
        Some(ErrorKind::Refused),
        &["status 503", "try again later"],
    ),
];

/// Answers that do not come to an end; the time of the client does.
const SLOW: &[Case] = &[
    case(
        "a head, byte by byte",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\na: ")?;
            drip(s, b"b")
        },
        Some(ErrorKind::Timeout),
        &["no answer within", LOOK, "allow more time"],
    ),
    case(
        "a body, byte by byte",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\ncontent-length: 1000000\r\n\r\n{")?;
            drip(s, b" ")
        },
        Some(ErrorKind::Timeout),
        &["no answer within", LOOK, "allow more time"],
    ),
    case(
        "chunks, byte by byte",
        |s| {
            s.write_all(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")?;
            drip(s, b"1\r\n \r\n")
        },
        Some(ErrorKind::Timeout),
        &["no answer within", LOOK],
    ),
    case(
        "an error, byte by byte",
        |s| {
            s.write_all(b"HTTP/1.1 500 X\r\ncontent-length: 1000000\r\n\r\n{")?;
            drip(s, b" ")
        },
        Some(ErrorKind::Timeout),
        &["no answer within", LOOK],
    ),
    case("nothing", |s| drip(s, b""), Some(ErrorKind::Timeout), &["no answer within", LOOK]),
    case(
        "a moment, please, now and then",
        |s| drip(s, b"HTTP/1.1 100 Continue\r\n\r\n"),
        Some(ErrorKind::Timeout),
        &["no answer within", LOOK],
    ),
    case(
        "a moment, please, thousands of times",
        |s| {
            let heads = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".repeat(20);
            for _ in 0..30_000 {
                s.write_all(&heads)?;
                std::thread::sleep(Duration::from_millis(2));
            }
            Ok(Then::Close)
        },
        Some(ErrorKind::Timeout),
        &["no answer within", LOOK],
    ),
];

/// 2 GB of zeros: a gzip file of 1 MB, 2,048 times.
fn bomb() -> Vec<u8> {
    let mut one = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3];
    one.extend([0xed, 0xc1, 0x31, 1, 0, 0, 0, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 8, 0x5f, 0xa0]);
    one.resize(one.len() + 1016, 0);
    one.extend([0x3e, 3, 0x1c, 0xea, 0x38, 0xa7, 0, 0, 0x10, 0]);
    one.repeat(2_048)
}

fn server(cases: &'static [Case]) -> Hostile {
    Hostile::start(|last, stream| {
        let nth: usize = last.parse().unwrap_or_default();
        (cases[nth].answer)(stream)
    })
}

/// Shows the connection of this name, and comes back.
async fn show(dli: &Dli, name: &str) -> Result<(), Error> {
    let call = dli.enhanced_connections();
    let call = call.show(name);
    tokio::time::timeout(PATIENCE, call).await.expect("the call came to an end").map(drop)
}

fn check(case: &Case, outcome: Result<(), Error>) {
    let what = case.what;
    match (case.kind, outcome) {
        (None, Ok(())) => {}
        (None, Err(error)) => panic!("{what}: {error}"),
        (Some(kind), Ok(())) => panic!("{what}: no {kind:?}"),
        (Some(kind), Err(error)) => {
            let text = error.to_string();
            assert_eq!(error.kind(), kind, "{what}: {text}");
            assert_eq!(error.operation(), Some("show_enhanced_connection"), "{what}");
            assert_eq!(error.attempts(), 1, "{what}: {text}");
            for part in case.says {
                assert!(text.contains(part), "{what}: {text:?} lacks {part:?}");
            }
            assert!(!text.contains(|c: char| c.is_control()), "{what}: {text:?}");
            assert!(text.chars().count() < 8_000, "{what}: a text of {} bytes", text.len());
            assert!(!format!("{error:?}").contains("the-secret-key"));
        }
    }
}

#[tokio::test]
async fn a_wrong_answer_is_an_error_that_says_what_is_wrong_and_what_to_do() {
    let server = server(WRONG);
    let dli = client(&server.url());
    for (nth, case) in WRONG.iter().enumerate() {
        check(case, show(&dli, &nth.to_string()).await);
    }
    assert_eq!(server.requests(), WRONG.len(), "no redirect was followed, nothing sent twice");
}

#[tokio::test]
async fn an_answer_without_end_takes_no_longer_than_the_client_is_set_to_wait() {
    let server = server(SLOW);
    let dli = client(&server.url());
    for (nth, case) in SLOW.iter().enumerate() {
        let attempt = CallOptions::new().attempt_timeout(Duration::from_millis(200));
        check(case, show(&dli.with_options(attempt), &nth.to_string()).await);
        // As many attempts as fit, each of them without an end.
        let patient = RetryPolicy::new().max_attempts(1_000).base_delay(Duration::from_millis(1));
        let call = CallOptions::new()
            .timeout(Duration::from_millis(300))
            .attempt_timeout(Duration::from_millis(100))
            .retry(patient);
        let error = show(&dli.with_options(call), &nth.to_string()).await.unwrap_err();
        assert!(error.is_timeout() && error.attempts() < 20, "{}: {error}", case.what);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_answer_however_large_takes_more_memory_than_the_client_is_set_to_read() {
    const NAME: &str = "no_answer_however_large_takes_more_memory_than_the_client_is_set_to_read";
    const URL: &str = "DLI_TEST_HOSTILE_SERVER";
    if let Ok(url) = std::env::var(URL) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let dli = client(&url);
        for (nth, case) in LARGE.iter().enumerate() {
            check(case, runtime.block_on(show(&dli, &nth.to_string())));
            println!("{:>8} KiB after: {}", most_resident_kib(), case.what);
        }
        return;
    }
    // What the server sends is no memory of the client: the client has a process of its own.
    let server = server(LARGE);
    let program = std::env::current_exe().unwrap();
    let ran = std::process::Command::new(program)
        .args(["--exact", NAME, "--nocapture"])
        .env(URL, server.url())
        .output()
        .unwrap();
    let told =
        format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{told}");
    let last = told.lines().filter_map(|line| line.split_once(" KiB after: ")).next_back();
    let most: u64 = last.expect("a measure").0.trim().parse().unwrap();
    assert_eq!(server.requests(), LARGE.len(), "{told}");
    assert!(most < MEMORY_KIB, "{told}");
}

#[cfg(target_os = "linux")]
fn most_resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

// ---- connections --------------------------------------------------------------------------------

#[tokio::test]
async fn a_connection_cut_at_any_byte_is_an_error_and_never_half_an_answer() {
    let announced = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{GOOD}", GOOD.len());
    let until_closed = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{GOOD}");
    let half = GOOD.len() / 2;
    let (one, two) = GOOD.split_at(half);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{half:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n",
        two.len()
    );
    for whole in [announced, until_closed, chunked] {
        let sent = whole.clone();
        let server = Hostile::start(move |last, stream| {
            stream.write_all(&sent.as_bytes()[..last.parse().unwrap_or_default()])?;
            Ok(Then::Close)
        });
        let dli = client(&server.url());
        for end in 0..whole.len() {
            let error = match show(&dli, &end.to_string()).await {
                Err(error) => error,
                Ok(()) => panic!("{end} bytes are taken for all of {whole:?}"),
            };
            let known =
                [ErrorKind::Interrupted, ErrorKind::Undecodable, ErrorKind::UnexpectedAnswer];
            assert!(known.contains(&error.kind()), "{end} of {whole:?}: {error}");
            assert!(
                [LOOK, AS_IT_CAME, CHECK].iter().any(|way| error.to_string().contains(way)),
                "{error}"
            );
        }
        show(&dli, &whole.len().to_string()).await.unwrap();
    }
}

#[tokio::test]
async fn what_follows_an_answer_is_never_taken_for_the_next_one() {
    const EVIL: &str = r#"{"id":"evil"}"#;
    let server = Hostile::start(|last, stream| {
        let evil = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\n\r\n{EVIL}", EVIL.len());
        let all = match last {
            "no-content" => format!("HTTP/1.1 204 X\r\n\r\n{evil}"),
            "no-content-with-length" => {
                format!("HTTP/1.1 204 X\r\ncontent-length: 13\r\n\r\n{EVIL}{evil}")
            }
            "not-modified" => format!("HTTP/1.1 304 X\r\n\r\n{evil}"),
            "too-short" => format!("HTTP/1.1 200 X\r\ncontent-length: 2\r\n\r\n{{}}{evil}"),
            name => {
                let body = format!(r#"{{"id":"{name}"}}"#);
                return answer(stream, 200, "", body.as_bytes());
            }
        };
        // In one piece: what comes after the next request was sent is an answer to it.
        stream.write_all(all.as_bytes())?;
        Ok(Then::GoOn)
    });
    let dli = client(&server.url());
    let connections = dli.enhanced_connections();
    for odd in ["no-content", "no-content-with-length", "not-modified", "too-short"] {
        let first = connections.show(odd).await;
        assert!(!first.is_ok_and(|answer| answer.id.is_some()), "{odd}");
        for next in ["one", "two"] {
            match connections.show(next).await {
                Ok(answer) => assert_eq!(answer.id.as_deref(), Some(next), "after {odd}"),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}"),
            }
        }
    }
}

// ---- lists --------------------------------------------------------------------------------------

fn connection(id: impl std::fmt::Display) -> String {
    format!(r#"{{"id":"{id}"}}"#)
}

#[tokio::test]
async fn pages_that_go_in_circles_are_an_error_however_long_the_circle() {
    for circle in [2, 3, 7, 100] {
        let server = Server::start(move |request| {
            let offset: usize = request.query("offset").parse().unwrap();
            // Five good pages, then the circle.
            let page = if offset < 5 { offset } else { 5 + (offset - 5) % circle };
            json(200, &format!(r#"{{"connections":[{}]}}"#, connection(page)))
        })
        .await;
        let dli = server.builder().build().unwrap();
        let items = dli.enhanced_connections().list_items(Default::default());
        let outcomes: Vec<_> = items.take(5_000).collect().await;
        let error = outcomes.last().unwrap().as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Paging, "{error}");
        assert!(error.to_string().contains("a page that it gave before"), "{error}");
        assert!(error.to_string().contains("; take as many items as you need"), "{error}");
        assert!(server.requests() < 8 * (circle + 5), "{} for {circle}", server.requests());
    }
}

/// A list of pools: the items of a page and the total it tells, by offset.
async fn pools(page: fn(i64) -> (Vec<i64>, i64)) -> (Server, Dli) {
    let server = Server::start(move |request| {
        let (items, count) = page(request.query("offset").parse().unwrap());
        let items: Vec<String> = items
            .iter()
            .map(|nth| format!(r#"{{"elastic_resource_pool_name":"{nth}"}}"#))
            .collect();
        let items = items.join(",");
        json(200, &format!(r#"{{"count":{count},"elastic_resource_pools":[{items}]}}"#))
    })
    .await;
    let dli = server.builder().build().unwrap();
    (server, dli)
}

async fn names(dli: &Dli) -> Result<Vec<String>, (Vec<String>, Error)> {
    let mut items = dli.elastic_resource_pools().list_items(Default::default());
    let mut names = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Ok(item) => names.push(item.elastic_resource_pool_name.unwrap()),
            Err(error) => return Err((names, error)),
        }
    }
    Ok(names)
}

#[tokio::test]
async fn a_negative_total_is_none() {
    let (_server, dli) = pools(|offset| match offset {
        0..10 => (vec![offset, offset + 1], -1),
        _ => (vec![], -1),
    })
    .await;
    let expected: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    assert_eq!(names(&dli).await.unwrap(), expected);
}

#[tokio::test]
async fn an_end_before_the_total_is_an_end_after_all_that_came() {
    let (_server, dli) = pools(|offset| match offset {
        0..4 => (vec![offset, offset + 1], 10),
        _ => (vec![], 10),
    })
    .await;
    assert_eq!(names(&dli).await.unwrap(), ["0", "1", "2", "3"]);
    let (server, dli) = pools(|_| (vec![], 10)).await;
    assert!(names(&dli).await.unwrap().is_empty());
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_circle_is_an_error_however_many_items_the_list_counts() {
    let (server, dli) = pools(|offset| (vec![offset % 3], 1_000_000)).await;
    let (came, error) = names(&dli).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging, "{error}");
    assert!(error.to_string().contains("a page that it gave before"), "{error}");
    assert!(came.len() < 12 && server.requests() < 12, "{} items", came.len());
}

#[tokio::test]
async fn a_total_that_shrinks_is_believed() {
    let (_server, dli) = pools(|offset| match offset {
        0 => (vec![0, 1], 1_000),
        2 => (vec![2], 3),
        _ => (vec![], 3),
    })
    .await;
    assert_eq!(names(&dli).await.unwrap(), ["0", "1", "2"]);
}

#[tokio::test]
async fn a_total_that_grows_gives_no_more_than_is_taken() {
    let (server, dli) = pools(|offset| (vec![offset], offset + 100)).await;
    let items = dli.elastic_resource_pools().list_items(Default::default());
    let taken: Vec<_> = items.take(200).collect().await;
    assert!(taken.iter().all(Result::is_ok));
    assert!(server.requests() <= 201, "{}", server.requests());
}

// ---- results of SQL -----------------------------------------------------------------------------

/// The service with one finished job that has this preview and this place of its result.
#[cfg(feature = "sql_jobs")]
async fn sql_service(preview: String, place: &'static str) -> Server {
    Server::start(move |request| match request.path.rsplit('/').next() {
        Some("preview") => json(200, &preview),
        _ => json(
            200,
            &format!(
                r#"{{"is_success":true,"job_id":"j1","job_type":"QUERY","status":"FINISHED"{place}}}"#
            ),
        ),
    })
    .await
}

#[cfg(feature = "sql_jobs")]
#[tokio::test]
async fn a_type_or_a_value_as_deep_as_can_be_is_a_name_or_an_error() {
    let deep_type = deep("array<", "int", ">");
    let preview = format!(r#"{{"row_count":1,"schema":[{{"a":"{deep_type}"}}],"rows":[["x"]]}}"#);
    let server = sql_service(preview, "").await;
    let dli = server.builder().build().unwrap();
    let error = dli.sql_job("j1").results().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Results, "{error}");

    let deep_value = deep("[", "", "]");
    let preview =
        format!(r#"{{"row_count":1,"schema":[{{"a":"array<int>"}}],"rows":[[{deep_value}]]}}"#);
    let server = sql_service(preview, "").await;
    let dli = server.builder().build().unwrap();
    let error = dli.sql_job("j1").results().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable, "{error}");
    assert!(error.to_string().contains("recursion limit"), "{error}");
}

#[cfg(feature = "obs")]
#[tokio::test]
async fn a_row_of_the_job_bucket_without_end_is_refused_at_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let parts = folder.path().join("bucket1/results/j1");
    std::fs::create_dir_all(&parts).unwrap();
    // 2 GB of zeros without a line; none of them is on the disk.
    let part = std::fs::File::create(parts.join("part-00000.csv")).unwrap();
    part.set_len(2 << 30).unwrap();
    let preview = r#"{"row_count":0,"schema":[{"a":"string"}],"rows":[]}"#.to_owned();
    let place = r#","result_count":5000,"result_path":"obs://bucket1/results/j1""#;
    let server = sql_service(preview, place).await;
    let storage = dli_ext::sql::Storage::folder(folder.path());
    let dli = server.builder().storage(storage).body_limit(1_000_000).build().unwrap();
    let mut rows = dli.sql_job("j1").results().await.unwrap().raw_rows();
    let error = rows.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Results);
    let text = error.to_string();
    assert!(
        text.contains("longer than the 1000000 bytes") && text.contains("Builder::body_limit"),
        "{text}"
    );
    assert!(rows.next().await.is_none());
}

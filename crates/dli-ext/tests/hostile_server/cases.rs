//! Answers, and what the client is to make of each.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use dli_ext::ErrorKind;

use crate::server::{Then, again, answer, drip};
use crate::{GOOD, LIMIT, deep};

/// An answer, the kind of the error it is (none for one that is good), and words of its text.
pub struct Case {
    pub what: &'static str,
    pub answer: fn(&mut TcpStream) -> std::io::Result<Then>,
    pub kind: Option<ErrorKind>,
    pub says: &'static [&'static str],
}

const fn case(
    what: &'static str,
    answer: fn(&mut TcpStream) -> std::io::Result<Then>,
    kind: Option<ErrorKind>,
    says: &'static [&'static str],
) -> Case {
    Case { what, answer, kind, says }
}

pub const LOOK: &str = "look before sending it again";
pub const AS_IT_CAME: &str = "Error::body has";
pub const CHECK: &str = "check that the endpoint";

/// Answers that would take much memory.
pub const LARGE: &[Case] = &[
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
pub const WRONG: &[Case] = &[
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
pub const SLOW: &[Case] = &[
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

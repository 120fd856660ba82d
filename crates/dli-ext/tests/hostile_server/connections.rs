//! Connections that are cut, or bring more than was asked for.

use std::io::Write;

use dli_ext::ErrorKind;

use crate::cases::{AS_IT_CAME, CHECK, LOOK};
use crate::server::{Hostile, Then, answer};
use crate::{GOOD, client, show};

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

//! A server that misbehaves: it reads a request and then does with the socket what a case says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What becomes of a connection after an answer.
pub enum Then {
    Close,
    /// The next request is read.
    GoOn,
}

type Act = dyn Fn(&str, &mut TcpStream) -> std::io::Result<Then> + Send + Sync;

pub struct Hostile {
    pub address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Hostile {
    /// Has `act` answer each request; it is told the last part of the path, and ends with an error
    /// when the client has gone.
    pub fn start(
        act: impl Fn(&str, &mut TcpStream) -> std::io::Result<Then> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let (act, counted) = (Arc::new(act), Arc::clone(&requests));
        // The thread ends with the process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (act, counted) = (Arc::clone(&act), Arc::clone(&counted));
                std::thread::spawn(move || {
                    let _ = serve(stream, &*act, &counted);
                });
            }
        });
        Self { address, requests }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, act: &Act, counted: &AtomicUsize) -> std::io::Result<()> {
    // A server that hangs must not outlive the tests by much.
    stream.set_write_timeout(Some(Duration::from_secs(60)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut head = String::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink())?;
        counted.fetch_add(1, Ordering::SeqCst);
        let target = head.split(' ').nth(1).unwrap_or_default();
        let path = target.split('?').next().unwrap_or_default();
        if let Then::Close = act(path.rsplit('/').next().unwrap_or_default(), &mut stream)? {
            return Ok(());
        }
    }
}

/// An answer with this body, announced as it is.
pub fn answer(
    stream: &mut TcpStream,
    status: u16,
    headers: &str,
    body: &[u8],
) -> std::io::Result<Then> {
    write!(stream, "HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n", body.len())?;
    stream.write_all(body)?;
    Ok(Then::GoOn)
}

/// The same piece until the client has had enough, or `most` times.
pub fn again(stream: &mut TcpStream, piece: &[u8], most: usize) -> std::io::Result<Then> {
    for _ in 0..most {
        stream.write_all(piece)?;
    }
    Ok(Then::Close)
}

/// A piece now and then, for a minute at most.
pub fn drip(stream: &mut TcpStream, piece: &[u8]) -> std::io::Result<Then> {
    for _ in 0..3_000 {
        stream.write_all(piece)?;
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(Then::Close)
}

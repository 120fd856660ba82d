//! Requests that were signed before, over connections that stay open, as fast as they are
//! answered. The client does as little as it can, so that the server is what is measured.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use dli_emulator::{DEFAULT_ACCESS_KEY, DEFAULT_PROJECT_ID, DEFAULT_SECRET_KEY};
use dli_sign::{Credential, PayloadDigest, sign};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{Words, one_thread};
use crate::connections;
use crate::measure::{Figures, percentile};

/// Connections that are open at once.
const CLIENTS: usize = 32;

pub fn run(mut words: Words) -> anyhow::Result<Figures> {
    let url = words.text("the URL")?;
    let what = words.text("`show`, `list` or `create`")?;
    let requests = words.number("how many requests")?;
    let host = url.strip_prefix("http://").context("the URL begins with http://")?.to_owned();
    one_thread()?.block_on(async {
        let path = connections::path(DEFAULT_PROJECT_ID);
        let mut first = Client::open(&host).await?;
        let id = first.exchange(&signed(&host, "POST", &path, &creation(&what, 0))?).await?;
        let id: serde_json::Value = serde_json::from_slice(&id)?;
        let id = id["connection_id"].as_str().context("no connection was made")?;
        let mut clients = JoinSet::new();
        let each = requests / CLIENTS;
        let mut queues = Vec::new();
        for client in 0..CLIENTS {
            let one = |number: usize| match what.as_str() {
                "show" => signed(&host, "GET", &format!("{path}/{id}"), ""),
                "list" => signed(&host, "GET", &format!("{path}?limit=100&offset=0"), ""),
                "create" => {
                    let number = client * each + number + 1;
                    signed(&host, "POST", &path, &creation(&what, number))
                }
                other => bail!("there is no request `{other}`"),
            };
            let distinct = if what == "create" { each } else { 1 };
            queues.push((0..distinct).map(one).collect::<anyhow::Result<Vec<_>>>()?);
        }
        let mut open = Vec::new();
        for queue in queues {
            open.push((Client::open(&host).await?, queue));
        }
        let started = Instant::now();
        for (mut client, queue) in open {
            clients.spawn(async move {
                let mut latencies = Vec::with_capacity(each);
                for request in queue.iter().cycle().take(each) {
                    let sent = Instant::now();
                    client.exchange(request).await?;
                    latencies.push(sent.elapsed());
                }
                anyhow::Ok(latencies)
            });
        }
        let mut latencies: Vec<Duration> = Vec::with_capacity(requests);
        while let Some(done) = clients.join_next().await {
            latencies.extend(done??);
        }
        let wall = started.elapsed();
        latencies.sort_unstable();
        #[allow(clippy::cast_precision_loss)]
        let count = latencies.len() as f64;
        Ok(Figures::from([
            ("requests_a_second", count / wall.as_secs_f64()),
            ("requests", count),
            ("p50_us", percentile(&latencies, 0.5)),
            ("p99_us", percentile(&latencies, 0.99)),
        ]))
    })
}

/// The body that creates a connection; a name can be used once.
fn creation(run: &str, number: usize) -> String {
    let now = jiff::Timestamp::now().as_microsecond();
    format!(
        r#"{{"name":"{run}_{now}_{number}","dest_vpc_id":"22094d8f-c310-4621-913d-4c4d655d8495","dest_network_id":"78f2562a-36e4-4b39-95b9-f5aab22e1281","hosts":[{{"ip":"192.168.0.1","name":"ecs-97f8-0001"}}]}}"#
    )
}

/// A request as it goes over the wire, signed.
fn signed(host: &str, method: &str, target: &str, body: &str) -> anyhow::Result<Vec<u8>> {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("http://{host}{target}"))
        .header("host", host)
        .header("content-type", "application/json")
        .header("content-length", body.len())
        .header("x-project-id", DEFAULT_PROJECT_ID)
        .body(())?;
    let (mut parts, ()) = request.into_parts();
    let credential = Credential::new(DEFAULT_ACCESS_KEY, DEFAULT_SECRET_KEY);
    sign(&mut parts, &PayloadDigest::of(body.as_bytes()), &credential, jiff::Timestamp::now())?;
    let mut wire = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
    for (name, value) in &parts.headers {
        wire.extend_from_slice(name.as_str().as_bytes());
        wire.extend_from_slice(b": ");
        wire.extend_from_slice(value.as_bytes());
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b"\r\n");
    wire.extend_from_slice(body.as_bytes());
    Ok(wire)
}

struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Client {
    async fn open(host: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(128 * 1024) })
    }

    /// Sends a request and reads the whole answer, which has to be a success.
    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<Vec<u8>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let mut end = None;
        loop {
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the server closed the connection");
            if end.is_none() {
                end = head(&self.buffer)?;
            }
            if let Some((body, end)) = end
                && self.buffer.len() >= end
            {
                // What the first request answers is looked at; the others are small or dropped.
                let short = end - body < 1024;
                return Ok(if short { self.buffer[body..end].to_vec() } else { Vec::new() });
            }
        }
    }
}

/// Where the body begins and ends, once the head is there.
fn head(bytes: &[u8]) -> anyhow::Result<Option<(usize, usize)>> {
    let Some(length) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..length])?;
    ensure!(
        head.starts_with("HTTP/1.1 20"),
        "not a success: {}",
        String::from_utf8_lossy(&bytes[..bytes.len().min(600)])
    );
    let announced = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    let body = length + 4;
    Ok(Some((body, body + announced.context("an answer without a length")?)))
}

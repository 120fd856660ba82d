//! Instructions of what is done for each call: the same on a noisy machine. `cargo xtask
//! instructions` runs this below Valgrind and holds it to `instructions.json`.
//!
//! A call goes through everything but the network: its request is made, signed and handed to a
//! transport in memory, whose answer is classified and decoded. The floor makes the request with
//! bare reqwest and decodes the answer into types written by hand.

#![allow(missing_docs, reason = "the macros of gungraun make public items")]

use std::hint::black_box;

use dli_bench::connections::{self, Connection, List};
use dli_bench::signing;
use dli_ext::handles::{EnhancedConnections, ListEnhancedConnectionsParams};
use dli_ext::test_util::{Answer, Script};
use gungraun::{
    Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};
use tokio::runtime::Runtime;

const ID: &str = "c3f0a1d2-7b6e-4a59-8d3c-000000000001";

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// What a call needs. It is handed back, so that its end is not counted.
type Ready = (Runtime, EnhancedConnections);

/// A client whose first call is made: what is looked for once is found.
fn ours(operation: &str, answer: String) -> Ready {
    let script = Script::new();
    script.on(operation, Answer::json(200, answer));
    let connections = script.client().enhanced_connections();
    let runtime = runtime();
    let once = runtime.block_on(async {
        match operation {
            "show_enhanced_connection" => show(&connections).await,
            _ => list(&connections).await,
        }
    });
    assert!(once, "the first call failed");
    (runtime, connections)
}

async fn show(connections: &EnhancedConnections) -> bool {
    connections.show(ID).await.is_ok_and(|connection| connection.id.is_some())
}

async fn list(connections: &EnhancedConnections) -> bool {
    let params = ListEnhancedConnectionsParams::default().limit(100).offset(0);
    connections.list(params).await.is_ok_and(|page| page.connections.is_some())
}

fn ours_show() -> Ready {
    ours("show_enhanced_connection", connections::one("ACTIVE"))
}

fn ours_list() -> Ready {
    ours("list_enhanced_connections", connections::page(0, 100))
}

/// The same for the floor.
type Bare = (reqwest::Client, String);

fn floor_show() -> Bare {
    (reqwest::Client::new(), connections::one("ACTIVE"))
}

fn floor_list() -> Bare {
    (reqwest::Client::new(), connections::page(0, 100))
}

#[library_benchmark]
#[bench::ours(setup = ours_show)]
fn call_show(ready: Ready) -> (bool, Ready) {
    (black_box(ready.0.block_on(show(black_box(&ready.1)))), ready)
}

#[library_benchmark]
#[bench::ours(setup = ours_list)]
fn call_list(ready: Ready) -> (bool, Ready) {
    (black_box(ready.0.block_on(list(black_box(&ready.1)))), ready)
}

#[library_benchmark]
#[bench::floor(setup = floor_show)]
fn bare_show((client, answer): Bare) -> (bool, Bare) {
    let url = format!("http://dli.test{}/{ID}", connections::path("test-project"));
    let request = client.get(url).build();
    let decoded = serde_json::from_str::<Connection>(black_box(&answer));
    (black_box(request.is_ok() && decoded.is_ok()), (client, answer))
}

#[library_benchmark]
#[bench::floor(setup = floor_list)]
fn bare_list((client, answer): Bare) -> (bool, Bare) {
    let url = format!("http://dli.test{}", connections::path("test-project"));
    let request = client.get(url).query(&[("limit", 100), ("offset", 0)]).build();
    let decoded = serde_json::from_str::<List>(black_box(&answer));
    (black_box(request.is_ok() && decoded.is_ok()), (client, answer))
}

fn page(items: usize) -> String {
    connections::page(0, items)
}

#[library_benchmark]
#[bench::ours_1(args = (1,), setup = page)]
#[bench::ours_100(args = (100,), setup = page)]
#[bench::ours_10000(args = (10_000,), setup = page)]
fn decode(page: String) -> usize {
    let list = serde_json::from_str::<dli_api::types::EnhancedConnectionList>(black_box(&page));
    black_box(list).ok().and_then(|list| list.connections).map_or(0, |items| items.len())
}

#[library_benchmark]
#[bench::floor_1(args = (1,), setup = page)]
#[bench::floor_100(args = (100,), setup = page)]
#[bench::floor_10000(args = (10_000,), setup = page)]
fn decode_bare(page: String) -> usize {
    let list = serde_json::from_str::<List>(black_box(&page));
    black_box(list).ok().and_then(|list| list.connections).map_or(0, |items| items.len())
}

fn signing() -> signing::Work {
    let mut work = signing::Work::new().expect("a request that can be signed");
    work.ours().expect("it is signed");
    work
}

#[library_benchmark]
#[bench::ours(setup = signing)]
fn sign(mut work: signing::Work) -> (bool, signing::Work) {
    (black_box(work.ours().is_ok()), work)
}

#[library_benchmark]
#[bench::floor(setup = signing)]
fn sign_bare(work: signing::Work) -> (bool, signing::Work) {
    (black_box(work.floor().is_ok()), work)
}

library_benchmark_group!(
    name = instructions;
    benchmarks = call_show, bare_show, call_list, bare_list, decode, decode_bare, sign, sign_bare
);

main!(
    config = LibraryBenchmarkConfig::default()
        .tool(Callgrind::with_args(["--cache-sim=no"]));
    library_benchmark_groups = instructions
);

//! Row 1: a whole call through dli-ext against bare reqwest with types written by hand, over HTTP
//! without TLS to a server in another process, on a connection that stays open. The floor signs
//! nothing, retries nothing, checks nothing.

use super::programs::{Server, alternately, counted, time};
use super::table::Line;

pub fn run() -> anyhow::Result<Vec<Line>> {
    let server = Server::start("serve", "floor", &[])?;
    let mut lines = Vec::new();
    for (name, what, times) in
        [("list of 100 connections", "list", "3000"), ("show of one connection", "show", "10000")]
    {
        let sides = alternately("calls", &[&server.url, what, times])?;
        lines.push(
            Line::new(format!("{name}, CPU a call"), time(sides.ours("cpu_us")?))
                .beside(time(sides.floor("cpu_us")?), sides.ratio("cpu_us")?)
                .at_most(1.10)
                .note(
                    "the floor signs nothing, and neither retries nor checks. Of the instructions \
                     that a show takes beyond it, hashing left out (counted below Valgrind), a \
                     third is the signature, a third the headers, seven instead of one, each copied \
                     by three layers of reqwest, a fifth the allocator, a sixth copies of values, \
                     a fifth our own code; the floor spends a fifth of them on parsing its address.",
                ),
        );
        let few = [server.url.as_str(), what, "200"];
        let ours = counted("calls", "ours", &few)?.get("allocations")?;
        let floor = counted("calls", "floor", &few)?.get("allocations")?;
        lines.push(
            Line::new(format!("{name}, allocations a call"), format!("{ours:.0}"))
                .beside(format!("{floor:.0}"), ours / floor),
        );
    }
    Ok(lines)
}

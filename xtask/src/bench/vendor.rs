//! Row 9: the same calls through the vendor's own Python SDK, where PyPI is reached. The server is
//! the one of row 1; both sides sign.

use super::programs::{Figures, Server, in_turn, once, time};
use super::table::Line;
use crate::command;
use crate::python;

/// How many times less CPU a call is to take.
const TIMES: f64 = 15.0;

pub fn run() -> anyhow::Result<Vec<Line>> {
    let programs = match python::install(python::VENDOR_SDK) {
        Ok(programs) => programs,
        Err(error) => {
            let what = "the vendor's Python SDK";
            return Ok(vec![Line::skipped(what, format!("it cannot be installed: {error}"))]);
        }
    };
    let server = Server::start("serve", "floor", &[])?;
    let mut lines = Vec::new();
    for (name, what, ours, vendors) in [
        ("list of 100 connections", "list", "1000", "40"),
        ("show of one connection", "show", "3000", "200"),
    ] {
        let sides = in_turn(|side| match side {
            "ours" => once("calls", side, &[&server.url, what, ours]),
            _ => {
                let output = command::new(programs.join("python"))
                    .args(["crates/dli-bench/vendor_sdk.py", &server.url, what, vendors])
                    .output()?;
                Figures::read(&output)
            }
        })?;
        lines.push(
            Line::new(format!("{name}, CPU a call: ours, vendor's"), time(sides.ours("cpu_us")?))
                .beside(time(sides.floor("cpu_us")?), 1.0 / sides.ratio("cpu_us")?)
                .at_least(TIMES),
        );
    }
    Ok(lines)
}

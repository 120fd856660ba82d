//! Row 6: the emulator under load, its state in a file, against a bare axum server that answers the
//! same JSON and checks and keeps nothing, and against SQLite alone. One client sends requests that
//! were signed before over 32 connections; it and the server share the processors.

use super::programs::{RUNS, Server, median, once, size, time};
use super::table::Line;

/// The share of bare axum's reads that the emulator is to reach.
const SHARE: f64 = 0.60;

/// Where the time goes, by a profile of the server under lists of 100.
const CAUSE: &str = "\
    objects are kept as JSON text in SQLite and decoded once; each read compares the rows with \
    what was decoded, a sixth of the server's time, and steps through them in SQLite, another \
    sixth. The rest is writing the answer and the kernel; checking the signature does not show.";

pub fn run() -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (name, what, requests) in [
        ("reads of one", "show", "40000"),
        ("reads of a list of 100", "list", "4000"),
        ("writes", "create", "8000"),
    ] {
        let (mut ours, mut floor, mut sqlite) = (Vec::new(), Vec::new(), Vec::new());
        let (mut our_peak, mut floor_peak) = (0.0_f64, 0.0_f64);
        for _ in 0..RUNS {
            let folder = tempfile::tempdir()?;
            let folder = folder.path().to_string_lossy();
            let server = Server::start("emulator", "ours", &[&folder])?;
            if what == "list" {
                once("load", "ours", &[&server.url, "create", "96"])?;
            }
            ours.push(once("load", "ours", &[&server.url, what, requests])?);
            our_peak = our_peak.max(server.peak()?);
            drop(server);
            let server = Server::start("emulator", "floor", &[&folder])?;
            floor.push(once("load", "floor", &[&server.url, what, requests])?);
            floor_peak = floor_peak.max(server.peak()?);
            drop(server);
            sqlite.push(once("sqlite", "floor", &[&folder, what, "4000"])?);
        }
        let rate = "requests_a_second";
        let a_second = |rate: f64| format!("{rate:.0}");
        let ratios: Vec<f64> = ours
            .iter()
            .zip(&floor)
            .map(|(ours, floor)| Ok(ours.get(rate)? / floor.get(rate)?))
            .collect::<anyhow::Result<_>>()?;
        let line = Line::new(format!("{name}, signed, a second"), a_second(median(&ours, rate)?))
            .beside(a_second(median(&floor, rate)?), super::programs::middle(ratios)?);
        lines.push(if what == "create" { line } else { line.at_least(SHARE).if_missed(CAUSE) });
        let alone = median(&sqlite, rate)?;
        lines.push(
            Line::new(format!("{name}, beside SQLite alone"), a_second(median(&ours, rate)?))
                .beside(a_second(alone), median(&ours, rate)? / alone),
        );
        for (percentile, figure) in [("p50", "p50_us"), ("p99", "p99_us")] {
            let (ours, floor) = (median(&ours, figure)?, median(&floor, figure)?);
            lines.push(
                Line::new(format!("{name}, {percentile}"), time(ours))
                    .beside(time(floor), ours / floor),
            );
        }
        lines.push(
            Line::new(format!("{name}, peak memory of the server"), size(our_peak))
                .beside(size(floor_peak), our_peak / floor_peak),
        );
    }
    Ok(lines)
}

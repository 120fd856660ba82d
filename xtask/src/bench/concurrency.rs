//! Row 5: ten thousand calls at once, and ten thousand waits, against the same with bare reqwest.

use super::programs::{Server, in_turn, once, size, time};
use super::table::Line;

const MANY: &str = "10000";
/// What a wait may take.
const MOST_KIB: f64 = 20.0;

pub fn run() -> anyhow::Result<Vec<Line>> {
    // A server for each run: what one left open is not the other's.
    let sides = |scenario: &str| {
        in_turn(|side| {
            let server = Server::start("serve", "floor", &[])?;
            once(scenario, side, &[&server.url, MANY])
        })
    };
    let calls = sides("many-calls")?;
    let waits = sides("waiters")?;
    let peak = waits.ours("peak_kib_a_wait")?;
    let mut lines = vec![
        Line::new("10,000 calls under way, peak memory each", size(calls.ours("kib_a_call")?))
            .beside(size(calls.floor("kib_a_call")?), calls.ratio("kib_a_call")?),
    ];
    for (name, figure) in [("p50", "p50_us"), ("p99", "p99_us")] {
        lines.push(
            Line::new(
                format!("the same, {name} of a call that the server holds for 2 s"),
                time(calls.ours(figure)?),
            )
            .beside(time(calls.floor(figure)?), calls.ratio(figure)?),
        );
    }
    lines.push(
        Line::new("10,000 waits, peak memory each, its connection included", size(peak))
            .beside(size(waits.floor("peak_kib_a_wait")?), waits.ratio("peak_kib_a_wait")?)
            .target("≤ 20 KiB", peak <= MOST_KIB),
    );
    Ok(lines)
}

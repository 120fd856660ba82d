//! Row 2: decoding lists of connections into the generated types against types written by hand.

use super::programs::{alternately, time};
use super::table::Line;

pub fn run() -> anyhow::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for items in ["1", "100", "10000"] {
        let sides = alternately("decoding", &[items])?;
        lines.push(
            Line::new(format!("a list of {items}, CPU"), time(sides.ours("cpu_us")?))
                .beside(time(sides.floor("cpu_us")?), sides.ratio("cpu_us")?)
                .at_most(1.05),
        );
    }
    Ok(lines)
}

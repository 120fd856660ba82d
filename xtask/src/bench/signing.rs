//! Row 3: signing against the two SHA-256 and the HMAC that it consists of.

use super::programs::{alternately, time};
use super::table::Line;

pub fn run() -> anyhow::Result<Vec<Line>> {
    let sides = alternately("signing", &[])?;
    let line = Line::new("a request with a body, CPU", time(sides.ours("cpu_us")?))
        .beside(time(sides.floor("cpu_us")?), sides.ratio("cpu_us")?)
        .at_most(2.0);
    Ok(vec![line])
}

//! Row 4: a million items, a thousand a page, against a loop over bare reqwest.

use super::programs::{Server, alternately, size, time};
use super::table::Line;

const ITEMS: &str = "1000000";
/// The most memory that the whole process may have.
const MOST_KIB: f64 = 32.0 * 1024.0;
/// Growth from a tenth of the way to its end that still is flat: what an allocator keeps.
const FLAT: f64 = 1.1;

pub fn run() -> anyhow::Result<Vec<Line>> {
    let server = Server::start("serve", "floor", &[])?;
    let sides = alternately("paging", &[&server.url, ITEMS])?;
    let a_second =
        |micros: f64| format!("{:.0} thousand ({} CPU each)", 1e3 / micros, time(micros));
    let peak = sides.ours("peak_kib")?;
    let growth = peak / sides.ours("early_kib")?;
    Ok(vec![
        Line::new("a million items, items a second", a_second(sides.ours("wall_us")?))
            .beside(a_second(sides.floor("wall_us")?), 1.0 / sides.ratio("wall_us")?),
        Line::new("a million items, peak memory of the process", size(peak))
            .beside(size(sides.floor("peak_kib")?), sides.ratio("peak_kib")?)
            .target("≤ 32 MiB", peak <= MOST_KIB),
        Line::new("the same, beside its peak after a tenth", size(peak))
            .beside(size(sides.ours("early_kib")?), growth)
            .at_most(FLAT),
    ])
}

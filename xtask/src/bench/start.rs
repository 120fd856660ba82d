//! Row 7: how long it takes until something runs: the command, and an emulator in a program of
//! one's own.

use super::programs::{Figures, build, median, once, program, size, time};
use super::table::Line;

/// Starts of each program; they are short.
const STARTS: usize = 21;

pub fn run() -> anyhow::Result<Vec<Line>> {
    build("dli-cli")?;
    let dli = program("dli");
    let dli = dli.to_string_lossy();
    let version = many("command", &[&dli, "--version"])?;
    let list = many("command", &[&dli, "connection", "list", "--local"])?;
    let emulator = many("emulator-start", &[])?;
    let (wall, peak) = (median(&version, "wall_us")?, median(&version, "peak_kib")?);
    let start = median(&emulator, "wall_us")?;
    let answered = median(&emulator, "answered_us")?;
    Ok(vec![
        Line::new("`dli --version`", time(wall)).target("≤ 15 ms", wall <= 15e3),
        Line::new("`dli --version`, peak memory", size(peak))
            .target("≤ 20 MiB", peak <= 20.0 * 1024.0),
        Line::new("`dli connection list --local`", time(median(&list, "wall_us")?)),
        Line::new("the same, peak memory", size(median(&list, "peak_kib")?)),
        Line::new("an emulator in a program of one's own", time(start))
            .target("< 20 ms", start < 20e3),
        Line::new("the same, until its first signed call was answered", time(answered)),
    ])
}

fn many(scenario: &str, arguments: &[&str]) -> anyhow::Result<Vec<Figures>> {
    (0..STARTS).map(|_| once(scenario, "ours", arguments)).collect()
}

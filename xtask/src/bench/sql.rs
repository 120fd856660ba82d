//! A query through the emulator, as a program runs it (submit, wait, rows), against DataFusion
//! called directly on the same file.

use super::programs::{build_sql, in_turn, once_sql, time};
use super::table::Line;

pub fn run() -> anyhow::Result<Vec<Line>> {
    build_sql()?;
    let folder = tempfile::tempdir()?;
    let folder = folder.path().to_string_lossy();
    let mut lines = Vec::new();
    for (name, what, times) in
        [("`SELECT 1`", "trivial", "300"), ("GROUP BY over 100,000 rows", "group", "200")]
    {
        let sides = in_turn(|side| once_sql("sql", side, &[&folder, what, times]))?;
        let (ours, floor) = (sides.ours("wall_us")?, sides.floor("wall_us")?);
        let poll = time(sides.ours("poll_us")?);
        lines.push(
            Line::new(format!("{name}, submit to rows, polled every {poll}"), time(ours))
                .beside(time(floor), sides.ratio("wall_us")?)
                .note(
                    "the floor is a `SessionContext` that stays, queried in its own process. A \
                     query through the emulator is at least four signed requests (submit, status \
                     until finished, status and preview for the rows), a session of its own, and \
                     a result written to the job bucket. Unless told otherwise the client pauses \
                     300 ms after its first look, then half as long again each time.",
                ),
        );
        lines.push(Line::new(format!("{name}, overhead a query"), time(ours - floor)));
        lines.push(
            Line::new(format!("{name}, CPU a query"), time(sides.ours("cpu_us")?))
                .beside(time(sides.floor("cpu_us")?), sides.ratio("cpu_us")?),
        );
    }
    Ok(lines)
}

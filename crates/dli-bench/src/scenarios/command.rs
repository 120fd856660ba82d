//! How long a program takes from its start to its end, and the most memory it has.

use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};

use super::Words;
use crate::measure::{Figures, peak_of_children};

pub fn run(mut words: Words) -> anyhow::Result<Figures> {
    let program = words.text("the program")?;
    let mut command = Command::new(&program);
    command.args(words.rest()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let status = command.status().with_context(|| format!("cannot start {program}"))?;
    let wall = started.elapsed();
    ensure!(status.success(), "{program}: {status}");
    Ok(Figures::from([("wall_us", wall.as_secs_f64() * 1e6), ("peak_kib", peak_of_children())]))
}

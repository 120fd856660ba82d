//! Signing, against its cryptography alone.

use super::Side;
use crate::measure::{Figures, Meter};
use crate::signing::Work;

const TIMES: usize = 100_000;

pub fn run(side: Side) -> anyhow::Result<Figures> {
    let mut work = Work::new()?;
    let mut once = || match side {
        Side::Ours => work.ours(),
        Side::Floor => work.floor(),
    };
    for _ in 0..TIMES / 10 {
        once()?;
    }
    let meter = Meter::start();
    for _ in 0..TIMES {
        once()?;
    }
    Ok(meter.stop(TIMES))
}

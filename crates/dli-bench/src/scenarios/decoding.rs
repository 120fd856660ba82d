//! Decoding a list of so many items.

use std::hint::black_box;

use super::{Side, Words};
use crate::connections::{self, List};
use crate::measure::{Figures, Meter};

/// Items decoded in all, in as many lists as that takes.
const WORK: usize = 300_000;

pub fn run(side: Side, mut words: Words) -> anyhow::Result<Figures> {
    let items = words.number("how many items")?.max(1);
    let page = connections::page(0, items);
    let times = WORK / items;
    let decode = match side {
        Side::Ours => |page: &str| {
            black_box(serde_json::from_str::<dli_api::types::EnhancedConnectionList>(page))
                .map(|_| ())
        },
        Side::Floor => |page: &str| black_box(serde_json::from_str::<List>(page)).map(|_| ()),
    };
    for _ in 0..times / 10 + 1 {
        decode(black_box(&page))?;
    }
    let meter = Meter::start();
    for _ in 0..times {
        decode(black_box(&page))?;
    }
    Ok(meter.stop(times))
}

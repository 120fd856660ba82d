//! The programs that `cargo xtask bench` measures, one a scenario. Each has two sides: `ours`, and
//! a `floor` that does the same by hand. A side runs in a process of its own, so that its time and
//! memory are its own, and prints its figures as one JSON object.
//!
//! Beside them, `benches/` counts instructions.
//!
//! `dli-bench SCENARIO SIDE ARGUMENTS…`; the scenarios are in `scenarios/`.

pub mod connections;
pub mod measure;
#[cfg(feature = "scenarios")]
pub mod scenarios;
pub mod signing;

//! SQL that runs, through the project's client.

#[path = "../common/mod.rs"]
mod common;

mod bounds;
mod differences;
mod durability;
mod program;
mod projects;
mod scene;
mod statements;
mod tpch;
mod transfers;

//! The commands, a module a group.

pub mod api;
pub mod common;
pub mod configure;
pub mod connection;
pub mod database;
pub mod doctor;
pub mod enhanced_connection;
pub mod flink;
pub mod help;
pub mod job;
pub mod local;
#[cfg(feature = "parquet")]
mod parquet;
pub mod permission;
pub mod pool;
pub mod queue;
pub mod quota;
pub mod resource;
mod rows;
pub mod shell_help;
pub mod spark;
pub mod sql;
pub mod table;
pub mod tag;
pub mod variable;

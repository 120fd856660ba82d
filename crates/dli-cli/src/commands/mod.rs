//! The commands, a module a group.

pub mod api;
pub mod common;
pub mod connection;
pub mod enhanced_connection;

//! The graph of dependencies held to deny.toml.

use crate::command;
use crate::tools::Tool;

const CARGO_DENY: Tool = Tool { package: "cargo-deny", version: "0.20.2" };

/// What needs no database of advisories.
const CHECKS: [&str; 3] = ["bans", "licenses", "sources"];

/// Holds the graph to the rules; or says why it could not.
pub fn check() -> anyhow::Result<Result<(), String>> {
    let program = match CARGO_DENY.in_ci_or_there()? {
        Ok(program) => program,
        Err(why) => return Ok(Err(why)),
    };
    // A warning is an entry of deny.toml that nothing wants any more.
    command::new(program)
        .args(["--all-features", "check", "--hide-inclusion-graph", "--deny", "warnings"])
        .args(CHECKS)
        .run()
        .map(Ok)
}

//! The documentation as docs.rs builds it, and the public faces as rustdoc's JSON.

use std::fs;
use std::path::PathBuf;

use crate::command::{self, cargo, target_directory};

/// The crates whose public face is written by hand; of the generated one there are snapshots in
/// `crates/dli-codegen/tests/surface`.
pub const BY_HAND: [&str; 5] = ["dli-codegen", "dli-emulator", "dli-ext", "dli-sign", "dli-spec"];

/// Documents every crate, and puts the public faces of [`BY_HAND`] to where [`json`] says.
pub fn run() -> anyhow::Result<()> {
    let program = target_directory().join("rustdoc-of-docs.rs");
    fs::create_dir_all(target_directory())?;
    fs::write(&program, program_text())?;
    command::new("chmod").args(["+x", &program.to_string_lossy()]).run()?;
    // No other rustdoc takes these flags, so cargo never takes the pages of another for these.
    cargo(["doc", "--workspace", "--no-deps", "--all-features"])
        .env("RUSTDOC", &program.to_string_lossy())
        .env("RUSTDOCFLAGS", "-D warnings --cfg docsrs -Z unstable-options")
        .run()
}

/// rustdoc with what is not stable. Only rustdoc: build scripts of dependencies look whether the
/// compiler takes unstable features, so that all of them would be built again.
fn program_text() -> String {
    let patterns = BY_HAND.map(|name| format!("*\" --crate-name {} \"*", name.replace('-', "_")));
    format!(
        "#!/bin/sh\n\
         export RUSTC_BOOTSTRAP=1\n\
         rustdoc \"$@\" || exit\n\
         case \" $* \" in\n\
         {}) rustdoc \"$@\" --cap-lints allow --output-format json ;;\n\
         esac\n",
        patterns.join(" | ")
    )
}

/// Where the public face of a crate is, as JSON.
pub fn json(name: &str) -> PathBuf {
    target_directory().join("doc").join(name.replace('-', "_")).with_extension("json")
}

//! `cargo xtask interop`: the vendor's own Python SDK, unchanged, against the emulator.

use crate::command;
use crate::emulator::Emulator;
use crate::python;

pub fn run() -> anyhow::Result<()> {
    let programs = python::install(python::VENDOR_SDK)?;
    let emulator = Emulator::start(&[])?;
    command::new(programs.join("python"))
        .args(["crates/dli-emulator/interop/vendor_sdk.py", "--url", &emulator.url])
        .run()
}

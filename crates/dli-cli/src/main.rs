//! The program `dli`; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    dli_cli::run(std::env::args_os())
}

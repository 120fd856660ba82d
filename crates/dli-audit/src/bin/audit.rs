//! The audit without the rest of the workspace; `cargo xtask audit` is the same.

fn main() {
    std::process::exit(dli_audit::run::run(std::env::args_os().skip(1)));
}

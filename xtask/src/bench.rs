//! `cargo xtask bench`: what is claimed, measured.

mod build;

use clap::Subcommand;

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A clean build of `dli-api` with one family and with all, and the generator's run.
    Build(build::Arguments),
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    match &arguments.what {
        What::Build(arguments) => build::run(arguments),
    }
}

//! `--debug`: what happens on the wire, on standard error.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Shows spans and events of the client. Secrets and bodies are never in them.
pub fn show() {
    let targets = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_target("dli_ext", LevelFilter::DEBUG)
        .with_target("dli_cli", LevelFilter::DEBUG);
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal() && crate::output::colour_wanted())
        .with_span_events(FmtSpan::CLOSE);
    let _ = tracing_subscriber::registry().with(targets).with(layer).try_init();
}

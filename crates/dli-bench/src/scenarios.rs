//! The scenarios by name.

mod calls;
mod command;
mod decoding;
mod emulator;
mod load;
mod many;
mod paging;
mod serve;
mod signing;
#[cfg(feature = "sql")]
mod sql;
mod sqlite;

use anyhow::{Context as _, bail};
use dli_ext::Dli;

use crate::connections::PROJECT;
use crate::measure::Figures;

/// Which of two does the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The crates of this project.
    Ours,
    /// The same, written by hand with what they are made of.
    Floor,
}

/// The words after the side.
pub(crate) struct Words(std::vec::IntoIter<String>);

impl Words {
    fn text(&mut self, what: &str) -> anyhow::Result<String> {
        self.0.next().with_context(|| format!("{what} is missing"))
    }

    fn number(&mut self, what: &str) -> anyhow::Result<usize> {
        let text = self.text(what)?;
        text.parse().with_context(|| format!("{what} is a number, not `{text}`"))
    }

    fn rest(self) -> Vec<String> {
        self.0.collect()
    }
}

/// Runs what the command line names and prints its figures.
pub fn main() -> anyhow::Result<()> {
    let mut words = Words(std::env::args().skip(1).collect::<Vec<_>>().into_iter());
    let scenario = words.text("the scenario")?;
    let side = match words.text("the side")?.as_str() {
        "ours" => Side::Ours,
        "floor" => Side::Floor,
        other => bail!("a side is `ours` or `floor`, not `{other}`"),
    };
    let figures = match scenario.as_str() {
        "calls" => calls::run(side, words)?,
        "command" => command::run(words)?,
        "decoding" => decoding::run(side, words)?,
        "emulator-start" => emulator::start()?,
        "emulator" => return emulator::serve(side, words),
        "load" => load::run(words)?,
        "many-calls" => many::calls(side, words)?,
        "waiters" => many::waiters(side, words)?,
        "paging" => paging::run(side, words)?,
        "serve" => return serve::run(),
        "signing" => signing::run(side)?,
        #[cfg(feature = "sql")]
        "sql" => sql::run(side, words)?,
        "sqlite" => sqlite::run(words)?,
        other => bail!("there is no scenario `{other}`"),
    };
    print(&figures)
}

fn print(figures: &Figures) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(figures)?);
    Ok(())
}

/// A client of ours for a server of the scenarios.
fn client(url: &str) -> Result<Dli, dli_ext::Error> {
    Dli::builder()
        .environment(std::iter::empty::<(String, String)>())
        .endpoint(url)
        .access_key("AKBENCHMARK000000001", "the-secret-key-of-the-benchmark-000000")
        .project_id(PROJECT)
        .no_proxy()
        .build()
}

/// A client as one would make it by hand.
fn bare_client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder().no_proxy().build()
}

/// A runtime on this thread alone.
fn one_thread() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

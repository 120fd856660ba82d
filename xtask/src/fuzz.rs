//! `cargo xtask fuzz`: the targets of fuzz/, each from its corpus, with a table of what came of it.

mod corpus;
mod dictionary;
mod report;

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::command::{self, Program, target_directory};
use crate::tools::Tool;
use report::Report;

#[derive(clap::Args)]
pub struct Arguments {
    /// Only these targets.
    targets: Vec<String>,
    /// Executions of each target.
    #[arg(long, conflicts_with = "seconds")]
    runs: Option<u64>,
    /// Seconds for each target.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Afterwards, keep as each target's corpus the inputs that cover the most, so many at most.
    #[arg(long, value_name = "INPUTS")]
    keep: Option<usize>,
}

impl Arguments {
    /// Every target for so long.
    pub fn seconds(seconds: u64) -> Self {
        Self { targets: Vec::new(), runs: None, seconds, keep: None }
    }
}

pub const CARGO_FUZZ: Tool = Tool { package: "cargo-fuzz", version: "0.13.2" };

/// A target of fuzz/fuzz_targets.
struct Target {
    name: &'static str,
    /// The longest input in bytes.
    longest: usize,
    /// Whether names and values of the description help.
    description: bool,
    /// A folder with inputs that are there for another reason.
    seeds: Option<&'static str>,
}

const TARGETS: [Target; 6] = [
    Target { name: "decode_responses", longest: 1024, description: true, seeds: None },
    Target { name: "sign_and_verify", longest: 512, description: false, seeds: None },
    Target {
        name: "documentation_parsers",
        longest: 8192,
        description: false,
        seeds: Some("crates/dli-audit/tests/fixtures"),
    },
    Target { name: "error_bodies", longest: 512, description: false, seeds: None },
    Target { name: "cli_bodies", longest: 1024, description: true, seeds: None },
    Target { name: "emulator_requests", longest: 1024, description: true, seeds: None },
];

/// What is a finding besides a panic: more memory, in MB, and more time for one input, in seconds.
const MEMORY: u64 = 1024;
const TIME: u64 = 10;

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let unknown = arguments.targets.iter().find(|name| TARGETS.iter().all(|t| t.name != **name));
    let names = TARGETS.map(|target| target.name).join(", ");
    ensure!(unknown.is_none(), "there is no target `{}`; there are {names}", unknown.unwrap());
    let chosen = |target: &&Target| {
        arguments.targets.is_empty() || arguments.targets.iter().any(|name| name == target.name)
    };
    let program = CARGO_FUZZ.install()?;
    let folder = target_directory().join("fuzz");
    std::fs::create_dir_all(&folder)?;
    let mut reports = Vec::new();
    for target in TARGETS.iter().filter(chosen) {
        let run = Run { program: &program, folder: &folder, target };
        reports.push(run.fuzz(arguments)?);
        if let Some(most) = arguments.keep {
            run.keep(most)?;
        }
    }
    println!("{}", report::table(&reports));
    let found: Vec<&str> =
        reports.iter().filter(|r| r.finding.is_some()).map(|r| r.target).collect();
    ensure!(found.is_empty(), "there are findings: {}", found.join(", "));
    Ok(())
}

/// One target on its way.
struct Run<'a> {
    program: &'a Path,
    /// Where everything goes that is not committed.
    folder: &'a Path,
    target: &'a Target,
}

impl Run<'_> {
    /// Runs the target; inputs that reach something new go into a corpus below target/.
    fn fuzz(&self, arguments: &Arguments) -> anyhow::Result<Report> {
        let Target { name, longest, description, .. } = *self.target;
        let log = self.folder.join(format!("{name}.log"));
        println!("── {name}, its output in {}", log.display());
        let mut options = vec![
            format!("-max_len={longest}"),
            // Bytes are choices here; libFuzzer's own way to longer inputs takes millions of runs.
            "-len_control=0".to_owned(),
            format!("-rss_limit_mb={MEMORY}"),
            format!("-timeout={TIME}"),
            "-print_final_stats=1".to_owned(),
        ];
        options.push(match arguments.runs {
            Some(runs) => format!("-runs={runs}"),
            None => format!("-max_total_time={}", arguments.seconds),
        });
        let dictionary = self.folder.join(format!("{name}.dict"));
        if dictionary::write(&dictionary, name, description)? {
            options.push(format!("-dict={}", dictionary.display()));
        }
        let ended = self.cargo_fuzz(&self.corpora()?, &options).into_file(&log)?;
        let said = std::fs::read(&log)?;
        let report = Report::read(name, &String::from_utf8_lossy(&said), ended)?;
        println!("{}", report.line());
        if let Some(finding) = &report.finding {
            println!("{finding}");
        }
        Ok(report)
    }

    /// Replaces the committed corpus.
    fn keep(&self, most: usize) -> anyhow::Result<()> {
        let merged = tempfile::tempdir()?;
        let (notes, log) = (merged.path().join("notes"), merged.path().join("log"));
        let inputs = merged.path().join("inputs");
        std::fs::create_dir(&inputs)?;
        let options =
            ["-set_cover_merge=1".to_owned(), format!("-merge_control_file={}", notes.display())];
        let mut corpora = self.corpora()?;
        corpora.insert(0, inputs);
        let ended = self.cargo_fuzz(&corpora, &options).into_file(&log)?;
        ensure!(ended.success(), "{}", std::fs::read_to_string(&log)?);
        let notes = std::fs::read_to_string(&notes).context("libFuzzer took no notes")?;
        let kept = corpus::keep(&notes, most, &self.committed()?)?;
        println!("{}: {kept}", self.target.name);
        Ok(())
    }

    /// Builds without a sanitizer: no crate of ours holds unsafe code, and a stable compiler does.
    fn cargo_fuzz(&self, corpora: &[PathBuf], options: &[String]) -> Program {
        let words = ["fuzz", "run", "--fuzz-dir", "fuzz", "--sanitizer", "none", "--target-dir"];
        let build = self.folder.join("build").to_string_lossy().into_owned();
        let corpora: Vec<String> =
            corpora.iter().map(|folder| folder.to_string_lossy().into_owned()).collect();
        let program = command::new(self.program).args(words).args([&*build, self.target.name]);
        let program = program.args(corpora.iter().map(String::as_str)).args(["--"]);
        program.args(options.iter().map(String::as_str))
    }

    /// The folders of inputs; what is found goes into the first.
    fn corpora(&self) -> anyhow::Result<Vec<PathBuf>> {
        let grown = folder(self.folder.join("corpus").join(self.target.name))?;
        let seeds = self.target.seeds.map(std::path::absolute).transpose()?;
        Ok([grown, self.committed()?].into_iter().chain(seeds).collect())
    }

    fn committed(&self) -> anyhow::Result<PathBuf> {
        folder(std::env::current_dir()?.join("fuzz/corpus").join(self.target.name))
    }
}

fn folder(path: PathBuf) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(&path)?;
    Ok(path)
}

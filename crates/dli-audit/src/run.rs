//! The audit as a command: reads its arguments, runs, prints, and says how it went.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::changes::Changes;
use crate::compare;
use crate::description::Description;
use crate::difference::Difference;
use crate::drift::{self, Drift};
use crate::drift_report;
use crate::lock::Lock;
use crate::reference::{self, Measure};
use crate::report::{self, Format};
use crate::rulings::{self, Verdict};
use crate::source_files::{self, Sources};
use crate::summary::Summary;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Directories with documentation.
    pub docs: Vec<PathBuf>,
    /// Directory of the description.
    pub openapi: PathBuf,
    /// Rulings, `rulings.yaml` of the description if not given.
    pub rulings: Option<PathBuf>,
    /// Directory of the reference tables to measure the extraction with.
    pub reference: Option<PathBuf>,
    /// Where to write skeletons of rulings.
    pub propose: Option<PathBuf>,
    /// Where to write skeletons for all differences, explained or not.
    pub propose_all: Option<PathBuf>,
    /// The lock, `docs.lock` of the description if not given.
    pub lock: Option<PathBuf>,
    /// Write the lock anew.
    pub update_lock: bool,
    /// Where to write the report of drift.
    pub write_drift: Option<PathBuf>,
    /// The report of drift that has to be current, `DRIFT.md` of the description if no file is
    /// given.
    pub check_drift: Option<PathBuf>,
    /// How to print.
    pub format: Format,
    /// Print everything.
    pub verbose: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            docs: Vec::new(),
            openapi: PathBuf::from("openapi"),
            rulings: None,
            reference: None,
            propose: None,
            propose_all: None,
            lock: None,
            update_lock: false,
            write_drift: None,
            check_drift: None,
            format: Format::Human,
            verbose: false,
        }
    }
}

/// How the command is used.
pub const USAGE: &str = "\
Compares the documentation with the description and says exactly what differs.

Usage: cargo xtask audit --docs DIR... [options]

  --docs DIR...        directories (or files) with pages in any form
  --openapi DIR        the description [default: openapi]
  --rulings FILE       rulings [default: rulings.yaml of the description]
  --reference DIR      tables to measure the extraction with
  --propose FILE       write skeletons of rulings for what is unexplained
  --propose-all FILE   write skeletons for all differences, with the reasons of the present
                       rulings: the file of rulings anew
  --lock FILE          what the pages said when they were transcribed
                       [default: docs.lock of the description]
  --update-lock        write the lock anew
  --write-drift FILE   write the report of drift inside the documentation
  --check              the report DRIFT.md of the description has to be current
  --format human|json  how to print [default: human]
  --verbose            print everything, not only what fits on a screen

Ends with 0 when everything is explained, 1 when something is not, 2 when it cannot run.
";

/// Reads arguments.
///
/// # Errors
/// When an argument is unknown or lacks its value.
pub fn parse<I, S>(arguments: I) -> Result<Options, String>
where
    I: IntoIterator<Item = S>,
    S: Into<OsString>,
{
    let mut options = Options::default();
    let mut check = false;
    let mut arguments = arguments.into_iter().map(Into::into).peekable();
    while let Some(argument) = arguments.next() {
        let name = argument.to_string_lossy().into_owned();
        let mut value = |what: &str| -> Result<PathBuf, String> {
            arguments.next().map(PathBuf::from).ok_or_else(|| format!("{what} needs a value"))
        };
        match name.as_str() {
            "--docs" => {
                options.docs.push(value("--docs")?);
                while let Some(next) = arguments.next_if(|a| !a.to_string_lossy().starts_with("--"))
                {
                    options.docs.push(PathBuf::from(next));
                }
            }
            "--openapi" => options.openapi = value("--openapi")?,
            "--rulings" => options.rulings = Some(value("--rulings")?),
            "--reference" => options.reference = Some(value("--reference")?),
            "--propose" => options.propose = Some(value("--propose")?),
            "--propose-all" => options.propose_all = Some(value("--propose-all")?),
            "--lock" => options.lock = Some(value("--lock")?),
            "--update-lock" => options.update_lock = true,
            "--write-drift" => options.write_drift = Some(value("--write-drift")?),
            "--check" => check = true,
            "--format" => {
                options.format = match value("--format")?.to_string_lossy().as_ref() {
                    "human" => Format::Human,
                    "json" => Format::Json,
                    other => return Err(format!("--format {other}: human or json")),
                };
            }
            "--verbose" | "-v" => options.verbose = true,
            "--help" | "-h" => return Err(USAGE.to_owned()),
            other => return Err(format!("unknown argument {other}\n\n{USAGE}")),
        }
    }
    if options.docs.is_empty() {
        return Err(format!("--docs is missing\n\n{USAGE}"));
    }
    if check {
        options.check_drift = Some(options.openapi.join("DRIFT.md"));
    }
    Ok(options)
}

/// Everything a run found out.
#[derive(Debug)]
pub struct Outcome {
    /// What was read.
    pub sources: Sources,
    /// Counts.
    pub summary: Summary,
    /// All differences.
    pub differences: Vec<Difference>,
    /// What the rulings make of them.
    pub verdict: Verdict,
    /// What changed since the lock was written; nothing if there is no lock.
    pub changes: Option<Changes>,
    /// Whether the lock was written anew.
    pub lock_written: bool,
    /// Drift inside the documentation.
    pub drift: Vec<Drift>,
    /// Whether the report of drift is out of date.
    pub drift_stale: bool,
    /// The measure, if asked for.
    pub measure: Option<Measure>,
}

impl Outcome {
    /// Whether nothing is left to do.
    pub fn is_clean(&self) -> bool {
        self.faults().is_empty()
    }

    /// What is left to do, in a few words each.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut count = |n: usize, one: &str, many: &str| {
            if n > 0 {
                faults.push(format!("{n} {}", if n == 1 { one } else { many }));
            }
        };
        count(self.verdict.unexplained.len(), "unexplained difference", "unexplained differences");
        count(self.verdict.stale.len(), "fault in the rulings", "faults in the rulings");
        count(self.summary.failures.len(), "unreadable page", "unreadable pages");
        let changed =
            self.changes.as_ref().filter(|_| !self.lock_written).map_or(0, |c| c.pages.len());
        count(changed, "page that is not as the lock says", "pages that are not as the lock says");
        count(usize::from(self.drift_stale), "report of drift out of date", "");
        let short = self.measure.as_ref().is_some_and(|m| !m.suffices());
        count(usize::from(short), "measure below what is asked for", "");
        faults
    }
}

/// Runs the audit without printing.
///
/// # Errors
/// When files cannot be read or written.
pub fn audit(options: &Options) -> Result<Outcome, String> {
    let description = Description::load(&options.openapi)?;
    let rulings_file =
        options.rulings.clone().unwrap_or_else(|| options.openapi.join("rulings.yaml"));
    let rulings = rulings::load(&rulings_file)?;
    let mut known: BTreeSet<String> = description.source_names();
    known.extend(rulings.iter().flat_map(|r| r.says.keys().cloned()));
    let lock_file = options.lock.clone().unwrap_or_else(|| options.openapi.join("docs.lock"));
    let lock = read_lock(&lock_file)?;
    known.extend(lock.iter().flat_map(|l| l.pages.keys().cloned()));
    let known: Vec<String> = known.into_iter().collect();
    let sources = source_files::read_all(&options.docs, &known).map_err(|e| e.to_string())?;
    let differences = compare::compare(&sources, &description);
    let loaded: BTreeSet<String> = sources.files.iter().map(|f| f.name.clone()).collect();
    let verdict = rulings::apply(&rulings, &differences, &loaded, &description);
    let proposals =
        [(&options.propose, &verdict.unexplained), (&options.propose_all, &differences)];
    for (file, differences) in proposals {
        if let Some(file) = file {
            let text = rulings::propose(differences, &rulings);
            fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))?;
        }
    }
    let present = Lock::of(&sources);
    let changes = lock.as_ref().map(|lock| Changes::between(lock, &present));
    if options.update_lock {
        let text = lock.unwrap_or_default().updated(&present).to_text();
        fs::write(&lock_file, text).map_err(|e| format!("{}: {e}", lock_file.display()))?;
    }
    let drift = drift::find(&sources, &description);
    let drift_text = drift_report::markdown(&drift);
    if let Some(file) = &options.write_drift {
        fs::write(file, &drift_text).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    let drift_stale = match &options.check_drift {
        Some(file) => fs::read_to_string(file).map_or(true, |text| text != drift_text),
        None => false,
    };
    let measure = match &options.reference {
        Some(directory) => {
            Some(reference::measure(&sources, directory).map_err(|e| e.to_string())?)
        }
        None => None,
    };
    let summary = Summary::of(&sources, &description);
    Ok(Outcome {
        sources,
        summary,
        differences,
        verdict,
        changes,
        lock_written: options.update_lock,
        drift,
        drift_stale,
        measure,
    })
}

fn read_lock(file: &Path) -> Result<Option<Lock>, String> {
    if !file.exists() {
        return Ok(None);
    }
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    Lock::parse(&text).map(Some).map_err(|e| format!("{}: {e}", file.display()))
}

/// Runs the audit with these arguments (without the name of the command), prints to the standard
/// output, and gives the exit code.
pub fn run<I, S>(arguments: I) -> i32
where
    I: IntoIterator<Item = S>,
    S: Into<OsString>,
{
    let options = match parse(arguments) {
        Ok(options) => options,
        Err(message) if message == USAGE => {
            print!("{USAGE}");
            return 0;
        }
        Err(message) => {
            eprintln!("{message}");
            return 2;
        }
    };
    match audit(&options) {
        Ok(outcome) => {
            print!("{}", report::print(&outcome, &options));
            i32::from(!outcome.is_clean())
        }
        Err(message) => {
            eprintln!("{message}");
            2
        }
    }
}

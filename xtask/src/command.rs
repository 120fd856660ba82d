//! Running other programs, with an error that names them.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, bail};

/// Where cargo puts what it builds.
pub fn target_directory() -> PathBuf {
    let root = std::env::current_dir().unwrap_or_default();
    root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// A program to run from the root of the workspace.
pub struct Program(Command);

pub fn new(program: impl AsRef<OsStr>) -> Program {
    Program(Command::new(program))
}

/// The cargo that runs this tool.
pub fn cargo<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Program {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    new(cargo).args(arguments)
}

impl Program {
    pub fn args<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.0.args(arguments);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub fn env_remove(mut self, name: &str) -> Self {
        self.0.env_remove(name);
        self
    }

    pub fn current_dir(mut self, folder: &std::path::Path) -> Self {
        self.0.current_dir(folder);
        self
    }

    /// What the program prints; an error when it fails.
    pub fn output(mut self) -> anyhow::Result<String> {
        let shown = format!("{:?}", self.0).replace('"', "");
        let output = self.0.output().with_context(|| format!("cannot start {shown}"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("{shown}: {}: {}", output.status, said.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Everything the program prints, to either stream; an error when it fails.
    pub fn all_output(mut self) -> anyhow::Result<String> {
        let shown = format!("{:?}", self.0).replace('"', "");
        let output = self.0.output().with_context(|| format!("cannot start {shown}"))?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            eprintln!("{text}");
            bail!("{shown}: {}", output.status);
        }
        Ok(text)
    }

    /// Runs the program in place of this one: its exit code becomes ours.
    pub fn code(mut self) -> ExitCode {
        match self.0.status() {
            Ok(status) => {
                ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2))
            }
            Err(error) => {
                eprintln!("error: cannot start {:?}: {error}", self.0.get_program());
                ExitCode::from(2)
            }
        }
    }

    /// Writes everything the program prints into a file, and says how it ended.
    pub fn into_file(mut self, path: &Path) -> anyhow::Result<ExitStatus> {
        let shown = format!("{:?}", self.0).replace('"', "");
        let file =
            File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        self.0.stdout(file.try_clone()?).stderr(file);
        self.0.status().with_context(|| format!("cannot start {shown}"))
    }

    pub fn run(mut self) -> anyhow::Result<()> {
        let shown = format!("{:?}", self.0).replace('"', "");
        let status = self.0.status().with_context(|| format!("cannot start {shown}"))?;
        if !status.success() {
            bail!("{shown}: {status}");
        }
        Ok(())
    }
}

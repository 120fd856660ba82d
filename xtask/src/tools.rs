//! Programs from crates.io that a stage of CI wants, installed below target/, and packages of the
//! system.

use std::path::PathBuf;

use crate::command::{self, cargo, target_directory};

/// A program and the version this project was tried with.
pub struct Tool {
    pub package: &'static str,
    pub version: &'static str,
}

impl Tool {
    /// The program below target/, whether or not it is there.
    pub fn path(&self) -> PathBuf {
        target_directory().join("tools/bin").join(self.package)
    }

    /// Installs the program unless it is there, and returns its path. Without optimisation: these
    /// programs run for seconds, and their release builds take minutes.
    pub fn install(&self) -> anyhow::Result<PathBuf> {
        let root = target_directory().join("tools");
        if !self.path().exists() {
            cargo(["install", "--quiet", "--locked", "--debug", "--root", &root.to_string_lossy()])
                .args([self.package, "--version", self.version])
                .env("CARGO_PROFILE_DEV_DEBUG", "false")
                .run()?;
        }
        Ok(self.path())
    }

    /// The program in CI or where somebody installed it before; else why a stage has to skip.
    pub fn in_ci_or_there(&self) -> anyhow::Result<Result<PathBuf, String>> {
        if std::env::var_os("CI").is_some() || self.path().exists() {
            return self.install().map(Ok);
        }
        let (package, version) = (self.package, self.version);
        let root = target_directory().join("tools");
        let how = format!(
            "cargo install --locked --debug --root {} {package} --version {version}",
            root.display()
        );
        Ok(Err(format!("{package} is not installed; `{how}` installs it")))
    }
}

/// Installs the first of these packages of the system that it has, unless a program of one of these
/// names is there.
pub fn of_the_system(packages: &[&str]) -> anyhow::Result<()> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &&str| std::env::split_paths(&folders).any(|f| f.join(name).is_file());
    if packages.iter().any(there) {
        return Ok(());
    }
    command::new("apt-get").args(["update", "-qq"]).run()?;
    let install = |package: &str| {
        let arguments = ["install", "-y", "-qq", "--no-install-recommends", package];
        command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").run()
    };
    let mut result = Ok(());
    for package in packages {
        result = install(package);
        if result.is_ok() {
            break;
        }
    }
    result
}

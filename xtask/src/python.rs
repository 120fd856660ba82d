//! A virtual environment below target/, for the tools that come from PyPI.

use std::path::PathBuf;

use crate::command::{self, target_directory};

/// Packages and the versions this project was tried with.
pub const VALIDATOR: &str = "openapi-spec-validator==0.7.2";
pub const VENDOR_SDK: &str = "huaweicloudsdkdli==3.1.219";
pub const FUZZER: &str = "schemathesis==4.32.5";

/// Installs a package and returns the folder with its programs.
pub fn install(package: &str) -> anyhow::Result<PathBuf> {
    let environment = target_directory().join("venv");
    let programs = environment.join("bin");
    let python = programs.join("python");
    if !python.exists() {
        let environment = environment.to_string_lossy();
        let create = || command::new("python3").args(["-m", "venv", &environment]).run();
        if create().is_err() && std::env::var_os("CI").is_some() {
            command::new("apt-get").args(["update", "-qq"]).run()?;
            command::new("apt-get").args(["install", "-y", "-qq", "python3-venv"]).run()?;
            create()?;
        }
    }
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package];
    command::new(python).args(pip).run()?;
    Ok(programs)
}

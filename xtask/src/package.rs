//! `cargo xtask package`: archives of every crate that is published, and proof that they work.
//!
//! A crate outside the workspace that uses nothing but the packaged `dli-api` and a transport of
//! its own calls the emulator, as a downstream user would.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::command::{cargo, target_directory};
use crate::emulator::Emulator;

/// The crates that the outside one needs from their archives.
const NEEDED: [&str; 3] = ["dli-api", "dli-codegen", "dli-spec"];

const PROJECT: &str = "0123456789abcdef0123456789abcdef";
/// The emulator's user has the secret of the first access key as password.
const PASSWORD: &str = "outside-secret";

#[derive(clap::Args)]
pub struct Arguments {
    /// Do not build every crate from its archive, only those that the outside crate needs.
    #[arg(long)]
    no_verify: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let package = cargo(["package", "--workspace", "--allow-dirty", "--quiet"]);
    let package = if arguments.no_verify { package.args(["--no-verify"]) } else { package };
    package.run()?;
    let folder = tempfile::tempdir()?;
    let target = target_directory();
    for name in NEEDED {
        unpack(&target.join("package"), name, folder.path())?;
    }
    let yaml = folder.path().join("dli-spec").join("openapi/dli.yaml");
    ensure!(yaml.exists(), "the archive of dli-spec lacks the description");
    let outside = write_outside_crate(folder.path())?;
    let key = format!("AKOUTSIDE:{PASSWORD}");
    let project = format!("{PROJECT}=local-1");
    let emulator = Emulator::start(&["--access-key", &key, "--project", &project])?;
    let manifest = outside.join("Cargo.toml");
    let manifest = manifest.to_string_lossy();
    let printed = cargo(["run", "--quiet", "--manifest-path", &manifest])
        .env("CARGO_TARGET_DIR", &target.join("outside").to_string_lossy())
        .env("DLI_URL", &emulator.url)
        .env("DLI_USER", "emulator")
        .env("DLI_PASSWORD", PASSWORD)
        .env("DLI_PROJECT", PROJECT)
        .current_dir(&outside)
        .output()?;
    print!("{printed}");
    ensure!(printed.contains("1 connection named outside"), "the outside crate saw something else");
    println!("the archives are whole, and the packaged dli-api called the emulator");
    Ok(())
}

fn unpack(archives: &Path, name: &str, into: &Path) -> anyhow::Result<()> {
    let stem = format!("{name}-{}", env!("CARGO_PKG_VERSION"));
    let path = archives.join(format!("{stem}.crate"));
    let file = fs::File::open(&path).with_context(|| format!("no archive {}", path.display()))?;
    tar::Archive::new(flate2::read::GzDecoder::new(file)).unpack(into)?;
    fs::rename(into.join(stem), into.join(name))?;
    Ok(())
}

fn write_outside_crate(folder: &Path) -> anyhow::Result<PathBuf> {
    let outside = folder.join("outside");
    fs::create_dir_all(outside.join("src"))?;
    fs::write(outside.join("src/main.rs"), include_str!("package/outside.rs"))?;
    let mut manifest = include_str!("package/outside.toml").to_owned();
    manifest.push_str("\n[patch.crates-io]\n");
    for name in NEEDED {
        manifest.push_str(&format!("{name} = {{ path = \"../{name}\" }}\n"));
    }
    fs::write(outside.join("Cargo.toml"), manifest)?;
    fs::copy("Cargo.lock", outside.join("Cargo.lock"))?;
    Ok(outside)
}

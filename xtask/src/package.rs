//! `cargo xtask package`: archives of every crate that is published, and proof that they work.
//!
//! A crate outside the workspace that uses nothing but the packaged `dli-api` and a transport of
//! its own calls the emulator, as a downstream user would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, ensure};

use crate::command::{self, cargo};

/// The crates that the outside one needs from their archives.
const NEEDED: [&str; 3] = ["dli-api", "dli-codegen", "dli-spec"];

pub fn run() -> anyhow::Result<()> {
    cargo(["package", "--workspace", "--allow-dirty", "--quiet"]).run()?;
    let folder = tempfile::tempdir()?;
    let target = target_directory();
    for name in NEEDED {
        unpack(&target.join("package"), name, folder.path())?;
    }
    let yaml = folder.path().join("dli-spec").join("openapi/dli.yaml");
    ensure!(yaml.exists(), "the archive of dli-spec lacks the description");
    let outside = write_outside_crate(folder.path())?;
    cargo(["build", "--quiet", "--package", "dli-emulator"]).run()?;
    let emulator = Emulator::start(&target)?;
    let manifest = outside.join("Cargo.toml");
    let manifest = manifest.to_string_lossy();
    let printed = cargo(["run", "--quiet", "--manifest-path", &manifest])
        .env("CARGO_TARGET_DIR", &target.join("outside").to_string_lossy())
        .env("DLI_URL", &emulator.url)
        .current_dir(&outside)
        .output()?;
    print!("{printed}");
    ensure!(printed.contains("1 connection named outside"), "the outside crate saw something else");
    println!("every archive builds, and the packaged dli-api called the emulator");
    Ok(())
}

fn target_directory() -> PathBuf {
    let root = std::env::current_dir().unwrap_or_default();
    root.join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
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

/// The emulator's binary, stopped when dropped.
struct Emulator {
    process: Child,
    url: String,
}

impl Emulator {
    fn start(target: &Path) -> anyhow::Result<Self> {
        use std::io::BufRead;
        let mut process = Command::new(target.join("debug/dli-emulator"))
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start dli-emulator")?;
        let output = process.stdout.take().context("dli-emulator has no output")?;
        let mut url = None;
        for line in std::io::BufReader::new(output).lines() {
            if let Some(at) = line.as_ref().ok().and_then(|line| line.find("http://")) {
                let line = line?;
                url = line[at..].split_whitespace().next().map(str::to_owned);
                break;
            }
        }
        let url = url.context("dli-emulator printed no address")?;
        Ok(Self { process, url })
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[allow(unused_imports)]
use command as _;

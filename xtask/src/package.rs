//! `cargo xtask package`: archives of every crate that is published, and proof that they work.
//!
//! The archives come out the same a second time, elsewhere. Each compiles outside the workspace,
//! with the least versions that it asks for. A crate that uses nothing but the packaged `dli-api`
//! and a transport of its own calls the emulator, as a downstream user would.

mod least;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::command::{cargo, target_directory};
use crate::emulator::Emulator;
use crate::workspace::{Member, published};

const PROJECT: &str = "0123456789abcdef0123456789abcdef";
/// The emulator's user has the secret of the first access key as password.
const PASSWORD: &str = "outside-secret";

/// As in the workspace, so that what it has built of dependencies serves here as well.
const PROFILE: &str = "
[profile.dev]
debug = \"line-tables-only\"

[profile.dev.package.\"*\"]
debug = false
";

#[derive(clap::Args, Default)]
pub struct Arguments {
    /// Do not compile every crate from its archive, only those that the outside crate needs.
    #[arg(long)]
    no_verify: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let members = published()?;
    let target = target_directory();
    let archives = archives(&members, &target, ("UTC", "C"))?;
    let again = tempfile::tempdir()?;
    // Fourteen hours from there.
    let others = self::archives(&members, again.path(), ("Pacific/Kiritimati", "zh_CN.UTF-8"))?;
    for (one, other) in archives.iter().zip(&others) {
        let equal = fs::read(one)? == fs::read(other)?;
        ensure!(equal, "{} is another one the second time", one.display());
    }
    println!("{} archives, the same twice", archives.len());
    // A fixed place, so that cargo finds again what it has built.
    let folder = target.join("outside");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for (member, archive) in members.iter().zip(&archives) {
        unpack(archive, &member.name, &folder)?;
    }
    let yaml = folder.join("dli-spec/openapi/dli.yaml");
    ensure!(yaml.exists(), "the archive of dli-spec lacks the description");
    call_the_emulator(&members, &folder)?;
    if !arguments.no_verify {
        least::check(&members, &folder)?;
    }
    println!("the archives are whole, and the packaged dli-api called the emulator");
    Ok(())
}

/// Packages every crate below a folder for what is built, in a time zone and a language.
fn archives(
    members: &[Member],
    target: &Path,
    (zone, language): (&str, &str),
) -> anyhow::Result<Vec<PathBuf>> {
    let packages = members.iter().flat_map(|member| ["--package", member.name.as_str()]);
    cargo(["package", "--allow-dirty", "--quiet", "--no-verify"])
        .args(packages)
        .env("CARGO_TARGET_DIR", &target.to_string_lossy())
        .env("TZ", zone)
        .env("LC_ALL", language)
        .run()?;
    let version = env!("CARGO_PKG_VERSION");
    let archive =
        |member: &Member| target.join("package").join(format!("{}-{version}.crate", member.name));
    Ok(members.iter().map(archive).collect())
}

fn unpack(path: &Path, name: &str, into: &Path) -> anyhow::Result<()> {
    let file = fs::File::open(path).with_context(|| format!("no archive {}", path.display()))?;
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    // In archives every file is of 2006; cargo would take it for the one it has built.
    archive.set_preserve_mtime(false);
    archive.unpack(into)?;
    fs::rename(into.join(format!("{name}-{}", env!("CARGO_PKG_VERSION"))), into.join(name))?;
    for text in ["LICENSE-APACHE", "LICENSE-MIT"] {
        ensure!(into.join(name).join(text).is_file(), "the archive of {name} lacks {text}");
    }
    Ok(())
}

/// Runs the crate outside of the workspace against the emulator.
fn call_the_emulator(members: &[Member], folder: &Path) -> anyhow::Result<()> {
    let outside = folder.join("outside");
    fs::create_dir_all(outside.join("src"))?;
    fs::write(outside.join("src/main.rs"), include_str!("package/outside.rs"))?;
    let manifest = include_str!("package/outside.toml");
    fs::write(outside.join("Cargo.toml"), manifest.to_owned() + PROFILE + &patch(members, "../"))?;
    fs::copy("Cargo.lock", outside.join("Cargo.lock"))?;
    let key = format!("AKOUTSIDE:{PASSWORD}");
    let project = format!("{PROJECT}=local-1");
    let emulator = Emulator::start(&["--access-key", &key, "--project", &project])?;
    let printed = cargo(["run", "--quiet"])
        .env("CARGO_TARGET_DIR", &target_directory().to_string_lossy())
        .env("DLI_URL", &emulator.url)
        .env("DLI_USER", "emulator")
        .env("DLI_PASSWORD", PASSWORD)
        .env("DLI_PROJECT", PROJECT)
        .current_dir(&outside)
        .output()?;
    print!("{printed}");
    ensure!(printed.contains("1 connection named outside"), "the outside crate saw something else");
    Ok(())
}

/// Our crates from their archives instead of from crates.io.
fn patch(members: &[Member], prefix: &str) -> String {
    let lines = members
        .iter()
        .map(|Member { name, .. }| format!("{name} = {{ path = \"{prefix}{name}\" }}\n"));
    format!("\n[patch.crates-io]\n{}", lines.collect::<String>())
}

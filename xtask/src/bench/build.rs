//! Row 8: what it costs to build a program that makes one call: with one family, with all, and with
//! a crate that bare progenitor makes of the same description. Each is built from nothing, as a
//! crate outside the workspace, without TLS and other features.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use dli_spec::Description;

use super::programs::size;
use super::table::Line;
use crate::command::cargo;

/// What takes longer, by `cargo build --timings`.
const CAUSE: &str = "\
    a fifth of the work is in crates that the floor does without: the macros of the builders \
    (bon, darling), the reader of YAML (serde-saphyr and what it needs), and the description and \
    its generator themselves; our bindings take a hundredth. Figures of one build vary by a tenth.";

/// The family that stands for one.
const ONE: &str = "enhanced_connections";

/// A program to build.
struct Program {
    name: &'static str,
    dependencies: String,
    main: &'static str,
    /// The description for the build script of bare progenitor.
    document: Option<String>,
}

/// What a build took and gave.
struct Built {
    wall: f64,
    cpu: f64,
    kib: f64,
}

pub fn run() -> anyhow::Result<Vec<Line>> {
    let description = Description::load("openapi")?;
    let (one, all) = (description.bundle(&[ONE])?, description.bundle_all()?);
    let folder = tempfile::tempdir()?;
    let here = std::env::current_dir()?;
    let crates = here.join("crates");
    let crates = crates.display();
    let api = |features: &str| {
        format!(
            "dli-api = {{ path = \"{crates}/dli-api\", default-features = false, \
             features = [\"{features}\"] }}\n\
             reqwest = {{ version = \"0.13\", default-features = false }}\n"
        )
    };
    let bare = |bundle| -> anyhow::Result<Option<String>> {
        Ok(Some(dli_codegen::lowered_document(bundle)?.to_string()))
    };
    let wire = include_str!("build/wire.rs.txt");
    let bare_main = include_str!("build/bare.rs.txt");
    let client = format!(
        "dli-ext = {{ path = \"{crates}/dli-ext\", default-features = false, \
         features = [\"all-families\"] }}\n"
    );
    let programs = [
        Program { name: "wire-one", dependencies: api(ONE), main: wire, document: None },
        Program {
            name: "bare-one",
            dependencies: BARE.to_owned(),
            main: bare_main,
            document: bare(&one)?,
        },
        Program { name: "wire-all", dependencies: api("all-families"), main: wire, document: None },
        Program {
            name: "client-all",
            dependencies: client,
            main: include_str!("build/client.rs.txt"),
            document: None,
        },
        Program {
            name: "bare-all",
            dependencies: BARE.to_owned(),
            main: bare_main,
            document: bare(&all)?,
        },
    ];
    let mut built = Vec::new();
    for program in &programs {
        eprintln!("  … {}", program.name);
        built.push(build(program, folder.path())?);
    }
    let [wire_one, bare_one, wire_all, client_all, bare_all] = &built[..] else {
        anyhow::bail!("a program was not built");
    };
    let mut lines = Vec::new();
    for (name, ours, floor, bound) in [
        ("`dli-api`, one family", wire_one, bare_one, 1.3),
        ("`dli-api`, all families", wire_all, bare_all, 2.0),
        ("`dli-ext`, all families", client_all, bare_all, 2.0),
    ] {
        let seconds = |built: &Built| format!("{:.0} s ({:.0} s CPU)", built.wall, built.cpu);
        lines.push(
            Line::new(format!("{name}, clean debug build, by CPU"), seconds(ours))
                .beside(seconds(floor), ours.cpu / floor.cpu)
                .at_most(bound)
                .if_missed(CAUSE),
        );
        lines.push(
            Line::new(format!("{name}, program of a release build, stripped"), size(ours.kib))
                .beside(size(floor.kib), ours.kib / floor.kib)
                .at_most(bound),
        );
    }
    for (name, bundle, bare, bound) in
        [("one family", &one, "bare-one", 1.3), ("all families", &all, "bare-all", 2.0)]
    {
        let ours = dli_codegen::api_source(bundle)?.lines().count();
        let floor = generated(&folder.path().join(bare))?;
        #[allow(clippy::cast_precision_loss)]
        let ratio = ours as f64 / floor as f64;
        lines.push(
            Line::new(format!("{name}, generated lines"), ours.to_string())
                .beside(floor.to_string(), ratio)
                .at_most(bound),
        );
    }
    Ok(lines)
}

/// What the documentation of progenitor has a crate depend on.
const BARE: &str = r#"bytes = "1"
futures-core = "0.3"
progenitor-client = "0.15.1"
reqwest = { version = "0.13", default-features = false, features = ["json", "query", "stream"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"

[build-dependencies]
prettyplease = "0.3"
progenitor-impl = "0.15.1"
serde_json = "1"
syn = "3"
"#;

fn build(program: &Program, folder: &Path) -> anyhow::Result<Built> {
    let place = folder.join(program.name);
    fs::create_dir_all(place.join("src"))?;
    let manifest = format!(
        "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [profile.release]\nstrip = true\n\n[profile.dev]\ndebug = \"line-tables-only\"\n\n\
         [profile.dev.package.\"*\"]\ndebug = false\n\n[workspace]\n\n[dependencies]\n\
         tokio = {{ version = \"1\", features = [\"macros\", \"rt\"] }}\n",
        program.name
    );
    // The versions are those of the workspace.
    fs::write(place.join("Cargo.toml"), manifest + &program.dependencies)?;
    fs::copy("Cargo.lock", place.join("Cargo.lock"))?;
    fs::write(place.join("src/main.rs"), program.main)?;
    if let Some(document) = &program.document {
        fs::write(place.join("openapi.json"), document)?;
        fs::write(place.join("build.rs"), include_str!("build/build.rs.txt"))?;
    }
    let debug = place.join("target");
    let run = |target: &Path, more: &[&str]| {
        cargo(["build", "--quiet"])
            .args(more.iter().copied())
            .env("CARGO_TARGET_DIR", &target.to_string_lossy())
            .env("CARGO_INCREMENTAL", "0")
            .current_dir(&place)
            .run()
    };
    cargo(["fetch", "--quiet"]).current_dir(&place).run()?;
    let (started, before) = (Instant::now(), cpu_of_children()?);
    run(&debug, &[])?;
    let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_of_children()? - before);
    // What programs have in common is built once.
    let release = folder.join("release");
    run(&release, &["--release"])?;
    let bytes = fs::metadata(release.join("release").join(program.name))?.len();
    if program.document.is_none() {
        fs::remove_dir_all(&debug)?;
    }
    #[allow(clippy::cast_precision_loss)]
    let kib = bytes as f64 / 1024.0;
    Ok(Built { wall, cpu, kib })
}

/// Lines that bare progenitor wrote.
fn generated(place: &Path) -> anyhow::Result<usize> {
    let builds = fs::read_dir(place.join("target/debug/build"))?;
    let files = builds.flatten().map(|build| build.path().join("out/generated.rs"));
    let file: PathBuf =
        files.into_iter().find(|file| file.exists()).context("nothing generated")?;
    Ok(fs::read_to_string(file)?.lines().count())
}

/// Seconds that ended children of this process, and theirs, spent on processors.
fn cpu_of_children() -> anyhow::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").context("the system tells no times")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks: f64 = [13, 14].iter().filter_map(|&n| fields.get(n)?.parse::<f64>().ok()).sum();
    // Linux shows a hundred ticks a second to programs, whatever its own are.
    Ok(ticks / 100.0)
}

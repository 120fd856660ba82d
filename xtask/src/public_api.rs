//! `cargo xtask public-api`: the public face of the crates that are written by hand, as lists that
//! a reviewer reads before a change breaks somebody.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::documentation::{self, BY_HAND};

#[derive(clap::Args)]
pub struct Arguments {
    /// Change nothing; fail when a list is stale.
    #[arg(long)]
    pub check: bool,
}

/// How the standard library is written where everybody knows what is meant.
const KNOWN: [(&str, &str); 24] = [
    ("alloc::boxed::", ""),
    ("alloc::string::", ""),
    ("alloc::sync::", ""),
    ("alloc::vec::", ""),
    ("core::clone::", ""),
    ("core::convert::", ""),
    ("core::default::", ""),
    ("core::error::", "std::error::"),
    ("core::fmt::", "fmt::"),
    ("core::future::future::", ""),
    ("core::future::into_future::", ""),
    ("core::iter::traits::collect::", ""),
    ("core::iter::traits::iterator::", ""),
    ("core::marker::", ""),
    ("core::net::socket_addr::", ""),
    ("core::ops::deref::", ""),
    ("core::ops::function::", ""),
    ("core::option::", ""),
    ("core::pin::", ""),
    ("core::result::", ""),
    ("core::str::traits::", ""),
    ("core::time::", ""),
    ("std::io::error::", "io::"),
    ("std::path::", ""),
];

/// Items that begin a paragraph.
const HEADS: [&str; 4] = ["pub mod ", "pub struct ", "pub enum ", "pub trait "];

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    documentation::run()?;
    let mut stale = Vec::new();
    for name in BY_HAND {
        let path = PathBuf::from("crates").join(name).join("public-api.txt");
        let new = list(name)?;
        let old = fs::read_to_string(&path).unwrap_or_default();
        if new == old {
            continue;
        }
        println!("{name}:");
        print_difference(&old, &new);
        stale.push(name);
        if !arguments.check {
            fs::write(&path, new)?;
        }
    }
    if stale.is_empty() {
        println!("the lists of {} are those of the code", BY_HAND.join(", "));
    } else if arguments.check {
        bail!(
            "the public face of {} changed: run `cargo xtask public-api` and review the lists",
            stale.join(", ")
        );
    }
    Ok(())
}

fn list(name: &str) -> anyhow::Result<String> {
    let json = documentation::json(name);
    let found = public_api::Builder::from_rustdoc_json(&json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .with_context(|| format!("cannot read {}", json.display()))?;
    let own = format!("{}::", name.replace('-', "_"));
    let mut text = format!("# {name}, all features; written by `cargo xtask public-api`\n");
    for item in found.items() {
        let mut line = item.to_string().replace(&own, "");
        for (path, short) in KNOWN {
            line = line.replace(path, short);
        }
        if is_noise(&line) {
            continue;
        }
        let bare = line.trim_start_matches("#[non_exhaustive] ");
        if HEADS.iter().any(|head| bare.starts_with(head)) {
            text.push('\n');
        }
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text)
}

/// What other lines say already, and what is generated.
fn is_noise(line: &str) -> bool {
    let inherent = line.starts_with("impl") && !line.contains(" for ");
    inherent || line.contains("::fmt(&self, ") || line.contains("handles::")
}

fn print_difference(old: &str, new: &str) {
    let (before, after): (BTreeSet<&str>, BTreeSet<&str>) =
        (old.lines().collect(), new.lines().collect());
    before.difference(&after).for_each(|line| println!("  - {line}"));
    after.difference(&before).for_each(|line| println!("  + {line}"));
}

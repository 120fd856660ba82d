//! `cargo xtask features`: every crate that is published compiles without features and with each
//! of its features alone.

use std::time::Instant;

use anyhow::{Context, ensure};

use crate::command::cargo;
use crate::workspace::{Member, published};

/// Features that bring DataFusion, which takes minutes; other stages build with all features.
const ELSEWHERE: [&str; 2] = ["sql", "local-sql"];

pub fn run() -> anyhow::Result<()> {
    let members = published()?;
    let mut checked = 0;
    for member in &members {
        let mut sets = vec![String::new()];
        for feature in member.features() {
            let heavy = member.implied(feature).iter().any(|name| ELSEWHERE.contains(name));
            if !heavy && !through_another(&members, member, feature) {
                sets.push(feature.to_owned());
            }
        }
        for features in &sets {
            check(&member.name, features)?;
        }
        checked += sets.len();
    }
    println!("{checked} choices of features, each compiles without a warning");
    Ok(())
}

/// Whether another crate has a feature of this name that is nothing but this one: then the check
/// of that one compiles this one, and a family is checked once rather than twice.
fn through_another(members: &[Member], member: &Member, feature: &str) -> bool {
    let only = serde_json::json!([format!("{}/{feature}", member.name)]);
    members.iter().any(|other| other.package["features"][feature] == only)
}

fn check(name: &str, features: &str) -> anyhow::Result<()> {
    let start = Instant::now();
    let shown = if features.is_empty() { "no features" } else { features };
    let arguments = ["check", "--package", name, "--no-default-features", "--features", features];
    let said = cargo(arguments).all_output().with_context(|| format!("{name} with {shown}"))?;
    ensure!(!said.contains("warning: "), "{name} with {shown} compiles with warnings:\n{said}");
    println!("{name} with {shown}: {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

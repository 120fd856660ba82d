//! `cargo xtask features`: every crate that is published compiles without features and with each
//! of its features alone.

use std::time::Instant;

use anyhow::bail;

use crate::command::cargo;
use crate::workspace::{Member, published};

/// Features that bring DataFusion, which takes minutes; other stages build with all features.
const ELSEWHERE: [&str; 2] = ["sql", "local-sql"];

pub fn run() -> anyhow::Result<()> {
    let members = published()?;
    let (mut checked, mut wrong) = (0, 0);
    for member in &members {
        let mut sets = vec![String::new()];
        let alone = light(member)
            .filter(|feature| !is_sum(member, feature))
            .filter(|feature| !through_another(&members, member, feature));
        sets.extend(alone.map(str::to_owned));
        checked += sets.len();
        wrong += sets.iter().filter(|features| !compiles(&member.name, features)).count();
    }
    if wrong > 0 {
        bail!("{wrong} of {checked} choices of features do not compile, or with warnings");
    }
    println!("{checked} choices of features, each compiles without a warning");
    Ok(())
}

/// The features of a crate that do not bring DataFusion.
pub fn light(member: &Member) -> impl Iterator<Item = &str> {
    let heavy = |feature: &str| member.implied(feature).iter().any(|name| ELSEWHERE.contains(name));
    member.features().into_iter().filter(move |feature| !heavy(feature))
}

/// Whether a feature is nothing but other features of its crate: all of them together are what
/// every other stage builds.
fn is_sum(member: &Member, feature: &str) -> bool {
    let listed = member.package["features"][feature].as_array();
    let names = member.features();
    listed.is_some_and(|listed| {
        !listed.is_empty() && listed.iter().all(|part| names.iter().any(|name| part == name))
    })
}

/// Whether another crate has a feature of this name that turns on this one: then the check of that
/// one compiles this one, and a family is checked once rather than twice.
fn through_another(members: &[Member], member: &Member, feature: &str) -> bool {
    let this = format!("{}/{feature}", member.name);
    members.iter().any(|other| {
        let listed = other.package["features"][feature].as_array().into_iter().flatten();
        listed.into_iter().any(|part| *part == *this)
    })
}

fn compiles(name: &str, features: &str) -> bool {
    let start = Instant::now();
    let shown = if features.is_empty() { "no features" } else { features };
    let arguments = ["check", "--package", name, "--no-default-features", "--features", features];
    let said = cargo(arguments).all_output();
    println!("{name} with {shown}: {:.1} s", start.elapsed().as_secs_f64());
    match said {
        Ok(said) if said.contains("warning: ") => println!("{said}"),
        Ok(_) => return true,
        Err(error) => println!("{error}"),
    }
    false
}

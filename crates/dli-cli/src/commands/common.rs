//! What several commands have in common.

use std::time::Duration;

use clap::Args;
use serde_json::Value;

use crate::error::{Exit, Failure, Result};

/// How much of a list to show.
#[derive(Debug, Clone, Args)]
pub struct Most {
    /// Show at most so many
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
}

impl Most {
    /// The bound, if there is one.
    pub fn get(&self) -> Option<usize> {
        self.limit.map(|limit| limit as usize)
    }
}

/// Whether and how long to wait.
#[derive(Debug, Clone, Args)]
pub struct Waiting {
    /// Wait until it is done
    #[arg(long)]
    pub wait: bool,
    /// The longest time to wait, `90s`, `10m` or `1h` for instance
    #[arg(long, value_name = "TIME", default_value = "30m", value_parser = time)]
    pub timeout: Duration,
}

/// Reads `90s`, `10m`, `1h`; a bare number is seconds.
pub fn time(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time such as 90s, 10m or 1h");
    let text = text.trim();
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit.trim() {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        "d" => number * 86_400.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// Reads `key=value`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.to_owned()))
        }
        _ => Err(format!("`{text}` is not key=value")),
    }
}

/// Tags as the service takes them; nothing if there are none.
pub fn tags(pairs: &[(String, String)]) -> Value {
    let tag = |(key, value): &(String, String)| serde_json::json!({ "key": key, "value": value });
    match pairs {
        [] => Value::Null,
        pairs => pairs.iter().map(tag).collect(),
    }
}

/// A list, or nothing if it is empty.
pub fn some_list(items: &[String]) -> Value {
    if items.is_empty() { Value::Null } else { items.into() }
}

/// Puts what is given over a document. What is `null` is not given.
///
/// # Errors
/// When the document is not an object.
pub fn overlay(body: &mut Value, given: Value) -> Result<()> {
    let Some(fields) = body.as_object_mut() else {
        return Err(Failure::usage("the body must be an object with fields, not a list"));
    };
    for (name, value) in given.as_object().into_iter().flatten() {
        if !value.is_null() {
            fields.insert(name.clone(), value.clone());
        }
    }
    Ok(())
}

/// Whether text has the shape of an id rather than of a name.
pub fn is_id(text: &str) -> bool {
    let digits = text.chars().filter(|c| c.is_ascii_hexdigit()).count();
    let hyphens = text.chars().filter(|c| *c == '-').count();
    digits == 32 && digits + hyphens == text.len() && (hyphens == 0 || hyphens == 4)
}

/// The one of these with that name.
///
/// # Errors
/// When there is none, or several.
pub fn the_one<'v>(items: &'v [Value], field: &str, name: &str, what: &str) -> Result<&'v Value> {
    let mut found = items.iter().filter(|item| item[field].as_str() == Some(name));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(_), Some(_)) => Err(Failure::usage(format!(
            "several {what}s are called `{name}`; give the id of the one you mean"
        ))),
        _ => {
            let names = items.iter().filter_map(|item| item[field].as_str());
            let near = crate::description::alike(name, names);
            let advice = match near.first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("`dli {} list` shows what there is", what.replace(' ', "-")),
            };
            Err(Failure::new(
                Exit::NotFound,
                format!("there is no {what} called `{name}`; {advice}"),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(time("90"), Ok(Duration::from_secs(90)));
        assert_eq!(time("1.5m"), Ok(Duration::from_secs(90)));
        assert!(time("soon").is_err());
        assert!(time("-1s").is_err());
    }

    #[test]
    fn ids_are_told_from_names() {
        assert!(is_id("8b4a2f0e-9c3d-4a6b-8f21-0d5e7c9b1a34"));
        assert!(is_id("8b4a2f0e9c3d4a6b8f210d5e7c9b1a34"));
        assert!(!is_id("reports"));
    }
}

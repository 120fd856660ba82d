//! `dli doctor`: what is configured, what can be reached, and what to do about the rest.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::error::{Exit, Failure, Result};
use crate::output::{View, eprint_line, hanging};
use crate::request::Request;
use crate::session::{Session, of_client};

/// Clocks may differ by so much.
const ALLOWED: i64 = 15 * 60;

struct Check {
    name: &'static str,
    exit: Option<Exit>,
    text: String,
}

impl Check {
    fn good(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, exit: None, text: text.into() }
    }

    fn bad(name: &'static str, exit: Exit, text: impl Into<String>) -> Self {
        Self { name, exit: Some(exit), text: text.into() }
    }
}

/// Runs all checks and prints what came of each.
pub async fn run(session: &Session) -> Result<()> {
    let mut explained = Vec::new();
    let mut checks = Vec::new();
    match session.dli().await {
        Ok(dli) => {
            checks.push(Check::good("configuration", "it is complete enough to begin"));
            checks.extend(reach(dli.config().endpoint()).await);
            if !checks.iter().any(|check| check.exit == Some(Exit::Network)) {
                checks.push(credentials(dli).await);
            }
            // Some values are only found by the first call.
            for value in dli.config().explain().values() {
                let origin = value.origin.as_ref().map(ToString::to_string);
                let origin = origin.map(|origin| {
                    origin.replace("given to the builder", "option of the command line")
                });
                explained
                    .push(json!({ "name": value.name, "value": value.value, "origin": origin }));
            }
        }
        Err(error) => {
            let exit = error.exit().unwrap_or(Exit::Configuration);
            checks.push(Check::bad("configuration", exit, error.to_string()));
        }
    }
    let first = checks.iter().find_map(|check| check.exit);
    if session.output.is_table() && !session.output.has_query() {
        session.output.text(&text(&explained, &checks, session.output.width))?;
    } else {
        let listed = |check: &Check| json!({ "check": check.name, "ok": check.exit.is_none(), "text": check.text });
        let checks: Vec<Value> = checks.iter().map(listed).collect();
        session.output.show(View::any(json!({ "configuration": explained, "checks": checks })))?;
    }
    match first {
        None => {
            eprint_line("Everything is as it should be.");
            Ok(())
        }
        Some(exit) => {
            Err(Failure::new(exit, "not everything is as it should be; what to do is said above"))
        }
    }
}

/// What is configured, and what came of the checks; broken between words on a terminal.
fn text(explained: &[Value], checks: &[Check], width: Option<usize>) -> String {
    let explained = explained.iter().map(|value| {
        let origin = plain(&value["origin"]);
        let origin = if origin.is_empty() { origin } else { format!("  ({origin})") };
        (plain(&value["name"]), format!("{}{origin}", plain(&value["value"])))
    });
    let explained = hanging(&explained.collect::<Vec<_>>(), width);
    let checks = checks.iter().map(|check| {
        let mark = if check.exit.is_none() { "ok" } else { "wrong" };
        (mark.to_owned(), format!("{}: {}", check.name, check.text))
    });
    let checks = hanging(&checks.collect::<Vec<_>>(), width);
    if explained.is_empty() { checks } else { format!("{explained}\n{checks}") }
}

fn plain(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Whether anything answers, and whether its clock and ours agree.
async fn reach(endpoint: &str) -> Vec<Check> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let answer = match client {
        Ok(client) => client.get(endpoint).send().await,
        Err(error) => Err(error),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(source) = cause.source() {
                cause = source;
            }
            return vec![Check::bad(
                "endpoint",
                Exit::Network,
                format!(
                    "{endpoint} cannot be reached: {cause}; check the name, the network, and the \
                     variables HTTPS_PROXY and NO_PROXY"
                ),
            )];
        }
    };
    let mut checks = vec![Check::good("endpoint", format!("{endpoint} answers"))];
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
    if let Some(theirs) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) {
        let apart = Timestamp::now().as_second() - theirs.timestamp().as_second();
        checks.push(match apart.abs() {
            0..=5 => Check::good("clock", "it agrees with the clock of the service"),
            6..=ALLOWED => Check::good("clock", format!("it differs by {} s, which is allowed", apart.abs())),
            apart => Check::bad(
                "clock",
                Exit::Denied,
                format!(
                    "it differs from the clock of the service by {} min, and 15 are allowed; set the \
                     clock of this machine",
                    apart / 60
                ),
            ),
        });
    }
    checks
}

/// Whether a harmless call is let through.
async fn credentials(dli: &dli_ext::Dli) -> Check {
    let request = Request::of("list_queues");
    let path = match request.path() {
        Ok(path) => path,
        Err(error) => return Check::bad("credentials", Exit::Usage, error.to_string()),
    };
    match dli.request(http::Method::GET, path).send().await {
        Ok(_) => Check::good("credentials", "the service accepts them"),
        Err(error) => {
            let failure = of_client(&error, None);
            Check::bad("credentials", failure.exit().unwrap_or(Exit::Denied), failure.to_string())
        }
    }
}

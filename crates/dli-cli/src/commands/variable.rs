//! `dli variable`: values that SQL jobs name as `{{name}}`.

use clap::Subcommand;
use serde_json::{Value, json};

use super::common::Most;
use crate::error::{Exit, Result};
use crate::output::{Column, View};
use crate::request::{Request, read_stdin};
use crate::session::Session;

/// Global variables.
#[derive(Debug, Subcommand)]
pub enum Variable {
    /// List variables
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        most: Most,
    },
    /// Create a variable, or give it another value
    Set {
        /// Name of the variable
        name: String,
        /// Its value; `-` reads it from standard input, which keeps it out of the shell's history
        value: String,
        /// Hide the value from those who look at it later
        #[arg(long)]
        sensitive: bool,
    },
    /// Delete a variable
    Delete {
        /// Name of the variable
        name: String,
    },
}

const LISTED: &[Column] = &[
    Column::text("NAME", "var_name"),
    Column::text("VALUE", "var_value"),
    Column::text("SENSITIVE", "is_sensitive").rank(3),
    Column::text("USER", "user_name").rank(2),
    Column::time("CHANGED", "update_time").rank(1),
];

impl Variable {
    /// Runs the command.
    pub async fn run(self, session: &Session) -> Result<()> {
        match self {
            Self::List { most } => {
                let mut items =
                    session.list(Request::of("list_global_variables"), most.get()).await?;
                for item in &mut items {
                    if item["is_sensitive"] == Value::Bool(true) {
                        item["var_value"] = "********".into();
                    }
                }
                session.output.show(View::rows(items, LISTED, "There are no variables."))
            }
            Self::Set { name, value, sensitive } => {
                let value = match value.as_str() {
                    "-" => read_stdin()?.trim_end_matches(['\r', '\n']).to_owned(),
                    _ => value,
                };
                let create = Request::of("create_global_variable").body(json!({
                    "var_name": name,
                    "var_value": value,
                    "is_sensitive": if sensitive { Value::Bool(true) } else { Value::Null },
                }));
                match session.call(&create).await {
                    // The service tells a name that is taken in more than one way.
                    Err(error)
                        if matches!(error.exit(), Some(Exit::Conflict | Exit::Service))
                            && exists(session, &name).await? =>
                    {
                        let update = Request::of("update_global_variable")
                            .set("var_name", name.as_str())
                            .body(json!({ "var_value": value }));
                        let answer = session.call(&update).await?;
                        session.output.done(&format!("Changed the variable {name}."), answer)
                    }
                    answer => {
                        let answer = answer?;
                        session.output.done(&format!("Created the variable {name}."), answer)
                    }
                }
            }
            Self::Delete { name } => {
                session.confirm(&format!("Delete the variable {name}"))?;
                let request = Request::of("delete_global_variable").set("var_name", name.as_str());
                let answer = session.call(&request).await?;
                session.output.done(&format!("Deleted the variable {name}."), answer)
            }
        }
    }
}

async fn exists(session: &Session, name: &str) -> Result<bool> {
    let items = session.list(Request::of("list_global_variables"), None).await?;
    Ok(items.iter().any(|item| item["var_name"].as_str() == Some(name)))
}

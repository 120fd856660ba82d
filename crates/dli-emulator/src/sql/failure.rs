//! From what went wrong to the service's codes.

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;

use super::storage::Storage;
use crate::engine::SqlFailure;
use crate::error::ApiError;

/// The statement does not parse.
const SYNTAX: &str = "DLI.0004";
/// It parses, but names what is not there or puts together what does not fit.
const ANALYSIS: &str = "DLI.0005";
/// It parses, but this engine, or the service, does not do it.
const UNSUPPORTED: &str = "DLI.0007";
/// It began and failed.
const EXECUTION: &str = "DLI.0999";
/// A bound of the job was reached.
const LIMIT: &str = "DLI.0009";

fn failure(code: &str, message: impl Into<String>) -> SqlFailure {
    SqlFailure { code: code.to_owned(), message: message.into() }
}

/// What is no statement of the dialect.
pub(super) fn syntax(message: impl Into<String>) -> SqlFailure {
    failure(SYNTAX, message)
}

pub(super) fn analysis(message: impl Into<String>) -> SqlFailure {
    failure(ANALYSIS, message)
}

/// What the service may do and this engine does not; names the construct.
pub(super) fn refused(construct: impl std::fmt::Display) -> SqlFailure {
    failure(
        UNSUPPORTED,
        format!("The emulator's SQL engine does not run {construct}. The service may."),
    )
}

/// What the service does not do either.
pub(super) fn unsupported(message: impl Into<String>) -> SqlFailure {
    failure(UNSUPPORTED, message)
}

pub(super) fn execution(message: impl Into<String>) -> SqlFailure {
    failure(EXECUTION, message)
}

pub(super) fn limit(message: impl Into<String>) -> SqlFailure {
    failure(LIMIT, message)
}

/// What the emulator's own store said.
pub(super) fn of_store(error: ApiError) -> SqlFailure {
    SqlFailure { code: error.code, message: error.message }
}

/// What the parser said, with the position it names.
pub(super) fn of_parser(error: ParserError) -> SqlFailure {
    match error {
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
            syntax(format!("The SQL does not parse: {}.", message.trim_end_matches('.')))
        }
        ParserError::RecursionLimitExceeded => {
            syntax("The SQL does not parse: its parts are nested too deeply.")
        }
    }
}

/// What DataFusion said, without the places of this machine.
pub(super) fn of_engine(error: DataFusionError, storage: &Storage) -> SqlFailure {
    let position = position(&error);
    let found = match error.find_root() {
        DataFusionError::SQL(error, _) => return of_parser((**error).clone()),
        DataFusionError::ResourcesExhausted(message) => {
            limit(format!("The job needs more memory than it may have: {}", first_line(message)))
        }
        DataFusionError::NotImplemented(message) => {
            refused(format!("this: {}", first_line(message).trim_end_matches('.')))
        }
        DataFusionError::SchemaError(error, _) => analysis(schema_message(error)),
        DataFusionError::Plan(message) => analysis(first_line(message)),
        DataFusionError::External(error) => match error.downcast_ref::<SqlFailure>() {
            Some(failure) => failure.clone(),
            None => execution(error.to_string()),
        },
        other => {
            let message = other.strip_backtrace();
            execution(first_line(&message))
        }
    };
    let message = storage.hide(&found.message.replace("datafusion.", ""));
    match position {
        Some(position) => SqlFailure { message: format!("{message} {position}"), ..found },
        None => SqlFailure { message, ..found },
    }
}

fn schema_message(error: &SchemaError) -> String {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let known: Vec<&str> = valid_fields.iter().take(8).map(|f| f.name.as_str()).collect();
            format!("There is no column `{}`; known are: {}.", field.name, known.join(", "))
        }
        SchemaError::AmbiguousReference { field } => {
            format!("The column `{}` is ambiguous; say whose it is.", field.name)
        }
        other => first_line(&other.to_string()),
    }
}

/// Where in the statement, if the planner knows.
fn position(error: &DataFusionError) -> Option<String> {
    let span = error.diagnostic()?.span?;
    Some(format!("(line {}, column {})", span.start.line, span.start.column))
}

fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim();
    if line.ends_with(['.', '!', '?']) { line.to_owned() } else { format!("{line}.") }
}

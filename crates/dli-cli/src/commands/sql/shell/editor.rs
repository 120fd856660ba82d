//! What helps while a statement is typed: completion, and going on over several lines.

use std::sync::mpsc;
use std::time::Duration;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};
use tokio::sync::mpsc::UnboundedSender;

use super::catalog::Question;
use crate::commands::sql::split;

const KEYWORDS: &[&str] = &[
    "ALTER TABLE",
    "AND",
    "AS",
    "BETWEEN",
    "BY",
    "CASE",
    "CAST",
    "CREATE TABLE",
    "CROSS JOIN",
    "DELETE FROM",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "DROP TABLE",
    "ELSE",
    "END",
    "EXISTS",
    "EXPLAIN",
    "FROM",
    "FULL JOIN",
    "GROUP BY",
    "HAVING",
    "IN",
    "INNER JOIN",
    "INSERT INTO",
    "INSERT OVERWRITE",
    "IS NULL",
    "JOIN",
    "LEFT JOIN",
    "LIKE",
    "LIMIT",
    "NOT",
    "NULL",
    "ON",
    "OR",
    "ORDER BY",
    "OVER",
    "PARTITION BY",
    "RIGHT JOIN",
    "SELECT",
    "SHOW DATABASES",
    "SHOW TABLES",
    "THEN",
    "UNION ALL",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];

/// After these words a table is named.
const BEFORE_TABLES: [&str; 7] = ["from", "join", "into", "table", "describe", "desc", "overwrite"];

/// Helps while a line is typed.
pub struct Help {
    ask: UnboundedSender<Question>,
}

impl Help {
    /// Asks for names over this channel.
    pub fn new(ask: UnboundedSender<Question>) -> Self {
        Self { ask }
    }

    fn asked(&self, question: impl FnOnce(mpsc::Sender<Vec<String>>) -> Question) -> Vec<String> {
        let (reply, answer) = mpsc::channel();
        if self.ask.send(question(reply)).is_err() {
            return Vec::new();
        }
        answer.recv_timeout(Duration::from_secs(2)).unwrap_or_default()
    }

    fn candidates(&self, before: &str, word: &str) -> Vec<String> {
        let words: Vec<String> = before.split_whitespace().map(str::to_lowercase).collect();
        let last = words.last().map_or("", String::as_str);
        if before.trim_start().starts_with("\\c") {
            return self.asked(Question::Databases);
        }
        if before.trim_start().starts_with("\\d") || BEFORE_TABLES.contains(&last) {
            return self.asked(Question::Tables);
        }
        let tables: Vec<String> = words
            .windows(2)
            .filter(|pair| BEFORE_TABLES.contains(&pair[0].as_str()))
            .map(|pair| pair[1].trim_matches([',', ';', '(', ')', '`']).to_owned())
            .filter(|table| !table.is_empty() && table != "select")
            .collect();
        let mut found = match tables.is_empty() {
            true => Vec::new(),
            false => self.asked(|reply| Question::Columns(tables, reply)),
        };
        let upper = word.chars().any(char::is_uppercase);
        found.extend(KEYWORDS.iter().map(|keyword| match upper {
            true => (*keyword).to_owned(),
            false => keyword.to_lowercase(),
        }));
        found
    }
}

impl Completer for Help {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let typed = &line[..at];
        let start = typed
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            .map_or(0, |found| found + typed[found..].chars().next().map_or(1, char::len_utf8));
        let word = &typed[start..];
        let wanted = word.to_lowercase();
        // Columns may be typed before their tables: the rest of the statement counts as well.
        let context = format!("{}{}", &typed[..start], &line[at..]);
        let context =
            if typed[..start].trim_end().to_lowercase().ends_with("select") || wanted.is_empty() {
                context
            } else {
                typed[..start].to_owned()
            };
        let mut found: Vec<Pair> = self
            .candidates(&context, word)
            .into_iter()
            .filter(|name| name.to_lowercase().starts_with(&wanted))
            .map(|name| Pair { display: name.clone(), replacement: name })
            .collect();
        found.dedup_by(|a, b| a.replacement == b.replacement);
        Ok((start, found))
    }
}

impl Validator for Help {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let input = context.input();
        let command = input.trim_start().starts_with('\\');
        let leave = matches!(input.trim().to_ascii_lowercase().as_str(), "quit" | "exit");
        Ok(match command || leave || split::is_complete(input) {
            true => ValidationResult::Valid(None),
            false => ValidationResult::Incomplete,
        })
    }
}

impl Hinter for Help {
    type Hint = String;
}

impl Highlighter for Help {}
impl Helper for Help {}

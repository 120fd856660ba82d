//! What kind of statement a text is.

/// The type of a statement, by its first word.
pub(super) fn kind_of(statement: &str) -> &'static str {
    let word = first_word(statement).to_ascii_uppercase();
    match word.as_str() {
        "SELECT" | "WITH" | "VALUES" | "EXPLAIN" => "QUERY",
        "INSERT" => "INSERT",
        "UPDATE" | "MERGE" => "UPDATE",
        "DELETE" => "DELETE",
        "LOAD" => "IMPORT",
        "GRANT" | "REVOKE" => "DCL",
        _ => "DDL",
    }
}

/// The first word of a statement, after comments and brackets.
fn first_word(statement: &str) -> &str {
    let mut rest = statement.trim_start();
    loop {
        if let Some(comment) = rest.strip_prefix("--") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, rest)| rest).trim_start();
        } else if let Some(inner) = rest.strip_prefix('(') {
            rest = inner.trim_start();
        } else {
            break;
        }
    }
    rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_tells_the_type_of_a_statement() {
        for (statement, kind) in [
            ("select 1", "QUERY"),
            ("  -- a comment\n/* another */ (WITH a AS (SELECT 1) SELECT * FROM a)", "QUERY"),
            ("insert into t values (1)", "INSERT"),
            ("CREATE TABLE t (a int)", "DDL"),
            ("grant SELECT_TABLE on tables.t to user u", "DCL"),
            ("", "DDL"),
        ] {
            assert_eq!(kind_of(statement), kind, "{statement}");
        }
    }
}

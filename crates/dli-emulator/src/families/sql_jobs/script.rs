//! Scripted results.

use serde_json::Value;

use super::SCRIPT;
use crate::call::Call;
use crate::error::ApiResult;
use crate::store::Object;

/// The script for a statement: one of the same text (blanks, case and a semicolon at the end do
/// not count), or one whose `contains` is in it. The latest wins.
pub(in crate::families) fn find_script(
    call: &Call<'_>,
    statement: &str,
) -> ApiResult<Option<Value>> {
    let plain = plain(statement);
    let mut scripts = call.objects.list("", SCRIPT, "")?;
    scripts.extend(call.objects.list(call.project, SCRIPT, "")?);
    let fits = |script: &Object| match script.get("sql").as_str() {
        Some(sql) => self::plain(sql) == plain,
        None => {
            script.get("contains").as_str().is_some_and(|part| plain.contains(&self::plain(part)))
        }
    };
    Ok(scripts.into_iter().rev().find(fits).map(|script| Value::Object(script.into_fields().doc)))
}

fn plain(statement: &str) -> String {
    let words: Vec<&str> = statement.trim().trim_end_matches(';').split_whitespace().collect();
    words.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_case_and_a_semicolon_do_not_count_in_scripts() {
        assert_eq!(plain("SELECT  *\nFROM t ;"), plain("select * from t"));
    }
}

//! Lines of CSV (RFC 4180). An absent value is nothing, an empty text is `""`.

/// One line with its end.
pub fn line(cells: impl Iterator<Item = Option<String>>) -> String {
    let cells: Vec<String> = cells.map(|cell| cell.map_or_else(String::new, quoted)).collect();
    let mut line = cells.join(",");
    line.push('\n');
    line
}

fn quoted(text: String) -> String {
    if text.is_empty() || text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_comma_or_a_quote_is_quoted_and_null_is_not_an_empty_text() {
        let cells =
            [Some("a,b".to_owned()), Some("say \"x\"".to_owned()), None, Some(String::new())];
        assert_eq!(line(cells.into_iter()), "\"a,b\",\"say \"\"x\"\"\",,\"\"\n");
    }
}

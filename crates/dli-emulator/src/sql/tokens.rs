//! The words of a statement, and texts in quotes as Spark reads them.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::dialect::ServiceDialect;
use super::failure::{of_parser, refused};
use crate::engine::SqlFailure;

/// The tokens of a text, what is in quotes as Spark reads it.
pub(super) fn tokens(text: &str) -> Result<Vec<TokenWithSpan>, SqlFailure> {
    let mut tokenizer = Tokenizer::new(&ServiceDialect, text).with_unescape(false);
    let mut tokens = tokenizer.tokenize_with_location().map_err(|error| of_parser(error.into()))?;
    no_suffixes(&tokens)?;
    for token in &mut tokens {
        match &mut token.token {
            Token::SingleQuotedString(text) => *text = unescape(text, '\''),
            Token::DoubleQuotedString(text) => *text = unescape(text, '"'),
            _ => {}
        }
    }
    Ok(tokens)
}

/// What is between quotes. Two quotes end one text and begin the next, which belong together;
/// `\_` and `\%` are left to LIKE.
fn unescape(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == quote {
            continue;
        }
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        let rest: String = letters.clone().take(5).collect();
        let octal =
            rest.get(..3).filter(|digits| digits.bytes().all(|d| (b'0'..=b'7').contains(&d)));
        if let Some(letter) = rest
            .strip_prefix('u')
            .and_then(|hex| u32::from_str_radix(hex.get(..4)?, 16).ok())
            .and_then(char::from_u32)
        {
            out.push(letter);
            letters.by_ref().take(5).for_each(drop);
            continue;
        }
        if let Some(code) = octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            out.push(char::from(code));
            letters.by_ref().take(3).for_each(drop);
            continue;
        }
        match letters.next() {
            Some('0') => out.push('\0'),
            Some('b') => out.push('\u{8}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('Z') => out.push('\u{1a}'),
            Some(kept @ ('%' | '_')) => out.extend(['\\', kept]),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

/// `1.5D` would be read as 1.5 with the name D.
fn no_suffixes(tokens: &[TokenWithSpan]) -> Result<(), SqlFailure> {
    for pair in tokens.windows(2) {
        if let (Token::Number(number, _), Token::Word(word)) = (&pair[0].token, &pair[1].token) {
            return Err(refused(format!(
                "the number `{number}{}` (CAST gives it a type)",
                word.value
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_spark_reads_them() {
        for (written, text) in [
            (r"it\'s", "it's"),
            (r"a\tb\n", "a\tb\n"),
            (r"\\d\_\%", r"\d\_\%"),
            (r"\u00e4\101\q", "äAq"),
            ("it''s", "its"),
            (r"\u12", "u12"),
        ] {
            assert_eq!(unescape(written, '\''), text, "{written}");
        }
    }
}

//! Lines broken between words, so that a terminal need not break them within words.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A line broken at blanks. A word that is longer than the room is broken as well where the
/// layout depends on it; elsewhere it stays whole, so that it can be copied.
pub fn wrap(line: &str, room: usize, break_words: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    let mut width = 0;
    for (number, word) in line.split(' ').enumerate() {
        if width > 0 && width + 1 + word.width() > room {
            lines.push(std::mem::take(&mut current));
            width = 0;
        } else if number > 0 {
            current.push(' ');
            width += 1;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if break_words && width > 0 && width + wide > room {
                lines.push(std::mem::take(&mut current));
                width = 0;
            }
            current.push(c);
            width += wide;
        }
    }
    lines.push(current);
    lines
}

/// Heads with a text each; a text that is too long goes on under its beginning. Without a
/// terminal nothing is broken.
pub fn hanging(items: &[(String, String)], width: Option<usize>) -> String {
    let widest = items.iter().map(|(head, _)| head.width()).max().unwrap_or(0);
    let mut out = String::new();
    for (head, text) in items {
        let room = width.map_or(usize::MAX, |width| width.saturating_sub(widest + 2).max(20));
        for (number, line) in wrap(text, room, false).iter().enumerate() {
            let head = if number == 0 { head.as_str() } else { "" };
            let blank = " ".repeat(widest - head.width());
            out.push_str(format!("{head}{blank}  {line}").trim_end());
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_goes_on_under_its_beginning() {
        let items = [("a".to_owned(), "one two three four five".to_owned())];
        assert_eq!(hanging(&items, Some(23)), "a  one two three four\n   five\n");
        assert_eq!(hanging(&items, None), "a  one two three four five\n");
    }

    #[test]
    fn lines_are_broken_between_words_and_long_words_where_it_is_wanted() {
        assert_eq!(wrap("one two three", 8, false), ["one two", "three"]);
        assert_eq!(wrap("a https://example.com b", 10, false), ["a", "https://example.com", "b"]);
        assert_eq!(wrap("abcdefgh", 3, true), ["abc", "def", "gh"]);
        assert_eq!(wrap("\u{4f60}\u{597d}\u{4f60}", 5, true), ["\u{4f60}\u{597d}", "\u{4f60}"]);
        assert_eq!(wrap("  as  it is", 80, true), ["  as  it is"]);
    }
}

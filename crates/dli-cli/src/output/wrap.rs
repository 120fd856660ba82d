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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_long_words_where_it_is_wanted() {
        assert_eq!(wrap("one two three", 8, false), ["one two", "three"]);
        assert_eq!(wrap("a https://example.com b", 10, false), ["a", "https://example.com", "b"]);
        assert_eq!(wrap("abcdefgh", 3, true), ["abc", "def", "gh"]);
        assert_eq!(wrap("\u{4f60}\u{597d}\u{4f60}", 5, true), ["\u{4f60}\u{597d}", "\u{4f60}"]);
        assert_eq!(wrap("  as  it is", 80, true), ["  as  it is"]);
    }
}

//! How text, times and states are shown. Whatever comes from outside goes through here or through
//! `html!`, which escapes; nothing is put into a page as it came.

use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Text from outside. It is isolated from the direction of what is around it, and characters that
/// cannot be seen are marked, so that a name cannot pass for another.
pub(super) fn shown(text: &str) -> Markup {
    let class = is_long(text).then_some("long");
    if !text.chars().any(is_hidden) {
        return html! { bdi class=[class] { (text) } };
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(is_hidden) {
        let (before, after) = rest.split_at(at);
        let hidden = after.chars().next().unwrap_or_default();
        parts.push(html! { (before) (marked(hidden)) });
        rest = &after[hidden.len_utf8()..];
    }
    html! { bdi class=[class] { @for part in &parts { (part) } (rest) } }
}

/// Whether there is a word that may have to be broken where there is no blank.
fn is_long(text: &str) -> bool {
    text.split_whitespace().any(|word| word.len() > 24)
}

/// An identifier, which may be broken after its underscores.
pub(super) fn identifier(name: &str) -> Markup {
    html! {
        @for (index, part) in name.split('_').enumerate() {
            @if index > 0 { "_" wbr; }
            (part)
        }
    }
}

/// A character that cannot be seen, with its number beside it. The element isolates it: what
/// would turn the text after it around has nothing to turn.
fn marked(hidden: char) -> Markup {
    let code = format!("U+{:04X}", u32::from(hidden));
    html! {
        bdi.mark data-code=(code) {
            // HTML has no way to say U+0000, and takes a plain return for a line feed.
            @match hidden { '\0' => {}, '\r' => (PreEscaped("&#13;")), _ => (hidden) }
        }
    }
}

fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}' | '\u{feff}')
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// As [`shown`], and no longer than so many characters.
pub(super) fn shortened(text: &str, limit: usize) -> Markup {
    match text.char_indices().nth(limit) {
        None => shown(text),
        Some((end, _)) => html! {
            (shown(&text[..end])) span.muted { "… (" (text[end..].chars().count()) " more characters)" }
        },
    }
}

/// The beginning of a text in one line, for a row of a table.
pub(super) fn one_line(text: &str, limit: usize) -> Markup {
    let line: Vec<&str> = text.split_whitespace().take(limit).collect();
    let line = line.join(" ");
    match line.char_indices().nth(limit) {
        None => shown(&line),
        Some((end, _)) => html! { (shown(&line[..end])) "…" },
    }
}

/// A sentence of the description, with what stands between backquotes as code.
pub(super) fn prose(text: &str) -> Markup {
    let parts = text.split('`').enumerate();
    html! {
        @for (index, part) in parts {
            @if index % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// A state, coloured by what it means.
pub(super) fn state(name: &str) -> Markup {
    if name.is_empty() {
        return html! { span.muted { "–" } };
    }
    html! { span.state.(mood(name)) { (shown(name)) } }
}

/// Whether a state is a bad end.
pub(super) fn is_failure(state: &str) -> bool {
    mood(state) == "bad"
}

fn mood(state: &str) -> &'static str {
    let state = state.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| state.contains(word));
    if any(&["fail", "dead", "error", "unreachable", "exception"]) {
        "bad"
    } else if any(&["ing", "init", "starting"]) && !any(&["job_running"]) {
        "moving"
    } else if any(&["cancel", "deleted", "stop"]) {
        "over"
    } else {
        "good"
    }
}

/// A moment, in UTC.
pub(super) fn moment(milliseconds: i64) -> Markup {
    match Timestamp::from_millisecond(milliseconds) {
        Ok(at) => instant(at),
        Err(_) => html! { (milliseconds) },
    }
}

/// As [`moment`].
pub(super) fn instant(at: Timestamp) -> Markup {
    html! { time datetime=(at) { (at.strftime("%Y-%m-%d %H:%M:%S")) } }
}

/// A length of time in words that are easy to compare.
pub(super) fn duration(milliseconds: i64) -> String {
    let seconds = milliseconds / 1000;
    match milliseconds {
        ..1000 => format!("{} ms", milliseconds.max(0)),
        1000..60_000 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        60_000..3_600_000 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A number with its thousands apart.
pub(super) fn number(number: i64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// A value within the query of a link.
pub(super) fn encoded(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_is_text() {
        let shown = shown("<b>alert(1)</b>\"'&").into_string();
        assert_eq!(shown, "<bdi>&lt;b&gt;alert(1)&lt;/b&gt;&quot;'&amp;</bdi>");
    }

    #[test]
    fn characters_that_cannot_be_seen_are_marked_and_kept() {
        let shown = shown("a\u{202e}b\rc\0").into_string();
        assert_eq!(
            shown,
            "<bdi>a<bdi class=\"mark\" data-code=\"U+202E\">\u{202e}</bdi>\
             b<bdi class=\"mark\" data-code=\"U+000D\">&#13;</bdi>\
             c<bdi class=\"mark\" data-code=\"U+0000\"></bdi></bdi>"
        );
    }

    #[test]
    fn lengths_of_time_and_numbers_are_easy_to_read() {
        let times = [0, 999, 1250, 61_000, 3_725_000].map(duration);
        assert_eq!(times, ["0 ms", "999 ms", "1.2 s", "1 min 1 s", "1 h 2 min"]);
        assert_eq!(number(1_234_567).replace('\u{202f}', " "), "1 234 567");
        assert_eq!(one_line("select\n  1,\n 2", 9).into_string(), "<bdi>select 1,</bdi>…");
    }
}

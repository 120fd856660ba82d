//! Inline markup of reStructuredText: emphasis, literals, references.

use crate::document::Link;

/// Text without markup, and the links that were in it.
#[derive(Debug, Default)]
pub struct Inline {
    /// The words; emphasised and literal ones stand in `“ ”`.
    pub text: String,
    /// References to other places.
    pub links: Vec<Link>,
}

/// Reads the markup of a paragraph.
pub fn read_inline(source: &str) -> Inline {
    let mut out = Inline::default();
    let mut rest = source;
    // Where a kind of mark no longer closes, looking for it again and again would be quadratic.
    let mut unclosed = [false; 4];
    while let Some(at) = rest.find(['*', '`', '\\', ':']) {
        out.text.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix('\\') {
            let mut chars = after.chars();
            if let Some(c) = chars.next()
                && !c.is_whitespace()
            {
                out.text.push(c);
            }
            rest = chars.as_str();
        } else if let Some(after) = rest.strip_prefix("**") {
            rest = marked(&mut out, after, "**", "**", &mut unclosed[0], true);
        } else if let Some(after) = rest.strip_prefix("``") {
            rest = marked(&mut out, after, "``", "``", &mut unclosed[1], true);
        } else if rest.starts_with(':') {
            rest = role(&mut out, rest, &mut unclosed[2]);
        } else if let Some(after) = rest.strip_prefix('`') {
            rest = reference(&mut out, after, &mut unclosed[2]);
        } else {
            let after = &rest[1..];
            let word = after.chars().next().is_some_and(|c| !c.is_whitespace());
            if word {
                rest = marked(&mut out, after, "*", "*", &mut unclosed[3], false);
            } else {
                out.text.push('*');
                rest = after;
            }
        }
    }
    out.text.push_str(rest);
    out
}

fn marked<'a>(
    out: &mut Inline,
    after: &'a str,
    close: &str,
    literal: &str,
    unclosed: &mut bool,
    quote: bool,
) -> &'a str {
    let end = if *unclosed { None } else { after.find(close) };
    let Some(end) = end else {
        *unclosed = true;
        out.text.push_str(literal);
        return after;
    };
    let words = &after[..end];
    if quote && !words.trim().is_empty() {
        out.text.push('“');
        push_plain(out, words);
        out.text.push('”');
    } else {
        push_plain(out, words);
    }
    &after[end + close.len()..]
}

fn push_plain(out: &mut Inline, words: &str) {
    let mut escaped = false;
    for c in words.chars() {
        if c == '\\' && !escaped {
            escaped = true;
            continue;
        }
        escaped = false;
        out.text.push(c);
    }
}

/// `` :ref:`text <target>` `` and other roles; a lone colon stays.
fn role<'a>(out: &mut Inline, rest: &'a str, unclosed: &mut bool) -> &'a str {
    let name = rest[1..].chars().take(20).take_while(|c| c.is_ascii_alphabetic()).count();
    let body = &rest[1 + name..];
    if name > 0
        && let Some(after) = body.strip_prefix(":`")
    {
        return reference(out, after, unclosed);
    }
    out.text.push(':');
    &rest[1..]
}

/// What follows the opening backquote of a reference.
fn reference<'a>(out: &mut Inline, after: &'a str, unclosed: &mut bool) -> &'a str {
    let end = if *unclosed { None } else { after.find('`') };
    let Some(end) = end else {
        *unclosed = true;
        out.text.push('`');
        return after;
    };
    let inside = &after[..end];
    let (text, target) = match inside.rfind('<') {
        Some(at) if inside.ends_with('>') => {
            (inside[..at].trim(), &inside[at + 1..inside.len() - 1])
        }
        _ => (inside, inside),
    };
    push_plain(out, text);
    if out.links.len() < 100 {
        out.links.push(Link { target: target.to_owned(), text: text.to_owned() });
    }
    after[end + 1..].trim_start_matches('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emphasis_becomes_quotation_marks_and_references_become_links() {
        let inline = read_inline(
            "Value **true**, see :ref:`Table 3 <x__t3>` and `here <https://a>`__: a\\_b *c*",
        );
        assert_eq!(inline.text, "Value “true”, see Table 3 and here: a_b c");
        assert_eq!(inline.links[0], Link { target: "x__t3".into(), text: "Table 3".into() });
    }

    #[test]
    fn unclosed_marks_stay_as_they_are() {
        assert_eq!(read_inline("a ** b `` c ` d * e").text, "a ** b `` c ` d * e");
    }
}

//! The canonical request: the one form of a request that both ends compute and sign.
//!
//! ```text
//! METHOD
//! /percent-encoded/path/
//! sorted=query&string=
//! header:value          one line a value, in the order of the names
//!
//! header;names
//! payload digest
//! ```
//!
//! The request itself is only read here; nothing rewrites what goes over the wire.

use std::borrow::Cow;

/// One header value that is part of the signature.
pub(crate) type Field<'a> = (&'a str, &'a [u8]);

/// The percent-encoded path: every `%XX` decoded once and encoded anew, `/` kept (an encoded
/// slash becomes one, too), nothing folded, and a `/` at the end.
pub(crate) fn write_path(out: &mut Vec<u8>, path: &str) {
    let bytes = path.as_bytes();
    if bytes.iter().all(|&byte| byte == b'/' || is_unreserved(byte)) {
        out.extend_from_slice(bytes);
    } else {
        for byte in PercentDecoded::new(bytes, false) {
            if byte == b'/' {
                out.push(byte);
            } else {
                encode(out, byte);
            }
        }
    }
    if out.last() != Some(&b'/') {
        out.push(b'/');
    }
}

/// The query: pairs sorted by their decoded key and value, encoded anew, always with `=`.
///
/// A `+` is read as a space, since that is how whoever answers the request reads it. Clients do
/// better to send `%20` and `%2B`.
pub(crate) fn write_query(out: &mut Vec<u8>, query: &str) {
    type Text<'a> = Cow<'a, [u8]>;
    if query.is_empty() {
        return;
    }
    let mut pairs: Vec<(Text<'_>, Text<'_>)> = Vec::with_capacity(8);
    for pair in query.as_bytes().split(|&byte| byte == b'&') {
        if !pair.is_empty() {
            let end = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
            let value = pair.get(end + 1..).unwrap_or_default();
            pairs.push((decode_form(&pair[..end]), decode_form(value)));
        }
    }
    pairs.sort_unstable();
    for (index, (key, value)) in pairs.iter().enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        encode_all(out, key);
        out.push(b'=');
        encode_all(out, value);
    }
}

/// The headers, one line a value, and the empty line after them. `fields` is sorted by name.
pub(crate) fn write_fields(out: &mut Vec<u8>, fields: &[Field<'_>]) {
    for (name, value) in fields {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        out.extend_from_slice(trim(value));
        out.push(b'\n');
    }
}

/// The names of sorted fields, each once, joined by `;`.
pub(crate) fn signed_names(fields: &[Field<'_>]) -> String {
    let mut names = String::with_capacity(fields.iter().map(|(name, _)| name.len() + 1).sum());
    let mut last = "";
    for (name, _) in fields {
        if *name != last {
            if !last.is_empty() {
                names.push(';');
            }
            names.push_str(name);
            last = name;
        }
    }
    names
}

/// The whole canonical request.
pub(crate) fn request(
    method: &str,
    path: &str,
    query: &str,
    fields: &[Field<'_>],
    names: &str,
    payload: &[u8],
) -> Vec<u8> {
    let values: usize = fields.iter().map(|(n, v)| n.len() + v.len() + 2).sum();
    let mut out = Vec::with_capacity(
        method.len() + path.len() + query.len() + values + names.len() + payload.len() + 64,
    );
    out.extend_from_slice(method.as_bytes());
    out.push(b'\n');
    write_path(&mut out, path);
    out.push(b'\n');
    write_query(&mut out, query);
    out.push(b'\n');
    write_fields(&mut out, fields);
    out.push(b'\n');
    out.extend_from_slice(names.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(payload);
    out
}

/// A header value without the white space at its ends; what is inside stays.
pub(crate) fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

fn is_unreserved(byte: u8) -> bool {
    const UNRESERVED: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            let it = byte as u8;
            table[byte] = it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_' | b'.' | b'~');
            byte += 1;
        }
        table
    };
    UNRESERVED[usize::from(byte)]
}

fn encode_all(out: &mut Vec<u8>, text: &[u8]) {
    if text.iter().all(|&byte| is_unreserved(byte)) {
        out.extend_from_slice(text);
    } else {
        text.iter().for_each(|&byte| encode(out, byte));
    }
}

fn encode(out: &mut Vec<u8>, byte: u8) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if is_unreserved(byte) {
        out.push(byte);
    } else {
        out.extend_from_slice(&[
            b'%',
            DIGITS[usize::from(byte >> 4)],
            DIGITS[usize::from(byte & 15)],
        ]);
    }
}

fn decode_form(text: &[u8]) -> Cow<'_, [u8]> {
    if text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        let mut bytes = Vec::with_capacity(text.len());
        bytes.extend(PercentDecoded::new(text, true));
        Cow::Owned(bytes)
    } else {
        Cow::Borrowed(text)
    }
}

/// The bytes behind percent-encoded text. A `%` without two hexadecimal digits stands for itself.
struct PercentDecoded<'a> {
    rest: &'a [u8],
    plus_is_space: bool,
}

impl<'a> PercentDecoded<'a> {
    fn new(rest: &'a [u8], plus_is_space: bool) -> Self {
        Self { rest, plus_is_space }
    }
}

impl Iterator for PercentDecoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        fn digit(byte: u8) -> Option<u8> {
            char::from(byte).to_digit(16).map(|digit| digit as u8)
        }
        let (&first, after) = self.rest.split_first()?;
        self.rest = after;
        match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                if let (Some(high), Some(low)) = (digit(*high), digit(*low)) {
                    self.rest = after;
                    return Some(high << 4 | low);
                }
                Some(first)
            }
            (b'+', _) if self.plus_is_space => Some(b' '),
            _ => Some(first),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> String {
        let mut out = Vec::new();
        write_path(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    fn query(text: &str) -> String {
        let mut out = Vec::new();
        write_query(&mut out, text);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_path_is_encoded_once_whatever_its_spelling() {
        assert_eq!(path(""), "/");
        assert_eq!(path("/"), "/");
        assert_eq!(path("/a"), "/a/");
        assert_eq!(path("/a/"), "/a/");
        assert_eq!(path("/a//b/../c"), "/a//b/../c/");
        assert_eq!(path("/%61%2fb"), "/a/b/");
        assert_eq!(path("/a:b+c"), "/a%3Ab%2Bc/");
        assert_eq!(path("/100%"), "/100%25/");
        assert_eq!(path("/%zz%2"), "/%25zz%252/");
    }

    #[test]
    fn a_query_is_sorted_by_its_decoded_pairs() {
        assert_eq!(query("b=2&a=1"), "a=1&b=2");
        assert_eq!(query("k=b&k=&k"), "k=&k=&k=b");
        assert_eq!(query("&&a&"), "a=");
        assert_eq!(query("a=1=2"), "a=1%3D2");
        assert_eq!(query("a=x+y%2Bz"), "a=x%20y%2Bz");
        assert_eq!(query("%62=1&a=1"), "a=1&b=1");
    }

    #[test]
    fn white_space_goes_at_the_ends_of_a_value_only() {
        assert_eq!(trim(b" \t a  b\t "), b"a  b");
        assert_eq!(trim(b"  "), b"");
        assert_eq!(trim(b""), b"");
    }
}

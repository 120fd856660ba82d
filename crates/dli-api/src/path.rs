//! Values that become part of a path, and the address that the path is put behind.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use progenitor_client::Error;
use reqwest::Url;

use crate::{Client, types};

/// The address of a path on the client's service.
pub(crate) fn address(
    client: &Client,
    path: fmt::Arguments<'_>,
) -> Result<Url, Error<types::ErrorBody>> {
    // Parsing an address takes as long as signing a request.
    if let Some(base) = client.inner.base() {
        let mut url = base.clone();
        // Long enough for most, so that it need not grow.
        let mut whole = String::with_capacity(256);
        whole.push_str(base.path().trim_end_matches('/'));
        let _ = whole.write_fmt(path);
        url.set_path(&whole);
        return Ok(url);
    }
    let text = format!("{}{path}", client.baseurl.trim_end_matches('/'));
    Url::parse(&text).map_err(|error| {
        Error::InvalidRequest(format!(
            "the base address {:?} cannot be called: {error}; write it as https://host",
            client.baseurl
        ))
    })
}

/// Everything but the unreserved characters of RFC 3986, so that the encoding is the one that
/// gets signed.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes a value as one segment of a path.
///
/// Refused is what a URL parser or a proxy would fold into another path: nothing at all, `.`,
/// `..`, a slash in either direction, and control characters.
pub(crate) fn segment<'a, E>(name: &str, value: &'a str) -> Result<Cow<'a, str>, Error<E>> {
    let refuse = |why: &str| {
        Err(Error::InvalidRequest(format!(
            "path parameter `{name}` is {value:?}: {why}; nothing was sent"
        )))
    };
    // Nearly every id and name; nothing of it needs a closer look.
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~');
    if !value.is_empty() && value.bytes().all(plain) {
        return Ok(Cow::Borrowed(value));
    }
    match value {
        "" => refuse("it must not be empty"),
        "." | ".." => refuse("it would lead to another resource"),
        _ if value.contains(['/', '\\']) => refuse("it must not hold a slash or a backslash"),
        _ if value.contains(char::is_control) => refuse("it must not hold control characters"),
        // Gateways decode once before they route, so these are the same paths in disguise.
        _ if is_encoded_dots(value) => refuse("it would lead to another resource"),
        _ => Ok(utf8_percent_encode(value, ENCODED).into()),
    }
}

fn is_encoded_dots(value: &str) -> bool {
    let folded = value.to_ascii_lowercase().replace("%2e", ".");
    folded != value && (folded == "." || folded == "..")
}

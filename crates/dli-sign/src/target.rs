//! What of a request is signed besides its headers and its body.

use std::borrow::Cow;

use http::Method;
use http::request::Parts;

/// Where a request goes and how: for signing requests that are no [`http::Request`], whose address
/// need not be parsed for it.
///
/// ```
/// use dli_sign::{Credential, PayloadDigest, RequestSigner, Target};
///
/// let target = Target::new(&http::Method::GET, "dli.example.com", "/v1.0/p1/queues", "limit=5");
/// let mut headers = http::HeaderMap::new();
/// RequestSigner::new().sign_headers(
///     &target,
///     &mut headers,
///     &PayloadDigest::EMPTY,
///     &Credential::new("AKEXAMPLE", "the-secret"),
///     jiff::Timestamp::now(),
/// )?;
/// assert!(headers.contains_key("authorization"));
/// # Ok::<(), dli_sign::SignError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Target<'a> {
    pub(crate) method: &'a str,
    pub(crate) host: Option<Cow<'a, str>>,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
}

impl<'a> Target<'a> {
    /// A target whose host has the port behind it, unless that is the usual one of the scheme. Path
    /// and query are encoded as they will be sent; without a query it is empty.
    ///
    /// ```
    /// let get = http::Method::GET;
    /// let target = dli_sign::Target::new(&get, "127.0.0.1:8080", "/v1.0/p1/queues", "");
    /// ```
    pub fn new(
        method: &'a Method,
        host: impl Into<Cow<'a, str>>,
        path: &'a str,
        query: &'a str,
    ) -> Self {
        let host = Some(host.into()).filter(|host| !host.is_empty());
        Self { method: method.as_str(), host, path, query }
    }
}

impl<'a> From<&'a Parts> for Target<'a> {
    fn from(parts: &'a Parts) -> Self {
        let host = parts.uri.authority().map(|authority| {
            let usual = match parts.uri.scheme_str() {
                Some("https") => Some(443),
                Some("http") => Some(80),
                _ => None,
            };
            let host = authority.host();
            match authority.port_u16() {
                Some(port) if Some(port) != usual && !host.is_empty() => {
                    Cow::Owned(format!("{host}:{port}"))
                }
                _ => Cow::Borrowed(host),
            }
        });
        Self {
            method: parts.method.as_str(),
            host: host.filter(|host| !host.is_empty()),
            path: parts.uri.path(),
            query: parts.uri.query().unwrap_or_default(),
        }
    }
}

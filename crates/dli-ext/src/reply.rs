//! An answer: the value, and everything that came with it.

use std::fmt;
use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

/// What an operation answered. It stands for its value (`reply.status_field`), and keeps the
/// body as it came, so that what the types do not know is still reachable.
///
/// ```no_run
/// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
/// let reply = dli.enhanced_connections().show("3f9c…").await?;
/// println!("{:?}, request {:?}", reply.name, reply.request_id());
/// let undocumented = &reply.json()?["routes"];
/// # let _ = undocumented;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Reply<T> {
    pub(crate) value: T,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) attempts: u32,
}

impl<T> Reply<T> {
    /// The value alone.
    ///
    /// ```
    /// fn value(reply: dli_ext::Reply<Vec<String>>) -> Vec<String> {
    ///     reply.into_inner()
    /// }
    /// ```
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The body as it came.
    ///
    /// ```
    /// fn look(reply: &dli_ext::Reply<Vec<String>>) {
    ///     println!("{} bytes", reply.body().len());
    /// }
    /// ```
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as JSON, with everything that the types leave out.
    ///
    /// ```
    /// fn look(reply: &dli_ext::Reply<Vec<String>>) {
    ///     println!("{:?}", reply.json());
    /// }
    /// ```
    ///
    /// # Errors
    /// When the body is not JSON, which can only be where the operation answers with nothing.
    pub fn json(&self) -> Result<serde_json::Value, crate::Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            crate::Error::new(crate::ErrorKind::Undecodable, "the body is not JSON")
                .source_error(error)
        })
    }

    /// The HTTP status; a success.
    ///
    /// ```
    /// fn look(reply: &dli_ext::Reply<Vec<String>>) {
    ///     println!("{}", reply.http_status());
    /// }
    /// ```
    pub fn http_status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The headers of the answer.
    ///
    /// ```
    /// fn look(reply: &dli_ext::Reply<Vec<String>>) {
    ///     println!("{:?}", reply.headers().get("date"));
    /// }
    /// ```
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The id under which the service knows the request, as it came. The reply's `Debug` shows it
    /// only if it is written as ids are, in hexadecimal digits.
    ///
    /// ```
    /// fn look(reply: &dli_ext::Reply<Vec<String>>) {
    ///     println!("{:?}", reply.request_id());
    /// }
    /// ```
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }

    /// How many times the request was sent until this answer came.
    ///
    /// ```
    /// fn look(reply: &dli_ext::Reply<Vec<String>>) {
    ///     println!("{}", reply.attempts());
    /// }
    /// ```
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The same answer with another value.
    ///
    /// ```
    /// fn count(reply: dli_ext::Reply<Vec<String>>) -> dli_ext::Reply<usize> {
    ///     reply.map(|names| names.len())
    /// }
    /// ```
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reply<U> {
        Reply {
            value: change(self.value),
            status: self.status,
            headers: self.headers,
            body: self.body,
            attempts: self.attempts,
        }
    }
}

pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    ["x-request-id", "x-openstack-request-id"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok())
}

impl<T> Deref for Reply<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Reply<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("value", &self.value)
            .field("status", &self.status.as_u16())
            .field("request_id", &self.request_id().map(Id))
            .field("attempts", &self.attempts)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

/// A request id for output that nobody looks at twice. The header says what whoever answered put
/// there, perhaps what it was sent; so an id is shown if it is written as ids are, and of anything
/// else no more than how long it is.
struct Id<'a>(&'a str);

/// `req-` and a UUID.
const LONGEST_ID: usize = 40;

impl fmt::Debug for Id<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.strip_prefix("req-").unwrap_or(self.0);
        let is_one = self.0.len() <= LONGEST_ID
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        match is_one {
            true => write!(f, "{:?}", self.0),
            false => write!(f, "{} bytes that are no id", self.0.len()),
        }
    }
}

//! A request, ready to be signed as often as it is sent.

use std::sync::OnceLock;

use dli_sign::{PayloadDigest, RequestSigner, Target, TokenSigner};
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;

use super::{Core, Plan};
use crate::config::Authentication;
use crate::{Error, ErrorKind};

/// The service takes no longer bodies with a signature.
const SIGNED_BODY_LIMIT: usize = 12 * 1024 * 1024;

/// The longest address that HTTP libraries take.
const ADDRESS_LIMIT: usize = u16::MAX as usize - 1;

/// A request without what differs from one attempt to the next.
pub(crate) struct Draft<'a> {
    request: reqwest::Request,
    digest: OnceLock<PayloadDigest>,
    /// What every request carries, unless it has others of the name.
    usual: &'a HeaderMap,
    /// What the call adds, or has others of.
    extra: Option<&'a HeaderMap>,
    project_id: Option<&'a HeaderValue>,
}

/// The headers of every request. The table behind them has room for those of the call and its
/// signature, and so has a clone's, which need not be made anew when they come.
pub(crate) fn usual_headers(user_agent: HeaderValue) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(10);
    headers.insert(USER_AGENT, user_agent);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers
}

/// Puts all values of each name in the place of those that are there.
fn lay_over(headers: &mut HeaderMap, over: &HeaderMap) {
    let mut last = None;
    for (name, value) in over {
        if last == Some(name) {
            headers.append(name, value.clone());
        } else {
            headers.insert(name, value.clone());
        }
        last = Some(name);
    }
}

const PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");

impl<'a> Draft<'a> {
    pub fn new(request: reqwest::Request, core: &'a Core, plan: &Plan<'a>) -> Self {
        Self {
            request,
            digest: OnceLock::new(),
            usual: &core.headers,
            extra: plan.options.headers.as_ref(),
            project_id: plan.project_id,
        }
    }

    /// Refuses an address that HTTP libraries would not take.
    pub fn check_length(&self) -> Result<(), Error> {
        let length = self.url().as_str().len();
        if length > ADDRESS_LIMIT {
            let message = format!(
                "the address of the request has {length} bytes; no more than {ADDRESS_LIMIT} can be sent"
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        Ok(())
    }

    /// The request as it is sent at `now`. `made` attempts went before, which an error tells.
    pub fn signed(
        &self,
        identity: &Authentication,
        now: Timestamp,
        made: u32,
    ) -> Result<reqwest::Request, Error> {
        let mut request = self.copy(made)?;
        let headers = request.headers_mut();
        let signed = match identity {
            Authentication::Keys(credential) => {
                if self.body().len() > SIGNED_BODY_LIMIT {
                    return Err(Error::new(
                        ErrorKind::InvalidRequest,
                        format!(
                            "the body has {} bytes; with a signature the service takes 12 MB",
                            self.body().len()
                        ),
                    )
                    .hint("use an IAM token instead of an access key, or send less at a time")
                    .after(made));
                }
                if let Some(id) = self.project_id {
                    headers.entry(PROJECT_ID).or_insert_with(|| id.clone());
                }
                let digest = self.digest.get_or_init(|| PayloadDigest::of(self.body()));
                RequestSigner::new().sign_headers(&self.target(), headers, digest, credential, now)
            }
            Authentication::Token(token) => TokenSigner.sign_headers(headers, token, now),
        };
        signed.map_err(|error| {
            Error::new(ErrorKind::Credentials, format!("the request cannot be signed: {error}"))
                .source_error(error)
                .after(made)
        })?;
        Ok(request)
    }

    /// The request once more, for it may have to be sent again.
    fn copy(&self, made: u32) -> Result<reqwest::Request, Error> {
        let mut copy = match self.request.body() {
            Some(_) => self.request.try_clone().ok_or_else(|| {
                Error::new(ErrorKind::InvalidRequest, "a body that is a stream cannot be signed")
                    .after(made)
            })?,
            // What `try_clone` copies besides takes longer than all of this, and we set none of it.
            None => reqwest::Request::new(self.method().clone(), self.url().clone()),
        };
        let mut headers = self.usual.clone();
        lay_over(&mut headers, self.request.headers());
        if let Some(extra) = self.extra {
            lay_over(&mut headers, extra);
        }
        *copy.headers_mut() = headers;
        Ok(copy)
    }

    pub fn method(&self) -> &http::Method {
        self.request.method()
    }

    pub fn url(&self) -> &reqwest::Url {
        self.request.url()
    }

    fn target(&self) -> Target<'_> {
        let url = self.request.url();
        // The host as it is sent, with its port unless that is the usual one.
        let authority = url.authority();
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        Target::new(self.request.method(), host, url.path(), url.query().unwrap_or_default())
    }

    fn body(&self) -> &[u8] {
        self.request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default()
    }
}

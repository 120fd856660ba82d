//! A request, ready to be signed as often as it is sent.

use dli_sign::{PayloadDigest, RequestSigner, Target, TokenSigner};
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;

use super::{Core, Plan};
use crate::config::Authentication;
use crate::{Error, ErrorKind};

/// The service takes no longer bodies with a signature.
const SIGNED_BODY_LIMIT: usize = 12 * 1024 * 1024;

/// The longest address that HTTP libraries take.
const ADDRESS_LIMIT: usize = u16::MAX as usize - 1;

/// A request without what differs from one attempt to the next.
pub(crate) struct Draft {
    request: reqwest::Request,
    /// The host as it is signed and sent, with its port unless that is the usual one.
    host: String,
    digest: std::sync::OnceLock<PayloadDigest>,
    project_id: Option<HeaderValue>,
}

const PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");

impl Draft {
    pub fn new(mut request: reqwest::Request, core: &Core, plan: &Plan<'_>) -> Result<Self, Error> {
        let url = request.url();
        let length = url.as_str().len();
        if length > ADDRESS_LIMIT {
            let message = format!(
                "the address of the request has {length} bytes; no more than {ADDRESS_LIMIT} can be sent"
            );
            return Err(Error::new(ErrorKind::InvalidRequest, message));
        }
        let host = match (url.host_str().unwrap_or_default(), url.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        };
        let headers = request.headers_mut();
        headers.entry(USER_AGENT).or_insert_with(|| core.user_agent.clone());
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        if let Some(extra) = &plan.options.headers {
            let mut name = None;
            for (next, value) in extra.clone() {
                match next {
                    Some(first) => {
                        headers.insert(first.clone(), value);
                        name = Some(first);
                    }
                    None => {
                        if let Some(name) = &name {
                            headers.append(name.clone(), value);
                        }
                    }
                }
            }
        }
        let project_id = plan.project_id.and_then(|id| HeaderValue::from_str(id).ok());
        Ok(Self { request, host, digest: std::sync::OnceLock::new(), project_id })
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
                if let Some(id) = &self.project_id {
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
        if self.request.body().is_some() {
            return self.request.try_clone().ok_or_else(|| {
                Error::new(ErrorKind::InvalidRequest, "a body that is a stream cannot be signed")
                    .after(made)
            });
        }
        // What `try_clone` copies besides takes longer than all of this, and we set none of it.
        let mut copy =
            reqwest::Request::new(self.request.method().clone(), self.request.url().clone());
        *copy.headers_mut() = self.request.headers().clone();
        Ok(copy)
    }

    fn target(&self) -> Target<'_> {
        let url = self.request.url();
        let query = url.query().unwrap_or_default();
        Target::new(self.request.method(), self.host.as_str(), url.path(), query)
    }

    fn body(&self) -> &[u8] {
        self.request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default()
    }
}

//! A request, ready to be signed as often as it is sent.

use dli_sign::{PayloadDigest, RequestSigner, TokenSigner};
use http::header::{CONTENT_TYPE, USER_AGENT};
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use jiff::Timestamp;

use super::{Core, Plan};
use crate::config::Authentication;
use crate::{Error, ErrorKind};

/// The service takes no longer bodies with a signature.
const SIGNED_BODY_LIMIT: usize = 12 * 1024 * 1024;

/// A request without what differs from one attempt to the next.
pub(crate) struct Draft {
    request: reqwest::Request,
    parts: Parts,
    digest: std::sync::OnceLock<PayloadDigest>,
    project_id: Option<HeaderValue>,
}

const PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");

impl Draft {
    pub fn new(mut request: reqwest::Request, core: &Core, plan: &Plan<'_>) -> Result<Self, Error> {
        let (mut parts, ()) = http::Request::new(()).into_parts();
        parts.method = request.method().clone();
        parts.uri = request.url().as_str().parse().map_err(|error| {
            let error: http::uri::InvalidUri = error;
            Error::new(ErrorKind::InvalidRequest, "the address of the request cannot be sent")
                .source_error(error)
        })?;
        parts.headers = std::mem::take(request.headers_mut());
        parts.headers.entry(USER_AGENT).or_insert_with(|| core.user_agent.clone());
        parts.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        if let Some(extra) = &plan.options.headers {
            let mut name = None;
            for (next, value) in extra.clone() {
                match next {
                    Some(first) => {
                        parts.headers.insert(first.clone(), value);
                        name = Some(first);
                    }
                    None => {
                        if let Some(name) = &name {
                            parts.headers.append(name.clone(), value);
                        }
                    }
                }
            }
        }
        let project_id = plan.project_id.and_then(|id| HeaderValue::from_str(id).ok());
        Ok(Self { request, parts, digest: std::sync::OnceLock::new(), project_id })
    }

    /// The request as it is sent at `now`. `made` attempts went before, which an error tells.
    pub fn signed(
        &self,
        identity: &Authentication,
        now: Timestamp,
        made: u32,
    ) -> Result<reqwest::Request, Error> {
        let mut parts = self.parts.clone();
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
                    parts.headers.entry(PROJECT_ID).or_insert_with(|| id.clone());
                }
                let digest = self.digest.get_or_init(|| PayloadDigest::of(self.body()));
                RequestSigner::new().sign(&mut parts, digest, credential, now)
            }
            Authentication::Token(token) => TokenSigner.sign(&mut parts, token, now),
        };
        signed.map_err(|error| {
            Error::new(ErrorKind::Credentials, format!("the request cannot be signed: {error}"))
                .source_error(error)
                .after(made)
        })?;
        let mut request = self.request.try_clone().ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "a body that is a stream cannot be signed")
                .after(made)
        })?;
        *request.headers_mut() = parts.headers;
        Ok(request)
    }

    fn body(&self) -> &[u8] {
        self.request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default()
    }
}

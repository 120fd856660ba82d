//! Signing a request head.

use std::time::Duration;

use hmac::Mac as _;
use http::header::{AUTHORIZATION, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use reqsign_core::{Context, SignRequest};

use crate::canonical::{self, Field};
use crate::credential::{Credential, IamToken};
use crate::date::{SDK_DATE, SdkDate};
use crate::hmac::{SDK_HMAC_SHA256, keyed, mac};
use crate::payload::{CONTENT_SHA256, EMPTY_LINE, PayloadDigest, UNSIGNED_PAYLOAD, hex};
use crate::target::Target;
use crate::v11::{V11_HMAC_SHA256, derive_key, scope};

pub(crate) const SECURITY_TOKEN: &str = "x-security-token";
pub(crate) const PROJECT_ID: &str = "x-project-id";
const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const DATE_NAME: HeaderName = HeaderName::from_static(SDK_DATE);
const TOKEN_NAME: HeaderName = HeaderName::from_static(SECURITY_TOKEN);
const PROJECT_NAME: HeaderName = HeaderName::from_static(PROJECT_ID);
const CONTENT_NAME: HeaderName = HeaderName::from_static(CONTENT_SHA256);

/// Signs a request head with SDK-HMAC-SHA256: the plain function behind [`RequestSigner`].
///
/// It adds `Host` and `X-Sdk-Date` where they are missing, `X-Project-Id` and `X-Security-Token`
/// where the credential has them, and `Authorization`. Every header of the request is signed
/// except those whose name holds an underscore, so set all headers first.
///
/// # Errors
///
/// See [`SignError`]. After an error the request is as it was.
///
/// ```
/// use dli_sign::{Credential, PayloadDigest, sign};
///
/// let (mut parts, body) = http::Request::get("https://dli.cn-north-4.myhuaweicloud.com/v1.0/p/queues")
///     .body(Vec::new())
///     .unwrap()
///     .into_parts();
/// let credential = Credential::new("AKEXAMPLE", "the-secret");
/// sign(&mut parts, &PayloadDigest::of(&body), &credential, jiff::Timestamp::now())?;
/// assert!(parts.headers["authorization"].to_str().unwrap().starts_with("SDK-HMAC-SHA256 Access=AKEXAMPLE, "));
/// # Ok::<(), dli_sign::SignError>(())
/// ```
pub fn sign(
    parts: &mut Parts,
    body: &PayloadDigest,
    credential: &Credential,
    time: Timestamp,
) -> Result<(), SignError> {
    RequestSigner::new().sign(parts, body, credential, time)
}

/// Signs requests with an access key, on its own or as the `SignRequest` of `reqsign-core`.
///
/// Signing a request that this signer has signed before replaces date, token and signature, so
/// that a retry is signed anew.
///
/// Used through `reqsign-core`, the head must carry a [`PayloadDigest`] in its extensions, the
/// clock is the system's, and a validity (`expires_in`) is refused: the schemes know no presigned
/// addresses.
///
/// ```
/// use dli_sign::{Credential, PayloadDigest, RequestSigner};
/// use reqsign_core::{Context, SignRequest};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (mut parts, ()) = http::Request::get("https://dli.example.com/v1.0/p/queues")
///     .body(())
///     .unwrap()
///     .into_parts();
/// parts.extensions.insert(PayloadDigest::EMPTY);
/// let credential = Credential::new("AKEXAMPLE", "the-secret");
/// RequestSigner::new()
///     .sign_request(&Context::new(), &mut parts, Some(&credential), None)
///     .await?;
/// assert!(parts.headers.contains_key("x-sdk-date"));
/// # Ok::<(), reqsign_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct RequestSigner {
    derived: Option<Derived>,
    digest_header: bool,
    time: Option<Timestamp>,
}

#[derive(Debug, Clone)]
struct Derived {
    region: String,
    service: String,
}

impl RequestSigner {
    /// A signer for SDK-HMAC-SHA256, which every endpoint takes.
    ///
    /// ```
    /// let signer = dli_sign::RequestSigner::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// A signer for V11-HMAC-SHA256, whose key is derived for one day, region and service.
    ///
    /// ```
    /// let signer = dli_sign::RequestSigner::v11("eu-west-101", "dli");
    /// ```
    pub fn v11(region: impl Into<String>, service: impl Into<String>) -> Self {
        Self {
            derived: Some(Derived { region: region.into(), service: service.into() }),
            ..Self::default()
        }
    }

    /// Sends the body's digest as `X-Sdk-Content-Sha256`, too, so that whoever verifies the
    /// request can tell a changed body from a wrong secret. The vendor's clients do not.
    ///
    /// ```
    /// let signer = dli_sign::RequestSigner::new().with_digest_header();
    /// ```
    #[must_use]
    pub fn with_digest_header(mut self) -> Self {
        self.digest_header = true;
        self
    }

    /// Signs with a fixed time when used through `reqsign-core`. For tests.
    ///
    /// ```
    /// let signer = dli_sign::RequestSigner::new().with_time(jiff::Timestamp::UNIX_EPOCH);
    /// ```
    #[must_use]
    pub fn with_time(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }

    /// Signs a request head, as [`sign`] does, with this signer's scheme.
    ///
    /// # Errors
    ///
    /// See [`SignError`]. After an error the request is as it was.
    ///
    /// ```
    /// # use dli_sign::{Credential, PayloadDigest, RequestSigner};
    /// # let (mut parts, ()) = http::Request::get("https://dli.example.com/").body(()).unwrap().into_parts();
    /// let credential = Credential::new("AKEXAMPLE", "the-secret");
    /// RequestSigner::v11("eu-west-101", "dli").sign(
    ///     &mut parts,
    ///     &PayloadDigest::EMPTY,
    ///     &credential,
    ///     jiff::Timestamp::now(),
    /// )?;
    /// assert!(parts.headers["authorization"].to_str().unwrap().starts_with("V11-HMAC-SHA256 "));
    /// # Ok::<(), dli_sign::SignError>(())
    /// ```
    pub fn sign(
        &self,
        parts: &mut Parts,
        body: &PayloadDigest,
        credential: &Credential,
        time: Timestamp,
    ) -> Result<(), SignError> {
        let Signed { set, drop_token, .. } =
            self.compute(&Target::from(&*parts), &parts.headers, body, credential, time)?;
        put(&mut parts.headers, set, drop_token)
    }

    /// Signs the headers of a request to `target`, as [`RequestSigner::sign`] does.
    ///
    /// # Errors
    ///
    /// See [`SignError`]. After an error the headers are as they were.
    ///
    /// See [`Target`] for an example.
    pub fn sign_headers(
        &self,
        target: &Target<'_>,
        headers: &mut HeaderMap,
        body: &PayloadDigest,
        credential: &Credential,
        time: Timestamp,
    ) -> Result<(), SignError> {
        let Signed { set, drop_token, .. } =
            self.compute(target, headers, body, credential, time)?;
        put(headers, set, drop_token)
    }

    /// The canonical request that [`RequestSigner::sign`] would sign: for comparing with the one
    /// that the gateway quotes when it refuses a signature (`APIGW.0301`).
    ///
    /// It holds the values of the signed headers, the security token among them: do not log it.
    ///
    /// # Errors
    ///
    /// See [`SignError`].
    ///
    /// ```
    /// # use dli_sign::{Credential, PayloadDigest, RequestSigner};
    /// let (parts, ()) = http::Request::get("https://dli.example.com/v1.0?b=2&a=1")
    ///     .body(())
    ///     .unwrap()
    ///     .into_parts();
    /// let text = RequestSigner::new().canonical_request(
    ///     &parts,
    ///     &PayloadDigest::EMPTY,
    ///     &Credential::new("AKEXAMPLE", "the-secret"),
    ///     jiff::Timestamp::now(),
    /// )?;
    /// assert!(text.starts_with("GET\n/v1.0/\na=1&b=2\nhost:dli.example.com\n"));
    /// # Ok::<(), dli_sign::SignError>(())
    /// ```
    pub fn canonical_request(
        &self,
        parts: &Parts,
        body: &PayloadDigest,
        credential: &Credential,
        time: Timestamp,
    ) -> Result<String, SignError> {
        let signed = self.compute(&Target::from(parts), &parts.headers, body, credential, time)?;
        Ok(String::from_utf8_lossy(&signed.canonical_request).into_owned())
    }

    fn compute(
        &self,
        target: &Target<'_>,
        headers: &HeaderMap,
        body: &PayloadDigest,
        credential: &Credential,
        time: Timestamp,
    ) -> Result<Signed, SignError> {
        check_credential(credential, time)?;
        let present = Present::read(headers);
        let again = present.signed_before()?;

        // What is added; a header the caller has set stays, unless an earlier signing set it.
        let date =
            match present.date {
                Some(given) if !again => SdkDate::parse(canonical::trim(given.as_bytes()))
                    .ok_or_else(|| SignError::BadDate {
                        value: String::from_utf8_lossy(given.as_bytes()).into_owned(),
                    })?,
                _ => SdkDate::new(time)
                    .ok_or_else(|| SignError::BadDate { value: time.to_string() })?,
            };
        let date_value = value("x-sdk-date", date.as_str())?;
        let host = match present.host {
            true => None,
            false => {
                let host = target.host.as_deref().and_then(|host| HeaderValue::from_str(host).ok());
                Some(host.ok_or(SignError::NoHost)?)
            }
        };
        let token = match credential.security_token() {
            Some(token) => Some(sensitive("x-security-token", token)?),
            None => None,
        };
        let project = match credential.project_id() {
            Some(project) if !present.project => Some(value("x-project-id", project)?),
            _ => None,
        };
        let (payload, content) = self.payload(&present, body, again);

        let replaces = |name: &str| match name {
            "authorization" | SDK_DATE => true,
            SECURITY_TOKEN => token.is_some() || again,
            CONTENT_SHA256 => content.is_some(),
            _ => false,
        };
        let mut fields: Vec<Field<'_>> = Vec::with_capacity(headers.len() + 5);
        for (name, value) in headers {
            let name = name.as_str();
            if !name.bytes().any(|byte| byte == b'_') && !replaces(name) {
                fields.push((name, value.as_bytes()));
            }
        }
        fields.push((SDK_DATE, date_value.as_bytes()));
        for (name, added) in [
            ("host", &host),
            (SECURITY_TOKEN, &token),
            (PROJECT_ID, &project),
            (CONTENT_SHA256, &content),
        ] {
            if let Some(added) = added {
                fields.push((name, added.as_bytes()));
            }
        }
        fields.sort_by(|a, b| a.0.cmp(b.0));

        let method = target.method;
        let upper;
        let method = if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            upper = method.to_ascii_uppercase();
            &upper
        } else {
            method
        };
        let names = canonical::signed_names(&fields);
        let canonical_request = canonical::request(
            method,
            target.path,
            target.query,
            &fields,
            &names,
            payload.as_bytes(),
        );
        let authorization = self.authorization(credential, date, &names, &canonical_request)?;

        Ok(Signed {
            canonical_request,
            drop_token: again && token.is_none(),
            set: [
                host.map(|value| (HOST, value)),
                Some((DATE_NAME, date_value)),
                token.map(|value| (TOKEN_NAME, value)),
                project.map(|value| (PROJECT_NAME, value)),
                content.map(|value| (CONTENT_NAME, value)),
                Some((AUTHORIZATION, authorization)),
            ],
        })
    }

    /// The last line of the canonical request, and the digest header if one is to be added.
    fn payload(
        &self,
        present: &Present<'_>,
        body: &PayloadDigest,
        again: bool,
    ) -> (Payload, Option<HeaderValue>) {
        let unsigned = || Some(HeaderValue::from_static(UNSIGNED_PAYLOAD));
        let PayloadDigest::Sha256(digest) = body else {
            return (Payload::Unsigned, unsigned());
        };
        let empty = *body == PayloadDigest::EMPTY;
        let digest_text = if empty { EMPTY_LINE } else { hex(digest) };
        let declared = present.content.filter(|_| !(again && self.digest_header));
        match declared {
            // As the vendor's client does: an empty body is digested whatever the header says.
            Some(_) if empty => (Payload::Digest(digest_text), None),
            Some(declared) => (Payload::Given(declared.clone()), None),
            None if !present.signs_content() && empty => (Payload::Digest(digest_text), unsigned()),
            None if !present.signs_content() => (Payload::Unsigned, unsigned()),
            None => {
                let header = if self.digest_header {
                    HeaderValue::from_bytes(&digest_text).ok()
                } else {
                    None
                };
                (Payload::Digest(digest_text), header)
            }
        }
    }

    fn authorization(
        &self,
        credential: &Credential,
        date: SdkDate,
        names: &str,
        canonical_request: &[u8],
    ) -> Result<HeaderValue, SignError> {
        let access_key = credential.access_key();
        let mut text = String::with_capacity(names.len() + access_key.len() + 192);
        let mac = match &self.derived {
            None => {
                for part in [SDK_HMAC_SHA256, " Access=", access_key] {
                    text.push_str(part);
                }
                mac(
                    credential.keyed().clone(),
                    SDK_HMAC_SHA256,
                    date.as_str(),
                    None,
                    canonical_request,
                )
            }
            Some(Derived { region, service }) => {
                let secret_key = credential.secret_key().as_bytes();
                let scope = scope(date.day(), region, service);
                for part in [V11_HMAC_SHA256, " Credential=", access_key, "/", &scope] {
                    text.push_str(part);
                }
                mac(
                    keyed(&derive_key(access_key, secret_key, &scope)[..]),
                    V11_HMAC_SHA256,
                    date.as_str(),
                    Some(&scope),
                    canonical_request,
                )
            }
        };
        let signature = hex(&mac.finalize().into_bytes().into());
        for part in [", SignedHeaders=", names, ", Signature="] {
            text.push_str(part);
        }
        text.push_str(std::str::from_utf8(&signature).unwrap_or_default());
        let mut value = HeaderValue::try_from(text)
            .map_err(|_| SignError::Unsendable { what: "access key, region or service" })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl SignRequest for RequestSigner {
    type Credential = Credential;

    async fn sign_request(
        &self,
        _ctx: &Context,
        parts: &mut Parts,
        credential: Option<&Credential>,
        expires_in: Option<Duration>,
    ) -> reqsign_core::Result<()> {
        let credential = credential.ok_or_else(no_credential)?;
        refuse_presigning(expires_in)?;
        let Some(body) = parts.extensions.get::<PayloadDigest>().copied() else {
            return Err(reqsign_core::Error::request_invalid(
                "cannot sign: the request's extensions hold no PayloadDigest; insert \
                 PayloadDigest::of(body) before signing",
            ));
        };
        let time = self.time.unwrap_or_else(Timestamp::now);
        Ok(self.sign(parts, &body, credential, time)?)
    }
}

/// Puts an [`IamToken`] on requests as `X-Auth-Token`.
///
/// ```
/// use dli_sign::{IamToken, TokenSigner};
/// use reqsign_core::{Context, SignRequest};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let (mut parts, ()) = http::Request::get("https://dli.example.com/").body(()).unwrap().into_parts();
/// TokenSigner
///     .sign_request(&Context::new(), &mut parts, Some(&IamToken::new("the-token")), None)
///     .await?;
/// assert_eq!(parts.headers["x-auth-token"], "the-token");
/// # Ok::<(), reqsign_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct TokenSigner;

impl TokenSigner {
    /// Puts the token on a request head, and the token's project as `X-Project-Id` unless the
    /// request names one.
    ///
    /// # Errors
    ///
    /// [`SignError::Expired`] if the token has ended at `time`, [`SignError::Unsendable`] if it
    /// holds what no header can. After an error the request is as it was.
    ///
    /// ```
    /// # use dli_sign::{IamToken, TokenSigner};
    /// # let (mut parts, ()) = http::Request::get("https://dli.example.com/").body(()).unwrap().into_parts();
    /// TokenSigner.sign(&mut parts, &IamToken::new("the-token"), jiff::Timestamp::now())?;
    /// # Ok::<(), dli_sign::SignError>(())
    /// ```
    pub fn sign(
        self,
        parts: &mut Parts,
        token: &IamToken,
        time: Timestamp,
    ) -> Result<(), SignError> {
        self.sign_headers(&mut parts.headers, token, time)
    }

    /// Puts the token on the headers of a request, as [`TokenSigner::sign`] does.
    ///
    /// # Errors
    ///
    /// As there.
    ///
    /// ```
    /// # use dli_sign::{IamToken, TokenSigner};
    /// let mut headers = http::HeaderMap::new();
    /// let token = IamToken::new("the-token");
    /// TokenSigner.sign_headers(&mut headers, &token, jiff::Timestamp::now())?;
    /// assert_eq!(headers["x-auth-token"], "the-token");
    /// # Ok::<(), dli_sign::SignError>(())
    /// ```
    pub fn sign_headers(
        self,
        headers: &mut HeaderMap,
        token: &IamToken,
        time: Timestamp,
    ) -> Result<(), SignError> {
        if token.token().is_empty() {
            return Err(SignError::Incomplete);
        }
        check_expiry(token.expires_at(), time)?;
        let text = sensitive("token", token.token())?;
        let project = match token.project_id() {
            Some(id) if !headers.contains_key(PROJECT_ID) => Some(value("x-project-id", id)?),
            _ => None,
        };
        headers.try_reserve(2).map_err(|_| SignError::TooManyHeaders)?;
        headers.insert(AUTH_TOKEN, text);
        if let Some(project) = project {
            headers.insert(PROJECT_ID, project);
        }
        Ok(())
    }
}

impl SignRequest for TokenSigner {
    type Credential = IamToken;

    async fn sign_request(
        &self,
        _ctx: &Context,
        parts: &mut Parts,
        credential: Option<&IamToken>,
        expires_in: Option<Duration>,
    ) -> reqsign_core::Result<()> {
        let token = credential.ok_or_else(no_credential)?;
        refuse_presigning(expires_in)?;
        Ok(self.sign(parts, token, Timestamp::now())?)
    }
}

/// Why a request could not be signed. The request is as it was.
///
/// ```
/// use dli_sign::{Credential, PayloadDigest, SignError, sign};
///
/// let (mut parts, ()) = http::Request::get("/no/host").body(()).unwrap().into_parts();
/// let failed = sign(
///     &mut parts,
///     &PayloadDigest::EMPTY,
///     &Credential::new("AKEXAMPLE", "the-secret"),
///     jiff::Timestamp::now(),
/// );
/// assert_eq!(failed, Err(SignError::NoHost));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The access key, the secret key or the token is empty.
    #[error(
        "cannot sign: the access key, the secret key or the token is empty; give the credential all its parts"
    )]
    Incomplete,
    /// The credential has ended.
    #[error(
        "cannot sign: the credential ended at {expires_at}; fetch a new one from where it came"
    )]
    Expired {
        /// When it ended.
        expires_at: Timestamp,
    },
    /// Something to be sent in a header holds characters that no header can.
    #[error(
        "cannot sign: the {what} holds characters that cannot be sent in a header; look for line breaks, spaces or commas that came along when it was copied"
    )]
    Unsendable {
        /// What cannot be sent. Never its value.
        what: &'static str,
    },
    /// The request names no host.
    #[error(
        "cannot sign: the address has no host and there is no Host header; sign the absolute address that is called"
    )]
    NoHost,
    /// `X-Sdk-Date`, set by the caller, is no date; or the clock is out of the years 0 to 9999.
    #[error(
        "cannot sign: {value:?} is no date for X-Sdk-Date; write YYYYMMDDTHHMMSSZ in UTC, or leave the header out"
    )]
    BadDate {
        /// What was found.
        value: String,
    },
    /// The request has an `Authorization` header of another scheme.
    #[error(
        "not signed: the request has an Authorization header of the scheme {scheme:?} already; remove it to sign with an access key, or send the request as it is"
    )]
    AlreadyAuthorized {
        /// The scheme found. Never what follows it.
        scheme: String,
    },
    /// There is no room in the header map.
    #[error("cannot sign: the request has too many headers to add the signature's own")]
    TooManyHeaders,
}

impl From<SignError> for reqsign_core::Error {
    fn from(error: SignError) -> Self {
        let kind = match error {
            SignError::Incomplete | SignError::Expired { .. } | SignError::Unsendable { .. } => {
                reqsign_core::ErrorKind::CredentialInvalid
            }
            _ => reqsign_core::ErrorKind::RequestInvalid,
        };
        Self::new(kind, error.to_string()).with_source(error)
    }
}

/// Everything a signing is going to change, computed before anything is changed.
struct Signed {
    canonical_request: Vec<u8>,
    /// An earlier signing left a token that this one has none for.
    drop_token: bool,
    set: [Option<(HeaderName, HeaderValue)>; 6],
}

/// The last line of the canonical request.
enum Payload {
    Digest([u8; 64]),
    Given(HeaderValue),
    Unsigned,
}

impl Payload {
    fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Digest(text) => text,
            Self::Given(value) => canonical::trim(value.as_bytes()),
            Self::Unsigned => UNSIGNED_PAYLOAD.as_bytes(),
        }
    }
}

/// Puts what signing adds on the headers.
fn put(
    headers: &mut HeaderMap,
    set: [Option<(HeaderName, HeaderValue)>; 6],
    drop_token: bool,
) -> Result<(), SignError> {
    headers.try_reserve(set.len()).map_err(|_| SignError::TooManyHeaders)?;
    if drop_token {
        headers.remove(TOKEN_NAME);
    }
    for (name, value) in set.into_iter().flatten() {
        headers.insert(name, value);
    }
    Ok(())
}

fn check_credential(credential: &Credential, time: Timestamp) -> Result<(), SignError> {
    let access_key = credential.access_key();
    if access_key.is_empty() || credential.secret_key().is_empty() {
        return Err(SignError::Incomplete);
    }
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b',' | b'/');
    if !access_key.bytes().all(plain) {
        return Err(SignError::Unsendable { what: "access key" });
    }
    check_expiry(credential.expires_at(), time)
}

fn check_expiry(expires_at: Option<Timestamp>, time: Timestamp) -> Result<(), SignError> {
    match expires_at {
        Some(expires_at) if expires_at <= time => Err(SignError::Expired { expires_at }),
        _ => Ok(()),
    }
}

/// What signing needs to know of the headers that are there, read in one pass.
#[derive(Default)]
struct Present<'a> {
    authorization: Option<&'a HeaderValue>,
    date: Option<&'a HeaderValue>,
    content: Option<&'a HeaderValue>,
    content_type: Option<&'a HeaderValue>,
    host: bool,
    project: bool,
}

impl<'a> Present<'a> {
    fn read(headers: &'a HeaderMap) -> Self {
        let mut present = Self::default();
        for (name, value) in headers {
            let first = match name.as_str() {
                "authorization" => &mut present.authorization,
                "content-type" => &mut present.content_type,
                SDK_DATE => &mut present.date,
                CONTENT_SHA256 => &mut present.content,
                other => {
                    present.host |= other == "host";
                    present.project |= other == PROJECT_ID;
                    continue;
                }
            };
            first.get_or_insert(value);
        }
        present
    }

    /// Whether one of this crate's schemes signed the request before; another scheme is an error.
    fn signed_before(&self) -> Result<bool, SignError> {
        let Some(value) = self.authorization else {
            return Ok(false);
        };
        let word = value.as_bytes().split(|byte| *byte == b' ').next().unwrap_or_default();
        if word == SDK_HMAC_SHA256.as_bytes() || word == V11_HMAC_SHA256.as_bytes() {
            return Ok(true);
        }
        Err(SignError::AlreadyAuthorized { scheme: String::from_utf8_lossy(word).into_owned() })
    }

    /// Whether bodies of the content type are signed: JSON, BSON, and untyped ones.
    fn signs_content(&self) -> bool {
        self.content_type.is_none_or(|value| {
            let value = canonical::trim(value.as_bytes());
            value.is_empty()
                || value.starts_with(b"application/json")
                || value.starts_with(b"application/bson")
        })
    }
}

fn value(what: &'static str, text: &str) -> Result<HeaderValue, SignError> {
    HeaderValue::from_str(text).map_err(|_| SignError::Unsendable { what })
}

fn sensitive(what: &'static str, text: &str) -> Result<HeaderValue, SignError> {
    let mut value = value(what, text)?;
    value.set_sensitive(true);
    Ok(value)
}

fn no_credential() -> reqsign_core::Error {
    reqsign_core::Error::credential_invalid(
        "cannot sign: there is no credential; configure a credential provider",
    )
}

fn refuse_presigning(expires_in: Option<Duration>) -> reqsign_core::Result<()> {
    match expires_in {
        None => Ok(()),
        Some(_) => Err(reqsign_core::Error::request_invalid(
            "cannot sign for a later time: these schemes know no presigned addresses; leave the validity out",
        )),
    }
}

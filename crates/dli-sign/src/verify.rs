//! Verifying a request: what a server does with what [`crate::sign`] made.

use std::fmt;
use std::time::Duration;

use hmac::Mac as _;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};

use crate::canonical::{self, Field};
use crate::credential::Hidden;
use crate::date::{SDK_DATE, SdkDate};
use crate::hmac::{SDK_HMAC_SHA256, keyed, mac};
use crate::payload::{CONTENT_SHA256, EMPTY_LINE, PayloadDigest, UNSIGNED_PAYLOAD, hex, unhex};
use crate::sign::{PROJECT_ID, SECURITY_TOKEN};
use crate::v11::{V11_HMAC_SHA256, derive_key};

/// How far the clocks of client and server may be apart, as the real gateway has it.
pub const ALLOWED_SKEW: Duration = Duration::from_secs(15 * 60);

/// Verifies a signed request with the usual settings: see [`Verifier::verify`].
///
/// # Errors
///
/// A [`VerifyError`] for each way a request can be wrong.
///
/// ```
/// use dli_sign::{Credential, PayloadDigest, sign, verify};
///
/// let now = jiff::Timestamp::now();
/// let body = PayloadDigest::of(b"{}");
/// let (mut parts, ()) = http::Request::post("https://dli.example.com/v1.0/p/queues")
///     .body(())
///     .unwrap()
///     .into_parts();
/// sign(&mut parts, &body, &Credential::new("AKEXAMPLE", "the-secret"), now)?;
///
/// let caller = verify(&parts, &body, |key| (key == "AKEXAMPLE").then_some("the-secret"), now)?;
/// assert_eq!(caller.access_key(), "AKEXAMPLE");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn verify<S: AsRef<[u8]>>(
    parts: &Parts,
    body: &PayloadDigest,
    secret_of: impl FnOnce(&str) -> Option<S>,
    now: Timestamp,
) -> Result<VerifiedIdentity, VerifyError> {
    Verifier::new().verify(parts, body, secret_of, now)
}

/// Verifies signed requests.
///
/// As it comes, it takes what the vendor's clients send. The Go client does not sign `Host`, so a
/// request signed for one host passes at another that knows the same key; where all clients sign
/// it, ask for it with [`Verifier::require_host`].
///
/// ```
/// use std::time::Duration;
///
/// let verifier = dli_sign::Verifier::new()
///     .allowed_skew(Duration::from_secs(60))
///     .require_host()
///     .scope("eu-west-101", "dli");
/// ```
#[derive(Debug, Clone)]
pub struct Verifier {
    allowed_skew: Duration,
    require_host: bool,
    scope: Option<(String, String)>,
}

impl Default for Verifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Verifier {
    /// A verifier that allows [`ALLOWED_SKEW`], does not ask for a signed `Host`, and takes derived
    /// keys of any region and service.
    ///
    /// ```
    /// let verifier = dli_sign::Verifier::new();
    /// ```
    pub fn new() -> Self {
        Self { allowed_skew: ALLOWED_SKEW, require_host: false, scope: None }
    }

    /// How far `X-Sdk-Date` may be from now, before or after.
    ///
    /// ```
    /// let strict = dli_sign::Verifier::new().allowed_skew(std::time::Duration::from_secs(5));
    /// ```
    #[must_use]
    pub fn allowed_skew(mut self, skew: Duration) -> Self {
        self.allowed_skew = skew;
        self
    }

    /// Refuses requests that do not sign `Host`, which the vendor's Go client does not.
    ///
    /// ```
    /// let strict = dli_sign::Verifier::new().require_host();
    /// ```
    #[must_use]
    pub fn require_host(mut self) -> Self {
        self.require_host = true;
        self
    }

    /// Refuses derived keys (V11-HMAC-SHA256) of another region or service.
    ///
    /// ```
    /// let verifier = dli_sign::Verifier::new().scope("eu-west-101", "dli");
    /// ```
    #[must_use]
    pub fn scope(mut self, region: impl Into<String>, service: impl Into<String>) -> Self {
        self.scope = Some((region.into(), service.into()));
        self
    }

    /// Verifies one request: its head as it arrived, the digest of the body that arrived with it,
    /// a look-up of the secret key by access key, and the time.
    ///
    /// `X-Sdk-Date` must be signed, and so must `X-Security-Token` and `X-Sdk-Content-Sha256`
    /// where they are present. Whether a security token belongs to the access key is for the
    /// caller to check with [`VerifiedIdentity::security_token`]. If the host is signed and the
    /// request has no `Host` header (HTTP/2), the address must carry the authority.
    ///
    /// Signatures are compared in constant time.
    ///
    /// # Errors
    ///
    /// A [`VerifyError`] for each way a request can be wrong. A changed body is told from a changed
    /// head only if the request carries its digest in `X-Sdk-Content-Sha256`; otherwise both are
    /// [`VerifyError::SignatureMismatch`].
    ///
    /// ```
    /// use dli_sign::{PayloadDigest, Verifier, VerifyError};
    ///
    /// let (parts, ()) = http::Request::get("/v1.0/p/queues").body(()).unwrap().into_parts();
    /// let refused = Verifier::new().verify(
    ///     &parts,
    ///     &PayloadDigest::EMPTY,
    ///     |_| None::<String>,
    ///     jiff::Timestamp::now(),
    /// );
    /// assert!(matches!(refused, Err(VerifyError::MissingHeader { .. })));
    /// ```
    pub fn verify<S: AsRef<[u8]>>(
        &self,
        parts: &Parts,
        body: &PayloadDigest,
        secret_of: impl FnOnce(&str) -> Option<S>,
        now: Timestamp,
    ) -> Result<VerifiedIdentity, VerifyError> {
        let headers = &parts.headers;
        let authorization =
            single(headers, "authorization")?.ok_or_else(|| missing("authorization"))?;
        let presented = Presented::parse(authorization)?;

        let date = single(headers, SDK_DATE)?.ok_or_else(|| missing(SDK_DATE))?;
        let bad_date = || VerifyError::BadDate { value: lossy(date) };
        let date = SdkDate::parse(canonical::trim(date.as_bytes())).ok_or_else(bad_date)?;
        let signed_at = date.timestamp().ok_or_else(bad_date)?;
        let apart = now.duration_since(signed_at).abs();
        if apart > SignedDuration::try_from(self.allowed_skew).unwrap_or(SignedDuration::MAX) {
            return Err(VerifyError::Expired { signed_at, now, allowed: self.allowed_skew });
        }

        presented.must_sign(SDK_DATE)?;
        if self.require_host {
            presented.must_sign("host")?;
        }
        for name in [SECURITY_TOKEN, CONTENT_SHA256] {
            if single(headers, name)?.is_some() {
                presented.must_sign(name)?;
            }
        }
        if let Some(scope) = presented.scope {
            self.check_scope(scope, date)?;
        }
        let authority = parts.uri.authority().map(|authority| authority.as_str());
        let fields = presented.fields(headers, authority)?;
        let claim = BodyClaim::read(headers, body)?;

        let unknown =
            || VerifyError::UnknownAccessKey { access_key: presented.access_key.to_owned() };
        let secret = secret_of(presented.access_key).ok_or_else(unknown)?;
        let derived;
        let key = match presented.scope {
            None => secret.as_ref(),
            Some(scope) => {
                derived = derive_key(presented.access_key, secret.as_ref(), scope);
                &derived[..]
            }
        };
        let keyed = keyed(key);
        let matches = |payload: &[u8]| {
            let canonical_request = canonical::request(
                parts.method.as_str(),
                parts.uri.path(),
                parts.uri.query().unwrap_or_default(),
                &fields,
                presented.signed_headers,
                payload,
            );
            let scheme = presented.algorithm.as_str();
            mac(keyed.clone(), scheme, date.as_str(), presented.scope, &canonical_request)
                .verify_slice(&presented.signature)
                .is_ok()
        };
        let as_empty = claim.or_empty && matches(&EMPTY_LINE);
        if !as_empty && !matches(&claim.line) {
            return Err(VerifyError::SignatureMismatch {
                canonical_request: without_secrets(
                    parts,
                    &fields,
                    presented.signed_headers,
                    &claim.line,
                ),
            });
        }
        if !claim.holds {
            return Err(VerifyError::BodyMismatch);
        }
        Ok(presented.identity(headers, signed_at, as_empty || claim.covers))
    }

    fn check_scope(&self, scope: &str, date: SdkDate) -> Result<(), VerifyError> {
        let mut parts = scope.split('/');
        let (day, region, service) = (parts.next(), parts.next(), parts.next());
        if day != Some(date.day()) {
            return Err(malformed("the day of the credential is not that of X-Sdk-Date"));
        }
        match &self.scope {
            Some((expected_region, expected_service))
                if region != Some(expected_region) || service != Some(expected_service) =>
            {
                Err(VerifyError::WrongScope {
                    scope: scope.to_owned(),
                    expected: format!("{}/{expected_region}/{expected_service}", date.day()),
                })
            }
            _ => Ok(()),
        }
    }
}

/// The scheme a request was signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// SDK-HMAC-SHA256.
    SdkHmacSha256,
    /// V11-HMAC-SHA256, with a key derived for one day, region and service.
    V11HmacSha256,
}

impl Algorithm {
    /// The scheme's name as it stands in `Authorization`.
    ///
    /// ```
    /// assert_eq!(dli_sign::Algorithm::SdkHmacSha256.as_str(), "SDK-HMAC-SHA256");
    /// ```
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SdkHmacSha256 => SDK_HMAC_SHA256,
            Self::V11HmacSha256 => V11_HMAC_SHA256,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who signed a request, and what the signature covers. Everything in it is under the signature.
///
/// ```
/// use dli_sign::{Algorithm, Credential, PayloadDigest, sign, verify};
///
/// let (mut parts, ()) = http::Request::get("https://dli.example.com/").body(()).unwrap().into_parts();
/// let (body, now) = (PayloadDigest::EMPTY, jiff::Timestamp::now());
/// let credential = Credential::new("AKEXAMPLE", "the-secret")
///     .with_security_token("the-token")
///     .with_project_id("p0");
/// sign(&mut parts, &body, &credential, now)?;
///
/// let caller = verify(&parts, &body, |_| Some("the-secret"), now)?;
/// assert_eq!(caller.algorithm(), Algorithm::SdkHmacSha256);
/// assert_eq!(caller.security_token(), Some("the-token"));
/// assert_eq!(caller.project_id(), Some("p0"));
/// assert_eq!(caller.scope(), None);
/// assert!(caller.signed_headers().any(|name| name == "host"));
/// assert!(caller.body_signed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct VerifiedIdentity {
    access_key: String,
    algorithm: Algorithm,
    scope: Option<String>,
    signed_at: Timestamp,
    signed_headers: String,
    security_token: Option<String>,
    project_id: Option<String>,
    body_signed: bool,
}

impl VerifiedIdentity {
    /// The access key whose secret signed the request.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The scheme the request was signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What a derived key is good for, `YYYYMMDD/region/service`.
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// When the request was signed.
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// The names of the signed headers, in lower case.
    pub fn signed_headers(&self) -> impl Iterator<Item = &str> {
        self.signed_headers.split(';')
    }

    /// The security token the request carries. Whether it is one of the access key's, and still
    /// good, is for the caller to check.
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// The signed `X-Project-Id`.
    pub fn project_id(&self) -> Option<&str> {
        self.project_id.as_deref()
    }

    /// Whether the signature covers the body; it does not for `UNSIGNED-PAYLOAD`.
    pub fn body_signed(&self) -> bool {
        self.body_signed
    }
}

impl fmt::Debug for VerifiedIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedIdentity")
            .field("access_key", &self.access_key)
            .field("algorithm", &self.algorithm)
            .field("scope", &self.scope)
            .field("signed_at", &self.signed_at)
            .field("signed_headers", &self.signed_headers)
            .field("security_token", &self.security_token.as_ref().map(|_| Hidden))
            .field("project_id", &self.project_id)
            .field("body_signed", &self.body_signed)
            .finish()
    }
}

/// Why a request was refused. No variant holds a secret, a token or the right signature.
///
/// ```
/// use dli_sign::{PayloadDigest, VerifyError, verify};
///
/// let (parts, ()) = http::Request::get("/").body(()).unwrap().into_parts();
/// let now = jiff::Timestamp::now();
/// match verify(&parts, &PayloadDigest::EMPTY, |_| None::<String>, now) {
///     Err(VerifyError::MissingHeader { name }) => assert_eq!(name, "authorization"),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A header the signature needs or names is not there.
    #[error("the header {name} is missing; send it, and sign it")]
    MissingHeader {
        /// The header, in lower case.
        name: String,
    },
    /// A header that must stand once stands several times.
    #[error("the header {name} stands more than once; send it once")]
    RepeatedHeader {
        /// The header, in lower case.
        name: String,
    },
    /// A header that must be signed is not in `SignedHeaders`.
    #[error("the header {name} is not signed; name it in SignedHeaders and sign again")]
    UnsignedHeader {
        /// The header, in lower case.
        name: String,
    },
    /// `Authorization` names a scheme other than the two of this crate.
    #[error(
        "the scheme {algorithm:?} is not supported; sign with SDK-HMAC-SHA256 or V11-HMAC-SHA256"
    )]
    UnsupportedAlgorithm {
        /// The scheme found. Never what follows it.
        algorithm: String,
    },
    /// `Authorization` names a known scheme but is not in its form.
    #[error(
        "the Authorization header is malformed: {problem}; the form is `SDK-HMAC-SHA256 Access=<key>, SignedHeaders=<a;b>, Signature=<64 lower-case hex digits>`, or `V11-HMAC-SHA256 Credential=<key>/<YYYYMMDD>/<region>/<service>, SignedHeaders=…, Signature=…`"
    )]
    MalformedAuthorization {
        /// What is wrong with it.
        problem: &'static str,
    },
    /// `X-Sdk-Date` is no date.
    #[error("{value:?} is no date for X-Sdk-Date; write YYYYMMDDTHHMMSSZ in UTC")]
    BadDate {
        /// What was found.
        value: String,
    },
    /// The request was signed too long ago, or in the future.
    #[error(
        "the request was signed at {signed_at}, but it is {now} here, and they may be {allowed:?} apart; set the client's clock, or sign again if the request is old"
    )]
    Expired {
        /// The time in `X-Sdk-Date`.
        signed_at: Timestamp,
        /// The verifier's time.
        now: Timestamp,
        /// How far they may be apart.
        allowed: Duration,
    },
    /// Nobody knows the access key.
    #[error(
        "the access key {access_key:?} is not known; check it, and that it is one of this service"
    )]
    UnknownAccessKey {
        /// The access key.
        access_key: String,
    },
    /// The key was derived for another region or service.
    #[error(
        "the key is derived for {scope:?}, this is {expected:?}; sign for the region and service that are called"
    )]
    WrongScope {
        /// The scope in `Authorization`.
        scope: String,
        /// The scope wanted.
        expected: String,
    },
    /// The signature is not that of the request with the key's secret.
    #[error("the signature does not match; check the secret key, and compare the canonical request: {}", .canonical_request.replace('\n', "|"))]
    SignatureMismatch {
        /// The canonical request as the verifier sees it, with tokens and cookies hidden.
        canonical_request: String,
    },
    /// The body is not the one whose digest was signed.
    #[error(
        "the body is not the one that X-Sdk-Content-Sha256 stands for; it was changed on the way, or digested in another form than sent"
    )]
    BodyMismatch,
    /// The verifier was given [`PayloadDigest::Unsigned`] for a request whose body is signed.
    #[error(
        "the request signs its body, but the body was not digested; pass PayloadDigest::of(body)"
    )]
    BodyNotDigested,
}

/// The parts of an `Authorization` header.
struct Presented<'a> {
    algorithm: Algorithm,
    access_key: &'a str,
    scope: Option<&'a str>,
    signed_headers: &'a str,
    signature: [u8; 32],
}

impl<'a> Presented<'a> {
    fn parse(header: &'a HeaderValue) -> Result<Self, VerifyError> {
        let text = std::str::from_utf8(header.as_bytes())
            .map_err(|_| malformed("it is not UTF-8"))?
            .trim_matches([' ', '\t']);
        let (algorithm, rest) = text.split_once(' ').unwrap_or((text, ""));
        let algorithm = match algorithm {
            SDK_HMAC_SHA256 => Algorithm::SdkHmacSha256,
            V11_HMAC_SHA256 => Algorithm::V11HmacSha256,
            other => {
                return Err(VerifyError::UnsupportedAlgorithm { algorithm: other.to_owned() });
            }
        };
        let mut parts = rest.split(',').map(|part| part.trim_matches([' ', '\t']));
        let mut part = |prefix: &str, problem| {
            parts
                .next()
                .and_then(|part| part.strip_prefix(prefix))
                .filter(|value| !value.is_empty())
                .ok_or_else(|| malformed(problem))
        };
        let (access_key, scope) = match algorithm {
            Algorithm::SdkHmacSha256 => (part("Access=", "Access is missing")?, None),
            Algorithm::V11HmacSha256 => {
                let credential = part("Credential=", "Credential is missing")?;
                let (access_key, scope) = credential
                    .split_once('/')
                    .ok_or_else(|| malformed("Credential has no scope"))?;
                if scope.split('/').count() != 3 || scope.split('/').any(str::is_empty) {
                    return Err(malformed("the scope is not day/region/service"));
                }
                (access_key, Some(scope))
            }
        };
        let signed_headers = part("SignedHeaders=", "SignedHeaders is missing")?;
        let signature = part("Signature=", "Signature is missing")?;
        if parts.next().is_some() {
            return Err(malformed("something follows Signature"));
        }
        if access_key.is_empty() {
            return Err(malformed("the access key is empty"));
        }
        if !signed_headers.split(';').is_sorted_by(|a, b| a < b) {
            return Err(malformed("SignedHeaders is not sorted, or names a header twice"));
        }
        if signed_headers.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(malformed("SignedHeaders is not in lower case"));
        }
        Ok(Self {
            algorithm,
            access_key,
            scope,
            signed_headers,
            signature: unhex(signature.as_bytes())
                .ok_or_else(|| malformed("Signature is not 64 lower-case hex digits"))?,
        })
    }

    fn signs(&self, name: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed == name)
    }

    fn must_sign(&self, name: &str) -> Result<(), VerifyError> {
        if self.signs(name) {
            Ok(())
        } else {
            Err(VerifyError::UnsignedHeader { name: name.to_owned() })
        }
    }

    /// The values of the signed headers, in the order of `SignedHeaders`.
    fn fields<'b>(
        &self,
        headers: &'b HeaderMap,
        authority: Option<&'b str>,
    ) -> Result<Vec<Field<'b>>, VerifyError>
    where
        'a: 'b,
    {
        let mut fields = Vec::with_capacity(headers.len());
        for name in self.signed_headers.split(';') {
            let before = fields.len();
            let values = headers.get_all(name).iter();
            fields.extend(values.map(|value| (name, value.as_bytes())));
            if fields.len() == before && name == "host" {
                let host = authority.map(|text| text.rsplit('@').next().unwrap_or(text));
                fields.extend(host.map(|host| (name, host.as_bytes())));
            }
            if fields.len() == before {
                return Err(missing(name));
            }
        }
        Ok(fields)
    }

    fn identity(
        &self,
        headers: &HeaderMap,
        signed_at: Timestamp,
        body_signed: bool,
    ) -> VerifiedIdentity {
        let signed = |name: &str| {
            let value = headers.get(name).filter(|_| self.signs(name))?;
            Some(String::from_utf8_lossy(canonical::trim(value.as_bytes())).into_owned())
        };
        VerifiedIdentity {
            access_key: self.access_key.to_owned(),
            algorithm: self.algorithm,
            scope: self.scope.map(str::to_owned),
            signed_at,
            signed_headers: self.signed_headers.to_owned(),
            security_token: signed(SECURITY_TOKEN),
            project_id: signed(PROJECT_ID),
            body_signed,
        }
    }
}

/// What the request says about its body, and whether that is true.
struct BodyClaim {
    /// The last line of the canonical request.
    line: Vec<u8>,
    /// An empty body next to `UNSIGNED-PAYLOAD`: the vendor's Python client signs the digest of
    /// nothing then, its Go client the word.
    or_empty: bool,
    /// The digest in the header is that of the body.
    holds: bool,
    /// The line stands for the body.
    covers: bool,
}

impl BodyClaim {
    fn read(headers: &HeaderMap, body: &PayloadDigest) -> Result<Self, VerifyError> {
        let actual = match body {
            PayloadDigest::Sha256(digest) => Some(hex(digest)),
            PayloadDigest::Unsigned => None,
        };
        let declared =
            single(headers, CONTENT_SHA256)?.map(|value| canonical::trim(value.as_bytes()));
        let (line, holds, covers) = match (declared, actual) {
            (Some(declared), _) if declared == UNSIGNED_PAYLOAD.as_bytes() => {
                (declared.to_vec(), true, false)
            }
            (_, None) => return Err(VerifyError::BodyNotDigested),
            (Some(declared), Some(actual)) => {
                (declared.to_vec(), declared.eq_ignore_ascii_case(&actual), true)
            }
            (None, Some(actual)) => (actual.to_vec(), true, true),
        };
        Ok(Self { line, or_empty: !covers && *body == PayloadDigest::EMPTY, holds, covers })
    }
}

fn single<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a HeaderValue>, VerifyError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(VerifyError::RepeatedHeader { name: name.to_owned() }),
        (value, None) => Ok(value),
    }
}

fn missing(name: &str) -> VerifyError {
    VerifyError::MissingHeader { name: name.to_owned() }
}

fn malformed(problem: &'static str) -> VerifyError {
    VerifyError::MalformedAuthorization { problem }
}

fn lossy(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// The canonical request for people to compare, without what it holds of secrets.
fn without_secrets(
    parts: &Parts,
    fields: &[Field<'_>],
    signed_headers: &str,
    payload: &[u8],
) -> String {
    const SECRET: [&str; 4] = [SECURITY_TOKEN, "x-auth-token", "x-subject-token", "cookie"];
    let hidden: Vec<Field<'_>> = fields
        .iter()
        .map(|&(name, value)| (name, if SECRET.contains(&name) { b"***" } else { value }))
        .collect();
    let text = canonical::request(
        parts.method.as_str(),
        parts.uri.path(),
        parts.uri.query().unwrap_or_default(),
        &hidden,
        signed_headers,
        payload,
    );
    String::from_utf8_lossy(&text).into_owned()
}

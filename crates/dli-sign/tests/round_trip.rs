//! What is signed verifies, and what is changed does not.

use std::cell::Cell;
use std::time::Duration;

use dli_sign::{
    Algorithm, Credential, PayloadDigest, RequestSigner, SignError, Verifier, VerifyError, sign,
    verify,
};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Uri};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const SECRET: &str = "the-secret-key-of-the-tests";

fn credential() -> Credential {
    Credential::new("AKTEST", SECRET)
}

fn secret_of(access_key: &str) -> Option<&'static str> {
    (access_key == "AKTEST").then_some(SECRET)
}

fn now() -> Timestamp {
    "2026-01-02T03:04:05Z".parse().unwrap()
}

fn request() -> Parts {
    http::Request::post("https://dli.cn-north-4.myhuaweicloud.com/v1.0/p0/queues?a=1&b=2")
        .header("content-type", "application/json")
        .header("user-agent", "test")
        .body(())
        .unwrap()
        .into_parts()
        .0
}

fn signed(body: &[u8]) -> (Parts, PayloadDigest) {
    let (mut parts, digest) = (request(), PayloadDigest::of(body));
    sign(&mut parts, &digest, &credential(), now()).unwrap();
    (parts, digest)
}

// ---- any request -------------------------------------------------------------------------------

#[derive(Debug, Clone)]
struct AnyRequest {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
    v11: bool,
    digest_header: bool,
    token: Option<String>,
}

fn any_request() -> impl Strategy<Value = AnyRequest> {
    let piece = r"([A-Za-z0-9\-_.~!$'()*,;:@+]|%[0-9A-Fa-f]{2}){0,8}";
    let path =
        prop::collection::vec(piece, 0..5).prop_map(|pieces| format!("/{}", pieces.join("/")));
    let query = prop::option::of(prop::collection::vec((piece, prop::option::of(piece)), 0..5))
        .prop_map(|pairs| {
            let Some(pairs) = pairs else {
                return String::new();
            };
            let pairs: Vec<String> = pairs
                .into_iter()
                .map(|(key, value)| match value {
                    Some(value) => format!("{key}={value}"),
                    None => key,
                })
                .collect();
            format!("?{}", pairs.join("&"))
        });
    let value = prop::collection::vec(
        prop_oneof![4 => 0x21u8..0x7f, 1 => Just(b' '), 1 => Just(b'\t'), 1 => 0x80u8..=0xff],
        0..20,
    );
    let headers = prop::collection::vec(("x-[a-w][a-z0-9_-]{0,6}", value), 0..6);
    (
        prop_oneof!["(GET|PUT|POST|DELETE|PATCH|HEAD|OPTIONS)", "[A-Z][A-Z0-9-]{0,8}"],
        (path, query).prop_map(|(path, query)| path + &query),
        headers,
        prop::collection::vec(any::<u8>(), 0..64),
        any::<bool>(),
        any::<bool>(),
        prop::option::of("[A-Za-z0-9+/=]{1,40}"),
    )
        .prop_map(|(method, target, headers, body, v11, digest_header, token)| AnyRequest {
            method,
            target,
            headers,
            body,
            v11,
            digest_header,
            token,
        })
}

impl AnyRequest {
    fn sign(&self) -> (Parts, PayloadDigest) {
        let (mut parts, ()) = http::Request::builder()
            .method(self.method.as_str())
            .uri(format!("https://dli.example.com:8443{}", self.target))
            .body(())
            .unwrap()
            .into_parts();
        for (name, value) in &self.headers {
            parts.headers.append(
                HeaderName::from_bytes(name.as_bytes()).unwrap(),
                HeaderValue::from_bytes(value).unwrap(),
            );
        }
        let mut signer =
            if self.v11 { RequestSigner::v11("eu-west-101", "dli") } else { RequestSigner::new() };
        if self.digest_header {
            signer = signer.with_digest_header();
        }
        let mut credential = credential();
        if let Some(token) = &self.token {
            credential = credential.with_security_token(token);
        }
        let digest = PayloadDigest::of(&self.body);
        signer.sign(&mut parts, &digest, &credential, now()).unwrap();
        // A server sees the origin form.
        parts.uri = self.target.parse().unwrap();
        (parts, digest)
    }
}

/// What a path means: the bytes behind it, a slash at the end not counted.
fn path_meaning(uri: &Uri) -> Vec<u8> {
    let mut bytes = percent_decode(uri.path().as_bytes());
    if bytes.last() == Some(&b'/') {
        bytes.pop();
    }
    bytes
}

/// What a query means: its pairs in no order.
fn query_meaning(uri: &Uri) -> Vec<(Vec<u8>, Vec<u8>)> {
    let decode = |text: &str| percent_decode(text.replace('+', " ").as_bytes());
    let mut pairs: Vec<_> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect();
    pairs.sort();
    pairs
}

fn percent_decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let hex = text
            .get(at + 1..at + 3)
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match (text[at], hex) {
            (b'%', Some(digits)) => {
                out.push(u8::from_str_radix(digits, 16).unwrap());
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

fn flip(text: &[u8], bit: prop::sample::Index) -> Option<Vec<u8>> {
    if text.is_empty() {
        return None;
    }
    let bit = bit.index(text.len() * 8);
    let mut text = text.to_vec();
    text[bit / 8] ^= 1 << (bit % 8);
    Some(text)
}

fn signed_names(parts: &Parts) -> Vec<HeaderName> {
    let signed = |name: &&HeaderName| *name != "authorization" && !name.as_str().contains('_');
    parts.headers.keys().filter(signed).cloned().collect()
}

proptest! {
    // 256 each; PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_signed_request_verifies(request in any_request()) {
        let (parts, digest) = request.sign();
        let identity = verify(&parts, &digest, secret_of, now()).unwrap();
        prop_assert_eq!(identity.access_key(), "AKTEST");
        prop_assert_eq!(identity.security_token(), request.token.as_deref());
        prop_assert!(identity.body_signed());
    }

    #[test]
    fn a_flipped_bit_of_the_method_is_noticed(request in any_request(), bit: prop::sample::Index) {
        let (mut parts, digest) = request.sign();
        let flipped = flip(parts.method.as_str().as_bytes(), bit).unwrap();
        if let Ok(method) = Method::from_bytes(&flipped) {
            parts.method = method;
            prop_assert!(is_mismatch(verify(&parts, &digest, secret_of, now())));
        }
    }

    #[test]
    fn a_flipped_bit_of_the_path_or_query_is_noticed(
        request in any_request(),
        bit: prop::sample::Index,
    ) {
        let (mut parts, digest) = request.sign();
        let flipped = flip(request.target.as_bytes(), bit).unwrap();
        let Ok(uri) = Uri::try_from(flipped) else { return Ok(()) };
        if uri.path_and_query().is_none()
            || (path_meaning(&uri), query_meaning(&uri))
                == (path_meaning(&parts.uri), query_meaning(&parts.uri))
        {
            return Ok(());
        }
        parts.uri = uri;
        prop_assert!(is_mismatch(verify(&parts, &digest, secret_of, now())));
    }

    #[test]
    fn a_flipped_bit_of_a_signed_header_is_noticed(
        request in any_request(),
        which: prop::sample::Index,
        nth: prop::sample::Index,
        bit: prop::sample::Index,
    ) {
        let (mut parts, digest) = request.sign();
        let names = signed_names(&parts);
        let name = &names[which.index(names.len())];
        // Any one of its values; the others stay.
        let count = parts.headers.get_all(name).iter().count();
        let place = nth.index(count);
        let old = parts.headers.get_all(name).iter().nth(place).unwrap().clone();
        let Some(flipped) = flip(old.as_bytes(), bit) else { return Ok(()) };
        let Ok(new) = HeaderValue::from_bytes(&flipped) else { return Ok(()) };
        if new.as_bytes().trim_ascii() == old.as_bytes().trim_ascii() {
            return Ok(());
        }
        let values: Vec<HeaderValue> = parts.headers.get_all(name).iter().cloned().collect();
        parts.headers.remove(name);
        for (at, value) in values.into_iter().enumerate() {
            parts.headers.append(name.clone(), if at == place { new.clone() } else { value });
        }
        prop_assert!(verify(&parts, &digest, secret_of, now()).is_err());
    }

    #[test]
    fn a_signed_header_that_is_gone_or_there_once_more_is_noticed(
        request in any_request(),
        which: prop::sample::Index,
        more in prop::option::of("[!-~]{1,8}"),
    ) {
        let (mut parts, digest) = request.sign();
        let names: Vec<HeaderName> = signed_names(&parts);
        let name = names[which.index(names.len())].clone();
        match more {
            Some(more) => {
                parts.headers.append(name, more.parse().unwrap());
            }
            // A host that is not there is that of the address, which a server does not see.
            None => {
                parts.headers.remove(name);
            }
        }
        prop_assert!(verify(&parts, &digest, secret_of, now()).is_err());
    }

    #[test]
    fn a_flipped_bit_of_the_authorization_is_noticed(
        request in any_request(),
        bit: prop::sample::Index,
    ) {
        let (mut parts, digest) = request.sign();
        let flipped = flip(parts.headers["authorization"].as_bytes(), bit).unwrap();
        let Ok(value) = HeaderValue::from_bytes(&flipped) else { return Ok(()) };
        parts.headers.insert("authorization", value);
        prop_assert!(verify(&parts, &digest, secret_of, now()).is_err());
    }

    #[test]
    fn a_flipped_bit_of_the_secret_key_is_noticed(request in any_request(), bit in 0..SECRET.len() * 7) {
        let (parts, digest) = request.sign();
        // The highest bit would make it no text.
        let mut other = SECRET.as_bytes().to_vec();
        other[bit / 7] ^= 1 << (bit % 7);
        let other = String::from_utf8(other).unwrap();
        prop_assert!(is_mismatch(verify(&parts, &digest, |_| Some(other.as_str()), now())));
    }

    #[test]
    fn a_flipped_bit_of_the_body_is_noticed(request in any_request(), bit: prop::sample::Index) {
        let (parts, _) = request.sign();
        let changed = flip(&request.body, bit).unwrap_or_else(|| b"x".to_vec());
        let refused = verify(&parts, &PayloadDigest::of(&changed), secret_of, now()).unwrap_err();
        if request.digest_header {
            prop_assert_eq!(refused, VerifyError::BodyMismatch);
        } else {
            prop_assert!(is_mismatch(Err::<(), _>(refused)));
        }
    }

    #[test]
    fn a_flipped_bit_of_the_signature_is_noticed(request in any_request(), bit in 0..512usize) {
        let (mut parts, digest) = request.sign();
        let mut text = parts.headers["authorization"].as_bytes().to_vec();
        let at = text.len() - 64 + bit / 8;
        text[at] ^= 1 << (bit % 8);
        if let Ok(value) = HeaderValue::from_bytes(&text) {
            parts.headers.insert("authorization", value);
            prop_assert!(verify(&parts, &digest, secret_of, now()).is_err());
        }
    }

    #[test]
    fn nothing_that_arrives_makes_verification_panic(
        authorization in prop_oneof![
            "\\PC{0,80}",
            "(SDK|V11)-HMAC-SHA256 (Access|Credential)=[a-z/0-9]{0,9},? ?SignedHeaders=[a-z;-]{0,20}, Signature=[0-9a-g]{0,65}",
        ],
        date in "[0-9TZ]{0,18}",
    ) {
        let mut parts = request();
        let Ok(value) = HeaderValue::from_str(&authorization) else { return Ok(()) };
        parts.headers.insert("authorization", value);
        parts.headers.insert("x-sdk-date", date.parse().unwrap());
        let _ = verify(&parts, &PayloadDigest::EMPTY, |_| Some("x"), now());
    }
}

/// Nothing left to chance: every bit of one request, of each algorithm.
#[test]
fn every_bit_of_a_signed_request_counts() {
    let mut flips = 0;
    for v11 in [false, true] {
        let request = AnyRequest {
            method: "POST".to_owned(),
            target: "/v1.0/p%200/a-b/?b=2&a=%2F&c".to_owned(),
            headers: vec![("x-a".to_owned(), b"one".to_vec()), ("x-a".to_owned(), b"two".to_vec())],
            body: b"{\"a\": 1}".to_vec(),
            v11,
            digest_header: true,
            token: Some("the-token".to_owned()),
        };
        let (good, digest) = request.sign();
        verify(&good, &digest, secret_of, now()).unwrap();
        let mut refused = |what: &str, parts: &Parts, digest: &PayloadDigest| {
            flips += 1;
            assert!(verify(parts, digest, secret_of, now()).is_err(), "{what} of {request:?}");
        };
        for (name, value) in &good.headers {
            let others: Vec<HeaderValue> = good
                .headers
                .get_all(name)
                .iter()
                .filter(|other| *other != value)
                .cloned()
                .collect();
            for flipped in every_flip(value.as_bytes()) {
                let Ok(flipped) = HeaderValue::from_bytes(&flipped) else { continue };
                if flipped.as_bytes().trim_ascii() == value.as_bytes().trim_ascii() {
                    continue;
                }
                let mut parts = good.clone();
                parts.headers.insert(name.clone(), flipped);
                for other in &others {
                    parts.headers.append(name.clone(), other.clone());
                }
                refused(name.as_str(), &parts, &digest);
            }
        }
        for flipped in every_flip(request.method.as_bytes()) {
            let Ok(method) = Method::from_bytes(&flipped) else { continue };
            let mut parts = good.clone();
            parts.method = method;
            refused("the method", &parts, &digest);
        }
        for flipped in every_flip(request.target.as_bytes()) {
            let Ok(uri) = Uri::try_from(flipped) else { continue };
            let same = (path_meaning(&uri), query_meaning(&uri))
                == (path_meaning(&good.uri), query_meaning(&good.uri));
            if uri.path_and_query().is_none() || same {
                continue;
            }
            let mut parts = good.clone();
            parts.uri = uri;
            refused("the address", &parts, &digest);
        }
        for flipped in every_flip(&request.body) {
            refused("the body", &good, &PayloadDigest::of(&flipped));
        }
    }
    assert!(flips > 4_000, "{flips}");
}

fn every_flip(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..text.len() * 8).map(move |bit| {
        let mut text = text.to_vec();
        text[bit / 8] ^= 1 << (bit % 8);
        text
    })
}

fn is_mismatch<T>(result: Result<T, VerifyError>) -> bool {
    matches!(result, Err(VerifyError::SignatureMismatch { .. }))
}

// ---- each refusal has its own error ------------------------------------------------------------

#[test]
fn a_wrong_secret_is_a_signature_mismatch() {
    let (parts, digest) = signed(b"{}");
    let refused = verify(&parts, &digest, |_| Some("another"), now());
    assert!(is_mismatch(refused));
}

#[test]
fn an_unknown_access_key_is_named() {
    let (parts, digest) = signed(b"{}");
    let refused = verify(&parts, &digest, |_| None::<&str>, now()).unwrap_err();
    assert_eq!(refused, VerifyError::UnknownAccessKey { access_key: "AKTEST".to_owned() });
}

#[test]
fn a_request_is_good_for_fifteen_minutes_on_either_side() {
    let (parts, digest) = signed(b"{}");
    for (seconds, good) in [(0, true), (900, true), (901, false), (-900, true), (-901, false)] {
        let later = now() + SignedDuration::from_secs(seconds);
        let result = verify(&parts, &digest, secret_of, later);
        match result {
            Ok(_) => assert!(good, "{seconds}"),
            Err(VerifyError::Expired { signed_at, now: there, allowed }) => {
                assert!(!good, "{seconds}");
                assert_eq!((signed_at, there), (now(), later));
                assert_eq!(allowed, Duration::from_secs(900));
            }
            Err(other) => panic!("{other}"),
        }
    }
    let strict = Verifier::new().allowed_skew(Duration::from_secs(5));
    let later = now() + SignedDuration::from_secs(6);
    assert!(strict.verify(&parts, &digest, secret_of, later).is_err());
}

#[test]
fn a_changed_body_is_told_apart_if_its_digest_was_sent() {
    let mut parts = request();
    let signer = RequestSigner::new().with_digest_header();
    signer.sign(&mut parts, &PayloadDigest::of(b"{}"), &credential(), now()).unwrap();
    for changed in [&b"{ }"[..], b""] {
        let refused = verify(&parts, &PayloadDigest::of(changed), secret_of, now());
        assert_eq!(refused, Err(VerifyError::BodyMismatch));
    }
    assert!(verify(&parts, &PayloadDigest::of(b"{}"), secret_of, now()).is_ok());
}

#[test]
fn a_body_that_was_not_digested_is_not_taken_for_a_good_one() {
    let (parts, _) = signed(b"{}");
    let refused = verify(&parts, &PayloadDigest::Unsigned, secret_of, now());
    assert_eq!(refused, Err(VerifyError::BodyNotDigested));
}

#[test]
fn a_missing_header_is_named() {
    for name in ["authorization", "x-sdk-date", "host", "content-type", "user-agent"] {
        let (mut parts, digest) = signed(b"{}");
        parts.headers.remove(name);
        parts.uri = "/v1.0/p0/queues?a=1&b=2".parse().unwrap();
        let refused = verify(&parts, &digest, secret_of, now());
        assert_eq!(refused, Err(VerifyError::MissingHeader { name: name.to_owned() }));
    }
}

#[test]
fn a_header_that_must_stand_once_is_refused_twice() {
    for name in ["authorization", "x-sdk-date"] {
        let (mut parts, digest) = signed(b"{}");
        let value = parts.headers[name].clone();
        parts.headers.append(HeaderName::from_static(name), value);
        let refused = verify(&parts, &digest, secret_of, now());
        assert_eq!(refused, Err(VerifyError::RepeatedHeader { name: name.to_owned() }));
    }
}

#[test]
fn a_header_added_on_the_way_must_not_change_who_or_what_is_meant() {
    for (name, value) in
        [("x-security-token", "another"), ("x-sdk-content-sha256", "UNSIGNED-PAYLOAD")]
    {
        let (mut parts, digest) = signed(b"{}");
        parts.headers.insert(name, HeaderValue::from_static(value));
        let refused = verify(&parts, &digest, secret_of, now());
        assert_eq!(refused, Err(VerifyError::UnsignedHeader { name: name.to_owned() }));
    }
    let (mut parts, digest) = signed(b"{}");
    parts.headers.insert("x-project-id", HeaderValue::from_static("p1"));
    let identity = verify(&parts, &digest, secret_of, now()).unwrap();
    assert_eq!(identity.project_id(), None, "it is not signed");
}

#[test]
fn another_scheme_is_unsupported_and_a_broken_one_malformed() {
    let refuse = |value: &str| {
        let (mut parts, digest) = signed(b"{}");
        parts.headers.insert("authorization", value.parse().unwrap());
        verify(&parts, &digest, secret_of, now()).unwrap_err()
    };
    for scheme in ["Bearer", "SDK-HMAC-SM3", "sdk-hmac-sha256", "SDK-ECDSA-P256-SHA256"] {
        let refused = refuse(&format!("{scheme} secret"));
        assert_eq!(refused, VerifyError::UnsupportedAlgorithm { algorithm: scheme.to_owned() });
        assert!(!refused.to_string().contains("secret"));
    }
    let hex = "0".repeat(64);
    for broken in [
        "SDK-HMAC-SHA256".to_owned(),
        "SDK-HMAC-SHA256 Access=AKTEST".to_owned(),
        format!("SDK-HMAC-SHA256 Access=, SignedHeaders=host;x-sdk-date, Signature={hex}"),
        format!("SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=, Signature={hex}"),
        "SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=host;x-sdk-date, Signature=00".to_owned(),
        format!(
            "SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=x-sdk-date, Signature={}",
            "A".repeat(64)
        ),
        format!("SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=x-sdk-date;host, Signature={hex}"),
        format!("SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=host;host, Signature={hex}"),
        format!("SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=X-Sdk-Date, Signature={hex}"),
        format!("SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=x-sdk-date, Signature={hex}, More=1"),
        format!("SDK-HMAC-SHA256 Credential=AKTEST, SignedHeaders=x-sdk-date, Signature={hex}"),
        format!("V11-HMAC-SHA256 Credential=AKTEST, SignedHeaders=x-sdk-date, Signature={hex}"),
        format!(
            "V11-HMAC-SHA256 Credential=AKTEST/20260102/dli, SignedHeaders=x-sdk-date, Signature={hex}"
        ),
        format!(
            "V11-HMAC-SHA256 Credential=AKTEST/20260103/r/dli, SignedHeaders=x-sdk-date, Signature={hex}"
        ),
    ] {
        let refused = refuse(&broken);
        assert!(
            matches!(refused, VerifyError::MalformedAuthorization { .. }),
            "{broken}: {refused:?}"
        );
    }
}

#[test]
fn a_date_in_another_form_is_named() {
    let (mut parts, digest) = signed(b"{}");
    parts.headers.insert("x-sdk-date", HeaderValue::from_static("yesterday"));
    let refused = verify(&parts, &digest, secret_of, now());
    assert_eq!(refused, Err(VerifyError::BadDate { value: "yesterday".to_owned() }));
}

#[test]
fn a_derived_key_of_another_region_is_refused_where_the_region_is_known() {
    let (mut parts, digest) = (request(), PayloadDigest::EMPTY);
    RequestSigner::v11("eu-west-101", "dli")
        .sign(&mut parts, &digest, &credential(), now())
        .unwrap();
    let anywhere = Verifier::new().verify(&parts, &digest, secret_of, now()).unwrap();
    assert_eq!(anywhere.algorithm(), Algorithm::V11HmacSha256);
    assert_eq!(anywhere.scope(), Some("20260102/eu-west-101/dli"));
    let here = Verifier::new().scope("eu-west-101", "dli");
    assert!(here.verify(&parts, &digest, secret_of, now()).is_ok());
    let elsewhere = Verifier::new().scope("cn-north-4", "dli");
    assert!(matches!(
        elsewhere.verify(&parts, &digest, secret_of, now()),
        Err(VerifyError::WrongScope { .. })
    ));
}

/// The vendor's Go client signs neither `Host` nor `Content-Type`, and writes an empty value
/// without `=`.
#[test]
fn a_request_of_the_go_client_passes_unless_the_host_must_be_signed() {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::{Digest, Sha256};
    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    let canonical = format!(
        "GET\n/v1.0/p0/queues/\nkeyword=&limit=1\nx-project-id:p0\nx-sdk-date:20260102T030405Z\n\nx-project-id;x-sdk-date\n{}",
        hex(&Sha256::digest(b""))
    );
    let to_sign = format!("SDK-HMAC-SHA256\n20260102T030405Z\n{}", hex(&Sha256::digest(canonical)));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(to_sign.as_bytes());
    let signature = hex(&mac.finalize().into_bytes());
    let (parts, ()) = http::Request::get("/v1.0/p0/queues?limit=1&keyword")
        .header("host", "dli.example.com")
        .header("content-type", "application/json")
        .header("x-project-id", "p0")
        .header("x-sdk-date", "20260102T030405Z")
        .header(
            "authorization",
            format!("SDK-HMAC-SHA256 Access=AKTEST, SignedHeaders=x-project-id;x-sdk-date, Signature={signature}"),
        )
        .body(())
        .unwrap()
        .into_parts();

    let identity = verify(&parts, &PayloadDigest::EMPTY, secret_of, now()).unwrap();
    assert_eq!(identity.project_id(), Some("p0"));
    let names: Vec<&str> = identity.signed_headers().collect();
    assert_eq!(names, ["x-project-id", "x-sdk-date"]);
    let strict = Verifier::new().require_host();
    assert_eq!(
        strict.verify(&parts, &PayloadDigest::EMPTY, secret_of, now()),
        Err(VerifyError::UnsignedHeader { name: "host".to_owned() })
    );
}

#[test]
fn without_a_host_header_the_authority_of_http_2_is_the_host() {
    let (mut parts, digest) = signed(b"{}");
    parts.headers.remove("host");
    assert!(verify(&parts, &digest, secret_of, now()).is_ok());
}

#[test]
fn neither_secrets_nor_tokens_appear_in_what_is_printed() {
    let credential = credential().with_security_token("the-token-of-the-tests");
    let mut parts = request();
    parts.headers.insert("cookie", HeaderValue::from_static("the-cookie-of-the-tests"));
    sign(&mut parts, &PayloadDigest::EMPTY, &credential, now()).unwrap();
    let identity = verify(&parts, &PayloadDigest::EMPTY, secret_of, now()).unwrap();
    let refused = verify(&parts, &PayloadDigest::EMPTY, |_| Some("x"), now()).unwrap_err();
    assert!(refused.to_string().contains("x-security-token:***"));
    for printed in [
        format!("{credential:?}"),
        format!("{identity:?}"),
        format!("{refused:?} {refused}"),
        format!("{parts:?}"),
    ] {
        assert!(!printed.contains(SECRET), "{printed}");
        assert!(!printed.contains("the-token"), "{printed}");
    }
    assert!(!refused.to_string().contains("the-cookie"));
}

// ---- signing -----------------------------------------------------------------------------------

#[test]
fn a_failed_signing_changes_nothing() {
    let no_host = || http::Request::get("/queues").body(()).unwrap().into_parts().0;
    let with = |name: &'static str, value: &'static str| {
        let mut parts = request();
        parts.headers.insert(name, HeaderValue::from_static(value));
        parts
    };
    let cases = [
        (no_host(), credential(), SignError::NoHost),
        (request(), Credential::new("", SECRET), SignError::Incomplete),
        (request(), Credential::new("AK", ""), SignError::Incomplete),
        (request(), Credential::new("AK, X", SECRET), SignError::Unsendable { what: "access key" }),
        (
            request(),
            credential().with_security_token("a\nb"),
            SignError::Unsendable { what: "x-security-token" },
        ),
        (
            request(),
            credential().with_project_id("a\nb"),
            SignError::Unsendable { what: "x-project-id" },
        ),
        (request(), credential().with_expiry(now()), SignError::Expired { expires_at: now() }),
        (with("x-sdk-date", "now"), credential(), SignError::BadDate { value: "now".to_owned() }),
        (
            with("authorization", "Bearer abc"),
            credential(),
            SignError::AlreadyAuthorized { scheme: "Bearer".to_owned() },
        ),
    ];
    for (mut parts, credential, expected) in cases {
        let before = parts.clone();
        let error = sign(&mut parts, &PayloadDigest::EMPTY, &credential, now()).unwrap_err();
        assert_eq!(error, expected);
        assert_eq!(parts.headers, before.headers);
        assert_eq!(parts.uri, before.uri);
        assert!(!format!("{error:?} {error}").contains(SECRET));
    }
}

#[test]
fn signing_again_is_signing_anew() {
    let temporary = credential().with_security_token("the-token");
    let mut parts = request();
    sign(&mut parts, &PayloadDigest::EMPTY, &temporary, now()).unwrap();
    let later = now() + SignedDuration::from_mins(20);
    sign(&mut parts, &PayloadDigest::EMPTY, &credential(), later).unwrap();
    let mut fresh = request();
    sign(&mut fresh, &PayloadDigest::EMPTY, &credential(), later).unwrap();
    assert_eq!(parts.headers, fresh.headers);
}

#[test]
fn the_host_is_signed_as_it_will_be_sent() {
    for (address, host) in [
        ("https://dli.example.com/", "dli.example.com"),
        ("https://dli.example.com:443/", "dli.example.com"),
        ("http://dli.example.com:80/", "dli.example.com"),
        ("http://dli.example.com:443/", "dli.example.com:443"),
        ("http://127.0.0.1:8080/", "127.0.0.1:8080"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://user:word@dli.example.com/", "dli.example.com"),
    ] {
        let (mut parts, ()) = http::Request::get(address).body(()).unwrap().into_parts();
        sign(&mut parts, &PayloadDigest::EMPTY, &credential(), now()).unwrap();
        assert_eq!(parts.headers["host"], host);
    }
}

#[test]
fn a_body_that_streams_is_signed_as_unsigned() {
    let mut parts = request();
    sign(&mut parts, &PayloadDigest::Unsigned, &credential(), now()).unwrap();
    assert_eq!(parts.headers["x-sdk-content-sha256"], "UNSIGNED-PAYLOAD");
    for arrived in [PayloadDigest::Unsigned, PayloadDigest::of(b"anything")] {
        let identity = verify(&parts, &arrived, secret_of, now()).unwrap();
        assert!(!identity.body_signed());
    }
}

#[test]
fn the_look_up_is_not_asked_for_requests_that_are_refused_anyway() {
    let (parts, digest) = signed(b"{}");
    let asked = Cell::new(false);
    let late = now() + SignedDuration::from_hours(1);
    let refused = verify(
        &parts,
        &digest,
        |_| {
            asked.set(true);
            Some(SECRET)
        },
        late,
    );
    assert!(refused.is_err() && !asked.get());
}

#[tokio::test]
async fn through_reqsign_core_the_digest_comes_by_the_extensions() {
    use dli_sign::provide::StaticProvider;
    use dli_sign::reqsign_core::{Context, ErrorKind, Signer};

    let signer = Signer::new(
        Context::new(),
        StaticProvider::new(credential()),
        RequestSigner::new().with_time(now()),
    );
    let mut parts = request();
    let missing = signer.sign(&mut parts, None).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::RequestInvalid);
    assert!(missing.to_string().contains("PayloadDigest"), "{missing}");

    parts.extensions.insert(PayloadDigest::of(b"{}"));
    let presigned = signer.sign(&mut parts, Some(Duration::from_secs(60))).await;
    assert_eq!(presigned.unwrap_err().kind(), ErrorKind::RequestInvalid);

    signer.sign(&mut parts, None).await.unwrap();
    assert!(verify(&parts, &PayloadDigest::of(b"{}"), secret_of, now()).is_ok());
}

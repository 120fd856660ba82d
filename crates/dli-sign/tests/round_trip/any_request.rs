//! Any request that is signed verifies; whatever bit of it is flipped, it does not.

use dli_sign::{PayloadDigest, RequestSigner, VerifyError, verify};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, Uri};
use proptest::prelude::*;

use crate::*;

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

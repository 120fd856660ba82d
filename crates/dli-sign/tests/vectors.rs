//! Signatures recorded from the vendor's Python SDK: ours must equal them, and verify.

use base64::Engine as _;
use dli_sign::{Credential, PayloadDigest, RequestSigner, verify};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method};
use jiff::Timestamp;
use serde_json::Value;

const VECTORS: &str = include_str!("data/signing_vectors.json");

struct Vector<'a>(&'a Value);

impl Vector<'_> {
    fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_else(|| panic!("{key}"))
    }

    fn expected(&self, key: &str) -> &str {
        self.0["expected"][key].as_str().unwrap()
    }

    fn body(&self) -> Vec<u8> {
        match (&self.0["body_utf8"], &self.0["body_base64"]) {
            (Value::String(text), _) => text.clone().into_bytes(),
            (_, Value::String(text)) => {
                base64::engine::general_purpose::STANDARD.decode(text).unwrap()
            }
            _ => Vec::new(),
        }
    }

    fn parts(&self) -> Parts {
        let (mut parts, ()) = http::Request::builder()
            .method(Method::from_bytes(self.text("method").as_bytes()).unwrap())
            .uri(self.text("url"))
            .body(())
            .unwrap()
            .into_parts();
        for pair in self.0["headers"].as_array().unwrap() {
            parts.headers.append(
                HeaderName::from_bytes(pair[0].as_str().unwrap().as_bytes()).unwrap(),
                HeaderValue::from_bytes(pair[1].as_str().unwrap().as_bytes()).unwrap(),
            );
        }
        parts
    }

    fn credential(&self) -> Credential {
        let mut credential = Credential::new(self.text("ak"), self.text("sk"));
        if let Some(token) = self.0["security_token"].as_str() {
            credential = credential.with_security_token(token);
        }
        if let Some(project) = self.0["project_id"].as_str() {
            credential = credential.with_project_id(project);
        }
        credential
    }

    fn time(&self) -> Timestamp {
        timestamp(self.text("date"))
    }

    fn signer(&self) -> RequestSigner {
        match self.0["region"].as_str() {
            None => RequestSigner::new(),
            Some(region) => RequestSigner::v11(region, self.text("service")),
        }
    }
}

fn timestamp(sdk_date: &str) -> Timestamp {
    jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", sdk_date)
        .unwrap()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .unwrap()
        .timestamp()
}

fn for_each_vector(key: &str, mut check: impl FnMut(&Vector<'_>)) -> usize {
    let all: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors = all[key].as_array().unwrap();
    for vector in vectors {
        check(&Vector(vector));
    }
    vectors.len()
}

fn signs_like_the_vendor(vector: &Vector<'_>) {
    let name = vector.text("name");
    let mut parts = vector.parts();
    let digest = PayloadDigest::of(&vector.body());
    let (credential, signer) = (vector.credential(), vector.signer());

    let canonical = signer.canonical_request(&parts, &digest, &credential, vector.time()).unwrap();
    assert_eq!(canonical, vector.expected("canonical_request"), "{name}: canonical request");
    signer.sign(&mut parts, &digest, &credential, vector.time()).unwrap();
    assert_eq!(
        parts.headers["authorization"],
        vector.expected("authorization"),
        "{name}: Authorization"
    );

    let mut sent: Vec<(String, Vec<u8>)> = parts
        .headers
        .iter()
        .map(|(name, value)| (name.to_string(), value.as_bytes().trim_ascii().to_vec()))
        .collect();
    sent.sort();
    let expected: Vec<(String, Vec<u8>)> = vector.0["expected"]["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| {
            (
                pair[0].as_str().unwrap().to_lowercase(),
                pair[1].as_str().unwrap().as_bytes().to_vec(),
            )
        })
        .collect();
    assert_eq!(sent, expected, "{name}: headers");
}

/// The request as a server sees it: what the vendor's client put on the wire, verbatim.
fn accepts_the_vendors_request(vector: &Vector<'_>) {
    let name = vector.text("name");
    let (mut parts, ()) = http::Request::builder()
        .method(vector.text("method").to_uppercase().as_str())
        .uri(vector.expected("request_target"))
        .body(())
        .unwrap()
        .into_parts();
    for pair in vector.0["expected"]["headers"].as_array().unwrap() {
        parts.headers.append(
            HeaderName::from_bytes(pair[0].as_str().unwrap().as_bytes()).unwrap(),
            HeaderValue::from_bytes(pair[1].as_str().unwrap().as_bytes()).unwrap(),
        );
    }
    let digest = PayloadDigest::of(&vector.body());
    let signed_at = timestamp(parts.headers["x-sdk-date"].to_str().unwrap());
    let identity = verify(
        &parts,
        &digest,
        |key| (key == vector.text("ak")).then(|| vector.text("sk")),
        signed_at,
    )
    .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(identity.access_key(), vector.text("ak"), "{name}");
    assert_eq!(identity.security_token(), vector.0["security_token"].as_str(), "{name}");
}

#[test]
fn every_recorded_signature_of_the_vendor_is_ours() {
    let plain = for_each_vector("vectors", signs_like_the_vendor);
    let derived = for_each_vector("derived_vectors", signs_like_the_vendor);
    println!("{plain} SDK-HMAC-SHA256 and {derived} V11-HMAC-SHA256 vectors signed alike");
    assert_eq!((plain, derived), (60, 12));
}

#[test]
fn every_recorded_request_of_the_vendor_is_accepted() {
    let plain = for_each_vector("vectors", accepts_the_vendors_request);
    let derived = for_each_vector("derived_vectors", accepts_the_vendors_request);
    println!("{plain} SDK-HMAC-SHA256 and {derived} V11-HMAC-SHA256 vectors accepted");
    assert_eq!((plain, derived), (60, 12));
}

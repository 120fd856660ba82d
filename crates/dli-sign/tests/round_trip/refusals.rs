//! Each refusal has an error of its own.

use std::time::Duration;

use dli_sign::{Algorithm, PayloadDigest, RequestSigner, Verifier, VerifyError, sign, verify};
use http::{HeaderName, HeaderValue};
use jiff::SignedDuration;

use crate::*;

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

//! What signing does to a request.

use std::cell::Cell;
use std::time::Duration;

use dli_sign::{Credential, PayloadDigest, RequestSigner, SignError, sign, verify};
use http::HeaderValue;
use jiff::SignedDuration;

use crate::*;

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

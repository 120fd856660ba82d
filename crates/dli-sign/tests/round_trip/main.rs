//! What is signed verifies, and what is changed does not.

mod any_request;
mod refusals;
mod signing;

use dli_sign::{Credential, PayloadDigest, VerifyError, sign};
use http::request::Parts;
use jiff::Timestamp;

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

fn is_mismatch<T>(result: Result<T, VerifyError>) -> bool {
    matches!(result, Err(VerifyError::SignatureMismatch { .. }))
}

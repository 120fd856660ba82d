//! What signing costs, next to the cryptography it cannot do without: the SHA-256 of the body, the
//! SHA-256 of the canonical request, and one HMAC-SHA256 over the string to sign.
//!
//! Run with `cargo bench -p dli-sign`, or `… -- GET` for some of it. Each line is the best of several rounds.

use std::hint::black_box;
use std::time::{Duration, Instant};

use dli_sign::{Credential, PayloadDigest, RequestSigner, sign, verify};
use hmac::{Hmac, KeyInit, Mac};
use http::request::Parts;
use sha2::{Digest, Sha256};

const SECRET: &str = "the-secret-key-of-the-benchmark-000000";

fn main() {
    let only = std::env::args().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
    let time = jiff::Timestamp::now();
    let credential = Credential::new("AKBENCHMARK000000001", SECRET).with_project_id("0b5e4a1c");
    println!("{:24} {:>10} {:>10} {:>7} {:>10}", "request", "crypto", "sign", "ratio", "verify");
    for (name, method, address, body) in [
        ("GET, no body", "GET", "/queues", Vec::new()),
        ("GET, paged", "GET", "/queues?offset=0&limit=100&tags=k%3Dv", Vec::new()),
        ("POST, 1 KiB", "POST", "/jobs/submit-job", vec![b'x'; 1024]),
        ("POST, 1 MiB", "POST", "/jobs/submit-job", vec![b'x'; 1 << 20]),
    ] {
        if !name.contains(&only) {
            continue;
        }
        let mut parts = request(method, address);
        let canonical = RequestSigner::new()
            .canonical_request(&parts, &PayloadDigest::of(&body), &credential, time)
            .expect("the request can be signed");
        let string_to_sign = vec![b'x'; "SDK-HMAC-SHA256\n20260102T030405Z\n".len() + 64];

        let crypto = best(|| {
            black_box(Sha256::digest(black_box(&body)));
            black_box(Sha256::digest(black_box(&canonical)));
            let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
            mac.update(black_box(&string_to_sign));
            black_box(mac.finalize());
        });
        let signing = best(|| {
            let digest = PayloadDigest::of(black_box(&body));
            sign(black_box(&mut parts), &digest, &credential, time).expect("it can be signed");
        });
        let verifying = best(|| {
            let digest = PayloadDigest::of(black_box(&body));
            black_box(verify(&parts, &digest, |_| Some(SECRET), time)).expect("it verifies");
        });
        let ratio = signing.as_secs_f64() / crypto.as_secs_f64();
        println!("{name:24} {crypto:>10.2?} {signing:>10.2?} {ratio:>7.2} {verifying:>10.2?}");
    }
}

fn request(method: &str, address: &str) -> Parts {
    http::Request::builder()
        .method(method)
        .uri(format!(
            "https://dli.cn-north-4.myhuaweicloud.com/v1.0/0b5e4a1c2d3f4a5b8c7d6e5f4a3b2c1d{address}"
        ))
        .header("content-type", "application/json")
        .header("user-agent", "dli-sdk-rust/0.1.0")
        .body(())
        .expect("a request")
        .into_parts()
        .0
}

/// The time of one call in the fastest of many rounds.
fn best(mut call: impl FnMut()) -> Duration {
    let start = Instant::now();
    call();
    let once = start.elapsed().max(Duration::from_nanos(100));
    let calls = (Duration::from_millis(5).as_nanos() / once.as_nanos()).clamp(1, 10_000) as u32;
    (0..40)
        .map(|_| {
            let start = Instant::now();
            (0..calls).for_each(|_| call());
            start.elapsed() / calls
        })
        .min()
        .unwrap_or_default()
}

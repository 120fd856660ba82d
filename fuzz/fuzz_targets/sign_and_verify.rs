//! Signing and verifying whatever can be asked of HTTP: no panic, what was signed verifies, and
//! nothing that somebody without the secret writes does.

#![no_main]

use arbitrary::{Result, Unstructured};
use dli_fuzz::{now_and_then, one_of, text};
use dli_sign::{Credential, PayloadDigest, RequestSigner, Verifier, VerifyError};
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;

const ACCESS_KEY: &str = "AKFUZZ";
const SECRET_KEY: &str = "nobody-writes-this-secret-by-chance";

/// Headers that mean something to signatures.
const HEADERS: &[&str] = &[
    "authorization",
    "x-sdk-date",
    "x-sdk-content-sha256",
    "x-security-token",
    "x-project-id",
    "x-auth-token",
    "host",
    "content-type",
    "content-length",
    "x_underscored",
    "cookie",
];

fuzz_target!(|input: &[u8]| {
    let _ = run(&mut Unstructured::new(input));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let Some((mut parts, body)) = request(u)? else { return Ok(()) };
    let digest = match now_and_then(u, 40)? {
        true => PayloadDigest::Unsigned,
        false => PayloadDigest::of(&body),
    };
    let now = "2026-01-02T03:04:05Z".parse::<Timestamp>().expect("a time");
    let now = now.saturating_add(SignedDuration::from_secs(u.arbitrary::<i32>()?.into()));
    let now = now.expect("seconds can be added");

    // As it came, from somebody who does not know the secret.
    let verifier = match u.arbitrary::<u8>()? % 3 {
        0 => Verifier::new(),
        1 => Verifier::new().require_host(),
        _ => Verifier::new().scope("eu-west-101", "dli"),
    };
    let secret_of = |key: &str| (key == ACCESS_KEY).then_some(SECRET_KEY);
    let verdict = verifier.verify(&parts, &digest, secret_of, now);
    assert!(verdict.is_err(), "a request that nobody signed verified: {verdict:?}");

    // Signed, and as a server sees it.
    let mut signer = match u.arbitrary::<u8>()? % 2 {
        0 => RequestSigner::new(),
        _ => RequestSigner::v11("eu-west-101", "dli"),
    };
    if now_and_then(u, 80)? {
        signer = signer.with_digest_header();
    }
    let mut credential = Credential::new(ACCESS_KEY, SECRET_KEY);
    if now_and_then(u, 60)? {
        credential = credential.with_security_token(text(u, 20)?);
    }
    let before = parts.headers.clone();
    if signer.sign(&mut parts, &digest, &credential, now).is_err() {
        assert_eq!(before, parts.headers, "the request is as it was");
        return Ok(());
    }
    // The method is signed in capitals, as all clients send it.
    let method = parts.method.as_str().to_ascii_uppercase();
    parts.method = method.parse().expect("a method in capitals is one");
    if now_and_then(u, 128)? {
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        parts.uri = target.parse().expect("a part of an address is one");
    }
    let verdict = Verifier::new().verify(&parts, &digest, secret_of, now);
    match verdict {
        Ok(identity) => assert_eq!(identity.access_key(), ACCESS_KEY),
        // What the caller had set before signing is signed, whether or not it is true.
        Err(VerifyError::Expired { .. }) if before.contains_key("x-sdk-date") => {}
        Err(
            VerifyError::BodyMismatch
            | VerifyError::BodyNotDigested
            | VerifyError::SignatureMismatch { .. },
        ) if before.contains_key("x-sdk-content-sha256") => {}
        Err(VerifyError::RepeatedHeader { name }) => {
            assert!(before.get_all(&name).iter().count() > 1, "{name} is there once");
        }
        Err(other) => panic!("what was signed does not verify: {other:?}, {parts:?}"),
    }

    // The same with another signature.
    let signed = parts.headers["authorization"].to_str().expect("as it was signed").to_owned();
    let other = match u.arbitrary::<u8>()? % 3 {
        0 => text(u, 200)?,
        1 => {
            let at = usize::from(u.arbitrary::<u8>()?) % (signed.len() + 1);
            format!("{}{}{}", &signed[..at], text(u, 20)?, &signed[at..])
        }
        _ => {
            let at = usize::from(u.arbitrary::<u8>()?) % signed.len();
            format!("{}{}", &signed[..at], &signed[at + 1..])
        }
    };
    // White space between its parts does not count.
    let bare = |text: &str| text.replace([' ', '\t'], "");
    if let Ok(value) = HeaderValue::try_from(&other)
        && bare(&other) != bare(&signed)
    {
        parts.headers.insert("authorization", value);
        if let Ok(identity) = Verifier::new().verify(&parts, &digest, secret_of, now) {
            panic!("{other:?} verified in place of {signed:?}: {identity:?}");
        }
    }
    Ok(())
}

/// Any request that the types of HTTP allow.
fn request(u: &mut Unstructured<'_>) -> Result<Option<(Parts, Vec<u8>)>> {
    let method = match now_and_then(u, 60)? {
        true => text(u, 12)?,
        false => (*one_of(u, &["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"])?).to_owned(),
    };
    let origin = one_of(
        u,
        &[
            "https://dli.example.com",
            "http://127.0.0.1:80",
            "https://a:b@[::1]:8443",
            "",
            "http://h:443",
        ],
    )?;
    let target = text(u, 120)?;
    let mut request =
        http::Request::builder().method(method.as_str()).uri(format!("{origin}/{target}"));
    for _ in 0..u.arbitrary::<u8>()? % 6 {
        let name = match now_and_then(u, 80)? {
            true => text(u, 16)?,
            false => (*one_of(u, HEADERS)?).to_owned(),
        };
        let value = match u.arbitrary::<u8>()? {
            0..=99 => text(u, 60)?.into_bytes(),
            100..=179 => {
                let length = usize::from(u.arbitrary::<u8>()?).min(u.len());
                u.bytes(length)?.to_vec()
            }
            180..=199 => b"20260102T030405Z".to_vec(),
            200..=219 => b"UNSIGNED-PAYLOAD".to_vec(),
            220..=234 => format!(
                "SDK-HMAC-SHA256 Access={ACCESS_KEY}, SignedHeaders={}, Signature={}",
                text(u, 40)?,
                "0".repeat(64)
            )
            .into_bytes(),
            _ => format!(
                "V11-HMAC-SHA256 Credential={ACCESS_KEY}/20260102/eu-west-101/dli, SignedHeaders={}, Signature={}",
                text(u, 40)?,
                "0".repeat(64)
            )
            .into_bytes(),
        };
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
        else {
            continue;
        };
        request = request.header(name, value);
    }
    let body = text(u, 60)?.into_bytes();
    let Ok(request) = request.body(()) else { return Ok(None) };
    Ok(Some((request.into_parts().0, body)))
}

//! Signing a request with a body, and the cryptography it cannot do without: the SHA-256 of the
//! body and of the canonical request, and one HMAC-SHA256 over the string to sign.

use std::hint::black_box;

use dli_sign::{Credential, PayloadDigest, RequestSigner, sign};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::request::Parts;
use sha2::{Digest as _, Sha256};

use crate::connections::{self, PROJECT};

const SECRET: &str = "the-secret-key-of-the-benchmark-000000";

/// A request to sign, and what its signature is made of.
pub struct Work {
    parts: Parts,
    body: String,
    credential: Credential,
    time: jiff::Timestamp,
    canonical: String,
    string_to_sign: Vec<u8>,
}

impl Work {
    /// The creation of a connection.
    pub fn new() -> anyhow::Result<Self> {
        let (parts, body) = request()?;
        let credential = Credential::new("AKBENCHMARK000000001", SECRET);
        let time = jiff::Timestamp::now();
        let digest = PayloadDigest::of(body.as_bytes());
        let canonical =
            RequestSigner::new().canonical_request(&parts, &digest, &credential, time)?;
        let string_to_sign = vec![b'x'; "SDK-HMAC-SHA256\n20260102T030405Z\n".len() + 64];
        Ok(Self { parts, body, credential, time, canonical, string_to_sign })
    }

    /// Signs it.
    pub fn ours(&mut self) -> anyhow::Result<()> {
        let digest = PayloadDigest::of(black_box(self.body.as_bytes()));
        Ok(sign(black_box(&mut self.parts), &digest, &self.credential, self.time)?)
    }

    /// Does the cryptography alone.
    pub fn floor(&self) -> anyhow::Result<()> {
        black_box(Sha256::digest(black_box(&self.body)));
        black_box(Sha256::digest(black_box(&self.canonical)));
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes())?;
        mac.update(black_box(&self.string_to_sign));
        black_box(mac.finalize());
        Ok(())
    }
}

/// The creation of a connection, as it would be sent.
fn request() -> anyhow::Result<(Parts, String)> {
    let body = serde_json::json!({
        "name": "warehouse",
        "dest_vpc_id": "22094d8f-c310-4621-913d-4c4d655d8495",
        "dest_network_id": "78f2562a-36e4-4b39-95b9-f5aab22e1281",
        "queues": ["etl_queue"],
        "hosts": [{ "ip": "192.168.0.1", "name": "ecs-97f8-0001" }],
    });
    let address = format!("https://dli.cn-north-4.myhuaweicloud.com{}", connections::path(PROJECT));
    let request = http::Request::post(address)
        .header("content-type", "application/json")
        .header("user-agent", "dli-sdk-rust/0.1.0")
        .header("x-project-id", PROJECT)
        .body(())?;
    Ok((request.into_parts().0, body.to_string()))
}

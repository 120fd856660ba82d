#![cfg_attr(docsrs, feature(doc_cfg))]
//! Request signing and verification for Huawei Cloud, and where the keys come from.
//!
//! This crate knows HTTP heads, not services: it signs with SDK-HMAC-SHA256 or V11-HMAC-SHA256
//! what you are about to send, verifies what arrived, and finds credentials. It sends nothing
//! itself. Environment, files and HTTP come in through the `Context` of [`reqsign_core`], whose
//! traits the signers and providers implement.
//!
//! ```
//! use dli_sign::{Credential, PayloadDigest, sign, verify};
//!
//! let (mut parts, body) = http::Request::post("https://dli.cn-north-4.myhuaweicloud.com/v1.0/p/queues")
//!     .header("content-type", "application/json")
//!     .body(br#"{"queue_name":"q1"}"#)
//!     .unwrap()
//!     .into_parts();
//! let (digest, now) = (PayloadDigest::of(body), jiff::Timestamp::now());
//!
//! // The client's side:
//! sign(&mut parts, &digest, &Credential::new("AKEXAMPLE", "the-secret"), now)?;
//!
//! // The server's side:
//! let caller = verify(&parts, &digest, |_access_key| Some("the-secret"), now)?;
//! assert_eq!(caller.access_key(), "AKEXAMPLE");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cache;
mod canonical;
mod credential;
mod date;
mod hmac;
mod payload;
pub mod provide;
mod sign;
mod target;
mod v11;
mod verify;

pub use cache::CredentialCache;
pub use credential::{Credential, IamToken};
pub use payload::PayloadDigest;
pub use sign::{RequestSigner, SignError, TokenSigner, sign};
pub use target::Target;
pub use verify::{ALLOWED_SKEW, Algorithm, VerifiedIdentity, Verifier, VerifyError, verify};

/// The traits and the injected environment that signers and providers are written against.
pub use reqsign_core;

//! What a signature says about the body.

use sha2::{Digest as _, Sha256};

/// The header that carries the body's digest, or says that the body is not signed.
pub(crate) const CONTENT_SHA256: &str = "x-sdk-content-sha256";
/// What [`CONTENT_SHA256`] says when the body is not covered.
pub(crate) const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The digest of an empty body as the last line of a canonical request.
pub(crate) const EMPTY_LINE: [u8; 64] =
    *b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const EMPTY: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// The body of a request as its signature sees it.
///
/// `reqsign-core` shows a signer the head of a request only, so the digest travels in the head's
/// extensions. It is not a header: a header would be signed and sent.
///
/// ```
/// use dli_sign::PayloadDigest;
///
/// let (mut parts, body) = http::Request::post("https://dli.example.com/v1.0/p/queues")
///     .body(br#"{"queue_name":"q1"}"#.to_vec())
///     .unwrap()
///     .into_parts();
/// parts.extensions.insert(PayloadDigest::of(&body));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PayloadDigest {
    /// The SHA-256 of the whole body.
    Sha256([u8; 32]),
    /// The body is not known before it is sent (a stream), so the signature does not cover it:
    /// `X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD`.
    Unsigned,
}

impl PayloadDigest {
    /// The digest of no body at all, and of an empty one.
    ///
    /// ```
    /// assert_eq!(dli_sign::PayloadDigest::EMPTY, dli_sign::PayloadDigest::of(b""));
    /// ```
    pub const EMPTY: Self = Self::Sha256(EMPTY);

    /// Digests a body.
    ///
    /// ```
    /// use dli_sign::PayloadDigest;
    /// assert_ne!(PayloadDigest::of(b"{}"), PayloadDigest::EMPTY);
    /// ```
    pub fn of(body: &[u8]) -> Self {
        if body.is_empty() {
            return Self::EMPTY;
        }
        Self::Sha256(Sha256::digest(body).into())
    }
}

/// Lower-case hexadecimal text of 32 bytes.
pub(crate) fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    const PAIRS: [[u8; 2]; 256] = {
        let digits = b"0123456789abcdef";
        let mut pairs = [[0; 2]; 256];
        let mut byte = 0;
        while byte < 256 {
            pairs[byte] = [digits[byte >> 4], digits[byte & 15]];
            byte += 1;
        }
        pairs
    };
    let mut out = [0; 64];
    for (pair, &byte) in out.as_chunks_mut().0.iter_mut().zip(bytes) {
        *pair = PAIRS[usize::from(byte)];
    }
    out
}

/// Reads exactly 64 lower-case hexadecimal digits. Upper case is refused: two spellings of one
/// signature would let a changed request pass.
pub(crate) fn unhex(text: &[u8]) -> Option<[u8; 32]> {
    fn digit(byte: u8) -> Option<u8> {
        match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        }
    }
    let text: &[u8; 64] = text.try_into().ok()?;
    let mut out = [0; 32];
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

//! SDK-HMAC-SHA256: the ordinary scheme. The secret key is the HMAC key as it is.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::payload::hex;

/// The scheme's name, first word of the `Authorization` header.
pub(crate) const SDK_HMAC_SHA256: &str = "SDK-HMAC-SHA256";

/// An HMAC that has taken in its key and nothing else.
pub(crate) fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// The HMAC over the string to sign, ready to be read or compared.
///
/// The string to sign is the scheme, the date, the scope if the scheme has one, and the digest of
/// the canonical request, each on its own line; it is fed to the HMAC without being built.
pub(crate) fn mac(
    mut mac: Hmac<Sha256>,
    scheme: &str,
    date: &str,
    scope: Option<&str>,
    canonical_request: &[u8],
) -> Hmac<Sha256> {
    let digest: [u8; 32] = Sha256::digest(canonical_request).into();
    mac.update(scheme.as_bytes());
    mac.update(b"\n");
    mac.update(date.as_bytes());
    mac.update(b"\n");
    if let Some(scope) = scope {
        mac.update(scope.as_bytes());
        mac.update(b"\n");
    }
    mac.update(&hex(&digest));
    mac
}

//! V11-HMAC-SHA256: the scheme with a derived key, valid for one day, one region, one service.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::payload::hex;

/// The scheme's name, first word of the `Authorization` header.
pub(crate) const V11_HMAC_SHA256: &str = "V11-HMAC-SHA256";

/// What a derived key is good for, as the string to sign names it: `YYYYMMDD/region/service`.
pub(crate) fn scope(day: &str, region: &str, service: &str) -> String {
    [day, region, service].join("/")
}

/// The HMAC key: the hexadecimal *text* of HKDF-SHA256 over the secret key, with the access key
/// as salt and the scope as info.
pub(crate) fn derive_key(access_key: &str, secret_key: &[u8], scope: &str) -> Zeroizing<[u8; 64]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(access_key.as_bytes()), secret_key)
        .expand(scope.as_bytes(), key.as_mut())
        .expect("32 bytes are within what HKDF-SHA256 can give");
    Zeroizing::new(hex(&key))
}

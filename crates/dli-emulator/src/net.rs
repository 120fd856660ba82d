//! Networks in CIDR notation.

use std::net::Ipv4Addr;

use crate::error::{ApiError, ApiResult};

/// Reads `10.0.0.0/8` as its first address and the length of its prefix.
pub(crate) fn cidr(text: &str) -> ApiResult<(Ipv4Addr, u8)> {
    let wrong = || {
        ApiError::invalid(format!("`{text}` is not a valid CIDR; write it as in 192.168.0.0/16."))
    };
    let (address, length) = text.split_once('/').ok_or_else(wrong)?;
    let address: Ipv4Addr = address.parse().map_err(|_| wrong())?;
    let digits = !length.is_empty() && length.bytes().all(|byte| byte.is_ascii_digit());
    let length: u8 = length.parse().map_err(|_| wrong())?;
    if !digits || length > 32 {
        return Err(wrong());
    }
    Ok((address, length))
}

/// Whether a network holds an address.
pub(crate) fn holds((network, length): (Ipv4Addr, u8), address: Ipv4Addr) -> bool {
    let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
    u32::from(network) & mask == u32::from(address) & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_what_its_prefix_covers() {
        let held = |network: &str, address: [u8; 4]| holds(cidr(network).unwrap(), address.into());
        assert!(held("10.0.0.0/8", [10, 9, 9, 9]));
        assert!(!held("10.0.0.0/8", [11, 0, 0, 0]));
        assert!(held("0.0.0.0/0", [1, 2, 3, 4]));
        assert!(!held("1.2.3.4/32", [1, 2, 3, 5]));
    }

    #[test]
    fn networks_are_read_and_nonsense_is_refused() {
        assert_eq!(cidr("10.0.0.0/8").unwrap(), (Ipv4Addr::new(10, 0, 0, 0), 8));
        for text in ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/+8", "300.0.0.0/8", "a/b"]
        {
            assert!(cidr(text).is_err(), "{text}");
        }
    }
}

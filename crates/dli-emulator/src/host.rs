//! Which `Host` a request may name. Without this check a page in a browser could reach the
//! emulator under a name of its own (DNS rebinding).

use std::net::IpAddr;

use http::HeaderMap;
use http::uri::Authority;

use crate::error::{ApiError, ApiResult};

/// Lets loopback names and addresses pass, and the names the emulator was given.
pub(crate) fn check(
    headers: &HeaderMap,
    authority: Option<&Authority>,
    public: &[String],
) -> ApiResult<()> {
    let mut given = headers.get_all("host").iter();
    let host = match (given.next(), given.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        (None, _) => authority.map_or("", Authority::as_str),
        (Some(_), Some(_)) => return Err(refuse("two Host headers")),
    };
    let name = name_of(host);
    let loopback = is_loopback(name);
    if loopback || public.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Ok(());
    }
    Err(refuse(&format!("the Host `{host}`")))
}

/// Whether a name or address is one of this machine's own.
pub(crate) fn is_loopback(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// `[::1]:80`, `localhost:80` and `localhost` without port and brackets.
pub(crate) fn name_of(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    host.split(':').next().unwrap_or_default()
}

fn refuse(what: &str) -> ApiError {
    ApiError::new(
        421,
        "EMULATOR.0421",
        format!(
            "The emulator does not answer for {what}. It answers for loopback names and addresses; \
             name another with `--public-name` or `Builder::public_name`."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_public_names_pass() {
        let public = ["dli.test".to_owned()];
        let pass = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("host", host.parse().unwrap());
            check(&headers, None, &public).is_ok()
        };
        for host in
            ["localhost", "127.0.0.1:80", "[::1]:80", "a.localhost:1", "127.8.8.8", "DLI.test:99"]
        {
            assert!(pass(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "localhost.evil"] {
            assert!(!pass(host), "{host}");
        }
    }
}

//! The HTTP client underneath, made from the settings.

use std::fmt;
use std::time::Duration;

use crate::Error;

/// How connections are made.
#[derive(Default)]
pub(crate) struct HttpSettings {
    pub connect_timeout: Option<Duration>,
    pub proxy: Option<reqwest::Proxy>,
    pub no_proxy: bool,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub certificates: Vec<reqwest::Certificate>,
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    pub identity: Option<reqwest::Identity>,
    /// The caller's own client, in place of all of this.
    pub client: Option<reqwest::Client>,
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address of a proxy may hold a password.
        f.debug_struct("HttpSettings")
            .field("connect_timeout", &self.connect_timeout)
            .field("proxy", &self.proxy.is_some())
            .field("own_client", &self.client.is_some())
            .finish_non_exhaustive()
    }
}

impl HttpSettings {
    pub fn build(self) -> Result<reqwest::Client, Error> {
        if let Some(client) = self.client {
            return Ok(client);
        }
        let mut builder = reqwest::Client::builder()
            .connect_timeout(self.connect_timeout.unwrap_or(Duration::from_secs(10)))
            .tcp_keepalive(Duration::from_secs(60))
            .pool_idle_timeout(Duration::from_secs(60))
            // A redirect is not followed: the signature would not hold, and no one asked for it.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never());
        if self.no_proxy {
            builder = builder.no_proxy();
        }
        if let Some(proxy) = self.proxy {
            builder = builder.proxy(proxy);
        }
        #[cfg(any(feature = "rustls", feature = "native-tls"))]
        {
            for certificate in self.certificates {
                builder = builder.add_root_certificate(certificate);
            }
            if let Some(identity) = self.identity {
                builder = builder.identity(identity);
            }
        }
        builder.build().map_err(|error| {
            Error::configuration("the HTTP client cannot be made from the settings")
                .source_error(error)
        })
    }
}

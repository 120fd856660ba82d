//! The environment, the files and the small HTTP calls of the configuration, or what stands in
//! for them.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use dli_sign::reqsign_core::{self, Context, Env, FileRead, HttpSend};

/// What the configuration may look at.
#[derive(Clone, Default)]
pub(crate) struct Surroundings {
    /// In place of the variables of the process.
    pub variables: Option<Arc<BTreeMap<String, String>>>,
    /// In place of the home directory of the user.
    pub home: Option<PathBuf>,
}

impl fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Variables hold secrets: their names are enough.
        f.debug_struct("Surroundings")
            .field("variables", &self.variables.as_ref().map(|all| all.keys().collect::<Vec<_>>()))
            .field("home", &self.home)
            .finish()
    }
}

impl Surroundings {
    /// A variable, unless it is empty.
    pub fn var(&self, name: &str) -> Option<String> {
        let value = match &self.variables {
            Some(variables) => variables.get(name).cloned(),
            None => std::env::var(name).ok(),
        }?;
        let value = value.trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// The names of all variables that begin with `prefix`.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        self.vars().into_keys().filter(|name| name.starts_with(prefix)).collect()
    }

    pub fn home(&self) -> Option<PathBuf> {
        match (&self.home, &self.variables) {
            (Some(home), _) => Some(home.clone()),
            (None, Some(_)) => self.var("HOME").map(PathBuf::from),
            (None, None) => std::env::home_dir(),
        }
    }

    /// The text of a file; `None` if there is none.
    pub fn read(&self, path: &Path) -> Result<Option<String>, crate::Error> {
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                Err(crate::Error::configuration(format!("{} cannot be read", path.display()))
                    .source_error(error)
                    .hint("see that it is a text file and readable, or remove it"))
            }
        }
    }

    /// All of this for the sources of credentials.
    pub fn context(&self, client: reqwest::Client) -> Context {
        Context::new()
            .with_env(self.clone())
            .with_file_read(Files)
            .with_http_send(SmallCalls { client, direct: std::sync::OnceLock::new() })
    }
}

impl Env for Surroundings {
    fn var(&self, key: &str) -> Option<String> {
        Surroundings::var(self, key)
    }

    fn vars(&self) -> HashMap<String, String> {
        match &self.variables {
            Some(variables) => variables.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
            None => std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
        }
    }

    fn home_dir(&self) -> Option<PathBuf> {
        self.home()
    }
}

#[derive(Debug)]
struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> reqsign_core::Result<Vec<u8>> {
        // Small files, read once in a long while.
        std::fs::read(path).map_err(|error| {
            reqsign_core::Error::unexpected(format!("{path} cannot be read")).with_source(error)
        })
    }
}

/// The longest answer that a source of credentials may give.
const LONGEST: usize = 1 << 20;

#[derive(Debug)]
struct SmallCalls {
    client: reqwest::Client,
    /// Without a proxy, for addresses of this machine.
    direct: std::sync::OnceLock<reqwest::Client>,
}

impl HttpSend for SmallCalls {
    async fn http_send(
        &self,
        request: http::Request<Bytes>,
    ) -> reqsign_core::Result<http::Response<Bytes>> {
        let failed = |error: reqwest::Error| {
            reqsign_core::Error::unexpected("the request failed").with_source(error.without_url())
        };
        let local = request.uri().host().is_some_and(is_local);
        let client = if local { self.direct() } else { &self.client };
        let request = reqwest::Request::try_from(request).map_err(failed)?;
        let mut response = client.execute(request).await.map_err(failed)?;
        let mut answer = http::Response::new(());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if body.len() + piece.len() > LONGEST {
                return Err(reqsign_core::Error::unexpected("the answer is too long"));
            }
            body.extend_from_slice(&piece);
        }
        Ok(answer.map(|()| Bytes::from(body)))
    }
}

impl SmallCalls {
    fn direct(&self) -> &reqwest::Client {
        self.direct.get_or_init(|| {
            reqwest::Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(Duration::from_secs(3))
                .build()
                .unwrap_or_else(|_| self.client.clone())
        })
    }
}

/// The metadata service and whatever else no proxy can reach for us.
fn is_local(host: &str) -> bool {
    /// Where a node answers its own pods; see `ContainerProvider`.
    const PODS: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23);
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address == PODS,
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

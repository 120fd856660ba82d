//! Credentials from a profile file.

use std::collections::HashMap;

use reqsign_core::{Context, Error, ProvideCredential, Result};

use super::env::{var, with_places};
use super::federated::FederatedProvider;
use crate::Credential;

const FILE_VARIABLE: &str = "HUAWEICLOUD_SDK_CREDENTIALS_FILE";
const USUAL_FILE: &str = "~/.huaweicloud/credentials";
/// The vendor documents the first and its default chain looks for the second.
const USUAL_SECTIONS: [&str; 2] = ["basic", "basiccredentials"];

/// Reads the file named by `HUAWEICLOUD_SDK_CREDENTIALS_FILE`, or `~/.huaweicloud/credentials`.
///
/// ```ini
/// [basic]
/// ak = AKEXAMPLE
/// sk = the-secret
/// security_token =
/// project_id = 0b5e4a1c2d3f4a5b8c7d6e5f4a3b2c1d
/// ```
///
/// The section is `[basic]`, or else `[basiccredentials]`. The file is read anew each time. In
/// place of the keys it may hold `idp_id` and `id_token_file`, and `iam_endpoint`: these are used as
/// [`FederatedProvider`] uses the environment.
///
/// Gives nothing if the usual file is not there.
///
/// # Errors
///
/// If a file that was named cannot be read, if the file is no INI file, or if it has no such
/// section with `ak` and `sk`. The error names the file and the line, and quotes nothing of it.
///
/// ```
/// use dli_sign::provide::ProfileProvider;
/// use dli_sign::reqsign_core::{Context, ProvideCredential};
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let nothing = ProfileProvider::new().provide_credential(&Context::new()).await?;
/// assert!(nothing.is_none(), "this context has no home");
/// # Ok::<(), dli_sign::reqsign_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone, Default)]
pub struct ProfileProvider {
    path: Option<String>,
    section: Option<String>,
    iam_endpoint: Option<String>,
}

impl ProfileProvider {
    /// The provider for the usual file and section.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads this file, whatever the environment says. `~/` stands for the home directory.
    ///
    /// ```
    /// let provider = dli_sign::provide::ProfileProvider::new().path("/etc/dli/credentials");
    /// ```
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Reads this section and no other.
    ///
    /// ```
    /// let provider = dli_sign::provide::ProfileProvider::new().section("staging");
    /// ```
    #[must_use]
    pub fn section(mut self, section: impl Into<String>) -> Self {
        self.section = Some(section.into());
        self
    }

    /// The identity service for a federated user whose `iam_endpoint` the file does not name,
    /// whatever the environment says.
    ///
    /// ```
    /// let provider = dli_sign::provide::ProfileProvider::new()
    ///     .iam_endpoint("https://iam.eu-de.otc.t-systems.com");
    /// ```
    #[must_use]
    pub fn iam_endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.iam_endpoint = Some(endpoint.into());
        self
    }

    /// The file's name and text, if there is one.
    async fn read(&self, ctx: &Context) -> Result<Option<(String, String)>> {
        let named = self.path.clone().or_else(|| var(ctx, FILE_VARIABLE));
        let must_exist = named.is_some();
        let name = named.unwrap_or_else(|| USUAL_FILE.to_owned());
        let Some(path) = ctx.expand_home_dir(&name) else {
            return if must_exist {
                Err(Error::config_invalid(format!(
                    "the profile file {name:?} is in a home directory, but there is none; write \
                     the whole path"
                )))
            } else {
                Ok(None)
            };
        };
        match ctx.file_read(&path).await {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Ok(Some((path, text))),
                Err(_) => Err(Error::config_invalid(format!(
                    "the profile file {path:?} is not UTF-8; save it as UTF-8"
                ))),
            },
            Err(error) if !must_exist && is_absent(&error) => Ok(None),
            Err(error) => Err(Error::config_invalid(format!(
                "the profile file {path:?} cannot be read; see that it is there and readable"
            ))
            .with_source(error)),
        }
    }
}

impl ProvideCredential for ProfileProvider {
    type Credential = Credential;

    async fn provide_credential(&self, ctx: &Context) -> Result<Option<Credential>> {
        let Some((path, text)) = self.read(ctx).await? else {
            return Ok(None);
        };
        let sections = parse(&path, &text)?;
        let wanted: Vec<&str> = match &self.section {
            Some(section) => vec![section],
            None => USUAL_SECTIONS.to_vec(),
        };
        let Some(section) = wanted.iter().find_map(|name| sections.get(*name)) else {
            return Err(Error::config_invalid(format!(
                "the profile file {path:?} has no section [{}]; add it, with ak and sk",
                wanted.join("] or ["),
            )));
        };
        let key = |name: &str| section.get(name).copied().filter(|value| !value.is_empty());
        let mut credential = match (key("idp_id"), key("id_token_file")) {
            (Some(idp_id), Some(file)) => {
                let mut federated = FederatedProvider::new();
                if let Some(endpoint) = key("iam_endpoint").or(self.iam_endpoint.as_deref()) {
                    federated = federated.endpoint(endpoint);
                }
                federated.trade(ctx, idp_id, file).await?
            }
            _ => {
                let (Some(access_key), Some(secret_key)) = (key("ak"), key("sk")) else {
                    return Err(Error::config_invalid(format!(
                        "the profile file {path:?} has a section without ak or sk; fill in both"
                    )));
                };
                let credential = Credential::new(access_key, secret_key);
                match key("security_token") {
                    Some(token) => credential.with_security_token(token),
                    None => credential,
                }
            }
        };
        if let Some(id) = key("project_id") {
            credential = credential.with_project_id(id);
        }
        if let Some(id) = key("domain_id") {
            credential = credential.with_domain_id(id);
        }
        Ok(Some(with_places(ctx, credential)))
    }
}

type Sections<'a> = HashMap<&'a str, HashMap<String, &'a str>>;

/// Reads an INI file as the vendor's Python SDK does: `key = value` or `key: value`, keys in any
/// case, whole-line comments after `#` or `;`.
fn parse<'a>(path: &str, text: &'a str) -> Result<Sections<'a>> {
    let mut sections = Sections::new();
    let mut current = None;
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        let wrong = |what: &str| {
            Error::config_invalid(format!(
                "the profile file {path:?} is no INI file: line {} {what}",
                index + 1
            ))
        };
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest
                .strip_suffix(']')
                .ok_or_else(|| wrong("opens a section without closing it"))?;
            current = Some(sections.entry(name.trim()).or_default());
            continue;
        }
        let (key, value) = line
            .split_once(['=', ':'])
            .ok_or_else(|| wrong("is neither a section nor key = value"))?;
        let section = current.as_mut().ok_or_else(|| wrong("comes before the first section"))?;
        section.insert(key.trim().to_ascii_lowercase(), value.trim());
    }
    Ok(sections)
}

/// Whether a file could not be read because it is not there, or because nothing can read files
/// in this context.
fn is_absent(error: &Error) -> bool {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| cause.kind() == std::io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ini_file_is_read_as_python_reads_it() {
        let text = "\u{feff}# comment\r\n; comment\r\n[ basic ]\r\nAK = a=b:c \r\nsk: s#k;\r\nempty =\r\n\r\n[other]\nak=2\n[basic]\nak2=3";
        let sections = parse("f", text).unwrap();
        assert_eq!(sections["basic"]["ak"], "a=b:c");
        assert_eq!(sections["basic"]["sk"], "s#k;");
        assert_eq!(sections["basic"]["empty"], "");
        assert_eq!(sections["basic"]["ak2"], "3");
        assert_eq!(sections["other"]["ak"], "2");
    }

    #[test]
    fn a_broken_file_is_refused_by_line_without_quoting_it() {
        for (text, line) in
            [("sk = hidden", 1), ("[basic]\nhidden", 2), ("[basic]\n\n[hidden\n", 3)]
        {
            let error = parse("f", text).unwrap_err();
            assert!(error.to_string().contains(&format!("line {line} ")), "{error}");
            assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
        }
    }
}

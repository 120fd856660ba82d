//! Named profiles of our own: `~/.dli/profiles`, or the file named by `DLI_PROFILES_FILE`.
//!
//! ```ini
//! [staging]
//! region = cn-north-4
//! endpoint = https://dli.example.com
//! project_id = 0b5e4a1c
//! iam_endpoint = https://iam.example.com
//! ak = AKEXAMPLE
//! sk = …
//! ```

use dli_sign::provide::ProfileProvider;

use super::{Foreign, Origin, Sourced, Surroundings};
use crate::Error;

const FILE_VARIABLE: &str = "DLI_PROFILES_FILE";
const NAME_VARIABLE: &str = "DLI_PROFILE";
const USUAL_NAME: &str = "default";

/// One section of the file.
#[derive(Clone)]
pub(crate) struct Profile {
    pub name: String,
    pub path: String,
    /// Whether the builder asked for it, so that it goes before what is found elsewhere.
    pub explicit: bool,
    values: Vec<(String, String)>,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Profile {
    /// The profile that is asked for, or the usual one if there is one.
    pub fn find(asked: Option<&str>, around: &Surroundings) -> Result<Option<Self>, Error> {
        let variable = around.var(NAME_VARIABLE);
        let name = asked.or(variable.as_deref());
        let path = match around.var(FILE_VARIABLE) {
            Some(path) => Some(path.into()),
            None => around.home().map(|home| home.join(".dli").join("profiles")),
        };
        let text = match &path {
            Some(path) => around.read(path)?,
            None => None,
        };
        let path =
            path.map_or_else(|| "~/.dli/profiles".to_owned(), |path| path.display().to_string());
        let missing = |what: String| {
            Error::configuration(format!(
                "there is no profile `{}`: {what}",
                name.unwrap_or_default()
            ))
            .hint("add it as a section, or name another with Builder::profile or DLI_PROFILE")
        };
        let Some(text) = text else {
            return match name {
                Some(_) => Err(missing(format!("there is no file {path}"))),
                None => Ok(None),
            };
        };
        let wanted = name.unwrap_or(USUAL_NAME);
        match section(&text, wanted) {
            Some(values) => {
                Ok(Some(Self { name: wanted.to_owned(), path, explicit: asked.is_some(), values }))
            }
            None if name.is_some() => Err(missing(format!("{path} has no section [{wanted}]"))),
            None => Ok(None),
        }
    }

    /// A value of the profile.
    pub fn get(&self, key: &str) -> Option<Sourced<String>> {
        let (_, value) = self.values.iter().find(|(name, _)| name == key)?;
        let origin = Origin::File(format!("{} [{}]", self.path, self.name));
        Some(Sourced::new(value.clone(), origin))
    }

    /// Whether it names a region, and that is not the one of the client.
    fn is_elsewhere(&self, region: Option<&Sourced<String>>) -> bool {
        self.get("region").zip(region).is_some_and(|(own, region)| own.value != region.value)
    }

    /// A value that is good for one region only; nothing if the client is for another one.
    pub fn get_for(&self, region: Option<&Sourced<String>>, key: &str) -> Option<Sourced<String>> {
        self.get(key).filter(|_| !self.is_elsewhere(region))
    }

    /// Its project, if that is of another region than the client.
    pub fn foreign_project(&self, region: Option<&Sourced<String>>) -> Option<Foreign> {
        let project = self.get("project_id").filter(|_| self.is_elsewhere(region))?;
        let region = self.get("region")?.value;
        Some(Foreign { id: project.value, region, origin: project.origin })
    }

    pub fn has_credentials(&self) -> bool {
        self.get("ak").is_some() || self.get("sk").is_some()
    }

    pub fn provider(&self, iam: &str) -> ProfileProvider {
        let provider = ProfileProvider::new().path(self.path.clone()).section(self.name.clone());
        provider.iam_endpoint(iam)
    }
}

/// The non-empty values of a section of an INI file, written `key = value` or `key: value` and with
/// keys in any case, as [`ProfileProvider`] reads it.
pub(super) fn section(text: &str, wanted: &str) -> Option<Vec<(String, String)>> {
    let mut values = None;
    let mut inside = false;
    // Some editors begin a file with a mark that says it is Unicode.
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = name.trim() == wanted;
            if inside {
                values.get_or_insert_with(Vec::new);
            }
        } else if inside
            && !line.starts_with(['#', ';'])
            && let Some((key, value)) = line.split_once(['=', ':'])
            && !value.trim().is_empty()
            && let Some(values) = &mut values
        {
            values.push((key.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    values
}

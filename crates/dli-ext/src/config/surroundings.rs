//! The environment and the home directory, or what stands in for them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What the configuration may look at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// In place of the variables of the process.
    pub variables: Option<Arc<BTreeMap<String, String>>>,
    /// In place of the home directory of the user.
    pub home: Option<PathBuf>,
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
        let all: Vec<String> = match &self.variables {
            Some(variables) => variables.keys().cloned().collect(),
            None => std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect(),
        };
        all.into_iter().filter(|name| name.starts_with(prefix)).collect()
    }

    #[allow(dead_code)]
    pub fn home(&self) -> Option<PathBuf> {
        if self.home.is_some() {
            return self.home.clone();
        }
        self.var("HOME").or_else(|| self.var("USERPROFILE")).map(PathBuf::from)
    }
}

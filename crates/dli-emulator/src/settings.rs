//! Who may call, for which projects, and how long things take.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::SqlEngine;
use crate::error::{ApiError, ApiResult};

/// An access key with its secret, as the emulator knows it.
///
/// ```
/// use dli_emulator::AccessKey;
///
/// let key = AccessKey::new("AKREADER", "its-secret").for_projects(["project-a"]);
/// assert_eq!(key.access_key(), "AKREADER");
/// ```
#[derive(Clone)]
pub struct AccessKey {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) security_token: Option<String>,
    pub(crate) projects: Option<Vec<String>>,
    pub(crate) user: Option<String>,
}

impl AccessKey {
    /// A key that may use every project.
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        Self {
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            security_token: None,
            projects: None,
            user: None,
        }
    }

    /// Lets the key use these projects only, given by their ids.
    #[must_use]
    pub fn for_projects<T: Into<String>>(mut self, ids: impl IntoIterator<Item = T>) -> Self {
        self.projects = Some(ids.into_iter().map(Into::into).collect());
        self
    }

    /// Makes it a temporary key: requests have to carry this `X-Security-Token`.
    #[must_use]
    pub fn with_security_token(mut self, token: impl Into<String>) -> Self {
        self.security_token = Some(token.into());
        self
    }

    /// Name of the user the key belongs to, who then owns what is created with it.
    #[must_use]
    pub fn of_user(mut self, name: impl Into<String>) -> Self {
        self.user = Some(name.into());
        self
    }

    /// The access key itself; the secret is not shown.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey")
            .field("access_key", &self.access_key)
            .field("projects", &self.projects)
            .finish_non_exhaustive()
    }
}

/// A project: what keeps the resources of one team from those of another.
///
/// ```
/// let project = dli_emulator::Project::new("0123456789abcdef0123456789abcdef", "eu-west-101_team");
/// ```
#[derive(Debug, Clone)]
pub struct Project {
    pub(crate) id: String,
    pub(crate) name: String,
}

impl Project {
    /// A project of this id. Its name is, or begins with, the name of a region.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into() }
    }
}

/// What a project may have, unless it is told otherwise. Only the number of templates is the
/// service's own; the others differ from account to account there.
pub(crate) const QUOTAS: [(&str, i64); 6] = [
    ("queue", 100),
    ("cu", 32_000),
    ("elastic_resource_pool", 100),
    ("database", 1000),
    ("table", 10_000),
    ("flink_template", 100),
];

/// How the emulator behaves; fixed once it runs.
pub(crate) struct Settings {
    pub region: String,
    pub projects: Vec<Project>,
    pub access_keys: Vec<AccessKey>,
    pub domain: String,
    pub user: String,
    pub password: Secret,
    pub public_names: Vec<String>,
    pub delay: Duration,
    pub delays: HashMap<String, Duration>,
    pub quotas: HashMap<String, i64>,
    pub body_limit: usize,
    pub check_answers: bool,
    pub engine: Option<Arc<dyn SqlEngine>>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("region", &self.region)
            .field("projects", &self.projects)
            .field("access_keys", &self.access_keys)
            .finish_non_exhaustive()
    }
}

/// Text that is never printed.
#[derive(Clone)]
pub(crate) struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Settings {
    /// How long one change of state takes in a family, in milliseconds.
    pub fn delay_of(&self, family: &str) -> i64 {
        let delay = self.delays.get(family).unwrap_or(&self.delay);
        i64::try_from(delay.as_millis()).unwrap_or(i64::MAX / 4)
    }

    /// How much of a kind a project may have.
    pub fn quota_of(&self, kind: &str) -> i64 {
        let default = || {
            QUOTAS.iter().find(|(known, _)| *known == kind).map_or(i64::MAX, |(_, quota)| *quota)
        };
        self.quotas.get(kind).copied().unwrap_or_else(default)
    }

    /// Refuses one more of a kind when the project has as many as it may have.
    pub fn check_quota(&self, kind: &str, used: i64) -> ApiResult<()> {
        let quota = self.quota_of(kind);
        match used < quota {
            true => Ok(()),
            false => Err(ApiError::quota(format!(
                "The quota of the project is used up: {used} of {quota} ({kind})."
            ))),
        }
    }

    pub fn key(&self, access_key: &str) -> Option<&AccessKey> {
        self.access_keys.iter().find(|key| key.access_key == access_key)
    }

    pub fn project(&self, id: &str) -> Option<&Project> {
        self.projects.iter().find(|project| project.id == id)
    }

    /// Id of the domain (the account) that all projects belong to.
    pub fn domain_id(&self) -> String {
        uuid_of(&["domain", &self.domain])
    }
}

/// A stable id for something that has a name.
pub(crate) fn uuid_of(parts: &[&str]) -> String {
    let name = parts.join("/");
    let mut bytes = [0u8; 16];
    // FNV-1a, twice with different seeds: an id needs no cryptography.
    for (half, seed) in [(0, 0xcbf2_9ce4_8422_2325_u64), (8, 0x9ae1_6a3b_2f90_404f)] {
        let hash = name
            .bytes()
            .fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        bytes[half..half + 8].copy_from_slice(&hash.to_be_bytes());
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid().simple().to_string()
}

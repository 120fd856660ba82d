//! Where the client goes, who it is, and how it behaves; and where each of these was found.

mod builder;
mod explain;
mod identity;
mod region;
mod surroundings;

use std::fmt;
use std::sync::Arc;

pub use builder::Builder;
pub use explain::{Explained, Explanation};
pub(crate) use identity::{Authentication, Identity};
pub(crate) use surroundings::Surroundings;

use crate::Error;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Given to the builder.
    Explicit,
    /// An environment variable.
    Variable(String),
    /// A file, and the place in it.
    File(String),
    /// Built into this crate.
    BuiltIn,
    /// Asked of a service.
    Asked(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Explicit => f.write_str("given to the builder"),
            Self::Variable(name) => write!(f, "environment variable {name}"),
            Self::File(place) => write!(f, "file {place}"),
            Self::BuiltIn => f.write_str("built in"),
            Self::Asked(whom) => write!(f, "asked of {whom}"),
        }
    }
}

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Sourced<T> {
    pub value: T,
    pub origin: Origin,
}

impl<T> Sourced<T> {
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }
}

/// The resolved configuration of a client.
///
/// ```
/// # fn example(dli: dli_ext::Dli) {
/// println!("{}", dli.config().endpoint());
/// # }
/// ```
#[derive(Clone)]
pub struct Config {
    pub(crate) region: Option<Sourced<String>>,
    /// Without a slash at its end.
    pub(crate) endpoint: Sourced<String>,
    pub(crate) project: Option<Sourced<Arc<str>>>,
    pub(crate) identity: Identity,
}

impl Config {
    /// The region, if one is configured or known.
    pub fn region(&self) -> Option<&str> {
        self.region.as_ref().map(|region| region.value.as_str())
    }

    /// The address of the service.
    pub fn endpoint(&self) -> &str {
        &self.endpoint.value
    }

    pub(crate) fn base(&self) -> &str {
        &self.endpoint.value
    }

    pub(crate) async fn project_id(&self) -> Result<Arc<str>, Error> {
        match &self.project {
            Some(project) => Ok(Arc::clone(&project.value)),
            None => Err(Error::configuration("no project id is configured").hint(
                "give it with Builder::project_id, set HUAWEICLOUD_SDK_PROJECT_ID, or put \
                 project_id into ~/.huaweicloud/credentials",
            )),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("region", &self.region())
            .field("endpoint", &self.endpoint())
            .field("project_id", &self.project.as_ref().map(|project| &project.value))
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

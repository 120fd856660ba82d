//! Where the client goes, who it is, and how it behaves; and where each of these was found.

mod builder;
mod explain;
mod identity;
mod profile;
mod project;
mod region;
mod resolve;
mod surroundings;

use std::fmt;
use std::sync::Arc;

pub use builder::Builder;
pub use explain::{Explained, Explanation};
pub(crate) use identity::{Addresses, Authentication, CacheSettings, Identity};
pub(crate) use profile::Profile;
pub(crate) use project::{Foreign, Projects};
pub(crate) use surroundings::Surroundings;

/// Where a value comes from.
///
/// ```
/// use dli_ext::config::Origin;
///
/// let origin = Origin::Variable("HUAWEICLOUD_SDK_AK".to_owned());
/// assert_eq!(origin.to_string(), "environment variable HUAWEICLOUD_SDK_AK");
/// ```
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
    pub(crate) iam: Sourced<String>,
    pub(crate) identity: Identity,
    pub(crate) projects: Option<Arc<Projects>>,
    #[cfg(feature = "obs")]
    pub(crate) storage: crate::sql::Storage,
}

impl Config {
    /// The region, if one is configured or known.
    ///
    /// ```
    /// let dli = dli_ext::Dli::builder().environment([("A", "b")]).region("cn-north-4").build()?;
    /// assert_eq!(dli.config().region(), Some("cn-north-4"));
    /// # Ok::<(), dli_ext::Error>(())
    /// ```
    pub fn region(&self) -> Option<&str> {
        self.region.as_ref().map(|region| region.value.as_str())
    }

    /// The address of the service.
    ///
    /// ```
    /// let dli = dli_ext::Dli::builder().environment([("A", "b")]).region("cn-north-4").build()?;
    /// assert_eq!(dli.config().endpoint(), "https://dli.cn-north-4.myhuaweicloud.com");
    /// # Ok::<(), dli_ext::Error>(())
    /// ```
    pub fn endpoint(&self) -> &str {
        &self.endpoint.value
    }

    /// The address of the identity service (IAM).
    ///
    /// ```
    /// let dli = dli_ext::Dli::builder().environment([("A", "b")]).region("cn-north-4").build()?;
    /// assert_eq!(dli.config().iam_endpoint(), "https://iam.cn-north-4.myhuaweicloud.com");
    /// # Ok::<(), dli_ext::Error>(())
    /// ```
    pub fn iam_endpoint(&self) -> &str {
        &self.iam.value
    }

    pub(crate) fn base(&self) -> &str {
        &self.endpoint.value
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

/// A value of the vendor's credentials file that is no secret; nothing if it cannot be had.
fn vendor_file_value(around: &Surroundings, key: &str) -> Option<Sourced<String>> {
    let path = match around.var("HUAWEICLOUD_SDK_CREDENTIALS_FILE") {
        Some(path) => path.into(),
        None => around.home()?.join(".huaweicloud").join("credentials"),
    };
    let text = around.read(&path).ok()??;
    ["basic", "basiccredentials"].iter().find_map(|section| {
        let values = profile::section(&text, section)?;
        let (_, value) = values.into_iter().find(|(name, _)| name == key)?;
        Some(Sourced::new(value, Origin::File(format!("{} [{section}]", path.display()))))
    })
}

//! Where each value of a configuration was found, for people to read.

use std::fmt;

use super::{Config, Identity, Origin};

/// One value of a configuration.
///
/// ```
/// fn print(explained: &dli_ext::config::Explained) {
///     println!("{} = {} ({:?})", explained.name, explained.value, explained.origin);
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explained {
    /// What it is: `region`, `endpoint`, …
    pub name: &'static str,
    /// Its value; a secret is not shown.
    pub value: String,
    /// Where it was found; `None` if it was not.
    pub origin: Option<Origin>,
}

/// A configuration, value by value. `Display` prints a line for each.
///
/// ```no_run
/// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
/// println!("{}", dli.explain().await);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Explanation(Vec<Explained>);

impl Explanation {
    /// The values.
    ///
    /// ```
    /// fn missing(explanation: &dli_ext::config::Explanation) -> usize {
    ///     explanation.values().iter().filter(|explained| explained.origin.is_none()).count()
    /// }
    /// ```
    pub fn values(&self) -> &[Explained] {
        &self.0
    }

    /// Says why a value was not found.
    pub(crate) fn failing(mut self, name: &str, error: Option<crate::Error>) -> Self {
        if let Some(error) = error
            && let Some(explained) = self.0.iter_mut().find(|explained| explained.name == name)
        {
            explained.value = format!("not found: {error}");
            explained.origin = None;
        }
        self
    }

    /// The value of this name.
    ///
    /// ```
    /// fn region(explanation: &dli_ext::config::Explanation) -> Option<&str> {
    ///     Some(&explanation.get("region")?.value)
    /// }
    /// ```
    pub fn get(&self, name: &str) -> Option<&Explained> {
        self.0.iter().find(|explained| explained.name == name)
    }
}

impl Config {
    /// Where each value comes from. Secrets are not shown.
    ///
    /// ```
    /// let dli = dli_ext::Dli::builder()
    ///     .region("cn-north-4")
    ///     .access_key("AKEXAMPLE", "the-secret")
    ///     .build()?;
    /// let explanation = dli.config().explain().to_string();
    /// assert!(explanation.contains("given to the builder"));
    /// assert!(!explanation.contains("the-secret"));
    /// # Ok::<(), dli_ext::Error>(())
    /// ```
    pub fn explain(&self) -> Explanation {
        let mut values = Vec::new();
        let mut add = |name, value: Option<String>, origin: Option<&Origin>| {
            let value = value.unwrap_or_else(|| "not configured".to_owned());
            values.push(Explained { name, value, origin: origin.cloned() });
        };
        let region = self.region.as_ref();
        add("region", region.map(|found| found.value.clone()), region.map(|found| &found.origin));
        add("endpoint", Some(self.endpoint.value.clone()), Some(&self.endpoint.origin));
        add("iam_endpoint", Some(self.iam.value.clone()), Some(&self.iam.origin));
        match (&self.project, self.projects.as_ref().and_then(|projects| projects.known())) {
            (Some(found), _) => {
                add("project_id", Some(found.value.to_string()), Some(&found.origin));
            }
            (None, Some(known)) => add(
                "project_id",
                Some(known.to_string()),
                Some(&Origin::Asked("the credentials or the identity service".to_owned())),
            ),
            (None, None) => add(
                "project_id",
                Some("looked up at the first call, by the region".to_owned()),
                None,
            ),
        }
        match &self.identity {
            Identity::Fixed(authentication, origin) => {
                add("credentials", Some(authentication.summary()), Some(origin));
            }
            Identity::Keys(_, found) | Identity::Token(_, found) => match found.get() {
                Some((source, summary)) => {
                    add("credentials", Some(summary), Some(&Origin::Asked(source)));
                }
                None => add("credentials", Some("fetched at the first call".to_owned()), None),
            },
        }
        Explanation(values)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|explained| explained.name.len()).max().unwrap_or(0);
        for Explained { name, value, origin } in &self.0 {
            write!(f, "{name:width$}  {value}")?;
            match origin {
                Some(origin) => writeln!(f, "  ({origin})")?,
                None => writeln!(f)?,
            }
        }
        Ok(())
    }
}

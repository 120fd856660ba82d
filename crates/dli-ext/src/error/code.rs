//! Error codes: an open enumeration, since the service knows more than its pages list.

use std::fmt;

/// A code such as `DLI.0002` or `APIGW.0301`.
///
/// ```
/// let code = dli_ext::ErrorCode::from("DLI.0002");
/// assert_eq!(code, "DLI.0002");
/// assert!(code.meaning().is_some());
/// assert!(dli_ext::ErrorCode::from("DLI.424242").meaning().is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ErrorCode(Box<str>);

impl ErrorCode {
    /// The code as the service wrote it.
    ///
    /// ```
    /// assert_eq!(dli_ext::ErrorCode::from("DLI.0002").as_str(), "DLI.0002");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it means, where the documentation or experience tells.
    ///
    /// ```
    /// assert!(dli_ext::ErrorCode::from("APIGW.0308").meaning().unwrap().contains("too many"));
    /// ```
    pub fn meaning(&self) -> Option<&'static str> {
        let documented = dli_api::DOCUMENTED_ERRORS.iter().find(|error| error.code == &*self.0);
        documented.map(|error| error.meaning).or_else(|| gateway_meaning(&self.0))
    }

    pub(crate) fn is_not_found(&self, message: &str) -> bool {
        match &*self.0 {
            "DLI.0002" | "DLI.0023" | "DLI.0100" | "DLI.12004" | "DLI.13007" | "DLI.14001"
            | "DLI.16001" | "DLI.17001" | "DLI.18005" => true,
            // One edition of the queue pages says so with the code for faults of metadata.
            "DLI.0008" | "DLI.0001" => {
                let message = message.to_ascii_lowercase();
                message.contains("not exist") || message.contains("not found")
            }
            _ => false,
        }
    }

    pub(crate) fn is_already_exists(&self, message: &str) -> bool {
        match &*self.0 {
            "DLI.0006" | "DLI.19005" => true,
            "DLI.0001" | "DLI.0007" | "DLI.0008" => {
                let message = message.to_ascii_lowercase();
                message.contains("already exist")
            }
            _ => false,
        }
    }

    pub(crate) fn is_throttled(&self) -> bool {
        matches!(&*self.0, "APIGW.0308" | "APIG.0308")
    }

    pub(crate) fn is_unauthenticated(&self) -> bool {
        matches!(
            &*self.0,
            "DLI.0013"
                | "DLI.0014"
                | "DLI.0015"
                | "APIGW.0301"
                | "APIG.0301"
                | "APIGW.0303"
                | "APIGW.0305"
                | "APIGW.0307"
        )
    }

    pub(crate) fn is_permission_denied(&self) -> bool {
        matches!(&*self.0, "DLI.0003" | "DLI.0011" | "DLI.0016" | "APIGW.0302" | "APIG.0302")
    }

    pub(crate) fn is_quota_exceeded(&self) -> bool {
        matches!(&*self.0, "DLI.1028" | "DLI.0009")
    }

    pub(crate) fn is_invalid_request(&self) -> bool {
        matches!(
            &*self.0,
            "DLI.0001"
                | "DLI.0004"
                | "DLI.0005"
                | "DLI.0018"
                | "DLI.1206"
                | "DLI.13005"
                | "DLI.18006"
                | "DLI.23001"
                | "DLI.29001"
                | "DLI.29002"
        )
    }
}

fn gateway_meaning(code: &str) -> Option<&'static str> {
    let (gateway, number) = code.split_once('.')?;
    if gateway != "APIGW" && gateway != "APIG" {
        return None;
    }
    Some(match number {
        "0101" => "The gateway knows no such address.",
        "0201" => "The gateway could not make sense of the request, or it is too large.",
        "0301" => "The gateway did not accept the signature or the token.",
        "0302" => "The caller may not use this address.",
        "0303" => "The gateway does not know the application.",
        "0305" => "The gateway could not authenticate the caller.",
        "0307" => "The token has expired or belongs to another region.",
        "0308" => "The gateway refused because of too many requests.",
        _ => return None,
    })
}

impl From<&str> for ErrorCode {
    fn from(code: &str) -> Self {
        Self(code.into())
    }
}

impl PartialEq<&str> for ErrorCode {
    fn eq(&self, other: &&str) -> bool {
        *self.0 == **other
    }
}

impl PartialEq<str> for ErrorCode {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

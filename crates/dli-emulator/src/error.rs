//! The errors the emulator answers with.

use serde_json::{Value, json};

/// An error answer: status, documented code, explanation.
#[derive(Debug, Clone)]
pub(crate) struct ApiError {
    pub status: u16,
    pub code: String,
    pub message: String,
    /// Headers that go with it, `Retry-After` for instance.
    pub headers: Vec<(&'static str, String)>,
}

/// What handlers return.
pub(crate) type ApiResult<T = Value> = Result<T, ApiError>;

impl ApiError {
    pub fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, code: code.into(), message: message.into(), headers: Vec::new() }
    }

    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A parameter or a field of the body is wrong.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "DLI.0001", message)
    }

    /// What was asked for is not there. The service says 400 here, not 404.
    pub fn not_found(what: &str, name: &str) -> Self {
        Self::new(400, "DLI.0002", format!("There is no {what} `{name}` in this project."))
    }

    /// A Flink job that is not there has a code of its own.
    pub fn no_flink_job(id: &str) -> Self {
        Self::new(400, "DLI.16001", format!("There is no Flink job `{id}` in this project."))
    }

    /// The name is taken.
    pub fn exists(what: &str, name: &str) -> Self {
        let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        let message = format!("There is {article} {what} `{name}` in this project already.");
        Self::new(400, "DLI.0006", message)
    }

    /// The operation does not apply to this object.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(400, "DLI.0007", message)
    }

    /// A limit of the system forbids it.
    pub fn limit(message: impl Into<String>) -> Self {
        Self::new(400, "DLI.0009", message)
    }

    /// The object is in a state, or in a use, that forbids it for now.
    pub fn unusable(message: impl Into<String>) -> Self {
        Self::new(400, "DLI.0012", message)
    }

    /// The project's quota is used up.
    pub fn quota(message: impl Into<String>) -> Self {
        Self::new(400, "DLI.1028", message)
    }

    /// The caller's identity was not proven.
    pub fn unauthenticated(message: impl std::fmt::Display) -> Self {
        let message = format!("Incorrect IAM authentication information: {message}");
        Self::new(401, "APIGW.0301", message)
    }

    /// A defect of the emulator, never of the request.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(500, "DLI.0999", message)
    }

    /// The body of the answer.
    pub fn body(&self) -> Value {
        json!({ "error_code": self.code, "error_msg": self.message })
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        Self::internal(format!("The emulator's SQLite store failed: {error}"))
    }
}

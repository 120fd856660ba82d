//! Failures and exit codes.

use std::fmt;

/// What the program ends with. The numbers are part of the interface; `dli help exit-codes`
/// prints this table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// The service refused the request, or failed.
    Service = 1,
    /// The command line, a parameter or a body is wrong; nothing was sent.
    Usage = 2,
    /// Region, endpoint, project or credentials are missing or unusable.
    Configuration = 3,
    /// The service does not accept who is asking, or does not let them.
    Denied = 4,
    /// What was named does not exist.
    NotFound = 5,
    /// It exists already, or is in use.
    Conflict = 6,
    /// Too many requests, or a quota is used up.
    Throttled = 7,
    /// The service cannot be reached, or something else answers in its place.
    Network = 8,
    /// Time ran out.
    Timeout = 9,
    /// A job ran and failed.
    JobFailed = 10,
    /// A file could not be read or written.
    File = 11,
    /// A question was not answered with yes.
    Declined = 12,
    /// Ctrl-C.
    Interrupted = 130,
}

impl Exit {
    /// Every code with its meaning.
    pub const TABLE: [(u8, &'static str); 14] = [
        (0, "it worked"),
        (Exit::Service as u8, "the service refused the request, or failed"),
        (Exit::Usage as u8, "the command line, a parameter or a body is wrong; nothing was sent"),
        (Exit::Configuration as u8, "region, endpoint, project or credentials are missing"),
        (
            Exit::Denied as u8,
            "the service does not accept the credentials, or a permission is missing",
        ),
        (Exit::NotFound as u8, "what was named does not exist"),
        (Exit::Conflict as u8, "it exists already, or is in use"),
        (Exit::Throttled as u8, "too many requests, or a quota is used up"),
        (Exit::Network as u8, "the service cannot be reached, or something else answers for it"),
        (Exit::Timeout as u8, "time ran out"),
        (Exit::JobFailed as u8, "a job ran and failed"),
        (Exit::File as u8, "a file could not be read or written"),
        (Exit::Declined as u8, "a question was not answered with yes, or could not be asked"),
        (Exit::Interrupted as u8, "interrupted by Ctrl-C"),
    ];
}

/// Why a command ends early.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// With a message and a code.
    Said { exit: Exit, message: String },
    /// Nobody reads on, or everything that was wanted is printed.
    Quiet,
}

/// The result of everything that can end a command.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// A failure that is told in one paragraph.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { kind: Kind::Said { exit, message: message.into() } }
    }

    /// The end of a command that has done its work early.
    pub fn quiet() -> Self {
        Self { kind: Kind::Quiet }
    }

    /// Wrong input.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// The code to end with; `None` if nothing went wrong.
    pub fn exit(&self) -> Option<Exit> {
        match self.kind {
            Kind::Said { exit, .. } => Some(exit),
            Kind::Quiet => None,
        }
    }

    /// The same failure with more said.
    #[must_use]
    pub fn with(self, more: impl fmt::Display) -> Self {
        match self.kind {
            Kind::Said { exit, message } => Self::new(exit, format!("{message}; {more}")),
            Kind::Quiet => self,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Said { message, .. } => f.write_str(message),
            Kind::Quiet => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

/// A file that could not be read or written.
pub fn file(what: &str, path: &std::path::Path, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind as Io;
    let advice = match error.kind() {
        Io::NotFound => "check the path",
        Io::PermissionDenied => "check who may use it",
        Io::StorageFull => "free some space, or write elsewhere",
        Io::IsADirectory => "name a file in it",
        _ => "check the path and the disk",
    };
    Failure::new(Exit::File, format!("cannot {what} {}: {error}; {advice}", path.display()))
}

/// Standard output that could not be written. A reader that has gone is no failure.
pub fn stdout(error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        return Failure::quiet();
    }
    Failure::new(
        Exit::File,
        format!("cannot write to standard output: {error}; check where it leads to"),
    )
}

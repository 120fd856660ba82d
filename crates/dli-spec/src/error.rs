//! What can go wrong while the description is read.

use std::path::PathBuf;

/// Why the description could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder could not be read.
    #[error("cannot read {}: {source}; give the folder that holds dli.yaml", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file is not valid YAML, or the compact form is not valid JSON.
    #[error("cannot parse {file}: {message}")]
    Parse {
        /// The file.
        file: String,
        /// What the parser said, with line and column.
        message: String,
    },
    /// The documents contradict themselves or one another.
    #[error("{file}: {at}: {message}")]
    Invalid {
        /// The file.
        file: String,
        /// Where in the file.
        at: String,
        /// What is wrong there.
        message: String,
    },
    /// A family that no file describes was asked for.
    #[error("there is no family `{0}`; the families are named as the files in openapi/ are")]
    UnknownFamily(String),
}

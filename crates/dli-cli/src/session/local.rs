//! The emulator inside the program.

#[cfg(not(feature = "local"))]
use crate::error::{Exit, Failure};

#[cfg(feature = "local")]
pub use with_emulator::*;

/// What is said where the emulator is not built in.
#[cfg(not(feature = "local"))]
pub fn left_out() -> Failure {
    Failure::new(
        Exit::Configuration,
        "this `dli` was built without the emulator; build it with the feature `local`, or give \
         `--endpoint` the address of one that runs",
    )
}

/// Where requests would go.
#[cfg(not(feature = "local"))]
pub fn place() -> (String, String) {
    ("http://127.0.0.1".to_owned(), "{project_id}".to_owned())
}

#[cfg(feature = "local")]
mod with_emulator {
    use std::path::PathBuf;
    use std::time::Duration;

    use dli_emulator::{DEFAULT_PROJECT_ID, Emulator};
    use dli_ext::{Builder, Dli};

    use crate::error::{Exit, Failure, Result};

    /// Where requests would go.
    pub fn place() -> (String, String) {
        ("http://127.0.0.1".to_owned(), DEFAULT_PROJECT_ID.to_owned())
    }

    /// Where the local service keeps what was created; `None` for memory.
    pub fn data_dir() -> Result<Option<PathBuf>> {
        if let Some(folder) = std::env::var_os("DLI_LOCAL_DATA") {
            return Ok((folder != "memory").then(|| PathBuf::from(folder)));
        }
        match crate::state_folder() {
            Some(folder) => Ok(Some(folder.join("local"))),
            None => Err(Failure::new(
                Exit::Configuration,
                "there is no home directory to keep the state of the local service in; set \
                 DLI_LOCAL_DATA to a folder, or to `memory`",
            )),
        }
    }

    /// An emulator with the state of the last time.
    pub async fn start() -> Result<Emulator> {
        let mut builder = Emulator::builder().delay(Duration::from_secs(1));
        if let Some(folder) = data_dir()? {
            if let Err(error) = std::fs::create_dir_all(&folder) {
                return Err(crate::error::file("create", &folder, &error));
            }
            builder = builder.data_dir(folder);
        }
        with_sql(builder).start().await.map_err(|error| {
            Failure::new(
                Exit::File,
                format!("the local service cannot start: {error}; set DLI_LOCAL_DATA to another folder, or to `memory`"),
            )
        })
    }

    /// With an engine that runs SQL, where it is built in.
    pub fn with_sql(builder: dli_emulator::Builder) -> dli_emulator::Builder {
        #[cfg(feature = "local-sql")]
        return builder.sql(dli_emulator::Sql::new());
        #[cfg(not(feature = "local-sql"))]
        builder
    }

    /// A client of that emulator.
    pub fn client(emulator: &Emulator, builder: Builder) -> Result<Dli> {
        #[cfg(feature = "local-sql")]
        let builder = match emulator.buckets() {
            Some(folder) => builder.storage(dli_ext::sql::Storage::folder(folder)),
            None => builder,
        };
        builder
            .endpoint(emulator.url())
            .access_key(emulator.access_key(), emulator.secret_key())
            .project_id(emulator.project_id())
            .no_proxy()
            .build()
            .map_err(|error| super::super::of_client(&error, None))
    }
}

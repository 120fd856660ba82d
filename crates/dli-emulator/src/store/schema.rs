//! The tables, and how files of earlier versions come up to date.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::StoreError;

/// Marks the file as one of ours ("DLIe").
const APPLICATION_ID: i64 = 0x444c_4965;

/// What brings a file from version `n` to `n + 1`.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE objects (
        seq      INTEGER PRIMARY KEY AUTOINCREMENT, -- order of creation
        project  TEXT NOT NULL,
        kind     TEXT NOT NULL,                     -- 'enhanced_connection', 'queue', …
        parent   TEXT NOT NULL,                     -- what it belongs to, '' for nothing
        id       TEXT NOT NULL,
        name     TEXT NOT NULL,
        created  INTEGER NOT NULL,                  -- milliseconds since 1970
        updated  INTEGER NOT NULL,
        timeline TEXT NOT NULL,                     -- JSON: [[from when, state], …]
        doc      TEXT NOT NULL,                     -- JSON
        UNIQUE (project, kind, parent, id)
    );
    CREATE TABLE tokens (
        token    TEXT PRIMARY KEY,
        user     TEXT NOT NULL,
        project  TEXT,                              -- NULL: all of them
        expires  INTEGER NOT NULL
    );
    CREATE INDEX objects_by_name ON objects (project, kind, parent, name);
"];

pub(super) fn open(file: Option<&Path>) -> Result<Connection, StoreError> {
    let place = file.map_or_else(|| "memory".to_owned(), |file| file.display().to_string());
    if let Some(folder) = file.and_then(Path::parent) {
        std::fs::create_dir_all(folder)
            .map_err(|source| StoreError::Folder { place: folder.display().to_string(), source })?;
    }
    let sqlite = |source| StoreError::Sqlite { place: place.clone(), source };
    let mut connection = match file {
        Some(file) => Connection::open(file),
        None => Connection::open_in_memory(),
    }
    .map_err(sqlite)?;
    prepare(&connection).map_err(sqlite)?;
    let foreign = |problem: String| StoreError::Foreign { place: place.clone(), problem };

    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (owner, version) =
        (pragma("application_id").map_err(sqlite)?, pragma("user_version").map_err(sqlite)?);
    if owner != APPLICATION_ID && (owner != 0 || version != 0) {
        return Err(foreign("it is a database of another program".to_owned()));
    }
    let version = usize::try_from(version).unwrap_or(usize::MAX);
    if version > MIGRATIONS.len() {
        return Err(foreign(format!(
            "it has version {version}, this emulator knows versions up to {}; use a newer one",
            MIGRATIONS.len()
        )));
    }
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(version) {
        let transaction = connection.transaction().map_err(sqlite)?;
        transaction.execute_batch(migration).map_err(sqlite)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(sqlite)?;
        let version = i64::try_from(index + 1).unwrap_or(i64::MAX);
        transaction.pragma_update(None, "user_version", version).map_err(sqlite)?;
        transaction.commit().map_err(sqlite)?;
    }
    Ok(connection)
}

/// Opens a file that is open, to read from.
pub(super) fn open_reader(file: &Path) -> Result<Connection, StoreError> {
    let open = || {
        let connection = Connection::open(file)?;
        prepare(&connection)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    };
    open().map_err(|source| StoreError::Sqlite { place: file.display().to_string(), source })
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    // A statement is planned once, not again for each value that is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // The answer is a row ("wal", or "memory"), which `pragma_update` would refuse.
    connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")
}

//! Which operations were answered while tests ran, for the project's coverage table.
//!
//! Off unless the environment variable `DLI_EMULATOR_RECORD` names a folder. Each process adds a
//! file of its own, so that tests in parallel do not meet.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

struct Record {
    seen: HashSet<String>,
    file: File,
}

static RECORD: LazyLock<Option<Mutex<Record>>> = LazyLock::new(|| {
    let folder = PathBuf::from(std::env::var_os("DLI_EMULATOR_RECORD")?);
    fs::create_dir_all(&folder).ok()?;
    let path = folder.join(format!("{}.txt", std::process::id()));
    let file = File::options().create(true).append(true).open(path).ok()?;
    Some(Mutex::new(Record { seen: HashSet::new(), file }))
});

/// Notes an operation that was answered with success.
pub(crate) fn answered(operation: &str) {
    let Some(record) = RECORD.as_ref() else { return };
    let Ok(mut record) = record.lock() else { return };
    if record.seen.insert(operation.to_owned()) {
        // A record that cannot be written only leaves a gap in a table.
        let _ = writeln!(record.file, "{operation}");
    }
}

//! Where data lies: buckets and the warehouse as folders, each change of a folder as one step.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedRwLockReadGuard, RwLock};

use super::failure::{execution, unsupported};
use crate::engine::SqlFailure;

/// Where a change is prepared, beside the buckets or the tables; no bucket's name begins so.
const STAGING: &str = ".staging";
/// Names the folder that a change is for; it is there once the change is complete.
const TARGET: &str = "target";
const DATA: &str = "data";
const LOCK: &str = "lock";

/// The folders of an engine.
#[derive(Debug)]
pub(super) struct Storage {
    buckets: PathBuf,
    warehouse: PathBuf,
    locks: Mutex<HashMap<PathBuf, Arc<RwLock<()>>>>,
    /// Where this process prepares changes: beside the buckets, and beside the tables.
    workplaces: [Workplace; 2],
}

/// A folder below [`STAGING`] that belongs to one process as long as it holds the lock.
#[derive(Debug)]
struct Workplace {
    folder: PathBuf,
    _lock: File,
}

impl Workplace {
    /// Makes one, and clears up those whose process is gone.
    fn open(root: &Path) -> io::Result<Self> {
        for entry in fs::read_dir(root.join(STAGING)).into_iter().flatten() {
            let folder = entry?.path();
            // Another process may work on the same buckets; what it prepares is its own.
            let owner = File::open(folder.join(LOCK));
            if owner.is_ok_and(|owner| owner.try_lock().is_err()) {
                continue;
            }
            recover(&folder)?;
        }
        let folder = root.join(STAGING).join(uuid::Uuid::new_v4().to_string());
        fs::create_dir_all(&folder)?;
        let lock = File::create_new(folder.join(LOCK))?;
        lock.lock()?;
        Ok(Self { folder, _lock: lock })
    }
}

impl Drop for Workplace {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Keeps what is read from being exchanged.
pub(super) type Reading = Vec<OwnedRwLockReadGuard<()>>;

impl Storage {
    /// Takes the folders over, and ends the changes that a process left half done.
    pub fn open(buckets: PathBuf, warehouse: PathBuf) -> io::Result<Self> {
        for root in [&buckets, &warehouse] {
            fs::create_dir_all(root)?;
        }
        let buckets = buckets.canonicalize()?;
        let warehouse = warehouse.canonicalize()?;
        let workplaces = [Workplace::open(&buckets)?, Workplace::open(&warehouse)?];
        Ok(Self { buckets, warehouse, locks: Mutex::default(), workplaces })
    }

    /// The folder that holds the buckets.
    pub fn buckets(&self) -> PathBuf {
        self.buckets.clone()
    }

    /// The folder of `obs://bucket/key`.
    pub fn of_url(&self, url: &str) -> Result<PathBuf, SqlFailure> {
        let wrong = |problem: &str| unsupported(format!("The path `{url}` is refused: {problem}."));
        let rest = ["obs://", "s3a://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme))
            .ok_or_else(|| wrong("only paths written obs://bucket/folder are read and written"))?;
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        let allowed =
            |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        let name = !bucket.is_empty()
            && bucket.len() <= 63
            && bucket.starts_with(|c: char| c.is_ascii_alphanumeric())
            && bucket.chars().all(allowed)
            && !bucket.contains("..");
        if !name {
            return Err(wrong("the name of its bucket is not valid"));
        }
        let mut path = self.buckets.join(bucket);
        for part in key.trim_end_matches('/').split('/').filter(|_| !key.is_empty()) {
            let plain = !part.contains(['\\', '\0'])
                && matches!(Path::new(part).components().collect::<Vec<_>>().as_slice(), [Component::Normal(one)] if *one == part);
            if !plain {
                return Err(wrong("it holds an empty part, `.`, `..` or a backslash"));
            }
            path.push(part);
        }
        Ok(path)
    }

    /// The folder of a table that has no path of its own.
    pub fn of_table(&self, project: &str, storage: &str) -> PathBuf {
        // Ids of projects are the user's; a folder takes those that are plain names.
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let project = match !project.is_empty() && project.chars().all(plain) {
            true => project.to_owned(),
            false => crate::settings::uuid_of(&["project", project]),
        };
        // So are those of tables, which the API takes from a request.
        let storage = match uuid::Uuid::parse_str(storage) {
            Ok(id) => id.hyphenated().to_string(),
            Err(_) => crate::settings::uuid_of(&["storage", storage]),
        };
        self.warehouse.join(project).join(storage)
    }

    /// The folders of all tables of the warehouse.
    pub fn tables(&self) -> Vec<PathBuf> {
        let entries = |folder: &Path| -> Vec<PathBuf> {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.path()).collect()
        };
        let projects = entries(&self.warehouse).into_iter();
        let projects = projects.filter(|folder| !folder.ends_with(STAGING));
        projects.flat_map(|project| entries(&project)).collect()
    }

    pub fn remove(&self, folder: &Path) {
        if folder.starts_with(&self.warehouse) || folder.starts_with(&self.buckets) {
            let _ = fs::remove_dir_all(folder);
        }
    }

    /// A text without the places of this machine.
    pub fn hide(&self, text: &str) -> String {
        let place = |path: &Path| path.display().to_string();
        text.replace(&format!("{}/", place(&self.buckets)), "obs://")
            .replace(place(&self.buckets).trim_start_matches('/'), "obs:/")
            .replace(&place(&self.warehouse), "warehouse")
            .replace(place(&self.warehouse).trim_start_matches('/'), "warehouse")
    }

    fn lock(&self, folder: &Path) -> Arc<RwLock<()>> {
        let mut locks = self.locks.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        Arc::clone(locks.entry(folder.to_owned()).or_default())
    }

    /// Holds folders as they are until the guards are dropped.
    pub async fn read(&self, folders: BTreeSet<PathBuf>) -> Reading {
        let mut guards = Vec::with_capacity(folders.len());
        // In one order everywhere, each once.
        for folder in folders {
            guards.push(self.lock(&folder).read_owned().await);
        }
        guards
    }

    /// A place to prepare what a folder is to hold.
    pub fn stage(&self, target: &Path) -> Result<Staging, SqlFailure> {
        let [beside_buckets, beside_tables] = &self.workplaces;
        let beside =
            if target.starts_with(&self.warehouse) { beside_tables } else { beside_buckets };
        let folder = beside.folder.join(uuid::Uuid::new_v4().to_string());
        fs::create_dir_all(folder.join(DATA)).map_err(|error| unwritten(&error))?;
        Ok(Staging { folder, target: target.to_owned() })
    }

    /// Puts what was prepared into place: afterwards a reader, or a process that starts after this
    /// one was killed, finds all of it or none.
    pub async fn commit(&self, staging: Staging, keep: Keep) -> Result<(), SqlFailure> {
        let lock = self.lock(&staging.target);
        let _guard = lock.write_owned().await;
        let put = move || staging.put(&keep);
        tokio::task::spawn_blocking(put)
            .await
            .map_err(|error| execution(format!("The data could not be put into place: {error}")))?
            .map_err(|error| unwritten(&error))
    }
}

/// What stays of what a folder held before.
#[derive(Debug)]
pub(super) enum Keep {
    Everything,
    Nothing,
    /// All but these folders in it.
    AllBut(BTreeSet<PathBuf>),
}

impl Keep {
    fn keeps(&self, relative: &Path) -> bool {
        match self {
            Self::Everything => true,
            Self::Nothing => false,
            Self::AllBut(folders) => !folders.iter().any(|folder| relative.starts_with(folder)),
        }
    }
}

/// What is being prepared. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub(super) struct Staging {
    folder: PathBuf,
    target: PathBuf,
}

impl Staging {
    /// Where files are to be written.
    pub fn data(&self) -> PathBuf {
        self.folder.join(DATA)
    }

    fn put(self, keep: &Keep) -> io::Result<()> {
        let data = self.data();
        if self.target.is_dir() {
            link_tree(&self.target, &data, Path::new(""), keep)?;
        } else if self.target.exists() {
            return Err(io::Error::other("the path is a file, not a folder"));
        } else if let Some(parent) = self.target.parent() {
            fs::create_dir_all(parent)?;
        }
        if !self.target.exists() {
            return fs::rename(&data, &self.target);
        }
        if exchange(&data, &self.target).is_ok() {
            return Ok(());
        }
        // In two steps, then. Killed between them, the next start takes the second.
        let target = self.target.to_string_lossy();
        fs::write(self.folder.join(TARGET), target.as_bytes())?;
        fs::rename(&self.target, self.folder.join("old"))?;
        fs::rename(&data, &self.target)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Two folders change places at once.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Files that stay are in the new folder as well, as links.
fn link_tree(from: &Path, to: &Path, relative: &Path, keep: &Keep) -> io::Result<()> {
    for entry in fs::read_dir(from.join(relative))? {
        let entry = entry?;
        let relative = relative.join(entry.file_name());
        if !keep.keeps(&relative) {
            continue;
        }
        let goal = to.join(&relative);
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&goal)?;
            link_tree(from, to, &relative, keep)?;
        } else if !goal.exists() && fs::hard_link(entry.path(), &goal).is_err() {
            fs::copy(entry.path(), &goal)?;
        }
    }
    Ok(())
}

/// Ends what a process left half done, and removes what it prepared.
fn recover(workplace: &Path) -> io::Result<()> {
    for entry in fs::read_dir(workplace)? {
        let folder = entry?.path();
        if let Ok(target) = fs::read_to_string(folder.join(TARGET)) {
            let (data, target) = (folder.join(DATA), PathBuf::from(target));
            if data.is_dir() && !target.exists() {
                fs::rename(data, target)?;
            }
        }
    }
    fs::remove_dir_all(workplace)
}

fn unwritten(error: &io::Error) -> SqlFailure {
    execution(format!("The data could not be written: {error}."))
}

/// The files of a folder that hold data: what is hidden, or marks something, does not.
pub(super) fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if folder.is_file() {
        return Ok(vec![folder.to_owned()]);
    }
    let mut files = Vec::new();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let hidden = name.to_string_lossy().starts_with(['_', '.']);
        if !hidden && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage() -> (tempfile::TempDir, Storage) {
        let folder = tempfile::tempdir().unwrap();
        let storage =
            Storage::open(folder.path().join("buckets"), folder.path().join("warehouse")).unwrap();
        (folder, storage)
    }

    #[test]
    fn a_path_never_leads_out_of_its_bucket() {
        let (_folder, storage) = storage();
        for path in [
            "obs://bucket/../../etc/passwd",
            "obs://bucket/a/../b",
            "obs://bucket/./a",
            "obs://bucket//a",
            "obs://bucket/a\\..\\b",
            "obs://../etc",
            "obs://.staging/a",
            "obs:///etc/passwd",
            "obs://Bucket/a",
            "file:///etc/passwd",
            "/etc/passwd",
            "",
        ] {
            assert!(storage.of_url(path).is_err(), "{path}");
        }
        assert!(storage.of_url("obs://bucket/a/b/").unwrap().ends_with("bucket/a/b"));
        assert!(storage.of_url("obs://bucket/%2e%2e/b").unwrap().ends_with("bucket/%2e%2e/b"));
    }

    #[test]
    fn a_change_left_between_its_two_steps_is_ended_at_the_next_start() {
        let (folder, storage) = storage();
        let target = storage.of_url("obs://bucket/table").unwrap();
        let gone = storage.buckets.join(STAGING).join("process");
        let staged = gone.join("change");
        fs::create_dir_all(staged.join(DATA)).unwrap();
        fs::write(staged.join(DATA).join("new.csv"), "1").unwrap();
        fs::write(staged.join(TARGET), target.to_string_lossy().as_bytes()).unwrap();
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        drop(storage);
        Storage::open(folder.path().join("buckets"), folder.path().join("warehouse")).unwrap();
        assert_eq!(files(&target).unwrap().len(), 1);
        assert!(!gone.exists());
    }

    #[test]
    fn what_another_process_prepares_is_left_alone() {
        let (folder, storage) = storage();
        let target = storage.of_url("obs://bucket/table").unwrap();
        let staging = storage.stage(&target).unwrap();
        fs::write(staging.data().join("new.csv"), "1").unwrap();
        let other =
            Storage::open(folder.path().join("buckets"), folder.path().join("warehouse")).unwrap();
        assert!(staging.data().join("new.csv").exists());
        drop(other);
        staging.put(&Keep::Nothing).unwrap();
        assert_eq!(files(&target).unwrap().len(), 1);
    }

    #[test]
    fn no_id_of_a_table_leads_out_of_its_project() {
        let (_folder, storage) = storage();
        for id in ["", "..", "../../x", "/etc", "a/b"] {
            let place = storage.of_table("project", id);
            assert_eq!(place.parent().unwrap(), storage.warehouse.join("project"), "{id}");
            assert!(!place.ends_with(".."), "{id}");
        }
    }
}

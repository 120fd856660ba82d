//! Finds the files below the directories given and reads each of them.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::facts::PageFacts;
use crate::library::{Library, Source};
use crate::page;
use crate::sources::{self, Parsed, SourceKind};

/// A file that was read.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The name by which rulings, `x-sources` and the lock know it: `zh/绑定队列.md`.
    pub name: String,
    /// What it is.
    pub kind: SourceKind,
    /// What it says.
    pub facts: PageFacts,
}

/// Everything that was found.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Files read, sorted by name.
    pub files: Vec<SourceFile>,
    /// Files that are no documentation or could not be opened, with the reason.
    pub skipped: Vec<(String, String)>,
}

/// Deeper folders are not looked into; symbolic links are not followed.
const MAX_FOLDERS: usize = 16;

/// Reads all files below the directories. `known` are the names used before: a copy of a
/// documentation under another folder name gets the names it had.
///
/// # Errors
/// When a directory cannot be listed.
pub fn read_all(directories: &[PathBuf], known: &[String]) -> io::Result<Sources> {
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    let names = KnownNames::new(known);
    let mut twice: Vec<(String, String)> = Vec::new();
    let mut add = |name: String, file: PathBuf| {
        if let Some(first) = found.get(&name) {
            if *first != file {
                twice.push((name, format!("{} has the name of another file", file.display())));
            }
        } else {
            found.insert(name, file);
        }
    };
    for directory in directories {
        let mut files = Vec::new();
        if directory.is_file() {
            let parent = directory.parent().unwrap_or(Path::new("."));
            add(names.name(parent, directory), directory.clone());
            continue;
        }
        list(directory, 0, &mut files)?;
        for file in files {
            add(names.name(directory, &file), file);
        }
    }
    let mut sources = Sources { skipped: twice, ..Sources::default() };
    let mut library = Library::default();
    let mut kinds: BTreeMap<String, SourceKind> = BTreeMap::new();
    for (name, path) in found {
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                sources.skipped.push((name, error.to_string()));
                continue;
            }
        };
        let content = match String::from_utf8(bytes) {
            Ok(content) => content,
            Err(_) => {
                sources.skipped.push((name, "not UTF-8".to_owned()));
                continue;
            }
        };
        match sources::parse(&content) {
            Some(Parsed::Facts(kind, facts)) => {
                sources.files.push(SourceFile { name, kind, facts })
            }
            Some(Parsed::Prose(kind, document)) => {
                kinds.insert(name.clone(), kind);
                library.insert(&name, document);
            }
            None => sources.skipped.push((name, "no documentation".to_owned())),
        }
    }
    for (name, document) in library.documents() {
        let facts = page::read(document, &Source::new(&library, name));
        let kind = kinds.get(name).copied().unwrap_or(SourceKind::PlainText);
        sources.files.push(SourceFile { name: name.clone(), kind, facts });
    }
    sources.files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

fn list(directory: &Path, depth: usize, out: &mut Vec<PathBuf>) -> io::Result<()> {
    if depth > MAX_FOLDERS {
        return Ok(());
    }
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), depth + 1, out)?;
        } else if kind.is_file() {
            out.push(entry.path());
        }
    }
    Ok(())
}

/// Names that were used before, also by what follows their first folder.
struct KnownNames<'a> {
    names: std::collections::BTreeSet<&'a str>,
    by_rest: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> KnownNames<'a> {
    fn new(known: &'a [String]) -> Self {
        let mut by_rest: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for name in known {
            if let Some((_, rest)) = name.split_once('/') {
                by_rest.entry(rest).or_default().push(name);
            }
        }
        Self { names: known.iter().map(String::as_str).collect(), by_rest }
    }

    fn name(&self, directory: &Path, file: &Path) -> String {
        let rest = file.strip_prefix(directory).unwrap_or(file);
        let rest = rest
            .components()
            .map(|c| c.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        let folder = directory
            .canonicalize()
            .ok()
            .and_then(|d| d.file_name().map(|n| n.to_string_lossy().into_owned()))
            .unwrap_or_else(|| "docs".to_owned());
        let full = format!("{folder}/{rest}");
        // The folder may hold the documentation (`docs/zh`, given as such) or be a part of it
        // (`docs`, holding `zh`), or be a renamed copy.
        if self.names.contains(full.as_str()) {
            return full;
        }
        if self.names.contains(rest.as_str()) {
            return rest;
        }
        match self.by_rest.get(rest.as_str()).map(Vec::as_slice) {
            Some([only]) => (*only).to_owned(),
            _ => full,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_under_another_folder_keeps_the_names_known() {
        let known = vec!["zh/a.md".to_owned(), "en/x/b.rst".to_owned()];
        let names = KnownNames::new(&known);
        let name = |dir: &str, file: &str| names.name(Path::new(dir), Path::new(file));
        assert_eq!(name("/nowhere/zh", "/nowhere/zh/a.md").split('/').next_back(), Some("a.md"));
        assert_eq!(name("/nowhere", "/nowhere/zh/a.md"), "zh/a.md");
        assert_eq!(name("/nowhere/new", "/nowhere/new/a.md"), "zh/a.md");
        assert_eq!(name("/nowhere/new", "/nowhere/new/x/b.rst"), "en/x/b.rst");
        assert_eq!(name("/nowhere", "/nowhere/c.md"), "docs/c.md");
    }
}

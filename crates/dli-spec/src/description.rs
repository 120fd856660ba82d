//! Reading the YAML files and putting them together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::{Bundle, Error, Ruling};

/// Name of the file that every family may refer to.
pub(crate) const SHARED: &str = "dli.yaml";
const RULINGS: &str = "rulings.yaml";

/// The YAML files of `openapi/`: one shared document, one a family, and the rulings.
#[derive(Debug, Clone)]
pub struct Description {
    pub(crate) folder: PathBuf,
    /// File name to document; `dli.yaml` and the families.
    pub(crate) documents: BTreeMap<String, Value>,
    /// File name to source text, for rules that are about the text itself.
    pub(crate) texts: BTreeMap<String, String>,
    pub(crate) rulings: Vec<Ruling>,
}

impl Description {
    /// The description that this crate carries.
    ///
    /// # Errors
    /// When a file cannot be read or is not valid YAML.
    pub fn embedded() -> Result<Self, Error> {
        Self::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi"))
    }

    /// Reads all `.yaml` files of a folder.
    ///
    /// # Errors
    /// When the folder or a file cannot be read, or a file is not valid YAML.
    pub fn load(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let folder = folder.into();
        let mut documents = BTreeMap::new();
        let mut texts = BTreeMap::new();
        let mut rulings = Vec::new();
        for path in yaml_files(&folder)? {
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path)
                .map_err(|source| Error::Read { path: path.clone(), source })?;
            if file == RULINGS {
                rulings = parse(&file, &text)?;
            } else {
                documents.insert(file.clone(), parse(&file, &text)?);
            }
            texts.insert(file, text);
        }
        if !documents.contains_key(SHARED) {
            let source = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(Error::Read { path: folder.join(SHARED), source });
        }
        Ok(Self { folder, documents, texts, rulings })
    }

    /// The files that were read; a build script watches them.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.texts.keys().map(|file| self.folder.join(file))
    }

    /// The families, by name, in alphabetical order.
    pub fn families(&self) -> Vec<&str> {
        self.documents.keys().filter(|file| *file != SHARED).map(|file| stem(file)).collect()
    }

    /// What the project ruled where the sources disagree.
    pub fn rulings(&self) -> &[Ruling] {
        &self.rulings
    }

    /// One self-contained document of the given families. Components that none of them
    /// reaches are left out.
    ///
    /// # Errors
    /// When a family is unknown, a reference leads nowhere, or two files name a component
    /// alike.
    pub fn bundle(&self, families: &[&str]) -> Result<Bundle, Error> {
        let shared = &self.documents[SHARED];
        let mut paths = Map::new();
        let mut tags = Vec::new();
        let mut components = Components::default();
        components.add(SHARED, shared)?;
        let wanted: BTreeSet<&str> = families.iter().copied().collect();
        for family in wanted {
            let file = format!("{family}.yaml");
            let document = self
                .documents
                .get(&file)
                .filter(|_| file != SHARED)
                .ok_or_else(|| Error::UnknownFamily(family.to_owned()))?;
            // Parameters are named for their family only, so they go where they are used.
            let mut document = document.clone();
            inline_parameters(&mut document);
            let document = &document;
            components.add(&file, document)?;
            tags.extend(document["tags"].as_array().into_iter().flatten().cloned());
            for (path, item) in object(&document["paths"]) {
                let slot = paths.entry(path).or_insert_with(|| Value::Object(Map::new()));
                for (method, operation) in object(item) {
                    if slot.get(method).is_some() {
                        return Err(invalid(&file, path, format!("{method} is described twice")));
                    }
                    slot[method] = operation.clone();
                }
            }
        }
        let mut document = Map::new();
        for (key, value) in object(shared) {
            match key.as_str() {
                "paths" => document.insert("tags".into(), Value::Array(std::mem::take(&mut tags))),
                "components" => continue,
                _ => document.insert(key.clone(), value.clone()),
            };
        }
        document.insert("paths".into(), Value::Object(paths));
        document.insert("components".into(), components.into_value());
        let mut document = Value::Object(document);
        localise_references(&mut document);
        prune(&mut document)?;
        Bundle::new(document)
    }

    /// One self-contained document of everything.
    ///
    /// # Errors
    /// As [`Description::bundle`].
    pub fn bundle_all(&self) -> Result<Bundle, Error> {
        self.bundle(&self.families())
    }
}

/// The component sections of several files under one roof.
#[derive(Default)]
struct Components {
    sections: BTreeMap<String, Map<String, Value>>,
    owner: BTreeMap<(String, String), String>,
}

impl Components {
    fn add(&mut self, file: &str, document: &Value) -> Result<(), Error> {
        for (section, entries) in object(&document["components"]) {
            for (name, value) in object(entries) {
                let key = (section.clone(), name.clone());
                if let Some(other) = self.owner.insert(key, file.to_owned()) {
                    let message = format!("{other} has a component of this name, too");
                    return Err(invalid(file, &format!("components/{section}/{name}"), message));
                }
                let section = self.sections.entry(section.clone()).or_default();
                section.insert(name.clone(), value.clone());
            }
        }
        Ok(())
    }

    fn into_value(self) -> Value {
        Value::Object(self.sections.into_iter().map(|(k, v)| (k, Value::Object(v))).collect())
    }
}

/// Puts a family's own parameters into its operations.
fn inline_parameters(document: &mut Value) {
    let own = document["components"]
        .as_object_mut()
        .and_then(|sections| sections.remove("parameters"))
        .unwrap_or_default();
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    let operations = items.filter_map(Value::as_object_mut).flat_map(Map::values_mut);
    let lists = operations.filter_map(|operation| operation["parameters"].as_array_mut());
    for parameter in lists.flatten() {
        let name =
            parameter["$ref"].as_str().and_then(|r| r.strip_prefix("#/components/parameters/"));
        if let Some(content) = name.and_then(|name| own.get(name)) {
            *parameter = content.clone();
        }
    }
}

/// `dli.yaml#/components/…` becomes `#/components/…`.
fn localise_references(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get_mut("$ref")
                && let Some(at) = reference.find('#')
            {
                reference.drain(..at);
            }
            map.values_mut().for_each(localise_references);
        }
        Value::Array(items) => items.iter_mut().for_each(localise_references),
        _ => {}
    }
}

/// What every operation answers when it fails; there is a type for it without any family as well.
const FAILURE: &str = "#/components/responses/Error";

/// Drops the components that no operation reaches, and refuses references to nowhere.
fn prune(document: &mut Value) -> Result<(), Error> {
    let mut reached = BTreeSet::new();
    let mut open = Vec::new();
    references(&document["paths"], &mut open);
    if document.pointer(FAILURE.trim_start_matches('#')).is_some() {
        open.push(FAILURE.to_owned());
    }
    while let Some(reference) = open.pop() {
        if !reached.insert(reference.clone()) {
            continue;
        }
        let target = document.pointer(reference.trim_start_matches('#')).ok_or_else(|| {
            invalid("openapi/", &reference, "the reference leads nowhere".to_owned())
        })?;
        references(target, &mut open);
    }
    for section in ["parameters", "responses", "schemas"] {
        if let Some(Value::Object(entries)) = document["components"].get_mut(section) {
            entries.retain(|name, _| reached.contains(&format!("#/components/{section}/{name}")));
        }
    }
    Ok(())
}

/// Collects the references below a value.
pub(crate) fn references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                found.push(reference.clone());
            }
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

fn yaml_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = |source| Error::Read { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, Error> {
    serde_saphyr::from_str(text)
        .map_err(|error| Error::Parse { file: file.to_owned(), message: error.to_string() })
}

pub(crate) fn stem(file: &str) -> &str {
    file.strip_suffix(".yaml").unwrap_or(file)
}

/// The entries of an object; none when it is something else.
pub(crate) fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn invalid(file: &str, at: &str, message: String) -> Error {
    Error::Invalid { file: file.to_owned(), at: at.to_owned(), message }
}

//! The catalogue: the databases, tables and partitions that the API's own operations keep.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::define::csv_options;
use super::failure::{analysis, execution, of_store, refused};
use super::statement::TableName;
use super::storage::Storage;
use super::types::Column;
use crate::description::DESCRIPTION;
use crate::engine::{SqlFailure, SqlStatement};
use crate::error::ApiResult;
use crate::families::{databases, tables};
use crate::server::Work;
use crate::store::{Object, Objects};

/// The value of a partition column that is null, as folders spell it.
pub(super) const NULL_PARTITION: &str = "__HIVE_DEFAULT_PARTITION__";

/// What a statement finds in its project.
#[derive(Clone)]
pub(super) struct Catalog {
    statement: Arc<SqlStatement>,
}

/// Files of which kind a table has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Format {
    Csv,
    Json,
    Parquet,
    Orc,
}

impl Format {
    pub fn parse(name: &str) -> Result<Self, SqlFailure> {
        match name.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "json" => Ok(Self::Json),
            "parquet" => Ok(Self::Parquet),
            "orc" => Ok(Self::Orc),
            other => Err(refused(format!("tables of the format {other}"))),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Parquet => "parquet",
            Self::Orc => "orc",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// The text of its query.
    View(String),
    Files {
        format: Format,
        folder: PathBuf,
        external: bool,
    },
}

/// A table or a view.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub database: String,
    pub name: String,
    pub columns: Vec<Column>,
    pub kind: Kind,
    pub doc: Map<String, Value>,
    pub owner: String,
}

impl Table {
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.database, self.name)
    }

    /// The file that lies beside its data and names its partitions, so that both change in one
    /// step. Another table of the same folder has its own.
    pub fn manifest(&self) -> String {
        format!("_partitions-{}", self.text("storage"))
    }

    pub fn partition_columns(&self) -> Vec<&Column> {
        self.columns.iter().filter(|column| column.partition).collect()
    }

    pub fn data_columns(&self) -> Vec<Column> {
        self.columns.iter().filter(|column| !column.partition).cloned().collect()
    }

    pub fn text(&self, field: &str) -> &str {
        self.doc.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// Options as they were given, by their names in lower case.
    pub fn options(&self) -> BTreeMap<String, String> {
        let mut options = match self.kind {
            Kind::Files { format: Format::Csv, .. } => csv_options(&self.doc),
            _ => BTreeMap::new(),
        };
        options
            .extend(texts(self.doc.get("options")).map(|(key, value)| (key.to_lowercase(), value)));
        if options.contains_key("sep") {
            options.remove("delimiter");
        }
        options
    }

    pub fn properties(&self) -> BTreeMap<String, String> {
        texts(self.doc.get("properties")).collect()
    }

    /// Where its files are; a view has none.
    pub fn files(&self) -> Result<(Format, &PathBuf), SqlFailure> {
        match &self.kind {
            Kind::Files { format, folder, .. } => Ok((*format, folder)),
            Kind::View(_) => {
                Err(analysis(format!("`{}` is a view, not a table.", self.full_name())))
            }
        }
    }
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = (String, String)> {
    let entries = value.and_then(Value::as_object).into_iter().flatten();
    entries.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned()))
}

/// A partition: the values of its columns, in their order, and its folder.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Partition {
    pub values: Vec<Option<String>>,
    pub folder: PathBuf,
    /// Where it lies, if not in the table's folder.
    pub own_path: Option<String>,
}

impl Partition {
    /// `dt=2024-01-01/hour=7`, as folders and `SHOW PARTITIONS` have it.
    pub fn name(columns: &[&Column], values: &[Option<String>]) -> String {
        let part = |(column, value): (&&Column, &Option<String>)| {
            format!("{}={}", column.name, value.as_deref().map_or(NULL_PARTITION.into(), escape))
        };
        columns.iter().zip(values).map(part).collect::<Vec<_>>().join("/")
    }

    /// The values of a name.
    pub fn values(name: &str) -> Vec<(String, Option<String>)> {
        let part = |part: &str| {
            let (column, value) = part.split_once('=')?;
            let value = unescape(value);
            Some((column.to_lowercase(), (value != NULL_PARTITION).then_some(value)))
        };
        name.split('/').filter_map(part).collect()
    }

    /// Whether a specification, in the order of the columns, means it: what has no value there
    /// may have any.
    pub fn is_meant_by(&self, spec: &[Option<Option<String>>]) -> bool {
        spec.iter()
            .zip(&self.values)
            .all(|(given, own)| given.as_ref().is_none_or(|given| given == own))
    }
}

/// The partitions that the data of a table are in, if any were noted there.
fn manifest(file: &Path) -> Option<Vec<String>> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

/// A value as a folder's name can hold it.
fn escape(value: &str) -> String {
    let mut out = String::new();
    for character in value.chars() {
        let special = character.is_control() || "\"#%'*/:=?\\{}[]^|<>".contains(character);
        if special || (character == '.' && value.chars().all(|c| c == '.')) {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(character);
        }
    }
    out
}

fn unescape(value: &str) -> String {
    percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
}

impl Catalog {
    pub fn new(statement: Arc<SqlStatement>) -> Self {
        Self { statement }
    }

    pub fn project(&self) -> &str {
        &self.statement.project
    }

    /// The database and the name that a statement means.
    pub fn resolve(&self, name: &TableName) -> (String, String) {
        let database = name.database.clone().unwrap_or_else(|| match &*self.statement.database {
            "" => databases::BUILT_IN.to_owned(),
            current => current.to_lowercase(),
        });
        (database, name.table.clone())
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Objects<'_>, &str) -> ApiResult<T> + Send + 'static,
    ) -> Result<T, SqlFailure> {
        let project = self.project().to_owned();
        let service = &self.statement.context()?.service;
        service.store.run(move |objects| work(objects, &project)).await.map_err(of_store)
    }

    /// What an operation of the API does, done for a statement.
    pub async fn call(
        &self,
        operation: &str,
        parameters: Value,
        body: Value,
    ) -> Result<Value, SqlFailure> {
        let context = self.statement.context()?;
        let known = DESCRIPTION.bundle.operations().iter();
        let index = known
            .enumerate()
            .find_map(|(index, known)| (known.id == operation).then_some(index))
            .ok_or_else(|| execution(format!("There is no operation {operation}.")))?;
        let mut parameters = match parameters {
            Value::Object(parameters) => parameters,
            _ => Map::new(),
        };
        parameters.insert("project_id".to_owned(), json!(self.project()));
        let caller = context.caller.clone();
        let work = Work { index, parameters, body, caller, failure: None, instant: true };
        let (answer, later) =
            context.service.store.run(work.on(&context.service)).await.map_err(of_store)?;
        for later in later {
            later(Arc::clone(&context.service)).await.map_err(of_store)?;
        }
        answer.document().map_err(of_store)
    }

    pub async fn databases(&self) -> Result<Vec<(String, Value)>, SqlFailure> {
        let found = self.run(|objects, project| objects.list(project, databases::KIND, "")).await?;
        let mut found: Vec<(String, Value)> = found
            .into_iter()
            .map(|database| (database.name.clone(), Value::Object(database.into_fields().doc)))
            .collect();
        if found.iter().all(|(name, _)| name != databases::BUILT_IN) {
            found.push((databases::BUILT_IN.to_owned(), json!({})));
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }

    pub async fn require_database(&self, name: &str) -> Result<Value, SqlFailure> {
        let databases = self.databases().await?;
        let found = databases.into_iter().find(|(known, _)| known == name);
        found.map(|(_, doc)| doc).ok_or_else(|| analysis(format!("There is no database `{name}`.")))
    }

    pub async fn tables(&self, database: &str) -> Result<Vec<(String, bool)>, SqlFailure> {
        self.require_database(database).await?;
        let below = database.to_owned();
        let found =
            self.run(move |objects, project| objects.list(project, tables::KIND, &below)).await?;
        let mut found: Vec<(String, bool)> = found
            .into_iter()
            .map(|table| (table.name.clone(), table.text("table_type") == "VIEW"))
            .collect();
        found.sort();
        Ok(found)
    }

    async fn object(&self, database: &str, name: &str) -> Result<Option<Object>, SqlFailure> {
        let (database, name) = (database.to_owned(), name.to_owned());
        self.run(move |objects, project| objects.get(project, tables::KIND, &database, &name)).await
    }

    /// A table, if it is there.
    pub async fn find(
        &self,
        storage: &Storage,
        name: &TableName,
    ) -> Result<Option<Table>, SqlFailure> {
        let (database, name) = self.resolve(name);
        let Some(object) = self.object(&database, &name).await? else { return Ok(None) };
        let docs = object.get("columns").as_array().map_or(&[][..], Vec::as_slice);
        let mut columns: Vec<Column> =
            docs.iter().map(Column::from_doc).collect::<Result<_, _>>()?;
        // Partition columns come last, as in the service.
        columns.sort_by_key(|column| column.partition);
        let kind = match object.text("data_location") {
            "VIEW" => Kind::View(object.text("select_statement").to_owned()),
            "OBS" => Kind::Files {
                format: Format::parse(object.text("data_type"))?,
                folder: storage.of_url(object.text("data_path"))?,
                external: true,
            },
            _ => Kind::Files {
                format: match object.text("data_type") {
                    "" => Format::Parquet,
                    name => Format::parse(name)?,
                },
                folder: storage.of_table(self.project(), object.text("storage")),
                external: false,
            },
        };
        Ok(Some(Table {
            database,
            name,
            columns,
            kind,
            owner: object.text("owner").to_owned(),
            doc: object.doc.clone(),
        }))
    }

    /// A table that has to be there.
    pub async fn require(&self, storage: &Storage, name: &TableName) -> Result<Table, SqlFailure> {
        self.find(storage, name).await?.ok_or_else(|| {
            let (database, table) = self.resolve(name);
            analysis(format!("There is no table or view `{database}.{table}`."))
        })
    }

    /// Changes a table's document.
    pub async fn change(
        &self,
        table: &Table,
        change: impl FnOnce(&mut Object) + Send + 'static,
    ) -> Result<(), SqlFailure> {
        let (database, name) = (table.database.clone(), table.name.clone());
        self.run(move |objects, project| {
            if let Some(mut object) = objects.get(project, tables::KIND, &database, &name)? {
                change(&mut object);
                objects.update(&object)?;
            }
            Ok(())
        })
        .await
    }

    /// Gives a table another name, its partitions included.
    pub async fn rename(&self, table: &Table, to: &TableName) -> Result<(), SqlFailure> {
        let (database, name) = self.resolve(to);
        self.require_database(&database).await?;
        if self.object(&database, &name).await?.is_some() {
            return Err(SqlFailure {
                code: "DLI.0006".to_owned(),
                message: format!("There is a table `{database}.{name}` already."),
            });
        }
        let (old_database, old_name) = (table.database.clone(), table.name.clone());
        self.run(move |objects, project| {
            let partitions =
                objects.list(project, tables::PARTITION, &format!("{old_database}.{old_name}"))?;
            if let Some(mut object) =
                objects.get(project, tables::KIND, &old_database, &old_name)?
            {
                object.id.clone_from(&name);
                object.name.clone_from(&name);
                object.parent.clone_from(&database);
                objects.update(&object)?;
            }
            for mut partition in partitions {
                partition.parent = format!("{database}.{name}");
                objects.update(&partition)?;
            }
            Ok(())
        })
        .await
    }

    pub async fn partitions(
        &self,
        storage: &Storage,
        table: &Table,
    ) -> Result<Vec<Partition>, SqlFailure> {
        let (_, folder) = table.files()?;
        let below = table.full_name();
        let list = move |objects: &Objects<'_>, project: &str| {
            objects.list(project, tables::PARTITION, &below)
        };
        let mut found = self.run(list.clone()).await?;
        if let Some(names) = manifest(&folder.join(table.manifest())) {
            // What the data say counts: the process may have ended between the two.
            let own = |object: &Object| object.get("own_path").is_null();
            let gone: Vec<String> = found
                .iter()
                .filter(|object| own(object) && !names.contains(&object.name))
                .map(|object| object.name.clone())
                .collect();
            let new: Vec<(String, Option<String>)> = names
                .into_iter()
                .filter(|name| found.iter().all(|object| object.name != *name))
                .map(|name| (name, None))
                .collect();
            if !gone.is_empty() || !new.is_empty() {
                self.change_partitions(table, new, gone).await?;
                found = self.run(list).await?;
            }
        }
        let columns = table.partition_columns();
        let mut partitions = Vec::new();
        for object in found {
            let named = Partition::values(&object.name);
            let value = |column: &&Column| {
                named.iter().find(|(name, _)| *name == column.name).and_then(|(_, v)| v.clone())
            };
            let own_path = object.get("own_path").as_str().map(str::to_owned);
            let folder = match &own_path {
                Some(url) => storage.of_url(url)?,
                None => folder.join(&object.name),
            };
            partitions.push(Partition {
                values: columns.iter().map(value).collect(),
                folder,
                own_path,
            });
        }
        partitions.sort_by(|one, other| one.values.cmp(&other.values));
        Ok(partitions)
    }

    /// Adds partitions that are not there yet and takes others away.
    pub async fn change_partitions(
        &self,
        table: &Table,
        add: Vec<(String, Option<String>)>,
        remove: Vec<String>,
    ) -> Result<(), SqlFailure> {
        let below = table.full_name();
        let url = table.text("data_path").trim_end_matches('/').to_owned();
        self.run(move |objects, project| {
            for name in remove {
                if let Some(object) = objects.get(project, tables::PARTITION, &below, &name)? {
                    objects.delete(&object)?;
                }
            }
            for (name, own_path) in add {
                if objects.get(project, tables::PARTITION, &below, &name)?.is_some() {
                    continue;
                }
                let mut doc = json!({});
                if let Some(path) = own_path {
                    doc["locations"] = json!([path]);
                    doc["own_path"] = json!(path);
                } else if !url.is_empty() {
                    doc["locations"] = json!([format!("{url}/{name}")]);
                }
                let now = jiff::Timestamp::now().as_millisecond();
                let mut object = Object::new(&name, &name, now, doc).below(&below);
                objects.insert(project, tables::PARTITION, &mut object)?;
            }
            Ok(())
        })
        .await
    }
}

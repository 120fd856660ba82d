//! Statements that define: databases, tables, views, partitions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::catalog::{Format, Kind, Table};
use super::failure::{analysis, execution, refused, unsupported};
use super::formats;
use super::query::Job;
use super::statement::{Change, NewTable, Source, TableName};
use super::storage::files;
use super::types::Column;
use super::write::columns_of;
use crate::engine::SqlFailure;

type Done = Result<(), SqlFailure>;

/// Options of CSV with the fields that the API's own operation has for them.
const CSV_FIELDS: [(&str, &str); 5] = [
    ("header", "with_column_header"),
    ("delimiter", "delimiter"),
    ("sep", "delimiter"),
    ("quote", "quote_char"),
    ("escape", "escape_char"),
];

impl Job {
    pub async fn create_database(&self, name: &str, if_not_exists: bool, comment: &str) -> Done {
        let known = self.catalog.databases().await?;
        if if_not_exists && known.iter().any(|(known, _)| known == name) {
            return Ok(());
        }
        check_name("database", name)?;
        let body = json!({ "database_name": name, "description": comment });
        self.catalog.call("create_database", json!({}), body).await.map(drop)
    }

    pub async fn drop_database(&self, name: &str, if_exists: bool, cascade: bool) -> Done {
        let known = self.catalog.databases().await?;
        if if_exists && known.iter().all(|(known, _)| known != name) {
            return Ok(());
        }
        let parameters = json!({ "database_name": name, "cascade": cascade });
        self.catalog.call("delete_database", parameters, Value::Null).await.map(drop)
    }

    pub async fn create_table(&self, new: NewTable) -> Result<Option<u64>, SqlFailure> {
        if self.catalog.find(&self.storage, &new.name).await?.is_some() {
            return match new.if_not_exists {
                true => Ok(None),
                false => Err(exists(&self.catalog.resolve(&new.name))),
            };
        }
        let (database, name) = self.catalog.resolve(&new.name);
        check_name("table", &name)?;
        self.catalog.require_database(&database).await?;
        let mut path = new.location.clone();
        let mut options = BTreeMap::new();
        for (key, value) in &new.options {
            match key.to_lowercase().as_str() {
                "path" => path = Some(value.clone()),
                key => {
                    options.insert(key.to_owned(), value.clone());
                }
            }
        }
        let format = new.format.as_deref().map_or(Ok(Format::Parquet), Format::parse)?;
        if format == Format::Csv {
            formats::csv::Dialect::new(&options)?;
        }
        let mut columns = new.columns;
        if let Some(source) = &new.query {
            if !columns.is_empty() {
                return Err(analysis(
                    "A table made from a query takes its columns from the query.",
                ));
            }
            columns = columns_of(&self.plan(source).await?)?;
        }
        if columns.is_empty() {
            columns = self.columns_of_files(format, path.as_deref(), &options).await?;
        }
        for partition in &new.partitioned_by {
            match columns.iter_mut().find(|column| column.name == *partition) {
                Some(column) => column.partition = true,
                None => {
                    return Err(analysis(format!(
                        "There is no column `{partition}` to partition by."
                    )));
                }
            }
        }
        columns.sort_by_key(|column| column.partition);
        let data: Vec<Column> =
            columns.iter().filter(|column| !column.partition).cloned().collect();
        formats::check(format, &data)?;
        if let Some(nested) =
            columns.iter().find(|column| column.partition && column.ty.is_nested())
        {
            return Err(unsupported(format!(
                "`{}` is nested; tables are not partitioned by it.",
                nested.name
            )));
        }
        let mut body = json!({
            "table_name": name,
            "description": new.comment,
            "columns": columns.iter().map(Column::to_doc).collect::<Vec<_>>(),
            "data_type": format.name(),
            "options": options,
            "properties": new.properties.into_iter().collect::<BTreeMap<_, _>>(),
        });
        for (option, field) in CSV_FIELDS {
            if let Some(value) = options.get(option).filter(|_| format == Format::Csv) {
                body[field] = match option {
                    "header" => json!(value.eq_ignore_ascii_case("true")),
                    _ => json!(value),
                };
            }
        }
        let storage_id = uuid::Uuid::new_v4().to_string();
        body["storage"] = json!(storage_id);
        let folder = match &path {
            Some(path) => {
                body["data_location"] = json!("OBS");
                body["data_path"] = json!(path);
                self.storage.of_url(path)?
            }
            None => {
                body["data_location"] = json!("DLI");

                self.storage.of_table(self.catalog.project(), &storage_id)
            }
        };
        let parameters = json!({ "database_name": database });
        let create =
            async { self.catalog.call("create_table", parameters, body.clone()).await.map(drop) };
        let Some(source) = &new.query else {
            create.await?;
            return Ok(None);
        };
        if path.is_some() && files(&folder).is_ok_and(|files| !files.is_empty()) {
            return Err(unsupported("The path of the new table holds data already."));
        }
        let table = Table {
            database: database.clone(),
            name,
            columns,
            kind: Kind::Files { format, folder, external: path.is_some() },
            doc: body.as_object().cloned().unwrap_or_default(),
            owner: String::new(),
        };
        self.create_as(&table, source, create).await.map(Some)
    }

    /// What files at a path say, for a table that was made without columns.
    async fn columns_of_files(
        &self,
        format: Format,
        path: Option<&str>,
        options: &BTreeMap<String, String>,
    ) -> Result<Vec<Column>, SqlFailure> {
        let path =
            path.ok_or_else(|| analysis("A table needs columns, a query or a path with data."))?;
        let found = files(&self.storage.of_url(path)?)
            .map_err(|error| execution(format!("{path} cannot be listed: {error}.")))?;
        let columns = formats::infer(format, found, options, self.session.state()).await;
        let columns = columns.map_err(|error| self.fail(error))?;
        if columns.is_empty() {
            return Err(analysis(format!(
                "There are no files at {path} to take the columns from."
            )));
        }
        Ok(columns)
    }

    pub async fn create_table_like(
        &self,
        name: &TableName,
        like: &TableName,
        if_not_exists: bool,
    ) -> Done {
        if self.catalog.find(&self.storage, name).await?.is_some() {
            return if if_not_exists { Ok(()) } else { Err(exists(&self.catalog.resolve(name))) };
        }
        let model = self.catalog.require(&self.storage, like).await?;
        let (format, _) = model.files()?;
        let (database, table) = self.catalog.resolve(name);
        check_name("table", &table)?;
        let body = json!({
            "table_name": table,
            "data_location": "DLI",
            "data_type": format.name(),
            "storage": uuid::Uuid::new_v4().to_string(),
            "columns": model.columns.iter().map(Column::to_doc).collect::<Vec<_>>(),
            "options": model.options(),
        });
        let parameters = json!({ "database_name": database });
        self.catalog.call("create_table", parameters, body).await.map(drop)
    }

    pub async fn create_view(
        &self,
        name: &TableName,
        or_replace: bool,
        if_not_exists: bool,
        named: &[String],
        comment: &str,
        source: &Source,
    ) -> Done {
        let (database, view) = self.catalog.resolve(name);
        check_name("view", &view)?;
        let planned = self.plan(source).await?;
        let mut columns = columns_of(&planned)?;
        if !named.is_empty() {
            if named.len() != columns.len() {
                let message = "A view needs as many names of columns as its query has columns";
                return Err(analysis(format!("{message}: {} and {}.", named.len(), columns.len())));
            }
            for (column, name) in columns.iter_mut().zip(named) {
                column.name.clone_from(name);
            }
        }
        let current = TableName { database: None, table: String::new() };
        let body = json!({
            "table_name": view,
            "data_location": "VIEW",
            "select_statement": source.text,
            "view_database": self.catalog.resolve(&current).0,
            "description": comment,
            "columns": columns.iter().map(Column::to_doc).collect::<Vec<_>>(),
        });
        if let Some(old) = self.catalog.find(&self.storage, name).await? {
            if if_not_exists {
                return Ok(());
            }
            if !or_replace || !matches!(old.kind, Kind::View(_)) {
                return Err(exists(&self.catalog.resolve(name)));
            }
            let reads_itself = planned_reads(source, &database, &view);
            if reads_itself {
                return Err(analysis(format!("The view `{database}.{view}` would read itself.")));
            }
            return self
                .catalog
                .change(&old, move |object| {
                    for (field, value) in body.as_object().into_iter().flatten() {
                        object.set(field, value.clone());
                    }
                })
                .await;
        }
        let parameters = json!({ "database_name": database });
        self.catalog.call("create_table", parameters, body).await.map(drop)
    }

    pub async fn drop_table(&self, name: &TableName, if_exists: bool, view: bool) -> Done {
        let Some(table) = self.catalog.find(&self.storage, name).await? else {
            let (database, table) = self.catalog.resolve(name);
            return match if_exists {
                true => Ok(()),
                false => Err(analysis(format!("There is no table or view `{database}.{table}`."))),
            };
        };
        if view != matches!(table.kind, Kind::View(_)) {
            let what = if view { "table; DROP TABLE drops it" } else { "view; DROP VIEW drops it" };
            return Err(analysis(format!("`{}` is a {what}.", table.full_name())));
        }
        let parameters = json!({ "database_name": table.database, "table_name": table.name });
        self.catalog.call("delete_table", parameters, Value::Null).await.map(drop)
    }

    pub async fn alter(&self, name: &TableName, change: Change) -> Done {
        let table = self.catalog.require(&self.storage, name).await?;
        table.files()?;
        match change {
            Change::AddColumns(new) => {
                let mut columns = table.columns.clone();
                for column in new {
                    if columns.iter().any(|known| known.name == column.name) {
                        return Err(analysis(format!(
                            "There is a column `{}` already.",
                            column.name
                        )));
                    }
                    columns.push(column);
                }
                columns.sort_by_key(|column| column.partition);
                formats::check(table.files()?.0, &columns)?;
                self.set_columns(&table, &columns).await
            }
            Change::CommentOnColumn { column, comment } => {
                let mut columns = table.columns.clone();
                match columns.iter_mut().find(|known| known.name == column) {
                    Some(known) => known.comment = comment,
                    None => return Err(analysis(format!("There is no column `{column}`."))),
                }
                self.set_columns(&table, &columns).await
            }
            Change::Rename(to) => {
                check_name("table", &to.table)?;
                let to = TableName { database: to.database.or(Some(table.database.clone())), ..to };
                self.catalog.rename(&table, &to).await
            }
            Change::SetProperties(new) => {
                let mut properties = table.properties();
                properties.extend(new);
                self.catalog
                    .change(&table, move |object| object.set("properties", json!(properties)))
                    .await
            }
            Change::UnsetProperties(keys) => {
                let mut properties = table.properties();
                properties.retain(|key, _| !keys.contains(key));
                self.catalog
                    .change(&table, move |object| object.set("properties", json!(properties)))
                    .await
            }
            Change::AddPartitions { specs, if_not_exists } => {
                self.add_partitions(&table, specs, if_not_exists).await
            }
            Change::DropPartitions { specs, if_exists } => {
                self.drop_partitions(&table, &specs, if_exists).await
            }
            Change::RenamePartition { from, to } => self.rename_partition(&table, &from, &to).await,
        }
    }

    async fn set_columns(&self, table: &Table, columns: &[Column]) -> Done {
        let docs: Vec<Value> = columns.iter().map(Column::to_doc).collect();
        self.catalog.change(table, move |object| object.set("columns", docs)).await
    }
}

fn planned_reads(source: &Source, database: &str, view: &str) -> bool {
    super::rewrite::prepare(source, database).is_ok_and(|prepared| {
        prepared.tables.iter().any(|table| {
            table.name.table == view && table.name.database.as_deref() == Some(database)
        })
    })
}

pub(super) fn exists((above, name): &(String, String)) -> SqlFailure {
    SqlFailure {
        code: "DLI.0006".to_owned(),
        message: format!("There is `{above}.{name}` already."),
    }
}

fn check_name(what: &str, name: &str) -> Done {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !name.is_empty() && name.len() <= 128 && name.chars().all(allowed) {
        return Ok(());
    }
    Err(analysis(format!(
        "`{name}` is no name of a {what}: letters, digits and underscores, at most 128."
    )))
}

/// The options of CSV that the API's own operation wrote down.
pub(super) fn csv_options(doc: &Map<String, Value>) -> BTreeMap<String, String> {
    let mut options = BTreeMap::new();
    for (option, field) in CSV_FIELDS {
        match doc.get(field) {
            Some(Value::String(text)) if !text.is_empty() && option != "sep" => {
                options.insert(option.to_owned(), text.clone());
            }
            Some(Value::Bool(flag)) => {
                options.insert(option.to_owned(), flag.to_string());
            }
            _ => {}
        }
    }
    options
}

/// Statements that would change what a later one sees, and cannot: every job is its own session.
pub(super) fn use_is_refused(database: &str) -> SqlFailure {
    refused(format!("USE {database} (every job is its own session; give `currentdb` with it)"))
}

//! Statements that tell what there is.

use super::catalog::{Kind, Partition, Table};
use super::failure::analysis;
use super::functions;
use super::query::{Job, in_order};
use super::statement::{Show, TableName};
use crate::engine::{SqlFailure, SqlRows};

type Shown = Result<SqlRows, SqlFailure>;

/// Rows of texts; an empty text for what there is nothing to say of.
fn rows(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> SqlRows {
    SqlRows {
        columns: columns.iter().map(|name| ((*name).to_owned(), "string".to_owned())).collect(),
        rows: rows.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect(),
        ..SqlRows::default()
    }
}

impl Job {
    pub async fn show(&self, show: Show) -> Shown {
        match show {
            Show::Databases { pattern } => {
                let databases = self.catalog.databases().await?.into_iter().map(|(name, _)| name);
                Ok(rows(&["databaseName"], databases.filter(like(pattern)).map(|name| vec![name])))
            }
            Show::Tables { database, pattern } => {
                let database = self.current(database);
                let tables =
                    self.catalog.tables(&database).await?.into_iter().map(|(name, _)| name);
                let found = tables.filter(like(pattern));
                let row = |name| vec![database.clone(), name, "false".to_owned()];
                let mut shown = rows(&["database", "tableName", "isTemporary"], found.map(row));
                "boolean".clone_into(&mut shown.columns[2].1);
                shown.rows.iter_mut().for_each(|row| row[2] = false.into());
                Ok(shown)
            }
            Show::Views { database, pattern } => {
                let database = self.current(database);
                let tables = self.catalog.tables(&database).await?.into_iter();
                let views = tables.filter(|(_, view)| *view).map(|(name, _)| name);
                let found = views.filter(like(pattern));
                Ok(rows(&["namespace", "viewName"], found.map(|name| vec![database.clone(), name])))
            }
            Show::Columns(name) => {
                let table = self.catalog.require(&self.storage, &name).await?;
                Ok(rows(&["col_name"], table.columns.into_iter().map(|column| vec![column.name])))
            }
            Show::Partitions { table, spec } => {
                let table = self.catalog.require(&self.storage, &table).await?;
                let columns = table.partition_columns();
                if columns.is_empty() {
                    return Err(analysis(format!("`{}` is not partitioned.", table.full_name())));
                }
                let fixed = in_order(&table, &spec)?;
                let partitions = self.catalog.partitions(&self.storage, &table).await?;
                let meant = partitions.iter().filter(|partition| partition.is_meant_by(&fixed));
                Ok(rows(
                    &["partition"],
                    meant.map(|partition| vec![Partition::name(&columns, &partition.values)]),
                ))
            }
            Show::CreateTable(name) => {
                let table = self.catalog.require(&self.storage, &name).await?;
                Ok(rows(&["createtab_stmt"], [vec![create_statement(&table)]]))
            }
            Show::Properties { table, key } => {
                let table = self.catalog.require(&self.storage, &table).await?;
                let properties = table.properties().into_iter();
                let found =
                    properties.filter(|(known, _)| key.as_ref().is_none_or(|key| key == known));
                Ok(rows(&["key", "value"], found.map(|(key, value)| vec![key, value])))
            }
            Show::Functions { pattern } => {
                let names = functions::names().into_iter().map(str::to_owned);
                Ok(rows(&["function"], names.filter(like(pattern)).map(|name| vec![name])))
            }
        }
    }

    fn current(&self, database: Option<String>) -> String {
        self.catalog.resolve(&TableName { database, table: String::new() }).0
    }

    pub async fn describe_database(&self, name: &str) -> Shown {
        let doc = self.catalog.require_database(name).await?;
        let text = |field: &str| doc[field].as_str().unwrap_or_default().to_owned();
        Ok(rows(
            &["database_description_item", "database_description_value"],
            [
                vec!["Database Name".to_owned(), name.to_owned()],
                vec!["Comment".to_owned(), text("description")],
                vec!["Owner".to_owned(), text("owner")],
            ],
        ))
    }

    pub async fn describe_table(&self, name: &TableName, extended: bool) -> Shown {
        let table = self.catalog.require(&self.storage, name).await?;
        let line = |one: &str, two: &str| vec![one.to_owned(), two.to_owned(), String::new()];
        let mut lines: Vec<Vec<String>> = Vec::new();
        for column in &table.columns {
            lines.push(vec![column.name.clone(), column.written.clone(), column.comment.clone()]);
        }
        let partitions = table.partition_columns();
        if !partitions.is_empty() {
            lines.push(line("# Partition Information", ""));
            lines.push(vec!["# col_name".into(), "data_type".into(), "comment".into()]);
            for column in partitions {
                lines.push(vec![
                    column.name.clone(),
                    column.written.clone(),
                    column.comment.clone(),
                ]);
            }
        }
        if extended {
            lines.push(line("", ""));
            lines.push(line("# Detailed Table Information", ""));
            lines.push(line("Database", &table.database));
            lines.push(line("Table", &table.name));
            lines.push(line("Owner", &table.owner));
            let kind = match &table.kind {
                Kind::View(_) => "VIEW",
                Kind::Files { external: true, .. } => "EXTERNAL",
                Kind::Files { .. } => "MANAGED",
            };
            lines.push(line("Type", kind));
            match &table.kind {
                Kind::View(text) => lines.push(line("View Text", text)),
                Kind::Files { format, .. } => lines.push(line("Provider", format.name())),
            }
            for (key, field) in [("Comment", "description"), ("Location", "data_path")] {
                if !table.text(field).is_empty() {
                    lines.push(line(key, table.text(field)));
                }
            }
        }
        Ok(rows(&["col_name", "data_type", "comment"], lines))
    }
}

/// Spark's patterns: `*` for any letters, `|` between two patterns.
fn like(pattern: Option<String>) -> impl Fn(&String) -> bool {
    let pattern = pattern.map(|pattern| pattern.to_lowercase());
    move |name: &String| {
        pattern.as_ref().is_none_or(|pattern| {
            pattern.split('|').any(|pattern| fits(pattern.trim().as_bytes(), name.as_bytes()))
        })
    }
}

fn fits(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((b'*' | b'%', rest)) => (0..=name.len()).any(|at| fits(rest, &name[at..])),
        Some((first, rest)) => {
            name.split_first().is_some_and(|(own, after)| own == first && fits(rest, after))
        }
    }
}

/// A text in quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// The statement that would make a table again.
pub(super) fn create_statement(table: &Table) -> String {
    let name = format!("`{}`.`{}`", table.database, table.name);
    let comment = match table.text("description") {
        "" => String::new(),
        comment => format!("\nCOMMENT {}", quoted(comment)),
    };
    let (format, external) = match &table.kind {
        Kind::View(text) => return format!("CREATE VIEW {name}{comment} AS\n{text}"),
        Kind::Files { format, external, .. } => (format, *external),
    };
    let columns: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            let comment = match &*column.comment {
                "" => String::new(),
                comment => format!(" COMMENT {}", quoted(comment)),
            };
            let ty = match column.ty.is_nested() {
                true => column.written.clone(),
                false => column.written.to_uppercase(),
            };
            format!("  `{}` {ty}{comment}", column.name)
        })
        .collect();
    let mut statement =
        format!("CREATE TABLE {name} (\n{})\nUSING {}", columns.join(",\n"), format.name());
    let mut options: Vec<String> = table
        .options()
        .iter()
        .map(|(key, value)| format!("  {} {}", quoted(key), quoted(value)))
        .collect();
    if external {
        options.push(format!("  'path' {}", quoted(table.text("data_path"))));
    }
    if !options.is_empty() {
        statement.push_str(&format!("\nOPTIONS (\n{})", options.join(",\n")));
    }
    let partitions: Vec<String> =
        table.partition_columns().iter().map(|column| format!("`{}`", column.name)).collect();
    if !partitions.is_empty() {
        statement.push_str(&format!("\nPARTITIONED BY ({})", partitions.join(", ")));
    }
    statement.push_str(&comment);
    let properties = table.properties();
    if !properties.is_empty() {
        let properties: Vec<String> = properties
            .iter()
            .map(|(key, value)| format!("  {} = {}", quoted(key), quoted(value)))
            .collect();
        statement.push_str(&format!("\nTBLPROPERTIES (\n{})", properties.join(",\n")));
    }
    statement
}

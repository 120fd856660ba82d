//! Exports and imports: rows between tables, results and folders.

use std::collections::BTreeMap;

use futures_util::StreamExt as _;
use serde_json::Value;

use super::catalog::{Format, Kind, Table};
use super::define::csv_options;
use super::failure::{analysis, refused, unsupported};
use super::formats::{self, Writer};
use super::parse::parse;
use super::query::{Job, Planned, shown};
use super::statement::{Source, Statement, TableName};
use super::storage::{Keep, files};
use super::types::{self, Column};
use crate::engine::{SqlFailure, SqlRows, SqlStatement, SqlTransfer};

impl Job {
    pub async fn transfer(
        &self,
        transfer: SqlTransfer,
        statement: &SqlStatement,
    ) -> Result<SqlRows, SqlFailure> {
        match transfer {
            SqlTransfer::ExportTable { database, table, request } => {
                let text = format!("SELECT * FROM `{database}`.`{table}`");
                let planned = self.plan(&query(&text)?).await?;
                self.export(planned, &request).await
            }
            SqlTransfer::ExportResult { columns, result_path, request } => {
                let path = result_path.ok_or_else(|| {
                    unsupported("The job has no result in the job bucket to export.")
                })?;
                let planned = self.result(&columns, &path).await?;
                self.export(planned, &request).await
            }
            SqlTransfer::ImportTable { database, table, request } => {
                let name = TableName { database: Some(database), table };
                let table = self.catalog.require(&self.storage, &name).await?;
                self.import(table, &request, statement).await
            }
        }
    }

    /// The rows of a result that a job left in the job bucket.
    async fn result(
        &self,
        columns: &[(String, String)],
        path: &str,
    ) -> Result<Planned, SqlFailure> {
        let columns = columns
            .iter()
            .map(|(name, ty)| Ok(Column::new(name, types::parse(ty)?)))
            .collect::<Result<Vec<_>, SqlFailure>>()?;
        // Names of a result may be there twice; the places are what counts.
        let placed =
            |(nth, column): (usize, &Column)| Column::new(&format!("c{nth}"), column.ty.clone());
        let placed: Vec<Column> = columns.iter().enumerate().map(placed).collect();
        let options = BTreeMap::from([("empty_lines".to_owned(), "true".to_owned())]);
        let mut planned = self.files(placed, Format::Csv, path, options).await?;
        for (shown, column) in planned.columns.iter_mut().zip(columns) {
            shown.name = column.name;
        }
        Ok(planned)
    }

    /// Files as rows.
    async fn files(
        &self,
        columns: Vec<Column>,
        format: Format,
        path: &str,
        options: BTreeMap<String, String>,
    ) -> Result<Planned, SqlFailure> {
        let folder = self.storage.of_url(path)?;
        if files(&folder).map_or(true, |files| files.is_empty()) {
            return Err(analysis(format!("There are no files at {path}.")));
        }
        let reading = self.storage.read([folder.clone()].into()).await;
        let mut doc = serde_json::Map::new();
        doc.insert("options".to_owned(), serde_json::json!(options));
        let table = Table {
            database: "files".to_owned(),
            name: "data".to_owned(),
            columns: columns.clone(),
            kind: Kind::Files { format, folder, external: true },
            doc,
            owner: String::new(),
        };
        let (provider, input_bytes) = self.provider(&table).await?;
        let plan = datafusion::logical_expr::LogicalPlanBuilder::scan(
            "data",
            datafusion::datasource::provider_as_source(provider),
            None,
        )
        .and_then(datafusion::logical_expr::LogicalPlanBuilder::build)
        .map_err(|error| self.fail(error))?;
        Ok(Planned { plan, columns, reading, input_bytes })
    }

    async fn export(&self, planned: Planned, request: &Value) -> Result<SqlRows, SqlFailure> {
        let text = |field: &str| request[field].as_str().unwrap_or_default();
        let path = text("data_path");
        let format = match text("data_type") {
            "" => Format::Json,
            name => Format::parse(name)?,
        };
        if !matches!(text("compress").to_ascii_lowercase().as_str(), "" | "none") {
            return Err(refused(format!("exports compressed with {}", text("compress"))));
        }
        formats::check(format, &planned.columns)?;
        let folder = self.storage.of_url(path)?;
        let overwrite = text("export_mode").eq_ignore_ascii_case("overwrite");
        if !overwrite && folder.exists() {
            return Err(SqlFailure {
                code: "DLI.0006".to_owned(),
                message: format!("{path} is there already; the export mode Overwrite replaces it."),
            });
        }
        let options = if format == Format::Csv {
            csv_options(request.as_object().unwrap_or(&serde_json::Map::new()))
        } else {
            BTreeMap::new()
        };
        let staging = self.storage.stage(&folder)?;
        let schema = types::schema(&planned.columns);
        let fail = |error| self.fail(error);
        let mut writer =
            Writer::create(format, &staging.data(), &schema, &options).map_err(fail)?;
        let most = request["limit_num"].as_u64().filter(|most| *most > 0).unwrap_or(u64::MAX);
        let (mut rows, input_size) = (0_u64, planned.input_bytes);
        let mut stream = self.stream(planned.plan).await?;
        while let Some(batch) = stream.next().await {
            let batch = shown(&batch.map_err(fail)?, &planned.columns).map_err(fail)?;
            let take = usize::try_from(most - rows).unwrap_or(usize::MAX).min(batch.num_rows());
            writer.write(&batch.slice(0, take)).map_err(fail)?;
            rows += take as u64;
            if rows == most {
                break;
            }
        }
        writer.finish().map_err(fail)?;
        drop((stream, planned.reading));
        self.storage.commit(staging, Keep::Nothing).await?;
        Ok(SqlRows { row_count: Some(rows), input_size: Some(input_size), ..SqlRows::default() })
    }

    async fn import(
        &self,
        table: Table,
        request: &Value,
        statement: &SqlStatement,
    ) -> Result<SqlRows, SqlFailure> {
        let text = |field: &str| request[field].as_str().unwrap_or_default();
        let format = Format::parse(text("data_type"))?;
        let options = match (format, request.as_object()) {
            (Format::Csv, Some(request)) => csv_options(request),
            _ => BTreeMap::new(),
        };
        let spec = match text("partition_spec") {
            "" => Vec::new(),
            spec => spec
                .split(['/', ','])
                .map(|part| {
                    let (column, value) = part.split_once('=').ok_or_else(|| {
                        analysis(format!("`{part}` is no column=value of a partition."))
                    })?;
                    let value = value.trim().trim_matches('\'');
                    Ok((column.trim().to_lowercase(), Some(Some(value.to_owned()))))
                })
                .collect::<Result<Vec<_>, SqlFailure>>()?,
        };
        let fixed = |column: &Column| spec.iter().any(|(name, _)| *name == column.name);
        let columns: Vec<Column> =
            table.columns.iter().filter(|column| !fixed(column)).cloned().collect();
        let columns =
            columns.into_iter().map(|column| Column { partition: false, ..column }).collect();
        let planned = self.files(columns, format, text("data_path"), options).await?;
        let input_size = planned.input_bytes;
        let overwrite = request["overwrite"] == Value::Bool(true);
        let rows = self.insert(&table, overwrite, &spec, &[], planned, statement).await?;
        Ok(SqlRows { row_count: Some(rows), input_size: Some(input_size), ..SqlRows::default() })
    }
}

fn query(text: &str) -> Result<Source, SqlFailure> {
    match parse(text)? {
        Statement::Query(source) => Ok(source),
        _ => Err(analysis(format!("`{text}` is no query."))),
    }
}

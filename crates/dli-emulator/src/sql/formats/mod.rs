//! Files of the four formats: reading and writing them.

pub(super) mod csv;
mod orc;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::arrow::json::LineDelimitedWriter;
use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::{DataFusionError, Result, exec_datafusion_err};
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::json::JsonFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{
    ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl,
};
use datafusion::execution::session_state::SessionState;
use datafusion::parquet::arrow::ArrowWriter;
use datafusion_orc::OrcFormat;

use super::catalog::Format;
use super::failure::refused;
use super::types::{self, Column};
use crate::engine::SqlFailure;

/// What reads files. Those of CSV come as texts, the others in the types of the columns.
pub(super) fn reader(
    format: Format,
    paths: Vec<PathBuf>,
    columns: &[Column],
    options: &BTreeMap<String, String>,
) -> Result<Arc<dyn TableProvider>, DataFusionError> {
    let external = |failure: SqlFailure| DataFusionError::External(Box::new(failure));
    if format == Format::Csv {
        let dialect = csv::Dialect::new(options).map_err(external)?;
        let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
        let files = csv::Files::new(paths, dialect, &names);
        let schema =
            Arc::clone(datafusion::physical_plan::streaming::PartitionStream::schema(&files));
        return Ok(Arc::new(StreamingTable::try_new(schema, vec![Arc::new(files)])?));
    }
    let schema = match format {
        Format::Orc => orc::instants_in_nanoseconds(&types::schema(columns)),
        _ => types::schema(columns),
    };
    if paths.is_empty() {
        return Ok(Arc::new(EmptyTable::new(schema)));
    }
    let config = ListingTableConfig::new_with_multi_paths(urls(&paths)?)
        .with_listing_options(ListingOptions::new(file_format(format)).with_file_extension(""))
        .with_schema(schema);
    Ok(Arc::new(ListingTable::try_new(config)?))
}

fn urls(paths: &[PathBuf]) -> Result<Vec<ListingTableUrl>> {
    let url = |path: &PathBuf| {
        let path =
            path.to_str().ok_or_else(|| exec_datafusion_err!("a file's name is not UTF-8"))?;
        let url = url::Url::from_file_path(path)
            .map_err(|()| exec_datafusion_err!("the path of a file is not absolute"))?;
        ListingTableUrl::try_new(url, None)
    };
    paths.iter().map(url).collect()
}

fn file_format(format: Format) -> Arc<dyn FileFormat> {
    match format {
        Format::Json => Arc::new(JsonFormat::default()),
        Format::Orc => Arc::new(OrcFormat),
        Format::Csv | Format::Parquet => Arc::new(ParquetFormat::default()),
    }
}

/// The columns that files say they have.
pub(super) async fn infer(
    format: Format,
    paths: Vec<PathBuf>,
    options: &BTreeMap<String, String>,
    state: &SessionState,
) -> Result<Vec<Column>, DataFusionError> {
    let external = |failure: SqlFailure| DataFusionError::External(Box::new(failure));
    if format == Format::Csv {
        let dialect = csv::Dialect::new(options).map_err(external)?;
        let first = csv::Files::new(paths, dialect, &[]).first_record()?.unwrap_or_default();
        let header =
            options.get("header").is_some_and(|header| header.eq_ignore_ascii_case("true"));
        let name = |(nth, text): (usize, Option<String>)| {
            let own = text.filter(|_| header).unwrap_or_else(|| format!("_c{nth}"));
            Column::new(&own.to_lowercase(), DataType::Utf8)
        };
        return Ok(first.into_iter().enumerate().map(name).collect());
    }
    let Some(url) = urls(&paths)?.into_iter().next() else { return Ok(Vec::new()) };
    let options = ListingOptions::new(file_format(format)).with_file_extension("");
    let schema = options.infer_schema(state, &url).await?;
    let column = |field: &Arc<Field>| {
        let ty = types::parse(&types::name(field.data_type())).map_err(external)?;
        Ok(Column::new(&field.name().to_lowercase(), ty))
    };
    schema.fields().iter().map(column).collect()
}

/// Refuses columns that files of a format cannot have here.
pub(super) fn check(format: Format, columns: &[Column]) -> Result<(), SqlFailure> {
    let fits = |ty: &DataType| match format {
        Format::Parquet => true,
        Format::Json => !matches!(ty, DataType::Map(..)),
        Format::Csv => !ty.is_nested(),
        Format::Orc => {
            ty.is_primitive() && !matches!(ty, DataType::Decimal128(..))
                || matches!(ty, DataType::Utf8 | DataType::Binary | DataType::Boolean)
        }
    };
    match columns.iter().find(|column| !fits(&column.ty)) {
        Some(column) => Err(refused(format!(
            "columns of the type {} in tables of the format {}",
            column.written,
            format.name()
        ))),
        None => Ok(()),
    }
}

/// Writes one file.
pub(super) enum Writer {
    Csv(Box<csv::Writer<File>>),
    Json(Box<LineDelimitedWriter<File>>),
    Parquet(Box<ArrowWriter<File>>),
    Orc(orc::Writer),
}

impl Writer {
    pub fn create(
        format: Format,
        folder: &Path,
        schema: &SchemaRef,
        options: &BTreeMap<String, String>,
    ) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let name = format!("part-00000-{}.c000.{}", uuid::Uuid::new_v4(), format.name());
        let file = File::create_new(folder.join(name))?;
        Ok(match format {
            Format::Csv => {
                let dialect = csv::Dialect::new(options)
                    .map_err(|failure| DataFusionError::External(Box::new(failure)))?;
                Self::Csv(Box::new(csv::Writer::new(file, dialect, schema)?))
            }
            Format::Json => Self::Json(Box::new(LineDelimitedWriter::new(file))),
            Format::Parquet => {
                Self::Parquet(Box::new(ArrowWriter::try_new(file, Arc::clone(schema), None)?))
            }
            Format::Orc => Self::Orc(orc::Writer::new(file, schema)?),
        })
    }

    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        match self {
            Self::Csv(writer) => writer.write(batch),
            Self::Json(writer) => Ok(writer.write(batch)?),
            Self::Parquet(writer) => Ok(writer.write(batch)?),
            Self::Orc(writer) => writer.write(batch),
        }
    }

    /// Ends the file; it is on the disk then.
    pub fn finish(self) -> Result<()> {
        match self {
            Self::Csv(writer) => Ok(writer.finish()?.sync_all()?),
            Self::Json(mut writer) => {
                writer.finish()?;
                let mut file = writer.into_inner();
                file.flush()?;
                Ok(file.sync_all()?)
            }
            Self::Parquet(writer) => Ok(writer.into_inner()?.sync_all()?),
            Self::Orc(writer) => writer.finish(),
        }
    }
}

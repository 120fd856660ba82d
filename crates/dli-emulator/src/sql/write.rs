//! Statements that write rows: `INSERT`, `INSERT OVERWRITE`, `CREATE TABLE … AS`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, UInt32Array, new_null_array};
use datafusion::arrow::compute::take;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::{DataFusionError, Result as PlanResult};
use futures_util::StreamExt as _;

use super::catalog::{Format, Kind, Partition, Table};
use super::failure::{analysis, execution, limit, refused};
use super::formats::Writer;
use super::functions::cast::convert;
use super::functions::text::to_text;
use super::query::{Job, Planned, in_order};
use super::statement::{PartitionSpec, Source};
use super::storage::{Keep, Staging};
use super::types::{self, Column};
use crate::engine::{SqlFailure, SqlStatement};

/// A statement writes to no more partitions.
const MOST_PARTITIONS: usize = 1000;
/// The setting by which `INSERT OVERWRITE` leaves partitions alone that get no rows.
const DYNAMIC_OVERWRITE: &str = "dli.sql.dynamicPartitionOverwrite.enabled=true";

impl Job {
    /// Writes the rows of a query into a table; `columns` are those that the statement named.
    pub async fn insert(
        &self,
        table: &Table,
        overwrite: bool,
        partition: &PartitionSpec,
        columns: &[String],
        planned: Planned,
        statement: &SqlStatement,
    ) -> Result<u64, SqlFailure> {
        let (format, folder) = table.files()?;
        super::formats::check(format, &table.data_columns())?;
        let fixed = in_order(table, partition)?;
        let places = places(table, &fixed, columns, &planned)?;
        let staging = self.storage.stage(folder)?;
        let written = Written::new(table, format, staging.data());
        let (names, rows) = self.write(written, planned, &places).await?;
        let dynamic = statement.settings.iter().any(|setting| setting == DYNAMIC_OVERWRITE);
        self.put(table, staging, overwrite, &fixed, names, dynamic).await?;
        Ok(rows)
    }

    /// Makes the rows of a new table, and then the table.
    pub async fn create_as(
        &self,
        table: &Table,
        source: &Source,
        create: impl Future<Output = Result<(), SqlFailure>>,
    ) -> Result<u64, SqlFailure> {
        let (format, folder) = table.files()?;
        let planned = self.plan(source).await?;
        let fixed = vec![None; table.partition_columns().len()];
        let places = places(table, &fixed, &[], &planned)?;
        let staging = self.storage.stage(folder)?;
        let written = Written::new(table, format, staging.data());
        let (names, rows) = self.write(written, planned, &places).await?;
        if !names.is_empty() {
            manifest(table, &staging.data(), &names)?;
        }
        self.storage.commit(staging, Keep::Nothing).await?;
        create.await?;
        let names = names.into_iter().map(|name| (name, None)).collect();
        self.catalog.change_partitions(table, names, Vec::new()).await?;
        Ok(rows)
    }

    async fn write(
        &self,
        mut written: Written<'_>,
        planned: Planned,
        places: &[Place],
    ) -> Result<(Vec<String>, u64), SqlFailure> {
        let mut rows = 0;
        let mut stream = self.stream(planned.plan).await?;
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(|error| self.fail(error))?;
            rows += batch.num_rows() as u64;
            written.add(&batch, places).map_err(|error| self.fail(error))?;
        }
        // Nothing is read any more; the table may be the one that was read.
        drop((stream, planned.reading));
        let names = written.finish().map_err(|error| self.fail(error))?;
        Ok((names, rows))
    }

    /// Puts what was written into the table's folder and notes its partitions.
    async fn put(
        &self,
        table: &Table,
        staging: Staging,
        overwrite: bool,
        fixed: &[Option<Option<String>>],
        names: Vec<String>,
        dynamic: bool,
    ) -> Result<(), SqlFailure> {
        if table.partition_columns().is_empty() {
            let keep = if overwrite { Keep::Nothing } else { Keep::Everything };
            return self.storage.commit(staging, keep).await;
        }
        let columns = table.partition_columns();
        let old = self.catalog.partitions(&self.storage, table).await?;
        let mut gone = BTreeSet::new();
        let mut kept = Vec::new();
        for partition in old {
            let name = Partition::name(&columns, &partition.values);
            if let Some(path) = &partition.own_path
                && (names.contains(&name) || overwrite)
            {
                return Err(refused(format!(
                    "writing to the partition {name}, which lies at {path}"
                )));
            }
            let replaced =
                if dynamic { names.contains(&name) } else { partition.is_meant_by(fixed) };
            if overwrite && replaced {
                gone.insert(name);
            } else {
                kept.push(name);
            }
        }
        let folders: BTreeSet<PathBuf> = gone.iter().map(PathBuf::from).collect();
        kept.extend(names.iter().cloned());
        kept.sort();
        kept.dedup();
        manifest(table, &staging.data(), &kept)?;
        self.storage.commit(staging, Keep::AllBut(folders)).await?;
        let remove = gone.into_iter().filter(|name| !names.contains(name)).collect();
        let add = names.into_iter().map(|name| (name, None)).collect();
        self.catalog.change_partitions(table, add, remove).await
    }

    /// Takes rows away: all of a table, or those of some partitions.
    pub async fn truncate(
        &self,
        table: &Table,
        partition: &PartitionSpec,
    ) -> Result<(), SqlFailure> {
        let (_, folder) = table.files()?;
        if let Kind::Files { external: true, .. } = &table.kind {
            return Err(super::failure::unsupported(format!(
                "`{}` is an OBS table; only DLI tables are truncated.",
                table.full_name()
            )));
        }
        let fixed = in_order(table, partition)?;
        let columns = table.partition_columns();
        let staging = self.storage.stage(folder)?;
        if columns.is_empty() {
            return self.storage.commit(staging, Keep::Nothing).await;
        }
        let partitions = self.catalog.partitions(&self.storage, table).await?;
        let mut emptied = BTreeSet::new();
        for partition in partitions {
            if partition.is_meant_by(&fixed) {
                emptied.insert(PathBuf::from(Partition::name(&columns, &partition.values)));
            }
        }
        self.storage.commit(staging, Keep::AllBut(emptied)).await
    }
}

/// Notes, beside the data and put into place with it, which partitions there are.
pub(super) fn manifest(table: &Table, folder: &Path, names: &[String]) -> Result<(), SqlFailure> {
    let text = serde_json::to_string(names).unwrap_or_default();
    std::fs::write(folder.join(table.manifest()), text)
        .map_err(|error| execution(format!("The partitions could not be noted: {error}.")))
}

/// Where the value of a table's column comes from.
enum Place {
    Query(usize),
    Fixed(Option<String>),
}

/// For each column of the table, in its order.
fn places(
    table: &Table,
    fixed: &[Option<Option<String>>],
    named: &[String],
    planned: &Planned,
) -> Result<Vec<Place>, SqlFailure> {
    let partitions = table.partition_columns();
    let given = |column: &Column| {
        let nth = partitions.iter().position(|known| known.name == column.name)?;
        fixed.get(nth)?.clone()
    };
    let open: Vec<&Column> =
        table.columns.iter().filter(|column| given(column).is_none()).collect();
    let order: Vec<usize> = if named.is_empty() {
        (0..open.len()).collect()
    } else {
        if let Some(unknown) =
            named.iter().find(|name| open.iter().all(|column| column.name != **name))
        {
            return Err(analysis(format!(
                "`{}` has no column `{unknown}` to insert into.",
                table.full_name()
            )));
        }
        let nth = |column: &&Column| {
            named.iter().position(|name| *name == column.name).unwrap_or(usize::MAX)
        };
        open.iter().map(nth).collect()
    };
    let wanted = if named.is_empty() { open.len() } else { named.len() };
    if planned.columns.len() != wanted {
        return Err(analysis(format!(
            "`{}` takes {wanted} columns here, and the query has {}.",
            table.full_name(),
            planned.columns.len()
        )));
    }
    let mut order = order.into_iter();
    Ok(table
        .columns
        .iter()
        .map(|column| match given(column) {
            Some(value) => Place::Fixed(value),
            // A column that is not named is null.
            None => match order.next() {
                Some(nth) if nth != usize::MAX => Place::Query(nth),
                _ => Place::Fixed(None),
            },
        })
        .collect())
}

/// The files of one statement, one a partition.
struct Written<'t> {
    table: &'t Table,
    format: Format,
    folder: PathBuf,
    schema: SchemaRef,
    options: BTreeMap<String, String>,
    writers: HashMap<String, Writer>,
}

impl<'t> Written<'t> {
    fn new(table: &'t Table, format: Format, folder: PathBuf) -> Self {
        let schema = types::schema(&table.data_columns());
        Self { table, format, folder, schema, options: table.options(), writers: HashMap::new() }
    }

    fn add(&mut self, batch: &RecordBatch, places: &[Place]) -> PlanResult<()> {
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (column, place) in self.table.columns.iter().zip(places) {
            columns.push(match place {
                Place::Query(nth) => convert(batch.column(*nth), &column.ty)?,
                Place::Fixed(None) => new_null_array(&column.ty, batch.num_rows()),
                Place::Fixed(value) => {
                    let texts = datafusion::arrow::array::StringArray::from(vec![
                        value.as_deref();
                        batch.num_rows()
                    ]);
                    convert(&(Arc::new(texts) as ArrayRef), &column.ty)?
                }
            });
        }
        let partitions = self.table.partition_columns();
        let values = columns.split_off(columns.len() - partitions.len());
        let data = RecordBatch::try_new(Arc::clone(&self.schema), columns)?;
        if partitions.is_empty() {
            return self.append(String::new(), &data);
        }
        let texts = values.iter().map(to_text).collect::<PlanResult<Vec<_>>>()?;
        let mut groups: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for row in 0..batch.num_rows() {
            let values: Vec<Option<String>> = texts
                .iter()
                .map(|column| {
                    (column.is_valid(row) && !column.value(row).is_empty())
                        .then(|| column.value(row).to_owned())
                })
                .collect();
            let row = u32::try_from(row).unwrap_or(u32::MAX);
            groups.entry(Partition::name(&partitions, &values)).or_default().push(row);
        }
        for (name, rows) in groups {
            let rows = UInt32Array::from(rows);
            let columns = data.columns().iter().map(|column| Ok(take(column, &rows, None)?));
            let part = RecordBatch::try_new(
                Arc::clone(&self.schema),
                columns.collect::<PlanResult<_>>()?,
            )?;
            self.append(name, &part)?;
        }
        Ok(())
    }

    fn append(&mut self, name: String, batch: &RecordBatch) -> PlanResult<()> {
        if batch.num_rows() == 0 {
            return Ok(());
        }
        if !self.writers.contains_key(&name) {
            if self.writers.len() == MOST_PARTITIONS {
                let failure = limit(format!(
                    "The statement writes to more than {MOST_PARTITIONS} partitions."
                ));
                return Err(DataFusionError::External(Box::new(failure)));
            }
            let folder = self.folder.join(&name);
            let writer = Writer::create(self.format, &folder, &self.schema, &self.options)?;
            self.writers.insert(name.clone(), writer);
        }
        match self.writers.get_mut(&name) {
            Some(writer) => writer.write(batch),
            None => Ok(()),
        }
    }

    /// Ends the files; the names of the partitions that have some.
    fn finish(self) -> PlanResult<Vec<String>> {
        let mut names = Vec::new();
        for (name, writer) in self.writers {
            writer.finish()?;
            if !name.is_empty() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}

/// What a new table's columns are, with those of its query.
pub(super) fn columns_of(planned: &Planned) -> Result<Vec<Column>, SqlFailure> {
    let mut columns: Vec<Column> = Vec::new();
    for column in &planned.columns {
        let ty = if column.ty == DataType::Null { DataType::Utf8 } else { column.ty.clone() };
        let name = column.name.to_lowercase();
        if columns.iter().any(|known| known.name == name) {
            return Err(analysis(format!("Two columns of the query are called `{name}`.")));
        }
        columns.push(Column::new(&name, ty));
    }
    Ok(columns)
}

//! Queries: the tables they read, their plan, their rows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::TableProvider;
use datafusion::catalog::view::ViewTable;
use datafusion::common::{Column as PlanColumn, DataFusionError, ScalarValue};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::provider_as_source;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, ScalarUDF, Union, lit};

use super::catalog::{Catalog, Format, Kind, Table};
use super::failure::{analysis, execution, of_engine};
use super::formats;
use super::functions::cast::Cast;
use super::parse::parse;
use super::rewrite::{Named, Prepared, prepare};
use super::session::Session;
use super::statement::{Source, Statement, TableName};
use super::storage::{Reading, Storage, files};
use super::types::{self, Column, TIMESTAMP};
use crate::engine::SqlFailure;

/// Views may name views, so deep.
const DEEPEST: usize = 32;

/// What a job has at hand.
pub(super) struct Job {
    pub catalog: Catalog,
    pub storage: Arc<Storage>,
    pub session: Session,
}

/// A query that is ready to run.
pub(super) struct Planned {
    pub plan: LogicalPlan,
    /// Its columns as they are shown.
    pub columns: Vec<Column>,
    /// Keeps the tables as they are while it runs.
    pub reading: Reading,
    pub input_bytes: u64,
}

impl Planned {
    pub fn types(&self) -> Vec<(String, String)> {
        let column = |column: &Column| (column.name.clone(), types::name(&column.ty));
        self.columns.iter().map(column).collect()
    }
}

/// A table, or what a view says.
enum Found {
    Table(Box<Table>),
    View(Box<Prepared>, Vec<String>),
}

impl Job {
    pub fn fail(&self, error: DataFusionError) -> SqlFailure {
        of_engine(error, &self.storage)
    }

    /// Plans a query, with the tables as they are now.
    pub async fn plan(&self, source: &Source) -> Result<Planned, SqlFailure> {
        let (database, _) =
            self.catalog.resolve(&TableName { database: None, table: String::new() });
        let prepared = prepare(source, &database)?;
        let mut found = Vec::new();
        self.resolve(&prepared.tables, &mut found, 0).await?;
        let mut folders = BTreeSet::new();
        for (_, source) in &found {
            if let Found::Table(table) = source
                && let Kind::Files { folder, .. } = &table.kind
            {
                folders.insert(folder.clone());
            }
        }
        let reading = self.storage.read(folders).await;
        let mut input_bytes = 0;
        // Those that views name come before the views.
        for (name, source) in found.into_iter().rev() {
            let provider = match source {
                Found::Table(table) => {
                    let (provider, bytes) = self.provider(&table).await?;
                    input_bytes += bytes;
                    provider
                }
                Found::View(view, columns) => self.view(*view, &columns).await?,
            };
            let database = name.database.as_deref().unwrap_or_default();
            if self.is_known(&name) {
                continue;
            }
            self.session.register(database, &name.table, provider).map_err(|e| self.fail(e))?;
        }
        let plan = self.session.plan(prepared.query).await.map_err(|error| self.fail(error))?;
        let fields = plan.schema().fields();
        let planned: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
        let names = prepared.names.of(&planned);
        let columns = names
            .iter()
            .zip(fields)
            .map(|(name, field)| Column::new(name, plain(field.data_type())))
            .collect();
        Ok(Planned { plan, columns, reading, input_bytes })
    }

    fn is_known(&self, name: &TableName) -> bool {
        let catalogs = self.session.state().catalog_list();
        catalogs
            .catalog("spark")
            .and_then(|catalog| catalog.schema(name.database.as_deref().unwrap_or_default()))
            .is_some_and(|schema| schema.table_exist(&name.table))
    }

    async fn resolve(
        &self,
        names: &[Named],
        found: &mut Vec<(TableName, Found)>,
        depth: usize,
    ) -> Result<(), SqlFailure> {
        if depth > DEEPEST {
            return Err(analysis("Views name one another too deeply, or in a circle."));
        }
        for Named { name, place } in names {
            let Some(table) = self.catalog.find(&self.storage, name).await? else {
                return Err(analysis(format!(
                    "There is no table or view `{}.{}`{place}.",
                    name.database.as_deref().unwrap_or_default(),
                    name.table
                )));
            };
            match table.kind.clone() {
                Kind::View(text) => {
                    let query = match parse(&text)? {
                        Statement::Query(source) => source,
                        _ => return Err(analysis(format!("`{}` is no view.", table.full_name()))),
                    };
                    let database = match table.text("view_database") {
                        "" => &table.database,
                        database => database,
                    };
                    let prepared = prepare(&query, database)?;
                    let below = prepared.tables.clone();
                    let columns = table.columns.iter().map(|column| column.name.clone()).collect();
                    found.push((name.clone(), Found::View(Box::new(prepared), columns)));
                    Box::pin(self.resolve(&below, found, depth + 1)).await?;
                }
                Kind::Files { .. } => found.push((name.clone(), Found::Table(Box::new(table)))),
            }
        }
        Ok(())
    }

    async fn view(
        &self,
        view: Prepared,
        columns: &Vec<String>,
    ) -> Result<Arc<dyn TableProvider>, SqlFailure> {
        let fail = |error| self.fail(error);
        let plan = self.session.plan(view.query).await.map_err(fail)?;
        let schema = Arc::clone(plan.schema());
        // The API's own operation makes views without columns.
        let own: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let columns = if columns.is_empty() { &own } else { columns };
        if columns.len() != schema.fields().len() {
            return Err(analysis(
                "A view has other columns now than when it was made; make it again.",
            ));
        }
        let named = schema.iter().zip(columns).map(|((qualifier, field), name)| {
            Expr::Column(PlanColumn::new(qualifier.cloned(), field.name())).alias(name)
        });
        let plan = LogicalPlanBuilder::from(plan)
            .project(named.collect::<Vec<_>>())
            .and_then(LogicalPlanBuilder::build)
            .map_err(fail)?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }

    /// The rows of a table: of its folder, or of each of its partitions.
    pub async fn provider(
        &self,
        table: &Table,
    ) -> Result<(Arc<dyn TableProvider>, u64), SqlFailure> {
        let (format, folder) = table.files()?;
        let partition_columns = table.partition_columns();
        let mut bytes = 0;
        let mut parts: Vec<(Vec<PathBuf>, Vec<Option<String>>)> = Vec::new();
        let mut add = |folder: &PathBuf, values| -> Result<(), SqlFailure> {
            let paths = files(folder).map_err(|error| {
                execution(format!("The data of `{}` cannot be listed: {error}.", table.full_name()))
            })?;
            bytes +=
                paths.iter().filter_map(|path| path.metadata().ok()).map(|m| m.len()).sum::<u64>();
            if !paths.is_empty() {
                parts.push((paths, values));
            }
            Ok(())
        };
        if partition_columns.is_empty() {
            add(folder, Vec::new())?;
        } else {
            for partition in self.catalog.partitions(&self.storage, table).await? {
                add(&partition.folder, partition.values)?;
            }
        }
        let fail = |error| self.fail(error);
        if parts.is_empty() {
            return Ok((Arc::new(EmptyTable::new(types::schema(&table.columns))), 0));
        }
        let plans: Vec<Arc<LogicalPlan>> = parts
            .into_iter()
            .map(|(paths, values)| scan(table, format, paths, &values).map(Arc::new))
            .collect::<Result<_, _>>()
            .map_err(fail)?;
        let plan = match <[Arc<LogicalPlan>; 1]>::try_from(plans) {
            Ok([plan]) => Arc::unwrap_or_clone(plan),
            Err(plans) => LogicalPlan::Union(Union::try_new_with_loose_types(plans).map_err(fail)?),
        };
        Ok((Arc::new(ViewTable::new(plan, None)), bytes))
    }

    /// Runs what was planned.
    pub async fn stream(&self, plan: LogicalPlan) -> Result<SendableRecordBatchStream, SqlFailure> {
        let frame = DataFrame::new(self.session.state().clone(), plan);
        frame.execute_stream().await.map_err(|error| self.fail(error))
    }
}

/// Files of one folder as rows of a table.
fn scan(
    table: &Table,
    format: Format,
    paths: Vec<PathBuf>,
    values: &[Option<String>],
) -> Result<LogicalPlan, DataFusionError> {
    let columns = table.data_columns();
    let provider = formats::reader(format, paths, &columns, &table.options())?;
    let cast = Arc::new(ScalarUDF::new_from_impl(Cast::new()));
    let convert = |value: Expr, ty: &DataType| {
        Expr::ScalarFunction(ScalarFunction::new_udf(
            Arc::clone(&cast),
            vec![value, lit(types::name(ty))],
        ))
    };
    let mut row: Vec<Expr> = Vec::new();
    for column in &columns {
        let name = Expr::Column(PlanColumn::new_unqualified(&column.name));
        row.push(match format {
            Format::Csv if column.ty != DataType::Utf8 => {
                convert(name, &column.ty).alias(&column.name)
            }
            // Instants have nanoseconds there.
            Format::Orc if column.ty == TIMESTAMP => convert(name, &column.ty).alias(&column.name),
            _ => name,
        });
    }
    for (column, value) in table.partition_columns().iter().zip(values) {
        let value = Expr::Literal(ScalarValue::Utf8(value.clone()), None);
        row.push(convert(value, &column.ty).alias(&column.name));
    }
    LogicalPlanBuilder::scan("files", provider_as_source(provider), None)?.project(row)?.build()
}

/// The type as results have it.
fn plain(ty: &DataType) -> DataType {
    types::parse(&types::name(ty)).unwrap_or(DataType::Utf8)
}

/// A batch in the types of the columns it is shown with.
pub(super) fn shown(
    batch: &RecordBatch,
    columns: &[Column],
) -> Result<RecordBatch, DataFusionError> {
    let arrays = batch
        .columns()
        .iter()
        .zip(columns)
        .map(|(array, column)| super::functions::cast::convert(array, &column.ty))
        .collect::<Result<Vec<_>, _>>()?;
    let options =
        datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(types::schema(columns), arrays, &options)?)
}

/// Values that a statement gives for partitions, in the order of the table's columns.
pub(super) fn in_order(
    table: &Table,
    spec: &[(String, Option<Option<String>>)],
) -> Result<Vec<Option<Option<String>>>, SqlFailure> {
    let columns = table.partition_columns();
    let mut given: BTreeMap<&str, Option<Option<String>>> = BTreeMap::new();
    for (name, value) in spec {
        if !columns.iter().any(|column| column.name == *name) {
            return Err(analysis(format!(
                "`{}` has no partition column `{name}`.",
                table.full_name()
            )));
        }
        given.insert(name, value.clone());
    }
    Ok(columns.iter().map(|column| given.get(column.name.as_str()).cloned().flatten()).collect())
}

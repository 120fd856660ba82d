//! DataFusion, told to do as Spark does.

use std::path::Path;
use std::sync::Arc;

use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, TableProvider,
};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Result, ScalarValue};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::SessionStateDefaults;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::SessionConfig;
use datafusion::sql::parser::Statement as PlannerStatement;
use datafusion::sql::sqlparser::ast::{Query, Statement};

use super::functions::{self, SparkArithmetic};

const CATALOG: &str = "spark";

/// What one job runs in: its tables, its memory, its place for what does not fit into it.
pub(super) struct Session {
    state: SessionState,
    catalog: Arc<MemoryCatalogProvider>,
}

impl Session {
    pub fn new(memory: usize, spill: &Path, threads: usize) -> Result<Self> {
        let mut config = SessionConfig::new()
            .with_default_catalog_and_schema(CATALOG, "default")
            .with_create_default_catalog_and_schema(false)
            .with_information_schema(false)
            .with_target_partitions(threads);
        let options = config.options_mut();
        options.sql_parser.parse_float_as_decimal = true;
        options.sql_parser.map_string_types_to_utf8view = false;
        options.sql_parser.collect_spans = true;
        // Spark: null is less than everything.
        options.sql_parser.default_null_ordering = "nulls_min".to_owned();
        options.execution.parquet.schema_force_view_types = false;
        let disk = DiskManagerBuilder::default()
            .with_mode(DiskManagerMode::Directories(vec![spill.to_owned()]));
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(memory)))
            .with_disk_manager_builder(disk)
            .build_arc()?;
        let catalog = Arc::new(MemoryCatalogProvider::new());
        let catalogs = MemoryCatalogProviderList::new();
        catalogs
            .register_catalog(CATALOG.to_owned(), Arc::clone(&catalog) as Arc<dyn CatalogProvider>);
        let mut planners: Vec<Arc<dyn datafusion::logical_expr::planner::ExprPlanner>> = vec![
            Arc::new(SparkArithmetic::new()),
            Arc::new(datafusion_spark::planner::SparkFunctionPlanner),
        ];
        planners.extend(SessionStateDefaults::default_expr_planners());
        let state = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_default_features()
            .with_catalog_list(Arc::new(catalogs))
            .with_expr_planners(planners)
            .with_scalar_functions(functions::scalar())
            .with_aggregate_functions(functions::aggregate())
            .with_window_functions(functions::window())
            .with_table_function_list(Vec::new())
            .build();
        Ok(Self { state, catalog })
    }

    pub fn state(&self) -> &SessionState {
        &self.state
    }

    /// Makes a table known.
    pub fn register(
        &self,
        database: &str,
        table: &str,
        provider: Arc<dyn TableProvider>,
    ) -> Result<()> {
        if self.catalog.schema(database).is_none() {
            self.catalog.register_schema(database, Arc::new(MemorySchemaProvider::new()))?;
        }
        if let Some(schema) = self.catalog.schema(database) {
            schema.register_table(table.to_owned(), provider)?;
        }
        Ok(())
    }

    /// Plans a query.
    pub async fn plan(&self, query: Box<Query>) -> Result<LogicalPlan> {
        let statement = PlannerStatement::Statement(Box::new(Statement::Query(query)));
        let plan = self.state.statement_to_plan(statement).await?;
        plan.transform_up_with_subqueries(short_integers).map(|plan| plan.data)
    }
}

/// Numbers without a point are of the type int where they fit; DataFusion makes all of them long.
fn short_integers(plan: LogicalPlan) -> Result<Transformed<LogicalPlan>> {
    let shorten = |expr: Expr| {
        expr.transform_up(|expr| {
            Ok(match expr {
                Expr::Literal(ScalarValue::Int64(Some(number)), metadata)
                    if i32::try_from(number).is_ok() =>
                {
                    let number = ScalarValue::Int32(i32::try_from(number).ok());
                    Transformed::yes(Expr::Literal(number, metadata))
                }
                other => Transformed::no(other),
            })
        })
    };
    match plan {
        LogicalPlan::Limit(_) => Ok(Transformed::no(plan)),
        LogicalPlan::Values(values) => {
            let rows: Result<Vec<Vec<Expr>>> = values
                .values
                .into_iter()
                .map(|row| row.into_iter().map(|value| Ok(shorten(value)?.data)).collect())
                .collect();
            Ok(Transformed::yes(LogicalPlanBuilder::values(rows?)?.build()?))
        }
        plan => {
            let names = NamePreserver::new(&plan);
            let changed = plan.map_expressions(|expr| {
                let name = names.save(&expr);
                Ok(shorten(expr)?.update_data(|expr| name.restore(expr)))
            })?;
            // What is below may have changed.
            changed.map_data(LogicalPlan::recompute_schema)
        }
    }
}

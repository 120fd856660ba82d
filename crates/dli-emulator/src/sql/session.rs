//! DataFusion, told to do as Spark does.

use std::path::Path;
use std::sync::Arc;

use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, TableProvider,
};
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Result, ScalarValue, not_impl_err};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::SessionStateDefaults;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::SessionConfig;
use datafusion::sql::parser::Statement as PlannerStatement;
use datafusion::sql::sqlparser::ast::{Query, Statement};

use super::functions::{self, SparkArithmetic, TEXT_ONLY};

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
        let mut state = SessionStateBuilder::new()
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
        // What `now()` is for the whole job.
        state.mark_start_execution();
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
        let plan = plan.transform_up_with_subqueries(short_integers)?.data;
        plan.apply_with_subqueries(|node| {
            text_functions_get_texts(node)?;
            Ok(TreeNodeRecursion::Continue)
        })?;
        // Only then the types of unions, CASE and the like are known.
        self.state.analyzer().execute_and_check(
            plan,
            &self.state.config_options().as_ref().clone(),
            |_, _| {},
        )
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
        LogicalPlan::Limit(_) => plan.recompute_schema().map(Transformed::yes),
        LogicalPlan::Values(values) => {
            let rows: Result<Vec<Vec<Expr>>> = values
                .values
                .into_iter()
                .map(|row| {
                    row.into_iter().map(|value| Ok(shorten(untyped_null(value))?.data)).collect()
                })
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

/// A null among numbers was made long, as the numbers were.
fn untyped_null(value: Expr) -> Expr {
    let inner = match &value {
        Expr::Cast(cast) => cast.expr.as_ref(),
        other => other,
    };
    match inner {
        Expr::Literal(null, metadata) if null.is_null() => {
            Expr::Literal(ScalarValue::Null, metadata.clone())
        }
        _ => value,
    }
}

/// DataFusion would take an array for the text that shows it.
fn text_functions_get_texts(node: &LogicalPlan) -> Result<()> {
    let schema = merge_schema(&node.inputs());
    node.apply_expressions(|expr| {
        expr.apply(|expr| {
            if let Expr::ScalarFunction(call) = expr
                && TEXT_ONLY.contains(&call.name())
            {
                for argument in &call.args {
                    if argument.get_type(&schema).is_ok_and(|ty| ty.is_nested()) {
                        return not_impl_err!("{} of an array, a map or a struct", call.name());
                    }
                }
            }
            Ok(TreeNodeRecursion::Continue)
        })
    })?;
    Ok(())
}

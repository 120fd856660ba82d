//! From a query as it was written to one that DataFusion plans the way Spark would.

use std::collections::HashSet;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, Cte, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    GroupByExpr, GroupByWithModifier, Ident, ObjectName, ObjectNamePart, Query, Select, SelectItem,
    SetExpr, TableAlias, TableAliasColumnDef, TableFactor, UnaryOperator, Value, ValueWithSpan,
    VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::parser::Parser;

use super::dialect::ServiceDialect;
use super::failure::{analysis, of_parser, refused};
use super::functions::{self, Rule, cast, text};
use super::parse::parse_lower_case;
use super::statement::{Source, TableName};
use super::types;
use crate::engine::SqlFailure;

/// A query ready to be planned.
pub(super) struct Prepared {
    pub query: Box<Query>,
    /// The tables and views it names, each with its database.
    pub tables: Vec<Named>,
    /// What its columns are called, as far as it says so.
    pub names: Names,
}

/// A table's name, and where it first stands.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub name: TableName,
    pub place: String,
}

/// The names of a query's columns: those before the first `*`, and those after the last.
#[derive(Debug, Default)]
pub(super) struct Names {
    before: Vec<String>,
    after: Vec<String>,
    wildcard: bool,
}

impl Names {
    /// The names of all columns, where the plan knows those of a `*`.
    pub fn of(&self, planned: &[String]) -> Vec<String> {
        let mut names = planned.to_vec();
        if !self.wildcard && self.before.len() != planned.len() {
            return names;
        }
        for (name, own) in names.iter_mut().zip(&self.before) {
            name.clone_from(own);
        }
        for (name, own) in names.iter_mut().rev().zip(self.after.iter().rev()) {
            name.clone_from(own);
        }
        names
    }
}

/// Prepares a query that is to run in a database.
pub(super) fn prepare(source: &Source, database: &str) -> Result<Prepared, SqlFailure> {
    let names = names(&source.query.body);
    let mut query = parse_lower_case(&source.text)?;
    let mut rewriter = Rewriter { database, ctes: HashSet::new(), tables: Vec::new() };
    match query.visit(&mut rewriter) {
        ControlFlow::Continue(()) => Ok(Prepared { query, tables: rewriter.tables, names }),
        ControlFlow::Break(failure) => Err(failure),
    }
}

struct Rewriter<'d> {
    database: &'d str,
    ctes: HashSet<String>,
    tables: Vec<Named>,
}

type Flow = ControlFlow<SqlFailure>;

fn flow(result: Result<(), SqlFailure>) -> Flow {
    match result {
        Ok(()) => ControlFlow::Continue(()),
        Err(failure) => ControlFlow::Break(failure),
    }
}

impl VisitorMut for Rewriter<'_> {
    type Break = SqlFailure;

    fn pre_visit_query(&mut self, query: &mut Query) -> Flow {
        flow(self.query(query))
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> Flow {
        flow(table_factor(factor))
    }

    fn pre_visit_relation(&mut self, name: &mut ObjectName) -> Flow {
        flow(self.relation(name))
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> Flow {
        flow(rewrite(expr))
    }
}

impl Rewriter<'_> {
    fn query(&mut self, query: &mut Query) -> Result<(), SqlFailure> {
        for Cte { alias, .. } in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.ctes.insert(alias.name.value.to_lowercase());
        }
        for (there, clause) in [
            (query.fetch.is_some(), "FETCH"),
            (!query.locks.is_empty(), "FOR UPDATE"),
            (query.for_clause.is_some(), "FOR"),
            (query.settings.is_some(), "SETTINGS"),
            (query.format_clause.is_some(), "FORMAT"),
            (!query.pipe_operators.is_empty(), "|>"),
        ] {
            if there {
                return Err(refused(clause));
            }
        }
        set_expr(&mut query.body)
    }

    /// Gives a table's name its database.
    fn relation(&mut self, name: &mut ObjectName) -> Result<(), SqlFailure> {
        let parts: Vec<String> = name
            .0
            .iter()
            .filter_map(|part| part.as_ident().map(|ident| ident.value.to_lowercase()))
            .collect();
        let (database, table) = match parts.as_slice() {
            [table] if self.ctes.contains(table) => return Ok(()),
            [table] => (self.database.to_owned(), table.clone()),
            [database, table] if is_format(database) => {
                return Err(refused(format!("a query of files, {database}.`{table}`")));
            }
            [database, table] => (database.clone(), table.clone()),
            _ => return Err(refused(format!("names with a catalogue, such as `{name}`"))),
        };
        let span = name.0.last().and_then(|part| part.as_ident()).map(|ident| ident.span);
        let ident = |value: &str| {
            let mut ident = Ident::with_quote('`', value);
            ident.span = span.unwrap_or(ident.span);
            ObjectNamePart::Identifier(ident)
        };
        name.0 = vec![ident(&database), ident(&table)];
        let table = TableName { database: Some(database), table };
        if self.tables.iter().all(|known| known.name != table) {
            let start = span.map(|span| span.start).filter(|start| start.line > 0);
            let place = start
                .map(|at| format!(" (line {}, column {})", at.line, at.column))
                .unwrap_or_default();
            self.tables.push(Named { name: table, place });
        }
        Ok(())
    }
}

fn is_format(name: &str) -> bool {
    matches!(name, "csv" | "json" | "parquet" | "orc" | "text" | "delta")
}

fn set_expr(body: &mut SetExpr) -> Result<(), SqlFailure> {
    match body {
        SetExpr::Select(select) => self::select(select),
        SetExpr::SetOperation { left, right, .. } => {
            set_expr(left)?;
            set_expr(right)
        }
        SetExpr::Query(_) | SetExpr::Values(_) => Ok(()),
        SetExpr::Table(_) => Err(refused("TABLE as a query")),
        _ => Err(refused("a statement that writes, inside a query")),
    }
}

fn select(select: &mut Select) -> Result<(), SqlFailure> {
    for (there, clause) in [
        (!select.lateral_views.is_empty(), "LATERAL VIEW (explode in SELECT does much of it)"),
        (!select.cluster_by.is_empty(), "CLUSTER BY"),
        (!select.distribute_by.is_empty(), "DISTRIBUTE BY"),
        (!select.sort_by.is_empty(), "SORT BY"),
        (select.qualify.is_some(), "QUALIFY"),
        (select.top.is_some(), "TOP"),
        (select.into.is_some(), "SELECT … INTO"),
        (select.prewhere.is_some(), "PREWHERE"),
    ] {
        if there {
            return Err(refused(clause));
        }
    }
    if let GroupByExpr::Expressions(exprs, modifiers) = &mut select.group_by {
        for modifier in std::mem::take(modifiers) {
            let parts = std::mem::take(exprs).into_iter().map(|expr| vec![expr]).collect();
            exprs.push(match modifier {
                GroupByWithModifier::Rollup => Expr::Rollup(parts),
                GroupByWithModifier::Cube => Expr::Cube(parts),
                other => return Err(refused(format!("GROUP BY … {other}"))),
            });
        }
    }
    // What has no name gets the one that Spark gives it; the same name twice is told apart.
    let mut seen = HashSet::new();
    for item in &mut select.projection {
        let (name, named) = match item {
            SelectItem::UnnamedExpr(expr) => {
                let plain = matches!(expr, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
                (display(expr), plain)
            }
            SelectItem::ExprWithAlias { alias, .. } => {
                if alias.quote_style.is_some_and(|quote| quote != '`') {
                    return Err(refused(format!("the text {alias} behind a value")));
                }
                (alias.value.to_lowercase(), true)
            }
            _ => continue,
        };
        let mut alias = name.clone();
        let mut copies = 1;
        while !seen.insert(alias.clone()) {
            copies += 1;
            alias = format!("{name}#{copies}");
        }
        if named && alias == name {
            continue;
        }
        let alias = Ident::with_quote('`', alias);
        match item {
            SelectItem::UnnamedExpr(expr) => {
                *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
            }
            SelectItem::ExprWithAlias { alias: old, .. } => *old = alias,
            _ => {}
        }
    }
    Ok(())
}

fn table_factor(factor: &mut TableFactor) -> Result<(), SqlFailure> {
    match factor {
        TableFactor::Table { args, sample, version, partitions, name, .. } => {
            for (there, clause) in [
                (args.is_some(), format!("the table function {name}")),
                (sample.is_some(), "TABLESAMPLE".to_owned()),
                (version.is_some(), "a table as of a version".to_owned()),
                (!partitions.is_empty(), "PARTITION behind a table's name".to_owned()),
            ] {
                if there {
                    return Err(refused(clause));
                }
            }
            Ok(())
        }
        TableFactor::Derived { subquery, alias, sample, lateral, .. } => {
            if *lateral || sample.is_some() {
                return Err(refused("LATERAL or TABLESAMPLE of a query"));
            }
            if let SetExpr::Values(values) = &*subquery.body {
                name_values(alias, values.rows.first().map_or(0, |row| row.len()));
            }
            Ok(())
        }
        TableFactor::NestedJoin { .. } => Ok(()),
        other => Err(refused(format!("`{other}` in FROM"))),
    }
}

/// The columns of VALUES are called col1, col2 …
fn name_values(alias: &mut Option<TableAlias>, columns: usize) {
    let alias = alias.get_or_insert_with(|| TableAlias {
        explicit: true,
        name: Ident::new("values_"),
        columns: Vec::new(),
        at: None,
    });
    if alias.columns.is_empty() {
        let column = |nth| TableAliasColumnDef::from_name(format!("col{nth}"));
        alias.columns = (1..=columns).map(column).collect();
    }
}

/// `spark_cast(value, 'type')`
fn cast_to(value: Expr, ty: &str) -> Expr {
    let ty = Expr::value(Value::SingleQuotedString(ty.to_owned()));
    call(cast::NAME, vec![value, ty])
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let mut list = datafusion::sql::sqlparser::ast::FunctionArgumentList {
        duplicate_treatment: None,
        args: Vec::new(),
        clauses: Vec::new(),
    };
    list.args = arguments
        .into_iter()
        .map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)))
        .collect();
    Expr::Function(Function {
        name: ObjectName::from(Ident::new(name)),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(list),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn rewrite(expr: &mut Expr) -> Result<(), SqlFailure> {
    let new = match expr {
        Expr::Value(ValueWithSpan { value: Value::Number(number, long), .. }) => {
            if *long {
                cast_to(Expr::value(Value::SingleQuotedString(number.clone())), "bigint")
            } else if number.contains(['e', 'E']) {
                cast_to(Expr::value(Value::SingleQuotedString(number.clone())), "double")
            } else {
                return Ok(());
            }
        }
        Expr::Value(ValueWithSpan { value: Value::Placeholder(_), .. }) => {
            return Err(refused("a parameter marker"));
        }
        Expr::Trim { trim_characters: Some(_), .. } => {
            return Err(refused("TRIM with two arguments"));
        }
        Expr::UnaryOp { op: op @ UnaryOperator::BangNot, .. } => {
            *op = UnaryOperator::Not;
            return Ok(());
        }
        Expr::Cast { expr, data_type, .. } => {
            let ty = types::parse(&data_type.to_string())?;
            cast_to((**expr).clone(), &types::name(&ty))
        }
        Expr::TypedString(typed) => {
            let ty = types::name(&types::parse(&typed.data_type.to_string())?);
            let written = typed.value.value.clone().into_string().unwrap_or_default();
            let valid = match &*ty {
                "date" => text::date(written.trim()).is_some(),
                "timestamp" => text::timestamp(written.trim()).is_some(),
                _ => false,
            };
            if !valid {
                return Err(analysis(format!("`{written}` is no value of the type {ty}.")));
            }
            cast_to(Expr::value(Value::SingleQuotedString(written)), &ty)
        }
        Expr::RLike { negated, expr, pattern, .. } => {
            let found = call("regexp_like", vec![(**expr).clone(), (**pattern).clone()]);
            if *negated {
                Expr::UnaryOp { op: UnaryOperator::Not, expr: Box::new(found) }
            } else {
                found
            }
        }
        Expr::Function(function) => match translated(function)? {
            Some(new) => new,
            None => return Ok(()),
        },
        _ => return Ok(()),
    };
    *expr = new;
    Ok(())
}

/// What stands for a call, if something else does.
fn translated(function: &mut Function) -> Result<Option<Expr>, SqlFailure> {
    let name = match function.name.0.as_slice() {
        [part] => part.as_ident().map(|ident| ident.value.to_lowercase()),
        _ => None,
    };
    let Some(name) = name else {
        return Err(refused(format!("functions of a database, such as {}", function.name)));
    };
    if name == cast::NAME {
        return Ok(None);
    }
    let arguments = match &function.args {
        FunctionArguments::None => Vec::new(),
        FunctionArguments::List(list) => list.args.clone(),
        FunctionArguments::Subquery(_) => {
            return Err(refused("a query as the argument of a function"));
        }
    };
    match functions::rule(&name, arguments.len()) {
        Rule::Same => Ok(None),
        Rule::Rank => Ok(Some(cast_to(Expr::Function(function.clone()), "int"))),
        Rule::Template(template) => {
            let mut values = Vec::new();
            for argument in arguments {
                match argument {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => values.push(value),
                    other => return Err(refused(format!("`{other}` as an argument of {name}"))),
                }
            }
            fill(template, &values, function).map(Some)
        }
        Rule::WrongArguments(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
            Err(analysis(format!(
                "The function {name} takes {} arguments here, not {}.",
                numbers.join(" or "),
                arguments.len()
            )))
        }
        Rule::Unknown => {
            let at = function.name.0.first().and_then(|part| part.as_ident()).map(|i| i.span.start);
            let at = at.filter(|at| at.line > 0).map_or_else(String::new, |at| {
                format!(" (line {}, column {})", at.line, at.column)
            });
            Err(analysis(format!(
                "The emulator's SQL engine has no function `{name}`{at}; SHOW FUNCTIONS lists those it has."
            )))
        }
    }
}

/// A template with its arguments; `FILTER`, `OVER` and `DISTINCT` of the call go with it.
fn fill(template: &str, arguments: &[Expr], of: &Function) -> Result<Expr, SqlFailure> {
    struct Fill<'a>(&'a [Expr]);
    impl VisitorMut for Fill<'_> {
        type Break = ();
        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if let Expr::Value(ValueWithSpan { value: Value::Placeholder(mark), .. }) = expr
                && let Some(argument) = mark
                    .strip_prefix('$')
                    .and_then(|nth| nth.parse::<usize>().ok())
                    .and_then(|nth| self.0.get(nth.wrapping_sub(1)))
            {
                *expr = argument.clone();
            }
            ControlFlow::Continue(())
        }
    }
    let mut parsed = Parser::new(&ServiceDialect)
        .try_with_sql(template)
        .and_then(|mut parser| parser.parse_expr())
        .map_err(of_parser)?;
    let _ = parsed.visit(&mut Fill(arguments));
    if let Expr::Function(new) = &mut parsed {
        new.filter.clone_from(&of.filter);
        new.over.clone_from(&of.over);
        new.null_treatment.clone_from(&of.null_treatment);
        if let (FunctionArguments::List(new), FunctionArguments::List(old)) =
            (&mut new.args, &of.args)
        {
            new.duplicate_treatment = old.duplicate_treatment;
        }
    } else if of.over.is_some() || of.filter.is_some() {
        return Err(refused(format!("OVER or FILTER with {}", of.name)));
    }
    Ok(parsed)
}

fn names(body: &SetExpr) -> Names {
    let select = match body {
        SetExpr::Select(select) => select,
        SetExpr::SetOperation { left, .. } => return names(left),
        SetExpr::Query(query) => return names(&query.body),
        SetExpr::Values(values) => {
            let columns = values.rows.first().map_or(0, |row| row.len());
            let before = (1..=columns).map(|nth| format!("col{nth}")).collect();
            return Names { before, ..Names::default() };
        }
        _ => return Names::default(),
    };
    let mut names = Names::default();
    for item in &select.projection {
        let name = match item {
            SelectItem::UnnamedExpr(expr) => display(expr),
            SelectItem::ExprWithAlias { alias, .. } => alias.value.clone(),
            _ => {
                names.wildcard = true;
                names.after.clear();
                continue;
            }
        };
        if names.wildcard { names.after.push(name) } else { names.before.push(name) }
    }
    names
}

/// What Spark calls an expression that was given no name.
fn display(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => name.value.clone(),
        Expr::CompoundIdentifier(parts) => {
            parts.last().map_or_else(String::new, |part| part.value.clone())
        }
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) | Value::DoubleQuotedString(text) => text.clone(),
            Value::Null => "NULL".to_owned(),
            Value::Number(number, _) => number.clone(),
            other => other.to_string(),
        },
        Expr::Nested(inner) => display(inner),
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => match &**expr {
            Expr::Value(_) => format!("-{}", display(expr)),
            _ => format!("(- {})", display(expr)),
        },
        Expr::UnaryOp { op: UnaryOperator::Not, expr } => format!("(NOT {})", display(expr)),
        Expr::BinaryOp { left, op, right } => {
            let op = match op {
                BinaryOperator::MyIntegerDivide => "div".to_owned(),
                BinaryOperator::Eq => "=".to_owned(),
                other => other.to_string(),
            };
            format!("({} {op} {})", display(left), display(right))
        }
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let parts = [Some(expr), substring_from.as_ref(), substring_for.as_ref()];
            let parts: Vec<String> =
                parts.into_iter().flatten().map(|part| display(part)).collect();
            format!("substring({})", parts.join(", "))
        }
        Expr::Trim { expr, trim_what: None, .. } => format!("trim({})", display(expr)),
        Expr::Ceil { expr, .. } => format!("CEIL({})", display(expr)),
        Expr::Floor { expr, .. } => format!("FLOOR({})", display(expr)),
        Expr::IsNull(inner) => format!("({} IS NULL)", display(inner)),
        Expr::IsNotNull(inner) => format!("({} IS NOT NULL)", display(inner)),
        Expr::Cast { expr, data_type, .. } => {
            format!("CAST({} AS {})", display(expr), data_type.to_string().to_uppercase())
        }
        Expr::Function(function) if function.over.is_none() => {
            let (distinct, arguments) = match &function.args {
                FunctionArguments::List(list) => {
                    let distinct = list.duplicate_treatment.map(|kind| format!("{kind} "));
                    let arguments = list.args.iter().map(|argument| match argument {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => display(expr),
                        FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => "1".to_owned(),
                        other => other.to_string(),
                    });
                    (distinct.unwrap_or_default(), arguments.collect::<Vec<_>>().join(", "))
                }
                _ => Default::default(),
            };
            format!("{}({distinct}{arguments})", function.name.to_string().to_lowercase())
        }
        other => other.to_string(),
    }
}

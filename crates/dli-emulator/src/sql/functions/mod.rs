//! The functions that statements may call. What is not in these tables is refused by name: a
//! function of DataFusion that only looks like Spark's would answer wrongly.

mod arithmetic;
pub(super) mod cast;
mod datetime;
mod rounding;
mod strings;
pub(super) mod text;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};

pub(super) use arithmetic::SparkArithmetic;

/// Functions that do what Spark's do under the same name.
const SAME: &[&str] = &[
    // Conditions and nulls.
    "coalesce",
    "if",
    "nullif",
    "nvl",
    "nvl2",
    "greatest",
    "least",
    // Numbers.
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "bin",
    "bit_count",
    "cbrt",
    "ceil",
    "cos",
    "cosh",
    "cot",
    "degrees",
    "exp",
    "expm1",
    "factorial",
    "floor",
    "hex",
    "hypot",
    "pmod",
    "pow",
    "pi",
    "radians",
    "rint",
    "shiftleft",
    "shiftright",
    "signum",
    "sin",
    "sinh",
    "sqrt",
    "tan",
    "tanh",
    "unhex",
    "width_bucket",
    "crc32",
    "md5",
    "sha1",
    "sha2",
    "xxhash64",
    // Texts.
    "ascii",
    "base64",
    "btrim",
    "char",
    "concat",
    "concat_ws",
    "elt",
    "format_string",
    "length",
    "levenshtein",
    "lower",
    "lpad",
    "octet_length",
    "repeat",
    "replace",
    "reverse",
    "rpad",
    "soundex",
    "space",
    "split_part",
    "substring",
    "substring_index",
    "translate",
    "trim",
    "unbase64",
    "upper",
    "parse_url",
    "url_decode",
    "url_encode",
    "regexp_like",
    // Dates and times.
    "current_date",
    "now",
    "uuid",
    "date_part",
    "monthname",
    // Arrays, maps and structs.
    "array",
    "array_contains",
    "array_distinct",
    "array_repeat",
    "map_keys",
    "map_values",
    "named_struct",
    "size",
    "slice",
    "str_to_map",
    // Aggregates.
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "collect_list",
    "collect_set",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "first_value",
    "last_value",
    "max",
    "median",
    "min",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "sum",
    "var_pop",
    "var_samp",
    // Windows.
    "cume_dist",
    "lag",
    "lead",
    "nth_value",
    "percent_rank",
];

/// Functions with another name or other arguments here: name, number of arguments, what stands for
/// the call.
const TRANSLATED: &[(&str, usize, &str)] = &[
    ("add_months", 2, "add_months(spark_cast($1, 'date'), spark_cast($2, 'int'))"),
    ("ceiling", 1, "ceil($1)"),
    ("char_length", 1, "length($1)"),
    ("character_length", 1, "length($1)"),
    ("chr", 1, "char($1)"),
    ("current_timestamp", 0, "spark_cast(now(), 'timestamp')"),
    ("now", 0, "spark_cast(now(), 'timestamp')"),
    ("date", 1, "spark_cast($1, 'date')"),
    ("date_add", 2, "date_add(spark_cast($1, 'date'), spark_cast($2, 'int'))"),
    ("date_format", 2, "date_format(spark_cast($1, 'timestamp'), $2)"),
    ("date_sub", 2, "date_sub(spark_cast($1, 'date'), spark_cast($2, 'int'))"),
    ("date_trunc", 2, "spark_cast(date_trunc($1, spark_cast($2, 'timestamp')), 'timestamp')"),
    ("datediff", 2, "date_diff(spark_cast($1, 'date'), spark_cast($2, 'date'))"),
    ("date_diff", 2, "date_diff(spark_cast($1, 'date'), spark_cast($2, 'date'))"),
    ("day", 1, "spark_cast(date_part('day', spark_cast($1, 'date')), 'int')"),
    ("dayofmonth", 1, "spark_cast(date_part('day', spark_cast($1, 'date')), 'int')"),
    ("dayofweek", 1, "day_of_week(spark_cast($1, 'date'))"),
    ("dayofyear", 1, "spark_cast(date_part('doy', spark_cast($1, 'date')), 'int')"),
    ("double", 1, "spark_cast($1, 'double')"),
    ("bigint", 1, "spark_cast($1, 'bigint')"),
    ("int", 1, "spark_cast($1, 'int')"),
    ("string", 1, "spark_cast($1, 'string')"),
    ("timestamp", 1, "spark_cast($1, 'timestamp')"),
    ("from_unixtime", 1, "date_format(spark_cast($1, 'timestamp'), 'yyyy-MM-dd HH:mm:ss')"),
    ("from_unixtime", 2, "date_format(spark_cast($1, 'timestamp'), $2)"),
    ("hour", 1, "spark_cast(date_part('hour', spark_cast($1, 'timestamp')), 'int')"),
    ("ifnull", 2, "nvl($1, $2)"),
    ("instr", 2, "strpos(spark_cast($1, 'string'), spark_cast($2, 'string'))"),
    ("isnotnull", 1, "($1) IS NOT NULL"),
    ("isnull", 1, "($1) IS NULL"),
    ("isnan", 1, "coalesce(isnan($1), false)"),
    ("initcap", 1, "initcap_words($1)"),
    ("ltrim", 1, "ltrim($1)"),
    ("rtrim", 1, "rtrim($1)"),
    ("last_day", 1, "last_day(spark_cast($1, 'date'))"),
    ("lcase", 1, "lower($1)"),
    (
        "left",
        2,
        "left(spark_cast($1, 'string'), CASE WHEN spark_cast($2, 'bigint') > 0 THEN spark_cast($2, 'bigint') ELSE 0 END)",
    ),
    (
        "right",
        2,
        "right(spark_cast($1, 'string'), CASE WHEN spark_cast($2, 'bigint') > 0 THEN spark_cast($2, 'bigint') ELSE 0 END)",
    ),
    ("len", 1, "length($1)"),
    // Spark's logarithms of what has none are null.
    ("ln", 1, "ln(CASE WHEN ($1) > 0 THEN spark_cast($1, 'double') END)"),
    ("log", 1, "ln(CASE WHEN ($1) > 0 THEN spark_cast($1, 'double') END)"),
    ("log10", 1, "log10(CASE WHEN ($1) > 0 THEN spark_cast($1, 'double') END)"),
    ("log2", 1, "log2(CASE WHEN ($1) > 0 THEN spark_cast($1, 'double') END)"),
    ("locate", 2, "strpos(spark_cast($2, 'string'), spark_cast($1, 'string'))"),
    ("minute", 1, "spark_cast(date_part('minute', spark_cast($1, 'timestamp')), 'int')"),
    ("mod", 2, "($1) % ($2)"),
    ("month", 1, "spark_cast(date_part('month', spark_cast($1, 'date')), 'int')"),
    ("next_day", 2, "next_day(spark_cast($1, 'date'), $2)"),
    ("power", 2, "pow($1, $2)"),
    ("quarter", 1, "spark_cast(date_part('quarter', spark_cast($1, 'date')), 'int')"),
    ("rand", 0, "random()"),
    ("random", 0, "random()"),
    ("regexp", 2, "regexp_like($1, $2)"),
    ("regexp_extract", 2, "regexp_extract($1, $2, 1)"),
    ("regexp_extract", 3, "regexp_extract($1, $2, $3)"),
    ("regexp_replace", 3, "regexp_replace_all($1, $2, $3)"),
    ("round", 1, "spark_round($1, 0)"),
    ("round", 2, "spark_round($1, $2)"),
    ("second", 1, "spark_cast(date_part('second', spark_cast($1, 'timestamp')), 'int')"),
    ("sha", 1, "sha1($1)"),
    ("sign", 1, "signum(spark_cast($1, 'double'))"),
    ("split", 2, "split_regexp($1, $2)"),
    ("std", 1, "stddev($1)"),
    ("substr", 2, "substring($1, $2)"),
    ("substr", 3, "substring($1, $2, $3)"),
    ("to_date", 1, "spark_cast($1, 'date')"),
    ("to_date", 2, "spark_cast(parse_timestamp($1, $2), 'date')"),
    ("to_timestamp", 1, "spark_cast($1, 'timestamp')"),
    ("to_timestamp", 2, "parse_timestamp($1, $2)"),
    ("trunc", 2, "trunc(spark_cast($1, 'date'), $2)"),
    ("typeof", 1, "spark_typeof($1)"),
    ("ucase", 1, "upper($1)"),
    ("unix_timestamp", 0, "spark_cast(now(), 'bigint')"),
    ("unix_timestamp", 1, "spark_cast(spark_cast($1, 'timestamp'), 'bigint')"),
    ("unix_timestamp", 2, "spark_cast(parse_timestamp($1, $2), 'bigint')"),
    ("to_unix_timestamp", 1, "spark_cast(spark_cast($1, 'timestamp'), 'bigint')"),
    ("variance", 1, "var_samp($1)"),
    ("weekday", 1, "weekday(spark_cast($1, 'date'))"),
    ("weekofyear", 1, "spark_cast(date_part('week', spark_cast($1, 'date')), 'int')"),
    ("year", 1, "spark_cast(date_part('year', spark_cast($1, 'date')), 'int')"),
    ("any_value", 1, "first_value($1)"),
    ("every", 1, "bool_and($1)"),
    ("explode", 1, "unnest($1)"),
    ("first", 1, "first_value($1)"),
    ("last", 1, "last_value($1)"),
    ("mean", 1, "avg($1)"),
    ("some", 1, "bool_or($1)"),
    ("any", 1, "bool_or($1)"),
    ("cardinality", 1, "size($1)"),
];

/// Functions that take arrays in Spark, and only texts here.
pub(super) const TEXT_ONLY: &[&str] = &["concat", "reverse", "length", "upper", "lower"];

/// Functions over windows that count; Spark's numbers are of the type int.
const RANKS: &[&str] = &["dense_rank", "ntile", "rank", "row_number"];

/// What becomes of a call.
pub(super) enum Rule {
    Same,
    Rank,
    Template(&'static str),
    WrongArguments(Vec<usize>),
    Unknown,
}

static TEMPLATES: LazyLock<HashMap<(&str, usize), &str>> = LazyLock::new(|| {
    TRANSLATED.iter().map(|(name, arguments, template)| ((*name, *arguments), *template)).collect()
});

pub(super) fn rule(name: &str, arguments: usize) -> Rule {
    if let Some(template) = TEMPLATES.get(&(name, arguments)) {
        return Rule::Template(template);
    }
    if SAME.contains(&name) {
        return Rule::Same;
    }
    if RANKS.contains(&name) {
        return Rule::Rank;
    }
    let numbers: Vec<usize> = TRANSLATED
        .iter()
        .filter(|(known, ..)| *known == name)
        .map(|(_, number, _)| *number)
        .collect();
    if numbers.is_empty() { Rule::Unknown } else { Rule::WrongArguments(numbers) }
}

/// The names of all functions that may be called.
pub(super) fn names() -> Vec<&'static str> {
    let translated = TRANSLATED.iter().map(|(name, ..)| *name);
    let mut names: Vec<&str> = SAME.iter().chain(RANKS).copied().chain(translated).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// All scalar functions a session knows; later ones of a name take the place of earlier ones.
pub(super) fn scalar() -> Vec<Arc<ScalarUDF>> {
    let mut all = datafusion::execution::SessionStateDefaults::default_scalar_functions();
    all.extend(datafusion_spark::all_default_scalar_functions());
    all.extend(strings::functions().into_iter().map(Arc::new));
    all.extend(datetime::functions().into_iter().map(Arc::new));
    all.push(Arc::new(ScalarUDF::new_from_impl(cast::Cast::new())));
    all.push(Arc::new(ScalarUDF::new_from_impl(rounding::Round::new())));
    all.push(Arc::new(ScalarUDF::new_from_impl(arithmetic::DecimalDivision::new())));
    all
}

pub(super) fn aggregate() -> Vec<Arc<AggregateUDF>> {
    let mut all = datafusion::execution::SessionStateDefaults::default_aggregate_functions();
    // The service's average of decimals is a decimal, as DataFusion's own is.
    let spark = datafusion_spark::all_default_aggregate_functions().into_iter();
    all.extend(spark.filter(|function| function.name() != "avg"));
    all
}

pub(super) fn window() -> Vec<Arc<WindowUDF>> {
    datafusion::execution::SessionStateDefaults::default_window_functions()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_function_is_in_two_tables_for_the_same_arguments() {
        let mut seen = std::collections::HashSet::new();
        for (name, arguments, _) in TRANSLATED {
            assert!(seen.insert((name, arguments)), "{name} with {arguments}");
        }
    }
}

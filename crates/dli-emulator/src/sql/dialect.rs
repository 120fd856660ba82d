//! The words of the service's SQL, as far as the parser has to know them: Spark's dialect.

use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr};
use datafusion::sql::sqlparser::dialect::{Dialect, Precedence, SparkSqlDialect};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};

/// Spark's dialect, with what the parser's own `SparkSqlDialect` leaves out: backslashes in texts,
/// intervals as one text, `DIV` that binds as `/` does.
#[derive(Debug)]
pub(super) struct ServiceDialect;

const SPARK: SparkSqlDialect = SparkSqlDialect;

impl Dialect for ServiceDialect {
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        SPARK.is_delimited_identifier_start(ch)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        SPARK.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        SPARK.is_identifier_part(ch)
    }

    fn supports_string_literal_backslash_escape(&self) -> bool {
        true
    }

    fn supports_filter_during_aggregation(&self) -> bool {
        SPARK.supports_filter_during_aggregation()
    }

    fn supports_group_by_expr(&self) -> bool {
        SPARK.supports_group_by_expr()
    }

    fn supports_group_by_with_modifier(&self) -> bool {
        SPARK.supports_group_by_with_modifier()
    }

    fn supports_nested_comments(&self) -> bool {
        SPARK.supports_nested_comments()
    }

    fn supports_long_type_as_bigint(&self) -> bool {
        SPARK.supports_long_type_as_bigint()
    }

    fn supports_values_as_table_factor(&self) -> bool {
        SPARK.supports_values_as_table_factor()
    }

    fn supports_bang_not_operator(&self) -> bool {
        SPARK.supports_bang_not_operator()
    }

    fn supports_window_clause_named_window_reference(&self) -> bool {
        true
    }

    fn require_interval_qualifier(&self) -> bool {
        false
    }

    fn parse_infix(
        &self,
        parser: &mut Parser,
        left: &Expr,
        precedence: u8,
    ) -> Option<Result<Expr, ParserError>> {
        if !parser.parse_keyword(Keyword::DIV) {
            return None;
        }
        let right = parser.parse_subexpr(precedence);
        Some(right.map(|right| Expr::BinaryOp {
            left: Box::new(left.clone()),
            op: BinaryOperator::MyIntegerDivide,
            right: Box::new(right),
        }))
    }

    fn get_next_precedence(&self, parser: &Parser) -> Option<Result<u8, ParserError>> {
        let div = parser.peek_keyword(Keyword::DIV);
        div.then(|| Ok(self.prec_value(Precedence::MulDivModOp)))
    }
}

//! Operators as Spark has them: `/` is never a division of integers, nothing fails because of a
//! zero, texts among numbers are numbers.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, Decimal128Array};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, IntervalUnit, i256};
use datafusion::common::{DFSchema, Result, ScalarValue, plan_err};
use datafusion::logical_expr::expr::{BinaryExpr, ScalarFunction};
use datafusion::logical_expr::planner::{
    ExprPlanner, PlannerResult, RawBinaryExpr, RawFieldAccessExpr,
};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ExprSchemable, GetFieldAccess, Operator, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility, lit, when,
};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::cast::Cast;
use crate::sql::types::{self, MAX_PRECISION};

/// What an operator does, by the types on both sides.
#[derive(Debug)]
pub(crate) struct SparkArithmetic {
    cast: Arc<ScalarUDF>,
    divide: Arc<ScalarUDF>,
}

impl SparkArithmetic {
    pub fn new() -> Self {
        Self {
            cast: Arc::new(ScalarUDF::new_from_impl(Cast::new())),
            divide: Arc::new(ScalarUDF::new_from_impl(DecimalDivision::new())),
        }
    }

    fn cast(&self, value: Expr, ty: &DataType) -> Expr {
        call(&self.cast, vec![value, lit(types::name(ty))])
    }

    /// An integer among decimals: as many digits as it has, or as its type may have.
    fn as_decimal(&self, value: Expr, ty: &DataType) -> Expr {
        let precision = match (&value, ty) {
            (Expr::Literal(number, _), ty) if ty.is_integer() && !number.is_null() => {
                let digits = number.to_string();
                u8::try_from(digits.trim_start_matches('-').len()).unwrap_or(MAX_PRECISION)
            }
            (_, DataType::Int8) => 3,
            (_, DataType::Int16) => 5,
            (_, DataType::Int32) => 10,
            (_, DataType::Int64) => 20,
            _ => return value,
        };
        self.cast(value, &DataType::Decimal128(precision.clamp(1, MAX_PRECISION), 0))
    }

    fn plan(&self, expr: RawBinaryExpr, schema: &DFSchema) -> Result<PlannerResult<RawBinaryExpr>> {
        let RawBinaryExpr { op, left, right } = expr;
        let (lt, rt) = (left.get_type(schema)?, right.get_type(schema)?);
        let text =
            |ty: &DataType| matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        let number = |ty: &DataType| ty.is_numeric() || text(ty) || *ty == DataType::Null;
        let decimal = |ty: &DataType| matches!(ty, DataType::Decimal128(..));
        let exact = |ty: &DataType| decimal(ty) || ty.is_integer();
        let double = DataType::Float64;
        let instant = |ty: &DataType| matches!(ty, DataType::Date32 | DataType::Timestamp(..));
        let binary = |left: Expr, op: Operator, right: Expr| {
            Expr::BinaryExpr(BinaryExpr::new(Box::new(left), op, Box::new(right)))
        };
        let planned = match op {
            BinaryOperator::Divide if number(&lt) && number(&rt) => {
                if (decimal(&lt) || decimal(&rt)) && exact(&lt) && exact(&rt) {
                    let (left, right) = (self.as_decimal(left, &lt), self.as_decimal(right, &rt));
                    call(&self.divide, vec![left, right])
                } else {
                    let right = nullif(self.cast(right, &double), lit(0.0));
                    binary(self.cast(left, &double), Operator::Divide, right)
                }
            }
            BinaryOperator::MyIntegerDivide => {
                let whole = DataType::Int64;
                let right = nullif(self.cast(right, &whole), lit(0_i64));
                binary(self.cast(left, &whole), Operator::Divide, right)
            }
            BinaryOperator::Modulo if text(&lt) || text(&rt) => {
                let right = nullif(self.cast(right, &double), lit(0.0));
                binary(self.cast(left, &double), Operator::Modulo, right)
            }
            BinaryOperator::Modulo if rt.is_numeric() => {
                let zero = ScalarValue::new_zero(&rt)?;
                binary(left, Operator::Modulo, nullif(right, Expr::Literal(zero, None)))
            }
            BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply
                if (text(&lt) && number(&rt)) || (number(&lt) && text(&rt)) =>
            {
                let op = arithmetic(&op);
                binary(self.cast(left, &double), op, self.cast(right, &double))
            }
            BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply
                if decimal(&lt) != decimal(&rt) && exact(&lt) && exact(&rt) =>
            {
                let op = arithmetic(&op);
                binary(self.as_decimal(left, &lt), op, self.as_decimal(right, &rt))
            }
            BinaryOperator::Minus if lt == DataType::Date32 && rt == DataType::Date32 => {
                return plan_err!(
                    "The difference of two dates is not run here; datediff gives days"
                );
            }
            BinaryOperator::Plus | BinaryOperator::Minus
                if lt == DataType::Date32 && rt.is_integer() =>
            {
                return plan_err!("A date and a number are not added here; date_add does it");
            }
            BinaryOperator::Minus if instant(&lt) && instant(&rt) => {
                return plan_err!(
                    "The difference of two instants is not run here; unix_timestamp gives seconds"
                );
            }
            BinaryOperator::Plus | BinaryOperator::Minus
                if (lt == DataType::Date32 && !whole_days(&right, &rt))
                    || (rt == DataType::Date32 && !whole_days(&left, &lt)) =>
            {
                return plan_err!("A date and an interval of less than days are not added here");
            }
            BinaryOperator::Spaceship => binary(left, Operator::IsNotDistinctFrom, right),
            BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::LtEq
            | BinaryOperator::Gt
            | BinaryOperator::GtEq
                if text(&lt) != text(&rt) && lt != DataType::Null && rt != DataType::Null =>
            {
                let other = if text(&lt) { &rt } else { &lt };
                let common = if decimal(other) { &double } else { other };
                if !(common.is_primitive() || *common == DataType::Boolean) {
                    return Ok(PlannerResult::Original(RawBinaryExpr { op, left, right }));
                }
                binary(self.cast(left, common), comparison(&op), self.cast(right, common))
            }
            _ => return Ok(PlannerResult::Original(RawBinaryExpr { op, left, right })),
        };
        Ok(PlannerResult::Planned(planned))
    }
}

impl ExprPlanner for SparkArithmetic {
    fn plan_binary_op(
        &self,
        expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        self.plan(expr, schema)
    }

    /// Spark counts the items of an array from 0, and has none before the first.
    fn plan_field_access(
        &self,
        expr: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        let list = matches!(expr.expr.get_type(schema)?, DataType::List(_));
        match &expr.field_access {
            GetFieldAccess::ListIndex { key } if list => {
                let at = self.cast((**key).clone(), &DataType::Int64);
                let item = datafusion::functions_nested::extract::array_element(
                    expr.expr.clone(),
                    at.clone() + lit(1_i64),
                );
                Ok(PlannerResult::Planned(when(at.gt_eq(lit(0_i64)), item).end()?))
            }
            _ => Ok(PlannerResult::Original(expr)),
        }
    }
}

/// Whether what is added to a date leaves it a date.
fn whole_days(value: &Expr, ty: &DataType) -> bool {
    match value {
        Expr::Literal(ScalarValue::IntervalMonthDayNano(Some(interval)), _) => {
            interval.nanoseconds == 0
        }
        Expr::Literal(ScalarValue::IntervalDayTime(Some(interval)), _) => {
            interval.milliseconds == 0
        }
        _ => !matches!(ty, DataType::Interval(IntervalUnit::DayTime | IntervalUnit::MonthDayNano)),
    }
}

fn arithmetic(op: &BinaryOperator) -> Operator {
    match op {
        BinaryOperator::Plus => Operator::Plus,
        BinaryOperator::Minus => Operator::Minus,
        _ => Operator::Multiply,
    }
}

fn comparison(op: &BinaryOperator) -> Operator {
    match op {
        BinaryOperator::Eq => Operator::Eq,
        BinaryOperator::NotEq => Operator::NotEq,
        BinaryOperator::Lt => Operator::Lt,
        BinaryOperator::LtEq => Operator::LtEq,
        BinaryOperator::Gt => Operator::Gt,
        _ => Operator::GtEq,
    }
}

fn call(function: &Arc<ScalarUDF>, arguments: Vec<Expr>) -> Expr {
    Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(function), arguments))
}

fn nullif(value: Expr, zero: Expr) -> Expr {
    call(&datafusion::functions::core::nullif(), vec![value, zero])
}

/// The quotient of two decimals, with as many places as Spark's has.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct DecimalDivision {
    signature: Signature,
}

impl DecimalDivision {
    pub fn new() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

fn quotient_type(left: &DataType, right: &DataType) -> Result<(u8, i8)> {
    let (DataType::Decimal128(p1, s1), DataType::Decimal128(p2, s2)) = (left, right) else {
        return plan_err!("a division of decimals got {left} and {right}");
    };
    let (p1, s1, p2, s2) = (i32::from(*p1), i32::from(*s1), i32::from(*p2), i32::from(*s2));
    let most = i32::from(MAX_PRECISION);
    let scale = (s1 + p2 + 1).max(6);
    let precision = p1 - s1 + s2 + scale;
    let (precision, scale) = if precision > most {
        let whole = precision - scale;
        (most, (most - whole).max(scale.min(6)))
    } else {
        (precision, scale)
    };
    Ok((u8::try_from(precision).unwrap_or(MAX_PRECISION), i8::try_from(scale).unwrap_or(6)))
}

impl ScalarUDFImpl for DecimalDivision {
    fn name(&self) -> &str {
        "spark_decimal_div"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        let (precision, scale) = quotient_type(&types[0], &types[1])?;
        Ok(DataType::Decimal128(precision, scale))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let (precision, scale) = quotient_type(arrays[0].data_type(), arrays[1].data_type())?;
        let places = |array: &ArrayRef| match array.data_type() {
            DataType::Decimal128(_, scale) => i32::from(*scale),
            _ => 0,
        };
        let shift = i32::from(scale) - places(&arrays[0]) + places(&arrays[1]);
        let (left, right) = (
            arrays[0].as_primitive::<Decimal128Type>(),
            arrays[1].as_primitive::<Decimal128Type>(),
        );
        let quotients = (0..left.len()).map(|row| {
            let valid = left.is_valid(row) && right.is_valid(row);
            valid.then(|| quotient(left.value(row), right.value(row), shift, precision)).flatten()
        });
        let values: Decimal128Array = quotients.collect();
        Ok(ColumnarValue::Array(Arc::new(values.with_precision_and_scale(precision, scale)?)))
    }
}

/// `left * 10^shift / right`, rounded half up.
fn quotient(left: i128, right: i128, shift: i32, precision: u8) -> Option<i128> {
    if right == 0 {
        return None;
    }
    let power = |exponent: u32| i256::from_i128(10).checked_pow(exponent);
    let (mut above, mut below) = (i256::from_i128(left), i256::from_i128(right));
    if shift >= 0 {
        above = above.checked_mul(power(shift.unsigned_abs())?)?;
    } else {
        below = below.checked_mul(power(shift.unsigned_abs())?)?;
    }
    let whole = above.checked_div(below)?;
    let rest = above.checked_rem(below)?.checked_abs()?;
    let up = rest.checked_add(rest)? >= below.checked_abs()?;
    let sign = if (left < 0) == (right < 0) { 1 } else { -1 };
    let rounded = if up { whole.checked_add(i256::from_i128(sign))? } else { whole }.to_i128()?;
    (rounded.unsigned_abs() < 10_u128.checked_pow(precision.into())?).then_some(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_of_decimals_have_sparks_types_and_are_rounded_half_up() {
        let decimal = DataType::Decimal128;
        assert_eq!(quotient_type(&decimal(10, 2), &decimal(10, 2)).unwrap(), (23, 13));
        assert_eq!(quotient_type(&decimal(38, 10), &decimal(38, 10)).unwrap(), (38, 6));
        assert_eq!(quotient(100, 300, 6, 20), Some(333_333));
        assert_eq!(quotient(200, 300, 6, 20), Some(666_667));
        assert_eq!(quotient(-200, 300, 6, 20), Some(-666_667));
        assert_eq!(quotient(1, 0, 6, 20), None);
    }
}

//! `round` as Spark has it: half up, and a decimal loses the places that are rounded away.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Decimal128Type, Field, FieldRef, Float64Type, Int64Type,
};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::cast::rescale;
use super::text;
use crate::sql::types::MAX_PRECISION;

const NAME: &str = "spark_round";

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Round {
    signature: Signature,
}

impl Round {
    pub fn new() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

fn places(value: Option<&ScalarValue>) -> Result<i8> {
    let places = match value {
        Some(ScalarValue::Int64(Some(places))) => i8::try_from(*places).ok(),
        Some(ScalarValue::Int32(Some(places))) => i8::try_from(*places).ok(),
        _ => None,
    };
    match places {
        Some(places @ -38..=38) => Ok(places),
        _ => plan_err!("The number of places of round has to be a number between -38 and 38"),
    }
}

fn rounded(ty: &DataType, places: i8) -> DataType {
    match ty {
        DataType::Decimal128(precision, scale) if places < *scale => {
            let kept = places.max(0);
            let lost = (*scale - kept).cast_unsigned();
            let precision = (*precision - lost.min(*precision) + 1).clamp(1, MAX_PRECISION);
            DataType::Decimal128(precision.max(kept.cast_unsigned()), kept)
        }
        DataType::Utf8 | DataType::Null => DataType::Float64,
        other => other.clone(),
    }
}

impl ScalarUDFImpl for Round {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        plan_err!("the type of round is known from its arguments")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let places = places(args.scalar_arguments.get(1).copied().flatten())?;
        let ty = args.arg_fields[0].data_type();
        if !(ty.is_numeric() || matches!(ty, DataType::Utf8 | DataType::Null)) {
            return plan_err!("round takes numbers, not values of the type {ty}");
        }
        Ok(Arc::new(Field::new(NAME, rounded(ty, places), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let places = match &args.args[1] {
            ColumnarValue::Scalar(value) => places(Some(value))?,
            ColumnarValue::Array(_) => return plan_err!("The places of round are no column"),
        };
        let array = args.args[0].to_array(args.number_rows)?;
        Ok(ColumnarValue::Array(round(&array, places, args.return_field.data_type())?))
    }
}

fn round(array: &ArrayRef, places: i8, goal: &DataType) -> Result<ArrayRef> {
    Ok(match (array.data_type(), goal) {
        (DataType::Decimal128(_, scale), DataType::Decimal128(precision, kept)) => {
            let (scale, precision, kept) = (*scale, *precision, *kept);
            let values = array.as_primitive::<Decimal128Type>();
            let round = |value: i128| {
                // Places before the point are rounded away and filled with zeros.
                let short = rescale(value, scale, places.min(scale), MAX_PRECISION)?;
                rescale(short, places.min(scale), kept, precision)
            };
            let values = values.unary_opt::<_, Decimal128Type>(round);
            Arc::new(values.with_precision_and_scale(precision, kept)?)
        }
        (ty, _) if ty.is_integer() => {
            let whole = cast(array, &DataType::Int64)?;
            let round = |value: i64| {
                let short = rescale(value.into(), 0, places.min(0), MAX_PRECISION)?;
                rescale(short, places.min(0), 0, MAX_PRECISION).map(|value| value as i64)
            };
            let rounded = whole.as_primitive::<Int64Type>().unary_opt::<_, Int64Type>(round);
            super::cast::convert(&(Arc::new(rounded) as ArrayRef), goal)?
        }
        _ => {
            let numbers = super::cast::convert(array, &DataType::Float64)?;
            let round = |number: f64| {
                let text = format!("{number:e}");
                let scaled = text::decimal(&text, MAX_PRECISION, places);
                scaled.map_or(number, |scaled| scaled as f64 / 10_f64.powi(places.into()))
            };
            let rounded = numbers.as_primitive::<Float64Type>().unary::<_, Float64Type>(round);
            cast(&rounded, goal)?
        }
    })
}

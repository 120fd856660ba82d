//! `CAST` as Spark does it without ANSI mode: what does not convert is null, integers that are too
//! long wrap, decimals round half up.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Date32Array, Decimal128Array,
    ListArray, PrimitiveArray, StringArray, StructArray, TimestampMicrosecondArray, new_null_array,
};
use datafusion::arrow::compute::{CastOptions, cast, cast_with_options};
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, FieldRef, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use datafusion::common::{DataFusionError, Result, ScalarValue, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility,
};

use super::text::{self, to_text};
use crate::sql::types::{self, TIMESTAMP};

pub(crate) const NAME: &str = "spark_cast";

/// `spark_cast(value, 'type')`, which `CAST(value AS type)` is turned into.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Cast {
    signature: Signature,
}

impl Cast {
    pub fn new() -> Self {
        Self { signature: Signature::any(2, Volatility::Immutable) }
    }
}

impl ScalarUDFImpl for Cast {
    fn name(&self) -> &str {
        NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        plan_err!("the type of a cast is known from its arguments")
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let Some(Some(ScalarValue::Utf8(Some(written)))) = args.scalar_arguments.get(1) else {
            return plan_err!("CAST needs the name of a type");
        };
        let goal = types::parse(written)
            .map_err(|failure| DataFusionError::External(Box::new(failure)))?;
        let from = args.arg_fields[0].data_type();
        if !converts(from, &goal) {
            return plan_err!(
                "A value of the type {} cannot be cast to {}",
                types::name(from),
                types::name(&goal)
            );
        }
        Ok(Arc::new(Field::new(NAME, goal, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let goal = args.return_field.data_type();
        match &args.args[0] {
            ColumnarValue::Array(array) => Ok(ColumnarValue::Array(convert(array, goal)?)),
            ColumnarValue::Scalar(value) => {
                let array = convert(&value.to_array()?, goal)?;
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
            }
        }
    }
}

/// Whether Spark has a cast between these at all.
fn converts(from: &DataType, to: &DataType) -> bool {
    use DataType::{Boolean, Date32, List, Map, Null, Struct, Timestamp};
    match (from, to) {
        (Null, _) | (_, DataType::Utf8) => true,
        (List(from), List(to)) => converts(from.data_type(), to.data_type()),
        (Struct(from), Struct(to)) => {
            from.len() == to.len()
                && from.iter().zip(to).all(|(from, to)| converts(from.data_type(), to.data_type()))
        }
        (Map(..), Map(..)) => true,
        (List(_) | Struct(_) | Map(..), _) | (_, List(_) | Struct(_) | Map(..)) => false,
        (Date32, to) => matches!(to, Date32 | Timestamp(..)),
        (from, Date32) => is_text(from) || matches!(from, Timestamp(..)),
        (DataType::Binary, to) => matches!(to, DataType::Binary),
        (from, DataType::Binary) => is_text(from) || from.is_integer(),
        (Boolean, Timestamp(..)) => false,
        _ => true,
    }
}

fn is_text(ty: &DataType) -> bool {
    matches!(ty, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View)
}

/// Converts a column.
pub(crate) fn convert(array: &ArrayRef, goal: &DataType) -> Result<ArrayRef> {
    let from = array.data_type();
    if from == goal {
        return Ok(Arc::clone(array));
    }
    let plain = match from {
        DataType::Null => return Ok(new_null_array(goal, array.len())),
        DataType::LargeUtf8 | DataType::Utf8View => cast(array, &DataType::Utf8)?,
        DataType::Timestamp(..) => cast(array, &TIMESTAMP)?,
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => cast(array, &DataType::Int64)?,
        // A number too long for a bigint.
        DataType::UInt64 => cast(array, &DataType::Decimal128(20, 0))?,
        DataType::Dictionary(_, value) => cast(array, value)?,
        _ => Arc::clone(array),
    };
    if plain.data_type() == goal {
        return Ok(plain);
    }
    Ok(match (plain.data_type(), goal) {
        (_, DataType::Utf8) => Arc::new(to_text(&plain)?),
        (DataType::Utf8, _) => from_text(plain.as_string(), goal)?,
        (DataType::List(_), DataType::List(item)) => {
            let list = plain.as_list::<i32>();
            let values = convert(list.values(), item.data_type())?;
            let (offsets, nulls) = (list.offsets().clone(), list.nulls().cloned());
            Arc::new(ListArray::try_new(Arc::clone(item), offsets, values, nulls)?)
        }
        (DataType::Struct(_), DataType::Struct(fields)) => {
            let from = plain.as_struct();
            let columns: Result<Vec<ArrayRef>> = from
                .columns()
                .iter()
                .zip(fields)
                .map(|(column, field)| convert(column, field.data_type()))
                .collect();
            Arc::new(StructArray::try_new(fields.clone(), columns?, from.nulls().cloned())?)
        }
        (DataType::Timestamp(..), DataType::Date32) => {
            let days = |micros: i64| i32::try_from(micros.div_euclid(DAY)).unwrap_or(0);
            Arc::new(plain.as_primitive::<TimestampMicrosecondType>().unary::<_, Date32Type>(days))
        }
        (DataType::Date32, DataType::Timestamp(..)) => {
            let micros = |days: i32| i64::from(days) * DAY;
            Arc::new(
                plain.as_primitive::<Date32Type>().unary::<_, TimestampMicrosecondType>(micros),
            )
        }
        (DataType::Timestamp(..), _) => {
            let micros = plain.as_primitive::<TimestampMicrosecondType>();
            if goal.is_integer() {
                let seconds = micros.unary::<_, Int64Type>(|micros| micros.div_euclid(SECOND));
                return convert(&(Arc::new(seconds) as ArrayRef), goal);
            }
            let seconds = micros.unary::<_, Float64Type>(|micros| micros as f64 / SECOND as f64);
            return convert(&(Arc::new(seconds) as ArrayRef), goal);
        }
        (ty, DataType::Timestamp(..)) if ty.is_integer() => {
            let seconds = cast(&plain, &DataType::Int64)?;
            let micros = |seconds: i64| seconds.saturating_mul(SECOND);
            Arc::new(
                seconds.as_primitive::<Int64Type>().unary::<_, TimestampMicrosecondType>(micros),
            )
        }
        (ty, DataType::Timestamp(..)) if ty.is_numeric() => {
            let seconds = cast(&plain, &DataType::Float64)?;
            let micros = |seconds: f64| seconds.is_finite().then_some((seconds * 1e6) as i64);
            Arc::new(
                seconds
                    .as_primitive::<Float64Type>()
                    .unary_opt::<_, TimestampMicrosecondType>(micros),
            )
        }
        (DataType::Decimal128(_, scale), DataType::Decimal128(precision, new)) => {
            let (scale, precision, new) = (*scale, *precision, *new);
            decimals(plain.as_primitive::<Decimal128Type>(), precision, new, move |value| {
                rescale(value, scale, new, precision)
            })?
        }
        (ty, DataType::Decimal128(precision, scale)) if ty.is_floating() => {
            let texts = to_text(&plain)?;
            from_text(&texts, &DataType::Decimal128(*precision, *scale))?
        }
        (ty, DataType::Decimal128(precision, scale)) if ty.is_integer() => {
            let (precision, scale) = (*precision, *scale);
            let whole = cast(&plain, &DataType::Int64)?;
            decimals(whole.as_primitive::<Int64Type>(), precision, scale, move |value| {
                rescale(value.into(), 0, scale, precision)
            })?
        }
        (DataType::Boolean, ty) if ty.is_numeric() => {
            let whole = cast(&plain, &DataType::Int32)?;
            return convert(&whole, goal);
        }
        (ty, DataType::Boolean) if ty.is_numeric() => {
            let zero = |value: Option<f64>| value.map(|value| value != 0.0);
            let numbers = cast(&plain, &DataType::Float64)?;
            Arc::new(
                numbers.as_primitive::<Float64Type>().iter().map(zero).collect::<BooleanArray>(),
            )
        }
        (DataType::Decimal128(_, scale), ty) if ty.is_integer() => {
            let unit = 10_i128.pow(scale.unsigned_abs().into());
            let whole = plain
                .as_primitive::<Decimal128Type>()
                .unary::<_, Int64Type>(|value| (value / unit) as i64);
            return narrow(&whole, goal);
        }
        (DataType::Float32 | DataType::Float64, ty) if ty.is_integer() => {
            let numbers = cast(&plain, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            // A double becomes an int before it becomes something shorter.
            let whole = match goal {
                DataType::Int64 => numbers.unary::<_, Int64Type>(|number| number as i64),
                _ => numbers.unary::<_, Int64Type>(|number| i64::from(number as i32)),
            };
            return narrow(&whole, goal);
        }
        (ty, to) if ty.is_integer() && to.is_integer() => {
            let whole = cast(&plain, &DataType::Int64)?;
            return narrow(whole.as_primitive::<Int64Type>(), goal);
        }
        _ => cast_with_options(&plain, goal, &CastOptions { safe: true, ..Default::default() })?,
    })
}

const SECOND: i64 = 1_000_000;
const DAY: i64 = 24 * 3600 * SECOND;

/// The last bits of a number.
fn narrow(whole: &PrimitiveArray<Int64Type>, goal: &DataType) -> Result<ArrayRef> {
    Ok(match goal {
        DataType::Int8 => Arc::new(whole.unary::<_, Int8Type>(|number| number as i8)),
        DataType::Int16 => Arc::new(whole.unary::<_, Int16Type>(|number| number as i16)),
        DataType::Int32 => Arc::new(whole.unary::<_, Int32Type>(|number| number as i32)),
        _ => Arc::new(whole.clone()),
    })
}

fn decimals<T: ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    precision: u8,
    scale: i8,
    convert: impl Fn(T::Native) -> Option<i128>,
) -> Result<ArrayRef> {
    let values: Decimal128Array = array.unary_opt::<_, Decimal128Type>(convert);
    Ok(Arc::new(values.with_precision_and_scale(precision, scale)?))
}

/// A decimal with another number of places, rounded half up; nothing if it is too long then.
pub(crate) fn rescale(value: i128, from: i8, to: i8, precision: u8) -> Option<i128> {
    let rescaled = if to >= from {
        value.checked_mul(10_i128.checked_pow((to - from).unsigned_abs().into())?)?
    } else {
        let unit = 10_i128.checked_pow((from - to).unsigned_abs().into())?;
        let (whole, rest) = (value / unit, value % unit);
        if rest.abs() >= unit - rest.abs() { whole + value.signum() } else { whole }
    };
    (rescaled.unsigned_abs() < 10_u128.checked_pow(precision.into())?).then_some(rescaled)
}

/// Converts texts; what is no value of the type is null.
fn from_text(texts: &StringArray, goal: &DataType) -> Result<ArrayRef> {
    fn read<T: ArrowPrimitiveType>(
        texts: &StringArray,
        parse: impl Fn(&str) -> Option<T::Native>,
    ) -> ArrayRef {
        let values = texts.iter().map(|text| text.and_then(|text| parse(text.trim())));
        Arc::new(values.collect::<PrimitiveArray<T>>())
    }
    Ok(match goal {
        DataType::Int8 => read::<Int8Type>(texts, |t| text::integer(t)?.try_into().ok()),
        DataType::Int16 => read::<Int16Type>(texts, |t| text::integer(t)?.try_into().ok()),
        DataType::Int32 => read::<Int32Type>(texts, |t| text::integer(t)?.try_into().ok()),
        DataType::Int64 => read::<Int64Type>(texts, text::integer),
        DataType::Float32 => read::<Float32Type>(texts, |t| text::double(t).map(|n| n as f32)),
        DataType::Float64 => read::<Float64Type>(texts, text::double),
        DataType::Decimal128(precision, scale) => {
            let values = texts
                .iter()
                .map(|t| t.and_then(|t| text::decimal(t.trim(), *precision, *scale)))
                .collect::<Decimal128Array>();
            Arc::new(values.with_precision_and_scale(*precision, *scale)?)
        }
        DataType::Boolean => {
            let values = texts.iter().map(|t| t.and_then(|t| text::boolean(t.trim())));
            Arc::new(values.collect::<BooleanArray>())
        }
        DataType::Date32 => {
            let values = texts.iter().map(|t| t.and_then(|t| text::date(t.trim())));
            Arc::new(values.collect::<Date32Array>())
        }
        DataType::Timestamp(..) => {
            let values = texts.iter().map(|t| t.and_then(|t| text::timestamp(t.trim())));
            Arc::new(values.collect::<TimestampMicrosecondArray>())
        }
        _ => cast_with_options(texts, goal, &CastOptions { safe: true, ..Default::default() })?,
    })
}

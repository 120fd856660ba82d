//! Values as Spark writes them, and as it reads them from text.

use std::fmt::Write as _;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, TimestampMicrosecondType,
};
use datafusion::common::Result;
use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Timestamp};

use crate::sql::types::TIMESTAMP;

/// A column as text; null stays null.
pub(crate) fn to_text(array: &ArrayRef) -> Result<StringArray> {
    let mut out = StringBuilder::with_capacity(array.len(), array.len() * 8);
    let plain = match array.data_type() {
        DataType::Utf8 => return Ok(array.as_string().clone()),
        DataType::Timestamp(..) => cast(array, &TIMESTAMP)?,
        DataType::Date64 => cast(array, &DataType::Date32)?,
        _ => array.clone(),
    };
    for row in 0..plain.len() {
        if plain.is_null(row) {
            out.append_null();
        } else {
            let mut text = String::new();
            write_value(&plain, row, &mut text)?;
            out.append_value(text);
        }
    }
    Ok(out.finish())
}

fn write_value(array: &ArrayRef, row: usize, out: &mut String) -> Result<()> {
    if array.is_null(row) {
        out.push_str("null");
        return Ok(());
    }
    match array.data_type() {
        DataType::Float32 => {
            let number = array.as_primitive::<Float32Type>().value(row);
            out.push_str(&java_float(f64::from(number), &format!("{number:e}")));
        }
        DataType::Float64 => {
            let number = array.as_primitive::<Float64Type>().value(row);
            out.push_str(&java_float(number, &format!("{number:e}")));
        }
        DataType::Decimal128(_, scale) => {
            out.push_str(&decimal_text(array.as_primitive::<Decimal128Type>().value(row), *scale));
        }
        DataType::Date32 => out.push_str(&date_text(array.as_primitive::<Date32Type>().value(row))),
        DataType::Timestamp(..) => {
            let array = cast(array, &TIMESTAMP)?;
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            out.push_str(&timestamp_text(micros));
        }
        DataType::List(_) => {
            let items = array.as_list::<i32>().value(row);
            out.push('[');
            for item in 0..items.len() {
                if item > 0 {
                    out.push_str(", ");
                }
                write_value(&items, item, out)?;
            }
            out.push(']');
        }
        DataType::Struct(_) => {
            out.push('{');
            for (nth, column) in array.as_struct().columns().iter().enumerate() {
                if nth > 0 {
                    out.push_str(", ");
                }
                write_value(column, row, out)?;
            }
            out.push('}');
        }
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            out.push('{');
            for entry in 0..entries.len() {
                if entry > 0 {
                    out.push_str(", ");
                }
                write_value(entries.column(0), entry, out)?;
                out.push_str(" -> ");
                write_value(entries.column(1), entry, out)?;
            }
            out.push('}');
        }
        DataType::Binary => {
            out.push_str(&String::from_utf8_lossy(array.as_binary::<i32>().value(row)));
        }
        _ => {
            let texts = cast(&array.slice(row, 1), &DataType::Utf8)?;
            out.push_str(texts.as_string::<i32>().value(0));
        }
    }
    Ok(())
}

/// As Java writes floating point numbers: `1.0`, `1.0E10`, `1.0E-5`, `NaN`, `Infinity`.
pub(crate) fn java_float(number: f64, scientific: &str) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let mut out = sign.to_owned();
    if number == 0.0 {
        out.push_str("0.0");
    } else if (-3..7).contains(&exponent) {
        if exponent < 0 {
            out.push_str("0.");
            out.extend(std::iter::repeat_n('0', exponent.unsigned_abs() as usize - 1));
            out.push_str(&digits);
        } else {
            let whole = exponent.unsigned_abs() as usize + 1;
            let padded = format!("{digits:0<whole$}");
            let (before, after) = padded.split_at(whole);
            let after = if after.is_empty() { "0" } else { after };
            let _ = write!(out, "{before}.{after}");
        }
    } else {
        let (first, rest) = digits.split_at(1);
        let rest = if rest.is_empty() { "0" } else { rest };
        let _ = write!(out, "{first}.{rest}E{exponent}");
    }
    out
}

pub(crate) fn decimal_text(value: i128, scale: i8) -> String {
    let scale = usize::from(scale.unsigned_abs());
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, places) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    match places {
        "" => format!("{sign}{whole}"),
        _ => format!("{sign}{whole}.{places}"),
    }
}

const EPOCH: Date = Date::constant(1970, 1, 1);

/// The day so many days after 1970-01-01, within the years that the service has.
pub(crate) fn day(days: i32) -> Option<Date> {
    EPOCH.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).ok()
}

pub(crate) fn days(date: Date) -> i32 {
    i32::try_from(date.duration_since(EPOCH).as_hours() / 24).unwrap_or(0)
}

pub(crate) fn date_text(days: i32) -> String {
    day(days).map_or_else(|| format!("day {days} since 1970-01-01"), |date| date.to_string())
}

pub(crate) fn moment(micros: i64) -> Option<DateTime> {
    let instant = Timestamp::from_microsecond(micros).ok()?;
    Some(instant.to_zoned(jiff::tz::TimeZone::UTC).datetime())
}

pub(crate) fn micros(moment: DateTime) -> Option<i64> {
    Some(moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

/// `2024-01-01 12:00:00`, with as many places of a second as are not zero.
pub(crate) fn timestamp_text(micros: i64) -> String {
    match moment(micros) {
        Some(moment) => moment.to_string().replacen('T', " ", 1),
        None => format!("{micros} microseconds since 1970-01-01"),
    }
}

/// An integer; digits after a point are cut off.
pub(crate) fn integer(text: &str) -> Option<i64> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let digits = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(digits) || !plain(places) || (digits.is_empty() && places.is_empty()) {
        return None;
    }
    if digits.is_empty() { Some(0) } else { whole.parse().ok() }
}

pub(crate) fn double(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" | "infinity" | "+infinity" => Some(f64::INFINITY),
        "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
        lower => {
            let number = lower.strip_suffix(['d', 'f']).unwrap_or(lower);
            let begins = number.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
            if begins { number.parse().ok() } else { None }
        }
    }
}

/// A decimal of a precision and scale, rounded half up.
pub(crate) fn decimal(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (number, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, number) = match number.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, number.strip_prefix('+').unwrap_or(number)),
    };
    let (whole, places) = number.split_once('.').unwrap_or((number, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(places) || (whole.is_empty() && places.is_empty()) {
        return None;
    }
    let digits = format!("{whole}{places}");
    // How many of the digits are kept: those before the place that is rounded to.
    let point = i64::try_from(whole.len()).ok()? + i64::from(exponent) + i64::from(scale);
    if point > 60 && digits.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let mut value: i128 = 0;
    let kept = usize::try_from(point.max(0)).ok()?.min(60);
    for nth in 0..kept {
        let digit = digits.as_bytes().get(nth).map_or(0, |digit| i128::from(digit - b'0'));
        value = value.checked_mul(10)?.checked_add(digit)?;
    }
    if point >= 0 && digits.as_bytes().get(kept).is_some_and(|digit| *digit >= b'5') {
        value = value.checked_add(1)?;
    }
    let value = if negative { -value } else { value };
    (value.unsigned_abs() < 10_u128.checked_pow(precision.into())?).then_some(value)
}

pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "t" | "true" | "y" | "yes" | "1" => Some(true),
        "f" | "false" | "n" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// `2024`, `2024-2`, `2024-02-29`, and anything after a blank or a `T`.
pub(crate) fn date(text: &str) -> Option<i32> {
    let part = text.split([' ', 'T']).next()?;
    Some(days(date_part(part)?))
}

fn date_part(part: &str) -> Option<Date> {
    let mut numbers = part.split('-');
    let year = numbers.next().filter(|year| year.len() >= 4)?;
    let mut next = || match numbers.next() {
        None => Some(1),
        Some(number) if matches!(number.len(), 1 | 2) => number.parse::<i8>().ok(),
        Some(_) => None,
    };
    let (month, day) = (next()?, next()?);
    if part.matches('-').count() > 2 {
        return None;
    }
    Date::new(year.parse().ok()?, month, day).ok()
}

/// A date, and what follows it: `12:30`, `12:30:00.123456`, a zone.
pub(crate) fn timestamp(text: &str) -> Option<i64> {
    let (date, rest) = match text.split_once([' ', 'T']) {
        Some((date, rest)) => (date, rest.trim()),
        None => (text, ""),
    };
    let date = date_part(date)?;
    if rest.is_empty() {
        return micros(date.to_datetime(Time::midnight()));
    }
    let (clock, offset) = zone(rest)?;
    let mut parts = clock.split(':');
    let number = |part: Option<&str>| -> Option<i8> {
        let part = part?;
        if matches!(part.len(), 1 | 2) { part.parse().ok() } else { None }
    };
    let (hour, minute) = (number(parts.next())?, number(parts.next())?);
    let (second, nanos) = match parts.next() {
        None => (0, 0),
        Some(seconds) => {
            let (whole, places) = seconds.split_once('.').unwrap_or((seconds, ""));
            if !places.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let places: String = places.chars().chain("000000".chars()).take(6).collect();
            (number(Some(whole))?, places.parse::<i32>().ok()? * 1000)
        }
    };
    if parts.next().is_some() {
        return None;
    }
    let time = Time::new(hour, minute, second, nanos).ok()?;
    micros(date.to_datetime(time))?.checked_sub(offset * 1_000_000)
}

/// What is left of a clock without its zone, and the zone's seconds.
fn zone(text: &str) -> Option<(&str, i64)> {
    for name in ["Z", "UTC", "GMT"] {
        if let Some(clock) = text.strip_suffix(name) {
            return Some((clock.trim_end(), 0));
        }
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let (clock, offset) = text.split_at(at);
    let (hours, minutes) = offset[1..].split_once(':').unwrap_or((&offset[1..], "0"));
    let seconds = hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60;
    let clock = clock.trim_end().trim_end_matches("UTC").trim_end_matches("GMT").trim_end();
    Some((clock, if offset.starts_with('-') { -seconds } else { seconds }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floating_point_numbers_are_written_as_java_writes_them() {
        for (number, text) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-0.001, "-0.001"),
            (0.0001, "1.0E-4"),
            (123.456, "123.456"),
            (9_999_999.0, "9999999.0"),
            (10_000_000.0, "1.0E7"),
            (1.5e300, "1.5E300"),
            (0.0, "0.0"),
            (f64::INFINITY, "Infinity"),
        ] {
            assert_eq!(java_float(number, &format!("{number:e}")), text);
        }
    }

    #[test]
    fn decimals_are_rounded_half_up_and_too_long_ones_are_null() {
        assert_eq!(decimal("1.005", 5, 2), Some(101));
        assert_eq!(decimal("-1.005", 5, 2), Some(-101));
        assert_eq!(decimal("1e2", 5, 2), Some(10_000));
        assert_eq!(decimal("1.5e-3", 5, 3), Some(2));
        assert_eq!(decimal("0.5", 5, 0), Some(1));
        assert_eq!(decimal("0.05", 5, 0), Some(0));
        assert_eq!(decimal("1000", 5, 2), None);
        assert_eq!(decimal("", 5, 2), None);
        assert_eq!(decimal("1x", 5, 2), None);
        assert_eq!(decimal_text(-5, 2), "-0.05");
    }

    #[test]
    fn dates_and_times_may_be_short_and_have_zones() {
        let text = |t: &str| timestamp(t).map(timestamp_text);
        assert_eq!(text("2024-2-9").as_deref(), Some("2024-02-09 00:00:00"));
        assert_eq!(text("2024-02-09T1:2:3.5Z").as_deref(), Some("2024-02-09 01:02:03.5"));
        assert_eq!(text("2024-02-09 01:00:00+02:00").as_deref(), Some("2024-02-08 23:00:00"));
        assert_eq!(date("2024-02-30"), None);
        assert_eq!(date("2024-02-29 what").map(date_text).as_deref(), Some("2024-02-29"));
        assert_eq!(integer(" 1".trim()), Some(1));
        assert_eq!(integer("1.9"), Some(1));
        assert_eq!(integer("1e3"), None);
    }
}

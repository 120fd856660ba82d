//! Dates and times in the patterns of Java.

use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, Int32Array, StringBuilder, TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{DataType, Date32Type, TimestampMicrosecondType};
use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use jiff::civil::{Date, DateTime, Time};

use super::text::{day, micros, moment};
use crate::sql::failure::refused;
use crate::sql::types::TIMESTAMP;

type Run = fn(&[ArrayRef]) -> Result<ArrayRef>;

pub(super) fn functions() -> Vec<ScalarUDF> {
    let function = |name: &str, arguments: Vec<DataType>, returns: DataType, run: Run| {
        let run = move |arguments: &[ColumnarValue]| {
            Ok(ColumnarValue::Array(run(&ColumnarValue::values_to_arrays(arguments)?)?))
        };
        create_udf(name, arguments, returns, Volatility::Immutable, Arc::new(run))
    };
    vec![
        function("date_format", vec![TIMESTAMP, DataType::Utf8], DataType::Utf8, format),
        function("parse_timestamp", vec![DataType::Utf8, DataType::Utf8], TIMESTAMP, parse),
        function("day_of_week", vec![DataType::Date32], DataType::Int32, day_of_week),
    ]
}

/// 1 is Sunday.
fn day_of_week(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let dates = arguments[0].as_primitive::<Date32Type>().iter();
    let days = dates.map(|date| Some(i32::from(day(date?)?.weekday().to_sunday_zero_offset()) + 1));
    Ok(Arc::new(days.collect::<Int32Array>()))
}

fn format(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let moments = arguments[0].as_primitive::<TimestampMicrosecondType>();
    let patterns = arguments[1].as_string::<i32>();
    let mut pattern = Known::default();
    let mut out = StringBuilder::new();
    for (micros, text) in moments.iter().zip(patterns) {
        let (Some(moment), Some(text)) = (micros.and_then(moment), text) else {
            out.append_null();
            continue;
        };
        let mut formatted = String::new();
        for part in pattern.get(text)? {
            part.write(moment, &mut formatted);
        }
        out.append_value(formatted);
    }
    Ok(Arc::new(out.finish()))
}

fn parse(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let (texts, patterns) = (arguments[0].as_string::<i32>(), arguments[1].as_string::<i32>());
    let mut pattern = Known::default();
    let mut values = Vec::with_capacity(texts.len());
    for (text, written) in texts.iter().zip(patterns) {
        values.push(match (text, written) {
            (Some(text), Some(written)) => read(pattern.get(written)?, text),
            _ => None,
        });
    }
    Ok(Arc::new(TimestampMicrosecondArray::from(values)))
}

/// The last pattern; a column mostly has one.
#[derive(Default)]
struct Known(String, Vec<Part>);

impl Known {
    fn get(&mut self, pattern: &str) -> Result<&[Part]> {
        if self.0 != pattern {
            self.1 = parts(pattern)?;
            pattern.clone_into(&mut self.0);
        }
        Ok(&self.1)
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    /// A letter and how often it stands there.
    Field(char, usize),
}

fn parts(pattern: &str) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut letters = pattern.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                let mut text = String::new();
                if letters.next_if_eq(&'\'').is_some() {
                    text.push('\'');
                } else {
                    while let Some(letter) = letters.next() {
                        if letter == '\'' && letters.next_if_eq(&'\'').is_none() {
                            break;
                        }
                        text.push(letter);
                    }
                }
                parts.push(Part::Text(text));
            }
            letter if letter.is_ascii_alphabetic() => {
                let mut count = 1;
                while letters.next_if_eq(&letter).is_some() {
                    count += 1;
                }
                let known = match letter {
                    'y' | 'u' => count <= 4,
                    'M' | 'L' | 'E' => count <= 4,
                    'd' | 'H' | 'h' | 'm' | 's' => count <= 2,
                    'S' => count <= 6,
                    'a' => count == 1,
                    'D' => count <= 3,
                    _ => false,
                };
                if !known {
                    let field = letter.to_string().repeat(count);
                    let failure = refused(format!("`{field}` in the pattern `{pattern}`"));
                    return Err(DataFusionError::External(Box::new(failure)));
                }
                parts.push(Part::Field(letter, count));
            }
            letter => parts.push(Part::Text(letter.to_string())),
        }
    }
    Ok(parts)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

impl Part {
    fn write(&self, at: DateTime, out: &mut String) {
        let (letter, count) = match self {
            Self::Text(text) => return out.push_str(text),
            Self::Field(letter, count) => (*letter, *count),
        };
        let name = |names: &[&str], nth: i8, count: usize| {
            let name = names[usize::try_from(nth).unwrap_or(0)];
            if count == 4 { name.to_owned() } else { name[..3].to_owned() }
        };
        let hour12 = if at.hour() % 12 == 0 { 12 } else { at.hour() % 12 };
        let number = match letter {
            'y' | 'u' if count == 2 => i32::from(at.year()).rem_euclid(100),
            'y' | 'u' => at.year().into(),
            'M' | 'L' if count >= 3 => return out.push_str(&name(&MONTHS, at.month() - 1, count)),
            'M' | 'L' => at.month().into(),
            'd' => at.day().into(),
            'D' => at.day_of_year().into(),
            'H' => at.hour().into(),
            'h' => hour12.into(),
            'm' => at.minute().into(),
            's' => at.second().into(),
            'S' => {
                let digits = format!("{:06}", at.subsec_nanosecond() / 1000);
                return out.push_str(&digits[..count]);
            }
            'a' => return out.push_str(if at.hour() < 12 { "AM" } else { "PM" }),
            _ => return out.push_str(&name(&DAYS, at.weekday().to_monday_zero_offset(), count)),
        };
        out.push_str(&format!("{number:0count$}"));
    }
}

/// A moment from a text; nothing if the text is not as the pattern says.
fn read(pattern: &[Part], text: &str) -> Option<i64> {
    let (mut year, mut month, mut day, mut of_year) = (1970_i32, 1_i8, 1_i8, None);
    let (mut hour, mut minute, mut second, mut nanos) = (0_i8, 0_i8, 0_i8, 0_i32);
    let mut afternoon = None;
    let mut rest = text;
    for (nth, part) in pattern.iter().enumerate() {
        let (letter, count) = match part {
            Part::Text(text) => {
                rest = rest.strip_prefix(text.as_str())?;
                continue;
            }
            Part::Field(letter, count) => (*letter, *count),
        };
        let names: &[&str] = match letter {
            'M' | 'L' if count >= 3 => &MONTHS,
            'E' => &DAYS,
            'a' => &["AM", "PM"],
            _ => &[],
        };
        if !names.is_empty() {
            let length = |name: &str| if count == 4 { name.len() } else { name.len().min(3) };
            let found = names.iter().position(|name| {
                rest.get(..length(name))
                    .is_some_and(|part| part.eq_ignore_ascii_case(&name[..length(name)]))
            })?;
            rest = &rest[length(names[found])..];
            match letter {
                'a' => afternoon = Some(found == 1),
                'E' => {}
                _ => month = i8::try_from(found).ok()? + 1,
            }
            continue;
        }
        // A field before another one has just its digits; else it may be longer or shorter.
        let adjoined = matches!(pattern.get(nth + 1), Some(Part::Field(..)));
        let most = match (adjoined || letter == 'S', letter) {
            (true, _) => count,
            (false, 'y' | 'u') if count != 2 => 6,
            (false, 'D') => 3,
            (false, _) => 2.max(count),
        };
        let digits = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if digits < if count == 1 { 1 } else { count } {
            return None;
        }
        let number: i32 = rest[..digits].parse().ok()?;
        match letter {
            'y' | 'u' => year = if count == 2 { 2000 + number } else { number },
            'M' | 'L' => month = i8::try_from(number).ok()?,
            'd' => day = i8::try_from(number).ok()?,
            'D' => of_year = Some(i16::try_from(number).ok()?),
            'H' | 'h' => hour = i8::try_from(number).ok()?,
            'm' => minute = i8::try_from(number).ok()?,
            's' => second = i8::try_from(number).ok()?,
            _ => nanos = number * 10_i32.pow(9 - u32::try_from(digits).ok()?),
        }
        rest = &rest[digits..];
    }
    if !rest.is_empty() {
        return None;
    }
    if let Some(afternoon) = afternoon {
        hour = hour % 12 + if afternoon { 12 } else { 0 };
    }
    let mut date = Date::new(i16::try_from(year).ok()?, month, day).ok()?;
    if let Some(of_year) = of_year {
        date = date.with().day_of_year(of_year).build().ok()?;
    }
    micros(date.to_datetime(Time::new(hour, minute, second, nanos).ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::text::timestamp_text;
    use super::*;

    #[test]
    fn patterns_of_java_are_read_and_written() {
        let at = micros(jiff::civil::date(2024, 2, 9).at(15, 4, 5, 678_901_000)).unwrap();
        for (pattern, text) in [
            ("yyyy-MM-dd HH:mm:ss.SSSSSS", "2024-02-09 15:04:05.678901"),
            ("dd/MM/yy", "09/02/24"),
            ("EEE, d MMM yyyy h:mm a", "Fri, 9 Feb 2024 3:04 PM"),
            ("yyyyMMdd'T'HHmmss", "20240209T150405"),
            ("EEEE MMMM 'o''clock'", "Friday February o'clock"),
        ] {
            let parts = parts(pattern).unwrap();
            let mut out = String::new();
            parts.iter().for_each(|part| part.write(moment(at).unwrap(), &mut out));
            assert_eq!(out, text);
        }
        let read =
            |pattern: &str, text: &str| read(&parts(pattern).unwrap(), text).map(timestamp_text);
        assert_eq!(read("dd/MM/yyyy", "09/02/2024").as_deref(), Some("2024-02-09 00:00:00"));
        assert_eq!(read("yyyyMMddHHmm", "202402091504").as_deref(), Some("2024-02-09 15:04:00"));
        assert_eq!(
            read("d MMM yyyy h a", "9 feb 2024 12 am").as_deref(),
            Some("2024-02-09 00:00:00")
        );
        assert_eq!(read("yyyy-MM-dd", "2024-02-30"), None);
        assert_eq!(read("yyyy-MM-dd", "2024-02-09 x"), None);
        assert!(parts("yyyy-ww").is_err());
    }
}

//! Functions of texts that DataFusion has not, or has otherwise.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, ListBuilder, StringArray, StringBuilder};
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{DataFusionError, Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility, create_udf,
};
use regex::Regex;

use crate::sql::types;

pub(super) fn functions() -> Vec<ScalarUDF> {
    let text = || DataType::Utf8;
    let list = DataType::new_list(DataType::Utf8, true);
    let function = |name: &str, arguments: Vec<DataType>, returns: DataType, run: Run| {
        let run = move |arguments: &[ColumnarValue]| {
            Ok(ColumnarValue::Array(run(&ColumnarValue::values_to_arrays(arguments)?)?))
        };
        create_udf(name, arguments, returns, Volatility::Immutable, Arc::new(run))
    };
    vec![
        function("regexp_replace_all", vec![text(), text(), text()], text(), replace),
        function("regexp_extract", vec![text(), text(), DataType::Int64], text(), extract),
        function("initcap_words", vec![text()], text(), initcap),
        function("split_regexp", vec![text(), text()], list, split),
        ScalarUDF::new_from_impl(TypeOf { signature: Signature::any(1, Volatility::Immutable) }),
    ]
}

type Run = fn(&[ArrayRef]) -> Result<ArrayRef>;

/// Patterns, each compiled once a batch.
#[derive(Default)]
struct Patterns(HashMap<String, Regex>);

impl Patterns {
    fn get(&mut self, pattern: &str) -> Result<&Regex> {
        if !self.0.contains_key(pattern) {
            let compiled = Regex::new(pattern).map_err(|error| {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim();
                DataFusionError::Execution(format!(
                    "The regular expression `{pattern}` cannot be used here ({reason}); the service's, which are Java's, may take it"
                ))
            })?;
            self.0.insert(pattern.to_owned(), compiled);
        }
        Ok(&self.0[pattern])
    }
}

fn replace(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let [texts, patterns, new] = [0, 1, 2].map(|nth| arguments[nth].as_string::<i32>());
    let mut known = Patterns::default();
    let mut out = StringBuilder::new();
    for row in 0..texts.len() {
        if texts.is_null(row) || patterns.is_null(row) || new.is_null(row) {
            out.append_null();
            continue;
        }
        let pattern = known.get(patterns.value(row))?;
        let replaced = pattern.replace_all(texts.value(row), groups(new.value(row)).as_str());
        out.append_value(replaced);
    }
    Ok(Arc::new(out.finish()))
}

/// `$1x` names the first group here as it does in Java; a backslash makes the next letter plain.
fn groups(new: &str) -> String {
    let mut out = String::new();
    let mut letters = new.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('$') => out.push_str("$$"),
                Some(next) => out.push(next),
                None => {}
            },
            '$' => {
                let mut number = String::new();
                while let Some(digit) = letters.next_if(char::is_ascii_digit) {
                    number.push(digit);
                }
                out.push_str(&format!("${{{number}}}"));
            }
            other => out.push(other),
        }
    }
    out
}

fn extract(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let [texts, patterns] = [0, 1].map(|nth| arguments[nth].as_string::<i32>());
    let wanted = arguments[2].as_primitive::<Int64Type>();
    let mut known = Patterns::default();
    let mut out = StringBuilder::new();
    for row in 0..texts.len() {
        if texts.is_null(row) || patterns.is_null(row) || wanted.is_null(row) {
            out.append_null();
            continue;
        }
        let pattern = known.get(patterns.value(row))?;
        let group = usize::try_from(wanted.value(row)).unwrap_or(usize::MAX);
        if group >= pattern.captures_len() {
            return exec_err!(
                "The regular expression `{pattern}` has no group {}",
                wanted.value(row)
            );
        }
        let found = pattern.captures(texts.value(row)).and_then(|found| found.get(group));
        out.append_value(found.map_or("", |found| found.as_str()));
    }
    Ok(Arc::new(out.finish()))
}

/// The first letter of each word large, the others small; only blanks are between words.
fn initcap(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let words = |text: &str| {
        let mut begins = true;
        let mut out = String::with_capacity(text.len());
        for letter in text.chars() {
            if begins {
                out.extend(letter.to_uppercase());
            } else {
                out.extend(letter.to_lowercase());
            }
            begins = letter == ' ';
        }
        out
    };
    let texts = arguments[0].as_string::<i32>();
    Ok(Arc::new(texts.iter().map(|text| text.map(words)).collect::<StringArray>()))
}

fn split(arguments: &[ArrayRef]) -> Result<ArrayRef> {
    let [texts, patterns] = [0, 1].map(|nth| arguments[nth].as_string::<i32>());
    let mut known = Patterns::default();
    let mut out = ListBuilder::new(StringBuilder::new());
    for row in 0..texts.len() {
        let valid = texts.is_valid(row) && patterns.is_valid(row);
        if valid {
            let (text, pattern) = (texts.value(row), patterns.value(row));
            match pattern {
                "" => text.chars().for_each(|letter| out.values().append_value(letter.to_string())),
                _ => {
                    known.get(pattern)?.split(text).for_each(|part| out.values().append_value(part))
                }
            }
        }
        out.append(valid);
    }
    Ok(Arc::new(out.finish()))
}

/// `typeof(value)`.
#[derive(Debug, PartialEq, Eq, Hash)]
struct TypeOf {
    signature: Signature,
}

impl ScalarUDFImpl for TypeOf {
    fn name(&self) -> &str {
        "spark_typeof"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let name = types::name(args.arg_fields[0].data_type());
        Ok(ColumnarValue::Array(Arc::new(StringArray::from(vec![name; args.number_rows]))))
    }
}

//! Finds the values a description lists, as items of a list or within a sentence.

use std::sync::LazyLock;

use regex::Regex;

use crate::document::Line;
use crate::facts::FieldType;

use super::constraints::Part;

/// More values than this are no enumeration that anyone would transcribe.
const MAX_VALUES: usize = 80;

/// The values listed; none for booleans, unless something else than true and false is listed.
pub fn read(parts: &[(Part, Line)], kind: Option<&FieldType>) -> Vec<String> {
    if !matches!(kind, None | Some(FieldType::String | FieldType::Integer | FieldType::Boolean)) {
        return Vec::new();
    }
    let integer = matches!(kind, Some(FieldType::Integer));
    let mut values = listed(parts);
    if matches!(kind, Some(FieldType::Boolean))
        && !values.iter().any(|v| v.eq_ignore_ascii_case("true"))
    {
        return Vec::new();
    }
    if values.is_empty() {
        values = announced_lines(parts);
        if values.len() < 2 {
            values.clear();
        }
    }
    if values.is_empty() {
        values = parts
            .iter()
            .map(|(part, line)| in_sentence(&line.text, *part))
            .find(|v| v.len() >= 2)
            .unwrap_or_default();
    }
    values.retain(|v| !v.is_empty());
    let mut seen = std::collections::BTreeSet::new();
    values.retain(|v| seen.insert(v.clone()));
    let boolean = values.iter().all(|v| matches!(v.to_lowercase().as_str(), "true" | "false"));
    if boolean || values.is_empty() || values.len() > MAX_VALUES {
        return Vec::new();
    }
    if integer && !values.iter().all(|v| v.parse::<i64>().is_ok()) {
        return Vec::new();
    }
    values
}

static ITEM: LazyLock<Regex> = LazyLock::new(|| {
    // VALUE, “VALUE”, VALUE: meaning, VALUE表示…, VALUE indicates …
    Regex::new(
        r#"^(?:(?:Value|值为?)\s*)?(?:[“"‘']([A-Za-z0-9_.+/-]{1,64})[”"’']|([A-Za-z0-9_.+/-]{1,64}))\s*(?:$|[。;；,，]\s*$|[:：]|[(（]|-\s|表示|：|indicates?\b|means?\b|specifies\b|,\s*(?:indicating|meaning))"#,
    )
    .expect("a valid pattern")
});

/// `视图：VIRTUAL_VIEW`: the meaning first.
static MEANING_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"[\u4e00-\u9fff]\s*(?:[:：]|为)\s*[“"]?([A-Za-z][A-Za-z0-9_.]{1,63})[”"]?\s*[。;；]?$"#,
    )
    .expect("a valid pattern")
});

fn item_value(text: &str) -> Option<String> {
    let Some(found) = ITEM.captures(text) else {
        return Some(MEANING_FIRST.captures(text)?[1].to_owned());
    };
    let value = found.get(1).or_else(|| found.get(2))?.as_str().trim_end_matches('.');
    // `http://` and the like, and words that open a sentence, are no values.
    let word = matches!(
        value.to_lowercase().as_str(),
        "note"
            | "if"
            | "when"
            | "default"
            | "options"
            | "http"
            | "https"
            | "example"
            | "notes"
            | "none"
            | "i.e"
            | "e.g"
    );
    let rest = &text[found.get(0)?.end()..];
    (!value.is_empty() && !word && !rest.starts_with("//")).then(|| value.to_owned())
}

/// Values that are the items of a list: every item of the run must look like one.
fn listed(parts: &[(Part, Line)]) -> Vec<String> {
    let mut run: Vec<&Line> = Vec::new();
    let mut best: Vec<String> = Vec::new();
    // A list of one value is a list only where it is announced.
    let mut announced = false;
    let finish = |run: &mut Vec<&Line>, best: &mut Vec<String>, announced: bool| {
        let least = if announced { 1 } else { 2 };
        let values: Vec<String> = run.iter().filter_map(|l| item_value(&l.text)).collect();
        let clean = values.len() == run.len() || (run.len() >= 4 && values.len() + 1 == run.len());
        let plain = values.len() > 1
            || values.iter().all(|v| v.len() > 1 && v.contains(|c: char| c.is_ascii_alphabetic()));
        if clean && plain && values.len() >= least && values.len() > best.len() {
            *best = values;
        }
        run.clear();
    };
    for (part, line) in parts {
        if line.nested {
            continue;
        }
        if line.bullet && !line.note && *part != Part::Default {
            // "Default value: 1" is an item in some lists.
            if !line.text.to_lowercase().starts_with("default") && !line.text.starts_with("默认")
            {
                run.push(line);
            }
        } else if !run.is_empty() && line.text.chars().count() > 0 {
            // A paragraph between items continues the item above; a bullet-less line ends the
            // run only if it announces something of its own.
            finish(&mut run, &mut best, announced);
        }
        if !line.bullet {
            announced = announces(&line.text);
        }
    }
    finish(&mut run, &mut best, announced);
    best
}

/// "Options:", "包括以下两种状态：" and the like.
fn announces(text: &str) -> bool {
    let text = text.trim_end();
    let ends = text.ends_with([':', '：']);
    let text = text.to_lowercase();
    ends && [
        "option",
        "value",
        "one of",
        "following",
        "以下",
        "如下",
        "取值",
        "枚举",
        "包括",
        "包含",
    ]
    .iter()
    .any(|mark| text.contains(mark))
}

static QUOTED_LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^[“"]([A-Za-z0-9_.-]{1,64})[”"]\s*(?:表示|：|:|代表|indicates?|means?|为)"#)
        .expect("a valid pattern")
});

/// `"READY"表示…` on lines of their own.
fn announced_lines(parts: &[(Part, Line)]) -> Vec<String> {
    parts
        .iter()
        .filter(|(_, line)| !line.note && !line.bullet)
        .filter_map(|(_, line)| Some(QUOTED_LINE.captures(&line.text)?[1].to_owned()))
        .collect::<Vec<_>>()
}

static ANNOUNCED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?:包含|包括|取值为|值为|可选值为|取值有|可选值|支持以下|目前支持|可选参数有|分为|只能为|类型[:：]|\bonly\b|currently,?|options(?: are| include)?|values? can be|can be set to|possible values(?: are)?|available values(?: are)?|the value is|the options are(?: as follows)?|目前可接受参数|can be|支持)\s*[:：]?\s*",
    )
    .expect("a valid pattern")
});

static TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"^(?:[“"‘']([A-Za-z0-9_.+/-]{1,64})[”"’']|([A-Za-z0-9][A-Za-z0-9_.+/-]{0,63})|[\u4e00-\u9fff]{1,12}\s*[(（]\s*[“"]?([A-Za-z0-9_.-]{1,64})[”"]?\s*[)）])"#,
    )
    .expect("a valid pattern")
});

static SEPARATOR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\s*(?:、|,\s*(?:or|and)\b|，\s*(?:或者?|和)?|,|;|；|\||和|或者?|及|以及|(?:and|or)\b)\s*").expect("a valid pattern")
});

/// Values separated by commas behind words that announce them.
fn in_sentence(text: &str, part: Part) -> Vec<String> {
    let mut tried = 0;
    // "must include at least source, query and sink" lists parts, not alternatives.
    let parts = |m: &regex::Match<'_>| {
        text[..m.start()].ends_with("至少") || text[..m.start()].ends_with("least ")
    };
    let starts = ANNOUNCED.find_iter(text).filter(|m| !parts(m)).map(|m| m.end());
    let whole = (part == Part::Range).then_some(0);
    for start in whole.into_iter().chain(starts) {
        tried += 1;
        if tried > 20 {
            break;
        }
        let mut values: Vec<String> = Vec::new();
        let mut rest = &text[start..];
        let mut quoted = 0;
        while let Some(found) = TOKEN.captures(rest) {
            let Some(value) = found.get(1).or_else(|| found.get(2)).or_else(|| found.get(3)) else {
                break;
            };
            if found.get(2).is_none() {
                quoted += 1;
            }
            values.push(value.as_str().trim_end_matches('.').to_owned());
            rest = &rest[found.get(0).map_or(0, |m| m.end())..];
            if values.len() > MAX_VALUES {
                return Vec::new();
            }
            let Some(separator) = SEPARATOR.find(rest) else {
                break;
            };
            rest = &rest[separator.end()..];
        }
        // Bare words in running English are words, not values, unless they look like codes.
        let codes = values
            .iter()
            .filter(|v| {
                let capitals = v.len() > 1 && !v.chars().any(|c| c.is_ascii_lowercase());
                capitals || v.contains('_') || v.chars().any(|c| c.is_ascii_digit())
            })
            .count();
        let chinese = text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        // "The options are as follows: Parquet, ORC." is nothing but a list.
        let bare = text[..start].to_lowercase().trim_end().ends_with("follows:")
            && matches!(rest.trim(), "" | ".");
        let clear = quoted + 1 >= values.len() || codes + 1 >= values.len() || chinese || bare;
        if values.len() >= 2 && clear {
            return values;
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Vec<String> {
        let parts: Vec<(Part, Line)> = lines
            .iter()
            .map(|l| {
                let bullet = l.starts_with("- ");
                (
                    Part::Meaning,
                    Line { text: l.trim_start_matches("- ").to_owned(), bullet, ..Line::default() },
                )
            })
            .collect();
        read(&parts, Some(&FieldType::String))
    }

    #[test]
    fn values_are_found_in_lists_and_in_sentences() {
        let cases: &[(&[&str], &str)] = &[
            (&["状态：", "- ACTIVE：已激活", "- DELETED：已删除"], "ACTIVE DELETED"),
            (&["Kind:", "- “sql”: a", "- “general”"], "sql general"),
            (&["\"READY\"表示已上传。", "\"FAILED\"表示失败。"], "READY FAILED"),
            (&["作业类型。包含DDL、DCL、IMPORT。"], "DDL DCL IMPORT"),
            (&["值为：grant，revoke或update。"], "grant revoke update"),
            (&["包含运行中（RUNNING）、规格变更中（SCALING）。"], "RUNNING SCALING"),
            (&["Options: “DDL”, “DCL”, and “QUERY”."], "DDL DCL QUERY"),
            (&["- Value “UP” indicates up.", "- Value “DOWN” indicates down."], "UP DOWN"),
            (&["- DLI表： MANAGED_TABLE", "- 视图：VIRTUAL_VIEW"], "MANAGED_TABLE VIRTUAL_VIEW"),
            (&["The options are as follows: Parquet, ORC, CSV, and Avro."], "Parquet ORC CSV Avro"),
            (&["Currently, only CSV and JSON are supported."], "CSV JSON"),
            (&["类型，包含DDL、DCL，若要查询所有类型，则传入ALL。"], "DDL DCL"),
            (&["取值为““SYNC””或者““ASYNC””默认值为：“SYNC”。"], ""),
            (&["取值为“SYNC”或者“ASYNC”默认值为：“SYNC”。"], "SYNC ASYNC"),
            (&["取值为“true”或者“false”。"], ""),
            (&["The name can contain letters, digits, and underscores."], ""),
            (&["Stream SQL语句，至少包含source，query，sink三个部分。"], ""),
            (&["Currently, only CSV is supported."], ""),
            (&["- Minimum value: 2", "- Maximum value: 400"], ""),
        ];
        for (lines, expected) in cases {
            assert_eq!(of(lines).join(" "), *expected, "{lines:?}");
        }
    }
}

//! Reads limits, defaults and enumerations off the words of a description, in both languages.
//!
//! The rules are deliberately narrow: what they do not understand is left to the digest of the
//! words, which notices every change. A rule that guesses would drown the real contradictions.

use std::sync::LazyLock;

use regex::Regex;

use crate::document::{Line, without_marks};
use crate::facts::{FieldType, Limits, plain_number};

use super::enumerations;

/// What a description bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constraints {
    /// Values listed.
    pub values: Vec<String>,
    /// Limits stated.
    pub limits: Limits,
    /// Default stated.
    pub default: Option<String>,
}

/// The parts of a description that is written by the vendor's present template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// No template, or what the field means.
    Meaning,
    /// Constraints.
    Constraint,
    /// Permitted values.
    Range,
    /// Default.
    Default,
}

/// Longest description whose words are searched.
const MAX_WORDS: usize = 20_000;

/// Reads a description.
pub fn read(lines: &[Line], kind: Option<&FieldType>) -> Constraints {
    let parts = split_parts(lines);
    let mut out = Constraints::default();
    let total: usize = parts.iter().map(|(_, l)| l.text.len()).sum();
    if total > MAX_WORDS {
        return out;
    }
    let base = match kind {
        Some(FieldType::Array(Some(item))) => Some(item.as_ref()),
        other => other,
    };
    let list = matches!(kind, Some(FieldType::Array(_)));
    let object =
        matches!(base, Some(FieldType::Object | FieldType::Map | FieldType::Any | FieldType::File));
    for (part, line) in &parts {
        let plain = without_marks(&line.text);
        if *part == Part::Default {
            if out.default.is_none() {
                out.default = stated_default(&line.text).or_else(|| default_cell(&line.text));
            }
            continue;
        }
        if out.default.is_none() && !line.note {
            out.default = stated_default(&line.text);
        }
        if !object {
            limits_of(&plain, *part, base, list, &mut out.limits);
        }
        if list {
            item_limits(&plain, &mut out.limits);
        }
    }
    if !object {
        out.values = enumerations::read(&parts, base);
    }
    if let (Some(FieldType::Boolean), Some(default)) = (base, &out.default) {
        out.default = Some(default.to_lowercase());
    }
    out
}

/// Gives each line the part of the template it stands in, and drops the labels.
fn split_parts(lines: &[Line]) -> Vec<(Part, Line)> {
    let mut part = Part::Meaning;
    let mut out = Vec::with_capacity(lines.len());
    for line in lines {
        let mut rest = line.text.as_str();
        // Several labels may stand in one paragraph.
        while let Some((begin, end, next)) = find_label(rest) {
            push(&mut out, part, line, &rest[..begin]);
            part = next;
            rest = &rest[end..];
        }
        push(&mut out, part, line, rest);
    }
    out
}

fn push(out: &mut Vec<(Part, Line)>, part: Part, line: &Line, text: &str) {
    let text = text.trim().trim_start_matches(['：', ':']).trim();
    if text.is_empty() {
        return;
    }
    // A list that lost its line breaks: "- slow: … - fast: …"
    if let Some(items) = text.strip_prefix("- ")
        && items.contains(" - ")
    {
        let items = items.split(" - ").filter(|i| !i.trim().is_empty());
        out.extend(
            items.map(|i| (part, Line { text: i.trim().to_owned(), bullet: true, ..line.clone() })),
        );
        return;
    }
    out.push((part, Line { text: text.to_owned(), ..line.clone() }));
}

static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?:^|\s)“?(参数解释|约束限制|取值范围|默认取值)”?\s*[:：]”?|^“?(Definition|Explanation|Constraints|Range|Default Value)”?\s*[:：]?$|“(Definition|Explanation|Constraints|Range|Default Value)”\s*[:：]?|^“?(参数解释|约束限制|取值范围|默认取值)”?$",
    )
    .expect("a valid pattern")
});

fn find_label(text: &str) -> Option<(usize, usize, Part)> {
    let found = LABEL.captures(text)?;
    let whole = found.get(0)?;
    let name = found.iter().skip(1).flatten().next()?.as_str();
    let part = match name {
        "约束限制" | "Constraints" => Part::Constraint,
        "取值范围" | "Range" => Part::Range,
        "默认取值" | "Default Value" => Part::Default,
        _ => Part::Meaning,
    };
    // The pattern may match nothing but blanks only if it were empty, which it never is.
    (whole.end() > whole.start()).then(|| (whole.start(), whole.end(), part))
}

/// The value in a part or column that holds nothing but the default.
pub fn default_cell(text: &str) -> Option<String> {
    let plain = without_marks(text);
    let plain = plain.trim().trim_end_matches(['。', '.']).trim();
    let none = matches!(
        plain.to_lowercase().as_str(),
        "" | "无" | "none" | "n/a" | "na" | "-" | "不涉及" | "null" | "空"
    );
    (!none
        && plain.len() <= 60
        && !plain.contains(". ")
        && !plain.contains('。')
        && plain.split(' ').count() <= 3
        && is_ascii_value(plain))
    .then(|| plain.to_owned())
}

fn is_ascii_value(text: &str) -> bool {
    text.is_ascii() && !text.is_empty()
}

static DEFAULT: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r#"(?:默认|缺省)(?:取值|值|格式)?\s*(?:为|是|:|：)?\s*(?:为|是|:|：)?\s*[“"‘']([^“”"‘']{1,40})[”"’']"#,
        r"(?:默认|缺省)(?:取值|值|格式)?\s*(?:为|是|:|：)?\s*(?:为|是|:|：)?\s*(-?[A-Za-z0-9_./][A-Za-z0-9_./-]*)",
        r#"(?i)default value(?: of [^.]{1,40})? (?:is|:)\s*[“"‘']([^“”"‘']{1,40})[”"’']"#,
        r#"(?i)default value\s*:\s*[“"‘']([^“”"‘']{1,40})[”"’']"#,
        r"(?i)default value(?: is|\s*:)\s*(-?[A-Za-z0-9_./][A-Za-z0-9_/-]*(?:\.[A-Za-z0-9_/-]+)*)",
        r#"(?i)default value [“"]([^“”"]{1,40})[”"] is used"#,
        r#"(?i)^[^.]*[“"]([^“”"]{1,40})[”"] is used by default"#,
        r#"(?i)is set to [“"]([^“”"]{1,40})[”"] by default"#,
        r#"(?i)(?:^|\s)default\s*:\s*[“"]?(-?[A-Za-z0-9_.][A-Za-z0-9_.-]{0,39})"#,
        r#"(?i)defaults to [“"]?([A-Za-z0-9_.-]{1,40})"#,
    ]
    .iter()
    .map(|p| Regex::new(p).expect("a valid pattern"))
    .collect()
});

fn stated_default(text: &str) -> Option<String> {
    let sentences = text.split('。').flat_map(|part| part.split(". "));
    sentences.take(100).find_map(default_of_sentence)
}

fn default_of_sentence(text: &str) -> Option<String> {
    for pattern in DEFAULT.iter() {
        let Some(found) = pattern.captures(text) else {
            continue;
        };
        let whole = found.get(0)?;
        let value = found[1].trim().trim_end_matches(['.', ',']).to_owned();
        // "index" alone given: the "type" is by default …: that speaks of another field.
        let before = &text[..whole.start()];
        let other =
            before.ends_with('”') || before.ends_with('"') || text.contains("default value of");
        let after = text[whole.end()..].trim_start();
        let article = matches!(
            value.to_lowercase().as_str(),
            "a" | "an" | "the" | "double" | "all" | "spark" | "value"
        ) && !after.is_empty()
            && after.starts_with(|c: char| c.is_alphabetic());
        // `默认值为“true”` must not be read from a formula or a unit: `4 GB` stays as words.
        let unit = value.chars().all(|c| c.is_ascii_digit() || c == '.')
            && after.starts_with(|c: char| c.is_ascii_alphabetic())
            && !after.starts_with("indicat")
            && !after.to_lowercase().starts_with("by ");
        if !other
            && !article
            && !unit
            && is_ascii_value(&value)
            && !value.contains("parallel_number")
        {
            return Some(value);
        }
        return None;
    }
    None
}

struct LimitRule {
    pattern: Regex,
    target: Target,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    LengthRange,
    LengthMin,
    LengthMax,
    /// The least length of a text, the least value of a number.
    Least,
    /// The greatest of either.
    Most,
    NumberRange,
    NumberMin,
    NumberMax,
}

static LIMITS: LazyLock<Vec<LimitRule>> = LazyLock::new(|| {
    use Target::{
        Least, LengthMax, LengthMin, LengthRange, Most, NumberMax, NumberMin, NumberRange,
    };
    [
        (LengthRange, r"长度(?:限制|范围|大小)?\s*(?:为|是|在|:|：)*\s*(\d+)\s*[-~～到至]\s*([\d*,，]*\d)\s*个?(?:英文|中文)?(?:字符|字节)"),
        (LengthMax, r"(?i)length range:? ([\d,]*\d ?[x×*] ?[\d,]*\d) characters"),
        (LengthRange, r"长度大于等于\s*(\d+)\s*且小于等于\s*(\d+)"),
        (LengthRange, r"(?i)length (?:range|is|ranges)?:?\s*(?:from )?(\d+) to ([\d,]*\d(?: ?[x×*] ?[\d,]*\d)?) (?:characters|bytes)"),
        (LengthRange, r"(?i)(?:contains?|consists? of|be) (?:from )?(\d+) to ([\d,*]*\d) characters"),
        (LengthMax, r"(?:不能|不可|不)(?:超过|大于)\s*([\d*]*\d)\s*个?(?:英文|中文)?字符"),
        (LengthMax, r"长度限制\s*[:：]\s*([\d*]*\d)\s*个字符"),
        (LengthMax, r"长度(?:为)?\s*(\d+)\s*[,，]"),
        (LengthMax, r"([\d*]*\d)\s*个?字符(?:以内|之内)"),
        (LengthMax, r"最大长度\s*(?:为|是|:|：)*\s*(\d+)"),
        (LengthMax, r"(?i)(?:up to|a maximum of|at most|no more than|maximum of) ([\d,]*\d) (?:characters|digits and)"),
        (LengthMax, r"(?i)(?:cannot|can not|must not|should not) exceed ([\d,]*\d) characters"),
        (LengthMax, r"(?i)can consist of ([\d,]*\d) characters"),
        (LengthMax, r"(?i)maximum length (?:is|of|:)\s*([\d,]*\d)"),
        (LengthMin, r"最小长度\s*(?:为|是|:|：)*\s*(\d+)"),
        (NumberRange, r"范围\s*(?:为|是|:|：)*\s*[\[(（]\s*(-?[\d.]+)\s*[,，~]\s*(-?[\d.]+)\s*[\])）]"),
        (NumberRange, r"(?:取值|取值范围|范围)\s*(?:为|是|:|：)+\s*(-?\d[\d.]*)\s*[-~～到至]\s*(-?\d[\d.]*)(?:[\s，。,;；]|$)"),
        (NumberRange, r"(?i)ranges? (?:is )?from (-?[\d.,]*\d) to (-?[\d.,]*\d)"),
        (NumberRange, r"(?i)value range(?: is)?\s*:?\s*(-?[\d.,]*\d) to (-?[\d.,]*\d)"),
        (NumberRange, r"(?i)range: \[(-?[\d.]+), ?(-?[\d.]+)\]"),
        (Least, r"(?i)(?:^|\s)minimum( length)?\s*:\s*(-?[\d,]*\d)"),
        (Most, r"(?i)(?:^|\s)maximum( length)?\s*:\s*(-?[\d,]*\d)"),
        (NumberMin, r"最小值?\s*(?:为|是|:|：)+\s*(-?\d[\d.]*)"),
        (NumberMax, r"最大值?\s*(?:为|是|:|：)+\s*(-?\d[\d.]*)"),
        (NumberMin, r"大于等于\s*(-?\d[\d.]*)"),
        (NumberMax, r"小于等于\s*(-?\d[\d.]*)"),
        (NumberMin, r"(?i)minimum value\s*(?:is|:)\s*(-?\d[\d.,]*)"),
        (NumberMax, r"(?i)maximum value\s*(?:is|:)\s*(-?\d[\d.,]*)"),
        (NumberMin, r"(?i)(?:greater|larger) than or equal to (-?\d[\d.]*)"),
        (NumberMax, r"(?i)(?:less|smaller) than or equal to (-?\d[\d.]*)"),
        (NumberMin, r"(?i)(?:must not be|should be no|must be no|cannot be) less than (-?\d[\d.]*)"),
    ]
    .iter()
    .map(|(target, pattern)| LimitRule { pattern: Regex::new(pattern).expect("a valid pattern"), target: *target })
    .collect()
});

/// `[1, 100]` in the part that holds nothing but the range.
static BARE_RANGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\[?\s*(-?\d[\d.]*)\s*(?:,|~|～|-|to|到|至)\s*(-?\d[\d.,]*)\s*\]?[.。]?$")
        .expect("a valid pattern")
});

fn limits_of(plain: &str, part: Part, kind: Option<&FieldType>, list: bool, limits: &mut Limits) {
    let text_like =
        !matches!(kind, Some(FieldType::Integer | FieldType::Number | FieldType::Boolean));
    // Older tables have no column for types.
    let number_like = matches!(kind, None | Some(FieldType::Integer | FieldType::Number));
    if part == Part::Range
        && number_like
        && let Some(found) = BARE_RANGE.captures(plain)
    {
        set(&mut limits.minimum, &found[1]);
        set(&mut limits.maximum, &found[2]);
        return;
    }
    for rule in LIMITS.iter() {
        let length =
            matches!(rule.target, Target::LengthRange | Target::LengthMin | Target::LengthMax);
        let either = matches!(rule.target, Target::Least | Target::Most);
        if !either && ((length && !text_like) || (!length && (!number_like || list))) {
            continue;
        }
        let mut hits = rule.pattern.captures_iter(plain);
        let Some(found) = hits.next() else {
            continue;
        };
        // Two different statements in one description depend on something else: leave both.
        if hits.next().is_some() {
            continue;
        }
        match rule.target {
            Target::LengthRange => {
                set(&mut limits.min_length, &found[1]);
                set(&mut limits.max_length, &found[2]);
            }
            Target::LengthMin => set(&mut limits.min_length, &found[1]),
            Target::LengthMax => set(&mut limits.max_length, &found[1]),
            Target::Least if number_like && !text_like => set(&mut limits.minimum, &found[2]),
            Target::Most if number_like && !text_like => set(&mut limits.maximum, &found[2]),
            Target::Least if text_like && !number_like => set(&mut limits.min_length, &found[2]),
            Target::Most if text_like && !number_like => set(&mut limits.max_length, &found[2]),
            // Without a type nobody knows which of the two is meant.
            Target::Least | Target::Most => {}
            Target::NumberRange => {
                set(&mut limits.minimum, &found[1]);
                set(&mut limits.maximum, &found[2]);
            }
            Target::NumberMin => set(&mut limits.minimum, &found[1]),
            Target::NumberMax => set(&mut limits.maximum, &found[1]),
        }
    }
    // "at least 64; for the other kind at most 64": two statements, not one range.
    let number = |text: &Option<String>| text.as_deref().and_then(|t| t.parse::<f64>().ok());
    if let (Some(least), Some(most)) = (number(&limits.minimum), number(&limits.maximum))
        && least >= most
    {
        limits.minimum = None;
        limits.maximum = None;
    }
}

static ITEMS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"(?:最大|最多)支持\s*(\d+)\s*(万)?\s*(?:条|个)",
        r"(?i)a maximum of ([\d,]*\d)()? (?:records|items|elements|entries)",
    ]
    .iter()
    .map(|p| Regex::new(p).expect("a valid pattern"))
    .collect()
});

static ITEM_RANGE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:数组长度|array length)\s*[:：]\s*(\d+)\s*(?:-|~|to|至)\s*(\d+)")
        .expect("a valid pattern")
});

fn item_limits(plain: &str, limits: &mut Limits) {
    if let Some(found) = ITEM_RANGE.captures(plain) {
        set(&mut limits.min_items, &found[1]);
        set(&mut limits.max_items, &found[2]);
    }
    for pattern in ITEMS.iter() {
        if let Some(found) = pattern.captures(plain) {
            let number = found[1].replace(',', "");
            let number = if found.get(2).is_some_and(|m| m.as_str() == "万") {
                format!("{number}0000")
            } else {
                number
            };
            set(&mut limits.max_items, &number);
        }
    }
}

fn set(slot: &mut Option<String>, text: &str) {
    if slot.is_some() {
        return;
    }
    let text =
        text.trim_end_matches(['.', ',']).replace([',', '，', ' '], "").replace(['x', '×'], "*");
    // `1024*1024`
    let value = if text.contains('*') {
        let factors: Option<Vec<u64>> = text.split('*').map(|f| f.parse().ok()).collect();
        factors.and_then(|f| f.into_iter().try_fold(1_u64, u64::checked_mul)).map(|n| n.to_string())
    } else {
        text.parse::<f64>().ok().map(|_| plain_number(&text))
    };
    *slot = value;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str], kind: FieldType) -> Constraints {
        let lines: Vec<Line> = lines
            .iter()
            .map(|l| {
                let bullet = l.starts_with("- ");
                Line { text: l.trim_start_matches("- ").to_owned(), bullet, ..Line::default() }
            })
            .collect();
        read(&lines, Some(&kind))
    }

    fn limit(text: &str, kind: FieldType) -> String {
        let c = of(&[text], kind);
        c.limits.stated().iter().map(|(n, v)| format!("{n} {v}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn limits_are_read_in_both_languages() {
        use FieldType::{Array, Integer, Number, String as Text};
        let cases = [
            ("作业描述。长度限制：0-512个字符。", Text, "minLength 0 maxLength 512"),
            ("长度限制：0-1024*1024个字符。", Text, "minLength 0 maxLength 1048576"),
            ("不能超过128字符。", Text, "maxLength 128"),
            ("长度在5-32字符之间。", Text, "minLength 5 maxLength 32"),
            ("行数，范围: [1, 100]。", Integer, "minimum 1 maximum 100"),
            ("当前页码，最小为1。", Integer, "minimum 1"),
            ("取值需要大于等于0，默认值为0。", Integer, "minimum 0"),
            ("A name can contain a maximum of 128 characters.", Text, "maxLength 128"),
            ("Length range: 0 to 512 characters.", Text, "minLength 0 maxLength 512"),
            (
                "The value ranges from 0.0 to 1.0, indicating 0% to 100%.",
                Number,
                "minimum 0 maximum 1",
            ),
            (
                "The minimum value is “1” and the maximum value is “100”.",
                Integer,
                "minimum 1 maximum 100",
            ),
            ("最大支持2万条记录。", Array(None), "maxItems 20000"),
            ("Length range: 1,024 x 1,024 characters.", Text, "maxLength 1048576"),
            ("Length range: 0 to 1024 x 1024 characters.", Text, "minLength 0 maxLength 1048576"),
            ("The value should be no less than “0”.", Integer, "minimum 0"),
            ("最小长度：1 最大长度：32", Text, "minLength 1 maxLength 32"),
            ("Minimum: “1” Maximum: “64”", Text, "minLength 1 maxLength 64"),
            ("Minimum: 0", Integer, "minimum 0"),
            ("数组长度：0 - 20", Array(None), "minItems 0 maxItems 20"),
            ("Value range: -1 or greater than 0.", Integer, ""),
        ];
        for (text, kind, expected) in cases {
            assert_eq!(limit(text, kind), expected, "{text}");
        }
    }

    #[test]
    fn defaults_are_read_in_both_languages() {
        use FieldType::{Boolean, Integer, String as Text};
        let default = |text: &str, kind| of(&[text], kind).default;
        assert_eq!(default("默认值为“exactly_once”。", Text).as_deref(), Some("exactly_once"));
        assert_eq!(default("如果不指定，默认为sql。", Text).as_deref(), Some("sql"));
        assert_eq!(default("默认值：50", Integer).as_deref(), Some("50"));
        assert_eq!(
            default("默认格式为“yyyy-MM-dd HH:mm:ss”。", Text).as_deref(),
            Some("yyyy-MM-dd HH:mm:ss")
        );
        assert_eq!(default("The default value is “false”.", Boolean).as_deref(), Some("false"));
        assert_eq!(
            default("The default value is false, indicating x.", Boolean).as_deref(),
            Some("false")
        );
        assert_eq!(
            default("“yyyy-MM-dd” is used by default.", Text).as_deref(),
            Some("yyyy-MM-dd")
        );
        assert_eq!(
            default("If left blank, the default value “false” is used.", Boolean).as_deref(),
            Some("false")
        );
        assert_eq!(default("缺省值：10", Integer).as_deref(), Some("10"));
        assert_eq!(default("Default: “10”", Integer).as_deref(), Some("10"));
        let two = "The default value is “0”. If only “index” is given, the default value of “type” is “driver”.";
        assert_eq!(default(two, Integer).as_deref(), Some("0"));
        assert_eq!(default("The default value is a comma (,).", Text), None);
        assert_eq!(default("默认为双引号（即“\\\"”）", Text), None);
        assert_eq!(
            default("The default value is 4 GB, and the minimum value is 2 GB.", Text),
            None
        );
    }

    #[test]
    fn the_template_of_four_parts_is_read_part_by_part() {
        let c = of(
            &[
                "“Definition”",
                "Page size",
                "“Constraints”",
                "None",
                "“Range”",
                "[1, 100]",
                "“Default Value”",
                "50",
            ],
            FieldType::Integer,
        );
        assert_eq!(c.default.as_deref(), Some("50"));
        assert_eq!(c.limits.get("maximum"), Some("100"));
        let c = of(
            &["“Definition”", "Order", "“Default Value”", "The default value is “desc”."],
            FieldType::String,
        );
        assert_eq!(c.default.as_deref(), Some("desc"));
        let c = of(
            &[
                "“参数解释”： 名称。 “约束限制”： 不涉及。 “取值范围”： 长度大于等于1且小于等于128 “默认取值”： 无",
            ],
            FieldType::String,
        );
        assert_eq!(c.limits.get("maxLength"), Some("128"));
        let c = of(
            &["“参数解释”： 方式。 “取值范围”： - slow：慢 - fast：快 “默认取值”： slow"],
            FieldType::String,
        );
        assert_eq!(c.values, ["slow", "fast"]);
        let c = of(
            &[
                "“参数解释”： 名称。 “约束限制”： 不涉及。 “取值范围”： 不超过128个字符 “默认取值”： 无",
            ],
            FieldType::String,
        );
        assert_eq!(c.limits.get("maxLength"), Some("128"));
        assert_eq!(c.default, None);
    }
}

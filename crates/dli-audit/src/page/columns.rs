//! Tells the columns of a table by the words in its header, in Chinese and English.

use crate::document::{squeeze, without_marks};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Name of a parameter, a field or a value.
    Name,
    /// Yes when it must be given.
    Mandatory,
    /// Yes when it may be left out.
    Optional,
    /// Type.
    Type,
    /// What it means.
    Description,
    /// What it is when left out.
    Default,
    /// An HTTP status.
    Status,
    /// An error code of the service.
    ErrorCode,
    /// What a value stands for, beside a description.
    Meaning,
    /// An example value.
    Example,
    /// Where a parameter stands: query, path, header.
    Place,
    /// Permitted values.
    Range,
}

/// The column a header cell names.
pub fn column_of(header: &str) -> Option<Column> {
    if header.len() > 60 {
        return None;
    }
    let text = without_marks(&squeeze(header)).to_lowercase().replace([' ', '\u{3000}'], "");
    let text = text.trim_end_matches(['：', ':', '*']);
    Some(match text {
        "参数名称" | "名称" | "参数" | "参数名" | "字段" | "字段名" | "字段名称" | "属性"
        | "属性名称" | "parameter" | "parameters" | "parametername" | "name" | "field"
        | "fieldname" | "attribute" | "element" => Column::Name,
        "是否必选" | "是否必须" | "是否必填" | "必选" | "必填" | "必选/可选" | "mandatory"
        | "required" | "ismandatory" | "mandatory/optional" => Column::Mandatory,
        "是否可选" | "可选" | "optional" => Column::Optional,
        "参数类型" | "类型" | "数据类型" | "字段类型" | "type" | "parametertype" | "datatype" => {
            Column::Type
        }
        "说明" | "描述" | "参数说明" | "参数描述" | "含义说明" | "description" | "descriptions"
        | "remarks" | "错误信息" | "errormessage" | "状态码说明" => Column::Description,
        "默认值" | "缺省值" | "default" | "defaultvalue" => Column::Default,
        "状态码" | "返回码" | "http状态码" | "返回值" | "statuscode" | "statuscodes"
        | "httpstatuscode" | "returncode" => Column::Status,
        "错误码" | "errorcode" | "errorcodes" | "编码" => Column::ErrorCode,
        "含义" | "definition" | "meaning" | "message" => Column::Meaning,
        "示例" | "样例" | "example" | "examplevalue" => Column::Example,
        "位置" | "参数位置" | "in" | "location" | "position" => Column::Place,
        "取值范围" | "valuerange" | "range" | "options" | "取值" => Column::Range,
        _ => return None,
    })
}

/// Reads a flag.
pub fn yes_or_no(text: &str) -> Option<bool> {
    let text = without_marks(&squeeze(text)).to_lowercase();
    match text.trim_end_matches(['.', '。']) {
        "是" | "yes" | "y" | "true" | "必选" | "必填" | "mandatory" | "required" | "m" => {
            Some(true)
        }
        "否" | "no" | "n" | "false" | "可选" | "选填" | "optional" | "o" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_told_in_both_languages_and_with_stray_blanks() {
        assert_eq!(column_of("是 否必选"), Some(Column::Mandatory));
        assert_eq!(column_of("是否可选"), Some(Column::Optional));
        assert_eq!(column_of("“Parameter Type”"), Some(Column::Type));
        assert_eq!(column_of("driverCores"), None);
        assert_eq!(yes_or_no("是"), Some(true));
        assert_eq!(yes_or_no("No"), Some(false));
        assert_eq!(yes_or_no("-"), None);
    }
}

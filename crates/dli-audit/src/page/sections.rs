//! Tells what a heading, or a line that stands for one, announces.

use crate::document::{squeeze, without_marks};
use crate::facts::Direction;

/// What the present part of a page is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Nothing that concerns the audit.
    Other,
    /// The address and its parameters.
    Uri,
    /// What is sent.
    Request,
    /// What comes back.
    Response,
    /// Examples; of what, when the heading says so.
    Example(Option<Direction>),
    /// HTTP statuses.
    Status,
    /// Error codes.
    ErrorCodes,
}

/// The section a heading opens.
pub fn section_of(heading: &str) -> Section {
    let text = without_marks(&squeeze(heading)).to_lowercase();
    if text.contains("示例") || text.contains("样例") || text.contains("example") {
        return Section::Example(direction_of(&text));
    }
    if text.contains("错误码") || text.contains("error code") {
        return Section::ErrorCodes;
    }
    if text.contains("状态码")
        || text.contains("status code")
        || text.contains("返回值")
        || text.contains("returned value")
    {
        return Section::Status;
    }
    if text == "uri"
        || text.contains("uri")
        || text.contains("url")
        || text == "请求地址"
        || text == "接口地址"
    {
        return Section::Uri;
    }
    match direction_of(&text) {
        Some(Direction::Request) => Section::Request,
        Some(Direction::Response) => Section::Response,
        None => Section::Other,
    }
}

/// Which message a heading, a caption or an announcement speaks of.
pub fn direction_of(text: &str) -> Option<Direction> {
    let text = text.to_lowercase();
    // "Example response (successful request)": the word of the answer decides.
    if text.contains("响应") || text.contains("返回") || text.contains("response") {
        return Some(Direction::Response);
    }
    (text.contains("请求") || text.contains("request")).then_some(Direction::Request)
}

/// A status named in a line such as `状态码：200` or `Status code: 400`.
pub fn status_in(text: &str) -> Option<u16> {
    let plain = without_marks(text).to_lowercase();
    let after =
        ["状态码", "status code", "status"].iter().find_map(|mark| plain.split_once(mark))?.1;
    let digits: String = after
        .trim_start_matches([':', '：', ' ', '为'])
        .chars()
        .take_while(char::is_ascii_digit)
        .take(4)
        .collect();
    digits.parse().ok().filter(|s| (100..600).contains(s))
}

/// Whether a line of plain text is the title of a section.
pub fn is_section_title(line: &str) -> bool {
    if line.len() > 40 || line.ends_with(['.', '。', ':', '：', ',']) {
        return false;
    }
    let text = line.trim().to_lowercase();
    matches!(
        text.as_str(),
        "function"
            | "functions"
            | "description"
            | "debugging"
            | "uri"
            | "url"
            | "request"
            | "request parameters"
            | "request message"
            | "response"
            | "response parameters"
            | "response message"
            | "example"
            | "examples"
            | "example request"
            | "example requests"
            | "example response"
            | "example responses"
            | "status codes"
            | "status code"
            | "error codes"
            | "error code"
            | "功能介绍"
            | "调试"
            | "请求消息"
            | "请求参数"
            | "请求"
            | "响应消息"
            | "响应参数"
            | "响应"
            | "示例"
            | "请求示例"
            | "响应示例"
            | "状态码"
            | "错误码"
    ) && text != "description"
        && text != "status code"
        && text != "error code"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_told_in_both_languages() {
        assert_eq!(section_of("请求消息"), Section::Request);
        assert_eq!(section_of("Response Parameters"), Section::Response);
        assert_eq!(
            section_of("Example Response (Failed Request)"),
            Section::Example(Some(Direction::Response))
        );
        assert_eq!(section_of("示例"), Section::Example(None));
        assert_eq!(section_of("URI"), Section::Uri);
        assert_eq!(section_of("功能介绍"), Section::Other);
        assert_eq!(status_in("**状态码：200**"), Some(200));
        assert_eq!(status_in("状态码如表5所示"), None);
    }
}

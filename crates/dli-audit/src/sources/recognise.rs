//! Tells the kind of a source from its content; the name of a file plays no part in it.

use std::fmt;

use serde::Serialize;

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// Markdown whose tables are HTML.
    MarkdownHtml,
    /// Markdown whose tables are rows between pipes.
    MarkdownPipe,
    /// reStructuredText.
    Rst,
    /// Text without markup.
    PlainText,
    /// A Swagger 2 definition as the API Explorer publishes it.
    Explorer,
}

impl SourceKind {
    /// All kinds, in the order of reports.
    pub const ALL: [Self; 5] =
        [Self::MarkdownHtml, Self::MarkdownPipe, Self::Rst, Self::PlainText, Self::Explorer];
}

impl fmt::Display for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::MarkdownHtml => "Markdown, HTML tables",
            Self::MarkdownPipe => "Markdown, pipe tables",
            Self::Rst => "reStructuredText",
            Self::PlainText => "plain text",
            Self::Explorer => "API Explorer",
        })
    }
}

/// What the content looks like; `None` for something that is no documentation (empty, binary).
pub fn recognise(content: &str) -> Option<SourceKind> {
    let trimmed = content.trim_start_matches('\u{feff}').trim_start();
    if trimmed.is_empty() || content.contains('\0') {
        return None;
    }
    if trimmed.starts_with('{') || trimmed.starts_with('[') {
        let looks_defined = content.contains("\"paths\"");
        return looks_defined.then_some(SourceKind::Explorer);
    }
    let marks = Marks::of(content);
    if marks.rst > marks.markdown && marks.rst > 0 {
        return Some(SourceKind::Rst);
    }
    if marks.html_tables > 0 {
        return Some(SourceKind::MarkdownHtml);
    }
    if marks.pipe_tables > 0 {
        return Some(SourceKind::MarkdownPipe);
    }
    if marks.markdown > 0 {
        // No table at all: either reader would do.
        return Some(SourceKind::MarkdownHtml);
    }
    if marks.rst > 0 {
        return Some(SourceKind::Rst);
    }
    Some(SourceKind::PlainText)
}

#[derive(Default)]
struct Marks {
    rst: usize,
    markdown: usize,
    html_tables: usize,
    pipe_tables: usize,
}

impl Marks {
    fn of(content: &str) -> Self {
        let mut marks = Self::default();
        let mut before = "";
        for line in content.lines() {
            let bare = line.trim();
            if (bare.starts_with(".. ") && bare.contains("::"))
                || (bare.starts_with(".. _") && bare.ends_with(':'))
            {
                marks.rst += 2;
            } else if is_grid_border(bare) || is_simple_border(bare) {
                marks.rst += 1;
            } else if is_underline(bare) && !before.is_empty() && before.len() <= bare.len() * 3 {
                // Setext headings of Markdown look the same; they are rare next to `#`.
                marks.rst += 1;
            } else if is_atx_heading(line) {
                marks.markdown += 2;
            } else if is_pipe_separator(bare) && before.contains('|') {
                marks.pipe_tables += 1;
                marks.markdown += 2;
            } else if bare.starts_with("```") {
                marks.markdown += 1;
            } else if bare.contains("<table") {
                marks.html_tables += 1;
                marks.markdown += 2;
            }
            before = bare;
        }
        marks
    }
}

fn is_atx_heading(line: &str) -> bool {
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    (1..=6).contains(&level) && rest.starts_with(' ') && rest.trim().len() > 1
}

fn is_underline(line: &str) -> bool {
    let mut chars = line.chars();
    let Some(first) = chars.next() else {
        return false;
    };
    line.len() >= 4
        && matches!(first, '=' | '-' | '~' | '^' | '"' | '*' | '#')
        && chars.all(|c| c == first)
}

fn is_grid_border(line: &str) -> bool {
    line.len() > 4 && line.starts_with("+-") && line.chars().all(|c| matches!(c, '+' | '-'))
}

fn is_simple_border(line: &str) -> bool {
    line.contains("= =") && line.chars().all(|c| matches!(c, '=' | ' '))
}

/// Whether a line is the rule below the header of a pipe table.
pub fn is_pipe_separator(line: &str) -> bool {
    line.contains('|')
        && line.contains("--")
        && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_by_its_content() {
        let cases = [
            ("# T\n\n<table><tr><td>x</td></tr></table>\n", SourceKind::MarkdownHtml),
            ("# T\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", SourceKind::MarkdownPipe),
            (
                "T\n====\n\n.. table:: **Table 1** x\n\n   ==== ====\n   a    b\n   ==== ====\n",
                SourceKind::Rst,
            ),
            ("Title\n\nTable 1 x\n\nParameter\n\nType\n", SourceKind::PlainText),
            ("{\"paths\": {}}", SourceKind::Explorer),
        ];
        for (content, kind) in cases {
            assert_eq!(recognise(content), Some(kind), "{content}");
        }
        assert_eq!(recognise(""), None);
        assert_eq!(recognise("{\"a\": 1}"), None);
        assert_eq!(recognise("a\0b"), None);
    }
}

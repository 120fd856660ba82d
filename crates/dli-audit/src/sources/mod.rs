//! The kinds of documentation sources, how to tell them apart, and one reader for each.

pub mod cell_text;
pub mod explorer;
pub mod html_tables;
pub mod markdown;
pub mod pipe_tables;
pub mod plain_text;
pub mod recognise;
pub mod rst;
pub mod rst_inline;
pub mod rst_tables;

pub use recognise::{SourceKind, recognise};

/// No page of the documentation is a tenth as long; whatever is longer is refused.
pub const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;

use crate::document::Document;
use crate::facts::PageFacts;
use crate::library::Source;
use crate::page;

/// A file after the first step of reading.
#[derive(Debug)]
pub enum Parsed {
    /// Prose, whose facts are read when all pages are known.
    Prose(SourceKind, Document),
    /// Facts already.
    Facts(SourceKind, PageFacts),
}

/// Reads the text of a file of any kind; `None` if it is no documentation.
///
/// Never panics and takes time in proportion to the length of the text, whatever it holds.
pub fn parse(content: &str) -> Option<Parsed> {
    if content.len() > MAX_PAGE_BYTES {
        let failures = vec![format!("larger than {MAX_PAGE_BYTES} bytes: not read")];
        return Some(Parsed::Facts(
            SourceKind::PlainText,
            PageFacts { failures, ..PageFacts::default() },
        ));
    }
    let kind = recognise(content)?;
    Some(match kind {
        SourceKind::MarkdownHtml | SourceKind::MarkdownPipe => {
            Parsed::Prose(kind, markdown::read(content))
        }
        SourceKind::Rst => Parsed::Prose(kind, rst::read(content)),
        SourceKind::PlainText => Parsed::Prose(kind, plain_text::read(content)),
        SourceKind::Explorer => Parsed::Facts(kind, explorer::read(content)),
    })
}

/// Reads the facts of a single page, without any other that it may refer to.
pub fn read(content: &str) -> Option<(SourceKind, PageFacts)> {
    Some(match parse(content)? {
        Parsed::Prose(kind, document) => (kind, page::read(&document, &Source::alone())),
        Parsed::Facts(kind, facts) => (kind, facts),
    })
}

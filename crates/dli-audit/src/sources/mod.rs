//! The kinds of documentation sources, how to tell them apart, and one reader for each.

pub mod explorer;
pub mod html_tables;
pub mod markdown;
pub mod plain_text;
pub mod recognise;
pub mod rst;
pub mod rst_inline;
pub mod rst_tables;

pub use recognise::{SourceKind, recognise};

/// No page of the documentation is a tenth as long; whatever is longer is refused.
pub const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;

//! Reads the documentation of Data Lake Insight in all the forms it is published in, compares
//! what it says with the description in `openapi/`, and says exactly what differs.

pub mod document;
pub mod facts;
pub mod library;
pub mod page;
pub mod reference;
pub mod source_files;
pub mod sources;

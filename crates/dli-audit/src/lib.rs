//! Reads the documentation of Data Lake Insight in all the forms it is published in, compares
//! what it says with the description in `openapi/`, and says exactly what differs.

pub mod changes;
pub mod compare;
pub mod description;
pub mod difference;
pub mod document;
pub mod drift;
pub mod drift_report;
pub mod examples;
pub mod facts;
pub mod library;
pub mod lock;
pub mod page;
pub mod reference;
pub mod report;
pub mod rulings;
pub mod run;
pub mod source_files;
pub mod sources;
pub mod summary;

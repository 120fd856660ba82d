//! Reads the documentation of Data Lake Insight in all the forms it is published in, compares
//! what it says with the description in `openapi/`, and says exactly what differs.
//!
//! The way of a page: [`sources`] tells its form by its content and reads it into a [`document`]
//! (an API definition goes straight to facts); [`page`] reads the [`facts`] out of the document;
//! [`compare`] holds them against the [`description`]; [`rulings`] explain what differs on
//! purpose. [`lock`] keeps the facts of each page, [`changes`] says what a newer copy changed, and
//! [`drift`] where the documentation contradicts itself. [`run`] is all of it as a command.

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
pub mod unsaid;

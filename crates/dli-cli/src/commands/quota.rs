//! `dli quota`: how much of everything there may be.

use crate::error::Result;
use crate::output::{Column, View};
use crate::request::Request;
use crate::session::Session;

const LISTED: &[Column] = &[
    Column::text("TYPE", "type"),
    Column::number("USED", "used"),
    Column::number("QUOTA", "quota"),
    Column::number("LEAST", "min").rank(1),
    Column::number("MOST", "max").rank(1),
];

/// Shows the quotas of the project.
pub async fn run(session: &Session) -> Result<()> {
    let answer = session.call(&Request::of("show_quota")).await?;
    let items = answer["quotas"]["resources"].as_array().cloned().unwrap_or_default();
    session.output.show(View::rows(items, LISTED, "There are no quotas."))
}

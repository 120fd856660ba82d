//! Queries that other operations want answered: the preview of a table.

use serde_json::{Value, json};

use super::engine::Submitted;
use super::queues;
use super::submit::{Order, start};
use crate::call::Call;
use crate::error::{ApiError, ApiResult};

/// A query that is not of this request: the preview of a table. `None` without an engine.
pub(in crate::families) fn query_later(
    call: &Call<'_>,
    statement: &str,
) -> ApiResult<Option<String>> {
    if call.settings.engine.is_none() {
        return Ok(None);
    }
    let order = Order {
        statement: statement.to_owned(),
        queue: queues::BUILT_IN.to_owned(),
        kind: None,
        transfer: None,
        fields: json!({ "conf": [], "currentdb": "" }),
    };
    Ok(Some(start(call, order)?.id.clone()))
}

/// Runs a query for an answer, and puts its columns and rows into it.
pub(in crate::families) fn query_for_answer(
    call: &Call<'_>,
    statement: String,
    answer: Value,
) -> bool {
    let Some(engine) = call.settings.engine.clone() else { return false };
    let statement = Submitted {
        project: call.project.to_owned(),
        job_id: String::new(),
        text: statement,
        database: String::new(),
        settings: Vec::new(),
        caller: call.caller.clone(),
    };
    call.afterwards(Box::new(move |service| {
        Box::pin(async move {
            let ran = engine.run(statement.of(&service)).await;
            let result =
                ran.map_err(|failure| ApiError::new(400, failure.code, failure.message))?;
            let mut answer = answer;
            answer["schema"] =
                result.columns.into_iter().map(|(name, kind)| json!({ name: kind })).collect();
            answer["rows"] = result.rows.into_iter().map(Value::from).collect();
            Ok(Some(answer))
        })
    }));
    true
}

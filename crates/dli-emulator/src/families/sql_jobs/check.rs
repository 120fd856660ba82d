//! Checking a statement without running it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::engine::Submitted;
use super::script::find_script;
use super::statement::kind_of;
use super::{NO_ENGINE, databases};
use crate::call::Call;
use crate::engine::SqlFailure;
use crate::error::{ApiError, ApiResult};

pub(super) fn check(call: &Call<'_>) -> ApiResult {
    let database = call.text("currentdb");
    if !database.is_empty() {
        databases::require(call, database)?;
    }
    let statement = call.text("sql");
    match find_script(call, statement)? {
        Some(script) => {
            if let Some(reason) = script["fails"].as_str() {
                return Err(ApiError::new(400, "DLI.0005", reason));
            }
            let kind = script["job_type"].as_str().unwrap_or_else(|| kind_of(statement));
            Ok(json!({ "is_success": true, "message": "", "job_type": kind }))
        }
        None => match &call.settings.engine {
            Some(engine) => {
                let engine = Arc::clone(engine);
                let statement = Submitted {
                    project: call.project.to_owned(),
                    job_id: String::new(),
                    text: statement.to_owned(),
                    database: database.to_owned(),
                    settings: Vec::new(),
                    caller: call.caller.clone(),
                };
                call.afterwards(Box::new(move |service| {
                    Box::pin(async move {
                        let statement = statement.of(&service);
                        let checked = engine.check(statement.clone());
                        let refused =
                            |failure: SqlFailure| ApiError::new(400, failure.code, failure.message);
                        let kind = checked.await.map_err(refused)?;
                        let kind = kind.unwrap_or_else(|| kind_of(&statement.text).to_owned());
                        Ok(Some(json!({ "is_success": true, "message": "", "job_type": kind })))
                    })
                }));
                Ok(Value::Null)
            }
            None => Err(ApiError::unsupported(NO_ENGINE)),
        },
    }
}

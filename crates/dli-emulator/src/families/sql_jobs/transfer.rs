//! Exports and imports.

use serde_json::{Value, json};

use super::submit::{Order, start};
use super::{databases, obs, of_path, queues, tables};
use crate::call::Call;
use crate::engine::SqlTransfer;
use crate::error::{ApiError, ApiResult};
use crate::store::Object;

pub(super) fn export_result(call: &Call<'_>) -> ApiResult {
    let source = of_path(call)?;
    if source.text("job_type") != "QUERY" {
        return Err(ApiError::unsupported(format!(
            "The SQL job `{}` is not of type QUERY and has nothing to export.",
            source.id
        )));
    }
    if source.timeline.state(call.now) != "FINISHED" {
        return Err(ApiError::unusable(format!(
            "The SQL job `{}` has not finished and has nothing to export yet.",
            source.id
        )));
    }
    let path = call.text("data_path");
    obs::folder("data_path", path)?;
    let schema = source.get("schema").as_array().map_or(&[][..], Vec::as_slice);
    let columns = schema.iter().filter_map(Value::as_object).flatten();
    let columns = columns
        .map(|(name, ty)| (name.clone(), ty.as_str().unwrap_or_default().to_owned()))
        .collect();
    let result_path = source.get("result_path").as_str().map(str::to_owned);
    let transfer = SqlTransfer::ExportResult { columns, result_path, request: call.body.clone() };
    receipt(call, "EXPORT", format!("EXPORT RESULT {} TO {path}", source.id), transfer)
}

pub(super) fn export_table(call: &Call<'_>) -> ApiResult {
    let path = call.text("data_path");
    obs::folder("data_path", path)?;
    let table = named_table(call)?;
    let statement = format!("EXPORT TABLE {}.{} TO {path}", table.parent, table.name);
    let request = call.body.clone();
    let transfer = SqlTransfer::ExportTable {
        database: table.parent.clone(),
        table: table.name.clone(),
        request,
    };
    receipt(call, "EXPORT", statement, transfer)
}

pub(super) fn import_table(call: &Call<'_>) -> ApiResult {
    let path = call.text("data_path");
    obs::folder("data_path", path)?;
    let table = named_table(call)?;
    let statement = format!("IMPORT TABLE {}.{} FROM {path}", table.parent, table.name);
    let request = call.body.clone();
    let transfer = SqlTransfer::ImportTable {
        database: table.parent.clone(),
        table: table.name.clone(),
        request,
    };
    receipt(call, "IMPORT", statement, transfer)
}

/// The import that ends an upload.
pub(in crate::families) fn import_upload(call: &Call<'_>, upload: &Object) -> ApiResult<String> {
    let (database, table) = (upload.text("db_name"), upload.text("table_name"));
    let statement = format!("IMPORT TABLE {database}.{table} FROM UPLOAD {}", upload.id);
    let fields = json!({ "database_name": database, "table_name": table, "data_type": upload.get("data_type") });
    let queue = upload.text("queue_name").to_owned();
    Ok(start(call, Order { statement, queue, kind: Some("IMPORT"), transfer: None, fields })?
        .id
        .clone())
}

fn named_table(call: &Call<'_>) -> ApiResult<Object> {
    let database = databases::require(call, call.text("database_name"))?;
    tables::require(call, &database.id, call.text("table_name"))
}

/// Starts a job that moves data and answers with its id.
fn receipt(
    call: &Call<'_>,
    kind: &'static str,
    statement: String,
    transfer: SqlTransfer,
) -> ApiResult {
    let queue = queues::of_job(call, call.text("queue_name"))?;
    let fields = call.body.clone();
    let order = Order { statement, queue, kind: Some(kind), transfer: Some(transfer), fields };
    let job = start(call, order)?;
    Ok(
        json!({ "is_success": true, "message": "", "job_id": job.id, "job_mode": job.get("job_mode") }),
    )
}

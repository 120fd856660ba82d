//! Tables, views and partitions: what is known of them. Their rows are an engine's, if there is one.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Table, databases, obs, sql_jobs};
use crate::call::{Call, done, new_id};
use crate::error::{ApiError, ApiResult};
use crate::store::Object;
use crate::view::{View, view};

pub(super) const TABLE: Table = &[
    ("create_table", create),
    ("list_tables", list),
    ("list_database_tables", list),
    ("show_table", show),
    ("delete_table", delete),
    ("update_table_owner", update_owner),
    ("list_partitions", list_partitions),
    ("preview_table", preview),
];

pub(crate) const KIND: &str = "table";
const WHAT: &str = "table";
/// Partitions are below `database.table`.
pub(crate) const PARTITION: &str = "partition";

fn create(call: &Call<'_>) -> ApiResult {
    let database = databases::require(call, call.path("database_name"))?;
    let name = call.text("table_name").to_lowercase();
    if call.objects.get(call.project, KIND, &database.id, &name)?.is_some() {
        return Err(ApiError::exists(WHAT, &format!("{}.{name}", database.name)));
    }
    call.settings.check_quota("table", call.objects.count(call.project, KIND, &database.id)?)?;
    check(call)?;
    let mut doc = call.body.clone();
    doc["owner"] = json!(call.caller.user);
    doc["table_type"] = json!(match call.text("data_location") {
        "VIEW" => "VIEW",
        "OBS" => "EXTERNAL",
        _ => "MANAGED",
    });
    if call.text("data_location") != "VIEW" && doc["storage"].is_null() {
        doc["storage"] = json!(new_id());
    }
    let mut table = Object::new(&name, &name, call.now, doc).below(&database.id);
    call.insert(KIND, &mut table)?;
    Ok(done())
}

fn check(call: &Call<'_>) -> ApiResult<()> {
    let columns = call.body["columns"].as_array().map_or(&[][..], Vec::as_slice);
    let needed = |field: &str, of: &str| match call.text(field) {
        "" => Err(ApiError::invalid(format!("{of} needs the field `{field}`."))),
        _ => Ok(()),
    };
    let mut names: Vec<String> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        let name = column["column_name"].as_str().unwrap_or_default().to_lowercase();
        if name.is_empty() || names.contains(&name) {
            return Err(ApiError::invalid(format!(
                "The field `columns[{index}].column_name` is empty or there twice."
            )));
        }
        names.push(name);
    }
    match call.text("data_location") {
        "VIEW" => needed("select_statement", "A view"),
        location => {
            if columns.is_empty() {
                return Err(ApiError::invalid(
                    "A table needs the field `columns`, with at least one column.",
                ));
            }
            if columns.iter().all(|column| column["is_partition_column"] == json!(true)) {
                return Err(ApiError::invalid(
                    "At least one column of a table must not be a partition column.",
                ));
            }
            if location == "OBS" {
                needed("data_type", "An OBS table")?;
                needed("data_path", "An OBS table")?;
                obs::folder("data_path", call.text("data_path"))?;
            }
            Ok(())
        }
    }
}

fn list(call: &Call<'_>) -> ApiResult {
    let database = databases::require(call, call.path("database_name"))?;
    let mut tables = call.objects.list(call.project, KIND, &database.id)?;
    let keyword = call.query("keyword").map(str::to_lowercase);
    tables.retain(|table| {
        keyword.as_ref().is_none_or(|part| table.name.contains(part))
            && call
                .query("table-type")
                .is_none_or(|kind| kind.split('_').next() == Some(kind_in_filter(table)))
            && call.query("datasource-type").is_none_or(|kind| kind == table.text("data_location"))
    });
    let count = tables.len();
    let detailed = call.query_flag("with-detail") == Some(true);
    let page = call.page(tables);
    call.write(&view! {
        "is_success": true,
        "message": "",
        "table_count": count,
        "tables": View::list(page.iter().map(|table| in_list(table, detailed))),
    })
}

/// The first word of what the filter `table-type` calls it.
fn kind_in_filter(table: &Object) -> &str {
    match table.text("table_type") {
        "VIEW" => "VIRTUAL",
        other => other,
    }
}

fn in_list(table: &Object, detailed: bool) -> View<'_> {
    let view = view! {
        "table_name": &table.name,
        "data_location": table.get("data_location"),
        "table_type": table.get("table_type"),
    };
    if !detailed {
        return view;
    }
    let view = view
        .with("owner", table.get("owner"))
        .with("create_time", table.created)
        .with("last_access_time", table.updated)
        .with("table_size", 0_i64);
    if table.text("data_location") != "OBS" {
        return view;
    }
    view.with("location", table.get("data_path"))
        .with("data_type", table.get("data_type"))
        .with("partition_columns", View::list(partition_columns(table)))
}

fn partition_columns(table: &Object) -> Vec<&Value> {
    let columns = table.get("columns").as_array().map_or(&[][..], Vec::as_slice);
    let partitioned = columns.iter().filter(|column| column["is_partition_column"] == json!(true));
    partitioned.map(|column| &column["column_name"]).collect()
}

fn show(call: &Call<'_>) -> ApiResult {
    let table = of_path(call)?;
    let columns = table.get("columns").as_array().map_or(&[][..], Vec::as_slice);
    let mut view = view! {
        "is_success": true,
        "message": "",
        "column_count": columns.len(),
        "columns": View::list(columns),
        "table_type": table.get("table_type"),
        "table_comment": table.text("description"),
        "create_table_sql": create_statement(&table),
    };
    if table.text("data_location") == "OBS" {
        let properties = [
            ("delimiter", "delimiter"),
            ("escape", "escape_char"),
            ("quote", "quote_char"),
            ("header", "with_column_header"),
            ("dateformat", "date_format"),
            ("timestampformat", "timestamp_format"),
        ];
        let given = properties.iter().filter_map(|(key, field)| {
            let value = table.doc.get(*field)?;
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            Some(view! { "key": *key, "value": value })
        });
        view = view
            .with("data_type", table.get("data_type"))
            .with("data_location", table.get("data_path"))
            .with("storage_properties", View::list(given));
    }
    call.write(&view)
}

/// The statement that would make the table, put together from what was given.
fn create_statement(table: &Object) -> String {
    let name = format!("`{}`.`{}`", table.parent, table.name);
    if table.text("table_type") == "VIEW" {
        return format!("CREATE VIEW {name} AS {}", table.text("select_statement"));
    }
    let columns = table.get("columns").as_array().map_or(&[][..], Vec::as_slice);
    let text = |column: &Value, field: &str| column[field].as_str().unwrap_or_default().to_owned();
    let columns = columns
        .iter()
        .map(|column| format!("`{}` {}", text(column, "column_name"), text(column, "type")));
    let columns = columns.collect::<Vec<_>>().join(", ");
    let mut statement = format!("CREATE TABLE {name} ({columns})");
    if table.text("data_location") == "OBS" {
        let (format, path) = (table.text("data_type"), table.text("data_path"));
        statement
            .push_str(&format!(" USING {format} OPTIONS (path '{}')", path.replace('\'', "\\'")));
    }
    let partitions: Vec<String> = partition_columns(table)
        .into_iter()
        .filter_map(Value::as_str)
        .map(|column| format!("`{column}`"))
        .collect();
    if !partitions.is_empty() {
        statement.push_str(&format!(" PARTITIONED BY ({})", partitions.join(", ")));
    }
    statement
}

fn delete(call: &Call<'_>) -> ApiResult {
    let table = of_path(call)?;
    remove(call, &table)?;
    let mode = if call.query_flag("async") == Some(true) { "async" } else { "sync" };
    if mode == "async" {
        let statement = format!("DROP TABLE {}.{}", table.parent, table.name);
        let job = sql_jobs::Finished {
            queue: super::queues::BUILT_IN,
            kind: "DDL",
            statement: &statement,
        };
        sql_jobs::insert_finished(call, &job)?;
    }
    Ok(json!({ "is_success": true, "message": "", "job_mode": mode }))
}

/// Deletes a table with its partitions.
pub(super) fn remove(call: &Call<'_>, table: &Object) -> ApiResult<()> {
    let below = format!("{}.{}", table.parent, table.name);
    call.objects.delete_below(call.project, PARTITION, &below)?;
    if let (Some(engine), Some(storage)) = (&call.settings.engine, table.get("storage").as_str()) {
        let (engine, project) = (Arc::clone(engine), call.project.to_owned());
        let storage = storage.to_owned();
        call.afterwards(Box::new(move |_| {
            Box::pin(async move {
                engine.dropped(&project, &storage);
                Ok(None)
            })
        }));
    }
    call.delete(table)
}

fn update_owner(call: &Call<'_>) -> ApiResult {
    let mut table = of_path(call)?;
    table.set("owner", call.text("new_owner"));
    call.update(&mut table)?;
    Ok(done())
}

fn list_partitions(call: &Call<'_>) -> ApiResult {
    let table = of_path(call)?;
    if partition_columns(&table).is_empty() {
        return Err(ApiError::unsupported(format!(
            "The table `{}` is not partitioned.",
            table.name
        )));
    }
    let mut partitions =
        call.objects.list(call.project, PARTITION, &format!("{}.{}", table.parent, table.name))?;
    if let Some(filter) = call.query("filter") {
        let (column, value) = filter.split_once('=').ok_or_else(|| {
            ApiError::invalid("The parameter `filter` has to be written column=value.")
        })?;
        let wanted = format!("{}={}", column.trim().to_lowercase(), value.trim().to_lowercase());
        partitions.retain(|partition| {
            partition.name.to_lowercase().split('/').any(|part| part == wanted)
        });
    }
    let total = partitions.len();
    let page = call.page(partitions);
    let infos = page.iter().map(|partition| {
        View::Document(&partition.doc, Vec::new())
            .with("partition_name", &partition.name)
            .with("create_time", partition.created)
            .with("last_access_time", partition.updated)
    });
    call.write(&view! {
        "is_success": true,
        "message": "",
        "partitions": view! { "total_count": total, "partition_infos": View::list(infos) },
    })
}

fn preview(call: &Call<'_>) -> ApiResult {
    let table = of_path(call)?;
    let statement = format!("SELECT * FROM {}.{} LIMIT 10", table.parent, table.name);
    let script = sql_jobs::find_script(call, &statement)?;
    let done = done();
    if script.is_none() && call.query("mode") == Some("ASYNC") {
        if let Some(id) = sql_jobs::query_later(call, &statement)? {
            return Ok(json!({ "is_success": true, "message": "", "job_id": id }));
        }
    } else if script.is_none() && sql_jobs::query_for_answer(call, statement.clone(), done.clone())
    {
        return Ok(done);
    }
    let (schema, rows) = match &script {
        Some(script) => (script["schema"].clone(), script["rows"].clone()),
        // Nothing fills a DLI table here, so it is empty; other tables have their data elsewhere.
        None if table.text("data_location") == "DLI" => (columns_as_schema(&table), json!([])),
        None => {
            return Err(ApiError::unsupported(format!(
                "This emulator has no SQL engine to read `{}.{}` with. Script the result of `{statement}`.",
                table.parent, table.name
            )));
        }
    };
    if call.query("mode") == Some("ASYNC") {
        let job = sql_jobs::Finished {
            queue: super::queues::BUILT_IN,
            kind: "QUERY",
            statement: &statement,
        };
        let id = sql_jobs::insert_with_rows(call, &job, &schema, &rows)?;
        return Ok(json!({ "is_success": true, "message": "", "job_id": id }));
    }
    Ok(json!({ "is_success": true, "message": "", "schema": schema, "rows": rows }))
}

fn columns_as_schema(table: &Object) -> Value {
    let columns = table.get("columns").as_array().map_or(&[][..], Vec::as_slice);
    let named = columns.iter().filter_map(|column| {
        Some(json!({ column["column_name"].as_str()?: column["type"].as_str()?.to_lowercase() }))
    });
    named.collect()
}

fn of_path(call: &Call<'_>) -> ApiResult<Object> {
    let database = databases::require(call, call.path("database_name"))?;
    require(call, &database.id, call.path("table_name"))
}

/// A table that has to be there.
pub(super) fn require(call: &Call<'_>, database: &str, table: &str) -> ApiResult<Object> {
    let (database, name) = (database.to_lowercase(), table.to_lowercase());
    let found = call.objects.get(call.project, KIND, &database, &name)?;
    found.ok_or_else(|| ApiError::not_found(WHAT, &format!("{database}.{name}")))
}

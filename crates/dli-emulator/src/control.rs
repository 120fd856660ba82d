//! `/_emulator/…`: health, faults, reset, snapshot, request log.

use std::sync::Arc;

use http::request::Parts;
use serde_json::{Value, json};

use crate::description::DESCRIPTION;
use crate::error::{ApiError, ApiResult};
use crate::families::{self, sql_jobs};
use crate::faults::Fault;
use crate::host;
use crate::server::Service;
use crate::{seed, snapshot};

/// Answers a request to the emulator itself; these are not signed.
pub(crate) async fn answer(
    service: &Arc<Service>,
    parts: &Parts,
    path: &str,
    body: &[u8],
) -> ApiResult<(u16, Value)> {
    let method = parts.method.as_str();
    if method != "GET" {
        same_origin(parts)?;
    }
    let ok = |body: Value| Ok((200, body));
    match (method, path.trim_end_matches('/')) {
        ("GET", "/health") => ok(json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "uptime_ms": u64::try_from(service.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        })),
        ("GET", "/operations") => ok(operations()),
        ("GET", "/log") => ok(json!({ "requests": service.log.to_json() })),
        ("GET", "/faults") => ok(json!({ "faults": service.faults.to_json() })),
        ("POST", "/faults") => {
            let request = read(body)?;
            let fault: Fault = request["fault"]
                .as_str()
                .ok_or_else(|| wrong("the body must hold `fault`, for instance {\"fault\": \"create_queue:throttle=2*3\"}"))?
                .parse()
                .map_err(|error: crate::FaultParseError| wrong(&error.to_string()))?;
            Ok((201, json!({ "id": service.faults.add(fault) })))
        }
        ("DELETE", "/faults") => ok(json!({ "removed": service.faults.remove(None) })),
        ("DELETE", path) if path.starts_with("/faults/") => {
            let id = path["/faults/".len()..]
                .parse()
                .map_err(|_| wrong("a fault is named by its number"))?;
            ok(json!({ "removed": service.faults.remove(Some(id)) }))
        }
        ("POST", "/reset") => {
            service.store.run(|objects| objects.delete_all()).await?;
            service.faults.remove(None);
            service.log.clear();
            if let Some(seed) = &service.seed {
                seed::apply(service, seed).await?;
            }
            ok(json!({ "is_success": true }))
        }
        ("POST", "/seed") => ok(json!({ "answers": seed::apply(service, &read(body)?).await? })),
        ("POST", "/sql-scripts") => {
            Ok((201, json!({ "id": seed::add_script(service, &read(body)?).await? })))
        }
        ("GET", "/sql-scripts") => {
            let scripts =
                service.store.run(|objects| objects.list_everywhere(sql_jobs::SCRIPT)).await?;
            let scripts = scripts.into_iter().map(|(project, script)| {
                json!({ "id": script.seq, "project": project, "script": script.doc })
            });
            ok(json!({ "sql_scripts": scripts.collect::<Vec<_>>() }))
        }
        ("DELETE", "/sql-scripts") => {
            let removed = service.store.run(|objects| {
                let scripts = objects.list_everywhere(sql_jobs::SCRIPT)?;
                scripts.iter().try_for_each(|(_, script)| objects.delete(script))?;
                Ok(scripts.len())
            });
            ok(json!({ "removed": removed.await? }))
        }
        ("GET", "/snapshot") => ok(snapshot::take(service).await?),
        ("POST" | "PUT", "/snapshot") => {
            ok(json!({ "restored": snapshot::restore(service, &read(body)?).await? }))
        }
        _ => Err(ApiError::new(
            404,
            "EMULATOR.0404",
            format!(
                "{method} /_emulator{path} does not exist; there are GET health, operations, log, faults, sql-scripts and snapshot, POST faults, sql-scripts, seed, snapshot and reset, DELETE faults, faults/{{id}} and sql-scripts."
            ),
        )),
    }
}

/// Which operations there are, and which have an answer.
fn operations() -> Value {
    let entry = |operation: &dli_spec::Operation| {
        json!({
            "id": operation.id,
            "family": operation.family,
            "method": operation.method,
            "path": operation.path,
            "answered": families::handler(&operation.id).is_some(),
        })
    };
    json!({ "operations": DESCRIPTION.bundle.operations().iter().map(entry).collect::<Vec<_>>() })
}

/// A page of another site may not steer the emulator, even where a browser lets it send.
fn same_origin(parts: &Parts) -> ApiResult<()> {
    let Some(origin) = parts.headers.get("origin") else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default();
    let own = parts.headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let authority = origin.split_once("://").map_or("", |(_, authority)| authority);
    if authority == own && !host::name_of(own).is_empty() {
        return Ok(());
    }
    Err(ApiError::new(403, "EMULATOR.0403", format!("`{origin}` may not steer the emulator.")))
}

fn read(body: &[u8]) -> ApiResult<Value> {
    serde_json::from_slice(body)
        .map_err(|error| wrong(&format!("the body is not valid JSON: {error}")))
}

fn wrong(message: &str) -> ApiError {
    ApiError::new(400, "EMULATOR.0400", message.to_owned())
}

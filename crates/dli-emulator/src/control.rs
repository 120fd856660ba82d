//! `/_emulator/…`: health, faults, reset, snapshot, request log.

use http::request::Parts;
use serde_json::{Value, json};

use crate::description::DESCRIPTION;
use crate::error::{ApiError, ApiResult};
use crate::families;
use crate::faults::Fault;
use crate::host;
use crate::server::Service;

/// Answers a request to the emulator itself; these are not signed.
pub(crate) async fn answer(
    service: &Service,
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
        ("GET", "/log") => {
            let log = service.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            ok(json!({ "requests": log.iter().collect::<Vec<_>>() }))
        }
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
            service.store.run(|objects| objects.delete_all(None)).await?;
            service.faults.remove(None);
            service.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
            ok(json!({ "is_success": true }))
        }
        _ => Err(ApiError::new(
            404,
            "EMULATOR.0404",
            format!(
                "{method} /_emulator{path} does not exist; there are GET health, operations, log and faults, POST faults and reset, DELETE faults and faults/{{id}}."
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

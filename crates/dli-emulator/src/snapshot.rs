//! The whole state as JSON, and back.

use serde_json::{Value, json};

use crate::error::{ApiError, ApiResult};
use crate::server::Service;
use crate::store::Object;

/// Version of the format.
const VERSION: i64 = 1;

/// Everything there is, except tokens.
pub(crate) async fn take(service: &Service) -> ApiResult {
    let all = service.store.run(|objects| objects.everything()).await?;
    let objects = all.into_iter().map(|(project, kind, object)| {
        json!({
            "number": object.seq,
            "project": project,
            "kind": kind,
            "parent": object.parent,
            "id": object.id,
            "name": object.name,
            "created": object.created,
            "updated": object.updated,
            "timeline": object.timeline,
            "doc": object.doc,
        })
    });
    Ok(json!({ "version": VERSION, "objects": objects.collect::<Vec<_>>() }))
}

/// Puts a snapshot in the place of everything there is.
pub(crate) async fn restore(service: &Service, snapshot: &Value) -> ApiResult<usize> {
    let wrong = |message: &str| ApiError::new(400, "EMULATOR.0400", message.to_owned());
    if snapshot["version"] != json!(VERSION) {
        return Err(wrong("this is no snapshot, or one of another version"));
    }
    let mut restored = Vec::new();
    for entry in snapshot["objects"].as_array().into_iter().flatten() {
        let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        let mut object =
            Object::new(text("id"), text("name"), 0, entry["doc"].clone()).below(text("parent"));
        object.seq = entry["number"]
            .as_i64()
            .ok_or_else(|| wrong("an object of the snapshot has no number"))?;
        object.created = entry["created"].as_i64().unwrap_or_default();
        object.updated = entry["updated"].as_i64().unwrap_or_default();
        object.timeline = serde_json::from_value(entry["timeline"].clone()).map_err(|error| {
            wrong(&format!("a timeline of the snapshot cannot be read: {error}"))
        })?;
        restored.push((text("project"), text("kind"), object));
    }
    let count = restored.len();
    let replace = service.store.run(move |objects| {
        objects.delete_all()?;
        for (project, kind, object) in &mut restored {
            objects.insert_as(project, kind, object)?;
        }
        Ok(())
    });
    replace.await?;
    Ok(count)
}

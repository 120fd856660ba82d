//! Objects as they were read last: what stands in SQLite unchanged is not parsed again.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use rusqlite::Row;
use rusqlite::types::Type;
use serde_json::Value;

use super::Object;
use super::objects::Fields;

/// How much is remembered, in bytes of memory.
const MOST: u64 = 16 * 1024 * 1024;
/// How many objects that is, about.
const ABOUT: usize = 8192;
/// What an object takes besides its texts and its document.
const EACH: usize = 512;

/// What was read, by the number of the object.
///
/// It is compared with the row each time, so that it cannot be older than the row: whoever wrote
/// it, and whether or not that was rolled back.
pub(super) struct Decoded(Cache<i64, Arc<Known>, Weight>);

struct Known {
    timeline: String,
    doc: String,
    object: Object,
    /// Bytes of memory, about.
    size: u64,
}

#[derive(Clone)]
struct Weight;

impl Weighter<i64, Arc<Known>> for Weight {
    fn weight(&self, _: &i64, known: &Arc<Known>) -> u64 {
        known.size
    }
}

impl Default for Decoded {
    fn default() -> Self {
        Self(Cache::with_weighter(ABOUT, MOST, Weight))
    }
}

impl Decoded {
    /// The object of a row that begins with [`super::objects::COLUMNS`].
    pub fn read(&self, row: &Row<'_>) -> rusqlite::Result<Object> {
        let number: i64 = row.get(0)?;
        if let Some(known) = self.0.get(&number)
            && known.is(row)?
        {
            return Ok(known.object.clone());
        }
        let (timeline, doc): (String, String) = (row.get(6)?, row.get(7)?);
        let object = Object::from(Fields {
            seq: number,
            id: row.get(1)?,
            name: row.get(2)?,
            parent: row.get(3)?,
            created: row.get(4)?,
            updated: row.get(5)?,
            timeline: json(&timeline, 6)?,
            doc: json(&doc, 7)?,
        });
        let decoded: usize = object.doc.iter().map(size_of_field).sum();
        let size = (EACH + timeline.len() + doc.len() + decoded) as u64;
        self.0.insert(number, Arc::new(Known { timeline, doc, object: object.clone(), size }));
        Ok(object)
    }
}

impl Known {
    /// Whether the row still says the same.
    fn is(&self, row: &Row<'_>) -> rusqlite::Result<bool> {
        let text = |column, known: &str| -> rusqlite::Result<bool> {
            Ok(row.get_ref(column)?.as_bytes()? == known.as_bytes())
        };
        let object = &self.object;
        Ok(text(7, &self.doc)?
            && text(6, &self.timeline)?
            && text(1, &object.id)?
            && text(2, &object.name)?
            && text(3, &object.parent)?
            && row.get::<_, i64>(4)? == object.created
            && row.get::<_, i64>(5)? == object.updated)
    }
}

/// What a value takes: a list of small numbers takes many times its text.
fn size_of(value: &Value) -> usize {
    let held = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size_of).sum(),
        Value::Object(fields) => fields.iter().map(size_of_field).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    };
    std::mem::size_of::<Value>() + held
}

/// The name comes with the value, a hash, and a place in the map's table.
fn size_of_field((name, value): (&String, &Value)) -> usize {
    std::mem::size_of::<(u64, usize, String)>() + name.len() + size_of(value)
}

fn json<T: serde::de::DeserializeOwned>(text: &str, column: usize) -> rusqlite::Result<T> {
    serde_json::from_str(text).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Store;
    use super::*;
    use crate::error::ApiError;

    #[tokio::test]
    async fn what_was_read_before_never_hides_what_is_stored() {
        let (store, _) = Store::open(None).await.unwrap();
        let made = store.run(|objects| {
            let mut object = Object::new("1", "first", 0, json!({ "size": 16 }));
            objects.insert("p", "queue", &mut object)?;
            Ok(object)
        });
        let made = made.await.unwrap();
        let read = async || {
            let found = store.read(|objects| objects.get("p", "queue", "", "1")).await;
            let found = found.unwrap().unwrap();
            (found.name.clone(), found.get("size").as_i64())
        };
        assert_eq!(read().await, ("first".to_owned(), Some(16)));

        // Read within a transaction that comes to nothing.
        let mut larger = made.clone();
        larger.set("size", 64);
        let undone = store.run(move |objects| {
            objects.update(&larger)?;
            let seen = objects.get("p", "queue", "", "1")?.unwrap();
            assert_eq!(seen.get("size").as_i64(), Some(64));
            Err::<(), _>(ApiError::internal("undone"))
        });
        undone.await.unwrap_err();
        assert_eq!(read().await, ("first".to_owned(), Some(16)));

        // Another name and the same document, under the same number.
        let mut renamed = made;
        renamed.name = "second".to_owned();
        store.run(move |objects| objects.update(&renamed)).await.unwrap();
        assert_eq!(read().await, ("second".to_owned(), Some(16)));
    }
}

//! Objects: the one mechanism for what is created, listed, shown, changed and deleted.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::{Map, Value};

use super::Timeline;
use super::decoded::Decoded;
use crate::error::ApiResult;

/// One object of the service: a queue, a connection, a job. Copied only when it is changed.
#[derive(Debug, Clone)]
pub(crate) struct Object(Arc<Fields>);

/// What an object holds.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    /// Order of creation; 0 until it is stored.
    pub seq: i64,
    pub id: String,
    pub name: String,
    /// What it belongs to (a table to a database), or nothing.
    pub parent: String,
    pub created: i64,
    pub updated: i64,
    pub timeline: Timeline,
    pub doc: Map<String, Value>,
}

impl Object {
    /// An object made from a JSON document; not stored yet.
    pub fn new(id: impl Into<String>, name: impl Into<String>, now: i64, doc: Value) -> Self {
        let doc = match doc {
            Value::Object(doc) => doc,
            _ => Map::new(),
        };
        Self::from(Fields {
            seq: 0,
            id: id.into(),
            name: name.into(),
            parent: String::new(),
            created: now,
            updated: now,
            timeline: Timeline::default(),
            doc,
        })
    }

    /// What it holds, as a copy if others hold it as well.
    pub fn into_fields(self) -> Fields {
        Arc::unwrap_or_clone(self.0)
    }

    pub fn below(mut self, parent: impl Into<String>) -> Self {
        self.parent = parent.into();
        self
    }

    pub fn with_timeline(mut self, timeline: Timeline) -> Self {
        self.timeline = timeline;
        self
    }

    /// A field of the document; `null` when it has none.
    pub fn get(&self, field: &str) -> &Value {
        self.doc.get(field).unwrap_or(&Value::Null)
    }

    /// A field of the document as text; empty when it has none.
    pub fn text(&self, field: &str) -> &str {
        self.get(field).as_str().unwrap_or_default()
    }

    /// Sets a field of the document.
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.doc.insert(field.to_owned(), value.into());
    }
}

impl From<Fields> for Object {
    fn from(fields: Fields) -> Self {
        Self(Arc::new(fields))
    }
}

impl Deref for Object {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl DerefMut for Object {
    fn deref_mut(&mut self) -> &mut Fields {
        Arc::make_mut(&mut self.0)
    }
}

/// A token that IAM issued.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub token: String,
    pub user: String,
    pub project: Option<String>,
    pub expires: i64,
}

/// An expired token is told from an unknown one for a day.
const FORGET_AFTER: i64 = 24 * 3600 * 1000;

/// The objects of all projects, within one transaction.
pub(crate) struct Objects<'c> {
    pub(super) connection: &'c Connection,
    pub(super) decoded: &'c Decoded,
}

pub(super) const COLUMNS: &str = "seq, id, name, parent, created, updated, timeline, doc";

impl<'c> Objects<'c> {
    pub(super) fn new(connection: &'c Connection, decoded: &'c Decoded) -> Self {
        Self { connection, decoded }
    }

    /// Stores a new object. There must be none of this id below the same parent.
    pub fn insert(&self, project: &str, kind: &str, object: &mut Object) -> ApiResult<()> {
        let sql =
            "INSERT INTO objects (project, kind, parent, id, name, created, updated, timeline, doc)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let (timeline, doc) = encode(object);
        let Fields { parent, id, name, created, updated, .. } = &**object;
        let values = params![project, kind, parent, id, name, created, updated, timeline, doc];
        object.seq = self.connection.prepare_cached(sql)?.insert(values)?;
        Ok(())
    }

    /// Stores an object of a snapshot under the number it had there.
    pub fn insert_as(&self, project: &str, kind: &str, object: &mut Object) -> ApiResult<()> {
        let number = object.seq;
        self.insert(project, kind, object)?;
        let sql = "UPDATE objects SET seq = ?2 WHERE seq = ?1";
        self.connection.prepare_cached(sql)?.execute([object.seq, number])?;
        object.seq = number;
        Ok(())
    }

    /// Writes a changed object back.
    pub fn update(&self, object: &Object) -> ApiResult<()> {
        let sql = "UPDATE objects SET id = ?2, name = ?3, parent = ?4, updated = ?5, timeline = ?6,
                   doc = ?7 WHERE seq = ?1";
        let (timeline, doc) = encode(object);
        let Fields { seq, id, name, parent, updated, .. } = &**object;
        self.connection
            .prepare_cached(sql)?
            .execute(params![seq, id, name, parent, updated, timeline, doc])?;
        Ok(())
    }

    pub fn delete(&self, object: &Object) -> ApiResult<()> {
        self.connection
            .prepare_cached("DELETE FROM objects WHERE seq = ?1")?
            .execute([object.seq])?;
        Ok(())
    }

    /// Deletes everything of a kind below a parent.
    pub fn delete_below(&self, project: &str, kind: &str, parent: &str) -> ApiResult<()> {
        let sql = "DELETE FROM objects WHERE project = ?1 AND kind = ?2 AND parent = ?3";
        self.connection.prepare_cached(sql)?.execute([project, kind, parent])?;
        Ok(())
    }

    /// Deletes all objects of all projects. Tokens stay good.
    pub fn delete_all(&self) -> ApiResult<()> {
        self.connection.execute("DELETE FROM objects", [])?;
        Ok(())
    }

    /// Keeps a token of IAM, and forgets those that have expired.
    pub fn insert_token(&self, token: &Token, now: i64) -> ApiResult<()> {
        self.connection.execute("DELETE FROM tokens WHERE expires <= ?1", [now - FORGET_AFTER])?;
        let sql = "INSERT INTO tokens (token, user, project, expires) VALUES (?1, ?2, ?3, ?4)";
        let values = params![token.token, token.user, token.project, token.expires];
        self.connection.execute(sql, values)?;
        Ok(())
    }

    pub fn token(&self, token: &str) -> ApiResult<Option<Token>> {
        let sql = "SELECT token, user, project, expires FROM tokens WHERE token = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let read = |row: &Row<'_>| {
            Ok(Token {
                token: row.get(0)?,
                user: row.get(1)?,
                project: row.get(2)?,
                expires: row.get(3)?,
            })
        };
        Ok(statement.query_row([token], read).optional()?)
    }

    /// Whether there is no object yet.
    pub fn is_empty(&self) -> ApiResult<bool> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM objects)";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    pub fn get(
        &self,
        project: &str,
        kind: &str,
        parent: &str,
        id: &str,
    ) -> ApiResult<Option<Object>> {
        self.one(
            "project = ?1 AND kind = ?2 AND parent = ?3 AND id = ?4",
            [project, kind, parent, id],
        )
    }

    /// The latest object of this name.
    pub fn by_name(
        &self,
        project: &str,
        kind: &str,
        parent: &str,
        name: &str,
    ) -> ApiResult<Option<Object>> {
        self.one(
            "project = ?1 AND kind = ?2 AND parent = ?3 AND name = ?4",
            [project, kind, parent, name],
        )
    }

    /// All objects of a kind below a parent, oldest first.
    pub fn list(&self, project: &str, kind: &str, parent: &str) -> ApiResult<Vec<Object>> {
        self.many("project = ?1 AND kind = ?2 AND parent = ?3", [project, kind, parent])
    }

    /// All objects of a kind, whatever they belong to, oldest first.
    pub fn list_all(&self, project: &str, kind: &str) -> ApiResult<Vec<Object>> {
        self.many("project = ?1 AND kind = ?2", [project, kind])
    }

    /// All objects of a kind in all projects, each with its project.
    pub fn list_everywhere(&self, kind: &str) -> ApiResult<Vec<(String, Object)>> {
        let sql = format!("SELECT {COLUMNS}, project FROM objects WHERE kind = ?1 ORDER BY seq");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement.query_map([kind], |row| Ok((row.get(8)?, self.decoded.read(row)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many objects of a kind there are below a parent.
    pub fn count(&self, project: &str, kind: &str, parent: &str) -> ApiResult<i64> {
        let sql = "SELECT count(*) FROM objects WHERE project = ?1 AND kind = ?2 AND parent = ?3";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([project, kind, parent], |row| row.get(0))?)
    }

    /// Every object with its project and kind, oldest first.
    pub fn everything(&self) -> ApiResult<Vec<(String, String, Object)>> {
        let sql = format!("SELECT {COLUMNS}, project, kind FROM objects ORDER BY seq");
        let mut statement = self.connection.prepare(&sql)?;
        let rows = statement
            .query_map([], |row| Ok((row.get(8)?, row.get(9)?, self.decoded.read(row)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn one<const N: usize>(&self, condition: &str, values: [&str; N]) -> ApiResult<Option<Object>> {
        let sql =
            format!("SELECT {COLUMNS} FROM objects WHERE {condition} ORDER BY seq DESC LIMIT 1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        Ok(statement
            .query_row(rusqlite::params_from_iter(values), |row| self.decoded.read(row))
            .optional()?)
    }

    fn many<const N: usize>(&self, condition: &str, values: [&str; N]) -> ApiResult<Vec<Object>> {
        let sql = format!("SELECT {COLUMNS} FROM objects WHERE {condition} ORDER BY seq");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement
            .query_map(rusqlite::params_from_iter(values), |row| self.decoded.read(row))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn encode(object: &Object) -> (String, String) {
    let timeline = serde_json::to_string(&object.timeline).expect("text and numbers are JSON");
    let doc = serde_json::to_string(&object.doc).expect("a JSON object is JSON");
    (timeline, doc)
}

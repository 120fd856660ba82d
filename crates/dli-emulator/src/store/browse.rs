//! What the page in the browser reads: counts and small parts of long lists.

use rusqlite::{OptionalExtension, params};

use super::Object;
use super::objects::{COLUMNS, Objects};
use crate::error::ApiResult;

/// An object with the project it is in and what it is.
pub(crate) struct Placed {
    pub project: String,
    pub kind: String,
    pub object: Object,
}

impl Objects<'_> {
    /// How many objects there are of each kind in each project.
    pub fn census(&self) -> ApiResult<Vec<(String, String, i64)>> {
        let sql = "SELECT project, kind, count(*) FROM objects GROUP BY project, kind";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The latest objects of a kind that are older than a number, latest first. The numbers are
    /// found in an index, so that only what is asked for is read.
    pub fn latest(
        &self,
        project: &str,
        kind: &str,
        before: i64,
        limit: i64,
    ) -> ApiResult<Vec<Object>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM objects WHERE seq IN (
                 SELECT seq FROM objects WHERE project = ?1 AND kind = ?2 AND seq < ?3
                 ORDER BY seq DESC LIMIT ?4)
             ORDER BY seq DESC"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement
            .query_map(params![project, kind, before, limit], |row| self.decoded.read(row))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// How many objects of a kind there are in a project, whatever they belong to.
    pub fn count_all(&self, project: &str, kind: &str) -> ApiResult<i64> {
        let sql = "SELECT count(*) FROM objects WHERE project = ?1 AND kind = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([project, kind], |row| row.get(0))?)
    }

    /// The latest objects of a kind below a parent, and how many there are.
    pub fn latest_below(
        &self,
        project: &str,
        kind: &str,
        parent: &str,
        limit: i64,
    ) -> ApiResult<(Vec<Object>, i64)> {
        let sql = format!(
            "SELECT {COLUMNS} FROM objects WHERE project = ?1 AND kind = ?2 AND parent = ?3
             ORDER BY seq DESC LIMIT ?4"
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let rows = statement
            .query_map(params![project, kind, parent, limit], |row| self.decoded.read(row))?;
        let objects = rows.collect::<Result<_, _>>()?;
        Ok((objects, self.count(project, kind, parent)?))
    }

    /// The object of a number.
    pub fn numbered(&self, number: i64) -> ApiResult<Option<Placed>> {
        let sql = format!("SELECT {COLUMNS}, project, kind FROM objects WHERE seq = ?1");
        let mut statement = self.connection.prepare_cached(&sql)?;
        let read = |row: &rusqlite::Row<'_>| {
            Ok(Placed { project: row.get(8)?, kind: row.get(9)?, object: self.decoded.read(row)? })
        };
        Ok(statement.query_row([number], read).optional()?)
    }

    /// The number of the latest object of this kind and id, whatever its project.
    pub fn number_of(&self, kind: &str, id: &str) -> ApiResult<Option<i64>> {
        let sql = "SELECT max(seq) FROM objects WHERE kind = ?1 AND id = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        Ok(statement.query_row([kind, id], |row| row.get(0))?)
    }
}

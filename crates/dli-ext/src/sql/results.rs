//! The results of a job: from the preview if that is all of them, else from the job bucket.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use dli_api::types::{ShowSqlJobStatusResponse, SqlJobType};
use futures_util::stream::{self, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Column, ColumnType, Row, SqlJob};
use crate::paging::Stream;
use crate::{Error, ErrorKind};

/// No more rows come with an answer of the service.
const PREVIEW: i64 = 1000;
pub(super) const OPERATION: &str = "preview_sql_job_result";

/// The results of a job. Taking the rows reads them, as a stream; nothing is held whole.
///
/// ```no_run
/// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
/// println!("{:?}", dli.sql("select 1").run().await?);
/// # Ok(())
/// # }
/// ```
pub struct Results {
    job: SqlJob,
    columns: Arc<[Column]>,
    row_count: Option<i64>,
    source: Source,
}

enum Source {
    /// All rows are here.
    Here(Vec<Vec<Value>>),
    /// They are in the job bucket.
    #[cfg(feature = "obs")]
    Bucket(super::bucket::Folder),
}

/// What the service says of a result, values untouched.
#[derive(serde::Deserialize)]
struct Preview<'a> {
    #[serde(borrow)]
    rows: Option<Vec<Vec<&'a RawValue>>>,
    schema: Option<Vec<Option<HashMap<String, String>>>>,
}

impl Results {
    pub(super) async fn of(job: &SqlJob) -> Result<Self, Error> {
        if let Some(reply) = &job.ended {
            return Self::with_submission(job, reply.body()).await;
        }
        let status = job.status().await?.into_inner();
        let kind = status.job_type.as_ref().map(SqlJobType::normalized);
        if kind.is_some_and(|kind| kind != SqlJobType::Query) {
            return Self::without_preview(job, &status).await;
        }
        let mut params = crate::handles::PreviewSqlJobResultParams::default().page_size(PREVIEW);
        if let Some(queue) = job.queue.as_deref().or(status.queue_name.as_deref()) {
            params = params.queue_name(queue);
        }
        let preview = job.dli.sql_jobs().preview_sql_job_result(job.id(), params).await?;
        let (columns, rows) = read(preview.body())?;
        let told = [preview.row_count, status.result_count].into_iter().flatten().max();
        Self::complete(job, columns, rows, told, Some(&status)).await
    }

    /// Of a statement that had ended when its submission was answered.
    async fn with_submission(job: &SqlJob, body: &[u8]) -> Result<Self, Error> {
        let (columns, rows) = read(body)?;
        Self::complete(job, columns, rows, None, None).await
    }

    /// Of a job that is no query: mostly nothing.
    async fn without_preview(
        job: &SqlJob,
        status: &ShowSqlJobStatusResponse,
    ) -> Result<Self, Error> {
        let count = status.result_count.filter(|count| *count > 0);
        let path = status.result_path.as_deref().filter(|path| !path.is_empty());
        match (count, path) {
            (Some(count), Some(_)) => {
                Self::complete(job, Arc::from([]), Vec::new(), Some(count), Some(status)).await
            }
            _ => Self::complete(job, Arc::from([]), Vec::new(), Some(0), Some(status)).await,
        }
    }

    /// The rows at hand if they are all, else those in the bucket, else an error.
    async fn complete(
        job: &SqlJob,
        columns: Arc<[Column]>,
        rows: Vec<Vec<Value>>,
        told: Option<i64>,
        status: Option<&ShowSqlJobStatusResponse>,
    ) -> Result<Self, Error> {
        let here = i64::try_from(rows.len()).unwrap_or(i64::MAX);
        // Exactly as many as fit, and no word on how many there are: some may be missing.
        let all = told.map_or(here < PREVIEW, |told| here >= told);
        if all {
            let source = Source::Here(rows);
            return Ok(Self { job: job.clone(), columns, row_count: Some(here), source });
        }
        let path = status
            .and_then(|status| status.result_path.clone())
            .filter(|path| !path.trim().is_empty());
        let Some(path) = path else { return Err(no_bucket(job, here, told)) };
        Self::in_bucket(job, columns, told, &path)
    }

    #[cfg(feature = "obs")]
    fn in_bucket(
        job: &SqlJob,
        columns: Arc<[Column]>,
        told: Option<i64>,
        path: &str,
    ) -> Result<Self, Error> {
        let folder = super::bucket::Folder::new(&job.dli, path)?;
        let source = Source::Bucket(folder);
        Ok(Self { job: job.clone(), columns, row_count: told, source })
    }

    #[cfg(not(feature = "obs"))]
    fn in_bucket(
        job: &SqlJob,
        _: Arc<[Column]>,
        told: Option<i64>,
        path: &str,
    ) -> Result<Self, Error> {
        Err(Error::new(
            ErrorKind::Results,
            format!(
                "the result of job {} has {} and lies in {path}, which this build cannot read",
                job.id(),
                rows_told(told)
            ),
        )
        .of(OPERATION)
        .after(1)
        .hint("enable the cargo feature `obs` of dli-ext"))
    }

    /// The columns; empty for a statement without a result.
    ///
    /// ```
    /// fn look(results: &dli_ext::sql::Results) {
    ///     println!("{}", results.columns().len());
    /// }
    /// ```
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// How many rows there are, where that is known.
    ///
    /// ```
    /// fn look(results: &dli_ext::sql::Results) {
    ///     println!("{:?}", results.row_count());
    /// }
    /// ```
    pub fn row_count(&self) -> Option<i64> {
        self.row_count
    }

    /// The job.
    ///
    /// ```
    /// fn look(results: &dli_ext::sql::Results) {
    ///     println!("{}", results.job().id());
    /// }
    /// ```
    pub fn job(&self) -> &SqlJob {
        &self.job
    }

    /// The rows.
    ///
    /// ```no_run
    /// # async fn example(results: dli_ext::sql::Results) -> Result<(), dli_ext::Error> {
    /// use futures_util::TryStreamExt;
    /// let rows: Vec<dli_ext::sql::Row> = results.raw_rows().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn raw_rows(self) -> Stream<Row> {
        let columns = self.columns;
        match self.source {
            Source::Here(rows) => stream::iter(
                rows.into_iter()
                    .map(move |values| Ok(Row { columns: Arc::clone(&columns), values })),
            )
            .boxed(),
            #[cfg(feature = "obs")]
            Source::Bucket(folder) => folder.rows(columns, self.row_count),
        }
    }

    /// The rows as a type of yours, see [`Row::into_typed`].
    ///
    /// ```no_run
    /// # async fn example(results: dli_ext::sql::Results) -> Result<(), dli_ext::Error> {
    /// use futures_util::TryStreamExt;
    /// let pairs: Vec<(i64, Option<String>)> = results.rows().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rows<T: DeserializeOwned + Send + 'static>(self) -> Stream<T> {
        let id = self.job.id().to_owned();
        self.raw_rows()
            .enumerate()
            .map(move |(nth, row)| {
                row?.into_typed().map_err(|error| {
                    let message = format!("row {} of job {id} does not fit: {error}", nth + 1);
                    failed(message).source_error(error)
                })
            })
            .boxed()
    }

    /// The rows as JSON objects, see [`Row::into_object`].
    ///
    /// ```no_run
    /// # async fn example(results: dli_ext::sql::Results) -> Result<(), dli_ext::Error> {
    /// use futures_util::TryStreamExt;
    /// let objects: Vec<serde_json::Value> = results.values().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn values(self) -> Stream<Value> {
        self.raw_rows().map(|row| Ok(row?.into_object())).boxed()
    }
}

impl fmt::Debug for Results {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Results")
            .field("job", &self.job)
            .field("columns", &self.columns.len())
            .field("row_count", &self.row_count)
            .finish_non_exhaustive()
    }
}

type Table = (Arc<[Column]>, Vec<Vec<Value>>);

/// Columns and rows of an answer.
fn read(body: &[u8]) -> Result<Table, Error> {
    let preview: Preview<'_> = serde_json::from_slice(body).map_err(|error| {
        failed(format!("the rows in the answer cannot be read: {error}")).source_error(error)
    })?;
    let columns: Arc<[Column]> = preview
        .schema
        .into_iter()
        .flatten()
        .flatten()
        .flatten()
        .map(|(name, ty)| Column { name, ty: ColumnType::from(ty.as_str()) })
        .collect();
    let rows = preview.rows.unwrap_or_default();
    let rows = rows.into_iter().enumerate().map(|(nth, cells)| {
        if cells.len() != columns.len() {
            return Err(failed(format!(
                "row {} has {} values for {} columns",
                nth + 1,
                cells.len(),
                columns.len()
            )));
        }
        let values = cells.into_iter().zip(columns.iter());
        let values = values
            .map(|(cell, column)| column.ty.read_json(cell).ok_or_else(|| unfit(nth + 1, column)));
        values.collect()
    });
    let rows = rows.collect::<Result<_, Error>>()?;
    Ok((columns, rows))
}

pub(super) fn unfit(row: usize, column: &Column) -> Error {
    failed(format!("row {row}: the value of `{}` is no {}", column.name, column.ty))
}

pub(super) fn failed(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Results, message).of(OPERATION).after(1)
}

fn rows_told(told: Option<i64>) -> String {
    told.map_or_else(|| "more than 1000 rows".to_owned(), |told| format!("{told} rows"))
}

fn no_bucket(job: &SqlJob, here: i64, told: Option<i64>) -> Error {
    failed(format!(
        "the result of job {} has {}; the service gives {here} of them and keeps the others nowhere, \
         since no job bucket is set",
        job.id(),
        rows_told(told)
    ))
    .hint(
        "set a job bucket for the project (console: Global Configuration, Project, Job Bucket) and \
         run the statement again with dli.sql.sqlasync.enabled=true, or export the result with \
         SqlJob::export",
    )
}

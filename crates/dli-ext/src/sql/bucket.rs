//! The job bucket: where the service writes results that do not fit into an answer, read through
//! OpenDAL as a stream.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use opendal::Operator;
use serde_json::Value;

use super::results::{OPERATION, failed, unfit};
use super::{Column, Row, csv};
use crate::config::Authentication;
use crate::paging::Stream;
use crate::{Dli, Error, ErrorKind};

/// Where `obs://bucket/…` is.
///
/// ```
/// let builder = dli_ext::Dli::builder().storage(dli_ext::sql::Storage::obs(None));
/// # let _ = builder;
/// ```
#[derive(Clone)]
pub struct Storage(Place);

#[derive(Clone)]
enum Place {
    Obs { endpoint: Option<String> },
    Folder(PathBuf),
    Custom(Arc<Opening>),
}

/// From the name of a bucket to what reads it.
type Opening = dyn Fn(&str) -> Result<Operator, opendal::Error> + Send + Sync;

impl Storage {
    /// Object Storage Service, with the keys of the client. Without an endpoint, the one of the
    /// client's region.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().storage(dli_ext::sql::Storage::obs(Some("https://obs.example".to_owned())));
    /// # let _ = builder;
    /// ```
    pub fn obs(endpoint: Option<String>) -> Self {
        Self(Place::Obs { endpoint })
    }

    /// A folder of this machine, in which each bucket is a folder; what the emulator writes to.
    ///
    /// ```
    /// let builder = dli_ext::Dli::builder().storage(dli_ext::sql::Storage::folder("/srv/buckets"));
    /// # let _ = builder;
    /// ```
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self(Place::Folder(path.into()))
    }

    /// An operator of your own for each bucket.
    ///
    /// ```
    /// use dli_ext::sql::Storage;
    /// use opendal::{Operator, services};
    ///
    /// let storage = Storage::custom(|bucket| {
    ///     Ok(Operator::new(services::Fs::default().root(&format!("/srv/{bucket}")))?)
    /// });
    /// # let _ = storage;
    /// ```
    pub fn custom(
        operator: impl Fn(&str) -> Result<Operator, opendal::Error> + Send + Sync + 'static,
    ) -> Self {
        Self(Place::Custom(Arc::new(operator)))
    }

    async fn operator(&self, dli: &Dli, bucket: &str) -> Result<Operator, Error> {
        let made = match &self.0 {
            Place::Folder(path) => {
                let root = path.join(bucket);
                Operator::new(opendal::services::Fs::default().root(&root.to_string_lossy()))
            }
            Place::Custom(make) => make(bucket),
            Place::Obs { endpoint } => {
                let endpoint = endpoint.clone().or_else(|| of_region(dli)).ok_or_else(|| {
                    failed("where OBS is, is not known without a region")
                        .hint("give Builder::region, or Builder::storage(Storage::obs(endpoint))")
                })?;
                let keys = match dli.core().identity.load().await? {
                    Authentication::Keys(keys) if keys.security_token().is_none() => keys,
                    // OpenDAL's OBS takes no security token, and no token of IAM.
                    other => {
                        let other = other.summary();
                        return Err(failed(format!(
                            "the rows are in the bucket {bucket}, which is read with a permanent \
                             access key; the client has another credential: {other}",
                        ))
                        .hint(
                            "give a client with a permanent access key the job's id, have the \
                             rows exported to a bucket of yours, or give \
                             Builder::storage(Storage::custom(…)) an operator that can",
                        ));
                    }
                };
                Operator::new(
                    opendal::services::Obs::default()
                        .endpoint(&endpoint)
                        .bucket(bucket)
                        .access_key_id(keys.access_key())
                        .secret_access_key(keys.secret_key()),
                )
            }
        };
        made.map_err(|error| {
            failed(format!("the bucket {bucket} cannot be opened: {error}")).source_error(error)
        })
    }
}

fn of_region(dli: &Dli) -> Option<String> {
    let region = dli.config().region()?;
    let known = dli_api::REGIONS.iter().find(|known| known.name == region);
    let rest = known.and_then(|known| known.host.strip_prefix("dli."))?;
    Some(format!("https://obs.{rest}"))
}

impl Default for Storage {
    fn default() -> Self {
        Self::obs(None)
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Obs { endpoint } => write!(f, "Storage::obs({endpoint:?})"),
            Place::Folder(path) => write!(f, "Storage::folder({})", path.display()),
            Place::Custom(_) => f.write_str("Storage::custom"),
        }
    }
}

/// The folder of one result.
pub(super) struct Folder {
    dli: Dli,
    bucket: String,
    key: String,
}

impl Folder {
    pub fn new(dli: &Dli, path: &str) -> Result<Self, Error> {
        let rest =
            ["obs://", "s3a://", "s3://"].iter().find_map(|scheme| path.strip_prefix(scheme));
        let parts = rest.and_then(|rest| rest.split_once('/'));
        let (bucket, key) = match parts {
            Some((bucket, key)) if is_name(bucket) && !key.trim_matches('/').is_empty() => {
                (bucket.to_owned(), key.trim_matches('/').to_owned())
            }
            _ => {
                return Err(failed(format!(
                    "the result lies at `{path}`, which is no folder in OBS"
                )));
            }
        };
        if key.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(failed(format!("the result lies at `{path}`, which leads elsewhere")));
        }
        Ok(Self { dli: dli.clone(), bucket, key })
    }

    /// The rows of all parts, in the order of their names.
    pub fn rows(self, columns: Arc<[Column]>, told: Option<i64>) -> Stream<Row> {
        let bounds = Bounds::of(&self.dli);
        stream::once(self.parts(bounds))
            .map_ok(move |(operator, parts)| {
                let columns = Arc::clone(&columns);
                let rows = stream::iter(parts)
                    .then(move |part| {
                        read_part(operator.clone(), part, Arc::clone(&columns), bounds)
                    })
                    .try_flatten();
                counted(rows.boxed(), told)
            })
            .try_flatten()
            .boxed()
    }

    /// The names of the parts; markers such as `_SUCCESS` are none.
    async fn parts(self, bounds: Bounds) -> Result<(Operator, Vec<String>), Error> {
        let operator = self.dli.storage().operator(&self.dli, &self.bucket).await?;
        let place = format!("obs://{}/{}", self.bucket, self.key);
        let unlisted = |error: opendal::Error| {
            failed(format!("{place} cannot be listed: {error}")).source_error(error)
        };
        let mut parts = Vec::new();
        let folder = format!("{}/", self.key);
        let listing = operator.lister_with(&folder).recursive(true).into_future();
        let mut entries = bounds.wait(&place, listing).await?.map_err(unlisted)?;
        let mut listed = 0;
        while let Some(entry) = bounds.wait(&place, entries.try_next()).await?.map_err(unlisted)? {
            listed += 1;
            if listed > MOST_OBJECTS {
                return Err(failed(format!("{place} holds more than {MOST_OBJECTS} objects"))
                    .hint("a result has a few; look whether the folder is really one"));
            }
            let hidden = entry.path().split('/').any(|part| part.starts_with(['_', '.']));
            if entry.metadata().is_file() && !hidden {
                parts.push(entry.path().to_owned());
            }
        }
        if parts.is_empty() {
            return Err(failed(format!("there is no result at {place}"))
                .hint("results are removed after some time; run the statement again"));
        }
        parts.sort();
        Ok((operator, parts))
    }
}

/// No result has so many parts.
const MOST_OBJECTS: usize = 100_000;

/// What reading the bucket may take, by the settings of the client.
#[derive(Clone, Copy)]
struct Bounds {
    /// Until the next piece is there.
    time: Duration,
    /// For one row.
    row: usize,
}

impl Bounds {
    fn of(dli: &Dli) -> Self {
        let core = dli.core();
        let given = dli.options().and_then(|options| options.attempt_timeout);
        Self { time: given.unwrap_or(core.attempt_timeout), row: core.body_limit }
    }

    async fn wait<F: Future>(&self, what: &str, future: F) -> Result<F::Output, Error> {
        tokio::time::timeout(self.time, future).await.map_err(|_| {
            let seconds = self.time.as_secs_f64();
            Error::new(ErrorKind::Timeout, format!("nothing came of {what} within {seconds:.1} s"))
                .of(OPERATION)
                .after(1)
                .hint("read it again, or allow more time with attempt_timeout")
        })
    }
}

fn is_name(bucket: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    !bucket.is_empty() && bucket.chars().all(allowed) && !bucket.starts_with('.')
}

/// The rows of one part.
async fn read_part(
    operator: Operator,
    part: String,
    columns: Arc<[Column]>,
    bounds: Bounds,
) -> Result<Stream<Row>, Error> {
    if [".gz", ".bz2", ".deflate", ".zst", ".snappy"].iter().any(|end| part.ends_with(end)) {
        return Err(failed(format!("{part} is compressed, which this version cannot read")));
    }
    let broken = {
        let part = part.clone();
        move |error: &dyn fmt::Display| failed(format!("{part} cannot be read: {error}"))
    };
    let unread = {
        let broken = broken.clone();
        move |error: opendal::Error| broken(&error).source_error(error)
    };
    let reader = bounds.wait(&part, operator.reader(&part)).await?.map_err(&unread)?;
    let bytes = bounds.wait(&part, reader.into_bytes_stream(..)).await?.map_err(&unread)?;
    let state = (bytes.boxed(), Bytes::new(), csv::Reader::new(bounds.row), 0_usize, false);
    let records =
        stream::try_unfold(state, move |(mut bytes, mut piece, mut reader, mut row, ended)| {
            let (columns, part, broken) = (Arc::clone(&columns), part.clone(), broken.clone());
            async move {
                if ended {
                    return Ok(None);
                }
                let mut ended = false;
                if piece.is_empty() {
                    let next = bounds.wait(&part, bytes.try_next()).await?;
                    match next.map_err(|error| broken(&error))? {
                        Some(next) => piece = next,
                        None => ended = true,
                    }
                }
                let mut records = Vec::new();
                if ended {
                    reader.finish(&mut records).map_err(|error| broken(&error))?;
                } else {
                    // Rows take more memory than the text they are read from.
                    let some = piece.split_to(piece.len().min(AT_ONCE));
                    reader.push(&some, &mut records).map_err(|error| {
                        broken(&error).hint("raise Builder::body_limit if there are such rows")
                    })?;
                }
                let mut rows = Vec::with_capacity(records.len());
                for record in records {
                    row += 1;
                    if row == 1 && is_header(&record, &columns) {
                        continue;
                    }
                    rows.push(Ok(Row {
                        values: typed(record, &columns, row)?,
                        columns: Arc::clone(&columns),
                    }));
                }
                Ok::<_, Error>(Some((stream::iter(rows), (bytes, piece, reader, row, ended))))
            }
        });
    Ok(records.try_flatten().boxed())
}

/// Bytes of a part that are made into rows at once.
const AT_ONCE: usize = 64 * 1024;

/// Whether a record only names the columns.
fn is_header(record: &csv::Record, columns: &[Column]) -> bool {
    record.len() == columns.len()
        && record.iter().zip(columns).all(|(field, column)| field.as_deref() == Some(&column.name))
}

fn typed(record: csv::Record, columns: &[Column], row: usize) -> Result<Vec<Value>, Error> {
    if record.len() != columns.len() {
        return Err(failed(format!(
            "row {row} has {} values for {} columns",
            record.len(),
            columns.len()
        )));
    }
    let values = record.into_iter().zip(columns).map(|(field, column)| match field {
        None => Ok(Value::Null),
        Some(text) => column.ty.read_text(text).ok_or_else(|| unfit(row, column)),
    });
    values.collect()
}

/// The rows, and an error at their end if there are not as many as there should be.
fn counted(rows: Stream<Row>, told: Option<i64>) -> Stream<Row> {
    let Some(told) = told else { return rows };
    let state = (rows, 0_i64, false);
    stream::unfold(state, move |(mut rows, mut seen, over)| async move {
        if over {
            return None;
        }
        match rows.next().await {
            Some(Ok(row)) => {
                seen += 1;
                Some((Ok(row), (rows, seen, false)))
            }
            Some(Err(error)) => Some((Err(error), (rows, seen, true))),
            None if seen < told => {
                let error = failed(format!("the job bucket holds {seen} of {told} rows"));
                Some((Err(error), (rows, seen, true)))
            }
            None => None,
        }
    })
    .boxed()
}

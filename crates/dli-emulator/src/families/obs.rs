//! Paths in OBS. The emulator has no OBS; it holds paths to the rules and keeps them.

use crate::error::{ApiError, ApiResult};

/// A folder or an object in a bucket, `obs://bucket/…`, but not the bucket itself.
pub(super) fn folder(field: &str, path: &str) -> ApiResult<()> {
    let wrong = |problem: &str| {
        Err(ApiError::invalid(format!("The field `{field}` is not valid: {problem}.")))
    };
    let Some(rest) = ["obs://", "s3a://"].iter().find_map(|scheme| path.strip_prefix(scheme))
    else {
        return wrong("it is no OBS path, which is written obs://bucket/folder");
    };
    let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
    let after_dot = bucket.rsplit_once('.').map_or("", |(_, last)| last);
    if bucket.is_empty() || after_dot.starts_with(|first: char| first.is_ascii_digit()) {
        return wrong("the name of its bucket is empty, or has a digit behind its last dot");
    }
    if key.trim_matches('/').is_empty() {
        return wrong("it is a bucket, not a folder in one");
    }
    if key.contains(',') || key.split('/').any(|part| part == "." || part == "..") {
        return wrong("it holds a comma, `.` or `..`");
    }
    Ok(())
}

/// The file name at the end of the path or URL of an object.
pub(super) fn file_name<'p>(field: &str, path: &'p str) -> ApiResult<&'p str> {
    let known = ["obs://", "s3a://", "https://", "http://"]
        .iter()
        .find_map(|scheme| path.strip_prefix(scheme));
    let name = known.and_then(|rest| rest.split_once('/')).map_or("", |(_, key)| key);
    let name = name.rsplit('/').next().unwrap_or_default();
    if name.is_empty() || name == "." || name == ".." {
        return Err(ApiError::invalid(format!(
            "The field `{field}` is not valid: `{path}` is no path of a file in OBS, which is written obs://bucket/file."
        )));
    }
    Ok(name)
}

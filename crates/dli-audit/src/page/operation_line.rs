//! Finds the address of an operation: `GET /v1.0/{project_id}/queues`, also without the blank.

use std::sync::LazyLock;

use regex::Regex;

/// An address found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Method in capitals.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// Names of query parameters written behind the path.
    pub query: Vec<String>,
}

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^[\s“‘'`]*(GET|POST|PUT|DELETE|PATCH|HEAD)\s*[:：]?\s*(?:https?://[^\s/]+)?(/v[0-9][^\s“”，。；;,]*)").expect("a valid pattern")
});

/// Reads an address from the beginning of a line.
pub fn read(line: &str) -> Option<Address> {
    if line.len() > 2000 {
        return None;
    }
    let found = ADDRESS.captures(line)?;
    let whole = found[2].trim_end_matches(['.', '`', '\'', '’']);
    let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
    let path = path.trim_end_matches('/');
    let query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, _)| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    Some(Address { method: found[1].to_owned(), path: path.to_owned(), query })
}

/// The names in braces of a path.
pub fn path_parameters(path: &str) -> Vec<&str> {
    path.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_without_blank_and_with_query() {
        let address =
            read("GET/v1.0/{project_id}/jobs/{job_id}?page-size={size}&current-page={page_number}")
                .expect("one");
        assert_eq!(address.path, "/v1.0/{project_id}/jobs/{job_id}");
        assert_eq!(address.query, ["page-size", "current-page"]);
        assert_eq!(path_parameters(&address.path), ["project_id", "job_id"]);
        assert_eq!(read("the GET method"), None);
    }
}

//! From method and path to an operation of the description.

use std::borrow::Cow;
use std::collections::HashMap;

use dli_spec::Operation;
use percent_encoding::percent_decode_str;

/// Finds operations by method and path.
pub(crate) struct Router {
    /// Path templates by number of segments; literal segments come before placeholders.
    by_length: HashMap<usize, Vec<Template>>,
}

struct Template {
    segments: Vec<Segment>,
    /// Method to index of the operation.
    methods: Vec<(String, usize)>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(String),
    Placeholder(String),
}

/// What a path leads to.
#[derive(Debug, PartialEq)]
pub(crate) enum Route {
    /// An operation with the decoded path parameters.
    Found { operation: usize, parameters: Vec<(String, String)> },
    /// The path exists with other methods.
    WrongMethod { allowed: Vec<String> },
    /// The path holds a segment that stands for nothing: empty, `.`, `..` or with a backslash.
    BadSegment { segment: String },
    /// No such path.
    Unknown,
}

impl Router {
    pub fn new(operations: &[Operation]) -> Self {
        let mut by_length: HashMap<usize, Vec<Template>> = HashMap::new();
        for (index, operation) in operations.iter().enumerate() {
            let segments: Vec<Segment> = split(&operation.path).map(Segment::read).collect();
            let templates = by_length.entry(segments.len()).or_default();
            let method = (operation.method.clone(), index);
            match templates.iter_mut().find(|template| template.segments == segments) {
                Some(template) => template.methods.push(method),
                None => templates.push(Template { segments, methods: vec![method] }),
            }
        }
        for templates in by_length.values_mut() {
            templates.sort_by(|a, b| a.kinds().cmp(b.kinds()));
        }
        Self { by_length }
    }

    /// Finds what a path (as it stands in the request line) leads to.
    pub fn find(&self, method: &str, path: &str) -> Route {
        let Some(segments) = split(path).map(decode).collect::<Option<Vec<Cow<'_, str>>>>() else {
            return Route::BadSegment { segment: path.to_owned() };
        };
        let unfit =
            |s: &&Cow<'_, str>| matches!(&***s, "" | "." | "..") || s.contains(['\\', '\0']);
        if let Some(segment) = segments.iter().find(unfit) {
            return Route::BadSegment { segment: segment.to_string() };
        }
        let mut allowed = Vec::new();
        for template in self.by_length.get(&segments.len()).into_iter().flatten() {
            if !template.fits(&segments) {
                continue;
            }
            if let Some((_, operation)) = template.methods.iter().find(|(m, _)| m == method) {
                return Route::Found { operation: *operation, parameters: template.read(segments) };
            }
            allowed.extend(template.methods.iter().map(|(method, _)| method.clone()));
        }
        allowed.sort();
        allowed.dedup();
        if allowed.is_empty() { Route::Unknown } else { Route::WrongMethod { allowed } }
    }
}

impl Template {
    /// False for a literal, true for a placeholder: literals sort first.
    fn kinds(&self) -> impl Iterator<Item = bool> + '_ {
        self.segments.iter().map(|segment| matches!(segment, Segment::Placeholder(_)))
    }

    fn fits(&self, segments: &[Cow<'_, str>]) -> bool {
        self.segments.iter().zip(segments).all(|(template, given)| match template {
            Segment::Literal(literal) => literal == given,
            Segment::Placeholder(_) => true,
        })
    }

    fn read(&self, segments: Vec<Cow<'_, str>>) -> Vec<(String, String)> {
        let named =
            self.segments.iter().zip(segments).filter_map(|(template, given)| match template {
                Segment::Placeholder(name) => Some((name.clone(), given.into_owned())),
                Segment::Literal(_) => None,
            });
        named.collect()
    }
}

impl Segment {
    fn read(text: &str) -> Self {
        match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
            Some(name) => Self::Placeholder(name.to_owned()),
            None => Self::Literal(text.to_owned()),
        }
    }
}

/// The segments of a path. A slash at the end is not told apart, as in signatures.
fn split(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    path.strip_suffix('/').unwrap_or(path).split('/')
}

/// `None` when the segment is not UTF-8.
fn decode(segment: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(segment).decode_utf8().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::DESCRIPTION;

    fn find(method: &str, path: &str) -> Route {
        DESCRIPTION.router.find(method, path)
    }

    #[test]
    fn every_operation_of_the_description_is_found_by_its_own_path() {
        for (index, operation) in DESCRIPTION.bundle.operations().iter().enumerate() {
            let path = operation.path.replace('{', "a%20").replace('}', "");
            match find(&operation.method, &path) {
                Route::Found { operation: found, parameters } => {
                    let found = DESCRIPTION.operation(found);
                    assert_eq!((&found.method, &found.path), (&operation.method, &operation.path));
                    assert!(parameters.iter().all(|(name, value)| *value == format!("a {name}")));
                }
                other => panic!("{} {path} ({index}): {other:?}", operation.method),
            }
        }
    }

    #[test]
    fn a_path_with_another_method_names_the_methods_it_has() {
        let found = find("PATCH", "/v2.0/p/datasource-connection");
        assert_eq!(found, Route::WrongMethod { allowed: vec!["GET".into(), "POST".into()] });
    }

    #[test]
    fn segments_that_stand_for_nothing_are_refused() {
        for path in
            ["/v2.0//datasource-connection", "/v2.0/p/..", "/v2.0/p/%2E%2E", "/v2.0/p/a%5Cb"]
        {
            assert!(matches!(find("GET", path), Route::BadSegment { .. }), "{path}");
        }
        assert_eq!(find("GET", "/nowhere"), Route::Unknown);
    }
}

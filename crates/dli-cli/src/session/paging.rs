//! Lists to their end, by whatever convention the description names.

use dli_spec::PagingStyle;
use serde_json::Value;

use super::Session;
use crate::error::{Exit, Failure, Result};
use crate::request::Request;

/// How much is asked for at a time.
const PAGE: i64 = 100;
/// No list has so many pages; a server that never ends one is at fault.
const MOST_PAGES: usize = 100_000;

impl Session {
    /// The items of a list, `most` at most.
    ///
    /// # Errors
    /// As for [`Session::call`].
    pub async fn list(&self, request: Request, most: Option<usize>) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        self.pages(request, most, |page| {
            items.extend(page);
            Ok(())
        })
        .await?;
        Ok(items)
    }

    /// Hands over page after page, until `most` items have come or there are no more.
    ///
    /// # Errors
    /// As for [`Session::call`], and what `take` fails with.
    pub async fn pages(
        &self,
        request: Request,
        most: Option<usize>,
        mut take: impl FnMut(Vec<Value>) -> Result<()>,
    ) -> Result<()> {
        let paging = &request.operation.paging;
        let field = paging.items.as_deref().unwrap_or_default();
        let limit = self.page_length(&request, most);
        let by_pages =
            paging.style == PagingStyle::PageNumber || paging.unit.as_deref() == Some("pages");
        let pages = match paging.style {
            PagingStyle::None | PagingStyle::Single | PagingStyle::LimitOnly => 1,
            _ => MOST_PAGES,
        };
        let mut offset = paging.first.unwrap_or(i64::from(paging.style == PagingStyle::PageNumber));
        let mut seen = 0usize;
        let mut last: Option<Value> = None;
        for _ in 0..pages {
            let mut request = request.clone();
            if let Some(name) = &paging.limit {
                request = request.set(name, limit);
            }
            if let Some(name) = paging.offset.as_ref().filter(|_| pages > 1) {
                request = request.set(name, offset);
            }
            let answer = self.call(&request).await?;
            let mut page = items(&answer, field);
            let total = paging.total.as_deref().and_then(|path| at(&answer, path).as_u64());
            if page.is_empty() {
                return Ok(());
            }
            // A server that ignores the offset gives the same page for ever; but a page of one line
            // of a log or one row of a result over and over may come again, as long as there are to
            // be more of them.
            if last.as_ref() == Some(&answer) {
                match total.filter(|total| *total > seen as u64) {
                    None => return Ok(()),
                    Some(total) if !is_monotonous(&page) => return Err(stuck(total, seen)),
                    Some(_) => {}
                }
            }
            let came = page.len();
            if let Some(most) = most {
                page.truncate(most - seen);
            }
            seen += page.len();
            last = Some(answer);
            take(page)?;
            let short = i64::try_from(came).is_ok_and(|came| came < limit);
            let complete = total.is_some_and(|total| seen as u64 >= total);
            if most == Some(seen) || (short && (complete || total.is_none())) {
                return Ok(());
            }
            offset += if by_pages { 1 } else { i64::try_from(came).unwrap_or(PAGE) };
        }
        if pages == 1 {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Service,
            "the list did not come to an end; ask for less with `--limit`",
        ))
    }

    fn page_length(&self, request: &Request, most: Option<usize>) -> i64 {
        let name = request.operation.paging.limit.as_deref().unwrap_or_default();
        let parameter = request.operation.parameters.iter().find(|p| p.name == name);
        let schema = parameter.map(|p| request.entry.bundle().resolve(&p.schema));
        let longest =
            schema.and_then(|schema| schema["maximum"].as_i64()).unwrap_or(PAGE).min(PAGE);
        let wanted = most.and_then(|most| i64::try_from(most).ok()).unwrap_or(longest);
        wanted.clamp(1, longest.max(1))
    }
}

/// Whether all items are one and the same line or row.
fn is_monotonous(page: &[Value]) -> bool {
    page.iter().all(|item| !item.is_object()) && page.windows(2).all(|pair| pair[0] == pair[1])
}

fn stuck(total: u64, seen: usize) -> Failure {
    Failure::new(
        Exit::Service,
        format!(
            "the list gives the same page again, though it counts {total} items and gave {seen}; ask \
             for {seen} at most, or for one page with `dli api`"
        ),
    )
}

/// The list in an answer. Without a name it is the only list there is.
pub fn items(answer: &Value, field: &str) -> Vec<Value> {
    let found = match field {
        "" => answer.as_object().into_iter().flatten().map(|(_, v)| v).find(|v| v.is_array()),
        field => Some(at(answer, field)),
    };
    found.and_then(Value::as_array).cloned().unwrap_or_default()
}

fn at<'v>(value: &'v Value, path: &str) -> &'v Value {
    path.split('.').fold(value, |value, part| &value[part])
}

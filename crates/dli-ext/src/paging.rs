//! Lists as streams: page by page or item by item, in constant memory, always to an end.
//!
//! The rules, learnt from the service: a limit is always sent, since some lists ignore an offset
//! without one; the offset advances by what really came, since a server may send less than was
//! asked for; a page equal to the one before means that the server does not page at all; a page
//! seen further back means that it goes in circles. Items that are mere text or rows may well be
//! equal: a page of one such item over and over counts as often as it comes, as long as the list
//! counts more. A list that counts more than it gives may count what went meanwhile: that is told to
//! `tracing`, and no error.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::Value;

use crate::{Error, ErrorKind, Reply};

/// The pages of a list, or its items, one after the other. Ends after the first error; dropping
/// it stops the request under way.
///
/// ```no_run
/// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
/// use futures_util::TryStreamExt;
/// use dli_ext::{paging::Stream, types::EnhancedConnection};
///
/// let items: Stream<EnhancedConnection> =
///     dli.enhanced_connections().list_items(Default::default());
/// println!("{} connections", items.try_fold(0, |n, _| async move { Ok(n + 1) }).await?);
/// # Ok(())
/// # }
/// ```
pub type Stream<T> = Pin<Box<dyn futures_core::Stream<Item = Result<T, Error>> + Send>>;

/// No list has so many pages; a server that never ends one is at fault.
const MOST_PAGES: u64 = if cfg!(test) { 1_000 } else { 1_000_000 };

/// What an offset counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Items.
    Item,
    /// Pages.
    Page,
    /// The list comes in one piece.
    Once,
}

/// Where paging starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub step: Step,
    /// The offset of the first page there is.
    pub first: i64,
    pub offset: i64,
    pub limit: i64,
}

impl Start {
    /// For a list that comes in one piece.
    pub fn once() -> Self {
        Self { step: Step::Once, first: 0, offset: 0, limit: 0 }
    }
}

/// Which page to fetch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Position {
    pub offset: i64,
    pub limit: i64,
}

/// What a page says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    pub items: usize,
    pub total: Option<i64>,
}

struct Walk<F, E> {
    operation: &'static str,
    step: Step,
    position: Position,
    /// Items before the next page, those skipped by the first offset included.
    seen: i64,
    /// Whether `seen` is all of them: how many are on skipped pages, only the server knows.
    counted: bool,
    pages: u64,
    last: Option<Bytes>,
    /// A page further back, twice as far each time it is reached: a list that goes in circles
    /// comes by it again, however long the circle (Brent's method).
    mark: Option<Bytes>,
    next_mark: u64,
    done: bool,
    fetch: F,
    extent: E,
}

/// All pages from `start` on.
pub(crate) fn pages<T, F, Fut, E>(
    operation: &'static str,
    start: Start,
    fetch: F,
    extent: E,
) -> Stream<Reply<T>>
where
    T: Send + 'static,
    F: FnMut(Position) -> Fut + Send + 'static,
    Fut: Future<Output = Result<Reply<T>, Error>> + Send + 'static,
    E: Fn(&T) -> Extent + Send + 'static,
{
    let walk = Walk {
        operation,
        step: start.step,
        position: Position { offset: start.offset, limit: start.limit },
        seen: if start.step == Step::Item { start.offset } else { 0 },
        counted: start.step == Step::Item || start.offset <= start.first,
        pages: 0,
        last: None,
        mark: None,
        next_mark: 1,
        done: false,
        fetch,
        extent,
    };
    Box::pin(stream::try_unfold(walk, |mut walk| async move {
        if walk.done {
            return Ok(None);
        }
        let page = (walk.fetch)(walk.position).await?;
        let extent = (walk.extent)(&page.value);
        let yielded = walk.advance(&page, extent)?;
        Ok(yielded.then_some((page, walk)))
    }))
}

impl<F, E> Walk<F, E> {
    /// Moves on to the next page; `false` if this page is not one.
    fn advance<T>(&mut self, page: &Reply<T>, extent: Extent) -> Result<bool, Error> {
        if self.step == Step::Once {
            self.done = true;
            return Ok(true);
        }
        let items = i64::try_from(extent.items).unwrap_or(i64::MAX);
        // Less than nothing is how some servers write that they do not know.
        let total = extent.total.filter(|total| *total >= 0);
        let missing = total.filter(|total| *total > self.seen);
        if items == 0 {
            self.done = true;
            if let Some(total) = missing.filter(|_| self.counted) {
                let (operation, came) = (self.operation, self.seen);
                tracing::warn!(operation, total, came, "the list counts more items than it gave");
            }
            // A list without items is still an answer worth having, once.
            return Ok(self.pages == 0);
        }
        let again = self.last.as_ref() == Some(&page.body);
        let circle = self.mark.as_ref() == Some(&page.body);
        if (again || circle) && !(missing.is_some() && self.is_monotonous(&page.body)) {
            self.done = true;
            return match missing {
                None if again => Ok(false),
                Some(total) if again => Err(self.stuck(total).after(page.attempts)),
                _ => Err(self
                    .endless("comes back to a page that it gave before")
                    .after(page.attempts)),
            };
        }
        self.pages += 1;
        if self.pages > MOST_PAGES {
            return Err(self
                .endless(&format!("did not end after {MOST_PAGES} pages"))
                .after(page.attempts));
        }
        if self.pages == self.next_mark {
            self.mark = Some(page.body.clone());
            self.next_mark = self.next_mark.saturating_mul(2);
        }
        self.seen = self.seen.saturating_add(items);
        self.position.offset = self.position.offset.saturating_add(match self.step {
            Step::Page => 1,
            _ => items,
        });
        self.done = total.is_some_and(|total| self.seen >= total) && items < self.position.limit;
        self.last = Some(page.body.clone());
        Ok(true)
    }

    /// Whether a page is one line of a log or one row of a result over and over, so that it may come
    /// again. Other lines and rows hardly come in the same order again: a server that repeats those
    /// does not page. Only asked about a page that came before, so that no other is read twice.
    fn is_monotonous(&self, page: &[u8]) -> bool {
        let path = dli_api::Operation::by_id(self.operation).and_then(|found| found.paging.items);
        let (Some(path), Ok(page)) = (path, serde_json::from_slice::<Value>(page)) else {
            return false;
        };
        let items = path.split('.').fold(&page, |value, part| &value[part]);
        items.as_array().is_some_and(|items| {
            items.first().is_some_and(|item| !item.is_object())
                && items.windows(2).all(|pair| pair[0] == pair[1])
        })
    }

    fn stuck(&self, total: i64) -> Error {
        Error::new(
            ErrorKind::Paging,
            format!(
                "the list gives the same page again at offset {}, though it counts {total} items \
                 and gave {}",
                self.position.offset, self.seen
            ),
        )
        .of(self.operation)
        .hint("ask for it in one page with a larger limit")
    }

    fn endless(&self, what: &str) -> Error {
        let message = format!(
            "the list {what}: {} items on {} pages, and no end in sight",
            self.seen, self.pages
        );
        Error::new(ErrorKind::Paging, message)
            .of(self.operation)
            .hint("take as many items as you need, or ask for one page at a time")
    }
}

/// All items of these pages.
pub(crate) fn items<T, I>(
    pages: Stream<Reply<T>>,
    items: impl Fn(T) -> Vec<I> + Send + 'static,
) -> Stream<I>
where
    T: Send + 'static,
    I: Send + 'static,
{
    pages
        .map_ok(move |page| stream::iter(items(page.value).into_iter().map(Ok)))
        .try_flatten()
        .boxed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_list_of_ever_new_pages_is_given_up_at_last() {
        let start = Start { step: Step::Item, first: 0, offset: 0, limit: 1 };
        let fetch = |position: Position| async move {
            Ok(Reply {
                value: position.offset,
                status: http::StatusCode::OK,
                headers: http::HeaderMap::new(),
                body: Bytes::from(position.offset.to_string()),
                attempts: 1,
            })
        };
        let extent = |offset: &i64| Extent { items: 1, total: Some(offset + 100) };
        let outcomes: Vec<_> = pages("list_queues", start, fetch, extent).collect().await;
        let (last, given) = outcomes.split_last().unwrap();
        assert!(given.len() as u64 == MOST_PAGES && given.iter().all(Result::is_ok));
        let error = last.as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Paging);
        assert!(error.to_string().contains("did not end after 1000 pages"), "{error}");
    }
}

//! Lists as streams: page by page or item by item, in constant memory, always to an end.
//!
//! The rules, learnt from the service: a limit is always sent, since some lists ignore an offset
//! without one; the offset advances by what really came, since a server may send less than was
//! asked for; a page equal to the one before means that the server does not page at all.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::stream::{self, StreamExt, TryStreamExt};

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
const MOST_PAGES: u64 = 1_000_000;

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
    pub offset: i64,
    pub limit: i64,
}

impl Start {
    /// For a list that comes in one piece.
    pub fn once() -> Self {
        Self { step: Step::Once, offset: 0, limit: 0 }
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
    pages: u64,
    last: Option<Bytes>,
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
        pages: 0,
        last: None,
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
        if items == 0 {
            self.done = true;
            // A list without items is still an answer worth having, once.
            return Ok(self.pages == 0);
        }
        if self.last.as_ref() == Some(&page.body) {
            self.done = true;
            return match extent.total {
                Some(total) if total > self.seen => Err(self.stuck(total).after(page.attempts)),
                _ => Ok(false),
            };
        }
        self.pages += 1;
        if self.pages > MOST_PAGES {
            return Err(Error::new(
                ErrorKind::Paging,
                format!("the list did not end after {MOST_PAGES} pages"),
            )
            .of(self.operation)
            .after(page.attempts));
        }
        self.seen = self.seen.saturating_add(items);
        self.position.offset = self.position.offset.saturating_add(match self.step {
            Step::Page => 1,
            _ => items,
        });
        self.done =
            extent.total.is_some_and(|total| self.seen >= total) && items < self.position.limit;
        self.last = Some(page.body.clone());
        Ok(true)
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

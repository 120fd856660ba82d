//! Queues: there once they can be shown; scaled once they show the size asked for.

use dli_api::types::{Queue, QueueDetail};
use futures_util::StreamExt;

use super::{Look, Meaning, Waiter, gone};
use crate::handles::Queues;

const SHOW: &str = "show_queue";
const LIST: &str = "list_queues";

impl Queues {
    /// Waits until the queue is there. A queue that was just created is not, at first.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// let queue = dli.queues().wait_until_ready("queue1").await?;
    /// println!("{:?} CUs", queue.cu_count);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_ready(&self, name: impl Into<String>) -> Waiter<QueueDetail> {
        let name = name.into();
        let what = format!("queue {name}");
        Waiter::of(SHOW, what, self, name, |handle, name| async move {
            match handle.show(&name, Default::default()).await {
                Ok(queue) => Ok(Look::new("ready", Meaning::Done, queue.into_inner())),
                Err(error) if error.is_not_found() => {
                    Ok(Look::new("creating", Meaning::Pending, QueueDetail::default()))
                }
                Err(error) => Err(error),
            }
        })
    }

    /// Waits until the queue shows `cu_count` compute units, the size that a scaling was asked
    /// for.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// use dli_ext::types::RunQueueActionRequest;
    /// let action = RunQueueActionRequest::builder().action("scale_out").cu_count(16).build();
    /// dli.queues().run_queue_action("queue1", &action).await?;
    /// dli.queues().wait_until_scaled("queue1", 32).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_scaled(&self, name: impl Into<String>, cu_count: i64) -> Waiter<QueueDetail> {
        let name = name.into();
        let what = format!("queue {name}");
        Waiter::of(SHOW, what, self, name, move |handle, name| async move {
            let queue = handle.show(&name, Default::default()).await?.into_inner();
            let state = match queue.cu_count {
                Some(count) => format!("{count} CU"),
                None => "unknown".to_owned(),
            };
            Ok(Look::new(state, Meaning::done_if(queue.cu_count == Some(cu_count)), queue))
        })
    }

    /// Waits until the queue is done with restarting.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.queues().wait_until_restarted("queue1").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_restarted(&self, name: impl Into<String>) -> Waiter<Queue> {
        let name = name.into();
        let what = format!("queue {name}");
        Waiter::of(LIST, what, self, name, |handle, name| async move {
            let mut queues = handle.list_items(Default::default());
            while let Some(queue) = queues.next().await {
                let queue = queue?;
                let found = queue.queue_name.as_deref();
                if found.is_some_and(|found| found.eq_ignore_ascii_case(&name)) {
                    let restarting = queue.is_restarting == Some(true);
                    let state = if restarting { "restarting" } else { "ready" };
                    return Ok(Look::new(state, Meaning::done_if(!restarting), queue));
                }
            }
            let meaning = Meaning::failed("there is no queue of this name");
            Ok(Look::new("missing", meaning, Queue::default()))
        })
    }

    /// Waits until there is no queue of this name.
    ///
    /// ```no_run
    /// # async fn example(dli: dli_ext::Dli) -> Result<(), dli_ext::Error> {
    /// dli.queues().delete("queue1").await?;
    /// dli.queues().wait_until_gone("queue1").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_until_gone(&self, name: impl Into<String>) -> Waiter<Option<QueueDetail>> {
        let name = name.into();
        let what = format!("queue {name}");
        Waiter::of(SHOW, what, self, name, |handle, name| async move {
            let found = handle.show(&name, Default::default()).await;
            gone(found.map(|queue| Look::new("there", Meaning::Pending, queue.into_inner())))
        })
    }
}

//! Cancelling.

use super::{KIND, is_over, of_path};
use crate::call::{Call, done};
use crate::error::{ApiError, ApiResult};

pub(super) fn cancel(call: &Call<'_>) -> ApiResult {
    let mut job = of_path(call)?;
    let state = job.timeline.state(call.now);
    if is_over(&job, call.now) {
        return Err(ApiError::unusable(format!(
            "The SQL job `{}` is {state} and cannot be cancelled.",
            job.id
        )));
    }
    job.timeline.change(call.now, "CANCELLED");
    call.update(&mut job)?;
    abort_later(call, &job.id);
    Ok(done())
}

/// Cancels what runs on a queue.
pub(in crate::families) fn cancel_all(call: &Call<'_>, queue: &str) -> ApiResult<()> {
    for mut job in call.list(KIND)? {
        if job.text("queue_name") == queue && !is_over(&job, call.now) {
            job.timeline.change(call.now, "CANCELLED");
            call.update(&mut job)?;
            abort_later(call, &job.id);
        }
    }
    Ok(())
}

/// Has the engine stop, if it is running this job.
fn abort_later(call: &Call<'_>, id: &str) {
    let id = id.to_owned();
    call.afterwards(Box::new(move |service| {
        Box::pin(async move {
            if let Some(task) = service.running().remove(&id) {
                task.abort();
            }
            Ok(None)
        })
    }));
}

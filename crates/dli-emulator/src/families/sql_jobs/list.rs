//! The list of jobs, filtered and in order.

use super::show::view;
use super::{KIND, duration, is_over};
use crate::call::Call;
use crate::error::ApiResult;
use crate::store::Object;
use crate::view::{View, view};

pub(super) fn list(call: &Call<'_>) -> ApiResult {
    let mut jobs = call.list(KIND)?;
    let text = |name: &str| call.query(name);
    let pattern = text("sql_pattern").map(str::to_lowercase);
    let types = call.query_list("job_types");
    let same = |wanted: Option<&str>, field: &str, job: &Object| {
        wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(job.text(field)))
    };
    jobs.retain(|job| {
        let kind = job.text("job_type");
        call.query_int("start").is_none_or(|start| job.created >= start)
            && call.query_int("end").is_none_or(|end| job.created <= end)
            && text("job-type").is_none_or(|wanted| wanted == "ALL" || wanted == kind)
            && types
                .as_ref()
                .is_none_or(|types| types.iter().any(|wanted| *wanted == "ALL" || *wanted == kind))
            && text("job-status").is_none_or(|wanted| wanted == job.timeline.state(call.now))
            && text("job-id").is_none_or(|id| id == job.id)
            && same(text("db_name"), "database_name", job)
            && same(text("table_name"), "table_name", job)
            && same(text("queue_name"), "queue_name", job)
            && same(text("owner"), "owner", job)
            && text("engine-type")
                .is_none_or(|wanted| wanted == job.get("engine_type").as_str().unwrap_or("spark"))
            && pattern
                .as_ref()
                .is_none_or(|part| job.text("statement").to_lowercase().contains(part))
            && text("tags").is_none_or(|filter| call.has_tags_like(job, filter))
    });
    match text("order").unwrap_or("start_time_desc") {
        "start_time_asc" => {}
        "duration_asc" => jobs.sort_by_key(|job| duration(call, job)),
        "duration_desc" => jobs.sort_by_key(|job| -duration(call, job)),
        _ => jobs.reverse(),
    }
    let count = jobs.len();
    let page = call.page(jobs);
    let views = page.iter().map(|job| match is_over(job, call.now) {
        true => view(call, job).with("end_time", job.created + duration(call, job)),
        false => view(call, job),
    });
    call.write(&view! {
        "is_success": true,
        "message": "",
        "job_count": count,
        "jobs": View::list(views),
    })
}

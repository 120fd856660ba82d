//! SQL against a server that plays the service: submission, waiting, results, their limits.
#![cfg(feature = "sql_jobs")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use common::{Answer, Seen, Server, json};
use dli_ext::ErrorKind;
#[cfg(feature = "obs")]
use futures_util::StreamExt;
use futures_util::TryStreamExt;

const SCHEMA: &str = r#"[{"id":"bigint"},{"price":"decimal(30,4)"},{"note":"string"},{"at":"timestamp"},{"day":"date"},{"raw":"binary"},{"list":"array<int>"}]"#;

fn status(extra: &str) -> Answer {
    json(
        200,
        &format!(
            r#"{{"is_success":true,"job_id":"j1","job_type":"QUERY","status":"FINISHED"{extra}}}"#
        ),
    )
}

/// The service with one query job whose preview is `preview`.
fn service(preview: String, extra: &'static str) -> impl Fn(Seen) -> Answer {
    let looks = AtomicUsize::new(0);
    move |request| match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/v1.0/p1/jobs/submit-job") => {
            let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
            assert_eq!(body["queue_name"], "q");
            json(200, r#"{"is_success":true,"job_id":"j1","job_type":"QUERY","job_mode":"async"}"#)
        }
        ("GET", "/v1.0/p1/jobs/j1/status") if looks.fetch_add(1, Ordering::SeqCst) < 2 => {
            json(200, r#"{"is_success":"true","job_id":"j1","status":"RUNNING"}"#)
        }
        ("GET", "/v1.0/p1/jobs/j1/status") => status(extra),
        ("GET", "/v1/p1/jobs/j1/progress") => {
            json(200, r#"{"is_success":true,"job_id":"j1","status":"RUNNING","progress":0.5}"#)
        }
        ("GET", "/v1.0/p1/jobs/j1/preview") => json(200, &preview),
        other => panic!("{other:?}"),
    }
}

fn preview(rows: &str, count: usize) -> String {
    format!(
        r#"{{"is_success":true,"job_id":"j1","job_type":"QUERY","row_count":{count},"schema":{SCHEMA},"rows":{rows}}}"#
    )
}

#[derive(serde::Deserialize, Debug, PartialEq)]
struct Sale {
    id: i64,
    price: String,
    note: Option<String>,
    at: String,
    day: String,
    list: Vec<i32>,
}

const TWO_ROWS: &str = r#"[
    [1, 12345678901234567890.1234, null, "2024-02-29 12:30:00.5", "2024-02-29", "AAE=", [1,2]],
    ["2", "0.1000", "", 0, "1999-12-31", "", "[3]"]
]"#;

#[tokio::test]
async fn a_statement_becomes_typed_rows_with_progress_on_the_way() {
    let server = Server::start(service(preview(TWO_ROWS, 2), "")).await;
    let dli = server.builder().build().unwrap();
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let results = dli
        .sql("select * from sales")
        .queue("q")
        .database("db")
        .on_progress(move |state| told.lock().unwrap().push((state.name.clone(), state.progress)))
        .run()
        .await
        .unwrap();
    assert_eq!(results.row_count(), Some(2));
    assert_eq!(results.columns()[1].ty.to_string(), "decimal(30,4)");
    let rows: Vec<Sale> = results.rows().try_collect().await.unwrap();
    assert_eq!(rows[0].price, "12345678901234567890.1234");
    assert_eq!((rows[0].note.clone(), rows[1].note.clone()), (None, Some(String::new())));
    assert_eq!(
        (rows[1].id, rows[1].at.as_str(), &rows[1].list[..]),
        (2, "1970-01-01 00:00:00", &[3][..])
    );
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen[0], ("RUNNING".to_owned(), Some(0.5)));
    assert_eq!(seen.last().unwrap().0, "FINISHED");
}

#[tokio::test]
async fn a_result_that_does_not_fit_the_preview_is_an_error_without_a_job_bucket() {
    let server = Server::start(service(preview("[]", 0), r#","result_count":1500"#)).await;
    let dli = server.builder().build().unwrap();
    let error = dli.sql("select 1").queue("q").run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Results);
    let shown = error.to_string();
    assert!(
        shown.contains("1500 rows") && shown.contains("job bucket") && shown.contains("export"),
        "{shown}"
    );
}

#[tokio::test]
async fn exactly_a_thousand_rows_of_an_unknown_number_are_not_taken_for_all() {
    let rows = vec![r#"[1, 1, "a", "2024-01-01 00:00:00", "2024-01-01", "", []]"#; 1000].join(",");
    let body = preview(&format!("[{rows}]"), 0).replace(r#""row_count":0,"#, "");
    let server = Server::start(service(body, "")).await;
    let dli = server.builder().build().unwrap();
    let error = dli.sql("select 1").queue("q").run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Results);
}

#[cfg(feature = "obs")]
#[tokio::test]
async fn a_large_result_is_streamed_from_the_job_bucket() {
    let folder = tempfile::tempdir().unwrap();
    let parts = folder.path().join("bucket1/results/j1");
    std::fs::create_dir_all(&parts).unwrap();
    std::fs::write(parts.join("_SUCCESS"), "").unwrap();
    let line = |n: usize| {
        format!("{n},{n}.5000,\"no, \\\"{n}\\\"\",2024-01-01 00:00:00,2024-01-01,AAE=,\"[{n}]\"\n")
    };
    let half = |range: std::ops::Range<usize>| range.map(line).collect::<String>();
    std::fs::write(parts.join("part-00000.csv"), half(0..60_000)).unwrap();
    std::fs::write(parts.join("part-00001.csv"), half(60_000..120_000)).unwrap();
    let extra = r#","result_count":120000,"result_path":"obs://bucket1/results/j1""#;
    let server = Server::start(service(preview("[]", 0), extra)).await;
    let dli =
        server.builder().storage(dli_ext::sql::Storage::folder(folder.path())).build().unwrap();
    let results = dli.sql("select 1").queue("q").run().await.unwrap();
    assert_eq!(results.row_count(), Some(120_000));
    let mut rows = results.rows::<Sale>();
    let mut n = 0;
    while let Some(row) = rows.next().await {
        let row = row.unwrap();
        assert_eq!((row.id, row.note.unwrap()), (n, format!("no, \"{n}\"")));
        n += 1;
    }
    assert_eq!(n, 120_000);

    // A part that is lost is an error at the end, not a shorter result.
    std::fs::remove_file(parts.join("part-00001.csv")).unwrap();
    let mut rows = dli.sql_job("j1").results().await.unwrap().values();
    let mut last = None;
    while let Some(row) = rows.next().await {
        last = Some(row);
    }
    assert!(last.unwrap().unwrap_err().to_string().contains("60000 of 120000"));
}

#[cfg(feature = "obs")]
#[tokio::test]
async fn a_temporary_key_reads_no_job_bucket_and_the_error_says_so_before_anything_is_sent() {
    use dli_ext::sql::Storage;

    let bucket = Server::start(|request| panic!("{request:?}")).await;
    let extra = r#","result_count":5000,"result_path":"obs://bucket1/results/j1""#;
    let server = Server::start(service(preview("[]", 0), extra)).await;
    let key = dli_ext::Credential::new("AK", "the-secret-key").with_security_token("the-token");
    let dli =
        server.builder().credential(key).storage(Storage::obs(Some(bucket.url()))).build().unwrap();
    let results = dli.sql("select 1").queue("q").run().await.unwrap();
    let error = results.values().try_collect::<Vec<_>>().await.unwrap_err();
    let shown = error.to_string();
    for part in ["bucket1", "temporary access key AK", "permanent access key", "Storage::custom"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(!shown.contains("the-token") && !shown.contains("the-secret-key"), "{shown}");
    assert_eq!(bucket.requests(), 0);
}

#[cfg(feature = "obs")]
#[tokio::test]
async fn a_result_path_that_leads_elsewhere_is_refused() {
    let extra = r#","result_count":5000,"result_path":"obs://bucket/../../etc""#;
    let server = Server::start(service(preview("[]", 0), extra)).await;
    let dli = server.builder().storage(dli_ext::sql::Storage::folder("/tmp")).build().unwrap();
    let error = dli.sql("select 1").queue("q").run().await.unwrap_err();
    assert!(error.to_string().contains("elsewhere"), "{error}");
}

#[cfg(feature = "arrow")]
#[tokio::test]
async fn results_become_record_batches() {
    use arrow_array::{Array, cast::AsArray, types};

    let server = Server::start(service(preview(TWO_ROWS, 2), "")).await;
    let dli = server.builder().build().unwrap();
    let results = dli.sql("select 1").queue("q").run().await.unwrap();
    let batches: Vec<_> = results.batches().try_collect().await.unwrap();
    let batch = &batches[0];
    assert_eq!((batches.len(), batch.num_rows(), batch.num_columns()), (1, 2, 7));
    let price = batch.column(1).as_primitive::<types::Decimal128Type>();
    assert_eq!(price.value(0), 123_456_789_012_345_678_901_234);
    let note = batch.column(2).as_string::<i32>();
    assert!(note.is_null(0) && !note.is_null(1));
    let at = batch.column(3).as_primitive::<types::TimestampMicrosecondType>();
    assert_eq!(at.value(0), 1_709_209_800_500_000);
    assert_eq!(batch.column(4).as_primitive::<types::Date32Type>().value(1), 10_956);
    assert_eq!(batch.column(5).as_binary::<i32>().value(0), [0, 1]);
    assert_eq!(batch.column(6).as_list::<i32>().value(0).len(), 2);
}

#[tokio::test]
async fn dropping_a_run_cancels_the_job_when_asked() {
    let cancelled = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&cancelled);
    let server = Server::start(move |request| match request.method.as_str() {
        "POST" => json(200, r#"{"is_success":true,"job_id":"j1","job_mode":"async"}"#),
        "DELETE" => {
            noted.store(true, Ordering::SeqCst);
            json(200, r#"{"is_success":true}"#)
        }
        _ => json(200, r#"{"is_success":true,"job_id":"j1","status":"RUNNING"}"#),
    })
    .await;
    let dli = server.builder().build().unwrap();
    let run = dli.sql("select 1").queue("q").cancel_on_drop(true).run();
    assert!(tokio::time::timeout(Duration::from_millis(300), run).await.is_err());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(cancelled.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_failed_statement_says_why() {
    let server = Server::start(move |request| match request.method.as_str() {
        "POST" => json(200, r#"{"is_success":true,"job_id":"j1","job_mode":"async"}"#),
        _ => json(
            200,
            r#"{"is_success":true,"job_id":"j1","status":"FAILED","detail":"no such table: t"}"#,
        ),
    })
    .await;
    let dli = server.builder().build().unwrap();
    let error = dli.sql("select * from t").run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Wait);
    assert!(error.to_string().contains("no such table: t"), "{error}");
}

#[tokio::test]
async fn a_synchronous_statement_has_its_rows_at_once() {
    let server = Server::start(|_| {
        json(
            200,
            r#"{"is_success":true,"job_id":"j1","job_mode":"sync","schema":[{"tab":"string"}],"rows":[["a"],["b"]]}"#,
        )
    })
    .await;
    let dli = server.builder().build().unwrap();
    let results = dli.sql("show tables").run().await.unwrap();
    let names: Vec<(String,)> = results.rows().try_collect().await.unwrap();
    assert_eq!(names, [("a".to_owned(),), ("b".to_owned(),)]);
    assert_eq!(server.requests(), 1);
}

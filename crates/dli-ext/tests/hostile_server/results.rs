//! Results of SQL.

use dli_ext::ErrorKind;
#[cfg(feature = "obs")]
use futures_util::StreamExt;

use crate::common::{Server, json};
use crate::deep;

/// The service with one finished job that has this preview and this place of its result.
async fn sql_service(preview: String, place: &'static str) -> Server {
    Server::start(move |request| match request.path.rsplit('/').next() {
        Some("preview") => json(200, &preview),
        _ => json(
            200,
            &format!(
                r#"{{"is_success":true,"job_id":"j1","job_type":"QUERY","status":"FINISHED"{place}}}"#
            ),
        ),
    })
    .await
}

#[tokio::test]
async fn a_type_or_a_value_as_deep_as_can_be_is_a_name_or_an_error() {
    let deep_type = deep("array<", "int", ">");
    let preview = format!(r#"{{"row_count":1,"schema":[{{"a":"{deep_type}"}}],"rows":[["x"]]}}"#);
    let server = sql_service(preview, "").await;
    let dli = server.builder().build().unwrap();
    let error = dli.sql_job("j1").results().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Results, "{error}");

    let deep_value = deep("[", "", "]");
    let preview =
        format!(r#"{{"row_count":1,"schema":[{{"a":"array<int>"}}],"rows":[[{deep_value}]]}}"#);
    let server = sql_service(preview, "").await;
    let dli = server.builder().build().unwrap();
    let error = dli.sql_job("j1").results().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Undecodable, "{error}");
    assert!(error.to_string().contains("recursion limit"), "{error}");
}

#[cfg(feature = "obs")]
#[tokio::test]
async fn a_row_of_the_job_bucket_without_end_is_refused_at_the_limit() {
    let folder = tempfile::tempdir().unwrap();
    let parts = folder.path().join("bucket1/results/j1");
    std::fs::create_dir_all(&parts).unwrap();
    // 2 GB of zeros without a line; none of them is on the disk.
    let part = std::fs::File::create(parts.join("part-00000.csv")).unwrap();
    part.set_len(2 << 30).unwrap();
    let preview = r#"{"row_count":0,"schema":[{"a":"string"}],"rows":[]}"#.to_owned();
    let place = r#","result_count":5000,"result_path":"obs://bucket1/results/j1""#;
    let server = sql_service(preview, place).await;
    let storage = dli_ext::sql::Storage::folder(folder.path());
    let dli = server.builder().storage(storage).body_limit(1_000_000).build().unwrap();
    let mut rows = dli.sql_job("j1").results().await.unwrap().raw_rows();
    let error = rows.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Results);
    let text = error.to_string();
    assert!(
        text.contains("longer than the 1000000 bytes") && text.contains("Builder::body_limit"),
        "{text}"
    );
    assert!(rows.next().await.is_none());
}

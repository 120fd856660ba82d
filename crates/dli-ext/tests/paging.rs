//! Lists come to an end, whatever the server does, and take no more memory for being long.

mod common;

use common::{Server, json};
use dli_ext::{Dli, ErrorKind};
use futures_util::StreamExt;

async fn ids(dli: &Dli) -> Result<Vec<String>, dli_ext::Error> {
    let mut items = dli.enhanced_connections().list_items(Default::default());
    let mut ids = Vec::new();
    while let Some(item) = items.next().await {
        ids.push(item?.id.unwrap());
    }
    Ok(ids)
}

#[tokio::test]
async fn a_server_that_ignores_the_offset_gives_its_page_once() {
    let server = Server::start(|request| {
        assert_eq!(request.query("limit"), "100");
        json(200, r#"{"connections":[{"id":"a"},{"id":"b"}]}"#)
    })
    .await;
    assert_eq!(ids(&server.builder().build().unwrap()).await.unwrap(), ["a", "b"]);
    assert_eq!(server.requests(), 2);
}

#[tokio::test]
async fn a_server_that_ignores_the_offset_and_counts_more_is_an_error() {
    let server = Server::start(|_| {
        json(200, r#"{"is_success":true,"count":5,"elastic_resource_pools":[{"elastic_resource_pool_name":"a"}]}"#)
    })
    .await;
    let dli = server.builder().build().unwrap();
    let mut pools = dli.elastic_resource_pools().list_items(Default::default());
    assert!(pools.next().await.unwrap().is_ok());
    let error = pools.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging);
    assert_eq!(error.operation(), Some("list_elastic_resource_pools"));
    assert!(pools.next().await.is_none());
}

/// The lines of a log, all alike; how many the service says they are.
#[cfg(feature = "spark_jobs")]
async fn lines(all: usize, total: Option<usize>) -> Result<usize, dli_ext::Error> {
    let server = Server::start(move |request| {
        let number = |name: &str| request.query(name).parse::<usize>().unwrap();
        let came = all.saturating_sub(number("from")).min(number("size"));
        // Only what is the same for every page, or the pages would differ.
        let mut answer = serde_json::json!({ "id": "b", "log": vec!["."; came] });
        if let Some(total) = total {
            answer["total"] = total.into();
        }
        json(200, &answer.to_string())
    })
    .await;
    let dli = server.builder().build().unwrap();
    let params = dli_ext::handles::ShowSparkJobLogParams::default().size(10);
    let mut items = dli.spark_jobs().show_spark_job_log_items("b", params);
    let mut count = 0;
    while let Some(line) = items.next().await {
        assert_eq!(line?, ".");
        count += 1;
    }
    Ok(count)
}

#[cfg(feature = "spark_jobs")]
#[tokio::test]
async fn equal_lines_on_equal_pages_all_come_as_long_as_the_list_counts_more() {
    for all in [9, 10, 11, 20, 50, 57] {
        assert_eq!(lines(all, Some(all)).await.unwrap(), all);
        assert_eq!(lines(all, Some(all + 30)).await.unwrap(), all, "a total that is too large");
    }
    // Without a total nothing tells them from a server that does not page.
    assert_eq!(lines(50, None).await.unwrap(), 10);
}

#[cfg(feature = "spark_jobs")]
#[tokio::test]
async fn different_lines_that_come_again_are_those_of_a_server_that_ignores_the_offset() {
    let server = Server::start(|_| json(200, r#"{"log":["a","b"],"total":100}"#)).await;
    let dli = server.builder().build().unwrap();
    let params = dli_ext::handles::ShowSparkJobLogParams::default().size(2);
    let items = dli.spark_jobs().show_spark_job_log_items("b", params);
    let mut outcomes: Vec<_> = items.collect().await;
    let error = outcomes.pop().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging);
    assert!(error.to_string().contains("counts 100 items and gave 2"), "{error}");
    let lines: Vec<String> = outcomes.into_iter().map(Result::unwrap).collect();
    assert_eq!(lines, ["a", "b"]);
}

#[tokio::test]
async fn an_error_in_the_middle_ends_the_list() {
    let server = Server::start(|request| match request.query("offset").as_str() {
        "0" => json(200, r#"{"connections":[{"id":"a"}]}"#),
        _ => json(400, r#"{"error_code":"DLI.0001","error_msg":"no"}"#),
    })
    .await;
    let dli = server.builder().build().unwrap();
    let outcomes: Vec<bool> = dli
        .enhanced_connections()
        .list_items(Default::default())
        .map(|item| item.is_ok())
        .collect()
        .await;
    assert_eq!(outcomes, [true, false]);
}

#[cfg(target_os = "linux")]
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_million_items_take_no_more_memory_than_a_few() {
    use std::fmt::Write;

    const ITEMS: usize = 1_000_000;
    let server = Server::start(|request| {
        let (from, limit): (usize, usize) =
            (request.query("offset").parse().unwrap(), request.query("limit").parse().unwrap());
        let mut body = String::from(r#"{"connections":["#);
        for n in from..(from + limit).min(ITEMS) {
            let comma = if n == from { "" } else { "," };
            let _ = write!(body, r#"{comma}{{"id":"{n}"}}"#);
        }
        body.push_str("]}");
        json(200, &body)
    })
    .await;
    let dli = server.builder().build().unwrap();
    let params = dli_ext::handles::ListEnhancedConnectionsParams::default().limit(1000);
    let mut items = dli.enhanced_connections().list_items(params);
    let mut count = 0;
    let mut early = 0;
    while let Some(item) = items.next().await {
        item.unwrap();
        count += 1;
        if count == 50_000 {
            early = resident_kib();
        }
    }
    let late = resident_kib();
    println!("{count} items; resident {early} KiB after 50,000, {late} KiB at the end");
    assert_eq!(count, ITEMS);
    assert!(late < early + 8 * 1024, "{early} KiB after 50,000, {late} KiB at the end");
}

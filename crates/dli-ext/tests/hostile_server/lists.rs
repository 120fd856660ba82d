//! Pages that do not make a list.

use dli_ext::{Dli, Error, ErrorKind};
use futures_util::StreamExt;

use crate::common::{Server, json};

fn connection(id: impl std::fmt::Display) -> String {
    format!(r#"{{"id":"{id}"}}"#)
}

#[tokio::test]
async fn pages_that_go_in_circles_are_an_error_however_long_the_circle() {
    for circle in [2, 3, 7, 100] {
        let server = Server::start(move |request| {
            let offset: usize = request.query("offset").parse().unwrap();
            // Five good pages, then the circle.
            let page = if offset < 5 { offset } else { 5 + (offset - 5) % circle };
            json(200, &format!(r#"{{"connections":[{}]}}"#, connection(page)))
        })
        .await;
        let dli = server.builder().build().unwrap();
        let items = dli.enhanced_connections().list_items(Default::default());
        let outcomes: Vec<_> = items.take(5_000).collect().await;
        let error = outcomes.last().unwrap().as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Paging, "{error}");
        assert!(error.to_string().contains("a page that it gave before"), "{error}");
        assert!(error.to_string().contains("; take as many items as you need"), "{error}");
        assert!(server.requests() < 8 * (circle + 5), "{} for {circle}", server.requests());
    }
}

/// A list of pools: the items of a page and the total it tells, by offset.
async fn pools(page: fn(i64) -> (Vec<i64>, i64)) -> (Server, Dli) {
    let server = Server::start(move |request| {
        let (items, count) = page(request.query("offset").parse().unwrap());
        let items: Vec<String> = items
            .iter()
            .map(|nth| format!(r#"{{"elastic_resource_pool_name":"{nth}"}}"#))
            .collect();
        let items = items.join(",");
        json(200, &format!(r#"{{"count":{count},"elastic_resource_pools":[{items}]}}"#))
    })
    .await;
    let dli = server.builder().build().unwrap();
    (server, dli)
}

async fn names(dli: &Dli) -> Result<Vec<String>, (Vec<String>, Error)> {
    let mut items = dli.elastic_resource_pools().list_items(Default::default());
    let mut names = Vec::new();
    while let Some(item) = items.next().await {
        match item {
            Ok(item) => names.push(item.elastic_resource_pool_name.unwrap()),
            Err(error) => return Err((names, error)),
        }
    }
    Ok(names)
}

#[tokio::test]
async fn a_negative_total_is_none() {
    let (_server, dli) = pools(|offset| match offset {
        0..10 => (vec![offset, offset + 1], -1),
        _ => (vec![], -1),
    })
    .await;
    let expected: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    assert_eq!(names(&dli).await.unwrap(), expected);
}

#[tokio::test]
async fn an_end_before_the_total_is_an_end_after_all_that_came() {
    let (_server, dli) = pools(|offset| match offset {
        0..4 => (vec![offset, offset + 1], 10),
        _ => (vec![], 10),
    })
    .await;
    assert_eq!(names(&dli).await.unwrap(), ["0", "1", "2", "3"]);
    let (server, dli) = pools(|_| (vec![], 10)).await;
    assert!(names(&dli).await.unwrap().is_empty());
    assert_eq!(server.requests(), 1);
}

#[tokio::test]
async fn a_circle_is_an_error_however_many_items_the_list_counts() {
    let (server, dli) = pools(|offset| (vec![offset % 3], 1_000_000)).await;
    let (came, error) = names(&dli).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging, "{error}");
    assert!(error.to_string().contains("a page that it gave before"), "{error}");
    assert!(came.len() < 12 && server.requests() < 12, "{} items", came.len());
}

#[tokio::test]
async fn a_total_that_shrinks_is_believed() {
    let (_server, dli) = pools(|offset| match offset {
        0 => (vec![0, 1], 1_000),
        2 => (vec![2], 3),
        _ => (vec![], 3),
    })
    .await;
    assert_eq!(names(&dli).await.unwrap(), ["0", "1", "2"]);
}

#[tokio::test]
async fn a_total_that_grows_gives_no_more_than_is_taken() {
    let (server, dli) = pools(|offset| (vec![offset], offset + 100)).await;
    let items = dli.elastic_resource_pools().list_items(Default::default());
    let taken: Vec<_> = items.take(200).collect().await;
    assert!(taken.iter().all(Result::is_ok));
    assert!(server.requests() <= 201, "{}", server.requests());
}

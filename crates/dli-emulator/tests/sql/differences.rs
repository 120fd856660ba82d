//! What the documentation says about differences from Spark is what happens.

use crate::scene::Scene;

const DOCUMENT: &str = include_str!("../../docs/sql.md");

#[tokio::test(flavor = "multi_thread")]
async fn the_differences_from_spark_are_as_documented() {
    let scene = Scene::new().await;
    let table = DOCUMENT.split("| statement | Spark | here |").nth(1).expect("the table");
    let lines: Vec<&str> = table.lines().skip(2).take_while(|line| line.starts_with('|')).collect();
    assert!(lines.len() > 10, "{lines:?}");
    for line in lines {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [statement, _, here] = cells.as_slice() else { panic!("{line}") };
        let statement = statement.trim_matches('`');
        let answer = match scene.run(statement).await {
            Ok(_) => scene.rows(statement).await[0][0].to_string(),
            Err(_) => "error".to_owned(),
        };
        assert_eq!(answer, here.trim_matches('`'), "{statement}");
    }
}

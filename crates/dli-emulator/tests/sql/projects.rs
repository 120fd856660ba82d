//! Projects do not see one another's tables, and no path leads out of a bucket.

use dli_emulator::{AccessKey, Emulator, Project, Sql};
use futures_util::TryStreamExt;

use crate::scene::{Scene, client};

#[tokio::test(flavor = "multi_thread")]
async fn two_projects_never_read_each_others_tables() {
    let emulator = Emulator::builder()
        .project(Project::new("project-a", "local-1"))
        .project(Project::new("project-b", "local-1_b"))
        .access_key(AccessKey::new("AK", "SK"))
        .sql(Sql::new())
        .start()
        .await
        .expect("an emulator");
    let own = |project| client(&emulator, project, ("AK", "SK"));
    let (a, b) = (own("project-a"), own("project-b"));
    let run = |dli: dli_ext::Dli, text: &str| dli.sql(text).queue("default").run();
    run(a.clone(), "CREATE TABLE secret (v STRING)").await.expect("a table");
    run(a.clone(), "INSERT INTO secret VALUES ('of a')").await.expect("a row");
    let error = run(b.clone(), "SELECT * FROM secret").await.expect_err("no table");
    assert!(error.message().contains("There is no table"), "{error:?}");
    run(b.clone(), "CREATE TABLE secret (v STRING)").await.expect("a table");
    let rows = run(b.clone(), "SELECT * FROM secret").await.expect("results");
    let rows: Vec<_> = rows.raw_rows().try_collect().await.expect("rows");
    assert!(rows.is_empty());
    run(b, "DROP TABLE secret").await.expect("a drop");
    let rows = run(a, "SELECT v FROM secret").await.expect("results");
    let rows: Vec<_> = rows.raw_rows().try_collect().await.expect("rows");
    assert_eq!(rows[0].values()[0], "of a");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_leads_out_of_its_bucket_is_refused_wherever_it_is_given() {
    let scene = Scene::new().await;
    let outside = scene.emulator.buckets().unwrap().parent().unwrap().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("secret.csv"), "secret\n").unwrap();
    for path in [
        "obs://bucket/../../etc/passwd",
        "obs://bucket/../outside",
        "obs://../outside",
        "obs://bucket/a/../../../outside",
        "s3a://bucket/../outside",
        "file:///etc/passwd",
        "/etc/passwd",
    ] {
        let create = format!("CREATE TABLE t (a STRING) USING csv OPTIONS (path '{path}')");
        let error = scene.run(&create).await.expect_err(path);
        assert!(
            error.message().contains("refused") || error.message().contains("OBS path"),
            "{error:?}"
        );
    }
    scene.done("CREATE TABLE p (a STRING) PARTITIONED BY (dt STRING)").await;
    let add = "ALTER TABLE p ADD PARTITION (dt = 'x') LOCATION 'obs://bucket/../outside'";
    scene.run(add).await.expect_err("a partition outside");
    scene.done("INSERT INTO p PARTITION (dt = '../../../outside') VALUES ('x')").await;
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(scene.rows("SELECT dt FROM p").await[0][0], "../../../outside");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_there_after_a_restart_and_those_of_dropped_tables_are_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = async || {
        Emulator::builder()
            .project(Project::new("team.a", "local-1"))
            .data_dir(folder.path())
            .sql(Sql::new())
            .start()
            .await
            .expect("an emulator")
    };
    let run = async |emulator: &Emulator, text: &str| {
        let key = (emulator.access_key(), emulator.secret_key());
        let dli = client(emulator, emulator.project_id(), key);
        let results = dli.sql(text).queue("default").run().await.expect("results");
        let rows: Vec<dli_ext::sql::Row> = results.raw_rows().try_collect().await.expect("rows");
        rows.len()
    };
    let tables = || -> usize {
        let projects = std::fs::read_dir(folder.path().join("warehouse")).unwrap();
        let projects = projects.map(|entry| entry.unwrap().path());
        let projects = projects.filter(|path| !path.ends_with(".staging"));
        projects.map(|path| std::fs::read_dir(path).unwrap().count()).sum()
    };
    let emulator = start().await;
    run(&emulator, "CREATE TABLE kept (v INT)").await;
    run(&emulator, "CREATE TABLE gone (v INT)").await;
    run(&emulator, "INSERT INTO kept VALUES (1), (2)").await;
    run(&emulator, "INSERT INTO gone VALUES (1)").await;
    assert_eq!(tables(), 2);
    run(&emulator, "DROP TABLE gone").await;
    assert_eq!(tables(), 1);
    emulator.stop().await;
    let emulator = start().await;
    assert_eq!(run(&emulator, "SELECT * FROM kept").await, 2);
    assert_eq!(tables(), 1);
}

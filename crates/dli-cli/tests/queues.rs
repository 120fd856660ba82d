//! Queues, pools, quotas.

mod common;

use common::Scene;

#[test]
fn a_queue_is_created_scaled_tested_and_deleted() {
    let mut scene = Scene::new();
    scene.run("queue list");
    scene.run(
        "queue create Reports --cu 16 --description 'what the board reads' --tag team=bi --wait",
    );
    scene.run("queue list");
    scene.run("queue list --output csv");
    scene.run("queue show reports");
    scene.run("queue scale reports --cu 48 --wait");
    scene.run("queue scale reports --cu 48");
    scene.run("queue list --query '[0].cu_count'");
    scene.run("queue test reports 10.0.0.1:80");
    scene.run("queue properties reports --set job.maxConcurrent=5");
    scene.run("queue properties reports");
    scene.run("queue properties reports --unset job.maxConcurrent --yes");
    scene.run("queue properties reports --set job.maxConcurent=5");
    scene.run("queue show nowhere");
    scene.run("quota");
    scene.run("queue delete reports");
    scene.run("queue delete reports --yes");
    scene.run("queue list");
    assert_transcript!(scene);
}

#[test]
fn a_queue_that_has_run_something_can_be_restarted() {
    let mut scene = Scene::with(|builder| {
        builder.seed(
            r#"{"sql_scripts": [{"sql": "select 1", "schema": [{"a": "int"}], "rows": [[1]]}]}"#,
        )
    });
    scene.quietly("queue create reports --cu 16");
    scene.quietly("sql 'select 1' --queue reports");
    scene.run("queue restart reports --wait");
    assert_transcript!(scene);
}

#[test]
fn a_pool_is_created_filled_changed_and_deleted() {
    let mut scene = Scene::new();
    scene.run("pool create shared --min 64 --max 128 --wait");
    scene.run("pool list");
    scene.quietly("queue create reports --cu 16");
    scene.run("pool add-queue shared reports");
    scene.run("pool queues shared");
    scene.run("pool update shared --max 256");
    scene.run("pool update shared");
    scene.run("pool show shared");
    scene.run("pool show sharde");
    scene.run("pool history shared");
    scene.quietly("pool create spare --min 64 --max 64 --wait");
    scene.run("pool delete spare --yes");
    assert_transcript!(scene);
}

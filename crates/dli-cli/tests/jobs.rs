//! Spark and Flink jobs.

mod common;

use common::Scene;

#[test]
fn a_spark_program_is_submitted_followed_and_listed() {
    let mut scene = Scene::new();
    scene.quietly("queue create etl --cu 16 --type general");
    scene.run("spark submit etl.jar --class com.example.Etl --queue etl --name nightly --conf spark.a=b --follow");
    scene.run("spark list");
    let id = scene.quietly("spark list --query [0].id");
    scene.run(&format!("spark show {}", id.trim()));
    scene.run(&format!("spark logs {}", id.trim()));
    scene.run(&format!("spark follow {}", id.trim()));
    scene.run("spark submit etl.jar --class com.example.Etl --queue etl --executors -1");
    scene.run("spark show 00000000-0000-0000-0000-00000000000a");
    assert_transcript!(scene);
}

#[test]
fn a_spark_program_that_dies_is_a_failure() {
    let mut scene = Scene::with(|builder| {
        builder.fault(
            "create_spark_job:fail-job=out of memory".parse::<dli_emulator::Fault>().unwrap(),
        )
    });
    scene.run("spark submit etl.jar --class com.example.Etl --follow");
    assert_transcript!(scene);
}

#[test]
fn a_spark_program_is_cancelled() {
    let mut scene =
        Scene::with(|builder| builder.delay_of("spark_jobs", std::time::Duration::from_secs(3600)));
    let id = scene.quietly("spark submit etl.jar --class com.example.Etl");
    scene.run(&format!("spark cancel {}", id.trim()));
    assert_transcript!(scene);
}

#[test]
fn a_flink_job_is_created_run_stopped_exported_and_deleted() {
    let mut scene = Scene::new();
    let sql = "create table a (x int) with ('connector' = 'datagen');\n";
    std::fs::write(scene.folder.path().join("job.sql"), sql).unwrap();
    scene.quietly("queue create stream --cu 16 --type general");
    scene.run("flink list");
    scene.run("flink create clicks --sql job.sql --queue stream --description 'what is clicked'");
    scene.run("flink list");
    let id = scene.quietly("flink list --query [0].job_id");
    let id = id.trim();
    scene.run(&format!("flink show {id}"));
    scene.run(&format!("flink run {id} --wait"));
    scene.run("flink list --query [].[name,status]");
    scene.run(&format!("flink stop {id} --wait"));
    scene.run(&format!("flink export bucket/jobs/ {id}"));
    let file = scene.quietly(&format!("flink export bucket/jobs/ {id} --query zip_file[0]"));
    scene.run(&format!("flink import {} --output csv --query [].old_job_id", file.trim()));
    scene.run("flink run 4711");
    scene.run(&format!("flink delete {id}"));
    scene.run(&format!("flink delete {id} --yes"));
    scene.run(&format!("flink show {id}"));
    scene.run("flink create clicks --sql missing.sql");
    assert_transcript!(scene);
}

#[test]
fn a_flink_job_is_made_from_a_package() {
    let mut scene = Scene::new();
    scene.run(
        "flink create etl --jar etl.jar --class com.example.Etl --args 'a b' --flink-version 1.15",
    );
    let id = scene.quietly("flink list --query [0].job_id");
    scene.run(&format!("flink show {}", id.trim()));
    assert_transcript!(scene);
}

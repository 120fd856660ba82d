//! Databases, tables, packages, variables, permissions, tags.

mod common;

use common::Scene;

#[test]
fn a_database_and_its_tables_are_created_described_and_deleted() {
    let mut scene = Scene::new();
    scene.run("database create sales --description 'what was sold'");
    scene.run("database create sales");
    scene.run("database list");
    scene.run(
        "api create_table --database-name sales table_name=orders data_location=DLI \
         columns[0].column_name=id columns[0].type=bigint \
         columns[1].column_name=name columns[1].type=string columns[1].description='who bought'",
    );
    scene.run("table list sales");
    scene.run("table describe sales.orders");
    scene.run("table describe sales.orders --output yaml --query columns");
    scene.run("table preview sales.orders");
    scene.run("table describe orders");
    scene.run("table describe sales.order");
    scene.run("table set-owner sales.orders emulator");
    scene.run("database set-owner sales emulator");
    scene.run("database delete sales --yes");
    scene.run("table delete sales.orders --yes");
    scene.run("database delete sales --yes --cascade");
    scene.run("database list");
    assert_transcript!(scene);
}

#[test]
fn the_partitions_of_a_table_are_listed() {
    let mut scene = Scene::new();
    scene.quietly("database create sales");
    scene.quietly(
        "api create_table --database-name sales table_name=orders data_location=OBS data_type=csv \
         data_path=obs://bucket/orders columns[0].column_name=id columns[0].type=bigint \
         columns[1].column_name=day columns[1].type=string columns[1].is_partition_column=true",
    );
    scene.run("table partitions sales.orders");
    assert_transcript!(scene);
}

#[test]
fn packages_are_taken_over_shown_and_deleted() {
    let mut scene = Scene::new();
    scene.run("resource list");
    scene.run("resource upload obs://bucket/jars/etl.jar --group etl --tag team=bi");
    scene.run("resource list");
    scene.run("resource list --groups");
    scene.run("resource show etl.jar --group etl");
    scene.run("resource delete etl.jar --group etl --yes");
    scene.run("resource show etl.jar");
    assert_transcript!(scene);
}

#[test]
fn variables_are_set_changed_hidden_and_deleted() {
    let mut scene = Scene::new();
    scene.run("variable set year 2026");
    scene.run("variable set year 2027");
    scene.run_with("variable set password - --sensitive", "hunter2\n");
    scene.run("variable list");
    scene.run("variable list --output json --query '[].[var_name, var_value]'");
    scene.run("variable delete year --yes");
    scene.run("variable delete year --yes");
    assert_transcript!(scene);
    assert!(!scene.transcript().replace("< hunter2", "").contains("hunter2"));
}

#[test]
fn permissions_are_granted_listed_and_revoked() {
    let mut scene = Scene::new();
    scene.quietly("queue create reports --cu 16");
    scene.quietly("database create sales");
    scene.run("permission grant ann queues.reports submit_job");
    scene.run("permission list queues.reports");
    scene.run("permission grant ann databases.sales DISPLAY_ALL_TABLES");
    scene.run("permission list databases.sales");
    scene.run("permission revoke ann queues.reports SUBMIT_JOB");
    scene.run("permission revoke ann queues.reports SUBMIT_JOB --yes");
    scene.run("permission list queues.reports");
    assert_transcript!(scene);
}

#[test]
fn tags_are_set_found_and_removed() {
    let mut scene = Scene::new();
    scene.quietly("queue create reports --cu 16");
    let id = scene.quietly("queue show reports --query resource_id");
    let id = id.trim();
    scene.run(&format!("tag set queue {id} team=bi stage=live"));
    scene.run(&format!("tag list queue {id}"));
    scene.run("tag list queue");
    scene.run("tag find queue team=bi");
    scene.run(&format!("tag remove queue {id} stage=live --yes"));
    scene.run(&format!("tag list queue {id}"));
    scene.run("tag find queue stage=live");
    assert_transcript!(scene);
}

//! Both families of datasource connections.

mod common;

use common::Scene;

const CREATE: &str = "--vpc 0b5e4a1c-5d8e-4a83-9d6a-7d5c53c2b7a1 \
                      --subnet 1b5e4a1c-5d8e-4a83-9d6a-7d5c53c2b7a1";

#[test]
fn an_enhanced_connection_is_created_shown_changed_and_deleted() {
    let mut scene = Scene::new();
    scene.run("enhanced-connection list");
    scene.run(&format!("enhanced-connection create office {CREATE} --queue sales --wait"));
    scene.run("enhanced-connection list");
    scene.run("enhanced-connection list --output json");
    scene.run("enhanced-connection list --output csv");
    scene.run("enhanced-connection list --query '[].{name: name, status: status}'");
    scene.run("enhanced-connection bind office --queue stock");
    scene.run("enhanced-connection unbind office --queue sales");
    scene.run("enhanced-connection hosts office --set db.office=192.168.0.12");
    scene.run("enhanced-connection hosts office");
    scene.run("enhanced-connection add-route office lab 10.8.0.0/16");
    scene.run("enhanced-connection remove-route office lab --yes");
    scene.run("enhanced-connection privileges office");
    scene.run("enhanced-connection show office");
    scene.run("enhanced-connection show ofice");
    scene.run("enhanced-connection delete office");
    scene.run("enhanced-connection delete office --yes --wait");
    scene.run("enhanced-connection list");
    assert_transcript!(scene);
}

#[test]
fn a_classic_connection_is_listed_shown_and_deleted() {
    let mut scene = Scene::new();
    scene.run("connection list");
    scene.run(
        "api create_datasource_connection name=css service=CSS \
         security_group_id=4c9f5f4a-0a3c-4d53-8f0c-b4b8c4f3d2a1 \
         network_id=5c9f5f4a-0a3c-4d53-8f0c-b4b8c4f3d2a1 url=css.example.com:9200",
    );
    scene.run("connection list");
    scene.run("connection show css");
    scene.run("connection delete css --yes");
    scene.run("connection show css");
    assert_transcript!(scene);
}

#[cfg(feature = "local-sql")]
#[test]
fn the_emulator_inside_the_program_runs_sql() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = common::bare(folder.path());
    command.args(common::words("sql 'select 1 + 1 as two' --local --output csv"));
    let output = common::finish(command, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "two\n2\n");
}

#[cfg(not(feature = "local-sql"))]
#[test]
fn sql_that_the_emulator_inside_the_program_cannot_run_names_the_feature_that_can() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = common::bare(folder.path());
    command.args(common::words("sql 'select 1' --local"));
    let output = common::finish(command, "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(10), "{said}");
    assert!(said.contains("`local-sql`") && !said.contains("correct it"), "{said}");
}

#[test]
fn the_emulator_inside_the_program_remembers_what_was_created() {
    let folder = tempfile::tempdir().unwrap();
    let run = |line: &str| {
        let mut command = common::bare(folder.path());
        command.args(common::words(line)).arg("--local");
        let output = common::finish(command, "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    run(&format!("enhanced-connection create office {CREATE}"));
    assert!(run("enhanced-connection list").contains("office"));
    assert_eq!(run("connection list"), "");
}

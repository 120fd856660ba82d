//! SQL: run, followed, cancelled, written into files; and the jobs it leaves.

mod common;

use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::Scene;
use dli_emulator::{SqlEngine, SqlFailure, SqlFuture, SqlRows, SqlStatement};

const SEED: &str = r#"{
  "sql_scripts": [
    {"sql": "select * from orders", "schema": [{"id": "bigint"}, {"name": "string"}, {"price": "decimal(10,2)"}],
     "rows": [[1, "Ann", "12.50"], [2, null, "0.99"], [3, "", null]]},
    {"sql": "select wide", "schema": [{"a": "string"}], "rows": [["line one\nline two"]]},
    {"sql": "select broken", "schema": [], "rows": [], "fails": "column `broken` cannot be resolved; line 1 pos 7"},
    {"contains": "export result", "job_type": "EXPORT", "schema": [], "rows": []},
    {"sql": "insert into a select * from b", "job_type": "INSERT", "schema": [], "rows": []}
  ]
}"#;

fn scene() -> Scene {
    Scene::with(|builder| builder.seed(SEED))
}

#[test]
fn rows_are_shown_in_every_format() {
    let mut scene = scene();
    scene.run("sql 'select * from orders'");
    scene.run("sql 'select * from orders' --output json");
    scene.run("sql 'select * from orders' --output yaml");
    scene.run("sql 'select * from orders' --output csv");
    scene.run("sql 'select * from orders' --query '[?price!=`null`].id'");
    scene.run("sql 'select wide'");
    assert_transcript!(scene);
}

#[test]
fn statements_come_from_a_file_or_from_standard_input_and_the_first_failure_ends_the_run() {
    let mut scene = scene();
    let text = "-- a comment; with a semicolon\nselect * from orders;\n-- and then; so\nselect broken;\nselect * from orders;";
    std::fs::write(scene.folder.path().join("report.sql"), text).unwrap();
    scene.run("sql --file report.sql");
    scene.run_with("sql", "insert into a select * from b;\n");
    scene.run_with("sql -", " -- nothing\n");
    assert_transcript!(scene);
}

/// An engine that knows one statement.
struct Engine;

impl SqlEngine for Engine {
    fn check(&self, statement: SqlStatement) -> SqlFuture<Option<String>> {
        Box::pin(async move {
            match statement.text.as_str() {
                "select 1" => Ok(Some("QUERY".to_owned())),
                _ => Err(SqlFailure {
                    code: "DLI.0004".to_owned(),
                    message: "mismatched input 'from'; line 1 pos 9".to_owned(),
                }),
            }
        })
    }

    fn run(&self, _: SqlStatement) -> SqlFuture<SqlRows> {
        Box::pin(async {
            let rows = (0..1000).map(|row| vec![row.into()]).collect();
            let columns = vec![("n".to_owned(), "int".to_owned())];
            let row_count = Some(1_234_567);
            Ok(SqlRows { columns, rows, row_count, ..SqlRows::default() })
        })
    }
}

#[test]
fn statements_are_checked_without_being_run() {
    let mut scene = Scene::with(|builder| builder.sql_engine(Engine));
    scene.run("sql --check 'select 1'");
    scene.run("sql --check 'select 1 from'");
    scene.run("job list");
    assert_transcript!(scene);
}

#[test]
fn rows_that_are_left_out_are_never_left_out_silently() {
    let mut scene = Scene::with(|builder| builder.sql_engine(Engine));
    scene.run("sql 'select n from numbers' --query 'length(@)'");
    assert_transcript!(scene);
}

/// An engine that writes its rows into a bucket, as the service does with long results.
#[cfg(feature = "obs")]
struct Bucket;

#[cfg(feature = "obs")]
impl SqlEngine for Bucket {
    fn check(&self, _: SqlStatement) -> SqlFuture<Option<String>> {
        Box::pin(async { Ok(None) })
    }

    fn run(&self, statement: SqlStatement) -> SqlFuture<SqlRows> {
        Box::pin(async move {
            let rows = (0..1000).map(|row| vec![row.into(), "a".into()]).collect();
            let columns = [("n", "int"), ("text", "string")];
            let columns = columns.map(|(name, kind)| (name.to_owned(), kind.to_owned())).to_vec();
            let path = Some(format!("obs://jobs/{}", statement.text.replace(' ', "-")));
            let row_count = Some(2500);
            Ok(SqlRows { columns, rows, row_count, result_path: path, ..SqlRows::default() })
        })
    }
}

/// 2,500 rows in the two files of a result.
#[cfg(feature = "obs")]
fn fill(folder: &std::path::Path) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("_SUCCESS"), "").unwrap();
    for (part, rows) in [0..1500, 1500..2500].into_iter().enumerate() {
        let lines: String = rows.map(|row| format!("{row},\"row, {row}\"\n")).collect();
        std::fs::write(folder.join(format!("part-0000{part}.csv")), lines).unwrap();
    }
}

#[cfg(feature = "obs")]
#[test]
fn rows_that_no_preview_holds_are_read_from_the_job_bucket() {
    let scene = Scene::with(|builder| builder.sql_engine(Bucket));
    let buckets = scene.folder.path().join("buckets");
    fill(&buckets.join("jobs/select-1"));
    let run = |line: &str| {
        let mut command = scene.command();
        command.env("DLI_OBS", &buckets).args(common::words(line));
        let output = common::finish(command, "");
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "dli {line}: {said}");
        (String::from_utf8(output.stdout).unwrap(), said)
    };
    let (rows, said) = run("sql 'select 1' --output csv");
    assert_eq!(rows.lines().count(), 2501);
    assert_eq!(rows.lines().last(), Some("2499,\"row, 2499\""));
    assert_eq!(said, "");
    let (_, said) = run("sql 'select 1' --to rows.parquet");
    assert!(said.starts_with("Wrote 2,500 rows into rows.parquet in "), "{said}");
    let id = scene.quietly("job list --limit 1 --query [0].job_id");
    let (counted, _) = run(&format!("job results {} --query length(@)", id.trim()));
    assert_eq!(counted, "2500\n");

    // What cannot be read is not left out silently.
    std::fs::remove_file(buckets.join("jobs/select-1/part-00001.csv")).unwrap();
    for (statement, why) in
        [("select 1", "1500 of 2500 rows"), ("select 2", "no result at obs://jobs/select-2")]
    {
        let (rows, said) = run(&format!("sql '{statement}' --output csv"));
        assert_eq!(rows.lines().count(), 1001);
        assert!(said.contains(why), "{said}");
        assert!(said.contains("these are 1,000 of 2,500 rows"), "{said}");
    }
}

#[test]
fn rows_go_into_files_whole_or_not_at_all() {
    let mut scene = scene();
    scene.run("sql 'select * from orders' --to rows.csv");
    scene.run("sql 'select * from orders' --to rows.parquet");
    scene.run("sql 'select * from orders' --to rows.txt");
    scene.run("sql 'select * from orders' --to nowhere/rows.csv");
    scene.run("sql 'select * from orders' --output parquet");
    let csv = std::fs::read_to_string(scene.folder.path().join("rows.csv")).unwrap();
    assert_eq!(csv, "id,name,price\n1,Ann,12.50\n2,,0.99\n3,\"\",\n");
    let parquet = std::fs::read(scene.folder.path().join("rows.parquet")).unwrap();
    assert!(parquet.starts_with(b"PAR1") && parquet.ends_with(b"PAR1"));
    assert_transcript!(scene);
}

#[test]
fn a_job_is_submitted_followed_listed_and_exported() {
    let mut scene = scene();
    let id = scene.quietly("sql 'select * from orders' --detach --tag team=bi");
    let id = id.trim();
    scene.run(&format!("job follow {id}"));
    scene.run(&format!("job results {id} --output csv"));
    scene.run(&format!("job show {id}"));
    scene.run("job list --query '[].[status, statement]'");
    scene.run("job list --status failed");
    scene.run(&format!("job export {id} obs://bucket/out --format parquet"));
    scene.run("job show 00000000-0000-0000-0000-00000000000a");
    assert_transcript!(scene);
}

#[test]
fn a_running_job_is_cancelled() {
    let mut scene =
        Scene::with(|builder| builder.seed(SEED).delay_of("sql_jobs", Duration::from_secs(3600)));
    let id = scene.quietly("sql 'select * from orders' --detach");
    scene.run(&format!("job cancel {}", id.trim()));
    scene.run("job list --query [].status");
    assert_transcript!(scene);
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_job_on_the_server() {
    let scene =
        Scene::with(|builder| builder.seed(SEED).delay_of("sql_jobs", Duration::from_secs(3600)));
    let mut command = scene.command();
    command.args(["sql", "select * from orders"]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while scene.quietly("job list --query 'length(@)'").trim() != "1" {
        assert!(Instant::now() < deadline, "the job was never submitted");
        std::thread::sleep(Duration::from_millis(50));
    }
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(status.code(), Some(130), "{said}");
    assert!(said.contains("was cancelled"), "{said}");
    assert_eq!(scene.quietly("job list --query [].status").trim(), "CANCELLED");
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    let scene = Scene::new();
    for index in 0..40 {
        scene.quietly(&format!("variable set name_{index} value"));
    }
    let mut command = scene.command();
    let mut child = command
        .args(["api", "--output", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0u8; 16];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn the_shell_runs_what_it_reads() {
    let mut scene = scene();
    scene.quietly("database create sales");
    scene.quietly(
        "api create_table --database-name sales table_name=orders data_location=DLI \
         columns[0].column_name=id columns[0].type=bigint",
    );
    let input = "\\l\n\\c sales\n\\d\n\\d orders\nselect *\nfrom orders;\n\\nonsense\n\\q\n";
    scene.run_with("sql shell", input);
    scene.run_with("sql shell", "\\?\nselect broken;\nselect * from orders;\n");
    assert_transcript!(scene);
}

//! What a person sees and does at a terminal: widths, colours, questions, keys.
#![cfg(unix)]

mod common;
#[path = "common/terminal.rs"]
mod terminal;

use std::process::Command;
use std::time::Duration;

use common::{Scene, bare, finish, words};
use dli_emulator::{SqlEngine, SqlFailure, SqlFuture, SqlRows, SqlStatement};
use terminal::{Left, Terminal};

const VPC: &str = "--vpc 0b5e4a1c-5d8e-4a83-9d6a-7d5c53c2b7a1 \
                   --subnet 1b5e4a1c-5d8e-4a83-9d6a-7d5c53c2b7a1";

fn command(scene: &Scene, line: &str) -> Command {
    let mut command = scene.command();
    command.args(words(line));
    command
}

fn start(scene: &Scene, columns: u16, line: &str) -> Terminal {
    Terminal::start(&command(scene, line), columns)
}

fn on(scene: &Scene, columns: u16, line: &str) -> Left {
    start(scene, columns, line).finish()
}

/// The program in a shell, for pipes and redirections; `DLI` stands for it.
fn in_shell(scene: &Scene, script: &str) -> Terminal {
    let program = command(scene, "");
    let mut shell = Command::new("/bin/sh");
    let path = std::env::var_os("PATH").unwrap_or_default();
    shell.env_clear().env("PATH", path);
    shell.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(scene.folder.path());
    let script = script.replace("DLI", "\"$@\"");
    shell.args(["-c", &script, "sh"]).arg(program.get_program()).args(program.get_args());
    Terminal::start(&shell, 80)
}

/// An engine whose statements never end, until they are cancelled.
struct Endless;

impl SqlEngine for Endless {
    fn check(&self, _: SqlStatement) -> SqlFuture<Option<String>> {
        Box::pin(async { Ok(None) })
    }

    fn run(&self, _: SqlStatement) -> SqlFuture<SqlRows> {
        Box::pin(std::future::pending::<Result<SqlRows, SqlFailure>>())
    }
}

/// An engine with one row of many columns.
struct Wide;

impl SqlEngine for Wide {
    fn check(&self, _: SqlStatement) -> SqlFuture<Option<String>> {
        Box::pin(async { Ok(None) })
    }

    fn run(&self, _: SqlStatement) -> SqlFuture<SqlRows> {
        Box::pin(async {
            let columns = (0..30).map(|n| (format!("column_{n}"), "string".to_owned())).collect();
            let cells = |_| format!("a value of some {} words", "long ".repeat(12)).into();
            let rows = vec![(0..30).map(cells).collect()];
            Ok(SqlRows { columns, rows, ..SqlRows::default() })
        })
    }
}

fn furnished() -> Scene {
    let scene = Scene::with(|builder| builder.sql_engine(Wide));
    scene.quietly("queue create reports --cu 16 --description 'what the board reads, each morning before nine, and nobody else ever looks at'");
    scene.quietly(&format!("enhanced-connection create office {VPC} --queue reports --wait"));
    scene.quietly("database create sales --description 'what was sold'");
    scene.quietly(
        "api create_table --database-name sales table_name=orders data_location=DLI \
         columns[0].column_name=id columns[0].type=bigint \
         columns[1].column_name=customer columns[1].type=string",
    );
    scene.quietly("spark submit obs://bucket/etl.jar --class com.example.Etl --name nightly");
    scene.quietly(
        "sql 'select column_1, column_2, column_3 from a_table_with_a_long_name' --detach",
    );
    scene.quietly("job list");
    scene
}

/// Whatever is listed or shown.
const SHOWN: &[&str] = &[
    "queue list",
    "queue show reports",
    "enhanced-connection list",
    "enhanced-connection show office",
    "spark list",
    "job list",
    "database list",
    "table list sales",
    "table describe sales.orders",
    "sql 'select 1'",
    "quota",
    "doctor",
    "help topics",
    "help configuration",
    "help exit-codes",
    "queue show nowhere",
    "api create_queue queue_name=reports cu_count=17",
];

#[test]
fn what_is_shown_fits_terminals_of_80_and_of_200_columns() {
    let scene = furnished();
    for line in SHOWN {
        for columns in [80, 200] {
            let left = on(&scene, columns, line);
            assert!(!left.text.trim().is_empty(), "dli {line} at {columns}");
            let broken = left.broken_lines();
            assert!(broken.is_empty(), "dli {line} at {columns} breaks {broken:#?}\n{}", left.text);
        }
        let wide = on(&scene, 200, line);
        assert!(!wide.text.contains("left out"), "dli {line}\n{}", wide.text);
    }
}

/// An engine that has a row for every statement but the one that never ends.
struct Patient;

impl SqlEngine for Patient {
    fn check(&self, _: SqlStatement) -> SqlFuture<Option<String>> {
        Box::pin(async { Ok(None) })
    }

    fn run(&self, statement: SqlStatement) -> SqlFuture<SqlRows> {
        if statement.text == "select never" {
            return Endless.run(statement);
        }
        Box::pin(async {
            let columns = vec![("id".to_owned(), "bigint".to_owned())];
            Ok(SqlRows { columns, rows: vec![vec![4711.into()]], ..SqlRows::default() })
        })
    }
}

/// The commands of the README's table of tasks, task by task.
fn tasks() -> Vec<Vec<String>> {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, table) = readme.split_once("Ten things that people do").unwrap();
    let rows = table.lines().skip_while(|line| !line.starts_with('|')).skip(2);
    let rows = rows.take_while(|line| line.starts_with('|'));
    let commands = |row: &str| {
        let parts = row.split('`').skip(1).step_by(2);
        parts.filter_map(|part| part.strip_prefix("dli ")).map(str::to_owned).collect()
    };
    rows.map(commands).collect()
}

#[test]
fn the_ten_tasks_of_the_readme_work_and_fit_their_terminal() {
    let tasks = tasks();
    assert_eq!(tasks.len(), 10);
    for columns in [80, 200] {
        let scene = Scene::with(|builder| builder.sql_engine(Patient));
        scene.quietly("database create sales");
        scene.quietly(
            "api create_table --database-name sales table_name=orders data_location=DLI \
             columns[0].column_name=id columns[0].type=bigint",
        );
        std::fs::write(scene.folder.path().join("report.sql"), "select id from orders").unwrap();
        let clicks = "create table a (x int) with ('connector' = 'datagen');\n";
        std::fs::write(scene.folder.path().join("clicks.sql"), clicks).unwrap();
        for line in tasks.iter().flatten() {
            // These ask; tests of their own answer them.
            if ["configure", "sql shell"].contains(&line.as_str()) {
                continue;
            }
            let id = match line.as_str() {
                "job cancel ID" => scene.quietly("sql 'select never' --detach"),
                "flink run ID --wait" => scene.quietly("flink list --query [0].job_id"),
                _ => "0b5e4a1c-5d8e-4a83-9d6a-7d5c53c2b7a1".to_owned(),
            };
            let line = line.replace("OPERATION", "list_queues").replace("ID", id.trim());
            let left = on(&scene, columns, &line);
            assert_eq!(left.code, 0, "dli {line}\n{}", left.text);
            assert!(!left.text.trim().is_empty(), "dli {line} says nothing");
            assert_eq!(left.broken_lines(), Vec::<String>::new(), "dli {line}\n{}", left.text);
        }
    }
}

#[test]
fn what_is_left_out_is_named_after_the_table() {
    let scene = furnished();
    let left = on(&scene, 60, "job list");
    let last = left.text.trim_end().rsplit_once("\n(").map(|(_, last)| last.replace('\n', " "));
    let last = last.unwrap_or_else(|| panic!("{}", left.text));
    assert!(last.contains("left out for lack of room"), "{}", left.text);
}

#[test]
fn colours_are_for_terminals_and_never_with_no_color() {
    let scene = furnished();
    let line = "enhanced-connection list";
    let left = on(&scene, 200, line);
    assert_eq!(left.colour_of("ACTIVE"), vt100::Color::Idx(2), "{}", left.raw);
    assert_eq!(left.colour_of("reports"), vt100::Color::Default);
    for variable in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        for line in [line, "queue show reports", "quota", "queue show nowhere", "queue --help"] {
            let mut command = command(&scene, line);
            command.env(variable.0, variable.1);
            let left = Terminal::start(&command, 200).finish();
            assert!(!left.raw.contains('\u{1b}'), "{variable:?} dli {line}: {:?}", left.raw);
        }
    }
    let piped = in_shell(&scene, "DLI enhanced-connection list | cat").finish();
    assert!(piped.text.contains("ACTIVE") && !piped.raw.contains('\u{1b}'), "{:?}", piped.raw);
}

/// Everything that loses something.
const LOSES: &[&str] = &[
    "queue delete reports",
    "queue restart reports --force",
    "queue properties reports --unset job.maxConcurrent",
    "pool delete shared",
    "database delete sales",
    "table delete sales.orders",
    "connection delete css",
    "enhanced-connection delete office",
    "enhanced-connection remove-route office lab",
    "resource delete etl.jar",
    "variable delete year",
    "permission revoke ann queues.reports SUBMIT_JOB",
    "tag remove queue 0b5e4a1c-5d8e-4a83-9d6a-7d5c53c2b7a1 team=bi",
    "flink delete 1",
];

#[test]
fn before_something_is_lost_a_person_is_asked_and_a_program_is_not() {
    let scene = furnished();
    scene.quietly(
        "api create_datasource_connection name=css service=CSS \
         security_group_id=4c9f5f4a-0a3c-4d53-8f0c-b4b8c4f3d2a1 \
         network_id=5c9f5f4a-0a3c-4d53-8f0c-b4b8c4f3d2a1 url=css.example.com:9200",
    );
    for line in LOSES {
        let mut terminal = start(&scene, 80, line);
        terminal.wait_for("? [y/N] ");
        terminal.type_in("no\n");
        let left = terminal.finish();
        assert_eq!(left.code, 12, "dli {line}\n{}", left.text);
        assert!(left.text.contains("nothing was done"), "dli {line}\n{}", left.text);
        let output = finish(command(&scene, line), "y\n");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(12), "dli {line}: {said}");
        assert!(said.contains("--yes") && !said.contains("[y/N]"), "dli {line}: {said}");
    }
}

#[test]
fn yes_deletes_and_silence_does_not() {
    let scene = Scene::new();
    scene.quietly("queue create reports --cu 16");
    let mut terminal = start(&scene, 80, "queue delete reports");
    terminal.wait_for("Delete reports? [y/N] ");
    terminal.type_in("\n");
    assert_eq!(terminal.finish().code, 12);
    assert!(scene.quietly("queue list").contains("reports"));
    let mut terminal = start(&scene, 80, "queue delete reports");
    terminal.wait_for("Delete reports? [y/N] ");
    terminal.type_in("y\n");
    let left = terminal.finish();
    assert_eq!(left.code, 0, "{}", left.text);
    assert!(!scene.quietly("queue list").contains("reports"));
    // A script that has a terminal and redirects its input is a program.
    scene.quietly("queue create reports --cu 16");
    let left = in_shell(&scene, "DLI queue delete reports < /dev/null").finish();
    assert_eq!(left.code, 12);
    assert!(!left.text.contains("[y/N]"), "{}", left.text);
}

#[test]
fn progress_is_shown_on_standard_error_and_ctrl_c_cancels_the_job_on_the_server() {
    let scene = Scene::with(|builder| builder.sql_engine(Endless));
    let mut terminal = in_shell(&scene, "exec DLI sql 'select 1' > rows.txt");
    terminal.wait_for("running ");
    terminal.type_in("\u{3}");
    let left = terminal.finish();
    assert_eq!(left.code, 130, "{}", left.text);
    assert!(left.text.contains("was cancelled"), "{}", left.text);
    assert_eq!(scene.quietly("job list --query [].status").trim(), "CANCELLED");
    let rows = std::fs::read_to_string(scene.folder.path().join("rows.txt")).unwrap();
    assert_eq!(rows, "");

    let mut terminal = in_shell(&scene, "exec DLI sql 'select 2' 2> said.txt");
    let submitted = || scene.quietly("job list --status running --query 'length(@)'");
    let deadline = std::time::Instant::now() + Duration::from_secs(120);
    while submitted().trim() != "1" {
        assert!(std::time::Instant::now() < deadline, "the job was never submitted");
    }
    terminal.type_in("\u{3}");
    let left = terminal.finish();
    assert_eq!(left.code, 130, "{}", left.text);
    assert!(!left.text.contains("running"), "{}", left.text);
    let said = std::fs::read_to_string(scene.folder.path().join("said.txt")).unwrap();
    assert!(said.contains("was cancelled") && !said.contains('\u{1b}'), "{said:?}");
}

#[test]
fn ctrl_c_before_the_service_has_answered_cancels_the_job_as_well() {
    let scene = Scene::with(|builder| {
        let slow: dli_emulator::Fault = "create_sql_job:latency=3000".parse().unwrap();
        builder.sql_engine(Endless).fault(slow)
    });
    let mut terminal = start(&scene, 80, "sql 'select 1'");
    terminal.wait_for("submitting");
    terminal.type_in("\u{3}");
    let left = terminal.finish();
    assert_eq!(left.code, 130, "{}", left.text);
    assert!(left.text.contains("was cancelled"), "{}", left.text);
    assert_eq!(scene.quietly("job list --query [].status").trim(), "CANCELLED");
}

#[test]
fn ctrl_c_while_looking_on_leaves_a_job_alone_and_says_how_to_look_again_or_end_it() {
    let hour = Duration::from_secs(3600);
    let scene = Scene::with(move |builder| {
        builder.sql_engine(Endless).delay_of("spark_jobs", hour).delay_of("flink_jobs", hour)
    });
    let spark = scene.quietly("spark submit etl.jar --class com.example.Etl");
    let sql = scene.quietly("sql 'select 1' --detach");
    let clicks = "create table a (x int) with ('connector' = 'datagen');\n";
    std::fs::write(scene.folder.path().join("clicks.sql"), clicks).unwrap();
    let flink = scene.quietly("flink create clicks --sql clicks.sql");
    let (spark, sql, flink) = (spark.trim(), sql.trim(), flink.trim());
    for (line, shown, again, end) in [
        (format!("spark follow {spark}"), "The job is ", "spark follow ID", "spark cancel ID"),
        (format!("job follow {sql}"), "running ", "job follow ID", "job cancel ID"),
        (format!("flink run {flink} --wait"), "the job ", "flink show ID", "goes on"),
    ] {
        let id = line.split(' ').nth(2).unwrap();
        let mut terminal = start(&scene, 200, &line);
        terminal.wait_for(shown);
        terminal.type_in("\u{3}");
        let left = terminal.finish();
        assert_eq!(left.code, 130, "dli {line}\n{}", left.text);
        let text = left.text.replace('\n', " ");
        for said in [again, end] {
            assert!(text.contains(&said.replace("ID", id)), "dli {line}\n{text}");
        }
    }
    assert_eq!(scene.quietly("spark list --query [].state").trim(), "starting");
    assert_eq!(scene.quietly("job list --query [].status").trim(), "RUNNING");
    assert_eq!(scene.quietly("flink list --query [].status").trim(), "job_submitting");
}

#[test]
fn a_pipe_that_is_closed_early_ends_the_program_quietly() {
    let scene = Scene::new();
    let script = "{ DLI api --output json; echo \"ended with $?\" >&2; } | head -1";
    let left = in_shell(&scene, script).finish();
    let lines: Vec<&str> = left.text.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 2, "{}", left.text);
    assert!(lines.contains(&"[") && lines.contains(&"ended with 0"), "{}", left.text);
}

/// Waits until the shell reads a line: what is typed before would go to the terminal itself.
#[track_caller]
fn wait_for_prompt(terminal: &Terminal, prompt: &str) {
    terminal.wait_until(prompt, |screen| {
        screen.trim_end().lines().last().map(str::trim_end) == Some(prompt)
    });
}

fn shop() -> Scene {
    let scene = Scene::with(|builder| {
        builder.seed(
            r#"{"sql_scripts": [{"contains": "from orders", "schema": [{"id": "bigint"}], "rows": [[4711]]}]}"#,
        )
    });
    scene.quietly("database create sales");
    scene.quietly(
        "api create_table --database-name sales table_name=orders data_location=DLI \
         columns[0].column_name=id columns[0].type=bigint \
         columns[1].column_name=customer columns[1].type=string",
    );
    scene
}

#[test]
fn the_shell_reads_statements_over_several_lines_and_remembers_them() {
    let scene = shop();
    let mut terminal = start(&scene, 80, "sql shell --database sales");
    wait_for_prompt(&terminal, "sales>");
    terminal.type_in("select *\r");
    terminal.type_in("from orders\r");
    terminal.wait_for("sales> select *\nfrom orders");
    terminal.type_in(";\r");
    terminal.wait_for("1 row in ");
    wait_for_prompt(&terminal, "sales>");
    terminal.type_in("\\d orders\r");
    terminal.wait_for("customer  string");
    wait_for_prompt(&terminal, "sales>");
    terminal.type_in("\u{4}");
    let left = terminal.finish();
    assert_eq!(left.code, 0, "{}", left.text);
    assert!(left.text.contains("4711"), "{}", left.text);

    // The next shell has the history of this one.
    let mut terminal = start(&scene, 80, "sql shell --database sales");
    wait_for_prompt(&terminal, "sales>");
    terminal.type_in("\u{1b}[A");
    terminal.wait_for("sales> \\d orders");
    terminal.type_in("\u{1b}[A");
    terminal.wait_for("sales> select *\nfrom orders\n;");
    terminal.type_in("\r");
    terminal.wait_for("4711");
    wait_for_prompt(&terminal, "sales>");
    terminal.type_in("\\q\r");
    assert_eq!(terminal.finish().code, 0);
    use std::os::unix::fs::PermissionsExt as _;
    let history = scene.folder.path().join(".local/state/dli/sql_history");
    assert_eq!(std::fs::metadata(history).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_shell_completes_tables_columns_and_words() {
    let scene = shop();
    let mut terminal = start(&scene, 80, "sql shell --database sales");
    wait_for_prompt(&terminal, "sales>");
    for (typed, completed) in [
        ("select id from ord\t", "select id from orders"),
        ("select id from orders where cus\t", "select id from orders where customer"),
        ("SEL\t", "SELECT"),
        ("sel\t", "select"),
        ("\\d o\t", "\\d orders"),
        ("\\c sal\t", "\\c sales"),
    ] {
        terminal.type_in(typed);
        terminal.wait_until(completed, |screen| {
            let last = screen.trim_end().lines().last().unwrap_or_default();
            last == format!("sales> {completed}")
        });
        // Away with it.
        terminal.type_in("\u{15}");
        wait_for_prompt(&terminal, "sales>");
    }
    terminal.type_in("\u{4}");
    assert_eq!(terminal.finish().code, 0);
}

#[test]
fn ctrl_c_in_the_shell_cancels_the_statement_and_the_shell_goes_on() {
    let scene = Scene::with(|builder| builder.sql_engine(Endless));
    let mut terminal = start(&scene, 80, "sql shell");
    wait_for_prompt(&terminal, "dli>");
    terminal.type_in("select 1;\r");
    terminal.wait_for("running ");
    terminal.type_in("\u{3}");
    terminal.wait_for("was cancelled");
    wait_for_prompt(&terminal, "dli>");
    terminal.type_in("nonsense");
    terminal.wait_for("dli> nonsense");
    // While a line is typed, it is given up.
    terminal.type_in("\u{3}");
    terminal.wait_until("an empty line", |screen| screen.trim_end().lines().last() == Some("dli>"));
    terminal.type_in("\\q\r");
    assert_eq!(terminal.finish().code, 0);
    assert_eq!(scene.quietly("job list --query [].status").trim(), "CANCELLED");
}

#[test]
fn what_is_to_be_configured_is_asked_and_the_secret_is_not_shown() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare(folder.path());
    command.args(["configure", "--endpoint", scene.url(), "--region", "local-1"]);
    let mut terminal = Terminal::start(&command, 80);
    terminal.wait_for("Access key: ");
    terminal.type_in(&format!("{}\n", dli_emulator::DEFAULT_ACCESS_KEY));
    terminal.wait_for("Secret key (not shown): ");
    // From the first moment on.
    assert!(!terminal.shows_what_is_typed());
    terminal.type_in(&format!("{}\n", dli_emulator::DEFAULT_SECRET_KEY));
    terminal.wait_for("Project id");
    terminal.type_in(&format!("{}\n", dli_emulator::DEFAULT_PROJECT_ID));
    let left = terminal.finish();
    assert_eq!(left.code, 0, "{}", left.text);
    assert!(left.text.contains("The service accepts the keys."), "{}", left.text);
    assert!(!left.raw.contains(dli_emulator::DEFAULT_SECRET_KEY), "{}", left.text);
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.path().join(".huaweicloud/credentials");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(dli_emulator::DEFAULT_SECRET_KEY), "{text}");
}

#[test]
fn ctrl_c_at_a_secret_leaves_the_terminal_as_it_was_and_writes_nothing() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare(folder.path());
    command.args(["configure", "--endpoint", scene.url(), "--access-key", "KEY"]);
    let mut terminal = Terminal::start(&command, 80);
    terminal.wait_for("Secret key (not shown): ");
    terminal.type_in("half of it\u{3}");
    terminal.wait_for("nothing was written");
    assert!(terminal.shows_what_is_typed());
    let left = terminal.finish();
    assert_eq!(left.code, 130, "{}", left.text);
    assert!(!left.raw.contains("half"), "{}", left.text);
    assert!(!folder.path().join(".huaweicloud").exists());
}

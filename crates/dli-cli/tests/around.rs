//! What surrounds the service: configuration, help, completion, the emulator in the foreground.

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Output, Stdio};

use common::{Scene, bare, finish, words};

#[test]
fn the_doctor_says_what_is_configured_and_what_is_wrong() {
    let mut scene = Scene::new();
    scene.run("doctor");
    scene.run("doctor --output json --query checks[].ok");
    let mut command = scene.command();
    command.env("HUAWEICLOUD_SDK_SK", "wrong").arg("doctor");
    let output = finish(command, "");
    assert_eq!(output.status.code(), Some(4));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("wrong  credentials:"), "{said}");
    assert_transcript!(scene);
}

#[test]
fn the_doctor_names_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare(folder.path());
    command.arg("doctor");
    let output = finish(command, "");
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("--region"), "{said}");
}

#[test]
fn what_is_configured_is_checked_written_for_its_owner_alone_and_used() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let keys = [dli_emulator::DEFAULT_ACCESS_KEY, dli_emulator::DEFAULT_SECRET_KEY];
    let configure = |secret: &str| {
        let mut command = bare(folder.path());
        command.args(["configure", "--region", "local-1", "--endpoint", scene.url()]);
        command.args(["--project-id", dli_emulator::DEFAULT_PROJECT_ID]);
        command.args(["--access-key", keys[0], "--secret-key-stdin"]);
        finish(command, secret)
    };
    let refused = configure("wrong\n");
    assert_eq!(refused.status.code(), Some(4));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("nothing was written"), "{said}");
    let file = folder.path().join(".huaweicloud/credentials");
    assert!(!file.exists());

    let accepted = configure(&format!("{}\n", keys[1]));
    let said = String::from_utf8_lossy(&accepted.stderr).into_owned();
    assert!(accepted.status.success(), "{said}");
    assert!(!said.contains(keys[1]), "{said}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let mut command = bare(folder.path());
    command.args(["queue", "list", "--endpoint", scene.url()]);
    let used = finish(command, "");
    assert!(used.status.success(), "{}", String::from_utf8_lossy(&used.stderr));
}

/// `dli configure` with the emulator's keys and these arguments, in this folder.
fn configure(folder: &std::path::Path, arguments: &[&str]) {
    let mut command = bare(folder);
    command.arg("configure").args(arguments);
    command.args(["--access-key", dli_emulator::DEFAULT_ACCESS_KEY, "--secret-key-stdin"]);
    let output = finish(command, dli_emulator::DEFAULT_SECRET_KEY);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_endpoint_and_the_project_are_kept_with_the_region_they_are_of() {
    let scene = Scene::new();
    let project = dli_emulator::DEFAULT_PROJECT_ID;
    let here = ["--region", "local-1", "--endpoint", scene.url(), "--project-id", project];
    for profile in [&[][..], &["--profile", "staging"]] {
        let folder = tempfile::tempdir().unwrap();
        let used = |arguments: &[&str]| {
            let mut command = bare(folder.path());
            // Asked for the project of the other region, which it does not know.
            command.env("HUAWEICLOUD_SDK_IAM_ENDPOINT", scene.url());
            command.args(profile).args(arguments);
            finish(command, "")
        };
        let target = |arguments: &[&str]| {
            let output =
                used(&[&["queue", "list", "--dry-run", "--query", "url"], arguments].concat());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        configure(folder.path(), &[profile, &here].concat());
        let profiles = folder.path().join(".dli/profiles");
        let text = std::fs::read_to_string(&profiles).unwrap();
        std::fs::write(
            &profiles,
            text.replace("]\n", &format!("]\niam_endpoint = {}\n", scene.url())),
        )
        .unwrap();
        let listed = used(&["queue", "list"]);
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        // Keys that are renewed leave the rest as it is.
        configure(folder.path(), &[profile, &["--region", "local-1"]].concat());
        assert!(target(&[]).contains(&format!("{}/v1.0/{project}/queues", scene.url())));
        // They are not those of another region, here or from now on.
        let elsewhere = ["--endpoint", "http://127.0.0.1:1", "--region", "eu-de"];
        assert!(!target(&elsewhere).contains(project));
        configure(folder.path(), &[profile, &["--region", "eu-de", "--no-check"]].concat());
        for file in [".dli/profiles", ".huaweicloud/credentials"] {
            let text = std::fs::read_to_string(folder.path().join(file)).unwrap_or_default();
            assert!(!text.contains(scene.url()) && !text.contains(project), "{text}");
        }
    }
}

#[test]
fn a_project_in_the_vendors_file_alone_goes_with_the_region_it_is_of() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let files = [".huaweicloud/credentials", ".dli/profiles"].map(|file| folder.path().join(file));
    let texts = ["[basic]\nproject_id = elsewhere\n", "[default]\nregion = eu-de\n"];
    for (file, text) in files.iter().zip(texts) {
        std::fs::create_dir(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    let mut command = bare(folder.path());
    // The check asks for the project of the new region.
    command.env("HUAWEICLOUD_SDK_IAM_ENDPOINT", scene.url());
    command.args(["configure", "--endpoint", scene.url(), "--region"]);
    command.args([dli_emulator::DEFAULT_REGION, "--secret-key-stdin"]);
    command.args(["--access-key", dli_emulator::DEFAULT_ACCESS_KEY]);
    let output = finish(command, dli_emulator::DEFAULT_SECRET_KEY);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("accepts the keys"), "{said}");
    let text = std::fs::read_to_string(&files[0]).unwrap();
    assert!(!text.contains("elsewhere") && text.contains("ak = "), "{text}");
}

#[test]
fn the_profile_that_the_environment_names_is_the_one_that_is_written() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let project = dli_emulator::DEFAULT_PROJECT_ID;
    let run = |arguments: &[&str], input: &str| {
        let mut command = bare(folder.path());
        command.env("DLI_PROFILE", "new").args(arguments);
        let output = finish(command, input);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let keys =
        ["configure", "--access-key", dli_emulator::DEFAULT_ACCESS_KEY, "--secret-key-stdin"];
    let here = ["--region", "local-1", "--endpoint", scene.url(), "--project-id", project];
    // What is not said the second time is in the profile.
    for rest in [&here[..], &["--region", "local-1"]] {
        run(&[&keys, rest].concat(), dli_emulator::DEFAULT_SECRET_KEY);
    }
    run(&["queue", "list"], "");
    let text = std::fs::read_to_string(folder.path().join(".dli/profiles")).unwrap();
    assert!(text.starts_with("[new]\n") && text.matches('[').count() == 1, "{text}");
    assert!(!folder.path().join(".huaweicloud").exists());
}

#[test]
fn keys_that_are_written_replace_the_old_ones_and_their_token_however_those_were_written() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".huaweicloud/credentials");
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    let text = "\u{feff}[ basic ]\nAK: old\nSK = old\nSecurity_Token = old\ndomain_id = d1\n\
                idp_id = old\nId_Token_File: /old\n# mine\n";
    std::fs::write(&file, text).unwrap();
    let project = dli_emulator::DEFAULT_PROJECT_ID;
    configure(folder.path(), &["--endpoint", scene.url(), "--project-id", project]);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("[ basic ]\nak = ") && text.ends_with("\ndomain_id = d1\n# mine\n"),
        "{text}"
    );
    assert!(!text.contains("old"), "{text}");
    let mut command = bare(folder.path());
    command.args(["queue", "list"]);
    let used = finish(command, "");
    assert!(used.status.success(), "{}", String::from_utf8_lossy(&used.stderr));
}

#[test]
fn a_profile_says_where_to_go_and_who_one_is() {
    let scene = Scene::new();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join(".dli")).unwrap();
    let profile = format!(
        "[staging]\nendpoint = {}\nproject_id = {}\nak = {}\nsk = {}\n",
        scene.url(),
        dli_emulator::DEFAULT_PROJECT_ID,
        dli_emulator::DEFAULT_ACCESS_KEY,
        dli_emulator::DEFAULT_SECRET_KEY,
    );
    std::fs::write(folder.path().join(".dli/profiles"), profile).unwrap();
    let mut command = bare(folder.path());
    command.args(["quota", "--profile", "staging", "--query", "length(@)"]);
    let output = finish(command, "");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
}

#[test]
fn colours_and_widths_are_for_terminals() {
    let scene = Scene::new();
    scene.quietly("queue create reports --cu 16 --description 'a long text that would be wrapped in a terminal of eighty columns, were this one'");
    let shown = scene.quietly("queue list");
    assert_eq!(shown.lines().count(), 2, "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare(folder.path());
    command.arg("configure");
    let output = finish(command, "");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("--region"), "{said}");
}

#[test]
fn help_knows_topics_commands_and_exit_codes() {
    let mut scene = Scene::new();
    for topic in ["topics", "exit-codes", "configuration", "query", "local", "output", "api", "sql"]
    {
        let text = scene.quietly(&format!("help {topic}"));
        assert!(!text.is_empty());
    }
    scene.run("help topics");
    scene.run("help exit-codes");
    scene.run("help queue scale");
    scene.run("help qeue");
    scene.run("api run_queue_action --help");
    scene.run("api run_queue_action --skeleton");
    assert!(scene.quietly("help regions").lines().count() >= 28);
    assert!(scene.quietly("help errors").contains("DLI.0002"));
    assert_transcript!(scene);
}

#[test]
fn a_request_is_printed_instead_of_sent() {
    let mut scene = Scene::new();
    scene.run("queue create reports --cu 16 --dry-run");
    scene.run("enhanced-connection delete office --dry-run");
    scene.run(
        "api create_auth_info auth_info_name=db user_name=ann password=hunter2 datasource_type=passwd --dry-run",
    );
    scene.run("queue list --dry-run --output json");
    scene.run("queue list");
    assert!(!scene.transcript().replace("password=hunter2 ", "").contains("hunter2"));
    assert_transcript!(scene);
}

#[test]
fn operations_are_called_with_parameters_fields_and_documents() {
    let mut scene = Scene::new();
    let file = scene.folder.path().join("queue.yaml");
    std::fs::write(file, "queue_name: reports\ncu_count: 16\ntags:\n- key: team\n  value: bi\n")
        .unwrap();
    scene.run("api create_queue --body @queue.yaml");
    scene.run("api create_queue --body @queue.yaml queue_name=stock cu_count=64");
    scene.run_with(
        "api run-queue-action --queue-name stock --body -",
        "{\"action\": \"scale_in\", \"cu_count\": 16}",
    );
    scene.run("api show_queue --queue_name stock --query cuCount");
    scene.run("api list_queues --all --page-size 1 --query '[].queue_name'");
    scene.run("api show_queue --queue-name stock --output table");
    assert_transcript!(scene);
}

/// A service that gives a log of `all` lines, a line being what this says; its address.
fn log_of(all: usize, line: fn(usize) -> usize) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).unwrap() > 0 {}
            let target = head.split(' ').nth(1).unwrap();
            let (_, query) = target.split_once('?').unwrap();
            let number = |name: &str| -> usize {
                let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                pairs.find(|(key, _)| *key == name).unwrap().1.parse().unwrap()
            };
            let came = all.saturating_sub(number("from")).min(number("size"));
            let lines: Vec<_> = (0..came).map(|nth| format!(r#""{}""#, line(nth))).collect();
            let lines = lines.join(",");
            let body = format!(r#"{{"id":"b","total":{all},"log":[{lines}]}}"#);
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json";
            write!(stream.get_mut(), "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
                .unwrap();
        }
    });
    url
}

#[test]
fn equal_lines_of_a_log_all_come_however_many_pages_they_fill() {
    for all in [100, 200, 233] {
        let output = lines_of(&log_of(all, |_| 0));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), all.to_string(), "{said}");
    }
}

#[test]
fn different_lines_of_a_log_that_come_again_are_told_and_not_listed() {
    let output = lines_of(&log_of(200, |nth| nth));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty() && said.contains("counts 200 items and gave 100"), "{said}");
}

/// How many lines `dli` finds in the log of this service.
fn lines_of(url: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare(folder.path());
    command
        .env("HUAWEICLOUD_SDK_AK", "AK")
        .env("HUAWEICLOUD_SDK_SK", "SK")
        .env("HUAWEICLOUD_SDK_PROJECT_ID", "p1")
        .args(["--endpoint", url])
        .args(words("api show_spark_job_log --all --batch-id"))
        .arg("8b4a2f0e-9c3d-4a6b-8f21-0d5e7c9b1a34")
        .args(["--query", "length(@)"]);
    finish(command, "")
}

#[test]
fn shells_are_taught_and_names_completed() {
    let scene = Scene::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(scene.quietly(&format!("completions {shell}")).contains("COMPLETE"), "{shell}");
    }
    scene.quietly("queue create reports --cu 16");
    scene.quietly("queue create stock --cu 16");
    let complete = |line: &str| {
        let words = words(line);
        let mut command = scene.command();
        // The program's own options do not belong to the words to complete.
        let mut asked = bare(scene.folder.path());
        for (name, value) in command.get_envs() {
            asked.env(name, value.unwrap_or_default());
        }
        command.arg("--version");
        asked
            .env("COMPLETE", "bash")
            .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
            .env("_CLAP_IFS", "\n")
            .args(["--", "dli", "--endpoint", scene.url()])
            .args(&words[1..]);
        let index = words.len() + 1;
        asked.env("_CLAP_COMPLETE_INDEX", index.to_string());
        let output = finish(asked, "");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(complete("dli queue show re").trim(), "reports");
    assert_eq!(complete("dli queue sca").trim(), "scale");
}

#[test]
fn manual_pages_are_written_for_every_command() {
    let scene = Scene::new();
    assert!(scene.quietly("man").contains(".TH dli"));
    scene.quietly("man --to pages");
    let pages = std::fs::read_dir(scene.folder.path().join("pages")).unwrap().count();
    assert!(pages > 60, "{pages}");
}

#[cfg(unix)]
#[test]
fn the_local_service_tells_how_to_use_it_and_ends_with_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = bare(folder.path());
    let mut child = command
        .args(["local", "--listen", "127.0.0.1:0", "--memory"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Kept open: with SQL there is a line more, and who cannot print ends.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let variables: Vec<(String, String)> = lines
        .by_ref()
        .take(5)
        .map(|line| {
            let line = line.unwrap();
            let (name, value) = line.strip_prefix("export ").unwrap().split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        })
        .collect();
    let mut command = bare(folder.path());
    command.envs(variables).args(["queue", "create", "reports", "--cu", "16"]);
    let output = finish(command, "");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let pid = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

//! One answer at a time.

use std::time::Duration;

use dli_ext::{CallOptions, Error, RetryPolicy};

use crate::cases::{Case, LARGE, SLOW, WRONG};
use crate::server::Hostile;
use crate::{MEMORY_KIB, client, show};

fn server(cases: &'static [Case]) -> Hostile {
    Hostile::start(|last, stream| {
        let nth: usize = last.parse().unwrap_or_default();
        (cases[nth].answer)(stream)
    })
}

fn check(case: &Case, outcome: Result<(), Error>) {
    let what = case.what;
    match (case.kind, outcome) {
        (None, Ok(())) => {}
        (None, Err(error)) => panic!("{what}: {error}"),
        (Some(kind), Ok(())) => panic!("{what}: no {kind:?}"),
        (Some(kind), Err(error)) => {
            let text = error.to_string();
            assert_eq!(error.kind(), kind, "{what}: {text}");
            assert_eq!(error.operation(), Some("show_enhanced_connection"), "{what}");
            assert_eq!(error.attempts(), 1, "{what}: {text}");
            for part in case.says {
                assert!(text.contains(part), "{what}: {text:?} lacks {part:?}");
            }
            assert!(!text.contains(|c: char| c.is_control()), "{what}: {text:?}");
            assert!(text.chars().count() < 8_000, "{what}: a text of {} bytes", text.len());
            assert!(!format!("{error:?}").contains("the-secret-key"));
        }
    }
}

#[tokio::test]
async fn a_wrong_answer_is_an_error_that_says_what_is_wrong_and_what_to_do() {
    let server = server(WRONG);
    let dli = client(&server.url());
    for (nth, case) in WRONG.iter().enumerate() {
        check(case, show(&dli, &nth.to_string()).await);
    }
    assert_eq!(server.requests(), WRONG.len(), "no redirect was followed, nothing sent twice");
}

#[tokio::test]
async fn an_answer_without_end_takes_no_longer_than_the_client_is_set_to_wait() {
    let server = server(SLOW);
    let dli = client(&server.url());
    for (nth, case) in SLOW.iter().enumerate() {
        let attempt = CallOptions::new().attempt_timeout(Duration::from_millis(200));
        check(case, show(&dli.with_options(attempt), &nth.to_string()).await);
        // As many attempts as fit, each of them without an end.
        let patient = RetryPolicy::new().max_attempts(1_000).base_delay(Duration::from_millis(1));
        let call = CallOptions::new()
            .timeout(Duration::from_millis(300))
            .attempt_timeout(Duration::from_millis(100))
            .retry(patient);
        let error = show(&dli.with_options(call), &nth.to_string()).await.unwrap_err();
        assert!(error.is_timeout() && error.attempts() < 20, "{}: {error}", case.what);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_answer_however_large_takes_more_memory_than_the_client_is_set_to_read() {
    const NAME: &str =
        "answers::no_answer_however_large_takes_more_memory_than_the_client_is_set_to_read";
    const URL: &str = "DLI_TEST_HOSTILE_SERVER";
    if let Ok(url) = std::env::var(URL) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let dli = client(&url);
        for (nth, case) in LARGE.iter().enumerate() {
            check(case, runtime.block_on(show(&dli, &nth.to_string())));
            println!("{:>8} KiB after: {}", most_resident_kib(), case.what);
        }
        return;
    }
    // What the server sends is no memory of the client: the client has a process of its own.
    let server = server(LARGE);
    let program = std::env::current_exe().unwrap();
    let ran = std::process::Command::new(program)
        .args(["--exact", NAME, "--nocapture"])
        .env(URL, server.url())
        .output()
        .unwrap();
    let told =
        format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{told}");
    let last = told.lines().filter_map(|line| line.split_once(" KiB after: ")).next_back();
    let most: u64 = last.expect("a measure").0.trim().parse().unwrap();
    assert_eq!(server.requests(), LARGE.len(), "{told}");
    assert!(most < MEMORY_KIB, "{told}");
}

#[cfg(target_os = "linux")]
fn most_resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

//! What the retries of a client never do, whatever comes of its attempts: time is paused and the
//! network played, so that hours of waiting take no time.
#![cfg(feature = "test-util")]

use std::sync::LazyLock;
use std::time::Duration;

use dli_ext::test_util::{Answer, Script};
use dli_ext::{CallOptions, Error, RetryBudget, RetryPolicy, types};
use proptest::prelude::*;
use tokio::time::Instant;

/// What comes of an attempt.
#[derive(Debug, Clone)]
enum Fault {
    Status { status: u16, retry_after: Option<String>, code: Option<&'static str> },
    Body(&'static str),
    NoConnection,
    Interrupted,
    Hang,
    Late(Box<Fault>, u64),
}

impl Fault {
    fn answer(&self) -> Answer {
        match self {
            Self::Status { status, retry_after, code } => {
                let body = match code {
                    Some(code) => format!(r#"{{"error_code":"{code}","error_msg":"no"}}"#),
                    None => String::new(),
                };
                let answer =
                    Answer::json(*status, body).header("date", "Tue, 03 Nov 2026 10:00:00 GMT");
                match retry_after {
                    Some(pause) => answer.header("retry-after", pause),
                    None => answer,
                }
            }
            Self::Body(body) => Answer::json(200, *body),
            Self::NoConnection => Answer::no_connection(),
            Self::Interrupted => Answer::interrupted(),
            Self::Hang => Answer::hang(),
            Self::Late(fault, millis) => fault.answer().after(Duration::from_millis(*millis)),
        }
    }

    /// Whether the service may have done its work: all but what says that it did not.
    fn may_have_worked(&self, attempt: Duration) -> bool {
        match self {
            Self::Late(_, millis) if Duration::from_millis(*millis) >= attempt => true,
            Self::Late(fault, _) => fault.may_have_worked(attempt),
            Self::NoConnection => false,
            Self::Status { status, code, .. } => {
                !matches!(status, 401 | 429) && !matches!(code, Some("APIGW.0308" | "APIGW.0301"))
            }
            Self::Body(_) | Self::Interrupted | Self::Hang => true,
        }
    }

    fn is_answer(&self) -> bool {
        match self {
            Self::Late(fault, _) => fault.is_answer(),
            other => matches!(other, Self::Body(_)),
        }
    }

    /// Whether a wrong clock or old credentials may be the cause, which is put right for free.
    fn may_be_corrected(&self) -> bool {
        match self {
            Self::Late(fault, _) => fault.may_be_corrected(),
            Self::Status { status, code, .. } => *status == 401 || *code == Some("APIGW.0301"),
            _ => false,
        }
    }
}

fn retry_after() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        4 => Just(None),
        2 => (0u64..200).prop_map(|seconds| Some(seconds.to_string())),
        1 => prop::sample::select(vec![
            "-1", "0", "", "soon", "1.5", "1e3", "+5", " 7 ", "18446744073709551615", "99999999999999999999",
            // Before, at and after the date of the answer, and far beyond.
            "Tue, 03 Nov 2026 09:00:00 GMT", "Tue, 03 Nov 2026 10:00:00 GMT",
            "Tue, 03 Nov 2026 10:00:07 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT", "Tue, 03 Nov 2026 10:00:07", "Sunday, 06-Nov-94 08:49:37 GMT",
        ]).prop_map(|text| Some(text.to_owned())),
        1 => "[ -~]{0,30}".prop_map(Some),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    let status = prop::sample::select(vec![
        300, 302, 400, 401, 403, 404, 408, 409, 413, 429, 500, 501, 502, 503, 504, 599,
    ]);
    let code = prop::sample::select(vec![
        None,
        None,
        Some("DLI.0999"),
        Some("APIGW.0308"),
        Some("APIGW.0301"),
        Some("DLI.0002"),
    ]);
    let plain = prop_oneof![
        6 => (status, retry_after(), code)
            .prop_map(|(status, retry_after, code)| Fault::Status { status, retry_after, code }),
        2 => prop::sample::select(vec![
            "", "{", r#"{"id":"#, r#"{"hosts":[{"name":"h"}"#, r#"{"a":1}x"#, "<html>", "[]", r#"{"is_success":false}"#,
        ]).prop_map(Fault::Body),
        1 => Just(Fault::NoConnection),
        1 => Just(Fault::Interrupted),
        1 => Just(Fault::Hang),
    ];
    (plain, prop::option::weighted(0.2, 0u64..20_000)).prop_map(|(fault, late)| match late {
        Some(millis) => Fault::Late(Box::new(fault), millis),
        None => fault,
    })
}

#[derive(Debug, Clone)]
struct Scene {
    /// The last one comes again and again.
    faults: Vec<Fault>,
    idempotent: bool,
    calls: usize,
    attempts: u32,
    budget: Option<u32>,
    base: Duration,
    longest: Duration,
    longest_asked: Duration,
    attempt: Duration,
    call: Option<Duration>,
}

/// A duration, now and then one that no clock reaches.
fn duration(usual: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    prop_oneof![
        12 => usual.prop_map(Duration::from_millis),
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
    ]
}

fn scene() -> impl Strategy<Value = Scene> {
    let policy = (
        0u32..8,
        prop::option::of(0u32..6),
        duration(0..2_000),
        duration(0..30_000),
        duration(0..200_000),
    );
    let times = (1u64..30_000, prop::option::of(duration(1..120_000)));
    (prop::collection::vec(fault(), 1..8), any::<bool>(), 1usize..4, policy, times).prop_map(
        |(faults, idempotent, calls, policy, (attempt, call))| Scene {
            faults,
            idempotent,
            calls,
            attempts: policy.0,
            budget: policy.1,
            base: policy.2,
            longest: policy.3,
            longest_asked: policy.4,
            attempt: Duration::from_millis(attempt),
            call,
        },
    )
}

const SHOW: &str = "show_enhanced_connection";
const CREATE: &str = "create_enhanced_connection";

/// Nothing goes through it, and making one takes longer than a scene.
static HTTP: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

async fn play(scene: &Scene) -> Result<(), TestCaseError> {
    let script = Script::new();
    let operation = if scene.idempotent { SHOW } else { CREATE };
    for fault in &scene.faults {
        script.on(operation, fault.answer());
    }
    let budget = scene.budget.map_or_else(RetryBudget::unlimited, RetryBudget::of);
    let policy = RetryPolicy::new()
        .max_attempts(scene.attempts)
        .base_delay(scene.base)
        .max_delay(scene.longest)
        .max_retry_after(scene.longest_asked)
        .budget(budget);
    let mut options = CallOptions::new().retry(policy).attempt_timeout(scene.attempt);
    if let Some(call) = scene.call {
        options = options.timeout(call);
    }
    let dli = script.builder().http_client(HTTP.clone()).build().unwrap().with_options(options);
    let connections = dli.enhanced_connections();
    let body = types::CreateEnhancedConnectionRequest::builder()
        .name("n")
        .dest_vpc_id("v")
        .dest_network_id("s")
        .build();
    let (mut sent_before, mut retries, mut free, mut answered) = (0, 0, 0, 0);
    for call in 0..scene.calls {
        let started = Instant::now();
        let outcome = match scene.idempotent {
            true => connections.show("c1").await.map(|reply| reply.attempts()),
            false => connections.create(&body).await.map(|reply| reply.attempts()),
        };
        let took = started.elapsed();
        let sent = script.requests().len() - sent_before;
        let met: Vec<&Fault> = (sent_before..sent_before + sent)
            .map(|nth| &scene.faults[nth.min(scene.faults.len() - 1)])
            .collect();
        sent_before += sent;
        let told = outcome.as_ref().map_or_else(Error::attempts, |attempts| *attempts);
        prop_assert_eq!(told as usize, sent, "call {}: {:?}", call, outcome);
        prop_assert!(sent >= 1);

        // Attempts: as many as the policy says, and two for what was put right.
        let corrections = met.iter().filter(|fault| fault.may_be_corrected()).count().min(2);
        let most = scene.attempts.max(1) as usize + corrections;
        prop_assert!(sent <= most, "{} attempts, {} allowed: {:?}", sent, most, met);

        // Budget: each further attempt costs a token, but for what was put right.
        retries += sent - 1;
        free += corrections;
        // An answer gives a tenth back, even if it turns out to be half of one.
        answered += met.iter().filter(|fault| fault.is_answer()).count();
        if let Some(tokens) = scene.budget {
            let most = tokens as usize + answered / 10 + free;
            prop_assert!(retries <= most, "{} retries of {}: {:?}", retries, most, met);
        }

        // Deadline. The clock of the runtime has a grain of a millisecond.
        if let Some(call) = scene.call {
            let grain = Duration::from_millis(5);
            prop_assert!(took <= call.saturating_add(grain), "{:?} of {:?}: {:?}", took, call, met);
        }

        // What may have been done is not done again.
        if !scene.idempotent {
            let (_, before) = met.split_last().unwrap();
            let again = before.iter().find(|fault| fault.may_have_worked(scene.attempt));
            prop_assert!(again.is_none(), "sent again after {:?}", again);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn retries_keep_to_their_attempts_their_budget_and_their_time_and_send_no_work_twice(scene in scene()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(play(&scene))?;
    }
}

#[test]
fn a_call_that_is_asked_again_has_no_more_time_than_any_other() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let script = Script::new();
        // Ends like an object and is none: only the decoder notices.
        let cut = Answer::json(200, r#"{"hosts":[{"name":"h"}"#).after(Duration::from_secs(6));
        script.on(SHOW, cut);
        let policy = RetryPolicy::new().max_attempts(100).budget(RetryBudget::unlimited());
        let options = CallOptions::new().timeout(Duration::from_secs(20)).retry(policy);
        let started = Instant::now();
        let dli = script.client().with_options(options);
        let error = dli.enhanced_connections().show("c1").await.unwrap_err();
        assert!(started.elapsed() <= Duration::from_millis(20_005), "{:?}", started.elapsed());
        assert!((3..=4).contains(&error.attempts()), "{error}");
    });
}

#[test]
fn times_that_no_clock_reaches_are_as_good_as_no_bound() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let script = Script::new();
        script.on(SHOW, Answer::error(503, "DLI.0999", "later").header("retry-after", "100000"));
        script.on(SHOW, Answer::json(200, r#"{"id":"c1","status":"CREATING"}"#));
        script.on(SHOW, Answer::json(200, r#"{"id":"c1","status":"ACTIVE"}"#));
        let policy = RetryPolicy::new().max_retry_after(Duration::MAX).max_delay(Duration::MAX);
        let options =
            CallOptions::new().timeout(Duration::MAX).attempt_timeout(Duration::MAX).retry(policy);
        let dli = script.client().with_options(options);
        let wait = dli.enhanced_connections().wait_until_active("c1").deadline(Duration::MAX);
        wait.longest_interval(Duration::MAX).await.unwrap();
    });
}

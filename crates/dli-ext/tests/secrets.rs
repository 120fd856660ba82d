//! Nothing this crate prints, logs or traces holds a secret: everything is done here that has to
//! do with one, all output is gathered, and searched.

mod common;

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{Server, json};
use dli_ext::{CallOptions, Credential, Dli, RetryPolicy, types};

const SECRETS: [&str; 10] = [
    "secret-proxy-password",
    "the-secret-key",
    "secret-security-token",
    "secret-iam-token",
    "secret-password",
    "secret-env-key",
    "secret-file-key",
    "secret-header-value",
    "secret-body-value",
    "secret-answer-value",
];

#[derive(Clone, Default)]
struct Gathered(Arc<Mutex<Vec<u8>>>);

impl io::Write for Gathered {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A service that repeats whatever it is sent, as a gateway does when a signature is wrong.
async fn parrot() -> Server {
    Server::start(|request| {
        if request.path == "/v3/auth/tokens" {
            let token =
                r#"{"token":{"expires_at":"2099-01-01T00:00:00.000000Z","project":{"id":"p"}}}"#;
            return json(201, token).header("x-subject-token", "secret-iam-token");
        }
        if request.path.ends_with("/fine") {
            return json(200, r#"{"id":"c1","status":"ACTIVE","name":"secret-answer-value"}"#);
        }
        if request.path.ends_with("/slow") {
            std::thread::sleep(Duration::from_millis(50));
        }
        let headers = request.headers.iter();
        let repeated: Vec<String> = headers
            .filter(|(name, _)| *name != "x-extra")
            .map(|(name, value)| format!("{name}:{}", value.to_str().unwrap_or_default()))
            .collect();
        let message =
            format!("verify aksk signature fail, canonicalRequest:{}", repeated.join("|"));
        let body = serde_json::json!({ "error_code": "APIGW.0301", "error_msg": message });
        // What the caller shows of itself comes back as the id of the request as well.
        let shown = ["x-auth-token", "x-security-token"].map(|name| request.header(name));
        json(401, &body.to_string()).header("x-request-id", &format!("for-{}", shown.concat()))
    })
    .await
}

async fn exercise(dli: &Dli, out: &mut String) {
    let _ = writeln!(out, "{dli:?} {:?} {}", dli.config(), dli.explain().await);
    let _ = writeln!(out, "{}", dli.config().explain());
    let connections = dli.enhanced_connections();
    for id in ["refused", "slow", "..", "fine"] {
        match connections.show(id).await {
            // The value is the caller's own; the reply's other output is ours.
            Ok(reply) => {
                let _ = writeln!(out, "{:?} {}", reply.request_id(), reply.attempts());
            }
            Err(error) => {
                let _ = writeln!(out, "{error} {error:?} {error:#?}");
                let mut source = std::error::Error::source(&error);
                while let Some(cause) = source {
                    let _ = writeln!(out, "{cause} {cause:?}");
                    source = cause.source();
                }
            }
        }
    }
    let wait = connections.wait_until_active("refused");
    let _ = writeln!(out, "{wait:?}");
    if let Err(error) =
        wait.interval(Duration::from_millis(1)).longest_interval(Duration::from_millis(2)).await
    {
        let _ = writeln!(out, "{error} {error:?}");
    }
    let body = serde_json::json!({ "password": "secret-body-value" });
    let request = dli
        .request(http::Method::POST, "/v1/x")
        .json(&body)
        .header("x-extra", "secret-header-value");
    let _ = writeln!(out, "{request:?}");
    if let Err(error) = request.send().await {
        let _ = writeln!(out, "{error} {error:?}");
    }
    let sql = dli.sql("create table t options (password = 'secret-body-value')");
    let _ = writeln!(out, "{sql:?}");
    if let Err(error) = sql.run().await {
        let _ = writeln!(out, "{error} {error:?}");
    }
}

#[tokio::test]
async fn a_refusal_that_repeats_the_token_in_its_code_or_request_id_does_not_show_it() {
    let server = Server::start(|_| {
        json(400, r#"{"error_code":"no-secret-iam-token","error_msg":"secret-iam-token?"}"#)
            .header("x-request-id", "for-secret-iam-token")
    })
    .await;
    let dli = server.builder().token("secret-iam-token").build().unwrap();
    let error = dli.request(http::Method::GET, "/v1/x").send().await.unwrap_err();
    assert_eq!(error.request_id(), Some("for-***"));
    let shown = format!("{error} {error:?}");
    assert!(shown.contains("no-***") && !shown.contains("secret-iam-token"), "{shown}");
}

#[tokio::test]
async fn a_reply_whose_request_id_repeats_the_token_does_not_show_it() {
    const USUAL: [&str; 3] = [
        "9a2f7b2a8ea0f0ad30fbc1f6ef0ce7b7",
        "5d7f1f2e-6f0b-4b43-9a43-07f4c1a3b8a1",
        "req-5d7f1f2e-6f0b-4b43-9a43-07f4c1a3b8a1",
    ];
    for (id, shown) in USUAL.map(|id| (id, true)).into_iter().chain([
        ("for-secret-iam-token", false),
        ("secret-iam-token", false),
        ("req-secret-iam-token", false),
    ]) {
        let answer = move |_| json(200, r#"{"id":"c1"}"#).header("x-request-id", id);
        let server = Server::start(answer).await;
        let dli = server.builder().token("secret-iam-token").build().unwrap();
        let typed = dli.enhanced_connections().show("c1").await.unwrap();
        let plain = dli.request(http::Method::GET, "/v1/x").send().await.unwrap();
        assert_eq!((typed.request_id(), plain.request_id()), (Some(id), Some(id)));
        for text in [format!("{typed:?}"), format!("{plain:?}"), format!("{typed:#?}")] {
            assert_eq!(text.contains(id), shown, "{text}");
            assert!(!text.contains("secret-iam-token"), "{text}");
        }
    }
}

#[tokio::test]
async fn no_output_holds_a_secret() {
    let gathered = Gathered::default();
    let writer = gathered.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_writer(move || writer.clone())
        .init();
    let server = parrot().await;
    let mut out = String::new();
    let quick = || RetryPolicy::new().base_delay(Duration::from_millis(1)).max_attempts(2);
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".huaweicloud")).unwrap();
    std::fs::write(
        home.path().join(".huaweicloud/credentials"),
        "[basic]\nak = FILEAK\nsk = secret-file-key\nsecurity_token = secret-security-token\n",
    )
    .unwrap();
    let env = [
        ("HUAWEICLOUD_SDK_AK", "ENVAK"),
        ("HUAWEICLOUD_SDK_SK", "secret-env-key"),
        ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "secret-security-token"),
    ];
    let temporary =
        Credential::new("AK", "the-secret-key").with_security_token("secret-security-token");
    let base = || server.builder().retry(quick());
    let search =
        || Dli::builder().endpoint(server.url()).project_id("p1").no_proxy().retry(quick());
    let builders = [
        base(),
        base().credential(temporary),
        base().token("secret-iam-token"),
        base().iam_endpoint(server.url()).password_login("acme", "jane", "secret-password"),
        search().environment(env).home("/nonexistent"),
        search().environment([("X", "")]).home(home.path()),
    ];
    for builder in builders {
        let _ = writeln!(out, "{builder:?}");
        let dli = builder.build().unwrap();
        exercise(&dli, &mut out).await;
        let options = CallOptions::new()
            .timeout(Duration::from_millis(20))
            .header("x-extra", "secret-header-value")
            .unwrap();
        let _ = writeln!(out, "{options:?}");
        exercise(&dli.with_options(options), &mut out).await;
    }
    let proxy = reqwest::Proxy::all("http://user:secret-proxy-password@127.0.0.1:9").unwrap();
    let proxied = Dli::builder().environment([("X", "")]).home("/nonexistent");
    let proxied = proxied.endpoint("http://dli.example").access_key("AK", "the-secret-key");
    let proxied = proxied.project_id("p1").retry(quick()).proxy(proxy);
    let _ = writeln!(out, "{proxied:?}");
    exercise(&proxied.build().unwrap(), &mut out).await;
    let bodies: types::Tag =
        types::Tag::builder().key("k".to_owned()).value("v".to_owned()).build();
    let _ = writeln!(out, "{bodies:?} {:?}", dli_ext::Secret::from("secret-password"));

    let logged = String::from_utf8_lossy(&gathered.0.lock().unwrap()).into_owned();
    assert!(
        logged.contains("dli.attempt") && logged.contains("show_enhanced_connection"),
        "traces are gathered"
    );
    assert!(out.contains("canonicalRequest"), "errors are gathered");
    for secret in SECRETS {
        for (what, text) in [("output", &out), ("traces", &logged)] {
            if let Some(at) = text.find(secret) {
                let from = text.floor_char_boundary(at.saturating_sub(300));
                panic!("{secret} is in the {what}: …{}", &text[from..at + secret.len()]);
            }
        }
    }
}

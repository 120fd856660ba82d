//! What the client makes of answers that are none: any status, headers and body, for operations
//! of different kinds. No panic, and where the service refused, neither the error's text nor its
//! debug form tells the token that the request carried, whatever the answer repeats.

#![no_main]

use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use dli_ext::{ErrorKind, RetryPolicy};
use dli_ext::test_util::{Answer, Script};
use dli_fuzz::{now_and_then, one_of, text};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

const TOKEN: &str = "MIIfuzzTOKENfuzz";

/// Fields that some answer tells its error with.
const FIELDS: &[&str] = &[
    "error_code",
    "error_msg",
    "errorCode",
    "errorMsg",
    "errCode",
    "errMsg",
    "code",
    "message",
    "error_message",
    "request_id",
    "requestId",
    "encoded_authorization_message",
    "is_success",
    "error",
    "queues",
    "id",
    "status",
];

const HEADERS: &[&str] =
    &["retry-after", "date", "location", "x-request-id", "content-length", "content-type"];

const VALUES: &[&str] = &[
    "0",
    "1",
    "18446744073709551615",
    "Fri, 02 Jan 2026 03:04:05 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "DLI.0002",
    "DLI.0001",
    "APIGW.0301",
    "APIGW.0308",
    "not found",
    "false",
    TOKEN,
];

static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    // Nobody waits for a retry: the clock goes on by itself where nothing else happens.
    let builder = &mut tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().expect("a runtime of one thread")
});

/// Nothing goes through it; making one takes longer than all the rest.
static HTTP: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);

fuzz_target!(|input: &[u8]| {
    let _ = run(&mut Unstructured::new(input));
});

fn run(u: &mut Unstructured<'_>) -> Result<()> {
    let operation = u.arbitrary::<u8>()? % 4;
    let script = Script::new();
    for _ in 0..=u.arbitrary::<u8>()? % 3 {
        let answer = answer(u)?;
        let id = [
            "list_queues",
            "show_enhanced_connection",
            "delete_enhanced_connection",
            "GET /v9/new",
        ];
        script.on(id[usize::from(operation)], answer);
    }
    let client = script
        .builder()
        .token(TOKEN)
        .http_client(HTTP.clone())
        .retry(RetryPolicy::new().max_attempts(3))
        .build()
        .expect("a complete configuration");
    RUNTIME.block_on(async {
        let error = match operation {
            0 => client.queues().list(Default::default()).await.err(),
            1 => client.enhanced_connections().show("c1").await.err(),
            2 => client.enhanced_connections().delete("c1").await.err(),
            _ => client.request(http::Method::GET, "/v9/new").send().await.err(),
        };
        if let Some(error) = error {
            judge(&error);
        }
    });
    Ok(())
}

fn judge(error: &dli_ext::Error) {
    let predicates = [
        error.is_not_found(),
        error.is_already_exists(),
        error.is_throttled(),
        error.is_unauthenticated(),
        error.is_permission_denied(),
        error.is_quota_exceeded(),
        error.is_invalid_request(),
    ];
    let _ = (predicates, error.kind(), error.status(), error.retry_after(), error.body());
    assert!((1..=9).contains(&error.attempts()), "{} attempts", error.attempts());
    assert!(error.operation().is_some(), "an error without its operation");
    let said = format!("{error} {error:?} {error:#?}");
    // What came with a success is the service's to tell.
    let refused = matches!(error.kind(), ErrorKind::Refused | ErrorKind::Interrupted);
    assert!(!refused || !said.contains(TOKEN), "the token is told: {said}");
    assert!(said.len() < 64 * 1024, "an error of {} bytes", said.len());
}

fn answer(u: &mut Unstructured<'_>) -> Result<Answer> {
    let status = match u.arbitrary::<u8>()? {
        0..=199 => *one_of(u, &[200, 400, 401, 403, 404, 429, 500, 503, 201, 202, 204, 301, 408])?,
        _ => 100 + u.arbitrary::<u16>()? % 900,
    };
    let body = match u.arbitrary::<u8>()? % 4 {
        0 => object(u, 0)?.to_string().into_bytes(),
        1 => {
            let mut text = object(u, 0)?.to_string();
            text.truncate(text.floor_char_boundary(u.arbitrary::<u8>()?.into()));
            text.into_bytes()
        }
        2 => text(u, 255)?.into_bytes(),
        _ => {
            let length = usize::from(u.arbitrary::<u16>()?).min(u.len());
            u.bytes(length)?.to_vec()
        }
    };
    let kind = *one_of(u, &["application/json", "text/html", "text/plain; charset=utf-8", ""])?;
    let mut answer = Answer::body(status, kind, body);
    for _ in 0..u.arbitrary::<u8>()? % 4 {
        answer = answer.header(one_of(u, HEADERS)?, &value(u)?);
    }
    Ok(match now_and_then(u, 8)? {
        true => match u.arbitrary::<u8>()? % 3 {
            0 => Answer::no_connection(),
            1 => Answer::interrupted(),
            _ => Answer::hang(),
        },
        false => answer,
    })
}

fn value(u: &mut Unstructured<'_>) -> Result<String> {
    match u.arbitrary::<u8>()? {
        0..=159 => Ok((*one_of(u, VALUES)?).to_owned()),
        _ => text(u, 60),
    }
}

fn object(u: &mut Unstructured<'_>, depth: u8) -> Result<Value> {
    let mut fields = Map::new();
    for _ in 0..u.arbitrary::<u8>()? % 6 {
        let name = match u.arbitrary::<u8>()? {
            0..=229 => (*one_of(u, FIELDS)?).to_owned(),
            _ => text(u, 12)?,
        };
        let value = match u.arbitrary::<u8>()? % 8 {
            0 => Value::Null,
            1 => u.arbitrary::<i64>()?.into(),
            2 => (u.arbitrary::<u8>()? % 2 == 0).into(),
            3 if depth < 3 => object(u, depth + 1)?,
            4 if depth < 3 => json!([object(u, depth + 1)?]),
            _ => value(u)?.into(),
        };
        fields.insert(name, value);
    }
    Ok(Value::Object(fields))
}

//! Conversations with the emulator: up to eight requests, to any operation, to what the emulator
//! has besides, or to nothing at all; signed where a byte says so. Ids and names that an answer
//! told are used again.
//!
//! No panic, no answer with status 500 that nobody asked for, and no answer without bounds. Each
//! conversation begins with nothing there, so that an input does the same alone.
//!
//! With `SHOW` in the environment the conversation is printed.

#![no_main]

use std::cell::Cell;
use std::sync::LazyLock;

use arbitrary::{Result, Unstructured};
use bytes::Bytes;
use dli_emulator::Emulator;
use dli_fuzz::{DESCRIPTION, Documents, now_and_then, one_of, text};
use dli_sign::{Credential, PayloadDigest};
use dli_spec::{Location, Operation};
use http::{HeaderName, HeaderValue, Request, Response};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

/// Requests a conversation has at most.
const LONGEST: usize = 8;
/// No answer to so few requests needs more.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024;
/// Values of answers that are remembered.
const MOST_KNOWN: usize = 64;

struct Machine {
    runtime: tokio::runtime::Runtime,
    emulator: Emulator,
    credential: Credential,
}

static MACHINE: LazyLock<Machine> = LazyLock::new(|| {
    // The clock of sleeps goes on by itself, so that a fault of ten minutes takes no time.
    let builder = &mut tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().start_paused(true).build().expect("a runtime of one thread");
    let start = Emulator::builder().delay(std::time::Duration::ZERO).check_answers(true).start();
    let emulator = runtime.block_on(start).expect("an emulator with its state in memory");
    let credential = Credential::new(emulator.access_key(), emulator.secret_key());
    Machine { runtime, emulator, credential }
});

thread_local! {
    /// Whether the emulator may hold something.
    static TOUCHED: Cell<bool> = const { Cell::new(false) };
}

fuzz_target!(|input: &[u8]| {
    let machine = &*MACHINE;
    machine.runtime.block_on(async {
        if TOUCHED.replace(false) {
            let reset = Request::post("/_emulator/reset").header("host", "localhost");
            let answer = send(reset.body(Bytes::new()).expect("a request")).await;
            assert_eq!(answer.status(), 200, "the emulator forgets on demand");
        }
        let _ = converse(&mut Unstructured::new(input)).await;
    });
});

async fn converse(u: &mut Unstructured<'_>) -> Result<()> {
    let mut documents = Documents::new(&DESCRIPTION);
    documents.known.push("a".to_owned());
    for _ in 0..LONGEST {
        if u.is_empty() {
            break;
        }
        let kind = u.arbitrary::<u8>()?;
        let request = match kind {
            0..=219 => operation(u, &mut documents)?,
            220..=239 => besides(u, &mut documents)?,
            _ => anything(u)?,
        };
        let Some(request) = request else { continue };
        let show = std::env::var_os("SHOW").is_some();
        if show {
            eprintln!("{}", shown(&request));
        }
        // A conversation does not go on with a state that no emulator wrote.
        let restores = request.uri().path().starts_with("/_emulator/snapshot");
        let last = restores && request.method() != "GET";
        let faulty = request.headers().contains_key("x-emulator-fault");
        let line = format!("{} {}", request.method(), request.uri());
        TOUCHED.set(true);
        let answer = send(request).await;
        if show {
            eprintln!("  {} {}\n", answer.status(), String::from_utf8_lossy(answer.body()));
        }
        judge(&line, &answer, faulty);
        if last && answer.status().is_success() {
            break;
        }
        learn(&mut documents.known, &answer);
    }
    Ok(())
}

async fn send(request: Request<Bytes>) -> Response<Bytes> {
    MACHINE.emulator.answer(request).await.expect("the emulator is there")
}

fn judge(line: &str, answer: &Response<Bytes>, faulty: bool) {
    let body = String::from_utf8_lossy(answer.body());
    let asked_for = faulty || body.contains("the emulator was told to");
    assert!(answer.status() != 500 || asked_for, "{line}: 500 {body}");
    assert!(body.len() <= LARGEST_ANSWER, "{line}: an answer of {} bytes", body.len());
}

/// Remembers what an answer told.
fn learn(known: &mut Vec<String>, answer: &Response<Bytes>) {
    fn leaves(known: &mut Vec<String>, value: &Value) {
        match value {
            _ if known.len() >= MOST_KNOWN => {}
            Value::Object(fields) => fields.values().for_each(|value| leaves(known, value)),
            Value::Array(items) => items.iter().for_each(|value| leaves(known, value)),
            Value::String(text) if (1..=64).contains(&text.len()) && !known.contains(text) => {
                known.push(text.clone());
            }
            Value::Number(number) if number.is_i64() => known.push(number.to_string()),
            _ => {}
        }
    }
    if answer.status().is_success()
        && let Ok(value) = serde_json::from_slice(answer.body())
    {
        leaves(known, &value);
    }
}

/// A request of an operation of the description.
fn operation(
    u: &mut Unstructured<'_>,
    documents: &mut Documents<'_>,
) -> Result<Option<Request<Bytes>>> {
    let operation = one_of(u, DESCRIPTION.operations())?;
    let mut path = operation.path.clone();
    let (mut query, mut headers) = (Vec::new(), Vec::new());
    for parameter in &operation.parameters {
        let schema = DESCRIPTION.resolve(&parameter.schema);
        let at_path = parameter.location == Location::Path;
        // Without bytes: what is required, and nothing else.
        if !at_path && now_and_then(u, 70)? == parameter.required {
            continue;
        }
        let value = match &*parameter.name {
            "project_id" if !now_and_then(u, 4)? => MACHINE.emulator.project_id().to_owned(),
            _ => value(u, schema, documents)?,
        };
        let encoded = utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string();
        match parameter.location {
            Location::Path => path = path.replace(&format!("{{{}}}", parameter.name), &encoded),
            Location::Query => query.push(format!("{}={encoded}", parameter.name)),
            Location::Header => headers.push((parameter.name.clone(), value)),
        }
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let body = body(u, operation, documents)?;
    if now_and_then(u, 6)? {
        let fault = *one_of(
            u,
            &["latency=600", "error=503", "truncate", "fail-job=why", "html=502", "reset"],
        )?;
        headers.push(("x-emulator-fault".to_owned(), fault.to_owned()));
    }
    assemble(u, &operation.method, &path, &headers, body)
}

/// The value of a parameter as text.
fn value(
    u: &mut Unstructured<'_>,
    schema: &Value,
    documents: &mut Documents<'_>,
) -> Result<String> {
    Ok(match schema["type"].as_str() {
        Some("string") | None => documents.text(u, schema)?,
        _ if now_and_then(u, 30)? => documents.text(u, schema)?,
        _ => match documents.document(u, schema)? {
            Value::String(text) => text,
            Value::Array(items) => {
                let items = items.iter().map(|item| item.as_str().unwrap_or_default());
                items.collect::<Vec<_>>().join(",")
            }
            other => other.to_string(),
        },
    })
}

fn body(
    u: &mut Unstructured<'_>,
    operation: &Operation,
    documents: &mut Documents<'_>,
) -> Result<Bytes> {
    let schema = operation.request.as_deref().map(|name| &DESCRIPTION.schemas()[name]);
    Ok(match schema {
        Some(schema) if !now_and_then(u, 12)? => documents.document(u, schema)?.to_string().into(),
        Some(_) => text(u, 255)?.into(),
        None if now_and_then(u, 12)? => text(u, 255)?.into(),
        None => Bytes::new(),
    })
}

/// What the emulator answers besides the operations: itself, its page and the identity service.
fn besides(
    u: &mut Unstructured<'_>,
    documents: &mut Documents<'_>,
) -> Result<Option<Request<Bytes>>> {
    const GOOD: &[(&str, &str)] = &[
        ("GET", "/_emulator/health"),
        ("GET", "/_emulator/operations"),
        ("GET", "/_emulator/log"),
        ("GET", "/_emulator/faults"),
        ("POST", "/_emulator/faults"),
        ("DELETE", "/_emulator/faults"),
        ("DELETE", "/_emulator/faults/1"),
        ("POST", "/_emulator/seed"),
        ("POST", "/_emulator/sql-scripts"),
        ("GET", "/_emulator/sql-scripts"),
        ("DELETE", "/_emulator/sql-scripts"),
        ("GET", "/_emulator/snapshot"),
        ("POST", "/_emulator/snapshot"),
        ("POST", "/v3/auth/tokens"),
        ("GET", "/v3/projects"),
        ("GET", "/v3/auth/domains"),
        ("GET", "/"),
        ("GET", "/reference"),
        ("GET", "/requests"),
        ("GET", "/objects"),
    ];
    let (method, path) = *one_of(u, GOOD)?;
    let mut path = path.to_owned();
    if now_and_then(u, 60)? {
        let more = documents.text(u, &Value::Null)?;
        path.push_str(*one_of(u, &["/", "?q=", "?from=", ""])?);
        path.push_str(&utf8_percent_encode(&more, NON_ALPHANUMERIC).to_string());
    }
    let project = MACHINE.emulator.project_id();
    let body = match path.as_str() {
        "/_emulator/faults" => {
            let fault = format!(
                "{}{}",
                one_of(u, &["create_queue:", "*:", "queues:", ""])?,
                one_of(
                    u,
                    &["throttle=2*3", "latency=5", "error=500", "fail-job=x", "clock-skew=99", ""]
                )?
            );
            json!({ "fault": if now_and_then(u, 60)? { text(u, 30)? } else { fault } })
        }
        "/_emulator/sql-scripts" => json!({
            "sql": documents.text(u, &Value::Null)?,
            "project": if now_and_then(u, 60)? { project } else { "" },
            "schema": [{ "a": documents.text(u, &Value::Null)? }],
            "rows": [[documents.text(u, &Value::Null)?]],
        }),
        "/_emulator/seed" => {
            let operation = one_of(u, DESCRIPTION.operations())?;
            let schema = operation.request.as_deref().map(|name| &DESCRIPTION.schemas()[name]);
            let body = schema.map(|schema| documents.document(u, schema)).transpose()?;
            json!({ "requests": [{
                "operation": operation.id,
                "parameters": { "queue_name": documents.text(u, &Value::Null)? },
                "body": body,
            }] })
        }
        "/_emulator/snapshot" => json!({ "version": 1, "objects": [
            { "number": u.arbitrary::<u8>()?, "project": project, "kind": "queue", "id": "a",
              "name": documents.text(u, &Value::Null)?, "timeline": [[0, "x"]], "doc": {} },
            { "number": u.arbitrary::<u8>()?, "project": project, "kind": "queue", "id": "b" },
        ] }),
        "/v3/auth/tokens" => json!({ "auth": {
            "identity": { "methods": ["password"], "password": { "user": {
                "name": "emulator",
                "password": if now_and_then(u, 60)? { "x" } else { MACHINE.emulator.secret_key() },
                "domain": { "name": "emulator" },
            } } },
            "scope": { "project": { "id": documents.text(u, &Value::Null)? } },
        } }),
        _ => Value::Null,
    };
    let body = if now_and_then(u, 20)? { text(u, 255)? } else { body.to_string() };
    assemble(u, method, &path, &[], body.into())
}

/// A request to nothing in particular.
fn anything(u: &mut Unstructured<'_>) -> Result<Option<Request<Bytes>>> {
    let method = match now_and_then(u, 60)? {
        true => text(u, 10)?,
        false => (*one_of(u, &["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"])?).to_owned(),
    };
    let target = format!("/{}", text(u, 100)?);
    let mut headers = Vec::new();
    for _ in 0..u.arbitrary::<u8>()? % 4 {
        let name = match now_and_then(u, 60)? {
            true => text(u, 12)?,
            false => {
                let names = [
                    "host",
                    "origin",
                    "accept",
                    "x-auth-token",
                    "authorization",
                    "content-length",
                    "x-emulator-fault",
                ];
                (*one_of(u, &names)?).to_owned()
            }
        };
        headers.push((name, text(u, 40)?));
    }
    let body = text(u, 255)?;
    assemble(u, &method, &target, &headers, body.into())
}

/// The request, signed unless a byte says otherwise; `None` if HTTP does not allow it.
fn assemble(
    u: &mut Unstructured<'_>,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: Bytes,
) -> Result<Option<Request<Bytes>>> {
    let Ok(mut request) = Request::builder().method(method).uri(target).body(body) else {
        return Ok(None);
    };
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            request.headers_mut().append(name, value);
        }
    }
    if !request.headers().contains_key("host") {
        request.headers_mut().insert("host", HeaderValue::from_static("localhost"));
    }
    if now_and_then(u, 8)? {
        return Ok(Some(request));
    }
    let (mut parts, body) = request.into_parts();
    // What cannot be signed goes out without a signature.
    let digest = PayloadDigest::of(&body);
    let _ = dli_sign::sign(&mut parts, &digest, &MACHINE.credential, Timestamp::now());
    Ok(Some(Request::from_parts(parts, body)))
}

fn shown(request: &Request<Bytes>) -> String {
    let mut text = format!("{} {}", request.method(), request.uri());
    for (name, value) in request.headers() {
        if !["host", "authorization", "x-sdk-date"].contains(&name.as_str()) {
            text.push_str(&format!("\n  {name}: {value:?}"));
        }
    }
    format!("{text}\n  {}", String::from_utf8_lossy(request.body()))
}

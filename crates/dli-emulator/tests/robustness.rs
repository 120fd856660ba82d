//! Requests made up at random get documented answers: no 5xx, no crash, no hang.

mod common;

use std::collections::BTreeMap;
use std::time::Duration;

use common::Caller;
use dli_emulator::Emulator;
use dli_spec::{Bundle, Description, Location, Operation};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// A small generator of numbers, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }
}

const TEXTS: [&str; 22] = [
    "",
    "q1",
    "Q1",
    "default",
    "db1",
    "t1",
    "pool1",
    "obs://bucket/folder",
    "obs://bucket",
    "10.0.0.0/16",
    "1",
    "-1",
    "99999999999999999999",
    "00000000-0000-0000-0000-000000000000",
    "true",
    "SELECT 1",
    "ünïcödé 数据",
    "a b&c=d?e#f",
    "'; DROP TABLE objects; --",
    "\u{0}",
    "{\"file\":\"a.jar\"}",
    "databases.db1.tables.t1",
];
const NUMBERS: [i64; 10] = [0, 1, 16, 64, 256, -1, 9, 3_000_000_000, i64::MAX, i64::MIN];

fn value(bundle: &Bundle, schema: &Value, dice: &mut Dice, depth: usize) -> Value {
    let schema = bundle.resolve(schema);
    if dice.roll(25) == 0 || depth > 5 {
        return [
            json!(null),
            json!([]),
            json!({}),
            json!("x"),
            json!(1.5),
            json!(true),
            json!([[[]]]),
        ][dice.roll(7)]
        .clone();
    }
    if let Some(known) = schema["x-extensible-enum"].as_array()
        && dice.roll(10) > 0
    {
        return dice.pick(known).clone();
    }
    match schema["type"].as_str() {
        Some("string") if dice.roll(60) == 0 => Value::from("x".repeat(70_000)),
        Some("string") => Value::from(*dice.pick(&TEXTS)),
        Some("integer") => Value::from(*dice.pick(&NUMBERS)),
        Some("number") => Value::from(*dice.pick(&[0.0, 1.0, -1.0, 1e300])),
        Some("boolean") => Value::from(dice.roll(2) == 0),
        Some("array") => {
            (0..dice.roll(4)).map(|_| value(bundle, &schema["items"], dice, depth + 1)).collect()
        }
        Some("object") => object(bundle, schema, dice, depth),
        _ => json!({ "free": *dice.pick(&TEXTS) }),
    }
}

fn object(bundle: &Bundle, schema: &Value, dice: &mut Dice, depth: usize) -> Value {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut fields = Map::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let wanted =
            if required.contains(&name.as_str()) { dice.roll(30) > 0 } else { dice.roll(3) == 0 };
        if wanted {
            fields.insert(name.clone(), value(bundle, property, dice, depth + 1));
        }
    }
    if schema["additionalProperties"].is_object() || dice.roll(20) == 0 {
        fields.insert((*dice.pick(&TEXTS)).to_owned(), Value::from(*dice.pick(&TEXTS)));
    }
    Value::Object(fields)
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

/// A path of an operation with values made up, among them ids that earlier answers told.
fn path(operation: &Operation, ids: &[String], dice: &mut Dice) -> String {
    let mut path = operation.path.replace("{project_id}", "{}");
    for parameter in operation.parameters_in(Location::Path).filter(|p| p.name != "project_id") {
        let text = if dice.roll(2) == 0 && !ids.is_empty() {
            dice.pick(ids).as_str()
        } else {
            *dice.pick(&TEXTS)
        };
        path = path.replace(&format!("{{{}}}", parameter.name), &encoded(text));
    }
    let mut query = Vec::new();
    for parameter in operation.parameters_in(Location::Query) {
        if parameter.required || dice.roll(4) == 0 {
            let text = match dice.roll(3) {
                0 => (*dice.pick(&TEXTS)).to_owned(),
                1 => dice.pick(&NUMBERS).to_string(),
                _ => parameter.schema["x-extensible-enum"][0].as_str().unwrap_or("1").to_owned(),
            };
            query.push(format!("{}={}", parameter.name, encoded(&text)));
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

fn ids_of(body: &Value, ids: &mut Vec<String>) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name.ends_with("id") && !text.is_empty() => {
                        ids.push(text.clone())
                    }
                    Value::Number(number) if name.ends_with("id") => ids.push(number.to_string()),
                    _ => ids_of(value, ids),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| ids_of(item, ids)),
        _ => {}
    }
    if ids.len() > 60 {
        ids.drain(..20);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_made_up_at_random_get_documented_answers() {
    let rounds: usize =
        std::env::var("DLI_EMULATOR_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(4000);
    let bundle = Description::embedded().unwrap().bundle_all().unwrap();
    let emulator = Emulator::builder().delay(Duration::from_millis(1)).start().await.unwrap();
    let caller = Caller::of(&emulator);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut ids: Vec<String> = Vec::new();
    let (mut good, mut refused) = (0, 0);
    // One failure an operation, so that one run tells them all.
    let mut wrong: BTreeMap<&str, String> = BTreeMap::new();
    for round in 0..rounds {
        let operation = dice.pick(bundle.operations());
        let path = path(operation, &ids, &mut dice);
        let body = operation
            .request
            .as_ref()
            .map(|name| value(&bundle, &bundle.schemas()[name], &mut dice, 0));
        let request = caller.request(&operation.method, &path, body.as_ref());
        let what = || {
            let mut body = body.as_ref().map(Value::to_string).unwrap_or_default();
            body.truncate(body.char_indices().nth(2000).map_or(body.len(), |(at, _)| at));
            format!("round {round}: {} {path} {body}", operation.method)
        };
        let answer = tokio::time::timeout(Duration::from_secs(10), caller.try_send(request)).await;
        let answer = answer
            .unwrap_or_else(|_| panic!("no answer: {}", what()))
            .unwrap_or_else(|e| panic!("{e}: {}", what()));
        if answer.status < 300 {
            good += 1;
            assert!(operation.statuses.contains(&answer.status), "{answer:?} {}", what());
            ids_of(&answer.body, &mut ids);
        } else {
            refused += 1;
            let body = &answer.body;
            let told = body["error_code"].is_string() && body["error_msg"].is_string();
            // 405: a value that is empty ends the path early.
            if ![400, 404, 405].contains(&answer.status) || !told {
                wrong.entry(&operation.id).or_insert_with(|| format!("{answer:?} {}", what()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{good} carried out, {refused} refused");
    assert!(good > rounds / 10 && refused > rounds / 10, "{good} carried out, {refused} refused");
}

#[tokio::test]
async fn reading_the_built_in_database_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let emulator = Emulator::builder().data_dir(folder.path()).start().await.unwrap();
    let caller = Caller::of(&emulator);
    // From a file those who read cannot write, so that storing it would be an answer with 500.
    let tables = caller.get("/v1.0/{}/databases/default/tables").await.ok();
    assert_eq!(tables["table_count"], 0);
    assert_eq!(caller.get("/v1.0/{}/databases").await.ok()["database_count"], 0);
}

#[tokio::test]
async fn what_is_not_http_or_not_whole_does_no_harm() {
    let emulator = Emulator::start().await.unwrap();
    for bytes in [
        &b"\x16\x03\x01\x00\xa5\x01\x00\x00"[..],
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /v1.0/p/queues HTTP/1.1\r\n\r\n",
        b"GET /%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /v1.0/p/queues HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /v1.0/p/queues HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1.0/p/queues HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    ] {
        let mut socket = tokio::net::TcpStream::connect(emulator.address()).await.unwrap();
        socket.write_all(bytes).await.unwrap();
        socket.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut answer)).await.expect("an end");
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.starts_with("HTTP/1.1 2") && !answer.starts_with("HTTP/1.1 5"), "{bytes:?}: {answer}");
    }
    Caller::of(&emulator).get("/v1.0/{}/queues").await.ok();
}

#[tokio::test]
async fn what_is_stored_as_deep_as_json_can_be_read_is_shown_whether_or_not_answers_are_checked() {
    for checked in [true, false] {
        let emulator = Emulator::builder().check_answers(checked).start().await.unwrap();
        let caller = Caller::of(&emulator);
        let body = format!(r#"{{"x":{}{}}}"#, "[".repeat(126), "]".repeat(126));
        let template = json!({ "type": "SPARK", "name": "deep", "body": body });
        caller.post("/v3/{}/templates", template).await.ok();
        // The list holds it three levels deeper.
        let request = caller.request("GET", "/v3/{}/templates?type=spark", None);
        let answer = reqwest::Client::new().execute(request).await.unwrap();
        assert_eq!(answer.status(), 200);
        let text = answer.text().await.unwrap();
        assert!(text.contains(&body), "{text}");
    }
}

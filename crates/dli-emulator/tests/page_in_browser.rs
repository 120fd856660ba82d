//! The page as a browser shows it: what a client did is seen, what is hostile is text, nothing
//! overflows, everything can be read.

mod browser;
mod common;

use std::path::PathBuf;
use std::time::Duration;

use browser::Browser;
use common::Caller;
use dli_emulator::{Emulator, Project};
use serde_json::{Value, json};

/// Text that would do something where it is not escaped.
const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=\"alert(1)\">",
    "</textarea></title></style></pre></code><svg onload=alert(1)>",
    "'-alert(1)-' {{7*7}} ${7*7} &lt;b&gt; &amp;#60;",
    "javascript:alert(1)//<a href=javascript:alert(1)>",
    "abc\u{202e}gnp.exe\u{2066}\u{200b} \u{5e9}\u{5dc}\u{5d5}\u{5dd}",
];

/// Runs what a browser does beside the server.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

async fn script(caller: &Caller, script: &Value) {
    let url = format!("{}/_emulator/sql-scripts", caller.url);
    let answer = caller.http.post(url).json(script).send().await.unwrap();
    assert_eq!(answer.status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_the_client_is_seen_with_its_sql_state_and_result() {
    let Some(program) = browser::find() else { return };
    let emulator = Emulator::builder().delay(Duration::ZERO).start().await.unwrap();
    let caller = Caller::through_the_client(&emulator);
    let sql = "SELECT name, people\nFROM cities\nWHERE people > 1e6 AND name <> '<b>'";
    let scripted = json!({
        "sql": sql,
        "schema": [{ "name": "string" }, { "people": "bigint" }],
        "rows": [["Hamburg", 1_900_000], ["München & Umland", null]],
    });
    script(&caller, &scripted).await;
    let dli = caller.dli.clone().unwrap();
    let results = dli.sql(sql).queue("default").run().await.unwrap();
    let id = results.job().id().to_owned();
    let url = emulator.url().to_owned();
    beside(move || {
        let mut browser = Browser::start(&program);
        browser.window(1280, false);
        browser.open(&url);
        let row = format!("[...document.querySelectorAll('tr')].find(r => r.textContent.includes('{id}'))");
        let cells = browser.value(&format!("[...{row}.cells].map(cell => cell.textContent)"));
        let shown = sql.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(cells[1], shown.as_str());
        assert_eq!((&cells[2], &cells[4]), (&json!("QUERY"), &json!("FINISHED")));
        let link = browser.value(&format!("{row}.querySelector('a').href"));

        for address in [link.as_str().unwrap().to_owned(), format!("{url}/jobs/{id}")] {
            browser.open(&address);
            assert_eq!(browser.value("document.querySelector('pre.sql').textContent"), sql);
            assert_eq!(browser.value("document.querySelector('dl .state').textContent"), "FINISHED");
            let rows = browser.value(
                "[...document.querySelectorAll('.result tr')].map(r => [...r.cells].map(c => c.textContent))",
            );
            let wanted = json!([
                ["namestring", "peoplebigint"],
                ["Hamburg", "1900000"],
                ["München & Umland", "NULL"],
            ]);
            assert_eq!(rows, wanted);
        }
        assert!(browser.incidents.is_empty(), "{:?}", browser.incidents);
    })
    .await;
}

/// Fills an emulator with hostile text wherever text can be kept, and returns the jobs' ids.
async fn hostile_state(caller: &Caller) -> Vec<String> {
    let mut jobs = Vec::new();
    for (index, text) in HOSTILE.iter().enumerate() {
        let sql = format!("select '{text}' as x");
        let scripted =
            json!({ "sql": sql, "schema": [{ *text: *text }], "rows": [[text], [[text]]] });
        script(caller, &scripted).await;
        let job = caller
            .post("/v1.0/{}/jobs/submit-job", json!({ "sql": sql, "conf": [format!("a={text}")] }));
        jobs.push(job.await.ok()["job_id"].as_str().unwrap().to_owned());
        let spark =
            json!({ "file": text, "className": text, "name": text, "conf": { *text: text } });
        caller.post("/v2.0/{}/batches", spark).await.ok();
        let database = json!({ "database_name": format!("d{index}"), "description": text });
        caller.post("/v1.0/{}/databases", database).await.ok();
        let variable = json!({ "var_name": format!("v{index}"), "var_value": "geheim" });
        caller.post("/v1.0/{}/variables", variable).await.ok();
        let refused = format!(
            "/v1.0/{{}}/queues/{}",
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC)
        );
        caller.get(&refused).await;
    }
    jobs
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_and_sql_are_text_even_without_the_policy() {
    let Some(program) = browser::find() else { return };
    let emulator = Emulator::builder()
        .delay(Duration::ZERO)
        .project(Project::new("p-<img src=x onerror=alert(1)>", "local-1"))
        .project(Project::new("d11e", "</title><script>alert(1)</script>"))
        .fault(
            "show_queue:fail-job=<script>alert(1)</script>".parse::<dli_emulator::Fault>().unwrap(),
        )
        .start()
        .await
        .unwrap();
    let mut caller = Caller::of(&emulator);
    caller.project = "d11e".to_owned();
    let jobs = hostile_state(&caller).await;
    let url = emulator.url().to_owned();
    beside(move || {
        let mut browser = Browser::start(&program);
        browser.bypass_policy();
        browser.window(1280, false);
        let mut seen = 0;
        for (job, text) in jobs.iter().zip(HOSTILE) {
            browser.open(&format!("{url}/jobs/{job}"));
            let sql = format!("select '{text}' as x");
            assert_eq!(browser.value("document.querySelector('pre.sql').textContent"), sql.as_str());
            assert_eq!(browser.value("document.querySelector('.result td').textContent"), text);
            assert_eq!(browser.value("document.querySelector('.result th').textContent"), format!("{text}{text}"));
            seen += 1;
        }
        assert_eq!(seen, HOSTILE.len());
        // Every page that the pages link to, but for the reference, which holds nothing from outside.
        let mut open = vec![format!("{url}/")];
        let mut known = open.clone();
        while let Some(page) = open.pop() {
            browser.open(&page);
            let foreign = browser.value(
                "[...document.querySelectorAll('script,iframe,object,embed,svg,textarea,form,style,img:not(.brand img)')]\
                 .map(e => e.outerHTML)",
            );
            assert_eq!(foreign, json!([]), "{page}");
            let attributes = browser.value(
                "[...document.querySelectorAll('*')].flatMap(e => [...e.attributes])\
                 .filter(a => a.name.startsWith('on') || a.name == 'style' || /^\\s*javascript:/i.test(a.value))\
                 .map(a => a.name + '=' + a.value)",
            );
            assert_eq!(attributes, json!([]), "{page}");
            let links = browser.value("[...document.querySelectorAll('a')].map(a => a.href.split('#')[0])");
            for link in links.as_array().unwrap().iter().filter_map(Value::as_str) {
                if link.starts_with(&url) && !link.contains("/reference") && !known.iter().any(|k| k == link) {
                    known.push(link.to_owned());
                    open.push(link.to_owned());
                }
            }
        }
        assert!(known.len() > 4 * HOSTILE.len(), "{known:?}");
        assert!(browser.incidents.is_empty(), "{:?}", browser.incidents);
        // What would have been noticed is noticed.
        browser.open("data:text/html,<script>alert(1)</script>");
        assert!(browser.incidents[0].starts_with("a dialog"), "{:?}", browser.incidents);
    })
    .await;
}

/// A state such as somebody who works with the emulator has, with names of every length.
async fn a_days_work(caller: &Caller) {
    let long = "a_very_long_name_without_any_blank_in_it_".repeat(3);
    let requests = [
        (
            "/v1.0/{}/queues",
            json!({ "queue_name": "etl", "cu_count": 16, "description": "nightly" }),
        ),
        (
            "/v1.0/{}/queues",
            json!({ "queue_name": "adhoc", "cu_count": 64, "queue_type": "general" }),
        ),
        (
            "/v3/{}/elastic-resource-pools",
            json!({ "elastic_resource_pool_name": "shared", "min_cu": 64, "max_cu": 128 }),
        ),
        (
            "/v2.0/{}/datasource/enhanced-connections",
            json!({ "name": "to_rds", "dest_vpc_id": "22094d8f-c310-4621-913d-4c4d655d8495",
                    "dest_network_id": "78f2562a-36e4-4b39-95b9-f5aab22e1281", "queues": ["etl"] }),
        ),
        (
            "/v1.0/{}/databases",
            json!({ "database_name": "sales", "description": "orders and customers" }),
        ),
        (
            "/v1.0/{}/databases/sales/tables",
            json!({ "table_name": "orders", "data_location": "OBS",
            "data_type": "csv", "data_path": "obs://lake/sales/orders",
            "columns": [{ "column_name": "id", "type": "bigint" }, { "column_name": "total", "type": "decimal(10,2)" }] }),
        ),
        (
            "/v2.0/{}/batches",
            json!({ "file": "obs://lake/jars/report.jar", "className": "com.example.Report", "name": long,
            "conf": { "spark.hadoop.fs.obs.secret.key": "geheim" } }),
        ),
        (
            "/v1.0/{}/streaming/sql-jobs",
            json!({ "name": "clicks", "sql_body": "INSERT INTO sink SELECT * FROM source", "queue_name": "adhoc" }),
        ),
        ("/v1.0/{}/variables", json!({ "var_name": "db_password", "var_value": "geheim" })),
    ];
    for (path, body) in requests {
        caller.post(path, body).await.ok();
    }
    let columns: Vec<Value> =
        (1..=12).map(|n| json!({ format!("measure_{n}"): "double" })).collect();
    let rows: Vec<Vec<f64>> =
        (0..150).map(|r| (1..=12).map(|c| f64::from(r * c) / 7.0).collect()).collect();
    script(caller, &json!({ "sql": "SELECT * FROM wide", "schema": columns, "rows": rows })).await;
    script(caller, &json!({ "contains": "group by city", "schema": [{ "city": "string" }, { "orders": "bigint" }],
        "rows": [["Hamburg", 4711], ["München", 815], [null, 3]] })).await;
    script(
        caller,
        &json!({ "contains": "eternity", "delay_ms": 3_600_000, "schema": [], "rows": [] }),
    )
    .await;
    for sql in [
        "SELECT * FROM wide",
        "SELECT c.city, count(*) AS orders\nFROM sales.orders o JOIN sales.customers c ON o.customer = c.id\nWHERE o.total > 100\nGROUP BY city\nORDER BY orders DESC",
        "CREATE TABLE sales.daily USING parquet AS SELECT 1",
        "SELECT * FROM eternity",
        "SELECT nothing",
    ] {
        caller.post("/v1.0/{}/jobs/submit-job", json!({ "sql": sql, "queue_name": "etl" })).await;
    }
    caller.get("/v1.0/{}/queues/nowhere").await;
    caller.get("/v1.0/{}/jobs?page-size=20&sql_pattern=orders&job-status=FINISHED").await;
}

/// Text that is too faint against what is behind it, by the rule of WCAG 2 (4.5 to 1).
const FAINT: &str = r"(() => {
    const rgba = text => { const n = text.match(/[\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
    const light = ([r, g, b]) => {
        const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = e => {
        for (; e; e = e.parentElement) {
            const colour = rgba(getComputedStyle(e).backgroundColor);
            if (colour[3] > 0) return colour;
        }
        return [255, 255, 255, 1];
    };
    const texts = [...document.querySelectorAll('body *')]
        .filter(e => [...e.childNodes].some(n => n.nodeType == 3 && n.data.trim()));
    return texts.filter(e => {
        const [a, b] = [light(rgba(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
        return (a + 0.05) / (b + 0.05) < 4.5;
    }).map(e => e.outerHTML.slice(0, 200));
})()";

/// What sticks out of the window without being in something that is moved sideways by itself.
const OUTSIDE: &str = "[...document.querySelectorAll('body *')]
    .filter(e => !e.closest('.wide, .skip, thead') && e.getBoundingClientRect().right > innerWidth + 0.5)
    .map(e => e.outerHTML.slice(0, 200))";

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_a_wide_and_a_narrow_window_and_can_be_read_light_and_dark() {
    let Some(program) = browser::find() else { return };
    let emulator = Emulator::builder().delay(Duration::ZERO).start().await.unwrap();
    let caller = Caller::of(&emulator);
    a_days_work(&caller).await;
    let project = emulator.project_id().to_owned();
    let url = emulator.url().to_owned();
    beside(move || {
        let pictures = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("page");
        std::fs::create_dir_all(&pictures).unwrap();
        let mut browser = Browser::start(&program);
        browser.window(1280, false);
        browser.open(&url);
        let number = |browser: &mut Browser, words: &str| {
            let row = format!(
                "[...document.querySelectorAll('tr')].find(r => r.textContent.includes('{words}'))"
            );
            browser
                .value(&format!("{row}.querySelector('a').getAttribute('href')"))
                .as_str()
                .unwrap()
                .to_owned()
        };
        let pages = [
            ("overview", "/".to_owned()),
            ("sql", number(&mut browser, "c.city")),
            ("wide", number(&mut browser, "FROM wide")),
            ("failed", number(&mut browser, "nothing")),
            ("spark", number(&mut browser, "report.jar")),
            ("connection", number(&mut browser, "to_rds")),
            ("list", format!("/objects?kind=sql_job&project={project}")),
            ("requests", "/requests".to_owned()),
            ("missing", "/jobs/nowhere".to_owned()),
            ("reference", "/reference".to_owned()),
            ("family", "/reference/queues".to_owned()),
        ];
        for (name, path) in pages {
            for (width, dark) in [(1280, false), (1280, true), (400, false), (400, true)] {
                browser.window(width, dark);
                browser.open(&format!("{url}{path}"));
                let at = format!("{name} at {width}, dark: {dark}");
                assert_eq!(
                    browser.value("document.documentElement.scrollWidth <= innerWidth"),
                    true,
                    "{at}"
                );
                assert_eq!(browser.value(OUTSIDE), json!([]), "{at}");
                assert_eq!(browser.value(FAINT), json!([]), "{at}");
                assert_eq!(browser.value("document.querySelectorAll('h1').length"), 1, "{at}");
                assert_eq!(
                    browser.value("document.body.textContent.includes('geheim')"),
                    false,
                    "{at}"
                );
                let file = pictures
                    .join(format!("{name}-{width}-{}.png", if dark { "dark" } else { "light" }));
                if std::env::var_os("DLI_TEST_PICTURES").is_some() {
                    std::fs::write(file, browser.picture()).unwrap();
                }
            }
        }
        let missing = browser.incidents.iter().filter(|incident| !incident.contains("404"));
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&String>::new());
    })
    .await;
}

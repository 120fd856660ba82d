//! The page in the browser, as it comes over HTTP.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::Caller;
use dli_emulator::{AccessKey, Emulator, Project};
use dli_spec::Description;
use serde_json::{Value, json};

const HOSTILE: &str =
    "</textarea></pre><script>alert(1)</script>\"'><img src=x onerror=alert(1)> \u{202e}abc";

/// Somebody who looks at the page.
struct Visitor {
    http: reqwest::Client,
    url: String,
}

impl Visitor {
    fn of(emulator: &Emulator) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self { http, url: emulator.url().to_owned() }
    }

    async fn ask(&self, method: &str, path: &str) -> reqwest::Response {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.header("accept", "text/html,*/*;q=0.8").send().await.unwrap()
    }

    /// The text of a page that has to be there.
    async fn page(&self, path: &str) -> String {
        let response = self.ask("GET", path).await;
        assert_eq!(response.status(), 200, "{path}");
        response.text().await.unwrap()
    }

    /// Every page that can be reached from the first one, with its path.
    async fn all_pages(&self, may_go: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        let mut known = BTreeSet::from(["/".to_owned()]);
        let mut open = vec!["/".to_owned()];
        let mut pages = Vec::new();
        while let Some(path) = open.pop() {
            let text = self.page(&path).await;
            for link in values(&text, "href") {
                let link = link.split('#').next().unwrap_or_default();
                let link = match link.strip_prefix('?') {
                    Some(query) => format!("{}?{query}", path.split('?').next().unwrap()),
                    None => link.to_owned(),
                };
                let goes = link.starts_with('/') && !link.contains('.') && may_go(&link);
                if goes && known.insert(link.clone()) {
                    open.push(link);
                }
            }
            pages.push((path, text));
        }
        pages
    }
}

/// The values of an attribute, in order.
fn values(html: &str, attribute: &str) -> Vec<String> {
    let start = format!(" {attribute}=\"");
    let parts = html.split(&start).skip(1);
    parts.map(|part| part.split('"').next().unwrap().replace("&amp;", "&")).collect()
}

async fn control(caller: &Caller, method: &str, path: &str, body: Option<&Value>) -> Value {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = caller.http.request(method, format!("{}/_emulator/{path}", caller.url));
    if let Some(body) = body {
        request = request.json(body);
    }
    let answer = request.send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

const PAGES: [&str; 6] = [
    "/",
    "/requests",
    "/reference",
    "/reference/sql_jobs",
    "/objects?kind=queue&project=x",
    "/style.css",
];

#[tokio::test]
async fn nothing_runs_and_nothing_is_loaded_from_elsewhere() {
    let emulator = Emulator::start().await.unwrap();
    let visitor = Visitor::of(&emulator);
    for path in PAGES.into_iter().chain(["/icon.svg", "/nowhere", "/reference/nowhere"]) {
        let response = visitor.ask("GET", path).await;
        let headers = response.headers().clone();
        let header = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap());
        assert_eq!(
            header("content-security-policy"),
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
            "{path}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert_eq!(header("access-control-allow-origin"), "", "{path}");
        let text = response.text().await.unwrap();
        if header("content-type").starts_with("text/html") {
            assert!(text.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{path}: {text}");
            assert!(!text.contains("<script") && !text.contains(" style="), "{path}");
        }
    }
}

#[tokio::test]
async fn a_head_is_the_page_without_its_text() {
    let emulator = Emulator::start().await.unwrap();
    let visitor = Visitor::of(&emulator);
    for path in PAGES.into_iter().skip(1).chain(["/nowhere"]) {
        let (get, head) = (visitor.ask("GET", path).await, visitor.ask("HEAD", path).await);
        assert_eq!(head.status(), get.status(), "{path}");
        for name in ["content-type", "content-security-policy", "content-length"] {
            assert_eq!(head.headers()[name], get.headers()[name], "{path} {name}");
        }
        assert_eq!(head.text().await.unwrap(), "", "{path}");
        assert!(!get.text().await.unwrap().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_in_html_to_a_browser_and_in_json_to_a_program() {
    let emulator = Emulator::start().await.unwrap();
    let visitor = Visitor::of(&emulator);
    for path in [
        "/nowhere",
        "/reference/nowhere",
        "/reference/queues/x",
        "/objects/1",
        "/objects/x",
        "/objects/1/2",
        "/jobs",
        "/jobs/nowhere",
        "/jobs/%3Cscript%3E",
        "/jobs/%00%ff",
        "/style.css/x",
        "/objects/99999999999999999999",
    ] {
        let response = visitor.ask("GET", path).await;
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8", "{path}");
        let text = response.text().await.unwrap();
        assert!(
            text.contains("<h1>There is no such") && !text.contains("<script"),
            "{path}: {text}"
        );
    }
    let caller = Caller::of(&emulator);
    caller.get("/nowhere").await.error(404, "APIGW.0101");
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        for path in ["/", "/requests", "/jobs/x"] {
            let response = visitor.ask(method, path).await;
            assert_eq!(response.status(), 405, "{method} {path}");
            assert_eq!(response.headers()["allow"], "GET, HEAD", "{method} {path}");
        }
    }
    let foreign = visitor.http.get(visitor.url.as_str()).header("host", "evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 421);
}

#[tokio::test]
async fn what_exists_is_shown_project_by_project() {
    let emulator = Emulator::builder()
        .project(Project::new("project-a", "local-1"))
        .project(Project::new("project-b", "local-1_b"))
        .delay(Duration::ZERO)
        .start()
        .await
        .unwrap();
    let visitor = Visitor::of(&emulator);
    assert!(visitor.page("/").await.contains("Nothing has been created yet."));
    let a = Caller::of(&emulator);
    let b = Caller { project: "project-b".to_owned(), ..a.clone() };
    for (caller, name) in [(&a, "of_a"), (&b, "of_b")] {
        caller.post("/v1.0/{}/queues", json!({ "queue_name": name, "cu_count": 16 })).await.ok();
        caller.post("/v1.0/{}/databases", json!({ "database_name": name })).await.ok();
        caller
            .post("/v2.0/{}/batches", json!({ "file": format!("{name}.jar"), "className": "M" }))
            .await
            .ok();
    }
    let page = visitor.page("/").await;
    let (first, second) = page.split_once("project-b").unwrap();
    assert!(first.contains("project-a") && first.contains("of_a") && !first.contains("of_b"));
    // After the second project come the latest requests, which name both.
    let second = second.split("Latest requests").next().unwrap();
    assert!(second.contains("of_b") && second.contains("of_b.jar") && !second.contains("of_a"));
    let only = visitor.page("/?project=project-b").await;
    assert!(
        only.contains("of_b") && !only.split("Latest requests").next().unwrap().contains("of_a")
    );
    let list = visitor.page("/objects?kind=queue&project=project-a").await;
    assert!(list.contains("of_a") && !list.contains("of_b") && list.contains("AVAILABLE"));
}

#[tokio::test]
async fn a_job_leads_from_its_id_to_its_sql_state_time_and_result() {
    let emulator = Emulator::builder().delay(Duration::ZERO).start().await.unwrap();
    let (caller, visitor) = (Caller::of(&emulator), Visitor::of(&emulator));
    let scripts = [
        json!({ "sql": "select 1", "schema": [{ "one": "int" }], "rows": (0..250).map(|n| [n + 1000]).collect::<Vec<_>>() }),
        json!({ "sql": "select later", "schema": [{ "x": "int" }], "rows": [[31337]], "delay_ms": 3_600_000 }),
    ];
    for script in &scripts {
        control(&caller, "POST", "sql-scripts", Some(script)).await;
    }
    let submit = async |sql: &str| {
        let job = caller.post("/v1.0/{}/jobs/submit-job", json!({ "sql": sql })).await;
        job.body["job_id"].as_str().unwrap().to_owned()
    };
    let place = async |id: &str| {
        let response = visitor.ask("GET", &format!("/jobs/{id}")).await;
        assert_eq!(response.status(), 303);
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    let done = place(&submit("select 1").await).await;
    let page = visitor.page(&done).await;
    assert!(
        page.contains("FINISHED") && page.contains("select 1") && page.contains("250 rows"),
        "{page}"
    );
    assert!(page.contains(">1000<") && page.contains(">1099<") && !page.contains(">1100<"));
    let last = visitor.page(&format!("{done}?rows=200")).await;
    assert!(last.contains(">1249<") && !last.contains(">1199<"));
    visitor.page(&format!("{done}?rows=99999999999")).await;

    let waiting = visitor.page(&place(&submit("select later").await).await).await;
    assert!(
        waiting.contains("LAUNCHING") && waiting.contains("so far") && !waiting.contains("31337")
    );
    let failed = visitor.page(&place(&submit("select nothing").await).await).await;
    assert!(
        failed.contains("FAILED")
            && failed.contains("Why it failed")
            && failed.contains("no SQL engine")
    );

    let flink = caller
        .post(
            "/v1.0/{}/streaming/sql-jobs",
            json!({ "name": "f", "sql_body": "insert into a select b" }),
        )
        .await
        .ok();
    let page = visitor.page(&place(&flink["job"]["job_id"].to_string()).await).await;
    assert!(page.contains("insert into a select b") && page.contains("job_init"), "{page}");
}

#[tokio::test]
async fn hostile_text_is_escaped_on_every_page() {
    let emulator = Emulator::builder().delay(Duration::ZERO).start().await.unwrap();
    let (caller, visitor) = (Caller::of(&emulator), Visitor::of(&emulator));
    let sql = format!("select '{HOSTILE}'");
    let script = json!({ "sql": sql, "schema": [{ HOSTILE: HOSTILE }], "rows": [[HOSTILE], [{ HOSTILE: 1 }]] });
    control(&caller, "POST", "sql-scripts", Some(&script)).await;
    caller
        .post("/v1.0/{}/jobs/submit-job", json!({ "sql": sql, "conf": [format!("a={HOSTILE}")] }))
        .await
        .ok();
    let spark = json!({ "file": HOSTILE, "className": HOSTILE, "name": HOSTILE, "conf": { HOSTILE: HOSTILE } });
    caller.post("/v2.0/{}/batches", spark).await.ok();
    caller
        .post("/v1.0/{}/databases", json!({ "database_name": "d", "description": HOSTILE }))
        .await
        .ok();
    caller.get(&format!("/v1.0/{{}}/queues?tags={}", "%3Cscript%3E%22%27")).await;
    let pages = visitor.all_pages(|path| !path.starts_with("/reference")).await;
    assert!(pages.len() > 8, "{:?}", pages.iter().map(|page| &page.0).collect::<Vec<_>>());
    let mut seen = 0;
    for (path, text) in pages {
        for raw in ["<script", "<img src=x", "</textarea", "'><"] {
            assert!(!text.contains(raw), "{path}: {raw}");
        }
        seen += text.matches("&lt;/textarea&gt;&lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;'&gt;&lt;img").count();
        // What turns the text around has an element of its own.
        let turned = text.matches('\u{202e}').count();
        assert_eq!(turned, text.matches("data-code=\"U+202E\">\u{202e}</bdi>").count(), "{path}");
    }
    assert!(seen > 10, "{seen}");
}

#[tokio::test]
async fn no_page_shows_a_secret() {
    const SECRET: &str = "Geheim-4711";
    let emulator = Emulator::builder()
        .access_key(
            AccessKey::new("AKVISIBLE", format!("sk-{SECRET}"))
                .with_security_token(format!("st-{SECRET}")),
        )
        .access_key(AccessKey::new("AK2", format!("sk2-{SECRET}")))
        .login("domain", "user", format!("pw-{SECRET}"))
        .delay(Duration::ZERO)
        .start()
        .await
        .unwrap();
    let visitor = Visitor::of(&emulator);
    let credential = dli_sign::Credential::new("AK2", format!("sk2-{SECRET}"));
    let caller = Caller::new(emulator.url(), emulator.project_id(), credential);
    let flink_sql =
        format!("CREATE TABLE s (a INT) WITH ('connector' = 'jdbc', 'password' = '{SECRET}')");
    let create = format!(
        "CREATE TABLE t USING jdbc OPTIONS (url 'jdbc:x://h/d?user=u&password={SECRET}', password '{SECRET}')"
    );
    for (path, body) in [
        ("/v1.0/{}/variables", json!({ "var_name": "v", "var_value": SECRET })),
        (
            "/v1.0/{}/variables",
            json!({ "var_name": "w", "var_value": SECRET, "is_sensitive": true }),
        ),
        (
            "/v2.0/{}/datasource/auth-infos",
            json!({ "auth_info_name": "a", "datasource_type": "CSS", "user_name": "u",
            "password": SECRET, "keystore_password": SECRET, "key_password": SECRET, "truststore_password": SECRET }),
        ),
        (
            "/v2.0/{}/batches",
            json!({ "file": "a.jar", "className": "M", "args": [format!("--db.password={SECRET}")],
            "conf": { "spark.hadoop.fs.obs.secret.key": SECRET, "spark.hadoop.fs.obs.access.key": SECRET } }),
        ),
        (
            "/v1.0/{}/streaming/sql-jobs",
            json!({ "name": "f", "sql_body": flink_sql,
            "runtime_config": format!("{{\"a.password\": \"{SECRET}\"}}") }),
        ),
        (
            "/v1.0/{}/jobs/submit-job",
            json!({ "sql": create, "conf": [format!("spark.sql.token={SECRET}")] }),
        ),
    ] {
        let answer = caller.post(path, body).await;
        assert!(answer.status < 300, "{path}: {answer:?}");
    }
    caller.get(&format!("/v1.0/{{}}/jobs?sql_pattern=password%3D&tags=password={SECRET}")).await;
    let token = json!({ "auth": { "identity": { "methods": ["password"], "password": { "user": {
        "domain": { "name": "domain" }, "name": "user", "password": format!("pw-{SECRET}") } } },
        "scope": { "project": { "id": emulator.project_id() } } } });
    let issued = caller
        .http
        .post(format!("{}/v3/auth/tokens", emulator.url()))
        .json(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(issued.status(), 201);
    let token = issued.headers()["x-subject-token"].to_str().unwrap().to_owned();
    let pages = visitor.all_pages(|path| !path.starts_with("/reference")).await;
    let text: String = pages.iter().map(|(_, text)| text.as_str()).collect();
    for (path, text) in &pages {
        assert!(!text.contains("4711"), "{path}: {text}");
        assert!(!text.contains(&token), "{path}");
    }
    for shown in [
        "a.jar",
        "CREATE TABLE t USING jdbc",
        "&#39;password&#39; = ",
        "password '•••'",
        "datasource_type",
    ] {
        let unescaped = text.replace("&#39;", "'");
        assert!(unescaped.contains(&shown.replace("&#39;", "'")), "{shown} is missing");
    }
}

#[tokio::test]
async fn a_hundred_thousand_jobs_make_no_long_page() {
    let emulator = Emulator::start().await.unwrap();
    let (caller, visitor) = (Caller::of(&emulator), Visitor::of(&emulator));
    const JOBS: i64 = 100_000;
    let mut jobs: Vec<Value> = (1..=JOBS)
        .map(|n| json!({ "number": n, "project": "p", "kind": "sql_job", "id": n.to_string(), "doc": {}, "timeline": [] }))
        .collect();
    let long = "x".repeat(1_000_000);
    jobs[JOBS as usize - 1]["doc"] = json!({
        "statement": long,
        "schema": (0..40).map(|n| json!({ format!("c{n}"): "string" })).collect::<Vec<_>>(),
        "rows": (0..100).map(|_| vec!["y".repeat(600); 40]).collect::<Vec<_>>(),
    });
    jobs[JOBS as usize - 1]["timeline"] = json!([[0, "FINISHED"]]);
    control(&caller, "POST", "snapshot", Some(&json!({ "version": 1, "objects": jobs }))).await;
    let list = "/objects?kind=sql_job&project=p";
    for (path, limit) in
        [("/", 100_000), (list, 100_000), ("/objects/100000", 3_000_000), ("/objects/1", 20_000)]
    {
        let length = visitor.page(path).await.len();
        assert!(length < limit, "{path} has {length} bytes");
    }
    // Page by page to the end.
    let (mut path, mut seen) = (format!("{list}&before=201"), 0);
    loop {
        let page = visitor.page(&path).await;
        seen += page.matches("href=\"/objects/").count();
        let Some((_, next)) = page.split_once("<a rel=\"next\"") else { break };
        assert!(seen < 1000, "the pages have no end");
        path = values(next, "href").swap_remove(0);
    }
    assert_eq!(seen, 200);
    assert!(visitor.page(list).await.contains("href=\"/objects/99951\""));
    let first = visitor.page(list).await;
    assert!(first.contains("100\u{202f}000") && first.contains("before=99951"));
}

#[tokio::test]
async fn looking_changes_nothing_and_is_not_logged() {
    let emulator = Emulator::start().await.unwrap();
    let (caller, visitor) = (Caller::of(&emulator), Visitor::of(&emulator));
    caller.post("/v1.0/{}/queues", json!({ "queue_name": "q", "cu_count": 16 })).await.ok();
    let before = control(&caller, "GET", "snapshot", None).await;
    for path in PAGES {
        visitor.page(path).await;
    }
    assert_eq!(control(&caller, "GET", "snapshot", None).await, before);
    let log = control(&caller, "GET", "log", None).await.to_string();
    assert!(log.contains("create_queue") && !log.contains("/reference"), "{log}");
    let page = visitor.page("/requests").await;
    assert!(page.contains("href=\"/reference/queues#create_queue\""), "{page}");
}

#[tokio::test]
async fn the_page_loads_itself_again_only_where_somebody_asked_for_it() {
    let emulator = Emulator::start().await.unwrap();
    let visitor = Visitor::of(&emulator);
    for path in [
        "/",
        "/?refresh=0",
        "/?refresh=-1",
        "/?refresh=x",
        "/?refresh=999999",
        "/reference?refresh=5",
    ] {
        assert!(!visitor.page(path).await.contains("http-equiv"), "{path}");
    }
    let page = visitor.page("/?project=a&refresh=7").await;
    assert!(page.contains("<meta http-equiv=\"refresh\" content=\"7\">"), "{page}");
    assert!(values(&page, "href").contains(&"/?project=a".to_owned()), "{page}");
    assert!(values(&visitor.page("/").await, "href").contains(&"/?refresh=5".to_owned()));
}

#[tokio::test]
async fn the_reference_has_every_operation_with_its_parameters_fields_and_sources() {
    let emulator = Emulator::start().await.unwrap();
    let visitor = Visitor::of(&emulator);
    let index = visitor.page("/reference").await;
    let bundle = Description::embedded().unwrap().bundle_all().unwrap();
    assert!(bundle.operations().len() >= 181);
    let families: BTreeSet<&str> = bundle.operations().iter().map(|o| o.family.as_str()).collect();
    for family in families {
        let page = visitor.page(&format!("/reference/{family}")).await;
        let ids = values(&page, "id");
        let unique: BTreeSet<&String> = ids.iter().collect();
        assert_eq!(unique.len(), ids.len(), "{family} has an id twice");
        for link in values(&page, "href").iter().filter_map(|link| link.strip_prefix('#')) {
            assert!(ids.iter().any(|id| id == link), "{family}: nothing is called {link}");
        }
        for operation in bundle.operations().iter().filter(|o| o.family == family) {
            let id = &operation.id;
            assert!(index.contains(&format!("href=\"/reference/{family}#{id}\"")), "{id}");
            let start = page.find(&format!("<h2 id=\"{id}\">")).unwrap_or_else(|| panic!("{id}"));
            let section = &page[start..];
            let section =
                &section[..section[4..].find("<h2 ").map_or(section.len(), |end| end + 4)];
            assert!(
                section.contains(&format!(
                    "{}</code> <code class=\"path\">{}</code>",
                    operation.method, operation.path
                )),
                "{id}"
            );
            let mut names: Vec<&str> =
                operation.parameters.iter().map(|p| p.name.as_str()).collect();
            for schema in [&operation.request, &operation.response].into_iter().flatten() {
                names.extend(
                    bundle.schemas()[schema]["properties"]
                        .as_object()
                        .into_iter()
                        .flat_map(|p| p.keys())
                        .map(String::as_str),
                );
            }
            for name in names {
                assert!(
                    section.contains(&format!("<code class=\"name\">{name}</code>")),
                    "{id}: {name}"
                );
            }
            for source in &operation.sources {
                assert!(section.contains(&format!(">{source}<")), "{id}: {source}");
            }
            let sent =
                if operation.idempotent { "It may be sent twice" } else { "It is sent once" };
            assert!(section.contains(sent), "{id}");
        }
    }
    for code in bundle.error_codes() {
        assert!(index.contains(code["code"].as_str().unwrap()), "{code}");
    }
}

//! Where the configuration comes from, and that fetching it is shared by all calls.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::{Server, json};
use dli_ext::{Builder, Credential, Dli};

const CONNECTION: &str = r#"{"id":"c1","status":"ACTIVE"}"#;

fn bare(variables: &[(&str, &str)]) -> Builder {
    Dli::builder().environment(variables.iter().copied()).home("/nonexistent").no_proxy()
}

#[tokio::test]
async fn the_environment_gives_everything() {
    let server = Server::start(|request| {
        assert!(request.header("authorization").contains("Access=ENVAK"));
        assert_eq!(request.header("x-security-token"), "env-token");
        assert!(request.path.contains("/envproject/"));
        json(200, CONNECTION)
    })
    .await;
    let dli = bare(&[
        ("HUAWEICLOUD_SDK_AK", "ENVAK"),
        ("HUAWEICLOUD_SDK_SK", "env-secret"),
        ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "env-token"),
        ("HUAWEICLOUD_SDK_PROJECT_ID", "envproject"),
        ("HUAWEICLOUD_SDK_REGION_DLI_CN_NORTH_4", &server.url()),
    ])
    .build()
    .unwrap();
    assert_eq!(dli.config().region(), Some("cn-north-4"));
    dli.enhanced_connections().show("c1").await.unwrap();
    let explained = dli.explain().await.to_string();
    for part in ["HUAWEICLOUD_SDK_REGION_DLI_CN_NORTH_4", "HUAWEICLOUD_SDK_AK", "ENVAK"] {
        assert!(explained.contains(part), "{explained}");
    }
    assert!(!explained.contains("env-secret") && !explained.contains("env-token"), "{explained}");
}

#[tokio::test]
async fn files_of_the_vendor_and_profiles_of_our_own_are_read() {
    let home = tempfile::tempdir().unwrap();
    let vendor = home.path().join(".huaweicloud");
    std::fs::create_dir_all(&vendor).unwrap();
    std::fs::create_dir_all(home.path().join(".dli")).unwrap();
    std::fs::write(
        vendor.join("regions.yaml"),
        "DLI:\n  - id: private-1\n    endpoints:\n      - https://dli.private.example\n",
    )
    .unwrap();
    std::fs::write(
        home.path().join(".dli/profiles"),
        "[default]\nproject_id = default-project\n[staging]\nregion = private-1\nproject_id = p9\nak = STAGEAK\nsk = stage-secret\n",
    )
    .unwrap();
    let builder = |variables: &[(&str, &str)]| bare(variables).home(home.path());

    let dli = builder(&[]).profile("staging").build().unwrap();
    assert_eq!(dli.config().endpoint(), "https://dli.private.example");
    let explained = dli.explain().await;
    assert!(
        explained
            .get("endpoint")
            .unwrap()
            .origin
            .as_ref()
            .unwrap()
            .to_string()
            .contains("regions.yaml")
    );
    assert!(explained.get("project_id").unwrap().value == "p9");
    assert!(explained.get("credentials").unwrap().value.contains("STAGEAK"));

    std::fs::write(
        vendor.join("credentials"),
        "[basic]\nak = FILEAK\nsk = file-secret\nproject_id = p7\n",
    )
    .unwrap();
    let dli = builder(&[]).region("cn-north-4").build().unwrap();
    let explained = dli.explain().await;
    assert!(explained.get("credentials").unwrap().value.contains("FILEAK"), "{explained}");
    assert_eq!(explained.get("project_id").unwrap().value, "p7");

    let dli = builder(&[("HUAWEICLOUD_SDK_AK", "E"), ("HUAWEICLOUD_SDK_SK", "s")])
        .region("cn-north-4")
        .build()
        .unwrap();
    assert!(dli.explain().await.get("credentials").unwrap().value.ends_with(" E"));
}

#[tokio::test]
async fn a_profile_is_written_in_any_way_that_the_vendors_file_is() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".dli")).unwrap();
    let text = "\u{feff}[staging]\nRegion: eu-de\nendpoint: https://dli.example.com:8443\nPROJECT_ID = p9\nAK: STAGEAK\nsk: stage-secret\n";
    std::fs::write(home.path().join(".dli/profiles"), text).unwrap();
    let dli = bare(&[]).home(home.path()).profile("staging").build().unwrap();
    assert_eq!(dli.config().region(), Some("eu-de"));
    assert_eq!(dli.config().endpoint(), "https://dli.example.com:8443");
    let explained = dli.explain().await;
    assert_eq!(explained.get("project_id").unwrap().value, "p9");
    assert!(explained.get("credentials").unwrap().value.contains("STAGEAK"), "{explained}");
}

#[tokio::test]
async fn a_named_profile_goes_before_the_environment_and_the_usual_one_after_it() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".dli")).unwrap();
    let section = |name: &str| {
        format!(
            "[{name}]\nregion = of-{name}\nendpoint = https://dli.{name}.example\n\
             iam_endpoint = https://iam.{name}.example\nproject_id = of-{name}\n"
        )
    };
    let text = section("default") + &section("staging");
    std::fs::write(home.path().join(".dli/profiles"), text).unwrap();
    let variables = [
        ("HUAWEICLOUD_SDK_REGION", "of-env"),
        ("HUAWEICLOUD_SDK_REGION_DLI_OF_ENV", "https://dli.env.example"),
        ("HUAWEICLOUD_SDK_IAM_ENDPOINT", "https://iam.env.example"),
        ("HUAWEICLOUD_SDK_PROJECT_ID", "of-env"),
    ];
    let of = |builder: Builder, origin: &str| {
        let dli = builder.home(home.path()).access_key("AK", "sk").build().unwrap();
        let explained = dli.config().explain();
        for (name, value) in [
            ("region", format!("of-{origin}")),
            ("endpoint", format!("https://dli.{origin}.example")),
            ("iam_endpoint", format!("https://iam.{origin}.example")),
            ("project_id", format!("of-{origin}")),
        ] {
            assert_eq!(explained.get(name).unwrap().value, value, "{name}");
        }
    };
    of(bare(&variables).profile("staging"), "staging");
    of(bare(&variables), "env");
    of(bare(&[]), "default");
}

#[tokio::test]
async fn the_addresses_of_a_profile_are_not_taken_for_another_region() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".dli")).unwrap();
    let addresses = "endpoint = https://dli.example.com\niam_endpoint = https://iam.example.com\n";
    let text = format!("[default]\nregion = eu-de\n{addresses}[any]\n{addresses}");
    std::fs::write(home.path().join(".dli/profiles"), text).unwrap();
    let domain = |builder: Builder| {
        let dli = builder.home(home.path()).access_key("AK", "sk").build().unwrap();
        let domain = dli.config().endpoint().strip_prefix("https://dli.").unwrap();
        assert_eq!(dli.config().iam_endpoint().strip_prefix("https://iam."), Some(domain));
        domain.to_owned()
    };
    let elsewhere = "cn-north-4.myhuaweicloud.com";
    assert_eq!(domain(bare(&[])), "example.com");
    assert_eq!(domain(bare(&[]).region("eu-de")), "example.com");
    assert_eq!(domain(bare(&[]).region("cn-north-4")), elsewhere);
    assert_eq!(domain(bare(&[("HUAWEICLOUD_SDK_REGION", "cn-north-4")])), elsewhere);
    assert_eq!(domain(bare(&[]).profile("default").region("cn-north-4")), elsewhere);
    assert_eq!(domain(bare(&[]).profile("any").region("cn-north-4")), "example.com");
}

#[tokio::test]
async fn the_project_of_a_profile_is_not_taken_for_another_region() {
    let server = Server::start(|request| match request.path.as_str() {
        "/v3/projects" => {
            let projects = match request.query("name").as_str() {
                // The project of another region has no say in which one is looked for.
                "cn-north-4" if request.header("x-project-id").is_empty() => {
                    r#"[{"id":"found","name":"cn-north-4"}]"#
                }
                _ => "[]",
            };
            json(200, &format!(r#"{{"projects":{projects}}}"#))
        }
        _ => json(200, &format!(r#"{{"sent":"{}"}}"#, request.header("x-project-id"))),
    })
    .await;
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".dli")).unwrap();
    std::fs::create_dir_all(home.path().join(".huaweicloud")).unwrap();
    let text = "[default]\nregion = eu-de\nproject_id = of-eu-de\nak = AK\nsk = sk\n\
                [any]\nproject_id = of-any\nak = AK\nsk = sk\n";
    std::fs::write(home.path().join(".dli/profiles"), text).unwrap();
    let of = |variables: &[(&str, &str)]| {
        bare(variables).home(home.path()).endpoint(server.url()).iam_endpoint(server.url())
    };
    let project = async |builder: Builder| {
        let dli = builder.build().unwrap();
        dli.project_id().await.map(|id| id.to_string())
    };
    let elsewhere = [("HUAWEICLOUD_SDK_REGION", "cn-north-4")];
    let with_project = [elsewhere[0], ("HUAWEICLOUD_SDK_PROJECT_ID", "of-eu-de")];

    assert_eq!(project(of(&[])).await.unwrap(), "of-eu-de");
    assert_eq!(project(of(&[]).region("eu-de")).await.unwrap(), "of-eu-de");
    assert_eq!(project(of(&[]).region("cn-north-4")).await.unwrap(), "found");
    assert_eq!(project(of(&elsewhere)).await.unwrap(), "found");
    assert_eq!(project(of(&elsewhere).profile("default")).await.unwrap(), "of-eu-de");
    assert_eq!(project(of(&[]).profile("default").region("cn-north-4")).await.unwrap(), "found");
    assert_eq!(project(of(&[]).profile("any").region("cn-north-4")).await.unwrap(), "of-any");
    // What is said outright always counts.
    let said = of(&[]).region("cn-north-4").project_id("of-eu-de");
    assert_eq!(project(said).await.unwrap(), "of-eu-de");
    assert_eq!(project(of(&with_project)).await.unwrap(), "of-eu-de");

    // A request that names no project says the one of the keys, unless that is of another region.
    for (region, sent) in [("eu-de", "of-eu-de"), ("cn-north-4", "")] {
        for builder in [of(&[]), of(&[]).profile("default")] {
            let dli = builder.region(region).build().unwrap();
            let reply = dli.request(http::Method::GET, "/v1.0/any").send().await.unwrap();
            assert_eq!(reply["sent"], sent, "{region}");
        }
    }

    let error = project(of(&[]).region("cn-north-1")).await.unwrap_err();
    assert!(error.is_configuration(), "{error}");
    let said = error.to_string();
    for part in ["for cn-north-1", "[default]", "has one of eu-de", "Builder::project_id"] {
        assert!(said.contains(part), "{said}");
    }

    // The vendor's file does not say of which region its project is; a profile may.
    let credentials = home.path().join(".huaweicloud/credentials");
    for (id, used) in [("of-eu-de", "found"), ("another", "another")] {
        std::fs::write(&credentials, format!("[basic]\nak = A\nsk = s\nproject_id = {id}\n"))
            .unwrap();
        assert_eq!(project(of(&[])).await.unwrap(), id);
        assert_eq!(project(of(&[]).region("cn-north-4")).await.unwrap(), used);
    }
}

#[tokio::test]
async fn a_broken_source_does_not_stop_the_chain_and_the_error_lists_all() {
    let metadata = Server::start(|_| json(500, "{}")).await;
    let dli = bare(&[("HUAWEICLOUD_SDK_AK", "half")])
        .metadata_endpoint(metadata.url())
        .region("cn-north-4")
        .project_id("p1")
        .build()
        .unwrap();
    let error = dli.enhanced_connections().show("c1").await.unwrap_err();
    assert!(error.is_unauthenticated(), "{error:?}");
    assert_eq!(error.operation(), Some("show_enhanced_connection"));
    let shown = error.to_string();
    for part in ["HUAWEICLOUD_SDK_SK", "instance metadata", "container identity", "vendor's file"] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[tokio::test]
async fn a_project_is_looked_up_once_for_all_calls() {
    let lookups = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&lookups);
    let server = Server::start(move |request| match request.path.as_str() {
        "/v3/projects" => {
            counted.fetch_add(1, Ordering::SeqCst);
            assert_eq!(request.query("name"), "cn-north-4");
            assert!(request.header("authorization").contains("Access=AK"));
            json(200, r#"{"projects":[{"id":"found","name":"cn-north-4"}]}"#)
        }
        path => {
            assert!(path.contains("/found/"), "{path}");
            json(200, CONNECTION)
        }
    })
    .await;
    let dli = bare(&[])
        .region("cn-north-4")
        .endpoint(server.url())
        .iam_endpoint(server.url())
        .access_key("AK", "SK")
        .build()
        .unwrap();
    let calls = (0..50).map(|_| {
        let dli = dli.clone();
        async move { dli.enhanced_connections().show("c1").await.map(drop) }
    });
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!(lookups.load(Ordering::SeqCst), 1);
    assert_eq!(dli.config().explain().get("project_id").unwrap().value, "found");
}

#[tokio::test]
async fn no_project_says_how_to_give_one() {
    let server = Server::start(|_| json(200, r#"{"projects":[]}"#)).await;
    let dli = bare(&[])
        .region("cn-north-4")
        .iam_endpoint(server.url())
        .access_key("AK", "SK")
        .build()
        .unwrap();
    let error = dli.enhanced_connections().show("c1").await.unwrap_err();
    assert!(error.to_string().contains("Builder::project_id"), "{error}");
    assert_eq!(error.operation(), Some("show_enhanced_connection"));
}

const TEMPORARY: &str = r#"{"credential":{"access":"TEMPAK","secret":"sk","securitytoken":"st","expires_at":"2099-01-01T00:00:00.000000Z"}}"#;

/// An identity service that trades identity tokens for keys, and the service itself.
async fn identity_service() -> Server {
    Server::start(|request| match request.path.as_str() {
        "/v5/agencies/assume-with-oidc" | "/v3.0/OS-CREDENTIAL/securitytokens" => {
            json(200, TEMPORARY)
        }
        "/v3.0/OS-AUTH/id-token/tokens" => json(201, "{}").header("x-subject-token", "unscoped"),
        _ => {
            assert!(request.header("authorization").contains("Access=TEMPAK"));
            json(200, CONNECTION)
        }
    })
    .await
}

#[tokio::test]
async fn the_configured_identity_service_is_the_one_that_trades_identity_tokens() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join(".huaweicloud")).unwrap();
    let token = home.path().join("token");
    std::fs::write(&token, "id-token").unwrap();
    let token = token.to_str().unwrap();
    let file = format!("[basic]\nidp_id = idp\nid_token_file = {token}\n");
    let oidc = [
        ("HUAWEICLOUD_OIDC_PROVIDER_URN", "urn:p"),
        ("HUAWEICLOUD_OIDC_AGENCY_URN", "urn:a"),
        ("HUAWEICLOUD_OIDC_ID_TOKEN", "id-token"),
    ];
    let federated = [("HUAWEICLOUD_SDK_IDP_ID", "idp"), ("HUAWEICLOUD_SDK_ID_TOKEN_FILE", token)];
    let by_file: [(&str, &str); 0] = [];
    for (variables, requests) in [(&oidc[..], 2), (&federated, 3), (&by_file, 3)] {
        let credentials = home.path().join(".huaweicloud/credentials");
        match variables {
            [] => std::fs::write(credentials, &file).unwrap(),
            _ => drop(std::fs::remove_file(credentials)),
        }
        let server = identity_service().await;
        let of = |builder: Builder| {
            builder.home(home.path()).region("cn-north-4").endpoint(server.url()).project_id("p1")
        };
        let dli = of(bare(variables)).iam_endpoint(server.url()).build().unwrap();
        dli.enhanced_connections().show("c1").await.unwrap();
        assert_eq!(server.requests(), requests, "{variables:?}");

        // What the builder says goes before the environment.
        let url = server.url();
        let mut variables = variables.to_vec();
        variables.push(("HUAWEICLOUD_SDK_IAM_ENDPOINT", "http://iam.example.com"));
        let dli = of(bare(&variables)).iam_endpoint(&url).build().unwrap();
        dli.enhanced_connections().show("c1").await.unwrap();
        assert_eq!(server.requests(), 2 * requests, "{variables:?}");
    }
}

#[tokio::test]
async fn the_security_token_service_is_beside_the_identity_service_unless_a_variable_names_it() {
    let oidc = [
        ("HUAWEICLOUD_OIDC_PROVIDER_URN", "urn:p"),
        ("HUAWEICLOUD_OIDC_AGENCY_URN", "urn:a"),
        ("HUAWEICLOUD_OIDC_ID_TOKEN", "id-token"),
    ];
    let metadata = Server::start(|_| json(500, "{}")).await;
    let of = |variables: &[(&str, &str)]| {
        let builder = bare(variables).metadata_endpoint(metadata.url()).project_id("p1");
        builder.endpoint("http://127.0.0.1:1").iam_endpoint("http://iam.example.com")
    };
    // Nothing is sent in the clear, and the refusal names where it would have gone.
    let dli = of(&oidc).build().unwrap();
    let error = dli.enhanced_connections().show("c1").await.unwrap_err().to_string();
    assert!(error.contains("OIDC") && error.contains("\"http://sts.example.com\""), "{error}");

    let server = identity_service().await;
    let url = server.url();
    let named = [&oidc[..], &[("HUAWEICLOUD_SDK_STS_ENDPOINT", &url)]].concat();
    let dli = of(&named).endpoint(&url).build().unwrap();
    dli.enhanced_connections().show("c1").await.unwrap();
    assert_eq!(server.requests(), 2);
}

/// Gives temporary keys that it asks a server for.
#[derive(Debug, Clone)]
struct Slow {
    asked: Arc<AtomicUsize>,
}

impl dli_ext::sign::reqsign_core::ProvideCredential for Slow {
    type Credential = Credential;

    async fn provide_credential(
        &self,
        _: &dli_ext::sign::reqsign_core::Context,
    ) -> dli_ext::sign::reqsign_core::Result<Option<Credential>> {
        let nth = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
        let end = jiff::Timestamp::now() + Duration::from_secs(3600);
        Ok(Some(Credential::new(format!("AK{nth}"), "sk").with_expiry(end)))
    }
}

#[tokio::test]
async fn two_hundred_calls_fetch_credentials_once() {
    let server = Server::start(|_| json(200, CONNECTION)).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let provider = Slow { asked: Arc::clone(&asked) };
    let dli = server.builder().credential_provider(provider).build().unwrap();
    let calls = (0..200).map(|_| {
        let dli = dli.clone();
        tokio::spawn(async move { dli.enhanced_connections().show("c1").await.map(drop) })
    });
    for outcome in futures_util::future::join_all(calls.collect::<Vec<_>>()).await {
        outcome.unwrap().unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn refused_credentials_are_fetched_again_once_for_all_calls() {
    let server = Server::start(|request| {
        if request.header("authorization").contains("Access=AK1,") {
            return json(401, r#"{"error_code":"APIGW.0301","error_msg":"expired"}"#);
        }
        json(200, CONNECTION)
    })
    .await;
    let asked = Arc::new(AtomicUsize::new(0));
    let provider = Slow { asked: Arc::clone(&asked) };
    let dli = server.builder().credential_provider(provider).build().unwrap();
    let calls = (0..200).map(|_| {
        let dli = dli.clone();
        tokio::spawn(async move { dli.enhanced_connections().show("c1").await.map(drop) })
    });
    for outcome in futures_util::future::join_all(calls.collect::<Vec<_>>()).await {
        outcome.unwrap().unwrap();
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "once at first, once after the refusal");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_calls_on_a_hanging_metadata_service_end_within_one_bound() {
    // Accepts connections and never says anything.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let accepting = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            held.push(stream);
        }
    });
    let dli = bare(&[])
        .metadata_endpoint(format!("http://{address}"))
        .credential_timeout(Duration::from_secs(2))
        .region("cn-north-4")
        .project_id("p1")
        .build()
        .unwrap();
    let started = Instant::now();
    let calls = (0..200).map(|_| {
        let dli = dli.clone();
        tokio::spawn(async move { dli.enhanced_connections().show("c1").await.map(drop) })
    });
    for outcome in futures_util::future::join_all(calls.collect::<Vec<_>>()).await {
        let error = outcome.unwrap().unwrap_err();
        assert!(error.is_unauthenticated());
        assert!(
            error.to_string().contains("metadata") || error.to_string().contains("within"),
            "{error}"
        );
    }
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    accepting.abort();
}

#[tokio::test]
async fn a_password_login_gives_a_token_and_the_project() {
    let server = Server::start(|request| match request.path.as_str() {
        "/v3/auth/tokens" => {
            let body = String::from_utf8(request.body).unwrap();
            assert!(body.contains("my-password") && body.contains("cn-north-4"));
            json(
                201,
                r#"{"token":{"expires_at":"2099-01-01T00:00:00.000000Z","project":{"id":"p5","name":"cn-north-4"}}}"#,
            )
            .header("x-subject-token", "the-iam-token")
        }
        path => {
            assert!(path.contains("/p5/"), "{path}");
            assert_eq!(request.header("x-auth-token"), "the-iam-token");
            assert_eq!(request.header("authorization"), "");
            json(200, CONNECTION)
        }
    })
    .await;
    let dli = bare(&[])
        .region("cn-north-4")
        .endpoint(server.url())
        .iam_endpoint(server.url())
        .password_login("acme", "jane", "my-password")
        .build()
        .unwrap();
    dli.enhanced_connections().show("c1").await.unwrap();
    dli.enhanced_connections().show("c1").await.unwrap();
    assert_eq!(server.requests(), 3);
    let shown = format!("{dli:?}");
    assert!(!shown.contains("the-iam-token") && !shown.contains("my-password"), "{shown}");
}

//! The providers, on a machine in memory.

mod world;

use std::time::Duration;

use dli_sign::provide::{
    Chain, ChainError, ContainerProvider, EnvProvider, FederatedProvider, IamPasswordProvider,
    MetadataProvider, OidcProvider, ProfileProvider, StaticProvider,
};
use dli_sign::reqsign_core::{Error, ErrorKind, ProvideCredential, Result};
use dli_sign::{Credential, CredentialCache};
use world::{Answer, Sent, World};

const KEYS: &str = r#"{"credential":{"access":"AKTEMP","secret":"SKTEMP","securitytoken":"STTEMP","expires_at":"2099-01-02T03:04:05.000000Z"}}"#;
const METADATA_TOKEN: &str = "PUT http://169.254.169.254/meta-data/latest/api/token";
const METADATA_KEYS: &str = "GET http://169.254.169.254/openstack/latest/securitykey";

async fn ask<P: ProvideCredential>(provider: P, world: World) -> Result<Option<P::Credential>> {
    ask_and_see(provider, world).await.0
}

async fn ask_and_see<P: ProvideCredential>(
    provider: P,
    world: World,
) -> (Result<Option<P::Credential>>, Sent) {
    let (context, sent) = world.context();
    (provider.provide_credential(&context).await, sent)
}

fn assert_temporary(credential: &Credential) {
    assert_eq!(credential.access_key(), "AKTEMP");
    assert_eq!(credential.secret_key(), "SKTEMP");
    assert_eq!(credential.security_token(), Some("STTEMP"));
    let end = "2099-01-02T03:04:05Z".parse().unwrap();
    assert_eq!(credential.expires_at(), Some(end));
}

/// All that an error prints, to look for what it must not print.
fn printed(error: &Error) -> String {
    format!("{error} {error:?}")
}

// ---- environment -------------------------------------------------------------------------------

#[tokio::test]
async fn the_environment_gives_keys_token_project_and_account() {
    let world = World::new()
        .var("HUAWEICLOUD_SDK_AK", "AK")
        .var("HUAWEICLOUD_SDK_SK", " SK\n")
        .var("HUAWEICLOUD_SDK_SECURITY_TOKEN", "ST")
        .var("HUAWEICLOUD_SDK_PROJECT_ID", "p0")
        .var("HUAWEICLOUD_SDK_DOMAIN_ID", "d0");
    let credential = ask(EnvProvider::new(), world).await.unwrap().unwrap();
    assert_eq!(credential.access_key(), "AK");
    assert_eq!(credential.secret_key(), "SK");
    assert_eq!(credential.security_token(), Some("ST"));
    assert_eq!(credential.project_id(), Some("p0"));
    assert_eq!(credential.domain_id(), Some("d0"));
    assert_eq!(credential.expires_at(), None);
}

#[tokio::test]
async fn half_an_environment_is_an_error_that_names_the_other_half() {
    assert!(ask(EnvProvider::new(), World::new()).await.unwrap().is_none());
    for (set, missing) in
        [("HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"), ("HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_AK")]
    {
        let world = World::new().var(set, "hidden").var(missing, "");
        let error = ask(EnvProvider::new(), world).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{set} is set but {missing} is not; set both, or neither")
        );
        assert!(!printed(&error).contains("hidden"));
    }
}

// ---- profile file ------------------------------------------------------------------------------

#[tokio::test]
async fn the_profile_file_is_the_usual_one_or_the_one_the_environment_names() {
    let file = "[basic]\nak = AK\nsk = SK\nsecurity_token = ST\nproject_id = p0\ndomain_id = d0\n";
    let usual = World::new().file("/home/me/.huaweicloud/credentials", file);
    let named =
        World::new().file("/etc/keys", file).var("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/etc/keys");
    for world in [usual, named] {
        let credential = ask(ProfileProvider::new(), world).await.unwrap().unwrap();
        assert_eq!(credential.access_key(), "AK");
        assert_eq!(credential.secret_key(), "SK");
        assert_eq!(credential.security_token(), Some("ST"));
        assert_eq!(credential.project_id(), Some("p0"));
        assert_eq!(credential.domain_id(), Some("d0"));
    }
}

#[tokio::test]
async fn the_section_is_basic_or_else_basiccredentials_or_the_one_asked_for() {
    let file = "[other]\nak=3\nsk=s\n[basiccredentials]\nak=2\nsk=s\n";
    let both = format!("{file}[basic]\nak=1\nsk=s\n");
    for (text, provider, expected) in [
        (both.as_str(), ProfileProvider::new(), "1"),
        (file, ProfileProvider::new(), "2"),
        (file, ProfileProvider::new().section("other"), "3"),
    ] {
        let world = World::new().file("/f", text);
        let credential = ask(provider.path("/f"), world).await.unwrap().unwrap();
        assert_eq!(credential.access_key(), expected);
    }
}

#[tokio::test]
async fn only_a_file_that_nobody_named_may_be_missing() {
    assert!(ask(ProfileProvider::new(), World::new()).await.unwrap().is_none());
    let named = World::new().var("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/etc/keys");
    let error = ask(ProfileProvider::new(), named).await.unwrap_err();
    assert!(error.to_string().contains("\"/etc/keys\" cannot be read"), "{error}");
    let error = ask(ProfileProvider::new().path("~/keys"), World::new()).await;
    assert!(error.unwrap_err().to_string().contains("/home/me/keys"));
}

#[tokio::test]
async fn a_profile_file_without_the_section_or_a_key_says_what_to_add() {
    for (text, expected) in [
        ("[global]\nak=1\nsk=hidden\n", "no section [basic] or [basiccredentials]"),
        ("[basic]\nsk=hidden\n", "without ak or sk"),
        ("[basic]\nak=1\nsk=\n", "without ak or sk"),
    ] {
        let world = World::new().file("/f", text);
        let error = ask(ProfileProvider::new().path("/f"), world).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid);
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!printed(&error).contains("hidden"));
    }
}

// ---- metadata ----------------------------------------------------------------------------------

#[tokio::test]
async fn the_metadata_service_is_asked_with_a_session_token() {
    let world =
        World::new().var("HUAWEICLOUD_SDK_PROJECT_ID", "p0").service(|request| {
            match request.method().as_str() {
                "PUT" => Answer::With(200, &[], "session"),
                _ => Answer::With(200, &[], KEYS),
            }
        });
    let (credential, sent) = ask_and_see(MetadataProvider::new(), world).await;
    let credential = credential.unwrap().unwrap();
    assert_temporary(&credential);
    assert_eq!(credential.project_id(), Some("p0"));
    assert_eq!(sent.lines(), [METADATA_TOKEN, METADATA_KEYS]);
    assert_eq!(sent.header(0, "x-metadata-token-ttl-seconds").unwrap(), "21600");
    assert_eq!(sent.header(1, "x-metadata-token").unwrap(), "session");
}

#[tokio::test]
async fn an_old_metadata_service_is_asked_without_a_session_token() {
    for status in [404, 405, 503] {
        let world = World::new().service(move |request| match request.method().as_str() {
            "PUT" => Answer::With(status, &[], ""),
            _ => Answer::With(200, &[], KEYS),
        });
        let (credential, sent) = ask_and_see(MetadataProvider::new(), world).await;
        assert_temporary(&credential.unwrap().unwrap());
        assert_eq!(sent.header(1, "x-metadata-token"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn the_metadata_service_has_three_seconds_a_call() {
    for hangs_at in ["PUT", "GET"] {
        let world = World::new().service(move |request| {
            if request.method() == hangs_at {
                Answer::Hang
            } else {
                Answer::With(200, &[], "session")
            }
        });
        let start = tokio::time::Instant::now();
        let error = ask(MetadataProvider::new(), world).await.unwrap_err();
        assert_eq!(start.elapsed().as_secs(), 3);
        assert!(error.is_retryable());
        assert!(error.to_string().contains("no answer within 3s"), "{error}");
    }
}

#[tokio::test]
async fn a_server_without_an_agency_is_told_to_get_one() {
    let world = World::new().service(|request| match request.method().as_str() {
        "PUT" => Answer::With(200, &[], "session"),
        _ => Answer::With(401, &[], "Please configure Cloud Service Agency first, session"),
    });
    let error = ask(MetadataProvider::new(), world).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "asking the server's metadata for a key pair: the call for the key pair answered 401 \
         Unauthorized (Please configure Cloud Service Agency first, ***); bind an agency with \
         access to the service to this server"
    );
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

// ---- pod identity ------------------------------------------------------------------------------

fn pod() -> World {
    World::new()
        .var("HC_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:8088/keys")
        .var("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/var/run/token")
}

#[tokio::test]
async fn a_pod_posts_the_token_of_its_file() {
    let world =
        pod().file("/var/run/token", "pod-token\n").service(|_| Answer::With(200, &[], KEYS));
    let (credential, sent) = ask_and_see(ContainerProvider::new(), world).await;
    assert_temporary(&credential.unwrap().unwrap());
    assert_eq!(sent.lines(), ["POST http://127.0.0.1:8088/keys"]);
    assert_eq!(sent.header(0, "authorization").unwrap(), "pod-token");
    assert_eq!(sent.json(0), serde_json::json!({}));
}

#[tokio::test]
async fn the_token_of_a_pod_goes_in_the_clear_to_its_own_node_only() {
    let at = |address: &str| {
        World::new()
            .var("HC_CONTAINER_CREDENTIALS_FULL_URI", address)
            .var("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/var/run/token")
            .file("/var/run/token", "pod-token")
            .service(|_| Answer::With(200, &[], KEYS))
    };
    for good in [
        "https://keys.example.com/v1",
        "http://127.0.0.1:8088/keys",
        "http://127.9.9.9/keys",
        "http://[::1]:8088/keys",
        "http://localhost/keys",
        "http://LOCALHOST:8088/keys",
        "http://169.254.169.254/keys",
        "http://169.254.170.2/keys",
        "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::23]/v1/credentials",
    ] {
        let (result, sent) = ask_and_see(ContainerProvider::new(), at(good)).await;
        assert_temporary(&result.unwrap().unwrap());
        assert_eq!(sent.lines().len(), 1, "{good}");
    }
    for bad in [
        "http://keys.example.com/v1",
        "http://192.168.0.7/keys",
        "http://169.254.170.3/keys",
        "http://[fd00:ec2::24]/keys",
        "http://[fe80::1]/keys",
        "http://0.0.0.0/keys",
        "http://127.0.0.1.example.com/keys",
        "http://127.0.0.1@keys.example.com/keys",
        "http://localhost.example.com/keys",
        "ftp://127.0.0.1/keys",
        "/keys",
    ] {
        let (result, sent) = ask_and_see(ContainerProvider::new(), at(bad)).await;
        let error = result.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{bad}");
        let text = error.to_string();
        assert!(text.contains(bad) && text.contains("use an https address"), "{text}");
        assert!(sent.lines().is_empty(), "{bad}");
        assert!(!printed(&error).contains("pod-token"), "{bad}");
    }
}

#[tokio::test]
async fn a_pod_that_is_half_set_up_says_what_is_missing() {
    let none = ask(ContainerProvider::new(), World::new()).await;
    assert!(none.unwrap().is_none());
    let half = World::new().var("HC_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1/");
    let error = ask(ContainerProvider::new(), half).await.unwrap_err();
    assert!(error.to_string().contains("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE is not"), "{error}");
    let error = ask(ContainerProvider::new(), pod()).await.unwrap_err();
    assert!(error.to_string().contains("\"/var/run/token\" cannot be read"), "{error}");
    let empty = pod().file("/var/run/token", "\n");
    let error = ask(ContainerProvider::new(), empty).await.unwrap_err();
    assert!(error.to_string().contains("is empty"), "{error}");
}

#[tokio::test]
async fn a_refused_pod_does_not_print_its_token() {
    let world = pod().file("/var/run/token", "pod-token").service(|_| {
        Answer::With(403, &[], r#"{"error_code":"X.1","error_msg":"pod-token is bad"}"#)
    });
    let error = ask(ContainerProvider::new(), world).await.unwrap_err();
    assert!(error.to_string().contains("403 Forbidden (X.1: *** is bad)"), "{error}");
    assert!(!printed(&error).contains("pod-token"));
}

// ---- OIDC --------------------------------------------------------------------------------------

#[tokio::test]
async fn an_identity_token_is_traded_for_a_key_pair() {
    let world = World::new()
        .var("HUAWEICLOUD_OIDC_PROVIDER_URN", "urn:p")
        .var("HUAWEICLOUD_OIDC_AGENCY_URN", "urn:a")
        .var("HUAWEICLOUD_OIDC_TOKEN_FILE", "/token")
        .var("HUAWEICLOUD_OIDC_POLICY_IDS", "a, b,")
        .var("HUAWEICLOUD_OIDC_DURATION_SECONDS", "900")
        .file("/token", "id-token\n")
        .service(|_| Answer::With(200, &[], KEYS));
    let (credential, sent) = ask_and_see(OidcProvider::new(), world).await;
    assert_temporary(&credential.unwrap().unwrap());
    let address = "POST https://sts.cn-north-4.myhuaweicloud.com/v5/agencies/assume-with-oidc";
    assert_eq!(sent.lines(), [address]);
    let expected = serde_json::json!({
        "provider_urn": "urn:p",
        "agency_urn": "urn:a",
        "agency_session_name": "oidc-sts-session",
        "id_token": "id-token",
        "duration_seconds": 900,
        "policy_ids": ["a", "b"],
    });
    assert_eq!(sent.json(0), expected);
}

#[tokio::test]
async fn an_identity_token_never_travels_in_the_clear() {
    let world = World::new()
        .var("HUAWEICLOUD_OIDC_PROVIDER_URN", "urn:p")
        .var("HUAWEICLOUD_OIDC_AGENCY_URN", "urn:a")
        .var("HUAWEICLOUD_OIDC_ID_TOKEN", "id-token")
        .var("HUAWEICLOUD_SDK_STS_ENDPOINT", "http://sts.example.com")
        .service(|_| Answer::With(200, &[], KEYS));
    let (result, sent) = ask_and_see(OidcProvider::new(), world).await;
    let error = result.unwrap_err();
    assert!(error.to_string().contains("use an https address"), "{error}");
    assert!(sent.lines().is_empty());
}

#[tokio::test]
async fn oidc_that_is_half_set_up_says_what_is_missing() {
    assert!(ask(OidcProvider::new(), World::new()).await.unwrap().is_none());
    let world = || World::new().var("HUAWEICLOUD_OIDC_PROVIDER_URN", "urn:p");
    let agency = || world().var("HUAWEICLOUD_OIDC_AGENCY_URN", "urn:a");
    for (world, expected) in [
        (world(), "HUAWEICLOUD_OIDC_AGENCY_URN is not set"),
        (agency(), "HUAWEICLOUD_OIDC_ID_TOKEN or …_TOKEN_FILE is not set"),
        (
            agency()
                .var("HUAWEICLOUD_OIDC_ID_TOKEN", "t")
                .var("HUAWEICLOUD_OIDC_DURATION_SECONDS", "long"),
            "write a number of seconds",
        ),
    ] {
        let error = ask(OidcProvider::new(), world).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

// ---- federated user ----------------------------------------------------------------------------

fn identity_service(world: World) -> World {
    world.file("/token", "id-token\n").service(|request| {
        if request.uri().path() == "/v3.0/OS-AUTH/id-token/tokens" {
            Answer::With(201, &[("x-subject-token", "unscoped")], "{}")
        } else {
            Answer::With(201, &[], KEYS)
        }
    })
}

#[tokio::test]
async fn a_federated_user_gets_a_key_pair_in_two_calls_by_environment_or_profile() {
    let env = World::new()
        .var("HUAWEICLOUD_SDK_IDP_ID", "idp")
        .var("HUAWEICLOUD_SDK_ID_TOKEN_FILE", "/token")
        .var("HUAWEICLOUD_SDK_IAM_ENDPOINT", "https://iam.example.com");
    let file =
        "[basic]\nidp_id = idp\nid_token_file = /token\niam_endpoint = https://iam.example.com\n";
    let profile = World::new().file("/home/me/.huaweicloud/credentials", file);
    let by_env = ask_and_see(FederatedProvider::new(), identity_service(env)).await;
    let by_profile = ask_and_see(ProfileProvider::new(), identity_service(profile)).await;
    for (credential, sent) in [by_env, by_profile] {
        assert_temporary(&credential.unwrap().unwrap());
        let calls = [
            "POST https://iam.example.com/v3.0/OS-AUTH/id-token/tokens",
            "POST https://iam.example.com/v3.0/OS-CREDENTIAL/securitytokens",
        ];
        assert_eq!(sent.lines(), calls);
        assert_eq!(sent.header(0, "x-idp-id").unwrap(), "idp");
        assert_eq!(sent.json(0)["auth"]["id_token"]["id"], "id-token");
        let token = &sent.json(1)["auth"]["identity"]["token"];
        assert_eq!(*token, serde_json::json!({"id": "unscoped", "duration_seconds": 21600}));
    }
}

#[tokio::test]
async fn a_federated_user_that_is_half_set_up_says_what_is_missing() {
    assert!(ask(FederatedProvider::new(), World::new()).await.unwrap().is_none());
    let half = World::new().var("HUAWEICLOUD_SDK_IDP_ID", "idp");
    let error = ask(FederatedProvider::new(), half).await.unwrap_err();
    assert!(error.to_string().contains("HUAWEICLOUD_SDK_ID_TOKEN_FILE is not"), "{error}");
}

// ---- identity service --------------------------------------------------------------------------

fn login() -> IamPasswordProvider {
    IamPasswordProvider::new("https://iam.example.com/", "account", "user", "pass-word")
}

#[tokio::test]
async fn a_password_is_traded_for_a_token() {
    let world = World::new().service(|_| {
        let body = r#"{"token":{"expires_at":"2099-01-02T03:04:05.000000Z","project":{"id":"p0","name":"cn-north-4"}}}"#;
        Answer::With(201, &[("x-subject-token", "the-token")], body)
    });
    let (token, sent) = ask_and_see(login().project_name("cn-north-4"), world).await;
    let token = token.unwrap().unwrap();
    assert_eq!(token.token(), "the-token");
    assert_eq!(token.project_id(), Some("p0"));
    assert_eq!(token.expires_at(), Some("2099-01-02T03:04:05Z".parse().unwrap()));
    assert_eq!(sent.lines(), ["POST https://iam.example.com/v3/auth/tokens"]);
    let expected = serde_json::json!({
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {"user": {
                    "domain": {"name": "account"}, "name": "user", "password": "pass-word"
                }}
            },
            "scope": {"project": {"name": "cn-north-4"}}
        }
    });
    assert_eq!(sent.json(0), expected);
}

#[tokio::test]
async fn a_refused_login_says_so_without_the_password() {
    let world = World::new().service(|_| {
        Answer::With(401, &[], r#"{"error":{"code":401,"message":"pass-word is wrong"}}"#)
    });
    let error = ask(login(), world).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("(401: *** is wrong)"), "{error}");
    assert!(!printed(&error).contains("pass-word"));
}

#[tokio::test]
async fn a_login_answered_without_a_token_is_an_error() {
    for (headers, body) in [
        (&[][..], r#"{"token":{"expires_at":"2099-01-02T03:04:05Z"}}"#),
        (&[("x-subject-token", "hidden")][..], "<html>"),
        (&[("x-subject-token", "hidden")][..], r#"{"token":{"expires_at":"later"}}"#),
    ] {
        let world = World::new().service(move |_| Answer::With(201, headers, body));
        let error = ask(login(), world).await.unwrap_err();
        assert!(error.to_string().contains("has no"), "{error}");
        assert!(!printed(&error).contains("hidden"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_hangs_is_given_up() {
    let world = World::new().service(|_| Answer::Hang);
    let error = ask(login().timeout(Duration::from_secs(2)), world).await.unwrap_err();
    assert!(error.to_string().contains("no answer within 2s"), "{error}");
}

// ---- chain -------------------------------------------------------------------------------------

#[tokio::test]
async fn the_standard_chain_asks_in_the_vendors_order() {
    let all = || {
        World::new()
            .file("/home/me/.huaweicloud/credentials", "[basic]\nak=PROFILE\nsk=s\n")
            .service(|_| Answer::With(200, &[], KEYS))
    };
    let env = all().var("HUAWEICLOUD_SDK_AK", "ENV").var("HUAWEICLOUD_SDK_SK", "s");
    let first = ask(Chain::standard(), env).await.unwrap().unwrap();
    assert_eq!(first.access_key(), "ENV");
    let second = ask(Chain::standard(), all()).await.unwrap().unwrap();
    assert_eq!(second.access_key(), "PROFILE");
    let (third, sent) = ask_and_see(
        Chain::standard(),
        pod().file("/var/run/token", "t").service(|_| Answer::With(200, &[], KEYS)),
    )
    .await;
    assert_temporary(&third.unwrap().unwrap());
    assert_eq!(sent.lines(), [METADATA_TOKEN, METADATA_KEYS]);
}

#[tokio::test(start_paused = true)]
async fn a_metadata_service_that_hangs_does_not_keep_the_pod_from_its_keys() {
    let world = pod().file("/var/run/token", "t").service(|request| {
        if request.uri().host() == Some("169.254.169.254") {
            Answer::Hang
        } else {
            Answer::With(200, &[], KEYS)
        }
    });
    let start = tokio::time::Instant::now();
    let credential = ask(Chain::standard(), world).await.unwrap().unwrap();
    assert_temporary(&credential);
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_chain_without_a_credential_lists_what_was_tried() {
    let world = pod()
        .var("HUAWEICLOUD_SDK_AK", "hidden")
        .file("/home/me/.huaweicloud/credentials", "[global]\nak=hidden\nsk=hidden\n")
        .service(|_| Answer::Hang);
    let error = ask(Chain::standard(), world).await.unwrap_err();
    insta::assert_snapshot!(error.to_string(), @r#"
    no credential found; set up one of these:
      OIDC: not set up; it needs HUAWEICLOUD_OIDC_PROVIDER_URN, HUAWEICLOUD_OIDC_AGENCY_URN and an identity token
      federated user: not set up; it needs HUAWEICLOUD_SDK_IDP_ID and HUAWEICLOUD_SDK_ID_TOKEN_FILE
      environment: HUAWEICLOUD_SDK_AK is set but HUAWEICLOUD_SDK_SK is not; set both, or neither
      profile file: the profile file "/home/me/.huaweicloud/credentials" has no section [basic] or [basiccredentials]; add it, with ak and sk
      ECS metadata: asking the server's metadata for a key pair: PUT http://169.254.169.254/meta-data/latest/api/token got no answer within 3s; see that the address can be reached from here
      pod identity: asking for the pod's key pair: the token file "/var/run/token" cannot be read; see that it is there and readable: failed to read file: entity not found
    "#);
    let tried = ChainError::of(&error).unwrap().attempts();
    assert_eq!(tried.len(), 6);
    assert!(!printed(&error).contains("hidden"));
    assert!(error.is_retryable(), "the metadata service may answer next time");
}

#[derive(Debug)]
struct Hangs;

impl ProvideCredential for Hangs {
    type Credential = Credential;

    async fn provide_credential(
        &self,
        _: &dli_sign::reqsign_core::Context,
    ) -> Result<Option<Credential>> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_hangs_does_not_stop_the_chain() {
    let chain = Chain::new()
        .then("hanging", "patience", Hangs)
        .then("static", "nothing", StaticProvider::new(Credential::new("AK", "SK")))
        .link_timeout(Duration::from_secs(4));
    let start = tokio::time::Instant::now();
    let credential = ask(chain, World::new()).await.unwrap().unwrap();
    assert_eq!(credential.access_key(), "AK");
    assert_eq!(start.elapsed().as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn the_list_of_what_was_tried_comes_through_the_cache() {
    let (context, _) = World::new().service(|_| Answer::Refuse).context();
    let cache = CredentialCache::new(context, Chain::standard());
    for _ in 0..2 {
        let error = cache.get().await.unwrap_err();
        assert_eq!(ChainError::of(&error).unwrap().attempts().len(), 6);
        assert!(error.to_string().contains("HUAWEICLOUD_SDK_AK"), "{error}");
    }
}

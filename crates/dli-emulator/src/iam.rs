//! The little of IAM that clients of DLI need: tokens, and the look-up of projects and domains.

use http::Method;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::auth::Caller;
use crate::error::{ApiError, ApiResult};
use crate::settings::{Project, Settings, uuid_of};
use crate::store::{Store, Token};

const LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// What IAM answers to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Endpoint {
    CreateToken,
    ListProjects,
    ListDomains,
}

impl Endpoint {
    pub fn find(method: &Method, path: &str) -> Option<Self> {
        match (method.as_str(), path.trim_end_matches('/')) {
            ("POST", "/v3/auth/tokens") => Some(Self::CreateToken),
            ("GET", "/v3/projects" | "/v3/auth/projects") => Some(Self::ListProjects),
            ("GET", "/v3/auth/domains") => Some(Self::ListDomains),
            _ => None,
        }
    }
}

/// Finds a token that was issued before and is good.
pub(crate) async fn find_token(store: &Store, token: String, now: Timestamp) -> ApiResult<Token> {
    let found = store.run(move |objects| objects.token(&token)).await?;
    let Some(found) = found else {
        return Err(ApiError::unauthenticated(
            "decrypt token fail: the X-Auth-Token was not issued by this emulator (POST /v3/auth/tokens)",
        ));
    };
    if found.expires <= now.as_millisecond() {
        return Err(ApiError::new(401, "APIGW.0307", "The token must be updated: it has expired."));
    }
    Ok(found)
}

/// Checks a name and a password and issues a token: its text, and the body of the answer.
pub(crate) async fn create_token(
    settings: &Settings,
    store: &Store,
    body: &[u8],
    now: Timestamp,
) -> ApiResult<(String, Value)> {
    let request: Value = serde_json::from_slice(body).map_err(|error| {
        ApiError::new(400, "IAM.0001", format!("The body is not valid JSON: {error}."))
    })?;
    let auth = &request["auth"];
    let user = &auth["identity"]["password"]["user"];
    let (name, password) = (user["name"].as_str(), user["password"].as_str());
    if name.is_none() || password.is_none() {
        return Err(ApiError::new(
            400,
            "IAM.0001",
            "The body must hold auth.identity.password.user with name, password and domain; this emulator issues tokens for passwords only.",
        ));
    }
    let domain = user["domain"]["name"].as_str();
    if name != Some(&settings.user)
        || password != Some(&settings.password.0)
        || domain.is_some_and(|domain| domain != settings.domain)
    {
        return Err(ApiError::new(401, "IAM.0101", "The username or password is wrong."));
    }
    let project = scope(settings, &auth["scope"]["project"])?;
    let (token, expires) = (uuid::Uuid::new_v4().simple().to_string(), now + LIFETIME);
    let kept = Token {
        token: token.clone(),
        user: settings.user.clone(),
        project: project.map(|project| project.id.clone()),
        expires: expires.as_millisecond(),
    };
    store.run(move |objects| objects.insert_token(&kept, now.as_millisecond())).await?;
    let domain = json!({ "id": settings.domain_id(), "name": settings.domain });
    let user = json!({
        "id": uuid_of(&["user", &settings.user]),
        "name": settings.user,
        "domain": domain,
        "password_expires_at": "",
    });
    let mut answer = json!({ "token": {
        "expires_at": expires.to_string(),
        "issued_at": now.to_string(),
        "methods": ["password"],
        "catalog": [],
        "roles": [],
        "user": user,
    }});
    match project {
        Some(project) => {
            answer["token"]["project"] =
                json!({ "id": project.id, "name": project.name, "domain": domain });
        }
        None => answer["token"]["domain"] = domain,
    }
    Ok((token, answer))
}

fn scope<'s>(settings: &'s Settings, wanted: &Value) -> ApiResult<Option<&'s Project>> {
    let (id, name) = (wanted["id"].as_str(), wanted["name"].as_str());
    if id.is_none() && name.is_none() {
        return Ok(None);
    }
    let fits = |project: &&Project| {
        id.is_none_or(|id| id == project.id) && name.is_none_or(|name| name == project.name)
    };
    let found = settings.projects.iter().find(fits);
    let missing = || {
        let wanted = id.or(name).unwrap_or_default();
        ApiError::new(
            401,
            "IAM.0101",
            format!("There is no project `{wanted}` to issue a token for."),
        )
    };
    found.map(Some).ok_or_else(missing)
}

/// The projects, or those of one name.
pub(crate) fn list_projects(settings: &Settings, caller: &Caller, query: &str) -> Value {
    let wanted = query.split('&').find_map(|pair| pair.strip_prefix("name="));
    let wanted = wanted
        .map(|name| percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned());
    let domain = settings.domain_id();
    let own = settings.projects.iter().filter(|project| {
        wanted.as_ref().is_none_or(|name| *name == project.name)
            && caller.must_reach(settings, &project.id).is_ok()
    });
    let projects: Vec<Value> = own
        .map(|project| {
            json!({
                "id": project.id,
                "name": project.name,
                "domain_id": domain,
                "parent_id": domain,
                "is_domain": false,
                "enabled": true,
                "description": "",
            })
        })
        .collect();
    json!({ "projects": projects, "links": { "next": null, "previous": null, "self": "" } })
}

/// The one domain there is.
pub(crate) fn list_domains(settings: &Settings) -> Value {
    json!({
        "domains": [{
            "id": settings.domain_id(),
            "name": settings.domain,
            "enabled": true,
            "description": "",
        }],
        "links": { "next": null, "previous": null, "self": "" },
    })
}

//! A crate outside the workspace: the packaged `dli-api` and a transport of its own.

use dli_api::types::CreateEnhancedConnectionRequest;
use dli_api::{Client, Operation, SharedTransport, Transport, TransportFuture};

/// Puts the token into each request, and nothing else.
struct WithToken {
    http: reqwest::Client,
    token: String,
}

impl Transport for WithToken {
    fn send<'a>(
        &'a self,
        mut request: reqwest::Request,
        _operation: &'static Operation,
    ) -> TransportFuture<'a> {
        Box::pin(async move {
            request.headers_mut().insert("X-Auth-Token", self.token.parse()?);
            Ok(self.http.execute(request).await?)
        })
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::var("DLI_URL")?;
    let user = std::env::var("DLI_USER")?;
    let password = std::env::var("DLI_PASSWORD")?;
    let project = std::env::var("DLI_PROJECT")?;
    let http = reqwest::Client::new();
    let answer = http
        .post(format!("{url}/v3/auth/tokens"))
        .json(&serde_json::json!({ "auth": {
            "identity": { "methods": ["password"], "password": { "user": { "name": user, "password": password } } },
            "scope": { "project": { "id": project } },
        } }))
        .send()
        .await?;
    let token = answer.headers().get("x-subject-token").ok_or("no token")?.to_str()?.to_owned();
    let transport = SharedTransport::new(WithToken { http: http.clone(), token });
    let client = Client::new_with_client(&url, http, transport);
    let body = CreateEnhancedConnectionRequest::builder()
        .name("outside")
        .dest_vpc_id("22094d8f-c310-4621-913d-4c4d655d8495")
        .dest_network_id("78f2562a-36e4-4b39-95b9-f5aab22e1281")
        .build();
    client.create_enhanced_connection(&project, &body).await?;
    let list = client.list_enhanced_connections(&project, None, Some("outside"), None, None, None).await?;
    let found = list.into_inner().connections.unwrap_or_default();
    println!("{} connection named {}", found.len(), found[0].name.as_deref().unwrap_or("?"));
    Ok(())
}

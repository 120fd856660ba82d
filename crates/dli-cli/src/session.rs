//! What a command works with: the client, the output, the answers to questions.

mod failure;
mod interrupt;
mod local;
mod near;
mod paging;
mod wait;

use std::io::{self, BufRead, IsTerminal, Write};

use dli_ext::Dli;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

pub use failure::of_client;
pub use interrupt::{Interrupt, look_on};
#[cfg(not(feature = "local"))]
pub use local::left_out;
#[cfg(feature = "local")]
pub use local::{data_dir as local_data, with_sql};
pub use wait::{Outcome, Wait, spinner};

use crate::error::{Exit, Failure, Result};
use crate::globals::Globals;
use crate::output::{Output, View, write_stdout};
use crate::request::{self, Request};

/// What a command works with.
pub struct Session {
    /// The options of every command.
    pub globals: Globals,
    /// How results are printed.
    pub output: Output,
    client: OnceCell<Client>,
}

/// The client, and the emulator it talks to if there is one in the program.
struct Client {
    dli: Dli,
    #[cfg(feature = "local")]
    _emulator: Option<dli_emulator::Emulator>,
}

impl Session {
    /// Reads the options; nothing is sent.
    ///
    /// # Errors
    /// When `--query` is not an expression.
    pub fn new(globals: Globals) -> Result<Self> {
        let output = Output::new(&globals)?;
        Ok(Self { globals, output, client: OnceCell::new() })
    }

    /// The client, made when it is first needed.
    ///
    /// # Errors
    /// When something it needs is missing.
    pub async fn dli(&self) -> Result<&Dli> {
        let client = self.client.get_or_try_init(|| async {
            if self.globals.local {
                #[cfg(feature = "local")]
                {
                    let emulator = local::start().await?;
                    let dli = local::client(&emulator, self.builder())?;
                    return Ok(Client { dli, _emulator: Some(emulator) });
                }
                #[cfg(not(feature = "local"))]
                return Err(local::left_out());
            }
            let dli = self.builder().build().map_err(|error| of_client(&error, None))?;
            #[cfg(feature = "local")]
            return Ok(Client { dli, _emulator: None });
            #[cfg(not(feature = "local"))]
            return Ok::<Client, Failure>(Client { dli });
        });
        Ok(&client.await?.dli)
    }

    /// A client with what the command line says, still to be made.
    pub fn builder(&self) -> dli_ext::Builder {
        Self::builder_of(&self.globals)
    }

    /// A client with what these options say, still to be made.
    pub fn builder_of(globals: &Globals) -> dli_ext::Builder {
        let mut builder = Dli::builder().user_agent(concat!("dli-cli/", env!("CARGO_PKG_VERSION")));
        if let Some(profile) = &globals.profile {
            builder = builder.profile(profile);
        }
        if let Some(region) = &globals.region {
            builder = builder.region(region);
        }
        if let Some(endpoint) = &globals.endpoint {
            builder = builder.endpoint(endpoint);
        }
        if let Some(id) = &globals.project_id {
            builder = builder.project_id(id);
        }
        #[cfg(feature = "obs")]
        if let Some(place) = std::env::var_os("DLI_OBS").filter(|place| !place.is_empty()) {
            use dli_ext::sql::Storage;
            builder = builder.storage(match place.to_str() {
                Some(url) if url.contains("://") => Storage::obs(Some(url.to_owned())),
                _ => Storage::folder(place),
            });
        }
        builder
    }

    /// Sends a request and gives the answer as it came.
    ///
    /// With `--dry-run` it is printed instead, and the command ends there.
    ///
    /// # Errors
    /// When the request does not fit the description, cannot be sent or is refused.
    pub async fn call(&self, request: &Request) -> Result<Value> {
        request.check()?;
        if self.globals.dry_run {
            self.show_request(request).await?;
            return Err(Failure::quiet());
        }
        let method = http::Method::from_bytes(request.operation.method.as_bytes())
            .map_err(|_| Failure::usage("the description names an unknown method"))?;
        let mut call = self.dli().await?.request(method, request.path()?);
        for (name, value) in request.query() {
            call = call.query(name, value);
        }
        for (name, value) in request.headers() {
            call = call.header(name, value);
        }
        if let Some(body) = &request.body {
            call = call.header("content-type", "application/json").json(body);
        }
        // A few operations answer with a text that says nothing; the client takes that for the
        // answer of something else, and would ask again.
        let document = request.answers_with_a_document();
        match call.idempotent(request.operation.idempotent && document).send().await {
            Ok(reply) => Ok(reply.into_inner()),
            Err(error) => match plain_answer(&error).filter(|_| !document) {
                Some(answer) => Ok(answer),
                None => {
                    let failure = of_client(&error, Some(request.entry));
                    if failure.exit() != Some(Exit::NotFound) {
                        return Err(failure);
                    }
                    Err(match self.near(request).await {
                        Some(near) => failure.with(format!("did you mean `{near}`?")),
                        None => failure,
                    })
                }
            },
        }
    }

    /// Prints a request in place of sending it.
    async fn show_request(&self, request: &Request) -> Result<()> {
        let (base, project) = self.place().await?;
        let url = format!("{base}{}", request.target(&project)?);
        let method = &request.operation.method;
        let body = request::redacted(request);
        let headers = request.headers();
        let curl = request::curl(method, &url, &headers, body.as_ref());
        if !self.output.is_table() || self.globals.query.is_some() {
            let headers: serde_json::Map<_, _> =
                headers.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
            return self.output.show(View::any(json!({
                "operation": request.entry.id,
                "method": method,
                "url": url,
                "headers": headers,
                "body": body,
                "curl": curl,
            })));
        }
        let mut text = format!("{method} {url}\n");
        text.push_str("Authorization: SDK-HMAC-SHA256 ********\n");
        for (name, value) in &headers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        if let Some(body) = &body {
            let body = serde_json::to_string_pretty(body).unwrap_or_default();
            text.push_str(&format!("Content-Type: application/json\n\n{body}\n"));
        }
        text.push_str(&format!("\n{curl}\n"));
        write_stdout(text.as_bytes())
    }

    /// Where requests would go; needs neither credentials nor a network.
    async fn place(&self) -> Result<(String, String)> {
        if self.globals.local {
            return Ok(local::place());
        }
        let dli = self.dli().await?;
        let project = match &self.globals.project_id {
            Some(id) => id.clone(),
            None => dli.project_id().await.map_or("{project_id}".to_owned(), |id| id.to_string()),
        };
        Ok((dli.config().endpoint().to_owned(), project))
    }

    /// Asks before something is lost. Without a terminal nothing is asked, and nothing done.
    ///
    /// # Errors
    /// When the answer is not yes, or nobody can be asked.
    pub fn confirm(&self, what: &str) -> Result<()> {
        if self.globals.yes || self.globals.dry_run {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Failure::new(
                Exit::Declined,
                format!(
                    "`{what}` was not done, since nobody can be asked without a terminal; add `--yes`"
                ),
            ));
        }
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "{what}? [y/N] ");
        let _ = stderr.flush();
        let mut answer = String::new();
        let _ = io::stdin().lock().read_line(&mut answer);
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Failure::new(Exit::Declined, "nothing was done")),
        }
    }

    /// Whether nothing is to be sent.
    pub fn is_dry(&self) -> bool {
        self.globals.dry_run
    }
}

/// The answer that the client did not expect, if it is a success and JSON.
fn plain_answer(error: &dli_ext::Error) -> Option<Value> {
    let success = error.status().is_some_and(|status| (200..300).contains(&status));
    serde_json::from_slice(error.body().filter(|_| success)?).ok()
}

//! The id of the project, asked of the identity service (IAM) when no one gave it.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::Instant;

use super::Origin;
use crate::transport::{Core, Plan, USUAL};
use crate::{Error, ErrorKind};

const OPERATION: &str = "find_project_id";
/// How long a failure is told again instead of asking again.
const MEMORY_OF_FAILURE: Duration = Duration::from_secs(2);

type Outcome = Result<Arc<str>, Arc<Error>>;

/// A project that a profile names for its own region, where the client is for another one.
#[derive(Debug, Clone)]
pub(crate) struct Foreign {
    pub id: String,
    pub region: String,
    pub origin: Origin,
}

/// Asks once for all calls, and remembers.
pub(crate) struct Projects {
    core: Arc<Core>,
    iam: String,
    region: Option<String>,
    foreign: Option<Foreign>,
    state: Mutex<State>,
}

enum State {
    Unasked,
    Asking(Shared<BoxFuture<'static, Outcome>>),
    Known(Arc<str>),
    Failed(Instant, Arc<Error>),
}

impl Projects {
    pub fn new(
        core: Arc<Core>,
        iam: String,
        region: Option<String>,
        foreign: Option<Foreign>,
    ) -> Self {
        Self { core, iam, region, foreign, state: Mutex::new(State::Unasked) }
    }

    /// The id, if it is known already.
    pub fn known(&self) -> Option<Arc<str>> {
        match &*self.state() {
            State::Known(id) => Some(Arc::clone(id)),
            _ => None,
        }
    }

    pub async fn get(&self) -> Result<Arc<str>, Error> {
        let asking = {
            let mut state = self.state();
            match &*state {
                State::Known(id) => return Ok(Arc::clone(id)),
                State::Failed(at, error) if at.elapsed() < MEMORY_OF_FAILURE => {
                    return Err(error.once_more());
                }
                State::Asking(asking) => asking.clone(),
                State::Unasked | State::Failed(..) => {
                    let (iam, region) = (self.iam.clone(), self.region.clone());
                    let asking = ask(Arc::clone(&self.core), iam, region, self.foreign.clone())
                        .map(|found| found.map_err(Arc::new))
                        .boxed()
                        .shared();
                    *state = State::Asking(asking.clone());
                    asking
                }
            }
        };
        let found = asking.await;
        let mut state = self.state();
        if let State::Asking(_) = &*state {
            *state = match &found {
                Ok(id) => State::Known(Arc::clone(id)),
                Err(error) => State::Failed(Instant::now(), Arc::clone(error)),
            };
        }
        found.map_err(|error| error.once_more())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[derive(serde::Deserialize)]
struct Answer {
    projects: Vec<Project>,
}

#[derive(serde::Deserialize)]
struct Project {
    id: String,
}

async fn ask(
    core: Arc<Core>,
    iam: String,
    region: Option<String>,
    foreign: Option<Foreign>,
) -> Result<Arc<str>, Error> {
    let identity = core.identity.load().await?;
    if let Some(id) = identity.project_id() {
        return Ok(id.into());
    }
    let way = "give it with Builder::project_id, set HUAWEICLOUD_SDK_PROJECT_ID, or put project_id \
               into ~/.huaweicloud/credentials";
    let Some(region) = region else {
        return Err(Error::configuration(
            "no project id is configured, and without a region it cannot be looked up",
        )
        .hint(way));
    };
    let address = format!("{iam}/v3/projects");
    let mut url = reqwest::Url::parse(&address).map_err(|error| {
        Error::configuration(format!("`{address}` is no address")).source_error(error)
    })?;
    url.query_pairs_mut().append_pair("name", &region);
    let plan = Plan {
        operation: Cow::Borrowed(OPERATION),
        template: "/v3/projects",
        idempotent: true,
        project_id: None,
        options: &USUAL,
        started: tokio::time::Instant::now(),
        made: 0,
    };
    let answer = core
        .send(reqwest::Request::new(http::Method::GET, url), plan)
        .await
        .map_err(|error| error.hint(way))?;
    let found: Answer = serde_json::from_slice(&answer.body).map_err(|error| {
        Error::new(ErrorKind::Undecodable, "the identity service's list of projects cannot be read")
            .source_error(error)
            .of(OPERATION)
            .after(answer.attempts)
            .hint(way)
    })?;
    let missing = match foreign {
        None => "no project id is configured".to_owned(),
        Some(foreign) => format!(
            "no project id is configured for {region} ({} has one of {})",
            foreign.origin, foreign.region
        ),
    };
    match found.projects.as_slice() {
        [project] => Ok(project.id.as_str().into()),
        projects => Err(Error::configuration(format!(
            "{missing}, and the identity service knows {} projects named {region}",
            projects.len()
        ))
        .of(OPERATION)
        .hint(way)),
    }
}

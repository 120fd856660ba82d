//! From a request to its answer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use bytes::Bytes;
use dli_sign::PayloadDigest;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use tokio::task::AbortHandle;

use crate::auth::Caller;
use crate::call::{Answer, Call, Later};
use crate::control;
use crate::description::DESCRIPTION;
use crate::error::{ApiError, ApiResult};
use crate::families;
use crate::faults::{Fault, FaultKind, Faults};
use crate::host;
use crate::iam::{self, Endpoint};
use crate::listener::Connection;
use crate::log::{Entry, Log, RequestId};
use crate::page;
use crate::record;
use crate::router::Route;
use crate::settings::Settings;
use crate::store::{Objects, Store};

/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(60);

/// What an SQL engine is running, by the id of the job.
pub(crate) type Running = Arc<Mutex<HashMap<String, AbortHandle>>>;

/// One running emulator.
pub(crate) struct Service {
    pub settings: Arc<Settings>,
    pub store: Store,
    pub faults: Faults,
    pub log: Log,
    pub started: Instant,
    /// What an SQL engine is running, by the id of the job.
    pub running: Running,
    /// The seed, which a reset applies again.
    pub seed: Option<Value>,
}

/// An answer before it becomes an HTTP response.
pub(crate) struct Reply {
    pub status: u16,
    pub headers: Vec<(HeaderName, String)>,
    pub body: Bytes,
    pub content_type: &'static str,
}

impl Reply {
    fn json(status: u16, body: impl Into<Answer>) -> Self {
        let body = Bytes::from(body.into().text());
        Self { status, headers: Vec::new(), body, content_type: "application/json" }
    }
}

impl From<ApiError> for Reply {
    fn from(error: ApiError) -> Self {
        let mut reply = Self::json(error.status, error.body());
        let headers = error.headers.into_iter();
        reply.headers =
            headers.map(|(name, value)| (HeaderName::from_static(name), value)).collect();
        reply
    }
}

/// What is done to the answer once it is there.
#[derive(Default)]
struct Damage {
    truncate: bool,
    reset: bool,
    /// The time it says it was sent at, if not the real one.
    date: Option<Timestamp>,
}

/// Answers one request.
pub(crate) async fn handle(
    State(service): State<Arc<Service>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    request: Request,
) -> Response {
    let started = Instant::now();
    let request_id = RequestId::new();
    let (parts, body) = request.into_parts();
    let mut damage = Damage::default();
    let mut operation = "";
    let reply = match respond(&service, &parts, body, &mut damage, &mut operation).await {
        Ok(reply) => reply,
        Err(error) => Reply::from(error),
    };
    if (200..300).contains(&reply.status) && !operation.starts_with('_') {
        record::answered(operation);
    }
    // Who looks at the log does not fill it.
    if operation != page::OPERATION {
        service.log.note(Entry {
            time: Timestamp::now(),
            request_id,
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            operation,
            status: (!damage.reset).then_some(reply.status),
            took: started.elapsed(),
        });
    }
    finish(reply, &damage, &connection, request_id)
}

fn finish(
    reply: Reply,
    damage: &Damage,
    connection: &Connection,
    request_id: RequestId,
) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(reply.content_type));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    let text = |value: &str| HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""));
    headers.insert("x-request-id", text(&request_id.to_string()));
    for (name, value) in reply.headers {
        headers.insert(name, text(&value));
    }
    if let Some(date) = damage.date {
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        headers.insert("date", text(&date));
    }
    if damage.reset || damage.truncate {
        // A body that promises more than comes: the connection ends when the stream fails.
        connection.reset.store(damage.reset, Ordering::Relaxed);
        headers.insert("content-length", reply.body.len().max(1).into());
        let half = reply.body.slice(..reply.body.len() / 2);
        let cut = std::io::Error::other("the emulator was told to cut the body");
        *response.body_mut() = Body::from_stream(futures_util::stream::iter([Ok(half), Err(cut)]));
    } else {
        *response.body_mut() = Body::from(reply.body);
    }
    response
}

async fn respond(
    service: &Arc<Service>,
    parts: &Parts,
    body: Body,
    damage: &mut Damage,
    operation: &mut &'static str,
) -> ApiResult<Reply> {
    host::check(&parts.headers, parts.uri.authority(), &service.settings.public_names)?;
    let body = collect(body, &parts.headers, service.settings.body_limit).await?;
    let path = parts.uri.path();
    if let Some(rest) = path.strip_prefix("/_emulator") {
        *operation = "_emulator";
        let (status, body) = control::answer(service, parts, rest, &body).await?;
        return Ok(Reply::json(status, body));
    }
    if let Some(endpoint) = Endpoint::find(&parts.method, path) {
        *operation = "iam";
        return answer_iam(service, parts, endpoint, &body).await;
    }
    if page::is_for(path) {
        *operation = page::OPERATION;
        return page::answer(service, parts).await;
    }
    let (index, path_parameters) = match DESCRIPTION.router.find(parts.method.as_str(), path) {
        Route::Found { operation, parameters } => (operation, parameters),
        Route::WrongMethod { allowed } => {
            let allowed = allowed.join(", ");
            let message =
                format!("{} {path} does not exist; this path answers {allowed}.", parts.method);
            let error = ApiError::new(405, "APIGW.0101", message).with_header("allow", allowed);
            return Err(error);
        }
        Route::BadSegment { segment } => {
            return Err(ApiError::invalid(format!("`{segment}` cannot stand in a path.")));
        }
        Route::Unknown if page::is_wanted(parts) => return Ok(page::not_found()),
        Route::Unknown => {
            let message =
                format!("The API does not exist: {} {path} is no operation of DLI.", parts.method);
            return Err(ApiError::new(404, "APIGW.0101", message));
        }
    };
    let described = DESCRIPTION.operation(index);
    *operation = &described.id;
    let asked = faults_of(&parts.headers)?;
    let struck = service.faults.strike(&described.id, &described.family, asked);
    let mut clock = Timestamp::now();
    let mut failure = None;
    for kind in struck {
        match kind {
            FaultKind::Latency(delay) => tokio::time::sleep(delay).await,
            FaultKind::Throttle(seconds) => {
                let message =
                    "The throttling threshold has been reached: the emulator was told to say so.";
                let error = ApiError::new(429, "APIGW.0308", message);
                return Err(error.with_header("retry-after", seconds.to_string()));
            }
            FaultKind::Error(status) => {
                let message = "A fault inside the service: the emulator was told to say so.";
                return Err(ApiError::new(status, "DLI.0999", message));
            }
            FaultKind::Html(status) => return Ok(html(status)),
            FaultKind::Reset => {
                damage.reset = true;
                return Ok(Reply::json(500, Value::Null));
            }
            FaultKind::ResetAfter => damage.reset = true,
            FaultKind::Truncate => damage.truncate = true,
            FaultKind::ClockSkew(seconds) => {
                clock = clock.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(clock);
                damage.date = Some(clock);
            }
            FaultKind::FailJob(reason) => failure = Some(reason),
        }
    }
    let digest = PayloadDigest::of(&body);
    let caller =
        crate::auth::authenticate(&service.settings, &service.store, parts, &digest, clock).await?;
    let validators = DESCRIPTION.validators(index);
    let query = parts.uri.query().unwrap_or_default();
    let parameters = validators.parameters(&path_parameters, query, &parts.headers)?;
    let body = {
        caller
            .must_reach(&service.settings, parameters["project_id"].as_str().unwrap_or_default())?;
        validators.body(&DESCRIPTION.bundle, described, &body)?
    };
    let work = Work { index, parameters, body, caller, failure, instant: false };
    let (answer, later) = match described.method.as_str() {
        "GET" => service.store.read(work.on(service)).await?,
        _ => service.store.run(work.on(service)).await?,
    };
    let mut answer = followed_by(service, answer, later).await?;
    if service.settings.check_answers {
        let document = answer.document()?;
        validators.answer(&document).map_err(|problem| {
            let message = format!(
                "A defect of the emulator: the answer of {} is not as described. {problem}",
                described.id
            );
            ApiError::internal(message)
        })?;
        answer = Answer::Document(document);
    }
    let mut reply = Reply::json(success_status(described), answer);
    if described.response.is_none() {
        reply.body = Bytes::new();
    }
    Ok(reply)
}

/// One valid request, ready to be carried out.
pub(crate) struct Work {
    pub index: usize,
    pub parameters: Map<String, Value>,
    pub body: Value,
    pub caller: Caller,
    pub failure: Option<String>,
    pub instant: bool,
}

impl Work {
    /// What is done within the transaction: the answer, and what follows the commit.
    pub fn on(
        self,
        service: &Service,
    ) -> impl FnOnce(&Objects<'_>) -> ApiResult<(Answer, Vec<Later>)> + Send + 'static {
        let settings = Arc::clone(&service.settings);
        move |objects| {
            let operation = DESCRIPTION.operation(self.index);
            let Some(handler) = families::handler(&operation.id) else {
                let message =
                    format!("The emulator does not answer the operation {} yet.", operation.id);
                return Err(ApiError::new(501, "EMULATOR.0501", message));
            };
            let project = self.parameters["project_id"].as_str().unwrap_or_default().to_owned();
            let call = Call {
                objects,
                operation,
                project: &project,
                now: Timestamp::now().as_millisecond(),
                parameters: self.parameters,
                body: self.body,
                caller: &self.caller,
                settings: &settings,
                failure: self.failure,
                instant: self.instant,
                later: RefCell::default(),
                text: RefCell::default(),
            };
            let document = handler(&call)?;
            let answer = call.text.into_inner().map_or(Answer::Document(document), Answer::Text);
            Ok((answer, call.later.into_inner()))
        }
    }
}

/// Does what follows a commit; the last answer counts.
async fn followed_by(
    service: &Arc<Service>,
    mut answer: Answer,
    later: Vec<Later>,
) -> ApiResult<Answer> {
    for later in later {
        if let Some(better) = later(Arc::clone(service)).await? {
            answer = Answer::Document(better);
        }
    }
    Ok(answer)
}

/// 201 where a creation documents it, else the first documented success.
fn success_status(operation: &dli_spec::Operation) -> u16 {
    let mut statuses = operation.success_statuses();
    if operation.method == "POST" && operation.success_statuses().any(|status| status == 201) {
        return 201;
    }
    statuses.next().unwrap_or(200)
}

async fn answer_iam(
    service: &Service,
    parts: &Parts,
    endpoint: Endpoint,
    body: &Bytes,
) -> ApiResult<Reply> {
    let now = Timestamp::now();
    let settings = &service.settings;
    if endpoint == Endpoint::CreateToken {
        let (token, answer) = iam::create_token(settings, &service.store, body, now).await?;
        let mut reply = Reply::json(201, answer);
        reply.headers.push((HeaderName::from_static("x-subject-token"), token));
        return Ok(reply);
    }
    let digest = PayloadDigest::of(body);
    let caller = crate::auth::authenticate(settings, &service.store, parts, &digest, now).await?;
    let answer = match endpoint {
        Endpoint::ListDomains => iam::list_domains(settings),
        _ => iam::list_projects(settings, &caller, parts.uri.query().unwrap_or_default()),
    };
    Ok(Reply::json(200, answer))
}

/// The faults that a request asks for itself, in `X-Emulator-Fault`.
fn faults_of(headers: &HeaderMap) -> ApiResult<Vec<Fault>> {
    let mut faults = Vec::new();
    for value in headers.get_all("x-emulator-fault") {
        for text in
            value.to_str().unwrap_or_default().split(',').filter(|text| !text.trim().is_empty())
        {
            let fault = text.parse::<Fault>();
            faults.push(
                fault.map_err(|error| ApiError::new(400, "EMULATOR.0400", error.to_string()))?,
            );
        }
    }
    Ok(faults)
}

fn html(status: u16) -> Reply {
    let body = "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1>\
                <p>The emulator was told to answer with this page.</p></body></html>";
    Reply {
        status,
        headers: Vec::new(),
        body: Bytes::from_static(body.as_bytes()),
        content_type: "text/html",
    }
}

/// Reads the body, up to the limit. What is longer is read to its end, within reason, since a
/// client that is still sending would not see the answer.
async fn collect(mut body: Body, headers: &HeaderMap, limit: usize) -> ApiResult<Bytes> {
    let too_long = || {
        let limit = limit / (1024 * 1024);
        let message =
            format!("Request entity too large: the body of a request is limited to {limit} MB.");
        ApiError::new(413, "APIGW.0201", message).with_header("connection", "close")
    };
    let announced = headers
        .get("content-length")
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let reading = async {
        if announced.is_none_or(|length| length <= limit) {
            match Limited::new(&mut body, limit).collect().await {
                Ok(read) => return Ok(read.to_bytes()),
                Err(error) if error.is::<LengthLimitError>() => {}
                Err(error) => {
                    return Err(ApiError::invalid(format!(
                        "The body did not arrive whole: {error}."
                    )));
                }
            }
        }
        let mut drained = 0;
        while let Some(Ok(frame)) = body.frame().await {
            drained += frame.data_ref().map_or(0, Bytes::len);
            if drained > 8 * limit {
                break;
            }
        }
        Err(too_long())
    };
    tokio::time::timeout(ARRIVAL, reading).await.unwrap_or_else(|_| {
        let message = "The body did not arrive within a minute.";
        Err(ApiError::new(408, "APIGW.0201", message).with_header("connection", "close"))
    })
}

impl Service {
    pub fn running(&self) -> std::sync::MutexGuard<'_, HashMap<String, AbortHandle>> {
        self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

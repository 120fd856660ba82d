//! Starting and stopping an emulator.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Collected};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::description::DESCRIPTION;
use crate::engine::SqlEngine;
use crate::error::ApiError;
use crate::families::sql_jobs;
#[cfg(feature = "sql")]
use crate::families::tables;
use crate::faults::{Fault, Faults};
use crate::host;
use crate::listener::{Connection, Sockets};
use crate::log::Log;
use crate::seed;
use crate::server::{Running, Service, handle};
use crate::settings::{AccessKey, Project, Secret, Settings};
#[cfg(feature = "sql")]
use crate::store::Objects;
use crate::store::{Store, StoreError};

/// The access key an emulator knows unless it is given others.
pub const DEFAULT_ACCESS_KEY: &str = "DLIEMULATOR0ACCESS00";
/// The secret of [`DEFAULT_ACCESS_KEY`]; it opens nothing but emulators.
pub const DEFAULT_SECRET_KEY: &str = "dli-emulator-secret-key-opens-nothing-else";
/// The project an emulator has unless it is given others.
pub const DEFAULT_PROJECT_ID: &str = "d11e0000000000000000000000000001";
/// The region an emulator is in unless it is told another.
pub const DEFAULT_REGION: &str = "local-1";

/// How long `stop` waits for requests under way.
const PATIENCE: Duration = Duration::from_secs(5);
const BODY_LIMIT: usize = 12 * 1024 * 1024;

/// A running emulator. It stops when it is dropped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), dli_emulator::StartError> {
/// let emulator = dli_emulator::Emulator::start().await?;
/// assert!(emulator.url().starts_with("http://127.0.0.1:"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    url: String,
    settings: Arc<Settings>,
    stop: Option<oneshot::Sender<()>>,
    server: Option<JoinHandle<()>>,
    closed: Option<oneshot::Receiver<()>>,
    /// The server's; it ends with the server.
    service: Weak<Service>,
    running: Running,
    #[cfg(feature = "sql")]
    buckets: Option<PathBuf>,
}

/// Why an emulator could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken, or not one of this machine.
    #[error("cannot listen on {address}: {source}; port 0 takes any free port")]
    Listen {
        /// Where it should listen.
        address: SocketAddr,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The state could not be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The settings contradict themselves.
    #[error("{0}")]
    Settings(String),
}

impl StartError {
    fn from_api(error: ApiError) -> Self {
        Self::Settings(format!("{} ({})", error.message, error.code))
    }
}

impl Emulator {
    /// Starts an emulator with its state in memory, on a port of its own, on loopback.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// An emulator with settings of your own.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Where it answers, `http://127.0.0.1:PORT`. IAM answers there, too.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The region it is in.
    pub fn region(&self) -> &str {
        &self.settings.region
    }

    /// Id of its first project.
    pub fn project_id(&self) -> &str {
        &self.settings.projects[0].id
    }

    /// Its first access key.
    pub fn access_key(&self) -> &str {
        &self.settings.access_keys[0].access_key
    }

    /// The secret of its first access key.
    pub fn secret_key(&self) -> &str {
        &self.settings.access_keys[0].secret_key
    }

    /// The folder in which `obs://bucket/…` is the folder `bucket`, if SQL runs.
    #[cfg(feature = "sql")]
    pub fn buckets(&self) -> Option<&std::path::Path> {
        self.buckets.as_deref()
    }

    /// Answers a request without a socket, as if it had come through one. What a fault does to the
    /// connection does not show. For fuzzing, where sockets would take most of the time.
    #[doc(hidden)]
    pub async fn answer(&self, request: http::Request<Bytes>) -> Option<http::Response<Bytes>> {
        let service = self.service.upgrade()?;
        let connection = ConnectInfo(Connection { reset: Arc::default() });
        let response = handle(State(service), connection, request.map(Body::from)).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        Some(http::Response::from_parts(parts, body))
    }

    /// Has the server finish what is under way and end, and SQL that is running stop.
    fn end(&mut self) {
        // The server sees the sender go.
        drop(self.stop.take());
        let mut running = self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (_, task) in running.drain() {
            task.abort();
        }
    }

    /// Stops, once the requests that are under way have their answers, and closes the file.
    pub async fn stop(mut self) {
        self.end();
        if let Some(mut server) = self.server.take()
            && tokio::time::timeout(PATIENCE, &mut server).await.is_err()
        {
            // A client that does not finish its request cannot hold the emulator up for ever.
            server.abort();
        }
        if let Some(closed) = self.closed.take() {
            let _ = tokio::time::timeout(PATIENCE, closed).await;
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.end();
    }
}

/// Settings of an emulator.
///
/// ```
/// use std::time::Duration;
///
/// use dli_emulator::{AccessKey, Emulator, Project};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), dli_emulator::StartError> {
/// let emulator = Emulator::builder()
///     .project(Project::new("project-a", "eu-west-101"))
///     .access_key(AccessKey::new("AK", "SK").for_projects(["project-a"]))
///     .delay(Duration::from_millis(5))
///     .start()
///     .await?;
/// assert_eq!(emulator.project_id(), "project-a");
/// emulator.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing runs until `start`"]
pub struct Builder {
    listen: SocketAddr,
    data_dir: Option<PathBuf>,
    region: String,
    projects: Vec<Project>,
    access_keys: Vec<AccessKey>,
    login: Option<(String, String, Secret)>,
    public_names: Vec<String>,
    delay: Duration,
    delays: HashMap<String, Duration>,
    quotas: HashMap<String, i64>,
    faults: Vec<Fault>,
    check_answers: bool,
    seed: Option<Seed>,
    engine: Option<Engine>,
    #[cfg(feature = "sql")]
    sql: Option<SqlOpener>,
}

/// Opens the engine once it is known where. A program that never asks for SQL does not hold
/// DataFusion, since nothing else leads there.
#[cfg(feature = "sql")]
#[derive(Debug, Clone)]
struct SqlOpener {
    options: crate::sql::Sql,
    open: fn(crate::sql::Sql, Option<&std::path::Path>) -> std::io::Result<OpenedSql>,
}

/// Removes the data of tables that are not among these, each given by its project and its storage.
#[cfg(feature = "sql")]
type Sweep = dyn Fn(&[(String, String)]) + Send;

/// An engine with the folder of its buckets, and what removes the data of tables that are gone.
#[cfg(feature = "sql")]
struct OpenedSql {
    engine: Arc<dyn SqlEngine>,
    buckets: PathBuf,
    sweep: Box<Sweep>,
}

#[cfg(feature = "sql")]
fn open_sql(
    options: crate::sql::Sql,
    folder: Option<&std::path::Path>,
) -> std::io::Result<OpenedSql> {
    let engine = Arc::new(crate::sql::Engine::open(options, folder)?);
    let (buckets, sweeper) = (engine.buckets(), Arc::clone(&engine));
    Ok(OpenedSql { engine, buckets, sweep: Box::new(move |known| sweeper.sweep(known)) })
}

#[derive(Debug, Clone)]
enum Seed {
    Text(String),
    File(PathBuf),
}

/// An engine, which has nothing to show.
#[derive(Clone)]
struct Engine(Arc<dyn SqlEngine>);

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

fn read_seed(what: &str, text: &str) -> Result<Value, StartError> {
    serde_json::from_str(text)
        .map_err(|error| StartError::Settings(format!("{what} is not valid JSON: {error}")))
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            data_dir: None,
            region: DEFAULT_REGION.to_owned(),
            projects: Vec::new(),
            access_keys: Vec::new(),
            login: None,
            public_names: Vec::new(),
            delay: Duration::from_millis(50),
            delays: HashMap::new(),
            quotas: HashMap::new(),
            faults: Vec::new(),
            check_answers: cfg!(debug_assertions),
            seed: None,
            engine: None,
            #[cfg(feature = "sql")]
            sql: None,
        }
    }
}

impl Builder {
    /// Where to listen; any free port of 127.0.0.1 unless told otherwise.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// Keeps the state in this folder, in `dli-emulator.sqlite`; in memory unless told otherwise.
    pub fn data_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }

    /// The region to be in.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = region.into();
        self
    }

    /// Adds a project. The first one takes the place of the default project.
    pub fn project(mut self, project: Project) -> Self {
        self.projects.push(project);
        self
    }

    /// Adds an access key. The first one takes the place of the default key.
    pub fn access_key(mut self, key: AccessKey) -> Self {
        self.access_keys.push(key);
        self
    }

    /// Domain, user and password that IAM issues tokens for. Unless told otherwise: domain and
    /// user `emulator`, and the first secret key as the password.
    pub fn login(
        mut self,
        domain: impl Into<String>,
        user: impl Into<String>,
        password: impl Into<String>,
    ) -> Self {
        self.login = Some((domain.into(), user.into(), Secret(password.into())));
        self
    }

    /// A name, besides loopback ones, that requests may give as their `Host`.
    pub fn public_name(mut self, name: impl Into<String>) -> Self {
        self.public_names.push(host::name_of(&name.into()).to_owned());
        self
    }

    /// How long each change of state takes (50 ms).
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// How long each change of state takes in one family, `enhanced_connections` for instance.
    pub fn delay_of(mut self, family: impl Into<String>, delay: Duration) -> Self {
        self.delays.insert(family.into(), delay);
        self
    }

    /// How much of a kind a project may have: `queue`, `cu`, `elastic_resource_pool`, `database`,
    /// `table` (in one database) or `flink_template`.
    pub fn quota(mut self, kind: impl Into<String>, quota: u32) -> Self {
        self.quotas.insert(kind.into(), quota.into());
        self
    }

    /// Adds a fault.
    pub fn fault(mut self, fault: impl Into<Fault>) -> Self {
        self.faults.push(fault.into());
        self
    }

    /// Whether each answer is held against the description before it is sent; in debug builds it
    /// is. An answer that does not fit becomes a 500 that says why.
    pub fn check_answers(mut self, check: bool) -> Self {
        self.check_answers = check;
        self
    }

    /// What the emulator holds from the start, as JSON text: `sql_scripts`, `faults` and `requests`
    /// as the documentation of the seed file tells.
    pub fn seed(mut self, json: impl Into<String>) -> Self {
        self.seed = Some(Seed::Text(json.into()));
        self
    }

    /// As [`Builder::seed`], from a file.
    pub fn seed_file(mut self, file: impl Into<PathBuf>) -> Self {
        self.seed = Some(Seed::File(file.into()));
        self
    }

    /// What runs the SQL of jobs. Without an engine, results are scripted.
    pub fn sql_engine(mut self, engine: impl SqlEngine) -> Self {
        self.engine = Some(Engine(Arc::new(engine)));
        self
    }

    /// Runs the SQL of jobs with the engine that the feature `sql` brings.
    #[cfg(feature = "sql")]
    pub fn sql(mut self, options: crate::sql::Sql) -> Self {
        self.sql = Some(SqlOpener { options, open: open_sql });
        self
    }

    /// Starts the emulator on the current tokio runtime.
    ///
    /// # Errors
    /// When the address cannot be listened on, the state cannot be opened, or the settings
    /// contradict themselves.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let file = self.data_dir.as_ref().map(|folder| folder.join("dli-emulator.sqlite"));
        let (listen, faults) = (self.listen, self.faults.clone());
        let seed = match &self.seed {
            Some(Seed::Text(text)) => Some(read_seed("the seed", text)?),
            Some(Seed::File(file)) => {
                let text = std::fs::read_to_string(file).map_err(|error| {
                    StartError::Settings(format!(
                        "cannot read the seed file {}: {error}",
                        file.display()
                    ))
                })?;
                Some(read_seed(&format!("the seed file {}", file.display()), &text)?)
            }
            None => None,
        };
        #[cfg(feature = "sql")]
        let opened = match &self.sql {
            Some(SqlOpener { options, open }) => {
                let (options, open, folder) = (options.clone(), *open, self.data_dir.clone());
                let opened = tokio::task::spawn_blocking(move || open(options, folder.as_deref()));
                let opened = opened.await.map_err(std::io::Error::other).and_then(|opened| opened);
                Some(opened.map_err(|error| {
                    StartError::Settings(format!(
                        "the folders of the SQL engine cannot be opened: {error}"
                    ))
                })?)
            }
            None => None,
        };
        #[cfg_attr(not(feature = "sql"), expect(unused_mut, reason = "only SQL adds to them"))]
        let mut settings = self.settings()?;
        #[cfg(feature = "sql")]
        if let Some(opened) = &opened {
            settings.engine = Some(Arc::clone(&opened.engine));
        }
        let settings = Arc::new(settings);
        // The description is read once a process, while the sockets are opened.
        let description = tokio::task::spawn_blocking(|| {
            std::sync::LazyLock::force(&DESCRIPTION);
        });
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|source| StartError::Listen { address: listen, source })?;
        let address = listener
            .local_addr()
            .map_err(|source| StartError::Listen { address: listen, source })?;
        let (store, closed) = Store::open(file.as_deref()).await?;
        let running = Running::default();
        let service = Arc::new(Service {
            settings: Arc::clone(&settings),
            store,
            faults: Faults::default(),
            log: Log::default(),
            started: Instant::now(),
            running: Arc::clone(&running),
            seed: seed.clone(),
        });
        for fault in faults {
            service.faults.add(fault);
        }
        drop(description);
        if settings.engine.is_some() {
            service.store.run(sql_jobs::end_orphans).await.map_err(StartError::from_api)?;
        }
        #[cfg(feature = "sql")]
        if let Some(opened) = &opened {
            let tables = |objects: &Objects<'_>| objects.list_everywhere(tables::KIND);
            let known = service.store.run(tables).await.map_err(StartError::from_api)?;
            let known: Vec<(String, String)> = known
                .into_iter()
                .map(|(project, table)| (project, table.text("storage").to_owned()))
                .collect();
            (opened.sweep)(&known);
        }
        if let Some(seed) = &seed {
            // State that was kept has had its seed already.
            if service
                .store
                .run(|objects| objects.is_empty())
                .await
                .map_err(StartError::from_api)?
            {
                seed::apply(&service, seed).await.map_err(StartError::from_api)?;
            }
        }
        let weak = Arc::downgrade(&service);
        let app = Router::new().fallback(handle).with_state(Arc::clone(&service));
        let app = app.into_make_service_with_connect_info::<Connection>();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            let _ = axum::serve(Sockets(listener), app).with_graceful_shutdown(stopped).await;
            // The last one to hold the store closes its file.
            drop(service);
        });
        let shown = match address.ip() {
            ip if ip.is_unspecified() => {
                SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port())
            }
            _ => address,
        };
        Ok(Emulator {
            address,
            url: format!("http://{shown}"),
            settings,
            stop: Some(stop),
            server: Some(server),
            closed: Some(closed),
            service: weak,
            running,
            #[cfg(feature = "sql")]
            buckets: opened.map(|opened| opened.buckets),
        })
    }

    fn settings(self) -> Result<Settings, StartError> {
        let mut projects = self.projects;
        if projects.is_empty() {
            projects.push(Project::new(DEFAULT_PROJECT_ID, &self.region));
        }
        let mut access_keys = self.access_keys;
        if access_keys.is_empty() {
            access_keys.push(AccessKey::new(DEFAULT_ACCESS_KEY, DEFAULT_SECRET_KEY));
        }
        for key in &access_keys {
            if key.access_key.is_empty() || key.secret_key.is_empty() {
                let problem = "an access key and its secret cannot be empty".to_owned();
                return Err(StartError::Settings(problem));
            }
            let unknown =
                key.projects.iter().flatten().find(|id| projects.iter().all(|p| p.id != **id));
            if let Some(id) = unknown {
                return Err(StartError::Settings(format!(
                    "the access key {} is for the project `{id}`, which the emulator does not have; add it with `project`",
                    key.access_key
                )));
            }
        }
        let (domain, user, password) = self.login.unwrap_or_else(|| {
            let password = Secret(access_keys[0].secret_key.clone());
            ("emulator".to_owned(), "emulator".to_owned(), password)
        });
        let mut public_names = self.public_names;
        // Who listens on an address of the machine is called by that address.
        if !self.listen.ip().is_unspecified() {
            public_names.push(self.listen.ip().to_string());
        }
        Ok(Settings {
            region: self.region,
            projects,
            access_keys,
            domain,
            user,
            password,
            public_names,
            delay: self.delay,
            delays: self.delays,
            quotas: self.quotas,
            body_limit: BODY_LIMIT,
            check_answers: self.check_answers,
            engine: self.engine.map(|engine| engine.0),
        })
    }
}

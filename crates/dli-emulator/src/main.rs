//! The program `dli-emulator`: the emulator for any language.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use dli_emulator::{AccessKey, Builder, Emulator, Fault, Project};

/// Prints a line; nobody has to be there to read it.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}

/// A stand-in for Huawei Cloud's Data Lake Insight (DLI) on your own machine.
#[derive(Debug, Parser)]
#[command(name = "dli-emulator", version)]
struct Options {
    /// Where to listen; port 0 takes any free port.
    #[arg(long, default_value = "127.0.0.1:8787", env = "DLI_EMULATOR_LISTEN")]
    listen: SocketAddr,
    /// Folder to keep the state in. Without it the state is in memory and gone at the end.
    #[arg(long, value_name = "DIR", env = "DLI_EMULATOR_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// JSON file with what the emulator holds from the start: sql_scripts, faults, requests.
    #[arg(long, value_name = "FILE", env = "DLI_EMULATOR_SEED_FILE")]
    seed_file: Option<PathBuf>,
    /// Region to be in.
    #[arg(long, default_value = dli_emulator::DEFAULT_REGION, env = "DLI_EMULATOR_REGION")]
    region: String,
    /// Project, as ID or ID=NAME; may be given several times.
    #[arg(long, value_name = "ID[=NAME]", env = "DLI_EMULATOR_PROJECT", value_delimiter = ',')]
    project: Vec<String>,
    /// Access key with its secret, as AK:SK or AK:SK@PROJECT_ID; may be given several times.
    #[arg(
        long,
        value_name = "AK:SK[@ID]",
        env = "DLI_EMULATOR_ACCESS_KEY",
        value_delimiter = ',',
        hide_env_values = true
    )]
    access_key: Vec<String>,
    /// Name, besides loopback ones, that requests may give as their Host; may be given several
    /// times.
    #[arg(long, value_name = "NAME", env = "DLI_EMULATOR_PUBLIC_NAME", value_delimiter = ',')]
    public_name: Vec<String>,
    /// How long each change of state takes, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 50)]
    delay: u64,
    /// How long each change of state takes in one family; may be given several times.
    #[arg(long, value_name = "FAMILY=MS")]
    delay_of: Vec<String>,
    /// How much of a kind a project may have (queue, database …); may be given several times.
    #[arg(long, value_name = "KIND=NUMBER")]
    quota: Vec<String>,
    /// What is to go wrong: [operation:]kind[=value][*times]; may be given several times.
    #[arg(long, value_name = "FAULT")]
    fault: Vec<Fault>,
    /// Hold each answer against the description before it is sent.
    #[arg(long)]
    check_answers: bool,
    #[cfg(feature = "sql")]
    #[command(flatten)]
    sql: SqlOptions,
}

/// The engine that runs SQL.
#[cfg(feature = "sql")]
#[derive(Debug, clap::Args)]
struct SqlOptions {
    /// Run no SQL: results are scripted, or jobs fail.
    #[arg(long)]
    no_sql: bool,
    /// Folder in which obs://bucket/… is the folder `bucket`; below the data folder unless given.
    #[arg(long, value_name = "DIR", env = "DLI_EMULATOR_BUCKETS_DIR")]
    buckets_dir: Option<PathBuf>,
    /// Bucket that whole results are written to.
    #[arg(long, value_name = "NAME", default_value = "dli-jobs", env = "DLI_EMULATOR_JOB_BUCKET")]
    job_bucket: String,
    /// Memory that one SQL job may use, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 512)]
    sql_memory: usize,
    /// How long one SQL job may run, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    sql_time: u64,
}

#[cfg(feature = "sql")]
impl SqlOptions {
    fn add_to(self, builder: Builder) -> Builder {
        if self.no_sql {
            return builder;
        }
        let mut sql = dli_emulator::Sql::new()
            .job_bucket(self.job_bucket)
            .memory_limit(self.sql_memory << 20)
            .time_limit(Duration::from_secs(self.sql_time));
        if let Some(folder) = self.buckets_dir {
            sql = sql.buckets(folder);
        }
        builder.sql(sql)
    }
}

impl Options {
    fn builder(self) -> Result<Builder, String> {
        let mut builder = Emulator::builder()
            .listen(self.listen)
            .region(&self.region)
            .delay(Duration::from_millis(self.delay));
        if let Some(folder) = self.data_dir {
            builder = builder.data_dir(folder);
        }
        if let Some(file) = self.seed_file {
            builder = builder.seed_file(file);
        }
        for project in self.project {
            let (id, name) = project.split_once('=').unwrap_or((&project, &self.region));
            builder = builder.project(Project::new(id, name));
        }
        for key in self.access_key {
            let wrong = || "--access-key is written AK:SK or AK:SK@PROJECT_ID".to_owned();
            let (access_key, rest) = key.split_once(':').ok_or_else(wrong)?;
            builder = builder.access_key(match rest.rsplit_once('@') {
                Some((secret, project)) => {
                    AccessKey::new(access_key, secret).for_projects([project])
                }
                None => AccessKey::new(access_key, rest),
            });
        }
        for name in self.public_name {
            builder = builder.public_name(name);
        }
        for delay in self.delay_of {
            let wrong =
                || format!("--delay-of {delay}: write FAMILY=MILLISECONDS, as in queues=2000");
            let (family, time) = delay.split_once('=').ok_or_else(wrong)?;
            let time = time.parse().map_err(|_| wrong())?;
            builder = builder.delay_of(family, Duration::from_millis(time));
        }
        for quota in self.quota {
            let wrong = || format!("--quota {quota}: write KIND=NUMBER, as in queue=5");
            let (kind, number) = quota.split_once('=').ok_or_else(wrong)?;
            builder = builder.quota(kind, number.parse().map_err(|_| wrong())?);
        }
        for fault in self.fault {
            builder = builder.fault(fault);
        }
        if self.check_answers {
            builder = builder.check_answers(true);
        }
        #[cfg(feature = "sql")]
        {
            builder = self.sql.add_to(builder);
        }
        Ok(builder)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("dli-emulator: {problem}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), String> {
    let own_keys = !options.access_key.is_empty();
    let place = options.data_dir.clone();
    let stopping = stop_signal()?;
    let emulator = options.builder()?.start().await.map_err(|error| error.to_string())?;
    say!("dli-emulator listens on {}", emulator.url());
    say!("  region      {}", emulator.region());
    say!("  project     {}", emulator.project_id());
    say!("  access key  {}", emulator.access_key());
    if own_keys {
        say!("  secret key  as given");
    } else {
        say!("  secret key  {}", emulator.secret_key());
    }
    match place {
        Some(folder) => say!("  state       {}", folder.join("dli-emulator.sqlite").display()),
        None => say!("  state       in memory; --data-dir keeps it"),
    }
    #[cfg(feature = "sql")]
    match emulator.buckets() {
        Some(folder) => say!("  buckets     {}", folder.display()),
        None => say!("  buckets     none; SQL is not run"),
    }
    if !emulator.address().ip().is_loopback() {
        eprintln!(
            "dli-emulator: it can be reached from other machines; it is made for tests, not for them"
        );
    }
    stopping.await;
    emulator.stop().await;
    say!("dli-emulator stopped");
    Ok(())
}

/// Comes to its end at SIGINT or SIGTERM.
fn stop_signal() -> Result<impl Future<Output = ()>, String> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let listen =
            |kind| signal(kind).map_err(|error| format!("cannot wait for signals: {error}"));
        let (mut interrupt, mut terminate) =
            (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

//! `dli local`: the emulator in the foreground.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::common::time;
use crate::error::Result;
use crate::session::Session;

/// Run the service on this machine, for programs and for `--endpoint`.
///
/// It prints what to set in the environment of the programs that shall use it, and runs until
/// Ctrl-C. Its state is the one that `--local` uses.
#[derive(Debug, Args)]
pub struct Local {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Folder to keep the state in
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Keep the state in memory, and forget it at the end
    #[arg(long, conflicts_with = "data_dir")]
    memory: bool,
    /// How long a change of state takes
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = time)]
    delay: Duration,
    /// JSON file with what is there from the start: results of SQL, faults, requests
    #[arg(long, value_name = "FILE")]
    seed_file: Option<PathBuf>,
    /// A fault to show, `create_queue:throttle=2*3` for instance; can be given several times
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<String>,
}

impl Local {
    /// Runs the command.
    #[cfg(feature = "local")]
    pub async fn run(self, session: &Session) -> Result<()> {
        use serde_json::json;

        use crate::error::{Exit, Failure};
        use crate::output::{View, eprint_line};

        let mut builder = dli_emulator::Emulator::builder().listen(self.listen).delay(self.delay);
        let folder = match (self.memory, self.data_dir) {
            (true, _) => None,
            (false, Some(folder)) => Some(folder),
            (false, None) => crate::session::local_data()?,
        };
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder)
                .map_err(|error| crate::error::file("create", folder, &error))?;
            builder = builder.data_dir(folder);
        }
        if let Some(file) = self.seed_file {
            builder = builder.seed_file(file);
        }
        for fault in &self.faults {
            let fault: dli_emulator::Fault = fault.parse().map_err(|error| {
                Failure::usage(format!("`{fault}` is not a fault: {error}; write for instance `list_queues:error=503*2`"))
            })?;
            builder = builder.fault(fault);
        }
        let emulator = crate::session::with_sql(builder).start().await.map_err(|error| {
            Failure::new(Exit::File, format!("the local service cannot start: {error}"))
        })?;
        if session.output.is_table() && !session.output.has_query() {
            session.output.text(&format!(
                "export HUAWEICLOUD_SDK_REGION={region}\n\
                 export HUAWEICLOUD_SDK_REGION_DLI_{variable}={url}\n\
                 export HUAWEICLOUD_SDK_AK={access_key}\n\
                 export HUAWEICLOUD_SDK_SK={secret_key}\n\
                 export HUAWEICLOUD_SDK_PROJECT_ID={project}\n",
                region = emulator.region(),
                variable = emulator.region().to_ascii_uppercase().replace('-', "_"),
                url = emulator.url(),
                access_key = emulator.access_key(),
                secret_key = emulator.secret_key(),
                project = emulator.project_id(),
            ))?;
            #[cfg(feature = "local-sql")]
            if let Some(folder) = emulator.buckets() {
                session.output.text(&format!("export DLI_OBS={}\n", folder.display()))?;
            }
        } else {
            session.output.show(View::any(json!({
                "endpoint": emulator.url(),
                "region": emulator.region(),
                "access_key": emulator.access_key(),
                "secret_key": emulator.secret_key(),
                "project_id": emulator.project_id(),
            })))?;
        }
        let place = folder.map_or("in memory".to_owned(), |folder| folder.display().to_string());
        eprint_line(&format!("Listening on {}, state {place}. Ctrl-C ends it.", emulator.url()));
        ended().await;
        emulator.stop().await;
        Ok(())
    }

    /// Says that there is none.
    #[cfg(not(feature = "local"))]
    pub async fn run(self, _: &Session) -> Result<()> {
        let Self { listen: _, data_dir: _, memory: _, delay: _, seed_file: _, faults: _ } = self;
        Err(crate::session::left_out())
    }
}

#[cfg(feature = "local")]
async fn ended() {
    #[cfg(unix)]
    if let Ok(mut terminated) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated.recv() => {}
        }
        return;
    }
    let _ = tokio::signal::ctrl_c().await;
}

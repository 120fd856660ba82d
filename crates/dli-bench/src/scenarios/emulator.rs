//! The emulator as a program that is linked with it starts it, and a bare axum server beside it.

use std::io::Write as _;
use std::time::Instant;

use anyhow::ensure;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use dli_emulator::Emulator;
use serde::{Deserialize, Serialize};
use tokio::net::{TcpListener, TcpSocket};

use super::{Side, Words};
use crate::connections::{self, Connection, List};
use crate::measure::Figures;

/// How long the first emulator of a process takes to start, and until it has answered a signed
/// call whose operation it had to prepare.
pub fn start() -> anyhow::Result<Figures> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let started = Instant::now();
        let emulator = Emulator::start().await?;
        let start = started.elapsed();
        let dli = dli_ext::Dli::builder()
            .environment(std::iter::empty::<(String, String)>())
            .endpoint(emulator.url())
            .access_key(emulator.access_key(), emulator.secret_key())
            .project_id(emulator.project_id())
            .no_proxy()
            .build()?;
        let list = dli.enhanced_connections().list(Default::default()).await?;
        ensure!(list.is_success == Some(true), "not answered");
        let answered = started.elapsed();
        Ok(Figures::from([
            ("wall_us", start.as_secs_f64() * 1e6),
            ("answered_us", answered.as_secs_f64() * 1e6),
        ]))
    })
}

/// Serves until it is killed: the emulator with its state in a file, or axum alone.
pub fn serve(side: Side, mut words: Words) -> anyhow::Result<()> {
    let folder = words.text("the folder for the state")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match side {
            Side::Ours => {
                let emulator = Emulator::builder().data_dir(folder).start().await?;
                announce(emulator.url())?;
                std::future::pending().await
            }
            Side::Floor => listen(bare()?).await,
        }
    })
}

/// The same answers to the same requests, with nothing but axum and serde: nothing is checked,
/// nothing is kept.
fn bare() -> anyhow::Result<Router> {
    #[derive(Clone)]
    struct Answers {
        list: List,
        one: Connection,
    }
    #[derive(Deserialize)]
    struct Create {
        name: String,
        dest_vpc_id: String,
        dest_network_id: String,
    }
    #[derive(Serialize)]
    struct Created {
        is_success: bool,
        message: &'static str,
        connection_id: String,
    }
    let list = async |State(answers): State<std::sync::Arc<Answers>>| Json(answers.list.clone());
    let show = async |State(answers): State<std::sync::Arc<Answers>>, _: Path<(String, String)>| {
        Json(answers.one.clone())
    };
    let create = async |Json(asked): Json<Create>| {
        let length = asked.name.len() + asked.dest_vpc_id.len() + asked.dest_network_id.len();
        let connection_id = format!("c3f0a1d2-7b6e-4a59-8d3c-{length:012}");
        let created = Created { is_success: true, message: "", connection_id };
        (StatusCode::CREATED, Json(created))
    };
    let answers = Answers {
        list: serde_json::from_str(&connections::page(0, 100))?,
        one: serde_json::from_str(&connections::one("ACTIVE"))?,
    };
    Ok(Router::new()
        .route(&connections::path("{project}"), get(list).post(create))
        .route(&(connections::path("{project}") + "/{id}"), get(show))
        .with_state(std::sync::Arc::new(answers)))
}

/// Serves an application on a free port, and says where.
pub(super) async fn listen(app: Router) -> anyhow::Result<()> {
    use axum::serve::ListenerExt as _;

    let socket = TcpSocket::new_v4()?;
    socket.bind("127.0.0.1:0".parse()?)?;
    // Ten thousand clients may knock at once.
    let listener: TcpListener = socket.listen(16_384)?;
    announce(&format!("http://{}", listener.local_addr()?))?;
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, app).await?;
    Ok(())
}

fn announce(url: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "{url}")?;
    out.flush()
}

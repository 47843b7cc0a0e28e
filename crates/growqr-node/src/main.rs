//! The program `growqr-node`. Only this file installs signals, logs and the runtime.

use async_trait::async_trait;
use clap::Parser;
use growqr_core::journal::StoreError;
use growqr_core::secret::Secret;
use growqr_node::engine::{EngineAccess, Node, NodeError};
use growqr_node::metrics::Metrics;
use growqr_node::own_engine::{OwnEngine, OwnEngineError};
use growqr_node::signals::stop_requested;
use growqr_node::watch::{Part, Watched, serve};
use growqr_store::{DatabaseUrl, Db, DbConfig};
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How often the alarm of an agent at work sounds.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How long a drain may take.
const DRAIN_LIMIT: Duration = Duration::from_secs(60);

/// How long an answer of the engine counts: whoever asks more often does not reach it.
const CHECK_LIFE: Duration = Duration::from_secs(1);

/// Runs agents on a Rivet engine
#[derive(Debug, Parser)]
#[command(name = "growqr-node", version)]
struct Arguments {
    /// The engine's address, such as http://127.0.0.1:6420
    #[arg(long, required_unless_present = "own_engine")]
    engine: Option<String>,
    /// Starts an engine on this computer, with its data in this folder; it ends with the node
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["engine", "engine_token", "engine_namespace"])]
    own_engine: Option<PathBuf>,
    /// The program of the own engine; without it, npm installs one into its folder
    #[arg(long, value_name = "FILE", requires = "own_engine")]
    engine_program: Option<PathBuf>,
    /// The port of the own engine, which also takes the two after it
    #[arg(long, default_value_t = 6420, value_parser = clap::value_parser!(u16).range(1..=65_533), requires = "own_engine")]
    engine_port: u16,
    /// The engine's admin token
    #[arg(long, env = "GROWQR_ENGINE_TOKEN", hide_env_values = true)]
    engine_token: Option<String>,
    /// The engine's namespace
    #[arg(long, default_value = "default")]
    engine_namespace: String,
    /// The PostgreSQL database of all nodes
    #[arg(long, env = "GROWQR_DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// Where health and measurements are told
    #[arg(long, default_value = "127.0.0.1:9464")]
    watch: SocketAddr,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_max_level(tracing::Level::INFO).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "the async runtime could not be started");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let cause = error.source().map(ToString::to_string);
            tracing::error!(%error, cause, "the node has ended");
            ExitCode::FAILURE
        }
    }
}

/// Why the program has failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("the database cannot be used")]
    Database(#[source] StoreError),
    #[error(transparent)]
    Engine(#[from] NodeError),
    #[error(transparent)]
    OwnEngine(#[from] OwnEngineError),
    #[error("--engine must have no user name and no password, which would be logged: give the token with GROWQR_ENGINE_TOKEN")]
    Address,
    #[error("the measurements are wrong: {0}")]
    Metrics(String),
    #[error("{what}")]
    System { what: &'static str, source: std::io::Error },
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    if arguments.engine.as_deref().is_some_and(has_user) {
        return Err(Failure::Address);
    }
    // From now on no signal ends this process before its engine.
    let mut stop_requested = tokio::spawn(stop_requested());
    let database = DbConfig::Postgres { url: DatabaseUrl::new(arguments.database_url) };
    // Brings it to this build's version, and keeps a connection.
    let start = async {
        let db = Db::open(&database).await.map_err(Failure::Database)?;
        let own_engine = match arguments.own_engine {
            Some(folder) => Some(OwnEngine::start(&folder, arguments.engine_program, arguments.engine_port).await?),
            None => None,
        };
        Ok::<_, Failure>((db, own_engine))
    };
    let (db, mut own_engine) = tokio::select! {
        started = start => started?,
        asked = &mut stop_requested => return signal_received(asked),
    };
    let token = arguments.engine_token.map(Secret::new);
    let access = EngineAccess {
        address: own_engine.as_ref().map(OwnEngine::address).or(arguments.engine).unwrap_or_default(),
        token: own_engine.as_ref().map(|engine| engine.token().clone()).or(token),
        namespace: arguments.engine_namespace,
        heartbeat: HEARTBEAT,
    };
    let engine = access.address.clone();
    let metrics = Metrics::new().map_err(|error| Failure::Metrics(error.to_string()))?;
    let (draining, stop) = (CancellationToken::new(), CancellationToken::new());
    let parts: Vec<Arc<dyn Part>> =
        vec![Arc::new(Database(database)), Arc::new(Engine { access: access.clone(), last: Mutex::default() })];
    let watched = Arc::new(Watched { metrics: metrics.clone(), parts, draining: draining.clone() });
    let bound = TcpListener::bind(arguments.watch).await;
    let listener = bound.map_err(|source| Failure::System { what: "the address of --watch cannot be used", source })?;
    let watching = tokio::spawn(serve(listener, watched, stop.clone()));
    let node = Node::join(access, metrics);
    tracing::info!(engine, watch = %arguments.watch, "the node has started");
    let ended = until_stopped(node, own_engine.as_mut(), stop_requested, &draining).await;
    if let Some(engine) = own_engine {
        engine.stop().await;
    }
    stop.cancel();
    // It only fails if it has panicked, which is logged.
    let _ = watching.await;
    db.close().await;
    ended
}

fn signal_received(asked: Result<std::io::Result<()>, JoinError>) -> Result<(), Failure> {
    let asked = asked.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
    asked.map_err(|source| Failure::System { what: "signals cannot be received", source })
}

/// Whether an address has a user name or a password.
fn has_user(address: &str) -> bool {
    let after_scheme = address.split_once("//").map_or(address, |(_, rest)| rest);
    after_scheme.split(['/', '?', '#', '\\']).next().is_some_and(|authority| authority.contains('@'))
}

/// Returns once the node has left its engine because the system has asked for it, or cannot use its engine any more.
async fn until_stopped(
    mut node: Node,
    own_engine: Option<&mut OwnEngine>,
    stop_requested: JoinHandle<std::io::Result<()>>,
    draining: &CancellationToken,
) -> Result<(), Failure> {
    let engine_ended = async {
        match own_engine {
            Some(engine) => engine.ended().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = node.ended() => return ended.map_err(Failure::from),
        error = engine_ended => return Err(error.into()),
        asked = stop_requested => signal_received(asked)?,
    }
    tracing::info!("the node drains: its agents go to other nodes");
    draining.cancel();
    match tokio::time::timeout(DRAIN_LIMIT, node.leave()).await {
        Ok(left) => left.map_err(Failure::from),
        Err(_) => {
            tracing::warn!(limit = DRAIN_LIMIT.as_secs(), "the drain took too long");
            Ok(())
        }
    }
}

/// The database, for watchers.
struct Database(DbConfig);

#[async_trait]
impl Part for Database {
    fn name(&self) -> &'static str {
        "database"
    }

    async fn check(&self) -> Result<(), String> {
        Db::status(&self.0).await.map(drop).map_err(|error| error.to_string())
    }
}

/// The engine, for watchers.
struct Engine {
    access: EngineAccess,
    /// The last answer, and when it came. Watchers that ask at the same time get the same one.
    last: Mutex<Option<(Instant, Result<(), String>)>>,
}

#[async_trait]
impl Part for Engine {
    fn name(&self) -> &'static str {
        "engine"
    }

    async fn check(&self) -> Result<(), String> {
        let mut last = self.last.lock().await;
        if let Some((at, checked)) = &*last
            && at.elapsed() < CHECK_LIFE
        {
            return checked.clone();
        }
        let checked = self.access.check().await.map_err(|error| error.to_string());
        *last = Some((Instant::now(), checked.clone()));
        checked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_an_engine_has_no_user() {
        for (address, found) in [
            ("http://127.0.0.1:6420", false),
            ("http://engine/a@b", false),
            ("https://me:secret@engine:6420/", true),
            ("token@engine", true),
        ] {
            assert_eq!(has_user(address), found, "{address}");
        }
    }
}

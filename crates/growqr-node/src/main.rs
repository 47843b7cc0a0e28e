//! The program `growqr-node`. Only this file installs signals, logs and the runtime.

use async_trait::async_trait;
use clap::Parser;
use growqr_core::journal::StoreError;
use growqr_core::secret::Secret;
use growqr_node::engine::{EngineAccess, Node, NodeError};
use growqr_node::metrics::Metrics;
use growqr_node::signals::stop_requested;
use growqr_node::watch::{Part, Watched, serve};
use growqr_store::{DatabaseUrl, Db, DbConfig};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How often the alarm of an agent at work sounds.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// How long a drain may take.
const DRAIN_LIMIT: Duration = Duration::from_secs(60);

/// Runs agents on a Rivet engine
#[derive(Debug, Parser)]
#[command(name = "growqr-node", version)]
struct Arguments {
    /// The engine's address, such as http://127.0.0.1:6420
    #[arg(long)]
    engine: String,
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
            tracing::error!(%error, "the node has ended");
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
    #[error("the measurements are wrong: {0}")]
    Metrics(String),
    #[error("{what}")]
    System { what: &'static str, source: std::io::Error },
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let database = DbConfig::Postgres { url: DatabaseUrl::new(arguments.database_url) };
    // Brings it to this build's version, and keeps a connection.
    let db = Db::open(&database).await.map_err(Failure::Database)?;
    let access = EngineAccess {
        address: arguments.engine,
        token: arguments.engine_token.map(Secret::new),
        namespace: arguments.engine_namespace,
        heartbeat: HEARTBEAT,
    };
    let metrics = Metrics::new().map_err(|error| Failure::Metrics(error.to_string()))?;
    let (draining, stop) = (CancellationToken::new(), CancellationToken::new());
    let parts: Vec<Arc<dyn Part>> = vec![Arc::new(Database(database)), Arc::new(Engine(access.clone()))];
    let watched = Arc::new(Watched { metrics: metrics.clone(), parts, draining: draining.clone() });
    let bound = TcpListener::bind(arguments.watch).await;
    let listener = bound.map_err(|source| Failure::System { what: "the address of --watch cannot be used", source })?;
    let watching = tokio::spawn(serve(listener, watched, stop.clone()));
    let mut node = Node::join(access, metrics);
    tracing::info!(watch = %arguments.watch, "the node has started");
    let ended = tokio::select! {
        ended = node.ended() => ended.map_err(Failure::from),
        asked = stop_requested() => {
            asked.map_err(|source| Failure::System { what: "signals cannot be received", source })?;
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
    };
    stop.cancel();
    // It only fails if it has panicked, which is logged.
    let _ = watching.await;
    db.close().await;
    ended
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
struct Engine(EngineAccess);

#[async_trait]
impl Part for Engine {
    fn name(&self) -> &'static str {
        "engine"
    }

    async fn check(&self) -> Result<(), String> {
        self.0.check().await.map_err(|error| error.to_string())
    }
}

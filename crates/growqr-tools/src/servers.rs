//! All servers of a profile.

use crate::executor::McpExecutor;
use crate::listing::Listing;
use crate::log::LogLine;
use crate::server::Server;
use crate::server_config::{KeptValues, ServerConfig};
use crate::server_name::ServerName;
use crate::server_status::ServerStatus;
use crate::sign_in::SignIns;
use growqr_core::clock::Clock;
use growqr_core::tool::Executor;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// A server, and its tools if they are known from an earlier run.
#[derive(Clone, Debug)]
pub struct KnownServer {
    /// The server.
    pub config: ServerConfig,
    /// Its tools. With them it is started only when it is called.
    pub listing: Option<Arc<Listing>>,
}

/// The servers of a profile, each with a task of its own.
pub struct Servers {
    kept: Arc<dyn KeptValues>,
    sign_ins: Arc<SignIns>,
    clock: Arc<dyn Clock>,
    servers: Mutex<BTreeMap<ServerName, Arc<Server>>>,
    changes: watch::Sender<u64>,
}

impl Servers {
    /// No servers yet.
    #[must_use]
    pub fn new(kept: Arc<dyn KeptValues>, sign_ins: Arc<SignIns>, clock: Arc<dyn Clock>) -> Servers {
        Servers { kept, sign_ins, clock, servers: Mutex::default(), changes: watch::channel(0).0 }
    }

    /// Makes these the servers: new ones begin, removed and changed ones end; the others go on undisturbed. Waits for nothing.
    /// Needs a tokio runtime.
    pub fn set(&self, wanted: Vec<KnownServer>) {
        let mut servers = self.lock();
        let mut earlier = std::mem::take(&mut *servers);
        for KnownServer { config, listing } in wanted {
            let kept = earlier.remove(&config.name).filter(|server| server.config == config);
            let server = kept.unwrap_or_else(|| {
                Arc::new(Server::begin(
                    config.clone(),
                    listing,
                    (Arc::clone(&self.kept), Arc::clone(&self.sign_ins)),
                    Arc::clone(&self.clock),
                    self.changes.clone(),
                ))
            });
            servers.insert(config.name, server);
        }
        // The others end when their last call has ended; a call under way keeps its server.
        drop(earlier);
        drop(servers);
        self.changes.send_modify(|count| *count += 1);
    }

    /// An executor for each server, in the order of their names.
    #[must_use]
    pub fn executors(&self) -> Vec<Arc<dyn Executor>> {
        let executor = |server: &Arc<Server>| {
            Arc::new(McpExecutor { server: Arc::clone(server), clock: Arc::clone(&self.clock) }) as Arc<dyn Executor>
        };
        self.lock().values().map(executor).collect()
    }

    /// Each server as people see it, in the order of their names.
    #[must_use]
    pub fn statuses(&self) -> Vec<ServerStatus> {
        self.lock().values().map(|server| server.status()).collect()
    }

    /// What a server has said; `None` if there is no such server.
    #[must_use]
    pub fn log(&self, name: &ServerName) -> Option<Vec<LogLine>> {
        self.find(name).map(|server| server.log_lines())
    }

    /// Ends a server if it runs, and starts it. `false` if there is no such server.
    pub async fn restart(&self, name: &ServerName) -> bool {
        let Some(server) = self.find(name) else { return false };
        server.restart(self.clock.now()).await;
        true
    }

    /// A number that changes with everything that [`Servers::statuses`] and [`Servers::executors`] return.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Ends all servers; returns when their programs are gone.
    pub async fn close(&self) {
        let servers = std::mem::take(&mut *self.lock());
        let mut ends = tokio::task::JoinSet::new();
        for server in servers.into_values() {
            ends.spawn(async move { server.close().await });
        }
        ends.join_all().await;
        self.sign_ins.close().await;
    }

    fn find(&self, name: &ServerName) -> Option<Arc<Server>> {
        self.lock().get(name).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<ServerName, Arc<Server>>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

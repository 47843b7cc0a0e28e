//! The servers of tools (MCP) that the person has added: kept in the store and the keychain, run by `growqr-tools`.

mod consent;
mod import;
mod kept_values;
mod rows;
mod stored;

pub(crate) use consent::hash_of;
pub use import::read_tool_servers;

use crate::SystemClock;
use crate::error::AppError;
use growqr_actors::Toolbox;
use growqr_core::clock::Clock;
use growqr_core::journal::{Store, StoredToolServer};
use growqr_core::secret::SecretStore;
use growqr_core::tool::Executor;
use growqr_tools::{KnownServer, Listing, ServerName, Servers};
use growqr_wire as wire;
use growqr_wire::{NewToolServer, Reply};
use kept_values::KeychainValues;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most servers of one profile.
const MAX_SERVERS: usize = 100;

/// The servers of an open profile. They run only while agents run.
pub(crate) struct ToolServers {
    servers: Servers,
    toolbox: Arc<Toolbox>,
    memory_tools: Arc<dyn Executor>,
    store: Arc<dyn Store>,
    values: Arc<KeychainValues>,
    /// Held while rows are read and set, so that what is set last is what was stored last.
    loading: tokio::sync::Mutex<()>,
    /// The tools that the store has.
    stored: Mutex<BTreeMap<ServerName, Arc<Listing>>>,
}

impl ToolServers {
    /// No server runs yet.
    pub(crate) fn new(
        toolbox: Arc<Toolbox>,
        memory_tools: Arc<dyn Executor>,
        store: Arc<dyn Store>,
        keychain: Arc<dyn SecretStore>,
    ) -> ToolServers {
        let values = Arc::new(KeychainValues::new(keychain));
        let servers = Servers::new(Arc::clone(&values) as Arc<dyn growqr_tools::KeptValues>, Arc::new(SystemClock));
        let (loading, stored) = (tokio::sync::Mutex::default(), Mutex::default());
        ToolServers { servers, toolbox, memory_tools, store, values, loading, stored }
    }

    /// Begins the servers that are stored. Waits for none of them; one whose tools are known starts with its first call.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn load(&self) -> Result<(), AppError> {
        let _one_at_a_time = self.loading.lock().await;
        let rows = self.store.tool_servers().await?;
        let known: Vec<KnownServer> = rows.iter().filter(|server| server.is_on).filter_map(known).collect();
        *self.stored() = known.iter().filter_map(|server| Some((server.config.name.clone(), server.listing.clone()?))).collect();
        self.servers.set(known);
        self.offer();
        Ok(())
    }

    /// Offers the tools of the servers, and keeps them, whenever they change. Does not end by itself.
    pub(crate) async fn follow(self: Arc<ToolServers>) {
        let mut changes = self.servers.subscribe();
        while changes.changed().await.is_ok() {
            self.offer();
            for (name, listing) in self.listings() {
                if self.stored().get(&name) == Some(&listing) {
                    continue;
                }
                match serde_json::to_string(&*listing) {
                    Ok(text) => match self.store.save_tool_listing(name.as_str(), &text).await {
                        Ok(()) => drop(self.stored().insert(name, listing)),
                        Err(error) => tracing::warn!(server = %name, %error, "the tools of a server are not kept yet"),
                    },
                    Err(error) => tracing::error!(server = %name, %error, "the tools of a server cannot be kept"),
                }
            }
        }
    }

    fn listings(&self) -> impl Iterator<Item = (ServerName, Arc<Listing>)> + use<> {
        self.servers.statuses().into_iter().filter_map(|status| Some((status.name, status.listing?)))
    }

    fn stored(&self) -> MutexGuard<'_, BTreeMap<ServerName, Arc<Listing>>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn offer(&self) {
        let memory_tools = std::iter::once(Arc::clone(&self.memory_tools));
        self.toolbox.refresh(memory_tools.chain(self.servers.executors()).collect());
    }

    /// All servers that are stored, with what those that run are doing. `without_room` are the tools that the chosen model is not
    /// offered.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn list(&self, without_room: &BTreeSet<String>) -> Result<Reply, AppError> {
        Ok(Reply::ToolServers { servers: rows::all(&*self.store, &self.servers.statuses(), without_room).await? })
    }

    /// Adds a server; with `replace` it may take the place of another one with its name. What the person has allowed that one
    /// ends; the caller applies the rules.
    ///
    /// # Errors
    /// [`AppError::BadRequest`] if it cannot be used, or the name is taken; then nothing has changed.
    pub(crate) async fn add(&self, server: NewToolServer, replace: bool) -> Result<(), AppError> {
        let (name, config) = stored::checked(&server)?;
        let rows = self.store.tool_servers().await?;
        let earlier = rows.iter().find(|other| other.name == server.name);
        let config = stored::text(&config);
        // A request that is sent again finds what it has added.
        if !replace && earlier.is_some_and(|earlier| earlier.config != config) {
            return Err(AppError::bad_request(
                format!("there is another server with the name {name}"),
                "Choose another name, or take its place with --replace.",
            ));
        }
        if earlier.is_none() && rows.len() >= MAX_SERVERS {
            return Err(AppError::bad_request(
                format!("there are {MAX_SERVERS} servers already"),
                "Remove some that you no longer need: growqr tools list",
            ));
        }
        let is_same = earlier.is_some_and(|earlier| stored::is_same_program(earlier, &config));
        if !is_same {
            consent::end(&*self.store, name.as_str()).await?;
        }
        let had_values = earlier.is_some_and(stored::has_values);
        // The values first: a server without its keys would only fail.
        let earlier_values = if had_values { self.values.stored(&name).await? } else { None };
        if !server.values.is_empty() {
            self.values.store(&name, &server.values).await?;
        } else if had_values {
            self.values.remove(&name).await?;
        }
        let row = StoredToolServer { name: server.name, config, listing: None, is_on: true, changed_at: SystemClock.now() };
        if let Err(error) = self.store.save_tool_server(&row).await {
            if had_values || !server.values.is_empty() {
                self.values.restore(&name, earlier_values.as_ref()).await;
            }
            return Err(error.into());
        }
        self.load().await?;
        // A server that goes on as it is does not know its new values yet.
        if earlier.is_some_and(|earlier| earlier.config == row.config && earlier.is_on) {
            self.servers.restart(&name).await;
        }
        Ok(())
    }

    /// Removes a server, its values, and what the person has allowed it; the caller applies the rules.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is none; [`AppError::BadRequest`] if its values cannot be removed: then it stays.
    pub(crate) async fn remove(&self, name: &str) -> Result<(), AppError> {
        let rows = self.store.tool_servers().await?;
        let row = rows.iter().find(|row| row.name == name).ok_or_else(|| missing(name))?;
        if let (true, Ok(name)) = (stored::has_values(row), ServerName::new(name)) {
            self.values.remove(&name).await?;
        }
        consent::end(&*self.store, name).await?;
        self.store.remove_tool_server(name).await?;
        self.load().await?;
        Ok(())
    }

    /// Offers the tools of a server, or no longer.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is none.
    pub(crate) async fn switch(&self, name: &str, is_on: bool) -> Result<(), AppError> {
        let stored = self.store.tool_servers().await?.into_iter().find(|server| server.name == name);
        let stored = stored.ok_or_else(|| missing(name))?;
        self.store.save_tool_server(&StoredToolServer { is_on, changed_at: SystemClock.now(), ..stored }).await?;
        self.load().await?;
        Ok(())
    }

    /// Starts a server again. Does not wait: until it is ready or has failed, its state is that it is being started.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is none that is on.
    pub(crate) async fn test(&self, name: &str) -> Result<(), AppError> {
        let server = ServerName::new(name).map_err(|_| missing(name))?;
        if !self.servers.restart(&server).await {
            return Err(missing(name));
        }
        Ok(())
    }

    /// What a server has said since GrowQR started.
    ///
    /// # Errors
    /// [`AppError::Missing`] if there is none that is on.
    pub(crate) fn log(&self, name: &str) -> Result<Reply, AppError> {
        let lines = ServerName::new(name).ok().and_then(|name| self.servers.log(&name)).ok_or_else(|| missing(name))?;
        Ok(Reply::ToolLog { lines: lines.iter().map(rows::log_line).collect() })
    }

    /// Ends all servers.
    pub(crate) async fn close(&self) {
        self.servers.close().await;
    }
}

/// All servers that are stored, while no agents run.
///
/// # Errors
/// If the store cannot be read.
pub(crate) async fn list_without_host(store: Option<&dyn Store>) -> Result<Vec<wire::ToolServer>, AppError> {
    match store {
        Some(store) => rows::all(store, &[], &BTreeSet::new()).await,
        None => Ok(Vec::new()),
    }
}

/// A stored server with its tools. One that this build cannot read is left out and logged.
fn known(server: &StoredToolServer) -> Option<KnownServer> {
    let config = stored::config(server).inspect_err(|error| {
        tracing::warn!(server = server.name, %error, "a server of tools cannot be read, and is not started");
    });
    Some(KnownServer { config: config.ok()?, listing: stored::listing(server).map(Arc::new) })
}

fn missing(name: &str) -> AppError {
    AppError::Missing { what: format!("server {name:?} that is on"), next_step: "See all servers: growqr tools list".to_owned() }
}

//! The servers of tools (MCP) that the person has added: kept in the store and the keychain, run by `growqr-tools`. Also offers the
//! program's own tools beside theirs.

mod attempts;
mod changes;
mod configurations;
mod consent;
mod grants;
mod import;
mod kept_values;
mod own;
mod restored;
mod rows;
mod sign_in;
mod stored;
#[cfg(feature = "stop-points")]
mod test_network;
#[cfg(test)]
mod tests;

pub(crate) use consent::hash_of;
pub use import::read_tool_servers;
pub(crate) use own::{OwnTools, WebPreferences};
pub(crate) use restored::turn_all_off;

use crate::SystemClock;
use crate::blocking::blocking;
use crate::error::AppError;
use crate::library::Library;
use crate::machine;
use crate::profile::location::Profile;
use attempts::Attempts;
use grants::KeychainGrants;
use growqr_actors::Toolbox;
use growqr_core::clock::Clock;
use growqr_core::journal::{Store, StoredToolServer};
use growqr_core::secret::SecretStore;
use growqr_core::tool::Executor;
use growqr_tools::sign_in::SignIns;
use growqr_tools::{KnownServer, Listing, ServerName, Servers, ToolSearch};
use growqr_wire as wire;
use growqr_wire::Reply;
use kept_values::KeychainValues;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The servers of an open profile. They run only while agents run.
pub(crate) struct ToolServers {
    servers: Servers,
    toolbox: Arc<Toolbox>,
    own: OwnTools,
    store: Arc<dyn Store>,
    values: Arc<KeychainValues>,
    sign_ins: Attempts,
    /// Names the keychain in the store ([`growqr_core::journal::ToolValues`]).
    keychain: String,
    /// Held during a change: the entries of the keychain that it has written are not in a row yet.
    changing: tokio::sync::Mutex<()>,
    /// Held while rows are read and set, so that what is set last is what was stored last.
    loading: tokio::sync::Mutex<()>,
    /// Held while the tools that there are now are read and offered, so that what is offered last is what was read last.
    offering: Mutex<()>,
    /// What the store has of the servers that run.
    stored: Mutex<BTreeMap<ServerName, Stored>>,
}

/// What the store has of a server.
struct Stored {
    config: String,
    listing: Option<Arc<Listing>>,
}

impl ToolServers {
    /// No server runs yet. `keychain_name` is the same at each start, and is that of no other keychain. `folder` has the locks between
    /// the programs that use this keychain.
    pub(crate) fn new(
        toolbox: Arc<Toolbox>,
        own: OwnTools,
        store: Arc<dyn Store>,
        keychain: Arc<dyn SecretStore>,
        keychain_name: String,
        folder: PathBuf,
    ) -> ToolServers {
        let grants = KeychainGrants::new(Arc::clone(&keychain), keychain_name.clone(), Arc::clone(&store), folder);
        let values = Arc::new(KeychainValues::new(keychain));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let sign_ins = Arc::new(SignIns::new(Arc::new(grants), own::network(), Arc::clone(&clock)));
        let kept = Arc::clone(&values) as Arc<dyn growqr_tools::KeptValues>;
        let servers = Servers::new(kept, Arc::clone(&sign_ins), clock);
        let sign_ins = Attempts::new(sign_ins);
        let (changing, loading) = (tokio::sync::Mutex::default(), tokio::sync::Mutex::default());
        let (keychain, offering, stored) = (keychain_name, Mutex::default(), Mutex::default());
        ToolServers { servers, toolbox, own, store, values, sign_ins, keychain, changing, loading, offering, stored }
    }

    /// Begins the servers that are stored. Waits for none of them; one whose tools are known starts with its first call.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn load(&self) -> Result<(), AppError> {
        let _one_at_a_time = self.loading.lock().await;
        let rows = self.store.tool_servers().await?;
        let started = rows.iter().filter(|row| row.is_on).filter_map(|row| Some((known(row)?, row.config.clone())));
        let (known, configs): (Vec<KnownServer>, Vec<String>) = started.unzip();
        let stored = |(server, config): (&KnownServer, String)| {
            (server.config.name.clone(), Stored { config, listing: server.listing.clone() })
        };
        *self.stored() = known.iter().zip(configs).map(stored).collect();
        self.servers.set(known);
        self.offer();
        Ok(())
    }

    /// Offers the tools of the servers, and keeps them, whenever they change. Does not end by itself.
    pub(crate) async fn follow(self: Arc<ToolServers>) {
        let mut changes = self.servers.subscribe();
        while changes.changed().await.is_ok() {
            self.offer();
            for (name, config, listing) in self.unsaved().await {
                match serde_json::to_string(&*listing) {
                    Ok(text) => match self.store.save_tool_listing(name.as_str(), &config, &text).await {
                        Ok(()) => self.is_saved(&name, &config, listing),
                        Err(error) => tracing::warn!(server = %name, %error, "the tools of a server are not kept yet"),
                    },
                    Err(error) => tracing::error!(server = %name, %error, "the tools of a server cannot be kept"),
                }
            }
        }
    }

    /// The lists of tools that the store does not have, with the configurations of their servers.
    async fn unsaved(&self) -> Vec<(ServerName, String, Arc<Listing>)> {
        // While rows are read and set, the servers that run may be those of earlier rows.
        let _not_while_loading = self.loading.lock().await;
        let (stored, statuses) = (self.stored(), self.servers.statuses());
        let unsaved = statuses.into_iter().filter_map(|status| {
            let (known, listing) = (stored.get(&status.name)?, status.listing?);
            (known.listing.as_ref() != Some(&listing)).then(|| (status.name, known.config.clone(), listing))
        });
        unsaved.collect()
    }

    fn is_saved(&self, name: &ServerName, config: &str, listing: Arc<Listing>) {
        if let Some(stored) = self.stored().get_mut(name).filter(|stored| stored.config == config) {
            stored.listing = Some(listing);
        }
    }

    fn stored(&self) -> MutexGuard<'_, BTreeMap<ServerName, Stored>> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what the person has chosen about pages of the web. Running turns keep the tools of their segment.
    pub(crate) fn choose_web(&self, preferences: WebPreferences) {
        self.own.choose(preferences);
        self.offer();
    }

    /// Offers the tools that there are now.
    pub(crate) fn offer(&self) {
        let _one_at_a_time = self.offering.lock().unwrap_or_else(PoisonError::into_inner);
        let servers = self.servers.executors();
        let search = ToolSearch::new(servers.iter().flat_map(|server| server.tools()).collect());
        let own = self.own.executors().into_iter().chain([Arc::new(search) as Arc<dyn Executor>]);
        self.toolbox.refresh(own.chain(servers).collect());
    }

    /// All servers that are stored, with what those that run are doing.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn list(&self) -> Result<Reply, AppError> {
        let noted = self.store.noted_tool_values(&self.keychain).await?;
        let facts = rows::SignInFacts { noted, attempts: self.sign_ins.states() };
        Ok(Reply::ToolServers { servers: rows::all(&*self.store, &self.servers.statuses(), &facts).await? })
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
        self.sign_ins.close().await;
        self.servers.close().await;
    }
}

/// The configurations of other programs.
///
/// # Errors
/// Never; files that cannot be read are in the reply.
pub(crate) async fn list_configurations() -> Result<Reply, AppError> {
    let configurations = blocking(|| Ok::<_, AppError>(configurations::all())).await?;
    Ok(Reply::ToolConfigurations { configurations })
}

/// All servers that are stored, while no agents run.
///
/// # Errors
/// If the store cannot be read.
pub(crate) async fn list_without_host(library: &Library) -> Result<Vec<wire::ToolServer>, AppError> {
    let Some(store) = library.store.as_deref() else { return Ok(Vec::new()) };
    let noted = store.noted_tool_values(&keychain_name(library.profile())).await?;
    rows::all(store, &[], &rows::SignInFacts { noted, ..rows::SignInFacts::default() }).await
}

/// Names the keychain of the data folder on this computer: others may use the same database.
pub(crate) fn keychain_name(profile: &Profile) -> String {
    format!("{}/{}", machine::name(), profile.secrets_namespace())
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

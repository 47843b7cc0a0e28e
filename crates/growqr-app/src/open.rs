//! One profile, open for writing: the lock, the store, the memory and the person's choices. No agent runs yet.

use crate::accounts::{Account, Accounts};
use crate::error::AppError;
use crate::home::{Environment, Home};
use crate::library::Library;
use crate::lock::ProfileLock;
use crate::setups::Choices;
use crate::{SystemClock, check_key, convert, keys, memory, settings};
use growqr_actors::Ports;
use growqr_core::agent::Input;
use growqr_core::clock::Clock;
use growqr_core::id::AgentId;
use growqr_core::journal::Store;
use growqr_core::memory::Memory;
use growqr_memory::MemoryRepo;
use growqr_store::{Db, Hold};
use growqr_wire::{Reply, Request};
use std::sync::Arc;

/// One profile, held by this process.
pub struct App {
    pub(crate) library: Library,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) memory: Arc<MemoryRepo>,
    pub(crate) choices: Arc<Choices>,
    environment: Environment,
    db: Db,
    _hold: Hold,
    // Last, so that it is let go after everything else is closed.
    _lock: ProfileLock,
}

impl App {
    /// Takes the profile's lock and opens everything. `Ok(None)` if another process holds it.
    ///
    /// # Errors
    /// [`AppError`]: a folder, the database or the memory cannot be used.
    pub async fn open(home: Home, environment: &Environment) -> Result<Option<App>, AppError> {
        let now = SystemClock.now();
        home.create()?;
        let Some(lock) = ProfileLock::take(&home, now)? else { return Ok(None) };
        let folder = home.memory();
        let opening = tokio::task::spawn_blocking(move || open_memory(&folder, now));
        let db = Db::open(home.database()).await?;
        let Some(hold) = db.hold(home.profile()).await? else { return Ok(None) };
        let store = db.profile(home.profile(), now).await?;
        mirror_user(&home, &*store).await?;
        let stored = settings::stored(&*store).await?;
        let choices = Arc::new(Choices::new(environment, keys::keychain(&home), stored, rand::random()));
        let memory = Arc::new(opening.await.map_err(|error| AppError::Internal(error.to_string()))??);
        let library = Library::of(home, Arc::clone(&store), Arc::clone(&memory));
        Ok(Some(App { library, store, memory, choices, environment: environment.clone(), db, _hold: hold, _lock: lock }))
    }

    /// The reading side.
    #[must_use]
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// Does what needs the lock and no agent.
    ///
    /// # Errors
    /// [`AppError`]; then nothing was changed.
    pub async fn handle(&self, request: Request) -> Result<Reply, AppError> {
        let at = SystemClock.now();
        match request {
            Request::WriteMemory { path, text, base } => {
                self.with_memory(move |repo| memory::write(repo, &path, &text, base.as_deref(), at)).await
            }
            Request::DeleteMemory { path, base } => {
                self.with_memory(move |repo| memory::delete(repo, &path, base.as_deref(), at)).await
            }
            Request::RestoreMemory { rev } => self.with_memory(move |repo| memory::restore(repo, &rev, at)).await,
            Request::SetSetting { name, value } => {
                let value = value.map(|value| settings::check(&name, &value)).transpose()?;
                if !settings::KNOWN.iter().any(|known| known.name == name) {
                    settings::check(&name, "")?;
                }
                self.store.set(&name, value.as_deref(), at).await?;
                self.choices.set_stored(settings::stored(&*self.store).await?);
                self.choices.load_keys().await;
                if matches!(name.as_str(), "model" | "openai.base_url") {
                    self.choices.learn().await;
                }
                Ok(Reply::Done)
            }
            Request::SetKey { name, value } => {
                self.choices.set_key(&name, value.as_ref().map(|value| value.0.as_str())).await?;
                Ok(self.keys().await)
            }
            Request::CheckKey { name, value } => {
                Ok(Reply::KeyChecked { check: check_key(self.library.home(), &self.environment, &name, &value.0).await? })
            }
            Request::Keys => {
                self.choices.refresh_keys().await;
                Ok(self.keys().await)
            }
            Request::LocalServers => Ok(Reply::LocalServers { servers: self.choices.local_servers().await }),
            Request::Hello { version } => crate::hosting::hello(version, self.library.home()),
            Request::Cancel { agent } => {
                self.library.agent(&agent).await?;
                let view = growqr_actors::record(&self.ports(), &AgentId::new(agent), Input::Cancel).await?;
                Ok(Reply::Said { agent: convert::agent(&view) })
            }
            Request::Say { .. } | Request::Resume { .. } | Request::Follow => {
                Err(AppError::Internal("agents need a host".to_owned()))
            }
        }
    }

    async fn keys(&self) -> Reply {
        Reply::Keys { keys: self.choices.keys().list(), keychain: self.choices.keys().keychain().await }
    }

    /// What agents run on.
    pub(crate) fn ports(&self) -> Ports {
        Ports {
            store: Arc::clone(&self.store),
            memory: Arc::clone(&self.memory) as Arc<dyn Memory>,
            setups: Arc::clone(&self.choices) as Arc<dyn growqr_actors::Setups>,
            clock: Arc::new(SystemClock),
        }
    }

    /// Closes the database in good order. Dropping loses nothing either.
    pub async fn close(self) {
        let tidied = self.with_memory(|memory| Ok(memory.tidy()?)).await;
        if let Err(error) = tidied {
            tracing::warn!(%error, "memory could not be tidied up; the next start sees to it");
        }
        drop(self.store);
        self.db.close().await;
    }

    async fn with_memory<T: Send + 'static>(
        &self,
        work: impl FnOnce(&MemoryRepo) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        let memory = Arc::clone(&self.memory);
        tokio::task::spawn_blocking(move || work(&memory)).await.map_err(|error| AppError::Internal(error.to_string()))?
    }
}

/// Keeps a copy of who the person is beside their data.
async fn mirror_user(home: &Home, store: &dyn Store) -> Result<(), AppError> {
    let Some(user) = Accounts::read(home.root())?.of_profile(home.profile()).map(Account::user) else { return Ok(()) };
    if store.users().await?.contains(&user) {
        return Ok(());
    }
    Ok(store.save_user(&user).await?)
}

/// Opens the memory and takes up what the person edited by hand while nothing ran.
fn open_memory(folder: &std::path::Path, now: growqr_core::clock::Timestamp) -> Result<MemoryRepo, AppError> {
    std::fs::create_dir_all(folder).map_err(|source| AppError::file("create", folder, source))?;
    #[cfg(not(feature = "hold-points"))]
    let memory = MemoryRepo::open(folder, now)?;
    #[cfg(feature = "hold-points")]
    let memory = MemoryRepo::open_probed(folder, now, Arc::new(crate::hold::Steps::default()))?;
    let adopted = memory.adopt_hand_edits(now)?;
    for left in adopted.skipped {
        tracing::info!(path = left.path, reason = %left.reason, "a file in the memory folder is left alone");
    }
    Ok(memory)
}

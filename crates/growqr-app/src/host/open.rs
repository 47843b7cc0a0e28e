//! One profile, open for writing: the lock, the store, the memory and the person's choices. No agents run yet.

use crate::choices::setups::Choices;
use crate::clock::{SystemClock, SystemRandom};
use crate::error::AppError;
use crate::host::lock::ProfileLock;
use crate::library::Library;
use crate::profile::accounts::{Account, Accounts};
use crate::profile::home::{Environment, Home};
use crate::profile::{keys, settings};
use growqr_actors::{MemoryTools, Ports, Toolbox};
use growqr_core::clock::Clock;
use growqr_core::journal::Store;
use growqr_core::memory::Memory;
use growqr_core::tool::Tools;
use growqr_memory::MemoryRepo;
use growqr_store::{Db, ProfileClaim};
use std::sync::Arc;

/// One profile whose lock this process holds.
pub(crate) struct App {
    pub(crate) library: Library,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) memory: Arc<MemoryRepo>,
    tools: Arc<dyn Tools>,
    pub(crate) choices: Arc<Choices>,
    pub(crate) environment: Environment,
    db: Db,
    _claim: ProfileClaim,
    // The last field, so that the lock is released after everything else is closed.
    _lock: ProfileLock,
}

impl App {
    /// Takes the profile's lock and opens everything. `Ok(None)` if another process holds it.
    ///
    /// # Errors
    /// [`AppError`]: a folder, the database or the memory cannot be used.
    pub(crate) async fn open(home: Home, environment: &Environment) -> Result<Option<App>, AppError> {
        let now = SystemClock.now();
        home.create()?;
        let Some(lock) = ProfileLock::take(&home, now)? else { return Ok(None) };
        let folder = home.memory();
        let opening = tokio::task::spawn_blocking(move || open_memory(&folder, now));
        let db = Db::open(home.database()).await?;
        let Some(claim) = db.claim_profile(home.profile()).await? else { return Ok(None) };
        let store = db.profile(home.profile(), now).await?;
        mirror_user(&home, &*store).await?;
        let stored = settings::stored(&*store).await?;
        let memory = Arc::new(opening.await.map_err(|error| AppError::Internal(error.to_string()))??);
        let memory_tools = MemoryTools::new(Arc::clone(&memory) as Arc<dyn Memory>);
        let tools: Arc<dyn Tools> = Arc::new(Toolbox::new(vec![Arc::new(memory_tools)]));
        let choices = Choices::new(environment, keys::keychain(&home), stored, Arc::clone(&tools), rand::random());
        let library = Library::of(home, Arc::clone(&store), Arc::clone(&memory));
        let (environment, choices) = (environment.clone(), Arc::new(choices));
        Ok(Some(App { library, store, memory, tools, choices, environment, db, _claim: claim, _lock: lock }))
    }

    /// The ports that a host needs.
    pub(crate) fn ports(&self) -> Ports {
        Ports {
            store: Arc::clone(&self.store),
            memory: Arc::clone(&self.memory) as Arc<dyn Memory>,
            tools: Arc::clone(&self.tools),
            setups: Arc::clone(&self.choices) as Arc<dyn growqr_actors::Setups>,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        }
    }

    /// Tidies up the memory and closes the database. If this is only dropped, nothing is lost either.
    pub(crate) async fn close(self) {
        let memory = Arc::clone(&self.memory);
        let tidied = tokio::task::spawn_blocking(move || memory.tidy().map_err(AppError::from)).await;
        if let Err(error) = tidied.unwrap_or_else(|error| Err(AppError::Internal(error.to_string()))) {
            tracing::warn!(%error, "memory could not be tidied up; the next start sees to it");
        }
        drop(self.store);
        self.db.close().await;
    }
}

/// Copies the account of this profile into the profile's database.
async fn mirror_user(home: &Home, store: &dyn Store) -> Result<(), AppError> {
    let Some(user) = Accounts::read(home.root())?.of_profile(home.profile()).map(Account::user) else { return Ok(()) };
    if store.users().await?.contains(&user) {
        return Ok(());
    }
    Ok(store.save_user(&user).await?)
}

/// Opens the memory and commits what the person edited by hand while no host ran.
fn open_memory(folder: &std::path::Path, now: growqr_core::clock::Timestamp) -> Result<MemoryRepo, AppError> {
    std::fs::create_dir_all(folder).map_err(|source| AppError::file("create", folder, source))?;
    #[cfg(not(feature = "stop-points"))]
    let memory = MemoryRepo::open(folder, now)?;
    #[cfg(feature = "stop-points")]
    let memory = MemoryRepo::open_probed(folder, now, Arc::new(crate::host::stop_points::Steps::default()))?;
    let adopted = memory.adopt_hand_edits(now)?;
    for left in adopted.skipped {
        tracing::info!(path = left.path, reason = %left.reason, "a file in the memory folder is left alone");
    }
    Ok(memory)
}

//! Reads a profile's data without changing it. Takes no lock, starts no host, wakes no agent, makes no model call.

use crate::SystemClock;
use crate::error::AppError;
use crate::notify::NotificationPreferences;
use crate::page_parts::PageParts;
use crate::profile::location::Profile;
use crate::profile::settings::{self, Preferences};
use crate::timeline::open_turns::OpenTurns;
use growqr_core::clock::Clock;
use growqr_core::journal::{StackRecords, Store};
use growqr_memory::MemoryRepo;
use growqr_store::Db;
use growqr_wire as wire;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// One profile, open for reading. What does not exist yet reads as empty.
pub struct Library {
    pub(crate) profile: Profile,
    pub(crate) store: Option<Arc<dyn Store>>,
    /// Set once there is one. See [`Library::pages`].
    pub(crate) memory: OnceLock<Arc<MemoryRepo>>,
    /// Whether pages are read.
    pub(crate) has_memory: bool,
    pub(crate) page_parts: PageParts,
    pub(crate) open_turns: OpenTurns,
    db: Option<Db>,
}

impl Library {
    /// Opens the database, if there is one.
    ///
    /// # Errors
    /// If the database is there and cannot be read.
    pub async fn open(profile: Profile) -> Result<Library, AppError> {
        let db = Db::open_read_only(profile.database()).await?;
        let store = match &db {
            Some(db) => Some(db.profile(profile.id(), SystemClock.now()).await?),
            None => None,
        };
        Ok(Library {
            profile,
            store,
            memory: OnceLock::new(),
            has_memory: false,
            page_parts: PageParts::default(),
            open_turns: OpenTurns::default(),
            db,
        })
    }

    /// The person's settings about notifications.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn notification_preferences(&self) -> Result<NotificationPreferences, AppError> {
        let Some(store) = &self.store else { return Ok(NotificationPreferences::default()) };
        Ok(Preferences::parse_lenient(&settings::stored(&**store).await?).notifications)
    }

    /// Opens the database and the memory, if they exist. A host may run meanwhile, in any process.
    ///
    /// # Errors
    /// If the database is there and cannot be read. A memory that cannot be opened says so when it is used.
    pub async fn open_all(profile: Profile) -> Result<Library, AppError> {
        let folder = profile.memory();
        let memory = tokio::task::spawn_blocking(move || MemoryRepo::open_read_only(&folder));
        let library = Library::open(profile).await?;
        let memory = memory.await.map_err(|error| AppError::Internal(error.to_string()))?.map(Arc::new);
        Ok(Library { memory: memory.map_or_else(OnceLock::new, OnceLock::from), has_memory: true, ..library })
    }

    /// Opens only the memory; the database is not opened. A memory that cannot be opened says so when it is used.
    #[must_use]
    pub fn open_memory(profile: Profile) -> Library {
        Library {
            profile,
            store: None,
            memory: OnceLock::new(),
            has_memory: true,
            page_parts: PageParts::default(),
            open_turns: OpenTurns::default(),
            db: None,
        }
    }

    /// A library over a store and a memory that are open for writing.
    pub(crate) fn of(profile: Profile, store: Arc<dyn Store>, memory: Arc<MemoryRepo>) -> Library {
        Library {
            profile,
            store: Some(store),
            memory: OnceLock::from(memory),
            has_memory: true,
            page_parts: PageParts::default(),
            open_turns: OpenTurns::default(),
            db: None,
        }
    }

    /// All settings with their values.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn settings(&self) -> Result<Vec<wire::Setting>, AppError> {
        let stored = match &self.store {
            Some(store) => settings::stored(&**store).await?,
            None => settings::StoredSettings::new(),
        };
        Ok(settings::list(&stored))
    }

    /// Writes a copy of the database, as it is at one moment, to a new file. False if there is none, or it is on a server.
    pub(crate) async fn copy_database(&self, file: &Path) -> Result<bool, AppError> {
        match &self.db {
            Some(db) => Ok(db.copy_to(file).await?),
            None => Ok(false),
        }
    }

    /// Verifies the hash chain of every journal. Returns the number of events.
    ///
    /// # Errors
    /// [`AppError::BadRequest`] naming the first event that is wrong.
    pub async fn verify(&self) -> Result<u64, AppError> {
        let Some(db) = &self.db else { return Ok(0) };
        let verified = db.verify(self.profile.id()).await?;
        match verified.broken {
            None => Ok(verified.events),
            Some(broken) => {
                Err(AppError::bad_request(broken.to_string(), "Keep a copy of the database as it is, then restore a backup."))
            }
        }
    }

    /// The rows about containers; `None` without a database.
    pub(crate) fn stack_records(&self) -> Option<&dyn StackRecords> {
        self.store.as_ref().map(|store| &**store as &dyn StackRecords)
    }

    /// True if there was no database when this was opened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.store.is_none()
    }

    /// Where the profile's data is.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }
}

/// The state of the database, whatever its version.
///
/// # Errors
/// If it is there and cannot be read.
pub(crate) async fn database(profile: &Profile) -> Result<wire::Database, AppError> {
    let status = Db::status(profile.database()).await?;
    let location = profile.database_location().to_owned();
    let backend = if location.starts_with("postgres") { "postgres" } else { "sqlite" };
    Ok(wire::Database {
        backend: backend.to_owned(),
        location,
        known: Db::known(profile.database()),
        applied: status.as_ref().map(|status| status.applied).filter(|applied| *applied > 0),
        indexed: status.and_then(|status| status.indexed),
    })
}

impl Profile {
    /// The state of the database. Changes nothing.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub async fn database_status(&self) -> Result<wire::Database, AppError> {
        database(self).await
    }

    /// Applies the missing migrations; creates the database if there is none.
    ///
    /// # Errors
    /// If that fails; existing data is kept.
    pub async fn migrate(&self) -> Result<wire::Database, AppError> {
        self.create()?;
        Db::open(self.database()).await?.close().await;
        database(self).await
    }
}

//! The journal and its views in SQLite and PostgreSQL: implements the ports of `growqr-core`.
//!
//! [`Db`] is one open database; [`Db::profile`] gives the [`Store`] of one profile. Each database has its own migrations
//! (`migrations/sqlite`, `migrations/postgres`, with the same numbers and names) and its own queries. Both must pass one test
//! suite (`tests/it/contract`). This crate does not know the meaning of events.

mod chain;
mod claim;
mod config;
mod error;
mod postgres;
mod rows;
mod schema;
mod sqlite;
mod status;
mod text;
mod unfilled;
mod verify;
mod views;

pub use claim::{Claim, Holder, ProfileClaim};
pub use config::{DatabaseUrl, DbConfig};
pub use status::{Broken, Counts, DbStatus, Fault, Migrated, Verified};

use claim::Fence;
use growqr_core::clock::Timestamp;
use growqr_core::id::ProfileId;
use growqr_core::journal::{Store, StoreError};
use growqr_core::rebuild::Views;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// One open database.
pub struct Db {
    backend: Backend,
    migrated: Migrated,
}

enum Backend {
    Sqlite(Arc<sqlite::Database>),
    Postgres(Arc<postgres::Database>),
}

/// How often, and after which delay, a reader looks again whether a database is migrated by now.
const MIGRATION_CHECKS: u32 = 20;
const MIGRATION_CHECK_DELAY: Duration = Duration::from_millis(100);

impl Db {
    /// Opens for reading and writing. Creates the tables, and SQLite's file, if they are missing; migrates the schema, and writes
    /// the views that a migration has left to the program.
    ///
    /// # Errors
    /// [`StoreError::Newer`] if only a later build can use the database; `ReadOnly`, `DiskFull`, `Corrupt` and `Unreachable` as
    /// their names say; `Failed` if a migration fails.
    pub async fn open(config: &DbConfig) -> Result<Db, StoreError> {
        let (backend, migrated) = match config {
            DbConfig::Sqlite { path } => {
                let (db, migrated) = sqlite::Database::open(path).await?;
                (Backend::Sqlite(Arc::new(db)), migrated)
            }
            DbConfig::Postgres { url } => {
                let (db, migrated) = postgres::Database::open(url).await?;
                (Backend::Postgres(Arc::new(db)), migrated)
            }
        };
        Ok(Db { backend, migrated })
    }

    /// Opens read-only, possibly while another process writes, and changes nothing; every write fails with
    /// [`StoreError::ReadOnly`]. `None` if there is no database yet.
    ///
    /// # Errors
    /// As [`Db::open`]; `Failed` if the database still needs a migration.
    pub async fn open_read_only(config: &DbConfig) -> Result<Option<Db>, StoreError> {
        let Some(backend) = Backend::open_read_only(config).await? else { return Ok(None) };
        for attempt in 0.. {
            let (version, is_current) = match &backend {
                Backend::Sqlite(db) => (db.schema_state().await?.version(), db.is_current().await?),
                Backend::Postgres(db) => (db.schema_state().await?.version(), db.is_current().await?),
            };
            match (version, is_current) {
                (0, _) => break,
                (_, true) => return Ok(Some(Db { backend, migrated: Migrated { from: version, to: version } })),
                // Another process may be migrating it.
                (_, false) if attempt < MIGRATION_CHECKS => tokio::time::sleep(MIGRATION_CHECK_DELAY).await,
                (_, false) => {
                    let problem = "the database is from an older GrowQR; start GrowQR once, or run: growqr db migrate";
                    return Err(StoreError::Failed(problem.to_owned()));
                }
            }
        }
        Ok(None)
    }

    /// The status of a database of any version, without changing it. `None` if there is none.
    ///
    /// # Errors
    /// As [`Db::open`].
    pub async fn status(config: &DbConfig) -> Result<Option<DbStatus>, StoreError> {
        match Backend::open_read_only(config).await? {
            None => Ok(None),
            Some(Backend::Sqlite(db)) => db.status().await.map(Some),
            Some(Backend::Postgres(db)) => db.status().await.map(Some),
        }
    }

    /// Looks for what would make a write fail: takes the locks that an append needs and gives them back, and checks the file of an
    /// SQLite database. Changes nothing. Succeeds if there is no database yet.
    ///
    /// # Errors
    /// Those that the write would have.
    pub async fn check_writing(config: &DbConfig, profile: &ProfileId) -> Result<(), StoreError> {
        match config {
            DbConfig::Sqlite { path } => sqlite::check_writing(path).await,
            DbConfig::Postgres { url } => postgres::check_writing(url, profile).await,
        }
    }

    /// The last migration of this build for this kind of database.
    #[must_use]
    pub fn known(config: &DbConfig) -> i64 {
        match config {
            DbConfig::Sqlite { .. } => schema::known(&sqlite::MIGRATIONS),
            DbConfig::Postgres { .. } => schema::known(&postgres::MIGRATIONS),
        }
    }

    /// The migrations that opening the database applied.
    #[must_use]
    pub fn migrated(&self) -> Migrated {
        self.migrated
    }

    /// The store of one profile, which need not be claimed. A new profile is created with the time `now`.
    ///
    /// # Errors
    /// Those of the database. In a read-only database, a missing profile is an empty one, not an error.
    pub async fn profile(&self, profile: &ProfileId, now: Timestamp) -> Result<Arc<dyn Store>, StoreError> {
        match &self.backend {
            Backend::Sqlite(db) => db.create_profile(profile, now).await?,
            Backend::Postgres(db) => db.create_profile(profile, now).await?,
        }
        Ok(self.store(profile, None))
    }

    /// Claims a profile for this process, which `holder` describes, among all processes that use the same server. Creates a new
    /// profile. An SQLite database is protected by the lock file beside it, so there is nothing to do here.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn claim_profile(&self, profile: &ProfileId, holder: &Holder) -> Result<Claim, StoreError> {
        match &self.backend {
            Backend::Sqlite(db) => {
                db.create_profile(profile, holder.since).await?;
                Ok(Claim::Ours(ProfileClaim { fence: None, keeper: None }))
            }
            Backend::Postgres(db) => db.claim_profile(profile, holder).await,
        }
    }

    /// The process that holds a profile on a server now, described for people. `None` if none does, and for an SQLite database.
    /// Changes nothing.
    ///
    /// # Errors
    /// Those of the database, also if it still needs a migration.
    pub async fn holder(config: &DbConfig, profile: &ProfileId) -> Result<Option<String>, StoreError> {
        match config {
            DbConfig::Sqlite { .. } => Ok(None),
            DbConfig::Postgres { url } => postgres::current_holder(url, profile).await,
        }
    }

    /// The store of a profile that this process has claimed. Once another process has claimed it, each append fails with
    /// [`StoreError::ClaimLost`].
    #[must_use]
    pub fn claimed(&self, profile: &ProfileId, claim: &ProfileClaim) -> Arc<dyn Store> {
        self.store(profile, claim.fence.clone())
    }

    /// Checks the hash chain of every journal of a profile. Takes no lock; appends may go on meanwhile.
    ///
    /// # Errors
    /// Those of the database. A broken journal is a result, not an error.
    pub async fn verify(&self, profile: &ProfileId) -> Result<Verified, StoreError> {
        verify::verify(&*self.store(profile, None), async || match &self.backend {
            Backend::Sqlite(db) => db.heads(profile).await,
            Backend::Postgres(db) => db.heads(profile).await,
        })
        .await
    }

    /// The first names of triggers and views in an SQLite database. GrowQR creates none: they are somebody else's, and could change
    /// what is written.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn triggers_and_views(&self) -> Result<Vec<String>, StoreError> {
        match &self.backend {
            Backend::Sqlite(db) => db.triggers_and_views().await,
            Backend::Postgres(_) => Ok(Vec::new()),
        }
    }

    /// Writes a copy of an SQLite database, as it is at one moment, to a new file. Other processes may write meanwhile. False, and
    /// nothing is written, if the database is on a server.
    ///
    /// # Errors
    /// Those of the database, also if the file cannot be written.
    pub async fn copy_to(&self, file: &Path) -> Result<bool, StoreError> {
        match &self.backend {
            Backend::Sqlite(db) => db.copy_to(file).await.map(|()| true),
            Backend::Postgres(_) => Ok(false),
        }
    }

    /// The views of one profile, for rebuilding them.
    #[must_use]
    pub fn views(&self, profile: &ProfileId) -> Arc<dyn Views> {
        match &self.backend {
            Backend::Sqlite(db) => Arc::new(sqlite::SqliteStore::new(Arc::clone(db), profile.clone())),
            Backend::Postgres(db) => Arc::new(postgres::PostgresStore::new(Arc::clone(db), profile.clone(), None)),
        }
    }

    /// Waits for running operations and closes. Dropping the database instead loses no data, but leaves the write-ahead log to
    /// the next start.
    pub async fn close(self) {
        match &self.backend {
            Backend::Sqlite(db) => db.close().await,
            Backend::Postgres(db) => db.close().await,
        }
    }

    fn store(&self, profile: &ProfileId, fence: Option<Arc<Fence>>) -> Arc<dyn Store> {
        match &self.backend {
            Backend::Sqlite(db) => Arc::new(sqlite::SqliteStore::new(Arc::clone(db), profile.clone())),
            Backend::Postgres(db) => Arc::new(postgres::PostgresStore::new(Arc::clone(db), profile.clone(), fence)),
        }
    }
}

impl Backend {
    async fn open_read_only(config: &DbConfig) -> Result<Option<Backend>, StoreError> {
        match config {
            DbConfig::Sqlite { path } => {
                Ok(sqlite::Database::open_read_only(path).await?.map(|db| Backend::Sqlite(Arc::new(db))))
            }
            DbConfig::Postgres { url } => Ok(Some(Backend::Postgres(Arc::new(postgres::Database::open_read_only(url).await?)))),
        }
    }
}

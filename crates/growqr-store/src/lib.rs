//! The journal and its views in SQLite and Postgres, behind core's ports.
//!
//! [`Db`] is one open database; [`Db::profile`] gives the [`Store`] of one profile. The two databases have their own
//! migrations (`migrations/sqlite`, `migrations/postgres`, same numbers and names) and their own queries, and one
//! suite of tests (`tests/it/contract`) that both must pass. Nothing here knows what the events mean.

mod chain;
mod config;
mod error;
mod postgres;
mod rows;
mod schema;
mod sqlite;
mod status;
mod text;
mod verify;
mod views;

pub use config::{DatabaseUrl, DbConfig};
pub use status::{Broken, Counts, DbStatus, Fault, Migrated, Verified};

use growqr_core::clock::Timestamp;
use growqr_core::id::ProfileId;
use growqr_core::journal::{Store, StoreError};
use growqr_core::rebuild::Views;
use std::sync::Arc;

/// One open database.
pub struct Db {
    backend: Backend,
    migrated: Migrated,
}

/// A claim on a profile; given up when dropped.
pub struct Hold {
    _connection: Option<sqlx::PgConnection>,
}

enum Backend {
    Sqlite(Arc<sqlite::Database>),
    Postgres(Arc<postgres::Database>),
}

impl Db {
    /// Opens for reading and writing, makes what is missing and brings the schema up to date.
    ///
    /// # Errors
    /// [`StoreError::Newer`] if only a later build understands the database; `ReadOnly`, `DiskFull`, `Corrupt` and
    /// `Unreachable` as their names say; `Failed` if a migration does.
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

    /// Opens for reading alone, beside any writer, and changes nothing; every write fails with
    /// [`StoreError::ReadOnly`]. `None` if there is no database yet.
    ///
    /// # Errors
    /// As [`Db::open`]; `Failed` for a database of an older build that is not yet brought up to date.
    pub async fn open_read_only(config: &DbConfig) -> Result<Option<Db>, StoreError> {
        let Some(backend) = Backend::open_read_only(config).await? else { return Ok(None) };
        let (version, is_current) = match &backend {
            Backend::Sqlite(db) => (db.shape().await?.version(), db.is_current().await?),
            Backend::Postgres(db) => (db.shape().await?.version(), db.is_current().await?),
        };
        match (version, is_current) {
            (0, _) => Ok(None),
            (_, false) => Err(StoreError::Failed("the database is from an older GrowQR: migrate it first".to_owned())),
            (_, true) => Ok(Some(Db { backend, migrated: Migrated { from: version, to: version } })),
        }
    }

    /// Looks at a database without changing it, whatever its version. `None` if there is none.
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

    /// The last migration that this build knows for such a database.
    #[must_use]
    pub fn known(config: &DbConfig) -> i64 {
        match config {
            DbConfig::Sqlite { .. } => schema::known(&sqlite::MIGRATIONS),
            DbConfig::Postgres { .. } => schema::known(&postgres::MIGRATIONS),
        }
    }

    /// What opening had to do.
    #[must_use]
    pub fn migrated(&self) -> Migrated {
        self.migrated
    }

    /// The store of one profile, which comes to be with `now` if it is new.
    ///
    /// # Errors
    /// The database's. When opened for reading, a profile that is not there is an empty one, not an error.
    pub async fn profile(&self, profile: &ProfileId, now: Timestamp) -> Result<Arc<dyn Store>, StoreError> {
        match &self.backend {
            Backend::Sqlite(db) => db.create_profile(profile, now).await?,
            Backend::Postgres(db) => db.create_profile(profile, now).await?,
        }
        Ok(self.store(profile))
    }

    /// Claims a profile for this process among all that use the same server. `None` if another has it. A database in a
    /// file is claimed by the lock beside the file, so there is nothing more to take.
    ///
    /// # Errors
    /// The database's.
    pub async fn hold(&self, profile: &ProfileId) -> Result<Option<Hold>, StoreError> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(Some(Hold { _connection: None })),
            Backend::Postgres(db) => Ok(db.hold(profile).await?.map(|connection| Hold { _connection: Some(connection) })),
        }
    }

    /// Checks every link of every journal of a profile. Takes no lock; appends go on meanwhile.
    ///
    /// # Errors
    /// The database's. A broken journal is no error but a result.
    pub async fn verify(&self, profile: &ProfileId) -> Result<Verified, StoreError> {
        verify::verify(&*self.store(profile), async || match &self.backend {
            Backend::Sqlite(db) => db.heads(profile).await,
            Backend::Postgres(db) => db.heads(profile).await,
        })
        .await
    }

    /// The views of one profile, for rebuilding them.
    #[must_use]
    pub fn views(&self, profile: &ProfileId) -> Arc<dyn Views> {
        match &self.backend {
            Backend::Sqlite(db) => Arc::new(sqlite::SqliteStore::new(Arc::clone(db), profile.clone())),
            Backend::Postgres(db) => Arc::new(postgres::PostgresStore::new(Arc::clone(db), profile.clone())),
        }
    }

    /// Waits for what is under way and closes. Dropping it instead loses nothing, but leaves the log to the next start.
    pub async fn close(self) {
        match &self.backend {
            Backend::Sqlite(db) => db.close().await,
            Backend::Postgres(db) => db.close().await,
        }
    }

    fn store(&self, profile: &ProfileId) -> Arc<dyn Store> {
        match &self.backend {
            Backend::Sqlite(db) => Arc::new(sqlite::SqliteStore::new(Arc::clone(db), profile.clone())),
            Backend::Postgres(db) => Arc::new(postgres::PostgresStore::new(Arc::clone(db), profile.clone())),
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

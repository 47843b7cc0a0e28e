//! The journal and its views in one SQLite file: write-ahead log, one writer connection, a few readers that are opened when first
//! needed. A commit is durable when it returns (`synchronous = full`, and `fullfsync` for macOS).

mod asks;
mod attachments;
mod journal;
mod log;
mod memory_links;
mod outbox;
mod quests;
mod reading_marks;
mod rebuild;
mod records;
mod rules;
mod schedules;
mod search;
mod sessions;
mod settings;
mod spendings;
mod stack;
mod tool_servers;
mod tool_values;
mod unfilled;
mod users;
mod views;

use self::log::Log;
use crate::error::{migrating, while_doing};
use crate::rows::{self, HeadRow, number};
use crate::schema::{SchemaState, known};
use crate::status::{Counts, DbStatus, Migrated};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ProfileId};
use growqr_core::journal::{Head, StoreError};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};
use std::io;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};

pub(crate) static MIGRATIONS: Migrator = Migrator { ignore_missing: true, ..sqlx::migrate!("../../migrations/sqlite") };

/// Timeout for a statement while another process writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Size of the write-ahead log, in pages, at which it is checkpointed and reused from its beginning. While the log grows, each
/// commit also waits for the file system to record its new length. 256 pages, a quarter of SQLite's default, hold about thirty
/// appends.
const CHECKPOINT_AFTER: &str = "256";
/// Size of the reader pool: listings, followers and waking agents rarely read at the same time.
const MAX_READERS: u32 = 4;
/// Rows that a reader's thread may buffer; with the default of 50, a replay waits for the thread too often.
const ROW_BUFFER: usize = 512;

/// The profile's number is part of the ids of its messages.
const CREATE_PROFILE: &str = "insert into profiles (profile_id, number, position, created_at) \
    values (?, (select coalesce(max(number), 0) + 1 from profiles), 0, ?) on conflict do nothing";

/// One open database file.
pub(crate) struct Database {
    path: PathBuf,
    /// `None` if the database is read-only.
    writer: Option<Mutex<Option<SqliteConnection>>>,
    readers: SqlitePool,
    log: Log,
}

/// The store of one profile.
pub(crate) struct SqliteStore {
    db: Arc<Database>,
    profile: ProfileId,
}

impl SqliteStore {
    pub(crate) fn new(db: Arc<Database>, profile: ProfileId) -> SqliteStore {
        SqliteStore { db, profile }
    }

    fn profile(&self) -> &str {
        self.profile.as_str()
    }
}

impl Database {
    /// Opens for writing, creates the file if it is missing, and migrates the schema.
    pub(crate) async fn open(path: &Path) -> Result<(Database, Migrated), StoreError> {
        let mut connection = connect(path).await?;
        let migrated = migrate(&mut connection).await?;
        // A failed fill leaves its transaction open; dropping the connection rolls it back.
        let writer = unfilled::fill(&mut connection).await.then_some(connection);
        let log = Log::of(path);
        Ok((Database { path: path.to_owned(), writer: Some(Mutex::new(writer)), readers: readers(path), log }, migrated))
    }

    /// Opens read-only; `None` if there is no file.
    pub(crate) async fn open_read_only(path: &Path) -> Result<Option<Database>, StoreError> {
        match path.try_exists() {
            Ok(true) => Ok(Some(Database { path: path.to_owned(), writer: None, readers: readers(path), log: Log::of(path) })),
            Ok(false) => Ok(None),
            Err(error) => Err(StoreError::Unreachable(format!("open: {error}"))),
        }
    }

    /// The applied migrations.
    pub(crate) async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        let mut reader = self.readers.acquire().await.map_err(|error| with_os_error(&self.path, while_doing("open")(error)))?;
        schema_state(&mut reader).await.map_err(|error| with_os_error(&self.path, error))
    }

    /// Whether all migrations of this build are applied.
    pub(crate) async fn is_current(&self) -> Result<bool, StoreError> {
        self.schema_state().await?.is_current(&MIGRATIONS)
    }

    /// Inserts the profile's row if it is missing; does nothing if the database is read-only.
    pub(crate) async fn create_profile(&self, profile: &ProfileId, now: Timestamp) -> Result<(), StoreError> {
        if self.writer.is_none() {
            return Ok(());
        }
        let mut writer = self.writer().await?;
        sqlx::query(CREATE_PROFILE)
            .bind(profile.as_str())
            .bind(now.0)
            .execute(&mut *writer)
            .await
            .map_err(while_doing("create the profile"))?;
        writer.release();
        Ok(())
    }

    /// The status for `growqr db status`.
    pub(crate) async fn status(&self) -> Result<DbStatus, StoreError> {
        let mut status = DbStatus::new("sqlite", known(&MIGRATIONS), self.schema_state().await?);
        if status.applied > 0 {
            let sql = "select (select count(*) from profiles), (select count(*) from agents), (select count(*) from events)";
            let counts: (i64, i64, i64) = sqlx::query_as(sql).fetch_one(&self.readers).await.map_err(while_doing("count"))?;
            status.counts = Some(Counts::try_from(counts)?);
            status.indexed = Some(true);
        }
        status.bytes = Some(self.path.metadata().map_or(0, |file| file.len()) + self.log.size());
        Ok(status)
    }

    /// The recorded ends of all journals of a profile.
    pub(crate) async fn heads(&self, profile: &ProfileId) -> Result<Vec<(AgentId, Head)>, StoreError> {
        let rows: Vec<HeadRow> = sqlx::query_as("select agent_id, seq, hash from journals where profile_id = ?")
            .bind(profile.as_str())
            .fetch_all(&self.readers)
            .await
            .map_err(while_doing("read the heads"))?;
        rows::all(rows)
    }

    /// See [`crate::Db::triggers_and_views`].
    pub(crate) async fn triggers_and_views(&self) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar("select name from sqlite_schema where type in ('trigger', 'view') order by name limit 3")
            .fetch_all(&self.readers)
            .await
            .map_err(while_doing("list triggers and views"))
    }

    /// Writes a copy to a new file: the state of one moment, whatever is written meanwhile.
    pub(crate) async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let doing = "copy the database";
        let file = file.to_str().ok_or_else(|| StoreError::Failed(format!("{doing}: the path is no text")))?;
        sqlx::query("vacuum into ?").bind(file).execute(&self.readers).await.map_err(while_doing(doing))?;
        Ok(())
    }

    /// Waits for running operations and closes every connection.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        if let Some(writer) = &self.writer
            && let Some(connection) = writer.lock().await.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the database could not be closed; the next start recovers it");
        }
    }

    /// The writer connection; waits until earlier writers have finished.
    async fn writer(&self) -> Result<Writer<'_>, StoreError> {
        let mut slot = self.writer.as_ref().ok_or(StoreError::ReadOnly)?.lock().await;
        let connection = match slot.take() {
            Some(connection) => connection,
            None => connect(&self.path).await?,
        };
        Ok(Writer { slot, connection: Some(connection) })
    }
}

/// Exclusive use of the writer connection. Dropped without [`Writer::release`], it closes the connection, and SQLite rolls back
/// the open transaction: a write that failed or was cancelled half-way leaves no trace.
struct Writer<'a> {
    slot: MutexGuard<'a, Option<SqliteConnection>>,
    connection: Option<SqliteConnection>,
}

impl Writer<'_> {
    /// Returns the connection for the next write; no transaction may be open.
    fn release(mut self) {
        *self.slot = self.connection.take();
    }
}

impl Deref for Writer<'_> {
    type Target = SqliteConnection;
    fn deref(&self) -> &SqliteConnection {
        self.connection.as_ref().expect("only release() takes it, and release() consumes the writer")
    }
}

impl DerefMut for Writer<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("only release() takes it, and release() consumes the writer")
    }
}

async fn connect(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // These two only matter on macOS, where a plain fsync does not flush the drive's own cache.
        .pragma("fullfsync", "1")
        .pragma("checkpoint_fullfsync", "1")
        .pragma("wal_autocheckpoint", CHECKPOINT_AFTER)
        .pragma("journal_size_limit", log::KEPT_SIZE)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT);
    SqliteConnection::connect_with(&options).await.map_err(|error| with_os_error(path, while_doing("open")(error)))
}

/// See [`crate::Db::check_writing`].
pub(crate) async fn check_writing(path: &Path) -> Result<(), StoreError> {
    match path.try_exists() {
        Ok(true) => {}
        Ok(false) => return Ok(()),
        Err(error) => return Err(StoreError::Unreachable(format!("open: {error}"))),
    }
    let mut connection = connect(path).await?;
    sqlx::query("pragma busy_timeout = 2000").execute(&mut connection).await.map_err(while_doing("open"))?;
    let found: String =
        sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut connection).await.map_err(while_doing("check the file"))?;
    if found != "ok" {
        return Err(StoreError::Corrupt(format!("check the file: {found}")));
    }
    for statement in ["begin immediate", "rollback"] {
        sqlx::query(statement).execute(&mut connection).await.map_err(while_doing("begin a write"))?;
    }
    connection.close().await.map_err(while_doing("close"))
}

/// SQLite reports "cannot open" for many causes; the operating system may report one that the person can fix.
fn with_os_error(path: &Path, error: StoreError) -> StoreError {
    match error {
        StoreError::Unreachable(text) => os_error(path).unwrap_or(StoreError::Unreachable(text)),
        other => other,
    }
}

/// Opens the file like the database does, to get the operating system's error.
fn os_error(path: &Path) -> Option<StoreError> {
    let error = std::fs::OpenOptions::new().append(true).create(true).open(path).err()?;
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Some(StoreError::ReadOnly),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(StoreError::DiskFull),
        _ => Some(StoreError::Unreachable(format!("open: {error}"))),
    }
}

fn readers(path: &Path) -> SqlitePool {
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT).row_buffer_size(ROW_BUFFER);
    // A connection to a file does not become stale, so the pool does not test it before each use.
    SqlitePoolOptions::new().max_connections(MAX_READERS).min_connections(0).test_before_acquire(false).connect_lazy_with(options)
}

async fn migrate(connection: &mut SqliteConnection) -> Result<Migrated, StoreError> {
    let mut found = schema_state(connection).await?;
    let from = found.version();
    while !found.is_current(&MIGRATIONS)? {
        let result = MIGRATIONS.run_direct(None, &mut *connection, false).await;
        let after = schema_state(connection).await?;
        // Two processes may migrate at the same time. The second one fails at a migration that the first one has just applied; it
        // then reads the schema again and continues.
        if after.version() == found.version() {
            result.map_err(migrating)?;
        }
        found = after;
    }
    Ok(Migrated { from, to: found.version() })
}

async fn schema_state(connection: &mut SqliteConnection) -> Result<SchemaState, StoreError> {
    const TABLES: &str = "select count(*) from sqlite_schema where type = 'table' and name in ('_sqlx_migrations', 'app')";
    let tables: i64 = sqlx::query_scalar(TABLES).fetch_one(&mut *connection).await.map_err(while_doing("open"))?;
    if number::<u32>("tables", tables)? < 2 {
        return Ok(SchemaState::default());
    }
    let applied = sqlx::query_as("select version, checksum from _sqlx_migrations where success")
        .fetch_all(&mut *connection)
        .await
        .map_err(while_doing("read the schema"))?;
    let min_app_version = sqlx::query_scalar("select min_app_version from app")
        .fetch_optional(&mut *connection)
        .await
        .map_err(while_doing("read the schema"))?;
    Ok(SchemaState { applied, min_app_version })
}

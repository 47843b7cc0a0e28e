//! The journal and its views in PostgreSQL 15 or later. One row lock per profile orders its appends: positions become
//! visible in their order, so a follower misses nothing.

mod journal;
mod outbox;
mod rebuild;
mod records;
mod search;
mod settings;
mod users;
mod views;

use crate::config::DatabaseUrl;
use crate::error::{at, migrating};
use crate::rows::{self, HeadRow};
use crate::schema::{Shape, known};
use crate::status::{Counts, DbStatus, Migrated};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ProfileId};
use growqr_core::journal::{Head, StoreError};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection};
use std::sync::Arc;
use std::time::Duration;

pub(crate) static MIGRATIONS: Migrator = Migrator { ignore_missing: true, ..sqlx::migrate!("../../migrations/postgres") };

/// Connections of one process; appends of one profile wait for each other anyway.
const CONNECTIONS: u32 = 8;
/// How long to wait for a server before saying that it cannot be reached.
const PATIENCE: Duration = Duration::from_secs(10);

/// One open database.
pub(crate) struct Database {
    pool: PgPool,
    read_only: bool,
}

/// One profile in it.
pub(crate) struct PostgresStore {
    db: Arc<Database>,
    profile: ProfileId,
}

impl PostgresStore {
    pub(crate) fn new(db: Arc<Database>, profile: ProfileId) -> PostgresStore {
        PostgresStore { db, profile }
    }

    fn profile(&self) -> &str {
        self.profile.as_str()
    }
}

impl Database {
    /// Opens for writing and brings the schema up to date.
    pub(crate) async fn open(url: &DatabaseUrl) -> Result<(Database, Migrated), StoreError> {
        let options = options(url, false)?;
        let mut connection = connect(&options).await?;
        let migrated = migrate(&mut connection).await?;
        connection.close().await.map_err(at("open"))?;
        Ok((Database { pool: pool(options), read_only: false }, migrated))
    }

    /// Opens for reading; the server itself refuses to write.
    pub(crate) async fn open_read_only(url: &DatabaseUrl) -> Result<Database, StoreError> {
        let options = options(url, true)?;
        connect(&options).await?.close().await.map_err(at("open"))?;
        Ok(Database { pool: pool(options), read_only: true })
    }

    /// Which migrations it has.
    pub(crate) async fn shape(&self) -> Result<Shape, StoreError> {
        shape(&mut *self.pool.acquire().await.map_err(at("open"))?).await
    }

    /// Whether it has all migrations of this build.
    pub(crate) async fn is_current(&self) -> Result<bool, StoreError> {
        self.shape().await?.is_current(&MIGRATIONS)
    }

    /// Makes the profile's row unless it is there, or this is for reading only.
    pub(crate) async fn create_profile(&self, profile: &ProfileId, now: Timestamp) -> Result<(), StoreError> {
        if self.read_only {
            return Ok(());
        }
        sqlx::query("insert into profiles (profile_id, position, created_at) values ($1, 0, $2) on conflict do nothing")
            .bind(profile.as_str())
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map_err(at("create the profile"))?;
        Ok(())
    }

    /// Takes the profile's advisory lock on a connection of its own, which holds it until it is closed. `None` if
    /// another process has it.
    pub(crate) async fn hold(&self, profile: &ProfileId) -> Result<Option<PgConnection>, StoreError> {
        let mut connection = connect(&self.pool.connect_options()).await?;
        let lock = sqlx::query_scalar("select pg_try_advisory_lock(hashtextextended('growqr ' || $1, 0))");
        let is_ours: bool = lock.bind(profile.as_str()).fetch_one(&mut connection).await.map_err(at("lock the profile"))?;
        Ok(is_ours.then_some(connection))
    }

    /// What `growqr db status` shows.
    pub(crate) async fn status(&self) -> Result<DbStatus, StoreError> {
        let mut status = DbStatus::new("postgres", known(&MIGRATIONS), self.shape().await?);
        if status.applied > 0 {
            let sql = "select (select count(*) from profiles), (select count(*) from agents), (select count(*) from events)";
            let counts: (i64, i64, i64) = sqlx::query_as(sql).fetch_one(&self.pool).await.map_err(at("count"))?;
            status.counts = Some(Counts::try_from(counts)?);
            let index = sqlx::query_scalar("select to_regclass('messages_trigrams') is not null");
            status.indexed = Some(index.fetch_one(&self.pool).await.map_err(at("look for the index"))?);
        }
        let size = sqlx::query_scalar("select pg_database_size(current_database())");
        let bytes: i64 = size.fetch_one(&self.pool).await.map_err(at("read the size"))?;
        status.bytes = u64::try_from(bytes).ok();
        Ok(status)
    }

    /// The recorded ends of all journals of a profile.
    pub(crate) async fn heads(&self, profile: &ProfileId) -> Result<Vec<(AgentId, Head)>, StoreError> {
        let rows: Vec<HeadRow> = sqlx::query_as("select agent_id, seq, hash from journals where profile_id = $1")
            .bind(profile.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(at("read the heads"))?;
        rows::all(rows)
    }

    /// Waits for what is under way and closes every connection.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

fn options(url: &DatabaseUrl, read_only: bool) -> Result<PgConnectOptions, StoreError> {
    // The parser's own words may repeat parts of the URL, and with them a password.
    let malformed = |_| StoreError::Unreachable("open: the database URL is malformed".to_owned());
    let options: PgConnectOptions = url.expose().parse().map_err(malformed)?;
    Ok(options.application_name("growqr").options([
        // Whatever the server's own settings: what is acknowledged is on its disk.
        ("synchronous_commit", "on"),
        // An append relies on seeing what was committed while it waited for the profile's lock.
        ("default_transaction_isolation", "read committed"),
        ("default_transaction_read_only", if read_only { "on" } else { "off" }),
    ]))
}

/// The first connection tells at once what is wrong; the pool would try again until its patience ends.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let silent = |_| StoreError::Unreachable(format!("open: no answer within {} s", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, PgConnection::connect_with(options)).await.map_err(silent)?.map_err(at("open"))
}

fn pool(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE).connect_lazy_with(options)
}

async fn migrate(connection: &mut PgConnection) -> Result<Migrated, StoreError> {
    let before = shape(connection).await?;
    let from = before.version();
    if before.is_current(&MIGRATIONS)? {
        return Ok(Migrated { from, to: from });
    }
    if from > 0 {
        refuse_while_in_use(connection).await?;
    }
    // The migrator takes an advisory lock, so a second process waits and finds it done.
    MIGRATIONS.run_direct(None, &mut *connection, false).await.map_err(migrating)?;
    Ok(Migrated { from, to: shape(connection).await?.version() })
}

/// An older build that runs meanwhile could not append any more, and would lose answers that are paid for.
async fn refuse_while_in_use(connection: &mut PgConnection) -> Result<(), StoreError> {
    const CLAIMED: &str = "select exists (select 1 from profiles join pg_locks on locktype = 'advisory' and objsubid = 1 \
        and (classid::bigint << 32) | objid::bigint = hashtextextended('growqr ' || profile_id, 0))";
    let is_claimed: bool = sqlx::query_scalar(CLAIMED).fetch_one(connection).await.map_err(at("open"))?;
    if is_claimed {
        return Err(StoreError::Failed(
            "the database must be brought up to date, and another GrowQR uses it: quit that one first".to_owned(),
        ));
    }
    Ok(())
}

async fn shape(connection: &mut PgConnection) -> Result<Shape, StoreError> {
    const TABLES: &str = "select to_regclass('_sqlx_migrations') is not null and to_regclass('app') is not null";
    let is_migrated: bool = sqlx::query_scalar(TABLES).fetch_one(&mut *connection).await.map_err(at("open"))?;
    if !is_migrated {
        return Ok(Shape::default());
    }
    let applied = sqlx::query_as("select version, checksum from _sqlx_migrations where success")
        .fetch_all(&mut *connection)
        .await
        .map_err(at("read the schema"))?;
    let min_app_version = sqlx::query_scalar("select min_app_version from app")
        .fetch_optional(&mut *connection)
        .await
        .map_err(at("read the schema"))?;
    Ok(Shape { applied, min_app_version })
}

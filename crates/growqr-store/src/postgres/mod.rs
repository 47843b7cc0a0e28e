//! The journal and its views in PostgreSQL 15 or later. A row lock per profile orders its appends, so positions become visible in
//! ascending order and a follower misses no event.

mod asks;
mod journal;
mod memory_links;
mod outbox;
mod rebuild;
mod records;
mod rules;
mod search;
mod sessions;
mod settings;
mod spendings;
mod stack;
mod unfilled;
mod users;
mod views;

use crate::config::DatabaseUrl;
use crate::error::{migrating, while_doing};
use crate::rows::{self, HeadRow};
use crate::schema::{SchemaState, known};
use crate::status::{Counts, DbStatus, Migrated};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ProfileId};
use growqr_core::journal::{Head, StoreError};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use std::sync::Arc;
use std::time::Duration;

pub(crate) static MIGRATIONS: Migrator = Migrator { ignore_missing: true, ..sqlx::migrate!("../../migrations/postgres") };

/// Size of the connection pool of one process; appends of one profile wait for each other anyway.
const MAX_CONNECTIONS: u32 = 8;
/// Timeout for connecting to a server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a check waits for other writers.
const LOCK_LIMIT: &str = "set local lock_timeout = '2s'";

/// One open database.
pub(crate) struct Database {
    pool: PgPool,
    read_only: bool,
}

/// The store of one profile.
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
    /// Opens for writing and migrates the schema.
    pub(crate) async fn open(url: &DatabaseUrl) -> Result<(Database, Migrated), StoreError> {
        let options = options(url, false)?;
        let mut connection = connect(&options).await?;
        let migrated = migrate(&mut connection).await?;
        if unfilled::fill(&mut connection).await {
            connection.close().await.map_err(while_doing("open"))?;
        }
        Ok((Database { pool: pool(options), read_only: false }, migrated))
    }

    /// Opens read-only; the server itself refuses writes.
    pub(crate) async fn open_read_only(url: &DatabaseUrl) -> Result<Database, StoreError> {
        let options = options(url, true)?;
        connect(&options).await?.close().await.map_err(while_doing("open"))?;
        Ok(Database { pool: pool(options), read_only: true })
    }

    /// The applied migrations.
    pub(crate) async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        schema_state(&mut *self.pool.acquire().await.map_err(while_doing("open"))?).await
    }

    /// Whether all migrations of this build are applied.
    pub(crate) async fn is_current(&self) -> Result<bool, StoreError> {
        self.schema_state().await?.is_current(&MIGRATIONS)
    }

    /// Inserts the profile's row if it is missing; does nothing if the database is read-only.
    pub(crate) async fn create_profile(&self, profile: &ProfileId, now: Timestamp) -> Result<(), StoreError> {
        if self.read_only {
            return Ok(());
        }
        sqlx::query("insert into profiles (profile_id, position, created_at) values ($1, 0, $2) on conflict do nothing")
            .bind(profile.as_str())
            .bind(now.0)
            .execute(&self.pool)
            .await
            .map_err(while_doing("create the profile"))?;
        Ok(())
    }

    /// Claims the profile: takes its advisory lock on a separate connection; closing the connection releases it. `None` if
    /// another process has the lock.
    pub(crate) async fn claim_profile(&self, profile: &ProfileId) -> Result<Option<PgConnection>, StoreError> {
        let mut connection = connect(&self.pool.connect_options()).await?;
        let lock = sqlx::query_scalar("select pg_try_advisory_lock(hashtextextended('growqr ' || $1, 0))");
        let is_ours: bool =
            lock.bind(profile.as_str()).fetch_one(&mut connection).await.map_err(while_doing("lock the profile"))?;
        Ok(is_ours.then_some(connection))
    }

    /// The status for `growqr db status`.
    pub(crate) async fn status(&self) -> Result<DbStatus, StoreError> {
        let mut status = DbStatus::new("postgres", known(&MIGRATIONS), self.schema_state().await?);
        if status.applied > 0 {
            let sql = "select (select count(*) from profiles), (select count(*) from agents), (select count(*) from events)";
            let counts: (i64, i64, i64) = sqlx::query_as(sql).fetch_one(&self.pool).await.map_err(while_doing("count"))?;
            status.counts = Some(Counts::try_from(counts)?);
            let index = sqlx::query_scalar("select to_regclass('messages_trigrams') is not null");
            status.indexed = Some(index.fetch_one(&self.pool).await.map_err(while_doing("look for the index"))?);
        }
        let size = sqlx::query_scalar("select pg_database_size(current_database())");
        let bytes: i64 = size.fetch_one(&self.pool).await.map_err(while_doing("read the size"))?;
        status.bytes = u64::try_from(bytes).ok();
        Ok(status)
    }

    /// The recorded ends of all journals of a profile.
    pub(crate) async fn heads(&self, profile: &ProfileId) -> Result<Vec<(AgentId, Head)>, StoreError> {
        let rows: Vec<HeadRow> = sqlx::query_as("select agent_id, seq, hash from journals where profile_id = $1")
            .bind(profile.as_str())
            .fetch_all(&self.pool)
            .await
            .map_err(while_doing("read the heads"))?;
        rows::all(rows)
    }

    /// Begins a transaction; dropping it rolls back. Runs in a separate task: if sqlx is interrupted while it begins a
    /// transaction, the connection goes back to the pool with that transaction open, and the writes of its next user are never
    /// committed.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { pool.begin().await }).await;
        begun.map_err(|error| StoreError::Failed(format!("begin: {error}")))?.map_err(while_doing("begin"))
    }

    /// Waits for running operations and closes every connection.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

fn options(url: &DatabaseUrl, read_only: bool) -> Result<PgConnectOptions, StoreError> {
    // The parser's message may repeat parts of the URL, including the password.
    let malformed = |_| StoreError::Unreachable("open: the database URL is malformed".to_owned());
    let options: PgConnectOptions = url.expose().parse().map_err(malformed)?;
    Ok(options.application_name("growqr").options([
        // Overrides the server's setting: an acknowledged commit is on its disk.
        ("synchronous_commit", "on"),
        // An append must see everything that was committed while it waited for the profile's lock.
        ("default_transaction_isolation", "read committed"),
        ("default_transaction_read_only", if read_only { "on" } else { "off" }),
    ]))
}

/// Connects without the pool first, to get an error at once; the pool would retry until its timeout.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let no_answer = |_| StoreError::Unreachable(format!("open: no answer within {} s", CONNECT_TIMEOUT.as_secs()));
    tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options))
        .await
        .map_err(no_answer)?
        .map_err(while_doing("open"))
}

fn pool(options: PgConnectOptions) -> PgPool {
    PgPoolOptions::new().max_connections(MAX_CONNECTIONS).acquire_timeout(CONNECT_TIMEOUT).connect_lazy_with(options)
}

/// See [`crate::Db::check_writing`].
pub(crate) async fn check_writing(url: &DatabaseUrl, profile: &ProfileId) -> Result<(), StoreError> {
    let doing = || while_doing("begin a write");
    let mut connection = connect(&options(url, false)?).await?;
    let tables: Option<String> =
        sqlx::query_scalar("select to_regclass('profiles')::text").fetch_one(&mut connection).await.map_err(doing())?;
    if tables.is_some() {
        let mut transaction = connection.begin().await.map_err(doing())?;
        sqlx::query(LOCK_LIMIT).execute(&mut *transaction).await.map_err(doing())?;
        sqlx::query("select 1 from profiles where profile_id = $1 for update")
            .bind(profile.as_str())
            .execute(&mut *transaction)
            .await
            .map_err(doing())?;
        for table in ["journals", "events", "outbox"] {
            let allowed: bool = sqlx::query_scalar("select has_table_privilege($1, 'insert')")
                .bind(table)
                .fetch_one(&mut *transaction)
                .await
                .map_err(doing())?;
            if !allowed {
                return Err(StoreError::Failed(format!("begin a write: permission denied for table {table}")));
            }
        }
        transaction.rollback().await.map_err(doing())?;
    }
    connection.close().await.map_err(while_doing("close"))
}

async fn migrate(connection: &mut PgConnection) -> Result<Migrated, StoreError> {
    let before = schema_state(connection).await?;
    let from = before.version();
    if before.is_current(&MIGRATIONS)? {
        return Ok(Migrated { from, to: from });
    }
    if from > 0 {
        refuse_while_in_use(connection).await?;
    }
    // The migrator takes an advisory lock, so a second process waits, and then has nothing to do.
    MIGRATIONS.run_direct(None, &mut *connection, false).await.map_err(migrating)?;
    Ok(Migrated { from, to: schema_state(connection).await?.version() })
}

/// Refuses to migrate while an older build uses the database: that build could not append any more, and would lose answers that
/// are already paid for.
async fn refuse_while_in_use(connection: &mut PgConnection) -> Result<(), StoreError> {
    const CLAIMED: &str = "select exists (select 1 from profiles join pg_locks on locktype = 'advisory' and objsubid = 1 \
        and (classid::bigint << 32) | objid::bigint = hashtextextended('growqr ' || profile_id, 0))";
    let is_claimed: bool = sqlx::query_scalar(CLAIMED).fetch_one(connection).await.map_err(while_doing("open"))?;
    if is_claimed {
        return Err(StoreError::Failed(
            "the database needs a migration, but another GrowQR uses it: quit that one first".to_owned(),
        ));
    }
    Ok(())
}

async fn schema_state(connection: &mut PgConnection) -> Result<SchemaState, StoreError> {
    const TABLES: &str = "select to_regclass('_sqlx_migrations') is not null and to_regclass('app') is not null";
    let is_migrated: bool = sqlx::query_scalar(TABLES).fetch_one(&mut *connection).await.map_err(while_doing("open"))?;
    if !is_migrated {
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

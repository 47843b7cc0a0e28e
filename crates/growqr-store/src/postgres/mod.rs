//! The journal and its views in PostgreSQL 15 or later. A row lock per profile orders its appends, so positions become visible in
//! ascending order and a follower misses no event.

mod asks;
mod attachments;
mod claims;
mod connections;
mod journal;
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

pub(crate) use self::claims::current_holder;

use self::claims::lock_sessions;
use self::connections::{Connections, MIGRATION_TIMEOUT, Server, close, limited, limited_to};
use crate::claim::Fence;
use crate::config::DatabaseUrl;
use crate::error::{migrating, while_doing};
use crate::rows::{self, HeadRow};
use crate::schema::{SchemaState, known};
use crate::status::{Counts, DbStatus, Migrated};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, ProfileId};
use growqr_core::journal::{Head, StoreError};
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use std::sync::Arc;

pub(crate) static MIGRATIONS: Migrator = Migrator { ignore_missing: true, ..sqlx::migrate!("../../migrations/postgres") };

/// How long a check waits for other writers.
const LOCK_LIMIT: &str = "set local lock_timeout = '2s'";

/// One open database.
pub(crate) struct Database {
    server: Server,
    pool: Connections,
    read_only: bool,
}

/// The store of one profile.
pub(crate) struct PostgresStore {
    db: Arc<Database>,
    profile: ProfileId,
    /// What appends must prove; `None` outside of a claim.
    fence: Option<Arc<Fence>>,
}

impl PostgresStore {
    pub(crate) fn new(db: Arc<Database>, profile: ProfileId, fence: Option<Arc<Fence>>) -> PostgresStore {
        PostgresStore { db, profile, fence }
    }

    fn profile(&self) -> &str {
        self.profile.as_str()
    }
}

impl Database {
    /// Opens for writing and migrates the schema.
    pub(crate) async fn open(url: &DatabaseUrl) -> Result<(Database, Migrated), StoreError> {
        let server = Server::new(url, false)?;
        let mut connection = server.connect_for_migration().await?;
        let prepared = limited_to(MIGRATION_TIMEOUT, "migrate", async {
            let migrated = migrate(&mut connection).await?;
            unfilled::fill(&mut connection).await;
            Ok(migrated)
        });
        let migrated = prepared.await?;
        close(connection).await;
        Ok((Database { pool: server.connections(), server, read_only: false }, migrated))
    }

    /// Opens read-only; the server itself refuses writes.
    pub(crate) async fn open_read_only(url: &DatabaseUrl) -> Result<Database, StoreError> {
        let server = Server::new(url, true)?;
        close(server.connect().await?).await;
        Ok(Database { pool: server.connections(), server, read_only: true })
    }

    /// The applied migrations.
    pub(crate) async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        let mut connection = self.server.connect().await?;
        let state = limited("read the schema", schema_state(&mut connection)).await;
        close(connection).await;
        state
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

    /// Begins a transaction; dropping it rolls back.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        self.pool.begin().await
    }

    /// Waits for running operations and closes every connection.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// See [`crate::Db::check_writing`].
pub(crate) async fn check_writing(url: &DatabaseUrl, profile: &ProfileId) -> Result<(), StoreError> {
    let mut connection = Server::new(url, false)?.connect().await?;
    let checked = limited("begin a write", check_locks(&mut connection, profile)).await;
    close(connection).await;
    checked
}

async fn check_locks(connection: &mut PgConnection, profile: &ProfileId) -> Result<(), StoreError> {
    let doing = || while_doing("begin a write");
    let tables: Option<String> =
        sqlx::query_scalar("select to_regclass('profiles')::text").fetch_one(&mut *connection).await.map_err(doing())?;
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
    Ok(())
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
    const CLAIMED: &str =
        concat!("select exists (select 1 from profiles, lateral (select from ", lock_sessions!("profile_id"), ") locked)");
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

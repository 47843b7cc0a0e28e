//! Fixtures of the tests: profiles, agents, events, and a new database of either kind.

use growqr_core::agent::{State, views};
use growqr_core::clock::Timestamp;
use growqr_core::event::{Entry, Event, UserSaid};
use growqr_core::id::{AgentId, MessageId, ProfileId};
use growqr_core::journal::{AgentView, Append, Appended, Author, Head, MessageView, Status, Store, StoreError, View};
use growqr_core::money::Money;
use growqr_core::workbench::Mind;
use growqr_store::{DatabaseUrl, Db, DbConfig};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::sync::Arc;
use tempfile::TempDir;

pub const NOW: Timestamp = Timestamp(1_795_305_600_000);

const FILE: &str = "growqr.db";

/// A database that exists as long as the test.
pub struct World {
    pub config: DbConfig,
    direct: DirectAccess,
}

/// Direct access to the database, not through the store.
enum DirectAccess {
    Sqlite(TempDir),
    Postgres(String),
}

impl World {
    pub fn sqlite() -> World {
        let folder = tempfile::tempdir().unwrap();
        World { config: DbConfig::Sqlite { path: folder.path().join(FILE) }, direct: DirectAccess::Sqlite(folder) }
    }

    /// `None` if there is no server and none is required; a message is printed.
    pub async fn postgres() -> Option<World> {
        let url = tokio::task::spawn_blocking(growqr_testkit::postgres::fresh_database).await.unwrap()?;
        Some(World { config: DbConfig::Postgres { url: DatabaseUrl::new(url.clone()) }, direct: DirectAccess::Postgres(url) })
    }

    /// The server's URL; PostgreSQL only.
    pub fn url(&self) -> &str {
        match &self.direct {
            DirectAccess::Postgres(url) => url,
            DirectAccess::Sqlite(_) => panic!("a file has no URL"),
        }
    }

    /// Changes the database directly, not through the store.
    pub async fn run_sql(&self, sql: &'static str) {
        match &self.direct {
            DirectAccess::Sqlite(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.path().join(FILE)).foreign_keys(false);
                SqliteConnection::connect_with(&options).await.unwrap().execute(sql).await.unwrap();
            }
            DirectAccess::Postgres(url) => {
                PgConnection::connect(url).await.unwrap().execute(sql).await.unwrap();
            }
        }
    }

    /// Runs SQL that begins a transaction, which ends when the result is dropped.
    pub async fn open_transaction(&self, sql: &'static str) -> Box<dyn std::any::Any + Send> {
        match &self.direct {
            DirectAccess::Sqlite(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.path().join(FILE));
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                connection.execute(sql).await.unwrap();
                Box::new(connection)
            }
            DirectAccess::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                connection.execute(sql).await.unwrap();
                Box::new(connection)
            }
        }
    }

    /// Adds an event as a build with schema version 1 wrote it; its position is `seq`. The hashes are not valid.
    pub async fn insert_event(&self, profile: &str, agent: &str, seq: i64, kind: &str, body: &str) {
        let sql = "insert into events (profile_id, agent_id, seq, position, at, kind, schema_version, body, prev_hash, hash) \
                   values ($1, $2, $3, $3, 1, $4, 1, $5, $6, $6)";
        let (body, hash) = (body.as_bytes(), vec![0; 32]);
        match &self.direct {
            DirectAccess::Sqlite(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.path().join(FILE));
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                let insert = sqlx::query(sql).bind(profile).bind(agent).bind(seq).bind(kind).bind(body).bind(hash);
                insert.execute(&mut connection).await.unwrap();
            }
            DirectAccess::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                let insert = sqlx::query(sql).bind(profile).bind(agent).bind(seq).bind(kind).bind(body).bind(hash);
                insert.execute(&mut connection).await.unwrap();
            }
        }
    }

    /// Migrates the database up to the migration `last`, like a build of that time.
    pub async fn migrate_to(&self, last: i64) {
        match &self.direct {
            DirectAccess::Sqlite(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.path().join(FILE)).create_if_missing(true);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                up_to(sqlx::migrate!("../../migrations/sqlite"), last).run(&mut connection).await.unwrap();
            }
            DirectAccess::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                up_to(sqlx::migrate!("../../migrations/postgres"), last).run(&mut connection).await.unwrap();
            }
        }
    }

    /// All rows of a table with all columns, sorted.
    pub async fn rows(&self, table: &str) -> Vec<String> {
        match &self.direct {
            DirectAccess::Sqlite(folder) => {
                let options = SqliteConnectOptions::new().filename(folder.path().join(FILE)).read_only(true);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                let columns =
                    sqlx::query_scalar("select group_concat('quote(' || name || ')', ' || '' '' || ') from pragma_table_info(?)");
                let columns: String = columns.bind(table).fetch_one(&mut connection).await.unwrap();
                let rows = sqlx::AssertSqlSafe(format!("select {columns} from {table} order by 1"));
                sqlx::query_scalar(rows).fetch_all(&mut connection).await.unwrap()
            }
            DirectAccess::Postgres(url) => {
                let rows = sqlx::AssertSqlSafe(format!("select t::text from {table} t order by 1"));
                sqlx::query_scalar(rows).fetch_all(&mut PgConnection::connect(url).await.unwrap()).await.unwrap()
            }
        }
    }

    pub async fn db(&self) -> Db {
        Db::open(&self.config).await.unwrap()
    }

    /// The store of the local profile on a new connection, like that of another process.
    pub async fn store(&self) -> Arc<dyn Store> {
        self.db().await.profile(&local(), NOW).await.unwrap()
    }
}

fn up_to(mut migrator: Migrator, last: i64) -> Migrator {
    migrator.migrations.to_mut().retain(|migration| migration.version <= last);
    migrator
}

/// An agent that appends like the host does: with the views of its state.
pub struct TestAgent {
    pub state: State,
    pub head: Head,
}

impl TestAgent {
    pub fn new(agent: &str) -> TestAgent {
        TestAgent { state: State::new(AgentId::new(agent)), head: Head::default() }
    }

    pub async fn append(&mut self, store: &dyn Store, events: Vec<Event>) {
        let mut entries = Vec::new();
        for event in &events {
            let entry = Entry { seq: self.state.seq().next(), at: NOW, event: event.clone() };
            self.state.apply(&entry);
            entries.push(entry);
        }
        let (agent, views) = (self.state.id().clone(), views(&self.state, &entries));
        let append = Append { agent, head: self.head, at: NOW, events, views, segment: None };
        self.head = store.append(append).await.unwrap().head;
    }
}

pub fn local() -> ProfileId {
    ProfileId::new("local")
}

pub fn said(text: &str) -> Event {
    UserSaid { id: MessageId::new(format!("m-{text}")), text: text.to_owned(), at_limit: false, attachments: Vec::new() }.into()
}

pub fn view(agent: &AgentId) -> AgentView {
    AgentView {
        agent: agent.clone(),
        name: "Grow".to_owned(),
        parent: None,
        depth: 0,
        task: None,
        status: Status::Idle,
        model: String::new(),
        mind: Mind::Model,
        why: None,
        turn: 0,
        spent: Money::ZERO,
        unknown: Money::ZERO,
        allowance: None,
        reserved: Money::ZERO,
        asks: 0,
        created_at: NOW,
        updated_at: NOW,
        limits: None,
        seq: growqr_core::id::Seq(0),
    }
}

/// An append of these events at this head, without rows of the messages view.
pub fn append(agent: &AgentId, head: Head, events: Vec<Event>) -> Append {
    Append { agent: agent.clone(), head, at: NOW, events, views: vec![View::Agent(view(agent))], segment: None }
}

/// Appends a message of the person with its row in the messages view.
pub async fn say(store: &dyn Store, agent: &AgentId, head: Head, text: &str) -> Result<Appended, StoreError> {
    let mut append = append(agent, head, vec![said(text)]);
    let (agent, seq, text) = (agent.clone(), head.seq.next(), text.to_owned());
    append.views.push(View::Message(MessageView { agent, seq, author: Author::Person, text, attachments: Vec::new(), at: NOW }));
    store.append(append).await
}

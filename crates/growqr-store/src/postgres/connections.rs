//! Connections to a server that may stop answering at any moment. The server limits how long a statement may run and wait for a
//! lock; this process limits how long it waits for the server. So no operation waits for ever, whatever the network does.

use crate::config::DatabaseUrl;
use crate::error::while_doing;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use growqr_core::journal::StoreError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Connection, Describe, Either, Execute, Executor, PgConnection, Postgres, SqlStr, Transaction};
use std::io;
use std::time::Duration;
use tokio::time::timeout;

/// Size of the pool of one process; appends of one profile wait for each other anyway.
const MAX_CONNECTIONS: u32 = 8;
/// Timeout for connecting, and for getting a connection from the pool.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Timeout for a statement or a transaction, as this process sees it.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Timeout for migrating, for writing views that a migration has left to the program, and for creating an index again.
pub(super) const MIGRATION_TIMEOUT: Duration = Duration::from_secs(1800);
/// A connection that has been idle for longer is tested before it is used.
const TESTED_AFTER: Duration = Duration::from_secs(1);
/// Timeout of such a test, and of closing.
const TEST_TIMEOUT: Duration = Duration::from_secs(3);

/// Settings of the server for each connection: an acknowledged commit is on its disk, and an append sees everything that was
/// committed while it waited for the profile's lock. The keepalives let the server find out that a client has vanished.
const SETTINGS: [(&str, &str); 6] = [
    ("synchronous_commit", "on"),
    ("default_transaction_isolation", "read committed"),
    ("idle_in_transaction_session_timeout", "60s"),
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
];
/// Limits of the server; shorter than [`ANSWER_TIMEOUT`], so that the server's error, which says more, arrives first.
const LIMITS: [(&str, &str); 2] = [("statement_timeout", "18s"), ("lock_timeout", "10s")];

/// How a server is reached.
#[derive(Clone)]
pub(super) struct Server {
    options: PgConnectOptions,
}

impl Server {
    pub(super) fn new(url: &DatabaseUrl, read_only: bool) -> Result<Server, StoreError> {
        // The parser's message may repeat parts of the URL, including the password.
        let malformed = |_| StoreError::Unreachable("open: the database URL is malformed".to_owned());
        let mut options: PgConnectOptions = with_host(url.expose()).parse().map_err(malformed)?;
        // The parser keeps the brackets of an IPv6 address, and no resolver knows such a name.
        let address = options.get_host().strip_prefix('[').and_then(|host| host.strip_suffix(']')).map(str::to_owned);
        if let Some(address) = address {
            options = options.host(&address);
        }
        let read_only = [("default_transaction_read_only", if read_only { "on" } else { "off" })];
        Ok(Server { options: options.application_name("growqr").options(SETTINGS).options(read_only) })
    }

    /// Connects without the pool, to get an error at once; the pool would retry until its timeout.
    pub(super) async fn connect(&self) -> Result<PgConnection, StoreError> {
        self.connect_with(&self.options.clone().options(LIMITS)).await
    }

    /// Connects for migrations, which may take longer than other statements.
    pub(super) async fn connect_for_migration(&self) -> Result<PgConnection, StoreError> {
        self.connect_with(&self.options).await
    }

    async fn connect_with(&self, options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
        let connected = timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options)).await;
        connected.map_err(|_| no_answer("open", CONNECT_TIMEOUT))?.map_err(while_doing("open"))
    }

    pub(super) fn connections(&self) -> Connections {
        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(CONNECT_TIMEOUT)
            // The tests of the pool itself wait for ever; these do not.
            .test_before_acquire(false)
            .before_acquire(|connection, state| {
                Box::pin(async move { if state.idle_for > TESTED_AFTER { test(connection).await } else { Ok(true) } })
            })
            .after_release(|connection, _| Box::pin(test(connection)))
            .connect_lazy_with(self.options.clone().options(LIMITS));
        Connections { pool }
    }
}

/// The parser refuses a user without a host, as in `postgres://me@/growqr?host=/run/postgresql`; the host in the query replaces
/// this one.
fn with_host(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    match url[start..end].rfind('@').map(|at| start + at + 1) {
        Some(host) if host == end || url[host..].starts_with(':') => format!("{}localhost{}", &url[..host], &url[host..]),
        _ => url.to_owned(),
    }
}

/// Ends an interrupted statement or transaction. Fails if the server does not answer; then the pool drops the connection.
async fn test(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    timeout(TEST_TIMEOUT, connection.ping()).await.map_err(|_| timed_out())?.map(|()| true)
}

/// Closes a connection; one that does not answer is dropped.
pub(super) async fn close(connection: PgConnection) {
    match timeout(TEST_TIMEOUT, connection.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection could not be closed"),
        Err(_) => tracing::debug!("a connection could not be closed: no answer"),
    }
}

/// Waits for an operation, at most for [`ANSWER_TIMEOUT`]. After that the operation is dropped: it may have happened or not.
///
/// # Errors
/// Those of the operation, or [`StoreError::Unreachable`].
pub(super) async fn limited<T>(
    doing: &'static str,
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    limited_to(ANSWER_TIMEOUT, doing, operation).await
}

/// As [`limited`], with another limit.
pub(super) async fn limited_to<T>(
    limit: Duration,
    doing: &'static str,
    operation: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    timeout(limit, operation).await.unwrap_or_else(|_| Err(no_answer(doing, limit)))
}

fn no_answer(doing: &str, limit: Duration) -> StoreError {
    StoreError::Unreachable(format!("{doing}: no answer within {} s", limit.as_secs()))
}

/// The pool of one database. Each statement that it executes has [`ANSWER_TIMEOUT`].
#[derive(Clone, Debug)]
pub(super) struct Connections {
    pool: PgPool,
}

impl Connections {
    /// Begins a transaction; dropping it rolls back. Runs in a separate task: if sqlx is interrupted while it begins a
    /// transaction, the connection goes back to the pool with that transaction open, and the writes of its next user are never
    /// committed.
    pub(super) async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { timeout(ANSWER_TIMEOUT, pool.begin()).await }).await;
        let begun = begun.map_err(|error| StoreError::Failed(format!("begin: {error}")))?;
        begun.map_err(|_| no_answer("begin", ANSWER_TIMEOUT))?.map_err(while_doing("begin"))
    }

    /// Waits for running operations and closes every connection. One that does not answer is dropped.
    pub(super) async fn close(&self) {
        if timeout(TEST_TIMEOUT * 2, self.pool.close()).await.is_err() {
            tracing::debug!("some connections could not be closed: no answer");
        }
    }
}

fn timed_out() -> sqlx::Error {
    let text = format!("no answer within {} s", ANSWER_TIMEOUT.as_secs());
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, text))
}

async fn in_time<T>(operation: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(ANSWER_TIMEOUT, operation).await.unwrap_or_else(|_| Err(timed_out()))
}

type Step = Either<PgQueryResult, PgRow>;

impl<'p> Executor<'p> for &'p Connections {
    type Database = Postgres;

    /// The whole result is read before the first row is returned, so that the limit is for all of it.
    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Step, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let all = in_time(async move {
            let mut connection = self.pool.acquire().await?;
            let steps: Vec<Step> = connection.fetch_many(query).try_collect().await?;
            Ok(steps)
        });
        stream::once(all).map_ok(|steps| stream::iter(steps.into_iter().map(Ok))).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        Box::pin(in_time(async move { self.pool.acquire().await?.fetch_optional(query).await }))
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'p: 'e,
    {
        Box::pin(in_time(async move { self.pool.acquire().await?.prepare_with(sql, parameters).await }))
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, sqlx::Error>>
    where
        'p: 'e,
    {
        Box::pin(in_time(async move { self.pool.acquire().await?.describe(sql).await }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Server {
        Server::new(&DatabaseUrl::new(url), false).unwrap()
    }

    #[test]
    fn an_ipv6_address_is_read_without_its_brackets() {
        assert_eq!(server("postgres://u@[::1]:5432/db").options.get_host(), "::1");
        assert_eq!(server("postgres://u@/db?host=[fe80::1]").options.get_host(), "fe80::1");
        assert_eq!(server("postgres://u@example.org/db").options.get_host(), "example.org");
    }

    #[test]
    fn a_socket_folder_can_be_named_in_the_query_and_as_the_host() {
        for url in [
            "postgres://u@/db?host=/var/run/postgresql",
            "postgres://u:p%40ss@:5433/db?host=/var/run/postgresql",
            "postgres:///db?host=/var/run/postgresql&user=u",
            "postgres://u@localhost/db?host=/var/run/postgresql",
            "postgres://u@%2Fvar%2Frun%2Fpostgresql/db",
        ] {
            let socket = server(url).options.get_socket().map(|folder| folder.display().to_string());
            assert_eq!(socket.as_deref(), Some("/var/run/postgresql"), "{url}");
        }
    }
}

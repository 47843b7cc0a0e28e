//! Keeps the write-ahead log small.
//!
//! SQLite begins the log again from its start when all of it is in the database and no reader needs it. While readers come and
//! go without a pause there is always one that needs it, so the log grows. From a certain size on, the writer therefore waits for
//! the present readers, while new ones read from the database, and empties the log.

use sqlx::{Executor, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Size of the log's file, in bytes, that is kept when the log begins again: the file system need not make room for it again.
pub(super) const KEPT_SIZE: &str = "4194304";
/// Growth of the log, in bytes, after which the writer waits for readers.
const EMPTIED_AFTER: u64 = 16 * 1024 * 1024;

/// Waits for readers for half a second; then a later append tries again.
const EMPTY: &str = "pragma busy_timeout = 500; pragma wal_checkpoint(truncate)";
const RESET_TIMEOUT: &str = "pragma busy_timeout = 5000";

/// The write-ahead log of one database.
pub(super) struct Log {
    path: PathBuf,
    /// Size at which the next attempt is made.
    limit: AtomicU64,
}

impl Log {
    pub(super) fn of(database: &Path) -> Log {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        Log { path: path.into(), limit: AtomicU64::new(EMPTIED_AFTER) }
    }

    /// Its size in bytes; 0 if there is none.
    pub(super) fn size(&self) -> u64 {
        self.path.metadata().map_or(0, |file| file.len())
    }

    /// Empties the log if it has grown too much. The writer must have no transaction. A reader that reads on for long keeps it from
    /// being emptied; the next attempt is made after as much growth again.
    pub(super) async fn empty_if_large(&self, writer: &mut SqliteConnection) {
        if self.size() < self.limit.load(Ordering::Relaxed) {
            return;
        }
        let emptied = writer.execute(EMPTY).await;
        // On its own: after an error SQLite skips the rest of the statements.
        for result in [emptied, writer.execute(RESET_TIMEOUT).await] {
            if let Err(error) = result {
                tracing::warn!(%error, "the write-ahead log could not be emptied");
            }
        }
        self.limit.store(self.size() + EMPTIED_AFTER, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::Connection;

    #[tokio::test]
    async fn after_a_failed_attempt_the_writer_waits_for_others_as_long_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("growqr.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path).create_if_missing(true);
        let mut writer = SqliteConnection::connect_with(&options.busy_timeout(super::super::BUSY_TIMEOUT)).await.unwrap();
        // A log cannot be emptied inside a transaction.
        writer.execute("pragma journal_mode = wal; create table t (n); begin; insert into t values (1)").await.unwrap();
        let log = Log { path, limit: AtomicU64::new(0) };
        log.empty_if_large(&mut writer).await;
        let timeout: i64 = sqlx::query_scalar("pragma busy_timeout").fetch_one(&mut writer).await.unwrap();
        assert_eq!(u128::try_from(timeout).unwrap(), super::super::BUSY_TIMEOUT.as_millis());
    }
}

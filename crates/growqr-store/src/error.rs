//! Converts the errors of both databases to [`StoreError`], by error code, never by text. The text of a [`StoreError`] names the
//! failed operation and the cause, and never contains the database's URL.

use growqr_core::id::AgentId;
use growqr_core::journal::StoreError;
use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteError;

/// Converts an error; `doing` names the failed operation.
pub(crate) fn while_doing(doing: &'static str) -> impl Fn(sqlx::Error) -> StoreError {
    move |error| from_sqlx(doing, &error)
}

/// Like [`while_doing`], but a unique violation means that another writer appended first.
pub(crate) fn appending(agent: &AgentId) -> impl Fn(sqlx::Error) -> StoreError + '_ {
    move |error| match error.as_database_error() {
        Some(cause) if cause.is_unique_violation() => StoreError::Conflict { agent: agent.clone() },
        _ => from_sqlx("append", &error),
    }
}

/// Converts the error of a migration.
pub(crate) fn migrating(error: MigrateError) -> StoreError {
    match error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => from_sqlx("migrate", &cause),
        other => StoreError::Failed(format!("migrate: {other}")),
    }
}

fn from_sqlx(doing: &str, error: &sqlx::Error) -> StoreError {
    match error {
        sqlx::Error::Database(cause) => {
            let code = cause.code().unwrap_or_default();
            let text = format!("{doing}: {}", cause.message());
            match cause.try_downcast_ref::<SqliteError>() {
                Some(_) => sqlite(&code, text),
                None => postgres(&code, text),
            }
        }
        // The text of the driver may repeat parts of the URL.
        sqlx::Error::Configuration(_) => {
            StoreError::Unreachable(format!("{doing}: the settings of the connection are not valid"))
        }
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => StoreError::Unreachable(format!("{doing}: {error}")),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => StoreError::Corrupt(format!("{doing}: {error}")),
        _ => StoreError::Failed(format!("{doing}: {error}")),
    }
}

/// Converts an SQLite result code; the low byte is the primary code.
fn sqlite(code: &str, text: String) -> StoreError {
    const IOERR_SHMSIZE: u32 = 4874;
    let code: u32 = code.parse().unwrap_or(0);
    match (code, code & 0xff) {
        (_, 13) | (IOERR_SHMSIZE, _) => StoreError::DiskFull,
        (_, 8) => StoreError::ReadOnly,
        (_, 11 | 26) => StoreError::Corrupt(text),
        // Busy, locked, cannot open.
        (_, 5 | 6 | 14) => StoreError::Unreachable(text),
        _ => StoreError::Failed(text),
    }
}

/// Converts an SQLSTATE.
fn postgres(code: &str, text: String) -> StoreError {
    match code {
        "53100" => StoreError::DiskFull,
        "25006" => StoreError::ReadOnly,
        "XX001" | "XX002" => StoreError::Corrupt(text),
        // No such database, too many connections, a lock that another writer holds for too long.
        "3D000" | "53300" | "55P03" => StoreError::Unreachable(text),
        // Connection failure, refused credentials, server shutting down or starting.
        _ if ["08", "28", "57"].iter().any(|class| code.starts_with(class)) => StoreError::Unreachable(text),
        _ => StoreError::Failed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_of_both_databases_are_mapped() {
        for code in ["13", "4874"] {
            assert!(matches!(sqlite(code, String::new()), StoreError::DiskFull), "{code}");
        }
        // SQLITE_READONLY, SQLITE_READONLY_DIRECTORY.
        for code in ["8", "1544"] {
            assert!(matches!(sqlite(code, String::new()), StoreError::ReadOnly), "{code}");
        }
        assert!(matches!(sqlite("26", String::new()), StoreError::Corrupt(_)));
        assert!(matches!(sqlite("5", String::new()), StoreError::Unreachable(_)));
        assert!(matches!(sqlite("1", String::new()), StoreError::Failed(_)));
        assert!(matches!(postgres("53100", String::new()), StoreError::DiskFull));
        assert!(matches!(postgres("25006", String::new()), StoreError::ReadOnly));
        // A statement and a lock that took too long.
        for code in ["57014", "55P03"] {
            assert!(matches!(postgres(code, String::new()), StoreError::Unreachable(_)), "{code}");
        }
        assert!(matches!(postgres("28P01", String::new()), StoreError::Unreachable(_)));
        assert!(matches!(postgres("42P01", String::new()), StoreError::Failed(_)));
    }
}

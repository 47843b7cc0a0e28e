//! The location of the database. The application reads it from `config.toml` and the environment.

use std::fmt;
use std::path::PathBuf;

/// Which database to use.
#[derive(Clone, Debug)]
pub enum DbConfig {
    /// One file on this machine, created if it is missing. Its folder must exist.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A PostgreSQL server, 15 or later.
    Postgres {
        /// The server's URL.
        url: DatabaseUrl,
    },
}

/// A `postgres://` URL. It may contain a password, so neither `Debug` nor `Display` shows any part of it.
#[derive(Clone)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Accepts any text; a malformed URL is reported when the database is opened.
    pub fn new(url: impl Into<String>) -> DatabaseUrl {
        DatabaseUrl(url.into())
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_never_shows_its_password() {
        let config = DbConfig::Postgres { url: DatabaseUrl::new("postgres://me:hunter2@db/growqr") };
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}

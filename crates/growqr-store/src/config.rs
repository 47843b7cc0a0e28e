//! The location of the database. The application reads it from `config.toml` and the environment.

use sqlx::postgres::PgConnectOptions;
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

/// A `postgres://` URL. It may contain a password, so `Debug` and `Display` show only the host, the port and the database.
#[derive(Clone)]
pub struct DatabaseUrl {
    text: String,
    shown: String,
}

impl DatabaseUrl {
    /// Accepts any text; a malformed URL is reported when the database is opened.
    pub fn new(url: impl Into<String>) -> DatabaseUrl {
        let text = url.into();
        let shown = shown(&text).unwrap_or_else(|| "postgres (the address cannot be read)".to_owned());
        DatabaseUrl { text, shown }
    }

    pub(crate) fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({})", self.shown)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// Host, port and database as the driver understands them. `None` if they could be parts of a password.
fn shown(url: &str) -> Option<String> {
    if may_split_a_password(url.split_once("://")?.1) {
        return None;
    }
    let options: PgConnectOptions = url.parse().ok()?;
    let database = options.get_database().map(|name| format!("/{name}")).unwrap_or_default();
    let host = options.get_host();
    Some(match options.get_socket() {
        Some(socket) => format!("postgres in {}{database}", socket.display()),
        None if host.contains(':') && !host.starts_with('[') => format!("postgres://[{host}]:{}{database}", options.get_port()),
        None => format!("postgres://{host}:{}{database}", options.get_port()),
    })
}

/// True if an `@` follows the first `/`, `?` or `#` where none belongs: a password with one of these characters, not encoded.
/// Its first half would be read as the port, the rest as the database.
fn may_split_a_password(rest: &str) -> bool {
    let tail = rest.find(['/', '?', '#']).map_or("", |end| &rest[end..]);
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let is_name_odd = |pair: &str| pair.split('=').next().is_some_and(|name| name.contains('@'));
    path.contains(['@', '#']) || query.contains('#') || query.split('&').any(is_name_odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_shows_only_host_port_and_database() {
        for (url, expected) in [
            ("postgres://me:hunter2@db/growqr", "postgres://db:5432/growqr"),
            ("postgresql://me:hunter2@db:6543/growqr?password=hunter2", "postgres://db:6543/growqr"),
            ("postgres://db?user=me&password=hunter2&dbname=growqr", "postgres://db:5432/growqr"),
            ("postgres://db:1?user=me&password=hunter2@", "postgres://db:1"),
            ("postgres://[::1]:7/growqr?password=hunter2", "postgres://[::1]:7/growqr"),
            ("postgres://%2Frun%2Fpg/growqr?password=hunter2", "postgres in /run/pg/growqr"),
            ("postgres://me:hunter2@db:port/growqr", "postgres (the address cannot be read)"),
            ("postgres://me:12/hunter2@db/growqr", "postgres (the address cannot be read)"),
            ("postgres://me:12?hunter2@db/growqr", "postgres (the address cannot be read)"),
            ("postgres://me:12#hunter2@db/growqr", "postgres (the address cannot be read)"),
            ("hunter2", "postgres (the address cannot be read)"),
        ] {
            let url = DatabaseUrl::new(url);
            assert_eq!(url.to_string(), expected);
            assert!(!format!("{:?}", DbConfig::Postgres { url }).contains("hunter2"));
        }
    }
}

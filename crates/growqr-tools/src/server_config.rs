//! What is known of a server before it runs.

use crate::server_name::ServerName;
use async_trait::async_trait;
use growqr_core::secret::{Secret, SecretError};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// Gives the values that are kept in the keychain, when a server is started.
#[async_trait]
pub trait KeptValues: Send + Sync {
    /// The values of a server by the name of the environment variable or header.
    ///
    /// # Errors
    /// [`ValuesError`].
    async fn of(&self, server: &ServerName, kept: &Kept) -> Result<BTreeMap<String, Secret>, ValuesError>;
}

/// The values of a server that are kept in the keychain, without the values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The names of the environment variables or headers, sorted.
    pub names: Vec<String>,
    /// Random, and another one whenever a value changes: so others can tell that values have changed, and nothing about the values.
    /// `None` for values that a build has stored which had no marks; they have not changed since.
    pub mark: Option<String>,
}

/// Why the values of a server cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ValuesError {
    /// The keychain does not give them.
    #[error(transparent)]
    Keychain(#[from] SecretError),
    /// They are not there.
    #[error("they are not in the keychain any more; add the server again")]
    Missing,
    /// They are there, but cannot be read.
    #[error("what the keychain has is damaged; add the server again")]
    Damaged,
}

/// How a server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// A program that is started, and spoken to over its standard input and output.
    Program {
        /// The program: a path, or a name that is looked for in `PATH`.
        command: String,
        /// Its arguments.
        args: Vec<String>,
        /// Environment variables for it alone; their values are often keys.
        env: BTreeMap<String, Secret>,
    },
    /// An address (`https:`, or `http:` on this machine) that speaks streamable HTTP.
    Http {
        /// The address.
        url: String,
        /// Headers for each request; their values are often keys.
        headers: BTreeMap<String, Secret>,
    },
}

/// A server that the person has added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Its name.
    pub name: ServerName,
    /// How it is reached.
    pub transport: Transport,
    /// How long one call may take without a sign of progress.
    pub call_limit: Duration,
    /// It also has environment variables or headers whose values are kept in the keychain ([`KeptValues`]).
    pub kept: Option<Kept>,
    /// What this program is called at the authorization server of an address, if the person has registered it there.
    pub client_id: Option<String>,
    /// The folder in which a program runs; `None`: the home folder.
    pub folder: Option<PathBuf>,
    /// The person trusts what the server says about its tools: a tool that says that it only reads is called again after a crash.
    pub is_trusted: bool,
}

impl ServerConfig {
    /// A server with the defaults: the usual limit, no values in the keychain, in the home folder, not trusted.
    #[must_use]
    pub fn new(name: ServerName, transport: Transport) -> ServerConfig {
        let call_limit = ServerConfig::CALL_LIMIT;
        ServerConfig { name, transport, call_limit, kept: None, client_id: None, folder: None, is_trusted: false }
    }

    /// The default limit of one call.
    pub const CALL_LIMIT: Duration = Duration::from_secs(120);
}

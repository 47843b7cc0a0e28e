//! What is known of a server before it runs.

use crate::server_name::ServerName;
use async_trait::async_trait;
use growqr_core::secret::Secret;
use std::collections::BTreeMap;
use std::time::Duration;

/// Gives the values that are kept in the keychain, when a server is started.
#[async_trait]
pub trait KeptValues: Send + Sync {
    /// The values of a server by the name of the environment variable or header.
    ///
    /// # Errors
    /// Why they cannot be read, as the end of a sentence without a secret.
    async fn of(&self, server: &ServerName) -> Result<BTreeMap<String, Secret>, String>;
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
    pub has_kept_values: bool,
    /// The person trusts what the server says about its tools: a tool that says that it only reads is called again after a crash.
    pub is_trusted: bool,
}

impl ServerConfig {
    /// The default limit of one call.
    pub const CALL_LIMIT: Duration = Duration::from_secs(120);
}

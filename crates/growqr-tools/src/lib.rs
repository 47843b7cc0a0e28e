//! Tools of other programs for the agents: MCP servers that the person has added.
//!
//! Each server has a task, a state, limits and a log of its own; nothing waits for a server that does not answer. What a server
//! says is untrusted: schemas are mended or the tool is left out by name, names are made legal and distinct, and results are
//! data.
//! What it is not: it decides no call (rules do), keeps nothing (the caller gives configurations and lists of tools), and is no
//! sandbox: a server runs with the rights of the person.

mod call_result;
mod configuration;
mod connect_error;
mod connection;
mod environment;
mod executor;
mod http_transport;
mod input_schema;
mod listing;
mod log;
mod placeholders;
mod process;
mod server;
mod server_name;
mod servers;
mod tool_name;

pub use configuration::{ConfigurationError, Found, FoundServer, read_configuration};
pub use connect_error::ConnectError;
pub use http_transport::check_address;
pub use listing::{Hints, LeftOut, ListedTool, Listing};
pub use log::{LogLine, LogSource};
pub use server::{ServerState, ServerStatus};
pub use server_name::ServerName;
pub use servers::{KnownServer, Servers};

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

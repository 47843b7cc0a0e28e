//! Tools for the agents that reach outside: the files of the person ([`FileTools`]), MCP servers that the person has added, and pages of
//! the web ([`web`]). And [`skills`].
//!
//! Each server has a task, a state, limits and a log of its own; nothing waits for a server that does not answer. What a server
//! says is untrusted: schemas are mended or the tool is left out by name, names are made legal and distinct, and results are
//! data.
//! What it is not: it decides no call (rules do), keeps nothing (the caller gives configurations and lists of tools), and is no
//! sandbox: a server runs with the rights of the person.

mod bounded_text;
mod call_result;
mod calls;
mod closed_names;
mod configuration;
mod connect_error;
mod connection;
mod definition_hash;
mod environment;
mod executor;
mod files;
mod http_transport;
mod input_schema;
mod list_changes;
mod listing;
mod log;
mod login_shell;
mod placeholders;
mod process;
mod process_group;
mod progress;
mod server;
mod server_config;
mod server_name;
mod server_status;
mod servers;
pub mod sign_in;
mod signed_in_client;
pub mod skills;
mod tool_name;
mod tool_ranking;
mod tool_search;
pub mod web;

pub use configuration::{ConfigurationError, Found, FoundServer, MAX_CONFIGURATION_BYTES, read_configuration};
pub use connect_error::ConnectError;
pub use definition_hash::definition_hash;
pub use files::{FileChange, FileTools, Folder, WRITE_FILE, file_change, file_tools, read_pdf_if_asked};
pub use http_transport::check_address;
pub use listing::{Hints, LeftOut, ListedTool, Listing};
pub use log::{LogLine, LogSource};
pub use server_config::{Kept, KeptValues, ServerConfig, Transport, ValuesError};
pub use server_name::{NameError, ServerName};
pub use server_status::{ServerState, ServerStatus};
pub use servers::{KnownServer, Servers};
pub use tool_search::ToolSearch;

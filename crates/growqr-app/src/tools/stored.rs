//! The stored form of a server's configuration. It has no secrets.

use super::kept_values;
use crate::error::AppError;
use growqr_core::journal::StoredToolServer;
use growqr_tools::sign_in::is_key_header;
use growqr_tools::{Kept, Listing, NameError, ServerConfig, ServerName, Transport};
use growqr_wire::{NewToolServer, ToolTransport};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The longest command line or address, in bytes.
const MAX_BYTES: usize = 16 << 10;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredConfig {
    pub(super) transport: ToolTransport,
    /// The names of values in the keychain.
    #[serde(default)]
    pub(super) kept: Vec<String>,
    /// The mark of these values ([`Kept::mark`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mark: Option<String>,
    /// What this program is called at the authorization server of an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) client_id: Option<String>,
    #[serde(default)]
    pub(super) call_limit_ms: Option<u64>,
    /// The folder in which a program runs.
    #[serde(default)]
    pub(super) folder: Option<String>,
    #[serde(default)]
    pub(super) is_trusted: bool,
}

/// The name and the configuration of a server that is to be added, with the mark of its values still missing.
///
/// # Errors
/// [`AppError::BadRequest`] if it cannot be used.
pub(super) fn checked(server: &NewToolServer) -> Result<(ServerName, StoredConfig), AppError> {
    const EXAMPLE: &str = "An example: growqr tools add files -- npx -y @modelcontextprotocol/server-filesystem ~/notes";
    let name = ServerName::new(server.name.as_str()).map_err(|error| AppError::bad_request(error.to_string(), EXAMPLE))?;
    let words: Vec<&str> = match &server.transport {
        ToolTransport::Program { command, args } => std::iter::once(command).chain(args).map(String::as_str).collect(),
        ToolTransport::Http { url } => vec![url],
    };
    let problem = if words[0].trim().is_empty() {
        Some("a server needs a program or an address")
    } else if words.iter().any(|word| word.contains('\0')) {
        Some("a command line cannot contain a NUL character")
    } else if words.iter().map(|word| word.len()).sum::<usize>() > MAX_BYTES {
        Some("the command line is too long")
    } else if server.values.keys().any(|name| name.is_empty() || name.contains(['=', '\0', '\n', ' '])) {
        Some("a value needs a name without spaces and =")
    } else if server.client_id.as_ref().is_some_and(|id| id.is_empty() || id.len() > 2_048 || id.contains(char::is_control)) {
        Some("a client id has 1 to 2,048 characters on one line")
    } else {
        None
    };
    if let Some(problem) = problem {
        return Err(AppError::bad_request(problem, EXAMPLE));
    }
    let config = StoredConfig {
        transport: server.transport.clone(),
        kept: server.values.keys().cloned().collect(),
        mark: None,
        client_id: server.client_id.clone(),
        call_limit_ms: server.call_limit_ms,
        folder: server.folder.clone(),
        is_trusted: server.is_trusted,
    };
    if let ToolTransport::Http { url } = &server.transport {
        growqr_tools::check_address(url)
            .map_err(|problem| AppError::bad_request(format!("{url}: {problem}"), "Give the https address of an MCP server."))?;
    }
    Ok((name, config))
}

/// The stored text.
///
/// # Panics
/// Never: its fields have texts as keys.
pub(super) fn text(config: &StoredConfig) -> String {
    serde_json::to_string(config).expect("a configuration is JSON")
}

/// Why a stored server cannot be read, for example one that a later build has stored.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnreadableServer {
    #[error("its configuration is damaged: {0}")]
    Config(#[from] serde_json::Error),
    #[error(transparent)]
    Name(#[from] NameError),
}

/// The entry of the keychain that has the values of a stored server; `None` if it has none.
///
/// # Errors
/// If this build cannot read the server, which may have values then.
pub(super) fn entry(server: &StoredToolServer) -> Result<Option<String>, UnreadableServer> {
    let config: StoredConfig = serde_json::from_str(&server.config)?;
    Ok((!config.kept.is_empty()).then(|| kept_values::entry(&server.name, config.mark.as_deref())))
}

/// The entry of the keychain that may have the sign-in at a stored server; `None` if it is a program, has a key in its place, or this
/// build cannot read it.
pub(super) fn sign_in_entry(server: &StoredToolServer) -> Option<String> {
    let config: StoredConfig = serde_json::from_str(&server.config).ok()?;
    match config.transport {
        ToolTransport::Http { url } if !config.kept.iter().any(|name| is_key_header(name)) => {
            Some(kept_values::sign_in_entry(&server.name, &url))
        }
        ToolTransport::Http { .. } | ToolTransport::Program { .. } => None,
    }
}

/// Like [`entry`], with `None` also for a server that this build cannot read.
pub(super) fn own_entry(server: &StoredToolServer) -> Option<String> {
    entry(server).ok().flatten()
}

/// The mark of the values of a stored server.
pub(super) fn mark(server: &StoredToolServer) -> Option<String> {
    serde_json::from_str::<StoredConfig>(&server.config).ok()?.mark
}

/// Whether a configuration is the same server as a stored one: it starts the same program, or leads to the same address, with the same
/// variables or headers.
pub(super) fn is_same_server(server: &StoredToolServer, config: &str) -> bool {
    let read = |text: &str| {
        let config = serde_json::from_str::<StoredConfig>(text).ok()?;
        Some((config.transport, config.folder, config.kept, config.mark))
    };
    read(&server.config).is_some_and(|earlier| read(config) == Some(earlier))
}

/// The configuration of a stored server.
///
/// # Errors
/// [`UnreadableServer`].
pub(super) fn config(server: &StoredToolServer) -> Result<ServerConfig, UnreadableServer> {
    let stored: StoredConfig = serde_json::from_str(&server.config)?;
    let name = ServerName::new(server.name.as_str())?;
    let transport = match stored.transport {
        ToolTransport::Program { command, args } => Transport::Program { command, args, env: BTreeMap::new() },
        ToolTransport::Http { url } => Transport::Http { url, headers: BTreeMap::new() },
    };
    Ok(ServerConfig {
        call_limit: stored.call_limit_ms.map_or(ServerConfig::CALL_LIMIT, Duration::from_millis),
        kept: (!stored.kept.is_empty()).then_some(Kept { names: stored.kept, mark: stored.mark }),
        client_id: stored.client_id,
        folder: stored.folder.map(PathBuf::from),
        is_trusted: stored.is_trusted,
        ..ServerConfig::new(name, transport)
    })
}

/// The tools that the server listed last; `None` if they are not known or cannot be read: then it is started to list them.
pub(super) fn listing(server: &StoredToolServer) -> Option<Listing> {
    serde_json::from_str(server.listing.as_deref()?).ok()
}

//! The stored form of a server's configuration. It has no secrets.

use crate::error::AppError;
use growqr_core::journal::StoredToolServer;
use growqr_tools::{Listing, ServerConfig, ServerName, Transport};
use growqr_wire::{NewToolServer, ToolTransport};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest command line or address, in bytes.
const MAX_BYTES: usize = 16 << 10;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredConfig {
    pub(super) transport: ToolTransport,
    /// The names of values in the keychain.
    #[serde(default)]
    pub(super) kept: Vec<String>,
    #[serde(default)]
    pub(super) call_limit_ms: Option<u64>,
    #[serde(default)]
    pub(super) is_trusted: bool,
}

/// The name and the configuration of a server that is to be added.
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
    } else {
        None
    };
    if let Some(problem) = problem {
        return Err(AppError::bad_request(problem, EXAMPLE));
    }
    let config = StoredConfig {
        transport: server.transport.clone(),
        kept: server.values.keys().cloned().collect(),
        call_limit_ms: server.call_limit_ms,
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

/// The configuration of a stored server.
///
/// # Errors
/// Why it cannot be read.
pub(super) fn config(server: &StoredToolServer) -> Result<ServerConfig, String> {
    let stored: StoredConfig = serde_json::from_str(&server.config).map_err(|error| error.to_string())?;
    let name = ServerName::new(server.name.as_str()).map_err(|error| error.to_string())?;
    let transport = match stored.transport {
        ToolTransport::Program { command, args } => Transport::Program { command, args, env: BTreeMap::new() },
        ToolTransport::Http { url } => Transport::Http { url, headers: BTreeMap::new() },
    };
    Ok(ServerConfig {
        name,
        transport,
        call_limit: stored.call_limit_ms.map_or(ServerConfig::CALL_LIMIT, Duration::from_millis),
        has_kept_values: !stored.kept.is_empty(),
        is_trusted: stored.is_trusted,
    })
}

/// The tools that the server listed last; `None` if they are not known or cannot be read: then it is started to list them.
pub(super) fn listing(server: &StoredToolServer) -> Option<Listing> {
    serde_json::from_str(server.listing.as_deref()?).ok()
}

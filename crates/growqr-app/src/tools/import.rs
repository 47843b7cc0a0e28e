//! Reads servers of tools from the configurations of other programs.

use crate::error::AppError;
use growqr_tools::{ConfigurationError, FoundServer, Transport, read_configuration};
use growqr_wire::{ApiKey, FoundToolServer, LeftOutTool, NewToolServer, ToolImport, ToolTransport};
use std::collections::BTreeMap;

/// The servers of a configuration (`mcpServers`, or `servers` of VS Code). Nothing is added or started.
///
/// # Errors
/// [`AppError::BadRequest`] if it is no such configuration.
pub fn read_tool_servers(text: &str) -> Result<ToolImport, AppError> {
    found_in(text).map_err(|error| {
        AppError::bad_request(
            format!("this is no configuration of MCP servers: {error}"),
            "Claude Desktop has one in claude_desktop_config.json, Cursor in ~/.cursor/mcp.json, VS Code in .vscode/mcp.json.",
        )
    })
}

/// As [`read_tool_servers`], with the reason for callers that tell a file without servers from a broken one.
pub(super) fn found_in(text: &str) -> Result<ToolImport, ConfigurationError> {
    let variable = |name: &str| if is_ours(name) { None } else { std::env::var(name).ok() };
    let found = read_configuration(text, &variable)?;
    let left_out = found.left_out.into_iter().map(|(name, reason)| LeftOutTool { name, reason });
    Ok(ToolImport { servers: found.servers.into_iter().map(server).collect(), left_out: left_out.collect() })
}

/// Whether a variable is for GrowQR itself: a configuration that somebody else wrote gets none of our keys.
fn is_ours(name: &str) -> bool {
    // Windows ignores case in the names of variables.
    let name = &*name.to_ascii_uppercase();
    name.starts_with("GROWQR_") || ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "DATABASE_URL"].contains(&name)
}

fn server(found: FoundServer) -> FoundToolServer {
    let (transport, values) = match found.config.transport {
        Transport::Program { command, args, env } => (ToolTransport::Program { command, args }, env),
        Transport::Http { url, headers } => (ToolTransport::Http { url }, headers),
    };
    let values: BTreeMap<String, ApiKey> =
        values.into_iter().map(|(name, value)| (name, ApiKey(value.expose().to_owned()))).collect();
    let server = NewToolServer {
        client_id: None,
        name: found.config.name.into(),
        transport,
        values,
        call_limit_ms: u64::try_from(found.config.call_limit.as_millis()).ok(),
        folder: None,
        is_trusted: false,
    };
    FoundToolServer { title: found.title, server, reads: found.reads, missing: found.missing, is_off: found.is_off }
}

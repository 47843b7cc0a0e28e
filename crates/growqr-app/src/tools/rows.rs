//! Servers of tools as people see them.

use super::stored::{self, StoredConfig};
use crate::error::AppError;
use growqr_core::journal::{Store, StoredToolServer};
use growqr_tools::{Listing, LogLine, LogSource, ServerState, ServerStatus};
use growqr_wire as wire;

/// A row for each stored server; those that run have a status.
///
/// # Errors
/// If the store cannot be read.
pub(super) async fn all(store: &dyn Store, statuses: &[ServerStatus]) -> Result<Vec<wire::ToolServer>, AppError> {
    let stored = store.tool_servers().await?;
    Ok(stored.iter().map(|server| row(server, statuses.iter().find(|status| status.name.as_str() == server.name))).collect())
}

fn row(server: &StoredToolServer, status: Option<&ServerStatus>) -> wire::ToolServer {
    let listing = status.and_then(|status| status.listing.as_deref().cloned()).or_else(|| stored::listing(server));
    let Listing { tools, left_out } = listing.clone().unwrap_or_default();
    let config = serde_json::from_str(&server.config).unwrap_or_else(|_| StoredConfig {
        transport: wire::ToolTransport::Program { command: "(cannot be read; add it again)".to_owned(), args: Vec::new() },
        kept: Vec::new(),
        call_limit_ms: None,
        is_trusted: false,
    });
    let tool = |tool: growqr_tools::ListedTool| wire::ServerTool {
        name: tool.name,
        offered_as: tool.tool.name,
        description: tool.tool.description,
        reads_only: tool.hints.reads_only,
    };
    let reason = |tool: growqr_tools::LeftOut| wire::LeftOutTool { name: tool.name, reason: tool.reason };
    wire::ToolServer {
        name: server.name.clone(),
        transport: config.transport,
        kept: config.kept,
        is_on: server.is_on,
        is_trusted: config.is_trusted,
        state: status.map_or(wire::ToolServerState::Resting, |status| state(&status.state)),
        introduction: status.map(|status| status.introduction.clone()).unwrap_or_default(),
        tools: listing.map(|_| tools.into_iter().map(tool).collect()),
        left_out: left_out.into_iter().map(reason).collect(),
    }
}

fn state(state: &ServerState) -> wire::ToolServerState {
    match state {
        ServerState::Resting => wire::ToolServerState::Resting,
        ServerState::Starting { .. } => wire::ToolServerState::Starting,
        ServerState::Ready { .. } => wire::ToolServerState::Ready,
        ServerState::Failed { cause, next_try, .. } => {
            wire::ToolServerState::Failed { cause: cause.to_string(), next_try: next_try.map(|at| at.0) }
        }
    }
}

pub(super) fn log_line(line: &LogLine) -> wire::ToolLogLine {
    wire::ToolLogLine { at: line.at.0, is_ours: line.source == LogSource::GrowQr, text: line.text.clone() }
}

//! Servers of tools as people see them.

use super::attempts::AttemptState;
use super::stored::{self, StoredConfig};
use crate::error::AppError;
use growqr_core::journal::{Store, StoredToolServer};
use growqr_tools::{Listing, LogLine, LogSource, ServerName, ServerState, ServerStatus};
use growqr_wire as wire;
use std::collections::BTreeMap;

/// The most bytes of a description, reason or cause: all servers together are one message to a client.
const SHOWN_BYTES: usize = 300;

/// What is known of the sign-ins at servers.
#[derive(Default)]
pub(super) struct SignInFacts {
    /// The noted entries of the keychain.
    pub(super) noted: Vec<String>,
    /// The attempts of this process, by the name of the server.
    pub(super) attempts: BTreeMap<ServerName, AttemptState>,
}

/// A row for each stored server; those that run have a status.
///
/// # Errors
/// If the store cannot be read.
pub(super) async fn all(
    store: &dyn Store,
    statuses: &[ServerStatus],
    facts: &SignInFacts,
) -> Result<Vec<wire::ToolServer>, AppError> {
    let stored = store.tool_servers().await?;
    let status = |server: &StoredToolServer| statuses.iter().find(|status| status.name.as_str() == server.name);
    Ok(stored.iter().map(|server| row(server, status(server), facts)).collect())
}

impl SignInFacts {
    fn of(&self, server: &StoredToolServer, state: &wire::ToolServerState) -> wire::ToolSignIn {
        // What is noted may not be there, or not hold any more; the server itself is the last to say so.
        let is_wanted = matches!(state, wire::ToolServerState::NeedsSignIn { .. });
        let attempt = self.attempts.iter().find(|(name, _)| name.as_str() == server.name).map(|(_, state)| state);
        wire::ToolSignIn {
            is_waiting: matches!(attempt, Some(AttemptState::Waiting)),
            is_kept: !is_wanted && stored::sign_in_entry(server).is_some_and(|entry| self.noted.contains(&entry)),
            problem: match attempt {
                Some(AttemptState::Failed(problem)) => Some(cut(problem)),
                _ => None,
            },
        }
    }
}

fn row(server: &StoredToolServer, status: Option<&ServerStatus>, facts: &SignInFacts) -> wire::ToolServer {
    let listing = status.and_then(|status| status.listing.as_deref().cloned()).or_else(|| stored::listing(server));
    let Listing { tools, left_out } = listing.clone().unwrap_or_default();
    let config = serde_json::from_str(&server.config).unwrap_or_else(|_| StoredConfig {
        transport: wire::ToolTransport::Program { command: "(cannot be read; add it again)".to_owned(), args: Vec::new() },
        kept: Vec::new(),
        mark: None,
        client_id: None,
        call_limit_ms: None,
        folder: None,
        is_trusted: false,
    });
    let tool = |tool: growqr_tools::ListedTool| wire::ServerTool {
        name: tool.name,
        offered_as: tool.tool.name,
        description: cut(&tool.tool.description),
        reads_only: tool.hints.reads_only,
    };
    let reason = |tool: growqr_tools::LeftOut| wire::LeftOutTool { name: cut(&tool.name), reason: cut(&tool.reason) };
    let state = status.map_or(wire::ToolServerState::Resting, |status| state(&status.state));
    wire::ToolServer {
        name: server.name.clone(),
        transport: config.transport,
        kept: config.kept,
        is_on: server.is_on,
        is_trusted: config.is_trusted,
        sign_in: facts.of(server, &state),
        state,
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
        ServerState::NeedsSignIn { reason, .. } => wire::ToolServerState::NeedsSignIn { reason: cut(reason) },
        ServerState::Failed { cause, next_try, .. } => {
            wire::ToolServerState::Failed { cause: cut(&cause.to_string()), next_try: next_try.map(|at| at.0) }
        }
    }
}

pub(super) fn log_line(line: &LogLine) -> wire::ToolLogLine {
    wire::ToolLogLine { at: line.at.0, is_ours: line.source == LogSource::GrowQr, text: line.text.clone() }
}

/// The text, cut with `…` where it is longer than people are shown.
pub(super) fn cut(text: &str) -> String {
    let end = text.floor_char_boundary(SHOWN_BYTES);
    if end == text.len() { text.to_owned() } else { format!("{}…", &text[..end]) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use growqr_core::clock::Timestamp;
    use serde_json::json;

    fn stored(tools: usize) -> StoredToolServer {
        let tool = |number: usize| {
            let (name, description) = (format!("tool{number}"), "x".repeat(4_000));
            let tool = json!({"name": format!("files__{name}"), "description": description, "input_schema": {"type": "object"}});
            json!({"name": name, "tool": tool, "hints": {"reads_only": false, "destroys": true, "reaches_outside": true}})
        };
        let listing = json!({"tools": (0..tools).map(tool).collect::<Vec<_>>(), "left_out": []});
        StoredToolServer {
            name: "files".to_owned(),
            config: json!({"transport": {"type": "program", "command": "x", "args": []}}).to_string(),
            listing: Some(listing.to_string()),
            is_on: true,
            changed_at: Timestamp(0),
        }
    }

    #[test]
    fn a_thousand_tools_with_long_descriptions_are_a_short_message() {
        let row = row(&stored(1_000), None, &SignInFacts::default());
        assert_eq!(row.tools.as_ref().map(Vec::len), Some(1_000));
        assert!(serde_json::to_string(&row).unwrap().len() < 600_000);
    }
}

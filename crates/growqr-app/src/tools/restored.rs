//! Servers in a restored database: whoever made the backup has chosen what they start.

use super::rows::cut;
use super::stored::{self, StoredConfig};
use crate::error::AppError;
use growqr_backup::BackupError;
use growqr_core::clock::Timestamp;
use growqr_core::journal::{Store, StoredToolServer};
use growqr_wire::ToolTransport;

/// Turns all servers off, and trusts none. Returns those that were on or trusted, with what they start, for people.
///
/// # Errors
/// If the store cannot be read or written, also if one server cannot be turned off.
pub(crate) async fn turn_all_off(store: &dyn Store, at: Timestamp) -> Result<Vec<String>, AppError> {
    let mut changed = Vec::new();
    for row in store.tool_servers().await? {
        let found: Option<StoredConfig> = serde_json::from_str(&row.config).ok();
        let is_trusted = found.as_ref().is_some_and(|config| config.is_trusted);
        if !row.is_on && !is_trusted {
            continue;
        }
        changed.push(described(&row, found.as_ref()));
        let config = match found {
            Some(config) if is_trusted => stored::text(&StoredConfig { is_trusted: false, ..config }),
            // One that this build cannot read is not started.
            _ => row.config.clone(),
        };
        let off = StoredToolServer { config, is_on: false, changed_at: at, ..row.clone() };
        if !store.replace_tool_server(&row, &off).await? {
            return Err(BackupError::Refused { what: format!("a tool server that cannot be turned off: {:?}", row.name) }.into());
        }
    }
    Ok(changed)
}

fn described(row: &StoredToolServer, config: Option<&StoredConfig>) -> String {
    let starts = match config.map(|config| &config.transport) {
        Some(ToolTransport::Program { command, args }) => {
            let words: Vec<&str> = std::iter::once(command).chain(args).map(String::as_str).collect();
            words.join(" ")
        }
        Some(ToolTransport::Http { url }) => url.clone(),
        None => "cannot be read".to_owned(),
    };
    cut(&format!("{} ({starts})", row.name))
}

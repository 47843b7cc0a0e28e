//! What the person has allowed tools of servers: it ends with the server, and does not pass to another one of its name.

use super::stored;
use crate::SystemClock;
use crate::error::AppError;
use growqr_core::clock::Clock;
use growqr_core::journal::Store;
use growqr_core::rules::{Decision, Rule, RuleOrigin};
use growqr_tools::definition_hash;

/// The hash of the definition of a tool of a server ([`growqr_core::tool::OfferedTool::hash`]); `None` if no server has it.
///
/// # Errors
/// If the store cannot be read.
pub(crate) async fn hash_of(store: &dyn Store, tool: &str) -> Result<Option<String>, AppError> {
    let Some((server, _)) = tool.split_once("__") else { return Ok(None) };
    let servers = store.tool_servers().await?;
    let found = servers.iter().find(|stored| stored.name == server).and_then(|stored| {
        let (config, listing) = (stored::config(stored).ok()?, stored::listing(stored)?);
        let listed = listing.tools.iter().find(|listed| listed.tool.name == tool)?;
        Some(definition_hash(&config, listed))
    });
    Ok(found)
}

/// Removes the lines about the tools of a server that allow them or come from an answer. A line of the person that asks or denies
/// stays: it allows no other server anything.
///
/// # Errors
/// If the store cannot be written.
pub(super) async fn end(store: &dyn Store, server: &str) -> Result<(), AppError> {
    let prefix = format!("{server}__");
    for stored in store.rules().await? {
        let Ok(rule) = stored.line.parse::<Rule>() else { continue };
        let is_consent = stored.origin == RuleOrigin::Answer || rule.decision == Decision::Allow;
        if is_consent && rule.tool.to_string().starts_with(&prefix) {
            store.remove_rule(&stored.id, SystemClock.now()).await?;
        }
    }
    Ok(())
}

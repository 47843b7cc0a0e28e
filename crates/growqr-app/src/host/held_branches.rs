//! Removes the branches of held changes that no question to the person names any more: a kill left them behind.

use crate::blocking::blocking;
use crate::error::AppError;
use growqr_core::ask::AskDetail;
use growqr_core::clock::Timestamp;
use growqr_core::journal::{Status, Store};
use growqr_memory::MemoryRepo;
use std::sync::Arc;

/// How old a branch must be: an older copy of the database may still be put back.
const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// Removes old branches without a question. Does nothing while an agent has work that may need one.
pub(super) async fn release_unnamed(store: &dyn Store, memory: &Arc<MemoryRepo>, now: Timestamp) -> Result<(), AppError> {
    let agents = store.agents().await?;
    if memory.is_withheld() || agents.iter().any(|agent| !matches!(agent.status, Status::Idle | Status::Failed)) {
        return Ok(());
    }
    let asks = store.open_asks().await?;
    let named = asks.into_iter().filter_map(|ask| match ask.ask.detail {
        Some(AskDetail::Review { held, .. }) => Some(held.commit),
        _ => None,
    });
    let (named, memory): (Vec<String>, _) = (named.collect(), Arc::clone(memory));
    let before = Timestamp(now.0.saturating_sub(KEPT_MS));
    let removed = blocking(move || memory.release_unnamed(&named, before)).await?;
    if removed > 0 {
        tracing::info!(removed, "branches of changes that nobody waits for are removed");
    }
    Ok(())
}

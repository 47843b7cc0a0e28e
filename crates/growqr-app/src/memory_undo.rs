//! Undoing all changes of a turn, or of an agent, as the person.
//!
//! A turn's number and the id of the Grow Agent are the same in every conversation. The effects in the agent's journal tell its
//! commits from those of another conversation.

use crate::convert;
use crate::error::AppError;
use crate::library::Library;
use growqr_actors::find_recorded_call;
use growqr_core::clock::Timestamp;
use growqr_core::event::ToolStarted;
use growqr_core::id::AgentId;
use growqr_core::memory::MemoryError;
use growqr_memory::{ChangesOf, MemoryRepo, UndoneAll};
use growqr_wire as wire;
use std::collections::HashSet;
use std::sync::Arc;

impl Library {
    /// All changes of a turn, or with `None` of an agent, as its journal knows them; for [`Library::memory_undo_preview`].
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn changes_of(&self, agent: &str, turn: Option<u64>) -> Result<ChangesOf, AppError> {
        let agent = AgentId::new(agent);
        let mut effects = HashSet::new();
        if let Some(store) = &self.store {
            let add = |call: ToolStarted| {
                effects.insert(call.effect);
                None::<()>
            };
            find_recorded_call(&**store, &agent, add).await?;
        }
        Ok(ChangesOf { agent, turn, effects })
    }

    /// What undoing these changes would do now.
    ///
    /// # Errors
    /// If there is no such change, or the repository cannot be read.
    pub fn memory_undo_preview(&self, of: &ChangesOf) -> Result<wire::UndoPreview, AppError> {
        let pages = self.pages().ok_or_else(|| MemoryError::UnknownChange { rev: of.agent.to_string() })?;
        Ok(convert::undo_preview(pages.preview_undo(of)?))
    }
}

/// Undoes all changes of a turn, or of an agent.
pub(crate) async fn undo_all(
    library: &Library,
    memory: &Arc<MemoryRepo>,
    (agent, turn): (String, Option<u64>),
    seen: Option<String>,
    at: Timestamp,
) -> Result<wire::Reply, AppError> {
    let of = library.changes_of(&agent, turn).await?;
    let memory = Arc::clone(memory);
    let undone = tokio::task::spawn_blocking(move || memory.undo_all(&of, seen.as_deref(), at)).await;
    let UndoneAll { change, left, others } = undone.map_err(|error| AppError::Internal(error.to_string()))??;
    let (commit, paths, more_paths) =
        change.map_or_else(Default::default, |change| (Some(change.commit), change.paths, change.more_paths));
    Ok(wire::Reply::UndoneMemory { commit, paths, more_paths, left, others: convert::others(others) })
}

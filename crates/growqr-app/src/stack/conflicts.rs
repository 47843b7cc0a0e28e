//! Pages of memory that merges with Gitea's copy have kept in two versions. The repository says which there are; the Grow Agent
//! is told whenever that has changed, and asks the person.

use crate::stack::deps::StackDeps;
use growqr_core::ask::AskKind;
use growqr_core::memory::{ConflictPage, MemoryConflict};
use growqr_memory::OpenConflicts;
use std::sync::Arc;
use std::time::Duration;

/// How long a round waits for the Grow Agent: a database that hangs must not hold up the containers.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads the conflicts and passes them on.
pub(crate) struct MemoryConflicts {
    deps: StackDeps,
    found: OpenConflicts,
    /// What the Grow Agent was told; `None`: nothing since this program has started.
    told: Option<Vec<MemoryConflict>>,
}

impl MemoryConflicts {
    pub(crate) fn new(deps: StackDeps) -> MemoryConflicts {
        MemoryConflicts { deps, found: OpenConflicts::default(), told: None }
    }

    /// The pages that have two versions, as of the last look.
    pub(crate) fn pages(&self) -> impl Iterator<Item = &ConflictPage> {
        self.found.open.iter().flat_map(|conflict| &conflict.pages)
    }

    /// Reads the conflicts and tells the Grow Agent if they have changed. What fails is tried again at the next call.
    pub(crate) async fn look(&mut self) {
        let (memory, last) = (Arc::clone(&self.deps.memory), self.found.clone());
        match tokio::task::spawn_blocking(move || memory.conflicts(last)).await {
            Ok(Ok(found)) => self.found = found,
            Ok(Err(error)) => return tracing::warn!(%error, "the conflicts of memory cannot be read"),
            Err(error) => return tracing::warn!(%error, "the conflicts of memory cannot be read"),
        }
        let open = self.found.open.clone();
        if self.told.as_ref() == Some(&open) {
            return;
        }
        let is_news = self.told.is_some() || !open.is_empty() || self.has_open_ask().await;
        if is_news {
            // Without agents in this process, nobody can be asked.
            let Some(host) = self.deps.host.get() else { return };
            match tokio::time::timeout(PATIENCE, host.memory_conflicts(open.clone())).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    return tracing::warn!(%error, "the Grow Agent could not be told about conflicts of memory");
                }
                Err(_) => return tracing::warn!("the Grow Agent has not recorded the conflicts of memory in time"),
            }
        }
        self.told = Some(open);
    }

    /// Whether an earlier run of the program has left an ask about a conflict.
    async fn has_open_ask(&self) -> bool {
        match self.deps.store.open_asks().await {
            Ok(asks) => asks.iter().any(|view| view.ask.kind == AskKind::Conflict),
            Err(error) => {
                tracing::warn!(%error, "the open asks cannot be read");
                true
            }
        }
    }
}

//! All tools of a profile: first those that concern other agents, then those of each executor.

use growqr_core::agent::tools;
use growqr_core::id::ExecutorId;
use growqr_core::tool::{Executor, OfferedTool, Tools, is_valid_tool_name};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

/// A set of executors with the tools that they offer. The list of tools changes only with [`Toolbox::refresh`].
pub struct Toolbox {
    executors: RwLock<Vec<Arc<dyn Executor>>>,
    offered: RwLock<Arc<[OfferedTool]>>,
}

impl Toolbox {
    /// A toolbox of these executors.
    #[must_use]
    pub fn new(executors: Vec<Arc<dyn Executor>>) -> Toolbox {
        let offered = RwLock::new(offered(&executors));
        Toolbox { executors: RwLock::new(executors), offered }
    }

    /// Replaces the executors, and asks each of them for its current tools. Running turns keep the tools of their segment; a call
    /// to a removed executor gets an error.
    pub fn refresh(&self, executors: Vec<Arc<dyn Executor>>) {
        let fresh = offered(&executors);
        *self.executors.write().unwrap_or_else(PoisonError::into_inner) = executors;
        let mut offered = self.offered.write().unwrap_or_else(PoisonError::into_inner);
        // An equal list keeps its pointer: callers that compare pointers see no change.
        if *offered != fresh {
            *offered = fresh;
        }
    }
}

impl Tools for Toolbox {
    fn offered(&self) -> Arc<[OfferedTool]> {
        Arc::clone(&self.offered.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn executor(&self, id: &ExecutorId) -> Option<Arc<dyn Executor>> {
        let executors = self.executors.read().unwrap_or_else(PoisonError::into_inner);
        executors.iter().find(|executor| executor.id() == *id).cloned()
    }
}

/// The tools that concern other agents come first, so that no executor can take their names.
fn offered(executors: &[Arc<dyn Executor>]) -> Arc<[OfferedTool]> {
    let mut names = BTreeSet::new();
    let all = tools::offered().into_iter().chain(executors.iter().flat_map(|executor| executor.tools()));
    all.filter(|offered| {
        let name = &offered.tool.name;
        let is_usable = is_valid_tool_name(name) && names.insert(name.clone());
        if !is_usable {
            tracing::warn!(tool = %name, executor = %offered.executor, "tool left out: its name is invalid or already in use");
        }
        is_usable
    })
    .collect()
}

//! All tools of a profile: those about other agents, then those of each executor.

use growqr_core::agent::tools;
use growqr_core::id::ExecutorId;
use growqr_core::tool::{Executor, OfferedTool, Tools};
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

/// A set of executors, and the tools that they offer. What is offered changes only with [`Toolbox::refresh`].
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

    /// Takes these executors in place of those it had, and asks each of them which tools it offers now. Running turns keep
    /// the tools of their segment; a call to an executor that is gone is answered with an error.
    pub fn refresh(&self, executors: Vec<Arc<dyn Executor>>) {
        let fresh = offered(&executors);
        *self.executors.write().unwrap_or_else(PoisonError::into_inner) = executors;
        let mut offered = self.offered.write().unwrap_or_else(PoisonError::into_inner);
        // The same list stays the same value: whoever compares it sees no change.
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

/// The tools about other agents first: no executor can take their names.
fn offered(executors: &[Arc<dyn Executor>]) -> Arc<[OfferedTool]> {
    let mut names = BTreeSet::new();
    let all = tools::offered().into_iter().chain(executors.iter().flat_map(|executor| executor.tools()));
    all.filter(|offered| {
        let name = &offered.tool.name;
        let is_usable = is_legal(name) && names.insert(name.clone());
        if !is_usable {
            tracing::warn!(tool = %name, executor = %offered.executor, "a tool is left out: its name is not legal, or taken");
        }
        is_usable
    })
    .collect()
}

/// What the model providers accept as a tool's name.
fn is_legal(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

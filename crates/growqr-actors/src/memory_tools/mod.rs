//! The executor of the memory tools.
//!
//! A read has no effect. A change is first prepared, then recorded as a plan, and only then committed: without a recorded plan,
//! nothing has changed. Work on the repository blocks, so it runs on blocking threads.

mod input;
mod text;

use crate::perform::blocking;
use async_trait::async_trait;
use growqr_core::id::ExecutorId;
use growqr_core::memory::{Change, CommitPlan, Edit, Memory, MemoryError, Proposal};
use growqr_core::raw::RawJson;
use growqr_core::tool::{Executor, LookedUp, OfferedTool, Performed, ToolCall, ToolResult};
use input::{ChangeCall, MemoryCall, ReadCall};
use std::sync::Arc;
use text::{commit_result, error_result, held_result, list_result, page_result, search_result};

/// The most lines in one search result.
const SEARCH_LIMIT: usize = 50;

/// The memory tools on one repository.
pub struct MemoryTools {
    memory: Arc<dyn Memory>,
}

impl MemoryTools {
    /// The tools on this repository.
    #[must_use]
    pub fn new(memory: Arc<dyn Memory>) -> MemoryTools {
        MemoryTools { memory }
    }

    /// Runs `work` with the parsed call on a blocking thread.
    async fn on_memory(
        &self,
        call: &ToolCall,
        work: impl FnOnce(&dyn Memory, MemoryAction) -> Performed + Send + 'static,
    ) -> Performed {
        let action = match MemoryAction::of(call) {
            Ok(action) => action,
            Err(problem) => return Performed::Finished(ToolResult::error(problem)),
        };
        let memory = Arc::clone(&self.memory);
        let done = blocking(move || work(&*memory, action)).await;
        done.unwrap_or_else(|| Performed::Finished(ToolResult::error("memory failed; read the page and try again")))
    }
}

/// The memory tools, in the order in which they are sent.
#[must_use]
pub fn offered() -> Vec<OfferedTool> {
    input::offered()
}

#[async_trait]
impl Executor for MemoryTools {
    fn id(&self) -> ExecutorId {
        ExecutorId::memory()
    }

    fn tools(&self) -> Vec<OfferedTool> {
        input::offered()
    }

    async fn prepare(&self, call: &ToolCall) -> Option<Performed> {
        Some(self.on_memory(call, |memory, action| read_or_prepare(memory, &action)).await)
    }

    async fn perform(&self, call: &ToolCall, plan: Option<&CommitPlan>) -> Performed {
        let (plan, held) = (plan.cloned(), call.held);
        self.on_memory(call, move |memory, action| match (plan, &action) {
            (Some(plan), MemoryAction::Change(change)) => carry_out(memory, change, &plan, held),
            (None, _) | (Some(_), MemoryAction::Read(_)) => read_or_prepare(memory, &action),
        })
        .await
    }

    /// An interrupted call has no recorded plan, so it changed nothing.
    async fn look_up(&self, _call: &ToolCall) -> LookedUp {
        LookedUp::NothingHappened
    }
}

/// What a recorded call of these tools proposes; `None` if it changes nothing.
pub(crate) fn proposed_by(tool: &str, input: &RawJson) -> Option<Proposal> {
    match MemoryCall::parse(tool, input).ok()? {
        MemoryCall::Read(_) => None,
        MemoryCall::Change(ChangeCall::Commit(input)) => Some(Proposal { text: Some(input.content), message: input.message }),
        MemoryCall::Change(ChangeCall::Delete(input)) => Some(Proposal { text: None, message: input.message }),
    }
}

/// What a call does with memory.
enum MemoryAction {
    Read(ReadCall),
    Change(Change),
}

impl MemoryAction {
    fn of(call: &ToolCall) -> Result<MemoryAction, String> {
        let (path, edit, message) = match MemoryCall::parse(&call.name, &call.input)? {
            MemoryCall::Read(read) => return Ok(MemoryAction::Read(read)),
            MemoryCall::Change(ChangeCall::Commit(input)) => {
                (input.path, Edit::Write { content: input.content, base: input.base }, input.message)
            }
            MemoryCall::Change(ChangeCall::Delete(input)) => (input.path, Edit::Delete, input.message),
        };
        Ok(MemoryAction::Change(Change { path, edit, message, origin: call.origin.clone(), at: call.at, approval: None }))
    }
}

/// The result of a read, or a prepared change.
fn read_or_prepare(memory: &dyn Memory, action: &MemoryAction) -> Performed {
    match action {
        MemoryAction::Read(call) => Performed::Finished(read(memory, call)),
        MemoryAction::Change(change) => match memory.prepare(change) {
            Ok(plan) => Performed::Planned(plan),
            Err(error) => Performed::Finished(error_result(&error)),
        },
    }
}

/// Commits or holds a recorded change; prepares it again if memory has changed since, or if its objects are gone.
fn carry_out(memory: &dyn Memory, change: &Change, plan: &CommitPlan, held: bool) -> Performed {
    for _ in 0..2 {
        match if held { memory.hold(plan) } else { memory.commit(plan) } {
            Ok(()) => return Performed::Finished(done(memory, plan, held)),
            Err(MemoryError::HeadMoved) => {}
            Err(error) => return Performed::Finished(error_result(&error)),
        }
        match memory.prepare(change) {
            // The plan is the same: its objects were lost in a crash or removed by the person's git, and now exist again.
            Ok(fresh) if fresh == *plan => {}
            Ok(fresh) => return Performed::Planned(fresh),
            Err(error) => return Performed::Finished(error_result(&error)),
        }
    }
    Performed::Finished(error_result(&MemoryError::HeadMoved))
}

/// The result of a change that is made.
fn done(memory: &dyn Memory, plan: &CommitPlan, held: bool) -> ToolResult {
    if held { held_result(plan) } else { commit_result(plan, memory.remark().as_deref()) }
}

fn read(memory: &dyn Memory, call: &ReadCall) -> ToolResult {
    let result = match call {
        ReadCall::Page(input) => memory.read(&input.path).map(|page| page_result(&page)),
        ReadCall::List(input) => {
            let prefix = input.prefix.as_deref().unwrap_or_default();
            memory.list(prefix).map(|pages| list_result(&pages, prefix))
        }
        ReadCall::Search(input) => memory.search(&input.query, SEARCH_LIMIT).map(|found| search_result(&found, SEARCH_LIMIT)),
    };
    result.unwrap_or_else(|error| error_result(&error))
}

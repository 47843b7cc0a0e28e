//! The tool with which an agent asks for a quest. The rules ask the person before a call is carried out.
//!
//! The id of the quest is made from the call's effect, so a call that is carried out again finds what it has started.

mod input;

use crate::perform::blocking;
use async_trait::async_trait;
use growqr_core::clock::Clock;
use growqr_core::id::{ExecutorId, QuestId};
use growqr_core::journal::{Store, StoreError};
use growqr_core::memory::{CommitPlan, Memory};
use growqr_core::quest::{HOW, MAX_QUESTS, NewQuest, NewQuestError, Quest, is_full};
use growqr_core::tool::{Executor, LookedUp, OfferedTool, Performed, ToolCall, ToolResult};
use std::sync::Arc;
use tokio::sync::Notify;

/// Starts quests of one profile.
pub struct QuestTools {
    store: Arc<dyn Store>,
    memory: Arc<dyn Memory>,
    clock: Arc<dyn Clock>,
    changed: Arc<Notify>,
}

/// The tools of this executor.
#[must_use]
pub fn offered() -> Vec<OfferedTool> {
    input::offered()
}

impl QuestTools {
    /// `changed` is the [`crate::Ports::quests_changed`] of the host.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, memory: Arc<dyn Memory>, clock: Arc<dyn Clock>, changed: Arc<Notify>) -> QuestTools {
        QuestTools { store, memory, clock, changed }
    }

    async fn start(&self, call: &ToolCall) -> Result<ToolResult, StoreError> {
        let (path, budget) = match input::parse(call) {
            Ok(wanted) => wanted,
            Err(problem) => return Ok(ToolResult::error(problem)),
        };
        if let Some(started) = self.store.quest(&id_of(call)).await? {
            return Ok(started_result(&started));
        }
        if is_full(&self.store.quests().await?) {
            return Ok(ToolResult::error(format!("there are {MAX_QUESTS} quests already; the person must cancel some first")));
        }
        let memory = Arc::clone(&self.memory);
        let page = match blocking(move || memory.read(&path)).await {
            Some(Ok(page)) => page,
            Some(Err(problem)) => return Ok(ToolResult::error(format!("{problem}. Write the plan with commit_memory first."))),
            None => return Ok(ToolResult::error("the page could not be read")),
        };
        let by_agent = Some(call.origin.agent.clone());
        let quest = match (NewQuest { id: id_of(call), page, budget, by_agent }).make(self.clock.now()) {
            Ok(quest) => quest,
            Err(NewQuestError::Plan(problem)) => return Ok(ToolResult::error(format!("{problem}. {HOW}"))),
            Err(problem @ NewQuestError::Budget) => return Ok(ToolResult::error(problem.to_string())),
        };
        if !self.store.add_quest(&quest).await? {
            return Ok(ToolResult::error(format!("a quest with the plan {} is under way already", quest.path)));
        }
        self.changed.notify_one();
        Ok(started_result(&quest))
    }
}

fn started_result(quest: &Quest) -> ToolResult {
    let Quest { id, name, steps, budget, .. } = quest;
    // The page may have changed after the call: the conversation shows what was started.
    let titles: Vec<String> = steps.iter().map(|step| format!("{}. {}", step.number, step.title)).collect();
    ToolResult::ok(format!(
        "started as {id} (\"{name}\"): {} steps for ${budget}. Each is a new sub-agent with the plan and the reports of the steps \
         before; it sees nothing of this conversation. The reports come as mail. The steps:\n{}",
        steps.len(),
        titles.join("\n")
    ))
}

fn id_of(call: &ToolCall) -> QuestId {
    QuestId::new(format!("q-{}", call.origin.effect))
}

#[async_trait]
impl Executor for QuestTools {
    fn id(&self) -> ExecutorId {
        ExecutorId::quests()
    }

    fn tools(&self) -> Vec<OfferedTool> {
        offered()
    }

    async fn perform(&self, call: &ToolCall, _plan: Option<&CommitPlan>) -> Performed {
        let result = self.start(call).await;
        Performed::Finished(result.unwrap_or_else(|error| {
            tracing::warn!(%error, "an agent could not start a quest");
            ToolResult::error("the quest could not be kept; tell the person, or try again later")
        }))
    }

    async fn look_up(&self, call: &ToolCall) -> LookedUp {
        match self.store.quest(&id_of(call)).await {
            Ok(Some(started)) => LookedUp::Happened(started_result(&started)),
            Ok(None) => LookedUp::NothingHappened,
            Err(error) => {
                tracing::warn!(%error, "whether a quest was started is not known");
                LookedUp::Unknown
            }
        }
    }
}

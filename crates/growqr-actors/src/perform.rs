//! Carrying intents out: model calls and memory tools. Each ends in an input for the turn machine.

use crate::ports::Ports;
use crate::runner::{Happened, Publisher};
use growqr_core::agent::tools::{MemoryCall, list_result, page_result, search_result};
use growqr_core::agent::{Input, LookedUp, ToolResult, lookups};
use growqr_core::clock::Timestamp;
use growqr_core::id::{AgentId, EffectId};
use growqr_core::memory::{Change, CommitPlan, Edit, Memory, MemoryError, Origin};
use growqr_core::model::{Failure, FailureKind, ModelRequest, Reply};
use std::sync::Arc;

/// Lines that one search gives a model.
const SEARCH_LIMIT: usize = 50;

/// Who asks, and the ids that the effects of its answer will have.
pub(crate) struct Asker {
    pub(crate) name: String,
    pub(crate) turn: u64,
    /// Of the first tool call of the answer.
    pub(crate) effect: EffectId,
}

/// Asks the model; what may be looked up is looked up before the answer is recorded.
pub(crate) async fn call_model(ports: Ports, request: ModelRequest, attempt: u32, asker: Asker, publish: Publisher) -> Input {
    let Some(model) = ports.setups.model(&request.segment.provider) else {
        let message = format!(
            "this build has no model provider {:?}; choose another with: growqr config set model",
            request.segment.provider
        );
        return Input::Failed { attempt, failure: Failure { kind: FailureKind::UnknownModel, message, request_id: None } };
    };
    let agent = request.agent.clone();
    let show = |delta| publish.send(Happened::Delta { agent: agent.clone(), delta });
    match model.call(&request, &show).await {
        Ok(reply) => {
            let looked_up = look_up(&ports, &agent, asker, &reply).await;
            Input::Answered { attempt, reply, looked_up }
        }
        Err(failure) => Input::Failed { attempt, failure },
    }
}

async fn look_up(ports: &Ports, agent: &AgentId, asker: Asker, reply: &Reply) -> Vec<(usize, LookedUp)> {
    let calls = lookups(reply);
    if calls.is_empty() {
        return Vec::new();
    }
    let memory = Arc::clone(&ports.memory);
    let origin = origin(agent, &asker.name, asker.turn, asker.effect);
    let at = ports.clock.now();
    let look = move |(index, call): (usize, MemoryCall)| match change(&call, origin.clone(), at) {
        None => (index, LookedUp::Result(read(&*memory, &call))),
        Some(change) => match memory.prepare(&change) {
            Ok(plan) => (index, LookedUp::Plan(plan)),
            Err(error) => (index, LookedUp::Result(refused(&error))),
        },
    };
    blocking(move || calls.into_iter().map(look).collect()).await.unwrap_or_default()
}

/// Runs a memory tool up to the point where a change must be recorded.
pub(crate) async fn run_tool(memory: Arc<dyn Memory>, call: MemoryCall, origin: Origin, at: Timestamp) -> Input {
    let effect = origin.effect.clone();
    let failed = Input::Finished { effect: effect.clone(), result: ToolResult::error("memory failed; try again") };
    blocking(move || match change(&call, origin, at) {
        None => Input::Finished { effect, result: read(&*memory, &call) },
        Some(change) => prepared(&*memory, &change),
    })
    .await
    .unwrap_or(failed)
}

/// Carries a recorded change out; works it out again if memory has moved on.
pub(crate) async fn commit(memory: Arc<dyn Memory>, call: MemoryCall, plan: CommitPlan, origin: Origin, at: Timestamp) -> Input {
    let effect = origin.effect.clone();
    let failed =
        Input::Finished { effect: effect.clone(), result: ToolResult::error("memory failed; read the page and try again") };
    blocking(move || match change(&call, origin, at) {
        Some(change) => carried_out(&*memory, &change, plan),
        None => Input::Finished { effect, result: ToolResult::error("not a change") },
    })
    .await
    .unwrap_or(failed)
}

fn carried_out(memory: &dyn Memory, change: &Change, plan: CommitPlan) -> Input {
    let finished = |result| Input::Finished { effect: change.origin.effect.clone(), result };
    for _ in 0..2 {
        match memory.commit(&plan) {
            Ok(()) => return finished(ToolResult::ok(committed(&plan))),
            Err(MemoryError::HeadMoved) => {}
            Err(error) => return finished(refused(&error)),
        }
        // The same plan again: a crash or the person's git took its objects, and now they are there.
        match prepared(memory, change) {
            Input::Intended { plan: fresh, .. } if fresh == plan => {}
            other => return other,
        }
    }
    finished(refused(&MemoryError::HeadMoved))
}

fn committed(plan: &CommitPlan) -> String {
    let short = plan.commit.get(..12).unwrap_or(&plan.commit);
    let merged = if plan.merged { ", merged with a change that somebody else made" } else { "" };
    match &plan.new_blob {
        Some(version) => format!("committed {short} to {} (version {version}){merged}", plan.path),
        None => format!("committed {short}: {} is removed", plan.path),
    }
}

fn prepared(memory: &dyn Memory, change: &Change) -> Input {
    let effect = change.origin.effect.clone();
    match memory.prepare(change) {
        Ok(plan) => Input::Intended { effect, plan },
        Err(error) => Input::Finished { effect, result: refused(&error) },
    }
}

fn change(call: &MemoryCall, origin: Origin, at: Timestamp) -> Option<Change> {
    let (path, edit, message) = match call {
        MemoryCall::Commit { path, content, message, base } => {
            (path, Edit::Write { content: content.clone(), base: base.clone() }, message)
        }
        MemoryCall::Delete { path, message } => (path, Edit::Delete, message),
        MemoryCall::Read { .. } | MemoryCall::List { .. } | MemoryCall::Search { .. } => return None,
    };
    Some(Change { path: path.clone(), edit, message: message.clone(), origin, at })
}

fn read(memory: &dyn Memory, call: &MemoryCall) -> ToolResult {
    let result = match call {
        MemoryCall::Read { path } => memory.read(path).map(|page| page_result(&page)),
        MemoryCall::List { prefix } => memory.list(prefix).map(|pages| list_result(&pages, prefix)),
        MemoryCall::Search { query } => memory.search(query, SEARCH_LIMIT).map(|found| search_result(&found, SEARCH_LIMIT)),
        MemoryCall::Commit { .. } | MemoryCall::Delete { .. } => return ToolResult::error("not a read"),
    };
    result.unwrap_or_else(|error| refused(&error))
}

/// What a model is told, with what it can do about it.
fn refused(error: &MemoryError) -> ToolResult {
    ToolResult::error(match error {
        MemoryError::Missing { .. } => format!("{error}; list_memory shows what there is"),
        MemoryError::Conflict { version, content, .. } => {
            format!("{error}; its text is now below (version {version}); write it again with base = that version\n\n{content}")
        }
        _ => error.to_string(),
    })
}

/// Runs blocking work on a thread made for it. `None` only if it panicked.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Some(done),
        Err(error) => {
            tracing::error!(%error, "memory work did not finish");
            None
        }
    }
}

/// Who a change is made by.
pub(crate) fn origin(agent: &AgentId, name: &str, turn: u64, effect: EffectId) -> Origin {
    Origin { agent: agent.clone(), name: name.to_owned(), turn, effect }
}

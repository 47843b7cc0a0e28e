//! Tool calls: starting them, answering at once what needs no outside world, and the questions that may be looked up
//! before anything is recorded.

use super::decide::Draft;
use super::render::{Verdict, Wanted, verdict};
use super::tools::{AgentCall, MemoryCall, ToolCall};
use super::{LookedUp, Phase, Progress, State, ToolResult, children};
use crate::event::{CommitIntended, ToolFinished, ToolStarted};
use crate::id::EffectId;
use crate::model::Reply;

/// What may be looked up before an answer is recorded, by index of the tool call: all its memory reads if it asks for
/// nothing else, or the one change that it asks for. Neither has an effect, and each saves an append.
#[must_use]
pub fn lookups(reply: &Reply) -> Vec<(usize, MemoryCall)> {
    let Verdict::Keep { calls, .. } = verdict(reply) else { return Vec::new() };
    let in_memory: Option<Vec<_>> = calls
        .iter()
        .enumerate()
        .map(|(index, call)| match ToolCall::parse(&call.name, &call.input) {
            Ok(ToolCall::Memory(call)) => Some((index, call)),
            _ => None,
        })
        .collect();
    // Changes beside other calls are worked out in the order in which they are carried out.
    in_memory.filter(|calls| calls.len() == 1 || calls.iter().all(|(_, call)| call.is_read())).unwrap_or_default()
}

impl Draft<'_> {
    /// Records the calls of an answer and answers those that need nothing from outside.
    pub(super) fn start_calls(&mut self, calls: &[Wanted], looked_up: &[(usize, LookedUp)]) {
        let mut spawns_left = calls.iter().filter(|call| call.name == "spawn_sub_agent").count() as u64;
        for (index, call) in calls.iter().enumerate() {
            let effect = self.start_call(call);
            let found = looked_up.iter().find(|(at, _)| *at == index).map(|(_, result)| result.clone());
            let result = match ToolCall::parse(&call.name, &call.input) {
                Err(problem) => Some(ToolResult::error(problem)),
                Ok(ToolCall::Memory(_)) => match found {
                    Some(LookedUp::Plan(plan)) => {
                        self.push(CommitIntended { effect: effect.clone(), plan });
                        None
                    }
                    Some(LookedUp::Result(result)) => Some(result),
                    None => None,
                },
                Ok(ToolCall::Agents(AgentCall::Spawn { name, task })) => {
                    spawns_left -= 1;
                    Some(children::spawn(self, &effect, &name, &task, spawns_left + 1))
                }
                Ok(ToolCall::Agents(AgentCall::Message { id, text })) => Some(children::message(self, &id, &text)),
                Ok(ToolCall::Agents(AgentCall::Cancel { id })) => Some(children::cancel(self, &id)),
                Ok(ToolCall::Agents(AgentCall::Wait { ids })) => children::wait(self, &effect, &ids),
            };
            if let Some(result) = result {
                self.finish_call(&effect, result);
            }
        }
    }

    /// Records the calls of an answer that will not be carried out, each with its result.
    pub(super) fn refuse_calls(&mut self, calls: &[Wanted], why: &str) {
        for call in calls {
            let effect = self.start_call(call);
            self.finish_call(&effect, ToolResult::error(why));
        }
    }

    /// Records that a call begins; the id of its effect.
    fn start_call(&mut self, call: &Wanted) -> EffectId {
        let effect = self.state.next_effect(0);
        self.push(ToolStarted {
            call: call.id.clone(),
            name: call.name.clone(),
            input: call.input.clone(),
            effect: effect.clone(),
        });
        effect
    }

    pub(super) fn finish_call(&mut self, effect: &EffectId, result: ToolResult) {
        self.push(ToolFinished { effect: effect.clone(), content: result.content, is_error: result.is_error });
    }

    /// Whether every call of the last answer has its result.
    pub(super) fn calls_done(&self) -> bool {
        matches!(&self.state.phase, Phase::Tools(calls) if calls.iter().all(super::Call::is_done))
    }

    /// The calls without a result, except those whose change may already be in the repository.
    pub(super) fn calls_to_stop(&self) -> Vec<EffectId> {
        let Phase::Tools(calls) = &self.state.phase else { return Vec::new() };
        calls
            .iter()
            .filter(|call| matches!(call.progress, Progress::Running | Progress::Waiting(_)))
            .map(|call| call.effect.clone())
            .collect()
    }
}

impl State {
    /// Whether this tool call has no result yet.
    pub(super) fn is_open(&self, effect: &EffectId) -> bool {
        self.call(effect).is_some_and(|call| !call.is_done())
    }
}

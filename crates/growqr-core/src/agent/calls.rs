//! Tool calls: starts them, carries out at once those that only change the journal, and decides how interrupted calls continue.

use super::asks::{Permission, ask_id};
use super::children;
use super::draft::Draft;
use super::judge::{Judged, WantedCall, judge};
use super::state::State;
use super::tools::AgentCall;
use super::turn::{Call, Phase, Progress};
use crate::event::{CommitIntended, ToolFinished, ToolInterrupted, ToolResumed, ToolStarted};
use crate::id::{AgentId, AskId, EffectId, ExecutorId};
use crate::model::Reply;
use crate::raw::RawJson;
use crate::tool::{CatalogueEntry, LookedUp, Performed, Repeat, ToolResult};

/// The tool calls of an answer, in order; empty if the answer cannot be used. An executor may prepare them before the answer is
/// recorded, as long as that has no effect.
#[must_use]
pub fn wanted_calls(reply: &Reply) -> Vec<WantedCall> {
    match judge(reply) {
        Judged::Keep { calls, .. } => calls,
        Judged::Empty | Judged::Refused(_) | Judged::Cut | Judged::Invalid => Vec::new(),
    }
}

/// What is recorded with the start of a call.
#[derive(Default)]
struct Start {
    waits_for: Option<Vec<AgentId>>,
    rule: Option<String>,
    ask: Option<AskId>,
    held: Option<String>,
}

/// Whether the results of this executor are texts of this program, or of the person's own memory. Those of the search among tools
/// have a source of their own ([`super::searched`]).
fn is_trusted(executor: &ExecutorId) -> bool {
    [ExecutorId::journal(), ExecutorId::memory(), ExecutorId::tool_search()].contains(executor)
}

impl Draft<'_> {
    /// Records the calls of an answer, and the results of the calls that need only the journal.
    pub(super) fn start_calls(&mut self, calls: &[WantedCall], mut prepared: Vec<(usize, Performed)>) {
        let mut spawns_left = calls.iter().filter(|call| call.name == "spawn_sub_agent").count() as u64;
        for (index, call) in calls.iter().enumerate() {
            let meant = self.meant(call);
            let (call, entry) = match &meant {
                Ok((meant, entry)) => (meant, entry.clone()),
                Err(problem) => {
                    self.refuse_call(call, problem.clone());
                    continue;
                }
            };
            // Without its definition the person could not be asked about it.
            if !is_trusted(&entry.executor) && !self.is_on_offer(&call.name) {
                let name = &call.name;
                self.refuse_call(call, format!("{name} is not available any more; go on without it, or tell the person"));
                continue;
            }
            let (line, held) = match self.permission(&call.name, &call.input) {
                Permission::Granted { line } => (line, None),
                Permission::Held { .. } if self.has_too_many_asks() => {
                    self.refuse_call(call, self.too_many_asks());
                    continue;
                }
                Permission::Held { is_repeated: true, .. } => {
                    let problem = "the same change waits for the person's approval already; do not send it again";
                    self.refuse_call(call, problem.to_owned());
                    continue;
                }
                Permission::Held { line, .. } => (line.clone(), Some(line)),
                Permission::Refused { line } => {
                    let problem = format!("a rule of the person refuses this call ({line}); do not try it in another way");
                    let effect = self.start_call(call, &entry, Start { rule: Some(line), ..Start::default() });
                    self.finish_call(&effect, ToolResult::error(problem));
                    continue;
                }
                Permission::Needed { .. } if self.same_call_waits(call) => {
                    self.refuse_call(
                        call,
                        "the same call waits for the person's answer already; this one is left out".to_owned(),
                    );
                    continue;
                }
                Permission::Needed { line, need } => {
                    let effect = self.state.next_effect(0);
                    let start = Start { rule: Some(line), ask: Some(ask_id(&effect)), ..Start::default() };
                    self.start_call(call, &entry, start);
                    self.ask_permission(call, effect, need);
                    continue;
                }
            };
            if entry.executor == ExecutorId::journal() {
                let waits_for = self.waits_for(call);
                let effect = self.start_call(call, &entry, Start { waits_for, rule: Some(line), ..Start::default() });
                self.carry_out(&effect, &call.name, &call.input, &mut spawns_left);
                continue;
            }
            let effect = self.start_call(call, &entry, Start { rule: Some(line), held, ..Start::default() });
            let found = prepared.iter().position(|(of, _)| *of == index).map(|at| prepared.swap_remove(at).1);
            match found {
                Some(Performed::Planned(plan)) => self.push(CommitIntended { effect, plan }),
                Some(Performed::Finished(result)) => self.finish_by_executor(&effect, result),
                None => {}
            }
        }
    }

    /// Whether a tool is on offer now, for this segment or the next one.
    fn is_on_offer(&self, name: &str) -> bool {
        self.setup.hashes.contains_key(name) || self.setup.tools.iter().any(|entry| entry.name == name)
    }

    /// The sub-agents that a call waits for; `None` if it does not wait, or its input is wrong.
    fn waits_for(&self, call: &WantedCall) -> Option<Vec<AgentId>> {
        match AgentCall::parse(&call.name, &call.input) {
            Ok(AgentCall::Wait(wait)) => Some(children::waits_for(&self.state, wait.ids.as_deref().unwrap_or_default())),
            _ => None,
        }
    }

    /// Carries out a recorded call that concerns other agents or the person: recording its events is all that it takes.
    /// `spawns_left` counts the spawns of the same answer that are not carried out yet, this one included.
    pub(super) fn carry_out(&mut self, effect: &EffectId, name: &str, input: &RawJson, spawns_left: &mut u64) {
        let result = match AgentCall::parse(name, input) {
            Err(problem) => Some(ToolResult::error(problem)),
            Ok(AgentCall::Spawn(spawn)) => {
                let count = *spawns_left;
                *spawns_left = count.saturating_sub(1);
                Some(children::spawn(self, effect, spawn, count.max(1)))
            }
            Ok(AgentCall::Message(message)) => Some(children::message_sub_agent(self, &message.id, &message.text)),
            Ok(AgentCall::Cancel(cancel)) => Some(children::cancel(self, &cancel.id)),
            Ok(AgentCall::AskUser(input)) => Some(self.ask_question(effect, input)),
            Ok(AgentCall::Read(read)) => Some(self.state.read_on(read.message, read.from)),
            Ok(AgentCall::Wait(wait)) => children::wait(self, effect, wait.ids.as_deref().unwrap_or_default()),
        };
        if let Some(result) = result {
            self.finish_call(effect, result);
        }
    }

    /// Records the calls of an answer as refused: each gets an error result.
    pub(super) fn refuse_calls(&mut self, calls: &[WantedCall], why: &str) {
        for call in calls {
            self.refuse_call(call, why.to_owned());
        }
    }

    /// Records a call that is not carried out, together with its error result for the model.
    fn refuse_call(&mut self, call: &WantedCall, problem: String) {
        let entry = CatalogueEntry { name: call.name.clone(), executor: ExecutorId::journal(), repeat: Repeat::Safe };
        let effect = self.start_call(call, &entry, Start::default());
        self.finish_call(&effect, ToolResult::error(problem));
    }

    /// Records that a call starts; returns the id of its effect.
    fn start_call(&mut self, call: &WantedCall, entry: &CatalogueEntry, start: Start) -> EffectId {
        let effect = self.state.next_effect(0);
        self.push(ToolStarted {
            call: call.id.clone(),
            name: call.name.clone(),
            input: call.input.clone(),
            effect: effect.clone(),
            executor: Some(entry.executor.clone()),
            repeat: Some(entry.repeat),
            waits_for: start.waits_for,
            rule: start.rule,
            ask: start.ask,
            held: start.held,
            definition: self.setup.hashes.get(&call.name).cloned(),
        });
        effect
    }

    /// Records a text of this program as the result of a call.
    pub(super) fn finish_call(&mut self, effect: &EffectId, result: ToolResult) {
        self.push(ToolFinished { effect: effect.clone(), content: result.content, is_error: result.is_error, source: None });
    }

    /// Records what the executor of a call has returned.
    pub(super) fn finish_by_executor(&mut self, effect: &EffectId, result: ToolResult) {
        let executor = self.state.call(effect).map(|call| &call.executor);
        let source = match executor {
            Some(executor) if *executor == ExecutorId::tool_search() => self.source_of_found(&result),
            executor => executor.filter(|executor| !is_trusted(executor)).map(|executor| executor.as_str().to_owned()),
        };
        self.push(ToolFinished { effect: effect.clone(), content: result.content, is_error: result.is_error, source });
    }

    /// Whether every call of the last answer has its result.
    pub(super) fn calls_done(&self) -> bool {
        matches!(&self.state.phase, Phase::Tools(calls) if calls.iter().all(Call::is_done))
    }

    /// After the agent was loaded: decides for each call that was running whether it is carried out again, looked up, or finished
    /// as unknown.
    pub(super) fn resume_calls(&mut self) {
        for (effect, repeat) in self.running_calls() {
            match repeat {
                Repeat::Safe => {}
                Repeat::LookUp => self.push(ToolInterrupted { effect }),
                Repeat::Unknown => self.finish_call(&effect, ToolResult::error(may_have_happened("GrowQR stopped"))),
            }
        }
    }

    /// Stops the calls that have no result yet. A call whose memory change is already recorded continues, because the commit
    /// may already be in the repository.
    pub(super) fn stop_calls(&mut self) {
        for effect in children::waiting_calls(&self.state).into_iter().chain(self.calls_not_started()) {
            self.finish_call(&effect, ToolResult::error(STOPPED));
        }
        for (effect, repeat) in self.running_calls() {
            match repeat {
                Repeat::Safe => self.finish_call(&effect, ToolResult::error(STOPPED)),
                Repeat::LookUp => self.push(ToolInterrupted { effect }),
                Repeat::Unknown => self.finish_call(&effect, ToolResult::error(may_have_happened("the agent was stopped"))),
            }
        }
    }

    /// Takes the executor's answer about an interrupted call.
    pub(super) fn on_call_looked_up(&mut self, effect: &EffectId, found: LookedUp) {
        if !matches!(self.state.call(effect), Some(Call { progress: Progress::Interrupted, .. })) {
            return;
        }
        match found {
            LookedUp::Happened(result) => self.finish_by_executor(effect, result),
            LookedUp::NothingHappened if self.state.cancelling => self.finish_call(effect, ToolResult::error(STOPPED)),
            LookedUp::NothingHappened => return self.push(ToolResumed { effect: effect.clone() }),
            LookedUp::Unknown => self.finish_call(effect, ToolResult::error(may_have_happened("it was interrupted"))),
        }
        self.after_calls();
    }

    /// The calls that wait for a permission, or that have it and were not started yet.
    pub(super) fn calls_not_started(&self) -> Vec<EffectId> {
        let Phase::Tools(calls) = &self.state.phase else { return Vec::new() };
        let waiting = calls.iter().filter(|call| matches!(call.progress, Progress::AwaitingPermission(_) | Progress::Permitted));
        waiting.map(|call| call.effect.clone()).collect()
    }

    fn running_calls(&self) -> Vec<(EffectId, Repeat)> {
        let Phase::Tools(calls) = &self.state.phase else { return Vec::new() };
        let running = calls.iter().filter(|call| call.progress == Progress::Running);
        running.map(|call| (call.effect.clone(), call.repeat)).collect()
    }
}

const STOPPED: &str = "stopped before it was carried out";

/// The error text for the model, which passes it on to the person.
fn may_have_happened(why: &str) -> String {
    format!("{why} while this call was under way: it may have been carried out, in part or whole. Check before you do it again")
}

impl State {
    /// Whether this tool call has no result yet.
    pub(super) fn is_open(&self, effect: &EffectId) -> bool {
        self.call(effect).is_some_and(|call| !call.is_done())
    }
}

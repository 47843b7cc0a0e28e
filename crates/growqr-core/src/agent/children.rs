//! Sub-agents: starts them, sends them messages, waits for them, stops them. Each action is recorded in this agent's journal
//! only; mail takes it to the sub-agent.

use super::child::{Child, Sender};
use super::draft::Draft;
use super::render::report_text;
use super::state::State;
use super::tools::{Need, SpawnInput};
use super::turn::{Pending, Phase, Progress};
use crate::budget::{MIN_ALLOWANCE, MIN_OUTPUT_TOKENS, share};
use crate::clock::Timestamp;
use crate::event::{ChildCancelled, ChildRequested, ChildTold};
use crate::id::{AgentId, EffectId, MessageId, child_id};
use crate::limits::LimitReached;
use crate::mail::{Mail, MailBody, SpawnRequest};
use crate::money::Money;
use crate::quota::Quota;
use crate::tool::ToolResult;
use crate::workbench::{Mind, Workbench};
use std::sync::Arc;

/// Starts a sub-agent. `count` is the number of spawns in the same answer, this one included; they share the available money.
pub(super) fn spawn(draft: &mut Draft, effect: &EffectId, input: SpawnInput, count: u64) -> ToolResult {
    let state = &draft.state;
    let limits = state.limits;
    if state.depth() >= limits.depth {
        return ToolResult::error("you are too deep to send sub-agents yourself; do the work, or report what is left to do");
    }
    let quota = match quota_share(draft, count, 1) {
        Ok(quota) => quota,
        Err(problem) => return problem,
    };
    let allowance = match allowance(draft, count) {
        Ok(allowance) => allowance,
        Err(problem) => return problem,
    };
    let SpawnInput { name, task, needs } = input;
    let Chosen { mind, why, remark } = choose_mind(needs.unwrap_or_default(), &draft.setup.workbench);
    let state = &draft.state;
    let request = SpawnRequest {
        name: name.clone(),
        task,
        allowance,
        depth: state.depth() + 1,
        quota: Some(quota),
        untrusted: state.untrusted(),
        mind,
        why: Some(why),
        schedule: None,
    };
    let child = child_id(effect);
    let mail = Mail { id: effect.clone(), from: state.id.clone(), to: child.clone(), body: MailBody::Spawn(request) };
    draft.push(ChildRequested { effect: effect.clone(), mail });
    let at_work = u64::try_from(draft.state.children_at_work().count()).unwrap_or(u64::MAX);
    let state = if at_work > u64::from(limits.children_at_once) { "waits until another one ends" } else { "is at work" };
    ToolResult::ok(format!(
        "sub-agent {child} ({name}) {state}{remark}; its report will come as mail, or wait for it with wait_for_sub_agents"
    ))
}

/// The mind of a new sub-agent.
struct Chosen {
    mind: Mind,
    /// Why, for the person.
    why: String,
    /// What the agent that starts it is told; may be empty.
    remark: String,
}

/// A sub-agent with a need works as a session in the workbench, if there is one.
fn choose_mind(mut needs: Vec<Need>, workbench: &Workbench) -> Chosen {
    needs.sort_unstable();
    needs.dedup();
    if needs.is_empty() {
        return Chosen { mind: Mind::Model, why: "needs nothing of the workbench".to_owned(), remark: String::new() };
    }
    let needs = needs.into_iter().map(Need::as_str).collect::<Vec<_>>().join(", ");
    match workbench {
        Workbench::Available => {
            Chosen { mind: Mind::Session, why: format!("needs {needs}"), remark: " in the workbench".to_owned() }
        }
        Workbench::Unavailable(reason) => Chosen {
            mind: Mind::Model,
            why: format!("needs {needs}, but there is no workbench: {reason}"),
            remark: format!(" without {needs}: the workbench cannot be used ({reason})"),
        },
    }
}

/// Sends a sub-agent a message. If its turn has ended, the message starts a new one.
pub(super) fn message_sub_agent(draft: &mut Draft, id: &str, text: &str) -> ToolResult {
    let id = AgentId::new(id);
    let Some(child) = draft.state.children.get(&id) else { return unknown(&id) };
    let allowance = if child.is_at_work() {
        // The sub-agent's turn may end before it reads the message, and a new turn needs money. So the message brings money if
        // there is enough.
        allowance(draft, 1).unwrap_or(Money::ZERO)
    } else {
        if let Err(problem) = quota_share(draft, 1, 0) {
            return problem;
        }
        match allowance(draft, 1) {
            Ok(allowance) => allowance,
            Err(problem) => return problem,
        }
    };
    let quota = quota_share(draft, 1, 0).ok();
    send_message(draft, id.clone(), text, Ok(allowance), quota, None);
    ToolResult::ok(format!("{id} will read it; its report will come as mail"))
}

/// Puts a message for a sub-agent into the outbox. `allowance` is the money that it brings, or the limit that leaves none;
/// `message` is its id if the person wrote it.
pub(super) fn send_message(
    draft: &mut Draft,
    to: AgentId,
    text: &str,
    allowance: Result<Money, LimitReached>,
    quota: Option<Quota>,
    message: Option<MessageId>,
) {
    let body = MailBody::Say {
        text: text.to_owned(),
        allowance: allowance.unwrap_or_default(),
        limit: allowance.err(),
        number: draft.state.children.get(&to).map_or(0, |child| child.messages_sent) + 1,
        by_person: message.is_some(),
        quota,
        untrusted: if message.is_some() { Vec::new() } else { draft.state.untrusted() },
    };
    let mail = draft.mail(to, body);
    let counts_with_work = message.is_some() && draft.state.has_work_under_way();
    draft.push(ChildTold { mail, message, counts_with_work });
}

/// Tells a sub-agent to stop.
pub(super) fn cancel(draft: &mut Draft, id: &str) -> ToolResult {
    let id = AgentId::new(id);
    match draft.state.children.get(&id) {
        None => unknown(&id),
        Some(child) if !child.is_at_work() => ToolResult::ok(format!("{id} has already ended")),
        Some(_) => {
            let mail = draft.mail(id.clone(), MailBody::Cancel);
            draft.push(ChildCancelled { mail });
            ToolResult::ok(format!("{id} is told to stop; what it has done so far will come in its report"))
        }
    }
}

/// Tells every sub-agent at work to stop, but no scheduled runs.
pub(super) fn cancel_all(draft: &mut Draft) {
    let at_work: Vec<AgentId> =
        draft.state.children.iter().filter(|(_, child)| child.stops_with_parent()).map(|(id, _)| id.clone()).collect();
    for id in at_work {
        let mail = draft.mail(id, MailBody::Cancel);
        draft.push(ChildCancelled { mail });
    }
}

/// Starts waiting. Returns a result at once if there is nothing to wait for.
pub(super) fn wait(draft: &Draft, effect: &EffectId, ids: &[String]) -> Option<ToolResult> {
    if let Some(id) = ids.iter().find(|id| !draft.state.children.contains_key(&AgentId::new(id.as_str()))) {
        return Some(unknown(&AgentId::new(id.as_str())));
    }
    wait_result(&draft.state, effect, false)
}

/// The result of a waiting call once it is due: none of its sub-agents is at work, or a message or an answer
/// has come.
pub(super) fn wait_result(state: &State, effect: &EffectId, has_message: bool) -> Option<ToolResult> {
    let Progress::Waiting(ids) = &state.call(effect)?.progress else { return None };
    let at_work: Vec<String> =
        ids.iter().filter_map(|id| Some((id, state.children.get(id)?))).filter_map(|(id, child)| work_text(id, child)).collect();
    if !at_work.is_empty() && !has_message {
        return None;
    }
    let mut parts: Vec<String> = state
        .pending
        .iter()
        .filter_map(|pending| match pending {
            Pending::Report { from, report } if ids.contains(from) => Some(report_text(from.as_str(), report)),
            _ => None,
        })
        .collect();
    if !at_work.is_empty() {
        parts.push(format!("Something new has come for you; read it first. Still at work: {}.", at_work.join(", ")));
    } else if parts.is_empty() {
        parts.push("No sub-agent is at work, and every report was read.".to_owned());
    }
    Some(ToolResult::ok(parts.join("\n\n")))
}

/// A sub-agent at work, as the model reads it.
fn work_text(id: &AgentId, child: &Child) -> Option<String> {
    let waits = match (child.asks.values().next(), child.asks.len()) {
        (None, _) => String::new(),
        (Some(text), 1) => format!(" (waits for the person's answer: {text})"),
        (Some(text), count) => format!(" (waits for {count} answers of the person, first: {text})"),
    };
    child.is_at_work().then(|| format!("{id}{waits}"))
}

/// The waiting calls of the current phase.
pub(super) fn waiting_calls(state: &State) -> Vec<EffectId> {
    let Phase::Tools(calls) = &state.phase else { return Vec::new() };
    calls.iter().filter(|call| matches!(call.progress, Progress::Waiting(_))).map(|call| call.effect.clone()).collect()
}

/// The sub-agents that a call waits for: the ones that it names; without names, all that are at work or have an unread report.
pub(super) fn waits_for(state: &State, ids: &[String]) -> Vec<AgentId> {
    if !ids.is_empty() {
        return ids.iter().map(|id| AgentId::new(id.as_str())).collect();
    }
    let unread = state.pending.iter().filter_map(|pending| match pending {
        Pending::Report { from, .. } => Some(from.clone()),
        _ => None,
    });
    state.children_at_work().cloned().chain(unread).collect()
}

/// A share of what the tree may still use besides money, or the error result if a sub-agent cannot start. `new` is 1 for a new
/// sub-agent, 0 for one that is woken.
fn quota_share(draft: &Draft, count: u64, new: u64) -> Result<Quota, ToolResult> {
    let state = &draft.state;
    let limits = state.limits.tree();
    let left = state.quota.left(limits);
    if left.children < new {
        let limit = state.quota.total(limits).children;
        return Err(ToolResult::error(format!(
            "{limit} sub-agents were sent for this message already, theirs included, which is the limit; go on without more"
        )));
    }
    let total = state.quota.total(limits).at_once;
    let at_work = state.children.values().filter(|child| child.is_at_work() && !child.by_person);
    // More sub-agents than may work at once are started all the same: their host lets them wait.
    let at_once = total.saturating_sub(at_work.map(|child| 1 + child.at_once).sum()).saturating_sub(1);
    let share = Quota { children: left.children - new, at_once, ..left }.share(count);
    let least_tokens = draft.setup.bytes.saturating_add(MIN_OUTPUT_TOKENS);
    let too_little = match state.has_price() {
        Some(false) if share.calls == 0 => Some("model calls"),
        Some(false) if share.tokens < least_tokens => Some("tokens"),
        _ => None,
    };
    match too_little {
        None => Ok(share),
        Some(what) => Err(ToolResult::error(format!(
            "what is left of the {what} for this message is too little for a sub-agent; do it yourself, or tell the person"
        ))),
    }
}

/// A share of the available money, or the error result if there is none.
pub(super) fn allowance(draft: &Draft, count: u64) -> Result<Money, ToolResult> {
    let (available, _) = draft.state.budget.available(&draft.state.limits, draft.now.at);
    let allowance = share(available, count);
    if allowance < MIN_ALLOWANCE {
        return Err(ToolResult::error(
            "what is left of the budget is too little for a sub-agent; do it yourself, or tell the person",
        ));
    }
    Ok(allowance)
}

fn unknown(id: &AgentId) -> ToolResult {
    ToolResult::error(format!("you have no sub-agent {:?}; use an id that spawn_sub_agent gave you", id.as_str()))
}

impl State {
    pub(super) fn add_sender(&mut self, new: Sender) {
        match self.senders.iter_mut().find(|sender| sender.agent == new.agent) {
            Some(sender) => {
                sender.allowance += new.allowance;
                sender.quota = sender.quota.plus(new.quota);
                sender.by_person |= new.by_person;
                sender.up_to = sender.up_to.max(new.up_to);
            }
            None => self.senders.push(new),
        }
    }

    pub(super) fn child_requested(&mut self, mail: &Mail, at: Timestamp) {
        if let MailBody::Spawn(request) = &mail.body {
            let given = request.quota.unwrap_or_default();
            self.quota.record_use(given.plus(Quota { children: 1, ..Quota::default() }));
            self.budget.grant(request.allowance, at);
            self.children.insert(mail.to.clone(), Child::new(at, self.budget.message_number(), false, given.at_once));
        }
    }

    pub(super) fn child_told(&mut self, body: &ChildTold, at: Timestamp) {
        let mail = &body.mail;
        if let Some(message) = &body.message {
            Arc::make_mut(&mut self.received_messages).insert(message.clone());
            if !body.counts_with_work {
                self.budget.new_message();
                self.quota.new_message();
            }
        }
        if let MailBody::Say { allowance, by_person, quota, .. } = &mail.body {
            let given = quota.unwrap_or_default();
            self.quota.record_use(given);
            self.budget.grant(*allowance, at);
            let sent = Child::new(at, self.budget.message_number(), *by_person, given.at_once);
            match self.children.get_mut(&mail.to) {
                Some(child) => child.add_message(sent),
                None => drop(self.children.insert(mail.to.clone(), sent)),
            }
        }
    }

    pub(super) fn child_cancelled(&mut self, id: &AgentId) {
        if let Some(child) = self.children.get_mut(id) {
            child.cancelled = true;
        }
    }
}

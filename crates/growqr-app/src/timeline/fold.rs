//! Reads the events of one turn into parts: a pure function of the events, of their ids and times.
//!
//! Begins anew with the next turn: a part that is open at the end of a turn is not carried over, except that its cost is filled in
//! if it becomes known before the next turn begins.

use super::words::{one_line, tool_words};
use growqr_core::ask::AskKind;
use growqr_core::clock::Timestamp;
use growqr_core::event::{Ended, Entry, Event, ToolStarted, TurnEnded};
use growqr_core::id::{AgentId, AskId, EffectId};
use growqr_core::mail::{Ending, Mail, MailBody, Report};
use growqr_core::model::FailureKind;
use growqr_core::money::Money;
use growqr_core::workbench::SessionOutcome;
use growqr_wire::{PartKind, TimelinePartState};
use std::collections::HashMap;

/// The most characters of a question or a purpose in a label.
const LABEL: usize = 100;

/// One thing that the turn did, or waited for.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    pub(super) state: TimelinePartState,
    /// The label while it goes on.
    pub(super) doing: String,
    /// The label once it has ended.
    pub(super) done: String,
    pub(super) from: Timestamp,
    pub(super) to: Option<Timestamp>,
    pub(super) cost: Option<Money>,
    pub(super) unknown: Money,
    pub(super) agent: Option<AgentId>,
    pub(super) effect: Option<EffectId>,
}

/// Names an open part.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Model,
    Limit,
    Ending,
    Tool(EffectId),
    Session(EffectId),
    Charge(EffectId),
    Ask(AskId),
    Child(AgentId),
}

/// The parts of the latest turn of the events that were applied.
#[derive(Clone, Debug, Default)]
pub(crate) struct TurnFold {
    /// 0 before a turn has begun.
    pub(super) turn: u64,
    pub(super) began: Option<Timestamp>,
    pub(super) ended: Option<(Timestamp, TurnEnded)>,
    pub(super) parts: Vec<Part>,
    pub(super) last: Timestamp,
    open: HashMap<Key, usize>,
    /// The words of calls that wait for a permission.
    held_calls: HashMap<EffectId, ToolStarted>,
    /// Since when a message waits for a turn.
    queued: Option<Timestamp>,
    is_cancelled: bool,
    /// When GrowQR was closed in the middle of a model call.
    closed: Option<Timestamp>,
}

impl TurnFold {
    /// Applies the next event of the agent.
    pub(crate) fn apply(&mut self, entry: &Entry) {
        let at = entry.at;
        if self.ended.is_some() && begins(&entry.event) {
            *self = TurnFold { turn: self.turn, ..TurnFold::default() };
        }
        self.last = at;
        match &entry.event {
            event if begins(event) && self.began.is_none() && !matches!(event, Event::TurnStarted(_)) => {
                self.queued.get_or_insert(at);
            }
            Event::TurnStarted(body) => self.started(at, body.turn),
            Event::MailReceived(body) => self.mail(at, &body.mail),
            Event::CancelRequested(_) => self.is_cancelled = true,
            Event::TurnPaused(_) => {
                self.open(Key::Limit, Part::new(PartKind::Limit, at, "Waiting at a limit", "Waited at a limit"))
            }
            Event::TurnEnding(_) => {
                let part = Part::new(
                    PartKind::Waiting,
                    at,
                    "Waiting until its sub-agents have stopped",
                    "Waited until its sub-agents had stopped",
                );
                self.open(Key::Ending, part);
            }
            Event::TurnEnded(body) => self.end(at, body),
            event => {
                self.of_model(at, event);
                self.of_calls(at, event);
                self.of_session(at, event);
                self.of_asks(at, event);
            }
        }
    }

    /// Whether the turn with this number is read to its end.
    pub(crate) fn has_read(&self, turn: u64) -> bool {
        self.turn == turn && self.ended.is_some()
    }

    /// Whether a turn waits to begin.
    pub(crate) fn is_queued(&self) -> bool {
        self.began.is_none() && self.queued.is_some()
    }

    /// When the turn, or the wait for it, began.
    pub(super) fn start(&self) -> Option<Timestamp> {
        self.queued.or(self.began)
    }

    /// The wait for a turn that has not begun.
    pub(super) fn queue(&self) -> Part {
        let since = self.queued.unwrap_or(self.last);
        Part::new(PartKind::Queue, since, "Waiting for its turn", "Waited for its turn")
    }

    fn started(&mut self, at: Timestamp, turn: u64) {
        self.turn = turn;
        self.began = Some(at);
        if self.queued.is_some_and(|since| since < at) {
            self.parts.push(Part { to: Some(at), state: TimelinePartState::Done, ..self.queue() });
        }
    }

    fn of_model(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::ModelRequested(body) => {
                self.close(&Key::Limit, at, TimelinePartState::Done);
                if let Some(since) = self.closed.take().filter(|since| *since < at) {
                    let part = Part::new(PartKind::Cut, since, "", "GrowQR was closed");
                    self.parts.push(Part { to: Some(at), state: TimelinePartState::Done, ..part });
                }
                let again = if body.attempt > 1 { format!(", try {}", body.attempt) } else { String::new() };
                self.open(Key::Model, Part::new(PartKind::Model, at, &format!("Thinking{again}"), &format!("Model call{again}")));
            }
            Event::ModelAnswered(body) => {
                if let Some(part) = self.close(&Key::Model, at, TimelinePartState::Done) {
                    part.cost = body.reply.cost;
                    part.unknown = body.unknown.unwrap_or_default();
                    part.done = format!("{} ({})", part.done, one_line(&body.reply.model, LABEL));
                }
            }
            Event::ModelFailed(body) => {
                let is_interrupted = body.failure.kind == FailureKind::Interrupted;
                let state = match (is_interrupted, self.is_cancelled) {
                    (true, true) => TimelinePartState::Stopped,
                    (true, false) => TimelinePartState::Cut,
                    (false, _) => TimelinePartState::Failed,
                };
                self.closed = (state == TimelinePartState::Cut).then_some(at);
                if let Some(part) = self.close(&Key::Model, at, state) {
                    part.unknown = body.unknown.unwrap_or_default();
                }
            }
            Event::ChargeReserved(body) => {
                let label = one_line(&body.purpose, LABEL);
                self.open(Key::Charge(body.charge.clone()), Part::new(PartKind::Model, at, &label, &label));
            }
            Event::ChargeSettled(body) => {
                if let Some(part) = self.close(&Key::Charge(body.charge.clone()), at, TimelinePartState::Done) {
                    part.cost = body.cost;
                    part.unknown = body.unknown.unwrap_or_default();
                }
            }
            _ => {}
        }
    }

    fn of_calls(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::ToolStarted(body) if body.ask.is_some() => {
                self.held_calls.insert(body.effect.clone(), body.clone());
            }
            Event::ToolStarted(body) => self.open_call(at, body),
            Event::ToolInterrupted(body) => {
                let key = Key::Tool(body.effect.clone());
                if let Some(part) = self.close(&key, at, TimelinePartState::Cut) {
                    let part = Part { state: TimelinePartState::Running, from: at, to: None, ..part.clone() };
                    self.open(key, part);
                }
            }
            Event::ToolResumed(body) => {
                if let Some(call) = self.held_calls.remove(&body.effect) {
                    self.open_call(at, &call);
                }
            }
            Event::ToolFinished(body) => {
                self.held_calls.remove(&body.effect);
                let state = if body.is_error { TimelinePartState::Failed } else { TimelinePartState::Done };
                self.close(&Key::Tool(body.effect.clone()), at, state);
            }
            Event::ChildRequested(body) => self.child_works(at, &body.mail),
            Event::ChildTold(body) => self.child_works(at, &body.mail),
            _ => {}
        }
    }

    fn of_session(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::SessionIntended(body) => {
                let part = Part::new(PartKind::Session, at, "Working in the workbench", "Worked in the workbench");
                self.open(Key::Session(body.effect.clone()), Part { effect: Some(body.effect.clone()), ..part });
            }
            Event::SessionProgressed(body) => {
                let part = self.open.get(&Key::Session(body.effect.clone())).and_then(|index| self.parts.get_mut(*index));
                if let (Some(part), Some(step)) = (part, body.steps.last()) {
                    part.doing = one_line(step, LABEL);
                }
            }
            Event::SessionEnded(body) => {
                let state = match &body.outcome {
                    SessionOutcome::Done | SessionOutcome::Limit => TimelinePartState::Done,
                    SessionOutcome::Failed { .. } | SessionOutcome::Abandoned { .. } => TimelinePartState::Failed,
                    SessionOutcome::Aborted => TimelinePartState::Stopped,
                    SessionOutcome::Interrupted { .. } => TimelinePartState::Cut,
                };
                self.close(&Key::Session(body.effect.clone()), at, state);
            }
            _ => {}
        }
    }

    fn of_asks(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::AskRaised(body) if !matches!(body.ask.kind, AskKind::Review | AskKind::Conflict | AskKind::Schedule) => {
                let text = one_line(&body.ask.text, LABEL);
                let part =
                    Part::new(PartKind::Person, at, &format!("Waiting for you: {text}"), &format!("Waited for you: {text}"));
                self.open(Key::Ask(body.ask.id.clone()), part);
            }
            Event::AskSettled(body) => {
                self.close(&Key::Ask(body.ask.clone()), at, TimelinePartState::Done);
            }
            _ => {}
        }
    }

    fn mail(&mut self, at: Timestamp, mail: &Mail) {
        let MailBody::Report(report) = &mail.body else { return };
        if report.schedule.is_some() {
            // A scheduled run is no part of the turn in which its report comes.
            return;
        }
        let state = match report.ending {
            Ending::Done | Ending::Limit => TimelinePartState::Done,
            Ending::Failed => TimelinePartState::Failed,
            Ending::Cancelled => TimelinePartState::Stopped,
        };
        let key = Key::Child(mail.from.clone());
        if !self.open.contains_key(&key) {
            let Some(from) = self.began.filter(|_| self.ended.is_none()) else { return };
            self.open(key.clone(), child(from, &mail.from, &report.name));
        }
        let Report { spent, .. } = report;
        if let Some(part) = self.close(&key, at, state) {
            part.cost = Some(*spent);
        }
    }

    fn open_call(&mut self, at: Timestamp, call: &ToolStarted) {
        let is_wait = call.waits_for.is_some() || call.name == "wait_for_sub_agents";
        let words = tool_words(&call.name, &call.input);
        let part = Part::new(if is_wait { PartKind::Waiting } else { PartKind::Tool }, at, &words.doing, &words.done);
        self.open(Key::Tool(call.effect.clone()), Part { effect: Some(call.effect.clone()), ..part });
    }

    fn child_works(&mut self, at: Timestamp, mail: &Mail) {
        let key = Key::Child(mail.to.clone());
        if self.open.contains_key(&key) {
            return;
        }
        let name = match &mail.body {
            MailBody::Spawn(spawn) => spawn.name.as_str(),
            _ => mail.to.as_str(),
        };
        self.open(key, child(at, &mail.to, name));
    }

    fn end(&mut self, at: Timestamp, body: &TurnEnded) {
        self.ended = Some((at, body.clone()));
        self.turn = body.turn;
        self.began.get_or_insert(self.queued.unwrap_or(at));
        let is_cancelled = body.ended == Ended::Cancelled;
        for (key, index) in &self.open {
            let state = match key {
                Key::Child(_) | Key::Ask(_) | Key::Charge(_) => TimelinePartState::GoesOn,
                Key::Limit | Key::Ending => TimelinePartState::Done,
                _ if is_cancelled => TimelinePartState::Stopped,
                _ => TimelinePartState::Done,
            };
            let part = &mut self.parts[*index];
            (part.to, part.state) = (Some(at), state);
        }
    }

    fn open(&mut self, key: Key, part: Part) {
        if self.ended.is_none() {
            self.open.insert(key, self.parts.len());
            self.parts.push(part);
        }
    }

    /// Ends an open part; one that went on after the turn keeps the turn's end.
    fn close(&mut self, key: &Key, at: Timestamp, state: TimelinePartState) -> Option<&mut Part> {
        let index = self.open.remove(key)?;
        let part = self.parts.get_mut(index)?;
        if part.to.is_none() {
            (part.to, part.state) = (Some(at), state);
        }
        Some(part)
    }
}

impl Part {
    fn new(kind: PartKind, from: Timestamp, doing: &str, done: &str) -> Part {
        Part {
            kind,
            state: TimelinePartState::Running,
            doing: doing.to_owned(),
            done: done.to_owned(),
            from,
            to: None,
            cost: None,
            unknown: Money::ZERO,
            agent: None,
            effect: None,
        }
    }

    /// The kind that the sums count it for.
    pub(super) fn counts_as(&self) -> PartKind {
        if self.state == TimelinePartState::Cut { PartKind::Cut } else { self.kind }
    }
}

fn child(at: Timestamp, id: &AgentId, name: &str) -> Part {
    let name = one_line(name, LABEL);
    Part { agent: Some(id.clone()), ..Part::new(PartKind::SubAgent, at, &name, &name) }
}

/// Whether an event between turns begins the next one, or the wait for it.
pub(super) fn begins(event: &Event) -> bool {
    match event {
        Event::TurnStarted(_) | Event::UserSaid(_) | Event::SaidAgain(_) => true,
        Event::AgentCreated(body) => body.birth.is_some(),
        Event::MailReceived(body) => matches!(body.mail.body, MailBody::Say { .. } | MailBody::Spawn(_)),
        _ => false,
    }
}

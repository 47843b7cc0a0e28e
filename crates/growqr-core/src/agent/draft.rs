//! A decision in progress: its events so far, and the state after them.

use super::exchange::Setup;
use super::state::State;
use crate::clock::Moment;
use crate::event::{Entry, Event};
use crate::id::AgentId;
use crate::mail::{Mail, MailBody};

/// The events of a decision. Each is applied to a copy of the state at once, so that the next decision sees its result.
pub(super) struct Draft<'a> {
    pub(super) state: State,
    pub(super) setup: &'a Setup,
    pub(super) now: Moment,
    events: Vec<Event>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(state: &State, setup: &'a Setup, now: Moment) -> Draft<'a> {
        Draft { state: state.clone(), setup, now, events: Vec::new() }
    }

    pub(super) fn push(&mut self, event: impl Into<Event>) {
        let entry = Entry { seq: self.state.seq.next(), at: self.now.at, event: event.into() };
        self.state.apply(&entry);
        self.events.push(entry.event);
    }

    pub(super) fn finish(self) -> Vec<Event> {
        self.events
    }

    /// Creates mail. Its id is made from its place in the journal and its receiver, so the next event pushed must carry it.
    pub(super) fn mail(&self, to: AgentId, body: MailBody) -> Mail {
        let from = self.state.id.clone();
        let place = format!("{from}/mail/{to}");
        Mail { id: self.state.scope(&place).effect(self.state.seq.next().0), from, to, body }
    }
}

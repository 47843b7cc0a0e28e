//! Leaving the past behind: a fresh start, and a message that is written anew.
//!
//! Both only choose the past of the next segment ([`NextPast`]). The journal, and what people read and search, stay whole.

use super::draft::Draft;
use super::state::State;
use super::turn::{NextPast, Pending};
use crate::clock::Timestamp;
use crate::event::{self, FreshRequested, FreshStarted, SaidAgain};
use crate::id::{MessageId, Seq};
use std::sync::Arc;

impl Draft<'_> {
    /// Starts afresh, or records that the person wants it. Does nothing if there is nothing to leave behind.
    pub(super) fn on_start_fresh(&mut self, id: MessageId) {
        let state = &self.state;
        let is_wanted_already = match &state.next_past {
            NextPast::Whole => false,
            NextPast::FreshAfterTurn(_) => true,
            NextPast::Only(past) => past.is_none(),
        };
        if state.depth() > 0 || state.segment.is_none() || is_wanted_already || state.received_messages.contains(&id) {
            return;
        }
        self.push(FreshRequested { id });
    }

    /// Starts afresh as soon as no turn is under way, and begins a turn for the messages that have waited for it.
    pub(super) fn start_fresh_after_turn(&mut self) {
        if self.state.is_at_work() || !matches!(self.state.next_past, NextPast::FreshAfterTurn(_)) {
            return;
        }
        let has_messages = !self.state.held_messages().is_empty();
        self.push(FreshStarted {});
        if has_messages {
            self.begin_turn();
        }
    }

    /// Begins a turn with a message that replaces an earlier one, and with the past up to that one.
    pub(super) fn on_message_again(&mut self, id: MessageId, message: Seq, text: String, before: &State) {
        if self.state.depth() > 0 || self.state.has_open_work() || self.state.received_messages.contains(&id) {
            return;
        }
        let past = before.past_for_message_again(self.setup.card.context_tokens);
        self.push(SaidAgain { id, message, text, past });
        self.begin_turn();
    }
}

impl State {
    /// Whether a turn is under way, or a message of the person is queued.
    #[must_use]
    pub fn has_open_work(&self) -> bool {
        self.is_at_work()
            || self.can_continue()
            || self.pending.iter().any(|pending| matches!(pending, Pending::UserMessage { .. }))
    }

    /// Whether the next segment does not begin with the whole past.
    pub(super) fn leaves_past_behind(&self) -> bool {
        matches!(self.next_past, NextPast::Only(_))
    }

    /// The messages of the person that wait for a fresh start.
    pub(super) fn held_messages(&self) -> &[Pending] {
        match &self.next_past {
            NextPast::FreshAfterTurn(held) => held,
            NextPast::Whole | NextPast::Only(_) => &[],
        }
    }

    /// The past for the next segment, for a model with this context window.
    pub(super) fn past_of_next_segment(&self, context_tokens: u64) -> Option<String> {
        match &self.next_past {
            NextPast::Whole | NextPast::FreshAfterTurn(_) => self.rendered_past(context_tokens),
            NextPast::Only(past) => past.clone(),
        }
    }

    /// The whole past until now, for a message that continues from here.
    fn past_for_message_again(&self, context_tokens: u64) -> Option<String> {
        match &self.next_past {
            NextPast::Whole | NextPast::FreshAfterTurn(_) => self.rendered_past_with_open_request(context_tokens),
            NextPast::Only(past) => past.clone(),
        }
    }

    pub(super) fn fresh_requested(&mut self, body: &event::FreshRequested) {
        Arc::make_mut(&mut self.received_messages).insert(body.id.clone());
        self.next_past = NextPast::FreshAfterTurn(Vec::new());
    }

    pub(super) fn fresh_started(&mut self) {
        let held = self.held_messages().to_vec();
        self.leave_past_behind(None);
        if !held.is_empty() {
            self.pending.extend(held);
            self.new_message();
        }
    }

    pub(super) fn said_again(&mut self, body: &event::SaidAgain, at: Timestamp) {
        Arc::make_mut(&mut self.received_messages).insert(body.id.clone());
        self.leave_past_behind(body.past.clone());
        self.pending.push(Pending::UserMessage { seq: self.seq, text: body.text.clone(), at });
        self.new_message();
    }

    /// Forgets what belongs to the past. What the model has not read yet, such as reports, belongs to the next segment.
    fn leave_past_behind(&mut self, past: Option<String>) {
        self.next_past = NextPast::Only(past);
        let is_past =
            |pending: &Pending| matches!(pending, Pending::Continue(_) | Pending::AnswerWasEmpty | Pending::AnswerWasCut);
        self.remove_pending(is_past);
        self.unsent_results.clear();
        self.set_aside = Arc::default();
        self.too_long = 0;
    }
}

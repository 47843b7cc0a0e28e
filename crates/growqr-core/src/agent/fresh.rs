//! Leaving the past behind: a fresh start, and a message that is written anew.
//!
//! Both only choose the past of the next segment ([`NextPast`]). The journal, and what people read and search, stay whole.

use super::draft::Draft;
use super::state::State;
use super::turn::{NextPast, Pending};
use crate::attachment::Attachment;
use crate::clock::Timestamp;
use crate::event::{self, Entry, Event, FreshRequested, FreshStarted, SaidAgain};
use crate::id::{AgentId, MessageId, Seq};
use std::sync::Arc;

/// Finds the agent as it was when the model was about to read a message: then the model knew all that it was answered with, but for
/// the message.
pub struct BeforeMessage {
    state: State,
    message: Seq,
    is_read: bool,
}

impl BeforeMessage {
    /// Before the first event of the agent's journal. `message` is the event that recorded the message.
    #[must_use]
    pub fn new(agent: AgentId, message: Seq) -> BeforeMessage {
        BeforeMessage { state: State::new(agent), message, is_read: false }
    }

    /// Takes the next entry of the journal.
    pub fn apply(&mut self, entry: &Entry) {
        let is_request = matches!(&entry.event, Event::ModelRequested(body) if body.attempt == 1 && !body.holds_messages);
        self.is_read |= is_request && self.state.pending.iter().any(|pending| self.is_message(pending));
        if !self.is_read {
            self.state.apply(entry);
        }
    }

    /// The agent before the message; as it is now if the model has never read the message.
    #[must_use]
    pub fn finish(mut self) -> State {
        let pending = std::mem::take(&mut self.state.pending);
        // What is still unread is read after the new message.
        if self.is_read {
            self.state.pending = pending.into_iter().filter(|pending| !self.is_message(pending)).collect();
        }
        self.state
    }

    fn is_message(&self, pending: &Pending) -> bool {
        matches!(pending, Pending::UserMessage { seq, .. } if *seq == self.message)
    }
}

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
        if has_messages && !self.setup.has_runner {
            return;
        }
        self.push(FreshStarted {});
        if has_messages {
            self.begin_turn();
        }
    }

    /// Begins a turn with a message that replaces an earlier one, and with the past up to that one.
    pub(super) fn on_message_again(
        &mut self,
        id: MessageId,
        message: Seq,
        (text, attachments): (String, Vec<Attachment>),
        before: &State,
    ) {
        if self.state.depth() > 0 || self.state.has_open_work() || self.state.received_messages.contains(&id) {
            return;
        }
        let past = before.past_for_message_again(self.setup.card.context_tokens);
        // Nobody would know what their answers are about.
        self.withdraw_asks();
        self.push(SaidAgain { id, message, text, past, attachments });
        self.begin_turn();
    }
}

impl State {
    /// Whether a turn is under way, or a message of the person is queued.
    #[must_use]
    pub fn has_open_work(&self) -> bool {
        self.is_at_work() || self.can_continue() || self.has_message_of_person()
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
            NextPast::Whole | NextPast::FreshAfterTurn(_) => self.rendered_past_with_pending(context_tokens),
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
        Arc::make_mut(&mut self.named).add(&body.text);
        let (text, attachments) = (body.text.clone(), body.attachments.clone());
        self.note_attachments(&attachments);
        self.pending.push(Pending::UserMessage { seq: self.seq, text, at, attachments });
        self.new_message();
    }

    /// Forgets what belongs to the past. What the model has not read yet, such as reports, belongs to the next segment.
    fn leave_past_behind(&mut self, past: Option<String>) {
        self.next_past = NextPast::Only(past);
        let is_past = |pending: &Pending| {
            matches!(pending, Pending::Continue(_) | Pending::Attached(_) | Pending::AnswerWasEmpty | Pending::AnswerWasCut)
        };
        self.remove_pending(is_past);
        self.unsent_results.clear();
        self.set_aside = Arc::default();
        self.too_long = 0;
    }
}

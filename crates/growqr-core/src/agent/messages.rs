//! The person's messages: to the agent, or to one of its sub-agents; changed, or taken back, while they are queued.

use super::children;
use super::draft::Draft;
use super::state::State;
use super::turn::{Counters, EarlierMessage, NextPast, Pending};
use crate::attachment::Attachment;
use crate::budget::{MIN_ALLOWANCE, share};
use crate::clock::Timestamp;
use crate::event::{self, Ended, MessageEdited, MessageWithdrawn, UserSaid};
use crate::id::{AgentId, MessageId, Seq};
use crate::limits::Raise;
use crate::quota::Quota;
use std::sync::Arc;

impl Draft<'_> {
    pub(super) fn on_message(&mut self, id: MessageId, text: String, attachments: Vec<Attachment>) {
        if !self.state.received_messages.contains(&id) {
            let at_limit = self.state.was_asked_about_limit();
            self.push(UserSaid { id, text, at_limit, attachments });
            match self.state.next_past {
                NextPast::FreshAfterTurn(_) => self.end_paused_turn(),
                NextPast::Whole | NextPast::Only(_) => self.handle_pending(true),
            }
        }
    }

    /// Passes a message of the person on to a sub-agent. This agent does it because it has the person's budget.
    pub(super) fn on_message_to_sub_agent(&mut self, agent: AgentId, id: MessageId, text: &str) {
        if self.state.received_messages.contains(&id) {
            return;
        }
        let (mut budget, mut quota) = (self.state.budget.clone(), self.state.quota);
        if !self.state.has_work_under_way() {
            budget.new_message();
            quota.new_message();
        }
        let (available, limit) = budget.available(&self.setup.limits, self.now.at);
        // What an open call has reserved cannot be granted.
        let allowance = share(available.saturating_sub(self.state.reserved_for_call()), 1);
        let tree = self.setup.limits.tree();
        let left = quota.left(tree);
        let tokens = left.tokens.saturating_sub(self.state.tokens_reserved_for_call());
        let quota = Some(Quota { tokens, at_once: tree.at_once, ..left }.share(1));
        let allowance = if allowance < MIN_ALLOWANCE { Err(limit) } else { Ok(allowance) };
        children::send_message(self, agent, text, allowance, quota, Some(id));
    }

    /// Takes back a message of the person that the model has not read. A turn that waits at a limit, only to read it, ends.
    pub(super) fn on_withdraw_message(&mut self, message: Seq) {
        if !self.state.is_queued(message) {
            return;
        }
        let raised = self.state.raised_since(message);
        self.push(MessageWithdrawn { message, raised });
        if self.state.waits_to_begin && !self.state.has_news() {
            self.start_turn();
            return self.end_turn_after_children(Ended::Done);
        }
        let reads_nothing = !self.state.has_requested && !self.state.has_news();
        if !self.state.is_paused() || !reads_nothing {
            return;
        }
        self.withdraw_limit_ask();
        let waits = self.state.depth() > 0 && (self.state.children_at_work().next().is_some() || self.state.has_open_question());
        if !waits {
            self.end_now(Ended::Done);
        }
    }

    /// Changes a message of the person that the model has not read.
    pub(super) fn on_edit_message(&mut self, message: Seq, text: String) {
        if self.state.is_queued(message) {
            self.push(MessageEdited { message, text });
        }
    }
}

impl State {
    /// Whether this event recorded a message of the person that the model has not read.
    #[must_use]
    pub fn is_queued(&self, message: Seq) -> bool {
        let is_message = |pending: &Pending| matches!(pending, Pending::UserMessage { seq, .. } if *seq == message);
        self.pending.iter().chain(self.held_messages()).any(is_message)
    }

    /// Whether the model has not read a message of the person yet.
    pub(super) fn has_message_of_person(&self) -> bool {
        self.pending.iter().any(|pending| matches!(pending, Pending::UserMessage { .. }))
    }

    /// Whether the model has not read a message yet, of the person or of another agent.
    fn has_unread_message(&self) -> bool {
        self.pending.iter().any(Pending::is_message)
    }

    /// Whether the model has not read a message yet, or something else on which the person wants it to act.
    pub(super) fn has_unread_words(&self) -> bool {
        self.pending.iter().any(|pending| match pending {
            Pending::Answer { .. } | Pending::MergePages { .. } => true,
            Pending::Reviewed { decided, .. } => decided.objection().is_some(),
            pending => pending.is_message(),
        })
    }

    /// Whether a message of the person came during this turn, or the turn that has ended, and was not read.
    pub(super) fn has_queued_message(&self) -> bool {
        self.earlier_message.is_some() && self.has_message_of_person()
    }

    /// What the person has added at a limit since this message came, if it is the only one with a budget of its own.
    fn raised_since(&self, message: Seq) -> Raise {
        let queued = self.pending.iter().filter_map(|pending| match pending {
            Pending::UserMessage { seq, .. } => Some(*seq),
            _ => None,
        });
        let has_own_budget = self.earlier_message.as_ref().is_some_and(|earlier| !earlier.at_limit);
        if !has_own_budget || !queued.eq([message]) {
            return Raise::default();
        }
        Raise { money: self.budget.raised(), calls: self.counters.calls_raised, tree: self.quota.raised }
    }

    pub(super) fn user_said(&mut self, body: &event::UserSaid, at: Timestamp) {
        Arc::make_mut(&mut self.received_messages).insert(body.id.clone());
        Arc::make_mut(&mut self.named).add(&body.text);
        let (text, attachments) = (body.text.clone(), body.attachments.clone());
        self.note_attachments(&attachments);
        let message = Pending::UserMessage { seq: self.seq, text, at, attachments };
        if let NextPast::FreshAfterTurn(held) = &mut self.next_past {
            return held.push(message);
        }
        self.pending.push(message);
        self.message_since_cancel |= self.cancelling;
        if !body.at_limit {
            self.new_message();
        } else if self.earlier_message.is_none() {
            self.keep_earlier_message(true);
        }
    }

    /// Whether anything that counts for the person's latest message may go on: a turn, what waits for one, or a sub-agent's work.
    pub(super) fn has_work_under_way(&self) -> bool {
        self.has_open_work() || self.children.values().any(|child| child.is_at_work() && !child.is_scheduled())
    }

    /// The person has given it work other than by a message, with a budget of its own if no work was under way.
    pub(super) fn work_given(&mut self, counts_with_work: bool) {
        match (counts_with_work, self.is_at_work()) {
            (true, _) => {}
            // Only earlier builds have recorded this.
            (false, true) => self.counters = Counters::default(),
            (false, false) => self.new_message(),
        }
    }

    pub(super) fn new_message(&mut self) {
        if self.is_at_work() && self.earlier_message.as_ref().is_none_or(|earlier| earlier.at_limit) {
            self.keep_earlier_message(false);
        }
        self.counters = Counters::default();
        self.budget.new_message();
        self.quota.new_message();
    }

    fn keep_earlier_message(&mut self, at_limit: bool) {
        let (counters, budget, quota) = (self.counters, self.budget.clone(), self.quota);
        self.earlier_message = Some(Box::new(EarlierMessage { counters, budget, quota, at_limit }));
    }

    pub(super) fn message_withdrawn(&mut self, body: &event::MessageWithdrawn) {
        let MessageWithdrawn { message, raised } = *body;
        let is_withdrawn = |pending: &Pending| matches!(pending, Pending::UserMessage { seq, .. } if *seq == message);
        if let NextPast::FreshAfterTurn(held) = &mut self.next_past
            && held.iter().any(is_withdrawn)
        {
            return held.retain(|pending| !is_withdrawn(pending));
        }
        self.remove_pending(is_withdrawn);
        self.message_since_cancel &= self.has_unread_message();
        if !self.has_message_of_person()
            && let Some(earlier) = self.earlier_message.take()
            && !earlier.at_limit
        {
            let calls = self.counters.calls + earlier.counters.calls;
            let calls_raised = earlier.counters.calls_raised.saturating_add(raised.calls);
            self.counters = Counters { calls, calls_raised, ..earlier.counters };
            self.budget.resume_message(&earlier.budget, raised.money);
            self.quota.resume_message(earlier.quota, raised.tree);
        }
    }

    pub(super) fn message_edited(&mut self, message: Seq, new: &str) {
        Arc::make_mut(&mut self.named).add(new);
        let held = match &mut self.next_past {
            NextPast::FreshAfterTurn(held) => held.as_mut_slice(),
            NextPast::Whole | NextPast::Only(_) => &mut [],
        };
        for pending in self.pending.iter_mut().chain(held) {
            if let Pending::UserMessage { seq, text, .. } = pending
                && *seq == message
            {
                new.clone_into(text);
            }
        }
    }
}

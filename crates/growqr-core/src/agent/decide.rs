//! Decides which events an input leads to. [`decide`] does not change the state that it gets: it applies its events to a copy, so
//! that each decision sees the result of the earlier ones.

use super::bounds::Affordable;
use super::child::Child;
use super::children;
use super::draft::Draft;
use super::exchange::{Input, Setup};
use super::judge::{Judged, judge, untrusted_in};
use super::state::State;
use super::transcript::Transcript;
use super::turn::{Phase, Progress};
use crate::clock::{Moment, Zone};
use crate::event::{
    AgentCreated, CancelRequested, CommitIntended, Ended, Event, FinishRequested, JournalNamed, MailReceived, ModelAnswered,
    ModelRequested, Nudge, SegmentStarted, TurnStarted, Verdict,
};
use crate::id::{AgentId, EffectId, EffectSalt, JournalName, hex};
use crate::limits::LimitReached;
use crate::mail::{Mail, MailBody};
use crate::memory::CommitPlan;
use crate::model::{Reply, StopReason};
use crate::prompt::Role;
use crate::tool::{Performed, ToolResult};
use sha2::{Digest, Sha256};

/// The most attempts of one request; then the turn fails.
pub(super) const ATTEMPTS: u32 = 3;

/// How many times an answer that pauses while the service uses tools for the model is continued.
const MAX_PAUSES: usize = 5;

/// Fill level of the context window, in percent, above which a new segment starts with a shortened past.
const FULL_PERCENT: u64 = 80;

/// The events to record for this input, in order; empty if the input changes nothing.
#[must_use]
pub fn decide(state: &State, input: Input, setup: &Setup, now: Moment) -> Vec<Event> {
    let mut draft = Draft::new(state, setup, now);
    match input {
        Input::Created => draft.on_created(),
        Input::Said { id, text, attachments } => draft.on_message(id, text, attachments),
        // The earlier message may be set aside by now.
        Input::SayAgain { as_of, .. } if as_of != state.seq() => {}
        Input::SayAgain { id, message, text, attachments, before, .. } => {
            draft.on_message_again(id, message, (text, attachments), &before);
        }
        Input::StartFresh { id } => draft.on_start_fresh(id),
        Input::Tell { agent, id, text } => draft.on_message_to_sub_agent(agent, id, &text),
        Input::Mail(mail) => draft.on_mail(mail),
        Input::Answered { attempt, reply, prepared } => draft.on_answer(attempt, reply, prepared),
        Input::Failed { attempt, failure } => draft.on_failure(attempt, failure),
        Input::Intended { effect, plan } => draft.on_change_prepared(effect, plan),
        Input::Finished { effect, result } => draft.on_call_finished(&effect, result),
        Input::LookedUp { effect, found } => draft.on_call_looked_up(&effect, found),
        Input::SessionNews { effect, news } => draft.on_session_news(&effect, news),
        Input::SessionReplied { effect, request, was_gone } => draft.on_session_replied(&effect, &request, was_gone),
        Input::Reserve { charge, purpose, most } => draft.reserve(charge, purpose, most),
        Input::Settle { charge, cost, usage } => draft.settle(charge, cost, usage),
        Input::Quote => {}
        Input::Answer { ask, answer } => draft.on_person_answer(&ask, answer),
        Input::Continue => draft.on_continue(),
        Input::Due { work, asks } => draft.on_due(&work, asks),
        Input::StepDue { work, untrusted } => draft.on_step_due(&work, untrusted),
        Input::Deadline => draft.on_deadline(),
        Input::MemoryConflicts { open } => draft.on_memory_conflicts(open),
        Input::DecidedInGitea { ask, decided } => draft.on_decided_in_gitea(&ask, decided),
        Input::ReviewPrepared { ask, plan } => draft.on_review_prepared(ask, plan),
        Input::ReviewSettled { ask, settled } => draft.on_review_settled(ask, settled),
        Input::RulesChanged => draft.on_rules_changed(),
        Input::Cancel { tree } => draft.on_cancel(true, tree),
        Input::Finish { tree } => draft.on_finish(true, tree),
        Input::WithdrawMessage { message } => draft.on_withdraw_message(message),
        Input::EditMessage { message, text } => draft.on_edit_message(message, text),
        Input::Stopping => draft.on_stop(),
        Input::Woken { started, process } => draft.on_wake(started, process),
    }
    draft.start_fresh_after_turn();
    draft.finish()
}

impl Draft<'_> {
    fn on_created(&mut self) {
        if self.state.seq.0 == 0 {
            self.push(AgentCreated { birth: None, parent: None, mail: None });
            self.name_journal();
        }
    }

    /// Names the journal if it has no name yet: a new journal at its first event, a journal of version 1 when it is next loaded.
    pub(super) fn name_journal(&mut self) {
        if self.state.seq.0 > 0 && self.state.journal.is_none() {
            self.push(JournalNamed { name: JournalName::random(self.now.random) });
        }
    }

    fn on_mail(&mut self, mail: Mail) {
        // Spawn mail creates the agent; all other mail needs an agent that exists.
        let is_spawn = matches!(mail.body, MailBody::Spawn(_));
        let exists = self.state.seq.0 > 0;
        if self.state.has_received(&mail.id) || is_spawn == exists {
            return;
        }
        match &mail.body {
            MailBody::Spawn(request) => {
                self.push(AgentCreated { birth: Some(request.clone()), parent: Some(mail.from), mail: Some(mail.id) });
                self.name_journal();
                self.handle_pending(false);
            }
            MailBody::Say { .. } => {
                self.push(MailReceived::new(mail));
                self.handle_pending(true);
            }
            MailBody::Cancel => {
                self.push(MailReceived::new(mail));
                self.on_cancel(false, true);
            }
            MailBody::Finish => {
                self.push(MailReceived::new(mail));
                self.on_finish(false, true);
            }
            MailBody::AskRaised { .. } | MailBody::AskSettled { .. } => self.push(MailReceived::new(mail)),
            MailBody::ChangeDecided(decided) => {
                let (forwarded, counts_with_work) = (self.mail_above(decided), self.state.counts_with_work(decided));
                self.push(MailReceived { mail, forwarded, counts_with_work });
                self.on_continue();
            }
            MailBody::Report(_) => {
                let (wakes, from) = (self.report_wakes(&mail.from), mail.from.clone());
                self.push(MailReceived::new(mail));
                if self.state.is_at_work() {
                    self.handle_pending(false);
                } else if wakes {
                    let finishing = self.state.children.get(&from).is_some_and(|child| child.finishing);
                    self.start_turn();
                    // What was to finish is not started anew by its reports.
                    if finishing {
                        self.push(FinishRequested { by_person: false, mail: Vec::new() });
                    }
                    self.request(1);
                }
            }
        }
    }

    /// Whether a report from this sub-agent starts a turn of an idle agent.
    fn report_wakes(&self, from: &AgentId) -> bool {
        let unwanted = self.state.children.get(from).is_none_or(|child| child.cancelled || child.by_person);
        !unwanted && !matches!(self.state.last_ended, Some(Ended::Limit(_) | Ended::Cancelled))
    }

    /// Something new is pending: start a turn, end a wait, or leave it for the next request.
    pub(super) fn handle_pending(&mut self, is_message: bool) {
        match &self.state.phase {
            // The host says when.
            Phase::Idle if self.state.waits_to_begin && !self.setup.may_begin => {}
            Phase::Idle => self.begin_turn(),
            Phase::Waiting if let (Some(ended), false) = (&self.state.ending, is_message) => {
                if self.state.children_at_work().next().is_none() {
                    self.end_now(ended.clone());
                }
            }
            Phase::Waiting if self.state.is_paused() => self.retry_after_pause(is_message),
            Phase::Waiting if is_message || self.state.children_at_work().next().is_none() => self.request(1),
            Phase::Waiting => {}
            // A session is prompted with it once it has ended.
            Phase::Calling { .. } | Phase::Session(_) => {}
            Phase::Tools(_) => {
                for effect in children::waiting_calls(&self.state) {
                    if let Some(result) = children::wait_result(&self.state, &effect, is_message) {
                        self.finish_call(&effect, result);
                    }
                }
                self.after_calls();
            }
        }
    }

    pub(super) fn begin_turn(&mut self) {
        self.start_turn();
        self.request(1);
    }

    pub(super) fn start_turn(&mut self) {
        let setup = self.setup;
        let current = self.state.segment.as_ref();
        let changed = current.is_none_or(|current| current.hash != setup.segment || *current.tools != setup.tools[..]);
        let full = self.state.segment.as_ref().is_some_and(|current| {
            self.state.transcript.counted_tokens().saturating_mul(100) > current.card.context_tokens.saturating_mul(FULL_PERCENT)
        });
        let begins = changed
            || full
            || self.state.leaves_past_behind()
            || self.state.last_ended.as_ref().is_some_and(Ended::needs_new_segment);
        let begins = begins || self.state.has_broken_server_call();
        let begins = begins || self.state.has_refused_attachments() || self.state.needs_segment_for_attachments(&setup.card);
        if begins && !self.state.is_session() {
            self.begin_segment();
        }
        self.push(TurnStarted { turn: self.state.turn + 1, limits: setup.limits });
    }

    pub(super) fn begin_segment(&mut self) {
        let setup = self.setup;
        let picture = setup.surroundings.as_ref().and_then(|surroundings| surroundings.picture.clone());
        self.push(SegmentStarted {
            segment: setup.segment.clone(),
            provider: setup.provider.clone(),
            card: setup.card.clone(),
            bytes: setup.bytes,
            carried: self.state.past_of_next_segment(setup.card.context_tokens),
            picture: picture.filter(|picture| self.state.has_room_for(picture, setup.card.context_tokens)),
            tools: Some(setup.tools.clone()),
        });
    }

    /// Requests a model call, or prompts the session; at a limit, pauses or ends the turn.
    pub(super) fn request(&mut self, attempt: u32) {
        if self.state.is_session() {
            return self.prompt_session();
        }
        let max_output = self.state.limits.max_tokens;
        self.request_with(attempt, max_output);
    }

    /// The person's time zone; `None` if the model is not told the time.
    pub(super) fn zone(&self) -> Option<&Zone> {
        self.setup.surroundings.as_ref().map(|surroundings| &surroundings.zone)
    }

    /// Like [`Draft::request`], with an output limit of at most `max_output` tokens.
    pub(super) fn request_with(&mut self, attempt: u32, max_output: u64) {
        match self.affordable_request(attempt, max_output) {
            Ok((Affordable { max_tokens, reservation, tokens }, shortened)) => {
                let content = if attempt == 1 { self.state.next_user_content(shortened, self.zone()) } else { None };
                let mut after = self.state.transcript.clone();
                if let Some(content) = &content {
                    after.push(Role::User, content.clone());
                }
                let request_hash = self.state.request_hash_of(&after, max_tokens);
                let salt = Some(EffectSalt::random(self.now.random));
                let holds_messages = self.state.has_open_server_call() && attempt == 1;
                self.push(ModelRequested {
                    attempt,
                    request_hash,
                    max_tokens,
                    reservation,
                    tokens,
                    shortened,
                    holds_messages,
                    content,
                    salt,
                });
            }
            Err(limit) => self.at_limit(limit),
        }
    }

    /// What the next request may use, and whether long texts must be shortened for it.
    pub(super) fn affordable_request(&self, attempt: u32, max_output: u64) -> Result<(Affordable, bool), LimitReached> {
        // Try the full text first; shorten only if the budget is still too small.
        let full = self.affordable(attempt, max_output, false);
        let shortened = attempt == 1 && self.state.shortenable_pending.is_some() && full.is_err();
        let affordable = if shortened { self.affordable(attempt, max_output, true) } else { full };
        affordable.map(|affordable| (affordable, shortened))
    }

    fn on_answer(&mut self, attempt: u32, reply: Reply, prepared: Vec<(usize, Performed)>) {
        let Phase::Calling { attempt: open, max_tokens, reservation, .. } = self.state.phase else { return };
        if open != attempt {
            return;
        }
        let has_max_output = self.state.has_max_output_limit();
        let stop = reply.stop.clone();
        let nudged = self.state.counters.nudged;
        let judged = judge(&reply);
        let nudge = match judged {
            Judged::Empty if !nudged => Some(Nudge::Empty),
            Judged::Cut if !nudged && has_max_output && stop == StopReason::MaxTokens => Some(Nudge::Shorter),
            _ => None,
        };
        let verdict = if nudge.is_some() { Verdict::Void { nudge } } else { judged.verdict() };
        let unknown = if reply.cost.is_none() { reservation } else { None };
        let untrusted = untrusted_in(&reply);
        self.push(ModelAnswered { reply, verdict: Some(verdict), unknown, untrusted });
        match judged {
            Judged::Keep { calls, .. } if calls.is_empty() => self.after_answer_without_calls(stop),
            Judged::Keep { calls, .. } => {
                if let StopReason::Other(reason) = stop {
                    self.refuse_calls(&calls, "not carried out: the model stopped for an unknown reason");
                    self.end_turn(Ended::Unknown(reason));
                } else if self.state.finishing.is_some() {
                    self.refuse_while_finishing(&calls);
                } else {
                    self.start_calls(&calls, prepared);
                    self.after_calls();
                }
            }
            Judged::Empty if nudged || matches!(stop, StopReason::PauseTurn | StopReason::Other(_)) => {
                self.end_turn(Ended::Silent)
            }
            Judged::Empty => self.request(1),
            Judged::Refused(explanation) => self.end_turn(Ended::Refused(explanation)),
            // A retry with the same output limit would be cut again.
            Judged::Cut if stop == StopReason::MaxTokens && has_max_output && !nudged => self.request(1),
            Judged::Cut if stop == StopReason::MaxTokens && !has_max_output && attempt < ATTEMPTS => {
                self.request_with(attempt + 1, max_tokens.saturating_mul(2));
            }
            Judged::Cut => self.end_turn(Ended::Cut),
            Judged::Invalid if attempt < ATTEMPTS => self.request(attempt + 1),
            Judged::Invalid => self.end_turn(Ended::Unknown("an answer that cannot be used".to_owned())),
        }
    }

    /// Handles an answer without tool calls.
    fn after_answer_without_calls(&mut self, stop: StopReason) {
        match stop {
            StopReason::MaxTokens | StopReason::ContextFull => self.end_turn(Ended::Cut),
            StopReason::Other(reason) => self.end_turn(Ended::Unknown(reason)),
            _ if (stop == StopReason::PauseTurn || self.state.has_open_server_call())
                && self.state.answers_in_a_row() > MAX_PAUSES =>
            {
                self.end_turn(Ended::Unknown("it paused again and again".to_owned()));
            }
            _ if stop == StopReason::PauseTurn || self.state.has_open_server_call() => self.request(1),
            StopReason::PauseTurn
            | StopReason::EndTurn
            | StopReason::StopSequence
            | StopReason::ToolUse
            | StopReason::Refusal { .. } => {
                if self.state.waits_for_finishing_children() {
                    // Their reports come first.
                } else if self.state.has_news() {
                    self.request(1);
                } else if self.state.depth() == 0
                    || (self.state.children_at_work().next().is_none() && !self.state.has_open_question())
                {
                    self.end_turn(Ended::Done);
                }
            }
        }
    }

    /// Once every call has its result, sends the results to the model; if the turn is being cancelled, ends it instead.
    pub(super) fn after_calls(&mut self) {
        if self.calls_done() {
            if !self.state.cancelling {
                return self.request(1);
            }
            let goes_on = self.state.message_since_cancel;
            // A report would return the money that the message has brought.
            if goes_on && self.state.depth() > 0 {
                return self.request(1);
            }
            self.end_turn_after_children(Ended::Cancelled);
            if goes_on && !self.state.is_at_work() {
                self.begin_turn();
            }
        }
    }

    fn on_change_prepared(&mut self, effect: EffectId, plan: CommitPlan) {
        if self.state.call(&effect).is_some_and(|call| matches!(call.progress, Progress::Running | Progress::Committing(_))) {
            self.push(CommitIntended { effect, plan });
        }
    }

    fn on_call_finished(&mut self, effect: &EffectId, result: ToolResult) {
        if self.state.is_open(effect) {
            let held = if result.is_error { None } else { self.held_change(effect) };
            self.finish_by_executor(effect, result);
            if let Some(held) = held {
                self.ask_for_review(held);
            }
            self.after_calls();
        }
    }

    /// Stops the turn; with `tree`, also its sub-agents, but no scheduled runs. Otherwise a sub-agent ends once its own sub-agents have reported.
    fn on_cancel(&mut self, by_person: bool, tree: bool) {
        let children_to_stop = tree && self.state.children.values().any(Child::stops_with_parent);
        let is_working = (self.state.is_at_work() && self.state.ending.is_none()) || self.state.can_continue();
        if self.state.cancelling || (!is_working && !children_to_stop && self.state.asks_of_turn().next().is_none()) {
            // The agent stops already; its sub-agents were not told to.
            if children_to_stop {
                children::cancel_all(self);
            }
            return;
        }
        if self.state.waits_to_begin {
            // The turn begins and ends, so that its senders get a report.
            self.start_turn();
        }
        self.push(CancelRequested { by_person });
        self.withdraw_asks();
        if tree {
            children::cancel_all(self);
        }
        match self.state.phase {
            Phase::Idle => {}
            Phase::Waiting => self.end_turn_after_children(Ended::Cancelled),
            Phase::Calling { .. } => {
                self.interrupt_call("stopped before the answer was complete", self.counted_until_now());
                self.end_turn_after_children(Ended::Cancelled);
            }
            // The turn ends once the session has been stopped.
            Phase::Session(_) => {}
            Phase::Tools(_) => {
                self.stop_calls();
                self.after_calls();
            }
        }
    }
}

impl State {
    /// SHA-256 over all inputs of the provider's request bytes.
    #[must_use]
    pub fn request_hash(&self, max_tokens: u64) -> String {
        self.request_hash_of(&self.transcript, max_tokens)
    }

    fn request_hash_of(&self, transcript: &Transcript, max_tokens: u64) -> String {
        let mut hash = Sha256::new();
        if let Some(segment) = self.segment() {
            hash.update(segment.as_str());
        }
        hash.update(transcript.hash());
        hash.update(max_tokens.to_be_bytes());
        hex(&hash.finalize())
    }
}

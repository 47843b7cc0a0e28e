//! What happens next. [`decide`] never changes anything: it lives through its own events on a copy, so that each
//! decision sees what the ones before it led to.

use super::render::{Verdict, cut_report, verdict};
use super::{Input, LookedUp, Phase, Setup, State, ToolResult, children, tools};
use crate::budget::{LEAST_ALLOWANCE, share};
use crate::clock::Timestamp;
use crate::event::{
    AgentCreated, CancelRequested, CommitIntended, Ended, Entry, Event, LimitReached, MailReceived, ModelAnswered, ModelFailed,
    ModelRequested, SegmentStarted, TurnEnded, TurnEnding, TurnStarted, UserSaid,
};
use crate::id::{AgentId, EffectId, MessageId, hex};
use crate::mail::{Ending, Mail, MailBody, Report};
use crate::memory::CommitPlan;
use crate::model::{Failure, FailureKind, Reply, StopReason};
use sha2::{Digest, Sha256};

/// How often the same bytes are sent before a turn is given up.
const ATTEMPTS: u32 = 3;

/// The part of the context window, in percent, after which a new segment carries the past in short.
const FULL_PERCENT: u64 = 80;

/// What the input leads to: events to record, in order; none if the input changes nothing.
#[must_use]
pub fn decide(state: &State, input: Input, setup: &Setup, now: Timestamp) -> Vec<Event> {
    let mut draft = Draft { state: state.clone(), events: Vec::new(), setup, now };
    match input {
        Input::Created => draft.created(),
        Input::Said { id, text } => draft.said(id, text),
        Input::Tell { agent, id, text } => draft.tell(agent, id, &text),
        Input::Mail(mail) => draft.mail_arrived(mail),
        Input::Answered { attempt, reply, looked_up } => draft.answered(attempt, reply, &looked_up),
        Input::Failed { attempt, failure } => draft.failed(attempt, failure),
        Input::Intended { effect, plan } => draft.intended(effect, plan),
        Input::Finished { effect, result } => draft.finished(&effect, result),
        Input::Cancel => draft.cancel(true),
        Input::Stopping => draft.stopping(),
        Input::Woken => draft.woken(),
    }
    draft.events
}

/// Events being written, and the state that they lead to.
pub(super) struct Draft<'a> {
    pub(super) state: State,
    pub(super) now: Timestamp,
    events: Vec<Event>,
    setup: &'a Setup,
}

impl Draft<'_> {
    pub(super) fn push(&mut self, event: impl Into<Event>) {
        let entry = Entry { seq: self.state.seq.next(), at: self.now, event: event.into() };
        self.state.apply(&entry);
        self.events.push(entry.event);
    }

    fn created(&mut self) {
        if self.state.seq.0 == 0 {
            self.push(AgentCreated { birth: None, parent: None, mail: None });
        }
    }

    fn said(&mut self, id: MessageId, text: String) {
        if !self.state.heard.contains(&id) {
            self.push(UserSaid { id, text });
            self.go_on(true);
        }
    }

    /// The person speaks to a sub-agent; this agent, the holder of the person's budget, passes it on.
    fn tell(&mut self, agent: AgentId, id: MessageId, text: &str) {
        if self.state.heard.contains(&id) {
            return;
        }
        let mut purse = self.state.purse.clone();
        purse.new_message();
        let (available, limit) = purse.available(&self.setup.limits, self.now);
        // What an open call has reserved is not there to be given away.
        let reserved = self.state.reserved().unwrap_or_default();
        let allowance = share(available.less(reserved), 1);
        let allowance = if allowance < LEAST_ALLOWANCE { Err(limit) } else { Ok(allowance) };
        children::tell(self, agent, text, allowance, Some(id));
    }

    fn mail_arrived(&mut self, mail: Mail) {
        let is_spawn = matches!(mail.body, MailBody::Spawn(_));
        let is_born = self.state.seq.0 > 0;
        if self.state.has_taken(&mail.id) || is_spawn == is_born {
            return;
        }
        match &mail.body {
            MailBody::Spawn(birth) => {
                let birth = Some(birth.clone());
                self.push(AgentCreated { birth, parent: Some(mail.from), mail: Some(mail.id) });
                self.go_on(false);
            }
            MailBody::Say { .. } => {
                self.push(MailReceived { mail });
                self.go_on(true);
            }
            MailBody::Cancel => {
                self.push(MailReceived { mail });
                self.cancel(false);
            }
            MailBody::Report(_) => {
                let wakes = self.report_wakes(&mail.from);
                self.push(MailReceived { mail });
                if self.state.is_at_work() || wakes {
                    self.go_on(false);
                }
            }
        }
    }

    /// Whether a report from this sub-agent begins a turn of an idle agent.
    fn report_wakes(&self, from: &AgentId) -> bool {
        let unwanted = self.state.children.get(from).is_none_or(|child| child.cancelled || child.by_person);
        !unwanted && !matches!(self.state.last_ended, Some(Ended::Limit(_) | Ended::Cancelled))
    }

    /// Something new is pending: begin a turn, end a wait, or leave it for the next request.
    fn go_on(&mut self, words_came: bool) {
        match &self.state.phase {
            Phase::Idle => self.begin_turn(),
            Phase::Waiting if let (Some(ended), false) = (&self.state.ending, words_came) => {
                if self.state.children_at_work().next().is_none() {
                    self.end_now(ended.clone());
                }
            }
            Phase::Waiting if words_came || self.state.children_at_work().next().is_none() => self.request(1),
            Phase::Waiting => {}
            Phase::Calling { .. } => {}
            Phase::Tools(_) => {
                for effect in children::waiting_calls(&self.state) {
                    if let Some(result) = children::wait_result(&self.state, &effect, words_came) {
                        self.finish_call(&effect, result);
                    }
                }
                self.after_calls();
            }
        }
    }

    fn begin_turn(&mut self) {
        let setup = self.setup;
        let changed = self.state.segment() != Some(&setup.segment);
        let full = self
            .state
            .segment
            .as_ref()
            .is_some_and(|current| self.state.transcript.counted_tokens() * 100 > current.card.context_tokens * FULL_PERCENT);
        if changed || full || self.state.last_ended.as_ref().is_some_and(needs_new_segment) {
            self.begin_segment();
        }
        self.push(TurnStarted { turn: self.state.turn + 1, limits: setup.limits });
        self.request(1);
    }

    fn begin_segment(&mut self) {
        let setup = self.setup;
        self.push(SegmentStarted {
            segment: setup.segment.clone(),
            provider: setup.provider.clone(),
            card: setup.card.clone(),
            bytes: setup.bytes,
            carried: self.state.rendered_past(setup.card.context_tokens),
        });
    }

    /// Asks the model, or ends the turn at a limit.
    fn request(&mut self, attempt: u32) {
        let most = self.state.limits.max_tokens;
        self.request_with(attempt, most);
    }

    fn request_with(&mut self, attempt: u32, most: u64) {
        // What a budget has kept back once is tried whole first: the budget may be larger by now.
        let whole = self.affordable(attempt, most, false);
        let shortened = attempt == 1 && self.state.held_back.is_some() && whole.is_err();
        let affordable = if shortened { self.affordable(attempt, most, true) } else { whole };
        match affordable {
            Ok((max_tokens, reservation)) => {
                let mut after = self.state.clone();
                if attempt == 1
                    && let Some(content) = after.next_user_content(shortened)
                {
                    after.transcript.push(crate::prompt::Role::User, content);
                }
                let request_hash = after.request_hash(max_tokens);
                self.push(ModelRequested { attempt, request_hash, max_tokens, reservation, shortened });
            }
            Err(limit) => self.end_turn(Ended::Limit(limit)),
        }
    }

    fn answered(&mut self, attempt: u32, reply: Reply, looked_up: &[(usize, LookedUp)]) {
        let Phase::Calling { attempt: open, max_tokens, .. } = self.state.phase else { return };
        if open != attempt {
            return;
        }
        let most = self.state.has_most_room();
        let stop = reply.stop.clone();
        let nudged = self.state.count.nudged;
        let verdict = verdict(&reply);
        self.push(ModelAnswered { reply });
        match verdict {
            Verdict::Keep { calls, .. } if calls.is_empty() => self.after_words(stop),
            Verdict::Keep { calls, .. } => {
                if let StopReason::Other(reason) = stop {
                    self.refuse_calls(&calls, "not carried out: the model stopped for an unknown reason");
                    self.end_turn(Ended::Unknown(reason));
                } else {
                    self.start_calls(&calls, looked_up);
                    self.after_calls();
                }
            }
            Verdict::Silent if nudged || matches!(stop, StopReason::PauseTurn | StopReason::Other(_)) => {
                self.end_turn(Ended::Silent)
            }
            Verdict::Silent => self.request(1),
            Verdict::Refused(explanation) => self.end_turn(Ended::Refused(explanation)),
            // With as much room again, it would be cut again.
            Verdict::Cut if stop == StopReason::MaxTokens && most && !nudged => self.request(1),
            Verdict::Cut if stop == StopReason::MaxTokens && !most && attempt < ATTEMPTS => {
                self.request_with(attempt + 1, max_tokens.saturating_mul(2));
            }
            Verdict::Cut => self.end_turn(Ended::Cut),
            Verdict::Nonsense if attempt < ATTEMPTS => self.request(attempt + 1),
            Verdict::Nonsense => self.end_turn(Ended::Unknown("an answer that cannot be used".to_owned())),
        }
    }

    /// The model has spoken and wants no tool.
    fn after_words(&mut self, stop: StopReason) {
        match stop {
            StopReason::MaxTokens | StopReason::ContextFull => self.end_turn(Ended::Cut),
            StopReason::Other(reason) => self.end_turn(Ended::Unknown(reason)),
            StopReason::PauseTurn => self.request(1),
            StopReason::EndTurn | StopReason::StopSequence | StopReason::ToolUse | StopReason::Refusal { .. } => {
                if !self.state.pending.is_empty() {
                    self.request(1);
                } else if self.state.depth() == 0 || self.state.children_at_work().next().is_none() {
                    self.end_turn(Ended::Done);
                }
            }
        }
    }

    /// Once all calls have their results, the model gets them, unless somebody wants the turn to stop.
    fn after_calls(&mut self) {
        if self.calls_done() {
            if self.state.cancelling { self.end_turn(Ended::Cancelled) } else { self.request(1) }
        }
    }

    fn failed(&mut self, attempt: u32, failure: Failure) {
        let Phase::Calling { attempt: open, .. } = self.state.phase else { return };
        if open != attempt {
            return;
        }
        let again = failure.kind.is_retryable() && attempt < ATTEMPTS;
        let ended = Ended::Failed(failure.clone());
        // Where nobody said that the answer has ended, the provider may have gone on with it.
        let bound = if failure.kind == FailureKind::Aborted { self.bound_of_stopped_call() } else { None };
        self.push(ModelFailed { failure, bound });
        if again {
            self.request(attempt + 1);
        } else if needs_new_segment(&ended) && !self.state.count.carried {
            self.begin_segment();
            self.request(1);
        } else {
            self.end_turn(ended);
        }
    }

    fn intended(&mut self, effect: EffectId, plan: CommitPlan) {
        if self.state.is_open(&effect) {
            self.push(CommitIntended { effect, plan });
        }
    }

    fn finished(&mut self, effect: &EffectId, result: ToolResult) {
        if self.state.is_open(effect) {
            self.finish_call(effect, result);
            self.after_calls();
        }
    }

    fn cancel(&mut self, by_person: bool) {
        let children_to_stop = self.state.children.values().any(|child| child.is_at_work() && !child.cancelled);
        let is_working = self.state.is_at_work() && self.state.ending.is_none();
        if self.state.cancelling || (!is_working && !children_to_stop) {
            return;
        }
        self.push(CancelRequested { by_person });
        children::cancel_all(self);
        match self.state.phase {
            Phase::Idle => {}
            Phase::Waiting => self.end_turn(Ended::Cancelled),
            Phase::Calling { .. } => {
                let bound = self.bound_of_stopped_call();
                self.push(ModelFailed { failure: interrupted("stopped before the answer was complete"), bound });
                self.end_turn(Ended::Cancelled);
            }
            Phase::Tools(_) => {
                for effect in self.calls_to_stop() {
                    self.finish_call(&effect, ToolResult::error("stopped by the person before it was carried out"));
                }
                self.after_calls();
            }
        }
    }

    /// The open model call ends here, and counts what it can have cost so far; it is made again at the next start.
    fn stopping(&mut self) {
        if let Phase::Calling { .. } = self.state.phase {
            let bound = self.bound_of_stopped_call();
            self.push(ModelFailed { failure: interrupted("GrowQR stopped before the answer was complete"), bound });
        }
    }

    /// After a stop of the program: the open model call may have been billed, and is made again. Tool calls stay open;
    /// each is one that may be repeated or looked up.
    fn woken(&mut self) {
        match (&self.state.phase, self.state.broken_off) {
            (Phase::Calling { attempt, max_tokens, .. }, _) => {
                let (attempt, max_tokens) = (*attempt, *max_tokens);
                self.push(ModelFailed { failure: interrupted("GrowQR stopped before the answer was complete"), bound: None });
                self.request_with(attempt + 1, max_tokens);
            }
            (Phase::Waiting, Some(attempt)) => self.request(attempt + 1),
            _ => {}
        }
    }

    pub(super) fn end_turn(&mut self, ended: Ended) {
        if self.state.depth() > 0 && ended != Ended::Done {
            children::cancel_all(self);
            if self.state.children_at_work().next().is_some() {
                return self.push(TurnEnding { ended });
            }
        }
        self.end_now(ended);
    }

    fn end_now(&mut self, ended: Ended) {
        let (spent, mut left) = self.state.purse.settle();
        let (ending, text) = self.last_report(&ended);
        let mut reports = Vec::with_capacity(self.state.sponsors.len());
        // What was given first was spent first.
        for sponsor in self.state.sponsors.iter().rev() {
            let returned = left.min(sponsor.given);
            left = left.less(returned);
            let name = self.state.name().to_owned();
            let report = Report { name, ending, text: text.clone(), spent, returned, up_to: sponsor.up_to };
            reports.push(self.mail(sponsor.agent.clone(), MailBody::Report(report)));
        }
        let is_budget = matches!(&ended, Ended::Limit(limit) if *limit != LimitReached::Calls);
        let shortfall = if is_budget { self.shortfall() } else { None };
        self.push(TurnEnded { turn: self.state.turn, ended, reports, shortfall });
    }

    fn last_report(&self, ended: &Ended) -> (Ending, String) {
        let words = &self.state.last_words;
        let with_words = |why: String| if words.is_empty() { why } else { format!("{why}\nLast words: {words}") };
        let (ending, text) = match ended {
            Ended::Done if words.is_empty() => (Ending::Done, "(It ended without words.)".to_owned()),
            Ended::Done => (Ending::Done, words.clone()),
            Ended::Cancelled => (Ending::Cancelled, with_words("It was stopped.".to_owned())),
            Ended::Limit(limit) => (Ending::Limit, with_words(format!("It reached a limit: {}.", tools::limit_words(*limit)))),
            Ended::Cut => (Ending::Failed, with_words("Its answer was cut.".to_owned())),
            Ended::Silent => (Ending::Failed, with_words("It said nothing.".to_owned())),
            Ended::Refused(why) => (Ending::Failed, with_words(format!("The model refused. {why}").trim_end().to_owned())),
            Ended::Failed(failure) => (Ending::Failed, with_words(format!("The model could not be asked: {}", failure.message))),
            Ended::Unknown(reason) => (Ending::Failed, with_words(format!("The model stopped: {reason}."))),
        };
        (ending, cut_report(&text))
    }
}

impl State {
    /// SHA-256 over what the provider's bytes are made of.
    #[must_use]
    pub fn request_hash(&self, max_tokens: u64) -> String {
        let mut hash = Sha256::new();
        if let Some(segment) = self.segment() {
            hash.update(segment.as_str());
        }
        hash.update(self.transcript.hash());
        hash.update(max_tokens.to_be_bytes());
        hex(&hash.finalize())
    }
}

fn interrupted(message: &str) -> Failure {
    Failure { kind: FailureKind::Interrupted, message: message.to_owned(), request_id: None }
}

/// Whether the same conversation cannot be sent again, so that the past must be carried along in short.
fn needs_new_segment(ended: &Ended) -> bool {
    let Ended::Failed(Failure { kind, .. }) = ended else { return false };
    matches!(kind, FailureKind::PromptTooLong | FailureKind::TooLarge | FailureKind::PastRefused)
}

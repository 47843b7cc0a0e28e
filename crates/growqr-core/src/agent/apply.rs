//! Applies recorded events to the state. No decision is made here: an event always has the same effect on the state, independent
//! of the rules of this build and of the person's settings.

use super::child::Sender;
use super::render;
use super::state::{CurrentSegment, State};
use super::transcript::Transcript;
use super::turn::{Call, Counters, NextPast, Pause, Pending, Phase, Progress, Repeated};
use super::version_1;
use crate::clock::Timestamp;
use crate::event::{self, Counted, Ended, Entry, Event, Nudge, Verdict};
use crate::id::{AgentId, EffectId};
use crate::limits::LimitReached;
use crate::mail::MailBody;
use crate::model::FailureKind;
use crate::prompt::{Role, text_of};
use crate::quota::Quota;
use crate::tool::ToolResult;
use std::sync::Arc;

impl State {
    /// Applies one entry. Entries must come in order, without a gap.
    ///
    /// # Panics
    /// In debug builds, if `entry` is not the next one.
    pub fn apply(&mut self, entry: &Entry) {
        debug_assert_eq!(entry.seq, self.seq.next(), "entries come in order");
        self.seq = entry.seq;
        self.updated_at = entry.at;
        let at = entry.at;
        match &entry.event {
            Event::AgentCreated(body) => self.created(body, at),
            Event::JournalNamed(body) => self.journal = Some(body.name.clone()),
            Event::UserSaid(body) => self.user_said(body, at),
            Event::SaidAgain(body) => self.said_again(body, at),
            Event::FreshRequested(body) => self.fresh_requested(body),
            Event::FreshStarted(_) => self.fresh_started(),
            Event::MailReceived(body) => self.mail_received(body, at),
            Event::SegmentStarted(body) => self.segment_started(body),
            Event::TurnStarted(body) => self.turn_started(body),
            Event::ModelRequested(body) => self.model_requested(body, at),
            Event::ModelAnswered(body) => self.model_answered(body, at),
            Event::ModelFailed(body) => self.model_failed(body, at),
            Event::ToolStarted(body) => self.tool_started(body, at),
            Event::ToolInterrupted(body) => self.set_progress(&body.effect, Progress::Interrupted),
            Event::ToolResumed(body) => self.set_progress(&body.effect, Progress::Running),
            Event::CommitIntended(body) => self.set_progress(&body.effect, Progress::Committing(body.plan.clone())),
            Event::ToolFinished(body) => self.tool_finished(body),
            Event::ChildRequested(body) => self.child_requested(&body.mail, at),
            Event::ScheduledWorkStarted(body) => self.scheduled_work_started(body, at),
            Event::ChildTold(body) => self.child_told(body, at),
            Event::ChildCancelled(body) => self.child_cancelled(&body.mail.to),
            Event::CancelRequested(_) => {
                self.cancelling = self.is_at_work();
                self.must_continue = false;
            }
            Event::ChargeReserved(body) => self.charge_reserved(body, at),
            Event::ChargeSettled(body) => self.charge_settled(body, at),
            Event::ChargeRefused(body) => self.charge_refused(body),
            Event::SessionIntended(body) => self.session_intended(body),
            Event::SessionStarted(body) => self.session_started(body, at),
            Event::SessionProgressed(body) => self.session_progressed(body),
            Event::SessionDecided(body) => self.session_decided(body),
            Event::SessionReplied(body) => self.session_replied(body),
            Event::SessionEnded(body) => self.session_ended(body, at),
            Event::AskRaised(body) => self.ask_raised(body),
            Event::AskSettled(body) => self.ask_settled(body),
            Event::FinishRequested(body) => self.finish_requested(body),
            Event::ReviewIntended(body) => self.review_intended(body),
            Event::ReviewClosed(body) => self.review_closed(body),
            Event::TurnPaused(body) => self.turn_paused(body.limit),
            Event::MessageWithdrawn(body) => self.message_withdrawn(body),
            Event::MessageEdited(body) => self.message_edited(body.message, &body.text),
            Event::TurnEnding(body) => self.turn_ending(body),
            Event::TurnEnded(body) => self.turn_ended(body),
        }
    }

    fn created(&mut self, body: &event::AgentCreated, at: Timestamp) {
        self.created_at = at;
        self.spawn = body.birth.clone();
        self.parent = body.parent.clone();
        if let Some(mail) = &body.mail {
            Arc::make_mut(&mut self.received_mail).insert(mail.clone());
        }
        if let Some(request) = &body.birth {
            self.untrusted_pending.extend(request.untrusted.iter().cloned());
            self.budget.receive(request.allowance);
            if let Some(quota) = request.quota {
                self.quota.receive(quota);
            }
            let from = body.parent.clone().unwrap_or_else(AgentId::grow);
            let quota = request.quota.unwrap_or_default();
            let by_person = request.schedule.is_some();
            self.senders.push(Sender { agent: from.clone(), allowance: request.allowance, quota, by_person, up_to: 1 });
            self.pending.push(Pending::Task { from, text: request.task.clone(), at });
            self.waits_to_begin = true;
        }
    }

    fn mail_received(&mut self, body: &event::MailReceived, at: Timestamp) {
        let mail = &body.mail;
        Arc::make_mut(&mut self.received_mail).insert(mail.id.clone());
        self.untrusted.extend(mail.body.untrusted().iter().cloned());
        self.untrusted_pending.extend(mail.body.untrusted().iter().cloned());
        let from = mail.from.clone();
        match &mail.body {
            MailBody::Spawn(_) | MailBody::Cancel | MailBody::Finish => {}
            MailBody::AskRaised { ask, text, .. } => {
                if let Some(child) = self.children.get_mut(&from) {
                    child.asks.insert(ask.clone(), text.clone());
                    self.pending.push(Pending::SubAgentAsks { from, ask: ask.clone(), text: text.clone() });
                }
            }
            MailBody::AskSettled { ask } => {
                if let Some(child) = self.children.get_mut(&from) {
                    child.asks.remove(ask);
                }
                self.remove_pending(|pending| matches!(pending, Pending::SubAgentAsks { ask: of, .. } if of == ask));
            }
            MailBody::ChangeDecided(decided) => self.change_decided(Some(from), (**decided).clone(), body.counts_with_work),
            MailBody::Say { text, allowance, limit, number, by_person, quota, .. } => {
                if *by_person {
                    Arc::make_mut(&mut self.named).add(text);
                    self.budget.end_raise(self.senders.iter().map(|sender| sender.allowance).sum());
                    self.quota.raised = Quota::default();
                    self.counters.calls_raised = 0;
                }
                self.budget.receive(*allowance);
                if let Some(quota) = quota {
                    self.quota.receive(*quota);
                }
                let quota = quota.unwrap_or_default();
                let by_person = *by_person;
                self.add_sender(Sender { agent: from.clone(), allowance: *allowance, quota, by_person, up_to: *number });
                self.limit_of_last_message = *limit;
                if !self.is_at_work() || self.ending.is_some() {
                    self.counters = Counters::default();
                }
                self.message_since_cancel |= self.cancelling;
                self.waits_to_begin = !self.is_at_work();
                let text = text.clone();
                let seq = self.seq;
                self.pending.push(match by_person {
                    true => Pending::UserMessage { seq, text, at, attachments: Vec::new() },
                    false => Pending::AgentMessage { from, text, at },
                });
            }
            MailBody::Report(report) => {
                if let Some(child) = self.children.get_mut(&from) {
                    let (granted_at, message) = (child.granted_at, child.message);
                    child.reported(report.up_to);
                    self.budget.pass_on_raise(report.raised, at, message);
                    self.budget.refund(report.returned, granted_at, message);
                    self.budget.pass_on_excess(report.excess, at, message);
                    if let (Some(quota), true) = (report.quota, self.budget.message_number() == message) {
                        self.quota.refund(quota);
                    }
                }
                self.forget_earlier_run(&from, report);
                self.pending.push(Pending::Report { from, report: report.clone() });
            }
        }
    }

    fn segment_started(&mut self, body: &event::SegmentStarted) {
        let tools = body.tools.clone().unwrap_or_else(version_1::catalogue).into();
        let opening = [&body.carried, &body.picture];
        let has_opening = opening.iter().any(|text| text.is_some());
        let attachments = self.attachments_to_carry(&body.card);
        if self.is_at_work() {
            let text = self.take_open_request();
            self.counters.past_was_carried = true;
            self.pending.push(Pending::Continue(text));
        }
        self.carry_attachments(attachments);
        if self.leaves_past_behind() {
            self.next_past = NextPast::Whole;
        }
        // Between turns, it begins for the next one.
        let turn = self.turn + u64::from(!self.is_at_work());
        let (hash, card) = (body.segment.clone(), body.card.clone());
        self.segment = Some(CurrentSegment { hash, card, bytes: body.bytes, tools, has_opening, turn });
        self.transcript = Transcript::default();
        self.unsent_results.clear();
        if has_opening {
            self.transcript.push(Role::User, render::text_content(opening.into_iter().flatten()));
        }
    }

    fn turn_started(&mut self, body: &event::TurnStarted) {
        self.turn = body.turn;
        self.waits_to_begin = false;
        self.settled = Arc::default();
        self.limits = body.limits;
        self.ordinal = 0;
        self.cancelling = false;
        // What the person says now is not based on what was read before.
        if self.has_message_of_person() {
            self.untrusted.clear();
            self.children.values_mut().for_each(|child| child.finishing = false);
        }
        self.untrusted.extend(self.untrusted_pending.iter().chain(&self.untrusted_sent).cloned());
        self.has_requested = false;
        // The work with which the messages would have counted has ended.
        if self.earlier_message.take().is_some_and(|earlier| earlier.at_limit) {
            self.new_message();
        }
        self.repeated = Repeated::default();
        self.must_continue = false;
        self.last_text.clear();
        self.session_turn_started();
        if let Phase::Idle = self.phase {
            self.phase = Phase::Waiting;
        }
    }

    fn model_requested(&mut self, body: &event::ModelRequested, at: Timestamp) {
        if body.attempt == 1 {
            self.last_failure = None;
            if self.has_message_after_finish() {
                self.stop_finishing();
                self.children.values_mut().for_each(|child| child.finishing = false);
            }
            let content = match (&body.content, &body.salt) {
                (None, None) => version_1::user_content(self, body.shortened),
                (content, _) => content.clone(),
            };
            if let Some(content) = content {
                self.transcript.push(Role::User, content);
            }
            self.must_continue = false;
            self.unsent_results.clear();
            if body.holds_messages {
                self.untrusted_sent.extend(self.untrusted_pending.iter().cloned());
            } else {
                self.pending.clear();
                self.untrusted_sent.append(&mut self.untrusted_pending);
                self.earlier_message = None;
                self.shortenable_pending = None;
            }
        }
        self.salt = body.salt.clone();
        self.counters.calls += 1;
        if body.tokens.is_some() {
            self.quota.record_use(Quota { calls: 1, ..Quota::default() });
        }
        self.interrupted_attempt = None;
        self.has_requested = true;
        self.cancelling = false;
        self.message_since_cancel = false;
        self.ending = None;
        self.paused = None;
        self.phase = Phase::Calling {
            attempt: body.attempt,
            request_hash: body.request_hash.clone(),
            max_tokens: body.max_tokens,
            reservation: body.reservation,
            tokens: body.tokens,
            since: at,
        };
    }

    fn model_answered(&mut self, body: &event::ModelAnswered, at: Timestamp) {
        let reply = &body.reply;
        self.untrusted_sent.clear();
        self.untrusted.extend(body.untrusted.iter().cloned());
        self.too_long = 0;
        match (reply.cost, &self.phase) {
            (Some(cost), _) => self.budget.charge(cost, at),
            (None, Phase::Calling { reservation: Some(bound), .. }) => {
                let bound = *bound;
                self.budget.charge_unknown(bound, at);
            }
            (None, _) => {}
        }
        let prompt = reply.usage.prompt_tokens();
        if let Phase::Calling { tokens: Some(reserved), .. } = self.phase {
            let counted = prompt.saturating_add(reply.usage.output_tokens);
            self.use_tokens(if counted > 0 { counted } else { reserved });
        }
        let verdict = body.verdict.clone().unwrap_or_else(|| version_1::verdict(self, reply));
        self.phase = Phase::Waiting;
        match verdict {
            Verdict::Kept { left_out, calls } => {
                let content = render::without_blocks(&reply.content, &left_out);
                let text = text_of(&reply.content);
                if !text.is_empty() {
                    self.last_text = text;
                }
                if calls > 0 {
                    self.phase = Phase::Tools(Vec::new());
                    self.finishing = self.finishing.map(|refused| refused + 1);
                }
                self.transcript.push(Role::Assistant, content);
                self.transcript.set_counted(prompt.saturating_add(reply.usage.output_tokens));
            }
            Verdict::Void { nudge } => {
                self.transcript.set_counted(prompt);
                self.counters.nudged |= nudge.is_some();
                self.pending.extend(nudge.map(|nudge| match nudge {
                    Nudge::Empty => Pending::AnswerWasEmpty,
                    Nudge::Shorter => Pending::AnswerWasCut,
                }));
            }
        }
    }

    fn model_failed(&mut self, body: &event::ModelFailed, at: Timestamp) {
        if let (FailureKind::Interrupted, Phase::Calling { attempt, .. }) = (body.failure.kind, &self.phase) {
            self.interrupted_attempt = Some(*attempt);
        }
        if matches!(body.failure.kind, FailureKind::PromptTooLong | FailureKind::TooLarge) {
            self.too_long = self.too_long.saturating_add(1);
        }
        if body.failure.kind != FailureKind::Interrupted {
            self.last_failure = Some((body.failure.kind, body.failure.message.clone()));
        }
        let counted = body.counted.unwrap_or_else(|| version_1::counted(body));
        if let Phase::Calling { reservation: Some(reservation), .. } = self.phase {
            match counted {
                Counted::Nothing => {}
                Counted::Reservation => self.budget.charge_unknown(reservation, at),
                Counted::AtMost(bound) => self.budget.charge_unknown(bound, at),
            }
        }
        if let (Phase::Calling { tokens: Some(reserved), .. }, true) = (&self.phase, counted != Counted::Nothing) {
            self.use_tokens(*reserved);
        }
        self.phase = Phase::Waiting;
    }

    fn use_tokens(&mut self, tokens: u64) {
        self.quota.record_use(Quota { tokens, ..Quota::default() });
    }

    fn tool_started(&mut self, body: &event::ToolStarted, at: Timestamp) {
        self.ordinal += 1;
        self.repeated.add(&body.name, &body.input);
        let (executor, repeat, waits_for) = match (&body.executor, body.repeat) {
            (Some(executor), Some(repeat)) => (executor.clone(), repeat, body.waits_for.clone()),
            _ => {
                let entry = version_1::entry(&body.name);
                (entry.executor, entry.repeat, version_1::waits_for(self, body))
            }
        };
        if let Phase::Tools(calls) = &mut self.phase {
            calls.push(Call {
                id: body.call.clone(),
                name: body.name.clone(),
                input: body.input.clone(),
                effect: body.effect.clone(),
                executor,
                repeat,
                at,
                held: body.held.clone(),
                definition: body.definition.clone(),
                progress: match (&body.ask, waits_for) {
                    (Some(ask), _) => Progress::AwaitingPermission(ask.clone()),
                    (None, Some(ids)) => Progress::Waiting(ids),
                    (None, None) => Progress::Running,
                },
            });
        }
    }

    pub(super) fn set_progress(&mut self, effect: &EffectId, progress: Progress) {
        if let Phase::Tools(calls) = &mut self.phase
            && let Some(call) = calls.iter_mut().find(|call| call.effect == *effect)
        {
            call.progress = progress;
        }
    }

    fn tool_finished(&mut self, body: &event::ToolFinished) {
        if let Some(ids) = self.call(&body.effect).and_then(|call| match &call.progress {
            Progress::Waiting(ids) => Some(ids.clone()),
            _ => None,
        }) && !body.is_error
        {
            self.remove_pending(|pending| matches!(pending, Pending::Report { from, .. } if ids.contains(from)));
        }
        self.untrusted.extend(body.source.clone());
        self.untrusted_pending.extend(body.source.clone());
        let result = ToolResult { content: body.content.clone(), is_error: body.is_error };
        self.set_progress(&body.effect, Progress::Done(result));
    }

    pub(super) fn call(&self, effect: &EffectId) -> Option<&Call> {
        let Phase::Tools(calls) = &self.phase else { return None };
        calls.iter().find(|call| call.effect == *effect)
    }

    fn turn_ending(&mut self, body: &event::TurnEnding) {
        self.leave_calls(Phase::Waiting);
        self.paused = None;
        self.ending = Some(body.ended.clone());
    }

    /// Leaves the `Tools` phase. The finished calls become `unsent_results`: the next request to the model carries their results.
    fn leave_calls(&mut self, next: Phase) {
        if let Phase::Tools(calls) = std::mem::replace(&mut self.phase, next) {
            self.unsent_results = calls;
        }
        self.cancelling = false;
        self.must_continue = false;
        self.message_since_cancel = false;
        self.interrupted_attempt = None;
    }

    fn turn_ended(&mut self, body: &event::TurnEnded) {
        self.leave_calls(Phase::Idle);
        self.ending = None;
        let was_paused = self.paused.take().is_some();
        self.stop_finishing();
        if let (Ended::Limit(limit), false) = (&body.ended, was_paused) {
            self.allow_shortening(*limit);
        }
        self.last_ended = Some(body.ended.clone());
        self.senders.clear();
        self.limit_of_last_message = None;
        if !body.reports.is_empty() {
            self.budget.after_report();
            self.quota.after_report();
        }
    }

    /// After a limit, the next request may shorten what is pending now. If the limit was a number of calls, no request was too
    /// large, so nothing needs to be shortened.
    fn allow_shortening(&mut self, limit: LimitReached) {
        if !matches!(limit, LimitReached::Calls | LimitReached::TreeCalls) {
            self.shortenable_pending = Some(self.pending.len());
        }
    }

    fn turn_paused(&mut self, limit: LimitReached) {
        if let Phase::Tools(calls) = std::mem::replace(&mut self.phase, Phase::Waiting) {
            self.unsent_results = calls;
        }
        self.interrupted_attempt = None;
        self.must_continue = false;
        self.allow_shortening(limit);
        self.ending = None;
        self.cancelling = false;
        self.message_since_cancel = false;
        self.paused = Some(Pause { limit, ask: None, answer: None });
    }

    fn finish_requested(&mut self, body: &event::FinishRequested) {
        if self.is_at_work() {
            self.start_finishing();
        }
        for mail in &body.mail {
            if let Some(child) = self.children.get_mut(&mail.to) {
                child.finishing = true;
            }
        }
        self.must_continue |= self.phase == Phase::Waiting && self.finishing.is_some() && !self.waits_for_finishing_children();
    }

    /// Removes the pending items for which `is_removed` holds.
    pub(super) fn remove_pending(&mut self, is_removed: impl Fn(&Pending) -> bool) {
        if let Some(count) = &mut self.shortenable_pending {
            *count -= self.pending.iter().take(*count).filter(|pending| is_removed(pending)).count();
        }
        self.pending.retain(|pending| !is_removed(pending));
    }
}

//! Decides for an agent whose mind is a session of the workbench: when it is prompted, what happens to its requests, and how its
//! turn goes on when the session ends.
//!
//! A prompt takes all that is pending, as a request to a model does. What arrives while the session works stays pending and is
//! the next prompt of the same session. Model calls of the session are charges.

use super::bounded_text::{one_line, with_note};
use super::draft::Draft;
use super::open_session::Refusal;
use super::session_state::{MAX_FILES, MAX_STEPS};
use super::state::State;
use crate::budget::MIN_ALLOWANCE;
use crate::event::{Ended, SessionEnded, SessionIntended, SessionProgressed, SessionStarted};
use crate::id::{EffectId, EffectSalt, EffectScope, prompt_id};
use crate::limits::{LimitReached, Shortfall};
use crate::model::{Failure, FailureKind};
use crate::money::Money;
use crate::workbench::{ChangedFile, Mind, SOURCE, SessionEnd, SessionNews, SessionOutcome};

/// The most bytes of the texts that one event of a session records.
const MAX_WORDS: usize = 200_000;
const MAX_STEP: usize = 300;
const MAX_REASON: usize = 2_000;
const MAX_PATH: usize = 1_000;

/// The most steps of one event, and the most things that may have happened.
const STEPS_AT_ONCE: usize = 20;
const MAX_IN_DOUBT: usize = 20;

const RESUMED: &str =
    "(The workbench stopped while you worked, and nothing was under way. Look at what is there, then continue.)";
const GO_ON: &str = "(Continue where you stopped.)";

impl Draft<'_> {
    /// Sends the session what is pending; at a limit, pauses or ends the turn.
    pub(super) fn prompt_session(&mut self) {
        self.prompt_session_with(false);
    }

    fn prompt_session_with(&mut self, resumes: bool) {
        if self.state.finishing.is_some() && !self.state.has_message_after_finish() {
            return self.end_turn(Ended::Done);
        }
        if let Err(limit) = self.affordable_session() {
            return self.at_limit(limit);
        }
        let mut texts: Vec<String> = if resumes { vec![RESUMED.to_owned()] } else { Vec::new() };
        texts.extend(self.state.pending_text(None, None, &self.state.announced(None)));
        if texts.is_empty() {
            texts.push(GO_ON.to_owned());
        }
        let salt = EffectSalt::random(self.now.random);
        let effect = EffectScope { salt: Some(&salt), ..self.state.scope(self.state.id.as_str()) }.effect(self.state.ordinal);
        self.push(SessionIntended {
            title: self.state.id.as_str().to_owned(),
            message: prompt_id(&effect),
            effect,
            prompt: texts.join("\n\n").into(),
            salt,
            resumes,
        });
    }

    /// Whether there is money for another prompt. Each model call of the session is reserved on its own.
    pub(super) fn affordable_session(&self) -> Result<(), LimitReached> {
        let state = &self.state;
        let (available, limit) = state.budget.available(&state.limits, self.now.at);
        let limit = state.limit_of_last_message.unwrap_or(limit);
        if available < self.needed_for_session() {
            return Err(limit);
        }
        let left = state.quota.left(state.limits.tree());
        match state.session.refused {
            Some(Refusal { limit: LimitReached::TreeCalls, .. }) if left.calls == 0 => Err(LimitReached::TreeCalls),
            Some(Refusal { limit: LimitReached::TreeTokens, tokens, .. }) if left.tokens < tokens.unwrap_or(1) => {
                Err(LimitReached::TreeTokens)
            }
            _ => Ok(()),
        }
    }

    fn needed_for_session(&self) -> Money {
        let refused = self.state.session.refused.and_then(|refused| refused.needed);
        refused.unwrap_or_default().max(MIN_ALLOWANCE)
    }

    /// The money that the session needs and does not have.
    pub(super) fn session_shortfall(&self) -> Option<Shortfall> {
        let (available, _) = self.state.budget.available(&self.state.limits, self.now.at);
        let needed = self.needed_for_session();
        (needed > available).then_some(Shortfall { needed, available })
    }

    /// Records news of the session; news of another prompt changes nothing.
    pub(super) fn on_session_news(&mut self, effect: &EffectId, news: SessionNews) {
        let Some(open) = self.state.open_prompt().filter(|open| open.effect == *effect) else { return };
        let steps = open.steps;
        let effect = effect.clone();
        match news {
            SessionNews::Started { session } if self.state.session() != Some(&session) => {
                // The requests of a session that is gone are gone with it.
                self.withdraw_session_asks();
                self.push(SessionStarted { effect, session });
            }
            SessionNews::Started { .. } => {}
            SessionNews::Asked(_) if self.state.stops_session() => {}
            SessionNews::Asked(requests) => requests.into_iter().for_each(|request| self.on_request(&effect, request)),
            SessionNews::Withdrawn(request) => self.on_request_gone(effect, request),
            SessionNews::Progressed { steps: texts } => {
                let room = usize::try_from(MAX_STEPS.saturating_sub(steps)).unwrap_or(usize::MAX).min(STEPS_AT_ONCE);
                let steps: Vec<String> = texts.iter().take(room).map(|text| one_line(text, MAX_STEP)).collect();
                if !steps.is_empty() {
                    self.push(SessionProgressed { effect, steps });
                }
            }
            SessionNews::Ended(end) => self.on_session_ended(effect, end),
        }
    }

    /// The session has ended with the prompt: it is prompted again, or the turn pauses or ends.
    fn on_session_ended(&mut self, effect: EffectId, end: SessionEnd) {
        let tokens = self.state.open_prompt().map(|open| open.tokens).unwrap_or_default();
        let SessionEnd { words, files, outcome } = end;
        self.withdraw_session_asks();
        let more_files = files.len().saturating_sub(MAX_FILES) as u64;
        let mut files = files;
        files.truncate(MAX_FILES);
        files.iter_mut().for_each(|file| file.path = one_line(&file.path, MAX_PATH));
        let outcome = bounded(outcome);
        let words = with_note(&words, MAX_WORDS);
        let source = SOURCE.to_owned();
        self.push(SessionEnded { effect, words, files, more_files, tokens, outcome: outcome.clone(), source });
        if self.state.cancelling {
            if self.state.message_since_cancel {
                return self.prompt_session();
            }
            return self.end_turn_after_children(Ended::Cancelled);
        }
        if self.state.finishing.is_some() {
            return self.prompt_session();
        }
        let refused = self.state.session.refused.map(|refused| refused.limit);
        match outcome {
            SessionOutcome::Done if self.state.has_news() => self.prompt_session(),
            SessionOutcome::Done => self.end_turn(Ended::Done),
            SessionOutcome::Limit => {
                let (_, limit) = self.state.budget.available(&self.state.limits, self.now.at);
                self.at_limit(refused.unwrap_or(limit));
            }
            outcome => match refused {
                Some(limit) => self.at_limit(limit),
                None => self.after_broken_session(outcome),
            },
        }
    }

    fn after_broken_session(&mut self, outcome: SessionOutcome) {
        let failed = |kind, message| Ended::Failed(Failure { kind, message, request_id: None });
        let ended = match outcome {
            SessionOutcome::Interrupted { in_doubt } if in_doubt.is_empty() && !self.state.session.was_resumed => {
                return self.prompt_session_with(true);
            }
            SessionOutcome::Interrupted { in_doubt } if in_doubt.is_empty() => {
                let message = "the workbench stopped again while the session was at work";
                failed(FailureKind::Interrupted, message.to_owned())
            }
            SessionOutcome::Interrupted { in_doubt } => failed(
                FailureKind::Interrupted,
                format!(
                    "the workbench stopped while this was under way; it may have happened, in part or whole, so check before \
                     it is done again: {}",
                    in_doubt.join("; ")
                ),
            ),
            SessionOutcome::Failed { reason, retryable } => {
                failed(if retryable { FailureKind::Unavailable } else { FailureKind::Rejected }, reason)
            }
            SessionOutcome::Abandoned { reason } => failed(FailureKind::Unavailable, reason),
            SessionOutcome::Aborted => Ended::Unknown("the session was stopped in the workbench, not by GrowQR".to_owned()),
            SessionOutcome::Done | SessionOutcome::Limit => return,
        };
        self.end_turn(ended);
    }
}

fn bounded(outcome: SessionOutcome) -> SessionOutcome {
    match outcome {
        SessionOutcome::Failed { reason, retryable } => {
            SessionOutcome::Failed { reason: with_note(&reason, MAX_REASON), retryable }
        }
        SessionOutcome::Interrupted { in_doubt } => {
            let few = in_doubt.iter().take(MAX_IN_DOUBT).map(|text| one_line(text, MAX_STEP)).collect();
            SessionOutcome::Interrupted { in_doubt: few }
        }
        SessionOutcome::Abandoned { reason } => SessionOutcome::Abandoned { reason: with_note(&reason, MAX_REASON) },
        other => other,
    }
}

impl State {
    /// What a report adds about the files of a session.
    pub(super) fn files_text(&self) -> String {
        if self.session.files.is_empty() {
            return String::new();
        }
        let file = |file: &ChangedFile| format!("{} (+{} −{})", file.path, file.added, file.removed);
        let mut files: Vec<String> = self.session.files.iter().map(file).collect();
        if self.session.more_files > 0 {
            files.push(format!("and {} more", self.session.more_files));
        }
        format!("\nFiles changed in its folder of the workbench: {}", files.join(", "))
    }

    /// Whether a session thinks for it.
    pub(super) fn is_session(&self) -> bool {
        self.mind() == Mind::Session
    }
}

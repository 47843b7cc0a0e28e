//! Model calls that fail or are interrupted: what of them counts as spent, and how the turn goes on.

use super::decide::ATTEMPTS;
use super::draft::Draft;
use super::turn::Phase;
use crate::clock::Timestamp;
use crate::event::{Counted, Ended, ModelFailed};
use crate::model::{Failure, FailureKind};

impl Draft<'_> {
    pub(super) fn on_failure(&mut self, attempt: u32, failure: Failure) {
        let Phase::Calling { attempt: open, .. } = self.state.phase else { return };
        if open != attempt {
            return;
        }
        let is_same = self.state.last_failure.as_ref() == Some(&(failure.kind, failure.message.clone()));
        let can_retry = failure.kind.is_retryable() && attempt < ATTEMPTS && !is_same;
        let ended = Ended::Failed(failure.clone());
        let counted = match failure.kind {
            FailureKind::Aborted => self.counted_until_now(),
            // The provider did not confirm the end of the answer, so it may have generated and billed more.
            kind if kind.may_be_billed() => Counted::Reservation,
            _ => Counted::Nothing,
        };
        self.push_failure(failure, counted);
        if can_retry {
            self.request(attempt + 1);
        } else if ended.needs_new_segment() && (!self.state.counters.past_was_carried || self.state.may_shorten_again()) {
            self.begin_segment();
            self.request(1);
        } else {
            self.end_turn(ended);
        }
    }

    /// Before an orderly stop: interrupts the open model call and counts its highest possible cost so far. The next start makes
    /// the call again.
    pub(super) fn on_stop(&mut self) {
        if let Phase::Calling { .. } = self.state.phase {
            self.interrupt_call("GrowQR stopped before the answer was complete", self.counted_until_now());
        }
    }

    /// The agent was loaded from its journal. What is open then was interrupted: a model call counts with what it can have cost until
    /// then, because it may have been billed, and is made again; a tool call is carried out again, looked up, or finished as unknown.
    pub(super) fn on_wake(&mut self, started: Timestamp, process: u64) {
        self.name_journal();
        if self.state.is_session() {
            self.close_interrupted_charges(started, process);
        }
        match (&self.state.phase, self.state.interrupted_attempt) {
            (Phase::Calling { attempt, max_tokens, since, .. }, _) => {
                let (attempt, max_tokens) = (*attempt, *max_tokens);
                let counted = self.counted_until(if *since < started { started } else { self.now.at });
                self.interrupt_call("GrowQR stopped before the answer was complete", counted);
                self.request_with(attempt + 1, max_tokens);
            }
            (Phase::Waiting, Some(attempt)) => self.request(attempt + 1),
            (Phase::Tools(_), _) => {
                self.resume_calls();
                self.on_continue();
            }
            (Phase::Session(_), _) => {}
            (Phase::Idle | Phase::Waiting, _) => self.on_continue(),
        }
    }

    pub(super) fn interrupt_call(&mut self, message: &str, counted: Counted) {
        let failure = Failure { kind: FailureKind::Interrupted, message: message.to_owned(), request_id: None };
        self.push_failure(failure, counted);
    }

    fn push_failure(&mut self, failure: Failure, counted: Counted) {
        let reservation = match self.state.phase {
            Phase::Calling { reservation, .. } => reservation,
            _ => None,
        };
        let unknown = reservation.and_then(|reservation| match counted {
            Counted::Nothing => None,
            Counted::Reservation => Some(reservation),
            Counted::AtMost(bound) => Some(bound),
        });
        let model = Some(self.state.model());
        self.push(ModelFailed { failure, bound: None, counted: Some(counted), model, unknown });
    }

    pub(super) fn counted_until_now(&self) -> Counted {
        self.counted_until(self.now.at)
    }

    fn counted_until(&self, end: Timestamp) -> Counted {
        self.bound_of_stopped_call(end).map_or(Counted::Reservation, Counted::AtMost)
    }
}
